//! Statistics of Gaussian vectors of rows with all their letters, where a rotation needs them: of Σ x² over the
//! entries of a vector, what rows sum is then the whole Σ x xᵀ, and the table is that product's with an identity.
//! Not here: which blocks are rotated (`plan::rotation`).

use super::{
    drafts::{FactorView, Key, RowDraft, SharedDraft},
    lowering::Lowering,
};
use crate::{
    graph::energy::{Element, LabelId},
    num::square::identity,
    plan::{
        known::KnownArray,
        table::{From, Shared},
    },
};

/// No list of combinations has this number: it marks the second letter of a diagonal.
const SECOND: usize = usize::MAX;

impl Lowering<'_> {
    /// Gives a product's operands of opened blocks two letters where they have one twice, and tables that follow
    /// each of their letters.
    pub(super) fn open(
        &mut self,
        view: &mut FactorView<'_>,
        row: &mut [(Key, RowDraft)],
        shared: &mut Vec<SharedDraft>,
    ) {
        for (_, draft) in row.iter_mut() {
            let From::Streamed { var, .. } = draft.from else { continue };
            if !self.opened[crate::plan::layout::Id::index(var)] {
                continue;
            }
            if let [(a, _), (b, _)] = draft.axes[..]
                && a == b
            {
                let q = view.sizes[a];
                let second = second_letter(view, a);
                draft.axes[1].0 = second;
                self.follow(identity(q), &[(a, q), (second, 1)], shared);
            } else {
                for (letter, _) in draft.axes.clone() {
                    if !shared.iter().any(|s| s.axes.iter().any(|x| x.0 == letter)) {
                        self.follow(vec![1.0; view.sizes[letter]], &[(letter, 1)], shared);
                    }
                }
            }
        }
    }

    fn follow(&mut self, data: Vec<f64>, axes: &[(LabelId, usize)], shared: &mut Vec<SharedDraft>) {
        let elements = vec![data.len()];
        self.known.push(KnownArray { data: data.into(), elements, width: 1, kind: None, d: 1 });
        let from = Shared::Known(self.known.len() - 1);
        shared.push(SharedDraft { from, offset: 0, axes: axes.to_vec() });
    }
}

/// The letter of a diagonal's second axis: one for each letter of the factor.
fn second_letter(view: &mut FactorView<'_>, letter: LabelId) -> LabelId {
    let key = (Element::Listed { label: letter, list: SECOND }, view.sizes[letter]);
    let at = view.levels.iter().position(|k| *k == key).unwrap_or_else(|| {
        view.sizes.push(key.1);
        view.levels.push(key);
        view.levels.len() - 1
    });
    view.energy.labels.len() + at
}
