//! Base measures: the share of the bound that never changes. Not here: products (`mod`).

use super::{drafts::FactorView, error::LowerError, lowering::Lowering};
use crate::plan::known::KnownArray;
use crate::{
    expfam::{form::Measure, stat::IMPOSSIBLE},
    factorize::roles::Role,
    graph::{energy::KnownMap, factor_graph::RowSet},
};
use std::borrow::Cow;

impl<'a> Lowering<'a> {
    /// The base measure's share of the bound: a constant.
    pub(super) fn base(&mut self, view: &FactorView<'_>) -> Result<(), LowerError> {
        let factor = &self.graph.factors[view.index];
        let node = &self.graph.nodes[factor.node.0];
        // A density of known elements is against dx; that of a line with a q for the others against its measure.
        let measured = self.blocks.roles[factor.node.0] == Role::Mixed
            && self.blocks.measure(factor.node) == Measure::Family
            && !factor.spec.measure.is_empty();
        if factor.spec.log_base.is_none() && !measured {
            return Ok(());
        }
        let count: usize = node.plates.iter().map(|p| self.bound.plate(*p).size).product();
        // A latent child's base measure depends on known arguments only (the Beta function of a Beta's).
        let (width, values) = match self.blocks.roles[factor.node.0] {
            Role::Observed | Role::Site => self.observed_values(factor.node),
            Role::Mixed if measured => self.observed_values(factor.node),
            Role::Latent | Role::Mixed => (0, Cow::Borrowed(&[][..])),
            Role::Predicted => return Ok(()),
        };
        let slots: Vec<Option<KnownArray>> = factor
            .spec
            .params
            .iter()
            .enumerate()
            .map(|(i, p)| if p.gated { Ok(None) } else { self.by_element(view, i + 1).map(Some) })
            .collect::<Result<_, _>>()?;
        // Elements are in the order of the key, in which the row plate may stand anywhere.
        let row = self.row_plate(factor.node);
        let weight = row.and_then(|p| self.bound.plate(p).weight.clone());
        let sizes: Vec<usize> = node.plates.iter().map(|p| self.bound.plate(*p).size).collect();
        let axis = row.and_then(|p| node.plates.iter().position(|&q| q == p));
        let (rows, inner) = axis.map_or((1, count), |a| (sizes[a], sizes[a + 1..].iter().product()));
        let row_of = |e: usize| e / inner % rows;
        let members = self.members(view);
        // The last element of a stick's vector is no variable.
        let end = node.stick.then(|| sizes.last().copied()).flatten();
        let mut sum = 0.0;
        for e in (0..count).filter(|e| end.is_none_or(|k| (e + 1) % k != 0)) {
            let mut v = &values[e * width..(e + 1) * width];
            if v.iter().any(|x| x.is_nan()) && measured {
                v = &[];
            }
            if v.iter().any(|x| x.is_nan()) || members.as_ref().is_some_and(|m| !m[row_of(e)]) {
                continue;
            }
            let mut args: Vec<&[f64]> = vec![v];
            for s in &slots {
                args.push(match s {
                    None => &[],
                    Some(a) if a.elements.is_empty() => &a.data,
                    Some(a) => &a.data[e * a.width..(e + 1) * a.width],
                });
            }
            let mut base = factor.spec.log_base.map_or(0.0, |base| base(&args, view.d));
            if measured && !v.is_empty() {
                let mut t = vec![0.0; factor.spec.stat.width(view.d)];
                // Checked when the data were bound.
                let _ = (factor.spec.stat.of_value)(v, view.d, &mut t);
                base -= factor.spec.minus_ln_measure(view.d, &t);
            }
            if base < IMPOSSIBLE && width > 0 {
                let given = args
                    .iter()
                    .enumerate()
                    .skip(1)
                    .filter(|(_, a)| !a.is_empty())
                    .map(|(s, a)| (s, a.to_vec()));
                return Err(LowerError::Impossible {
                    factor: view.index,
                    element: e,
                    value: v.to_vec(),
                    given: given.collect(),
                });
            }
            sum += weight.as_ref().map_or(1.0, |w| w[row_of(e)]) * base;
        }
        self.constants[factor.node.0] += sum;
        Ok(())
    }

    /// A known argument's values for each element of the child (or once, if it depends on none).
    pub(super) fn by_element(&self, view: &FactorView<'_>, slot: usize) -> Result<KnownArray, LowerError> {
        let energy = &self.blocks.energy;
        let arg = &self.graph.factors[view.index].args[slot - 1];
        let of_slot =
            |k: &&crate::graph::energy::Known| k.place.1 == slot && matches!(k.map, KnownMap::Stat { .. });
        let mut known = match energy.knowns_of(view.index).iter().find(of_slot) {
            Some(k) => k.clone(),
            None => {
                return Err(LowerError::Unsupported {
                    span: arg.span,
                    what: "an argument that must be known".into(),
                });
            }
        };
        known.map = KnownMap::Value;
        if !known.elements.is_empty() {
            let plates = &self.graph.nodes[view.energy.node.0].plates;
            known.elements = plates.iter().map(|&p| crate::shape::Extent::Plate(p)).collect();
            known.letters = plates.iter().map(|&p| crate::graph::energy::Letter::Plate(p)).collect();
        }
        KnownArray::new(&known, self.graph, self.bound, &[]).map_err(|e| LowerError::Value(e, known.place))
    }

    /// Which file rows of the child's row plate the factor's line speaks of; `None` for all.
    pub(super) fn members(&self, view: &FactorView<'_>) -> Option<Vec<bool>> {
        let places = self.places(view)?;
        let stream = &self.streams[view.stream?];
        let mut out = vec![false; stream.size];
        for (place, yes) in places.into_iter().enumerate() {
            let row = stream.order.as_ref().map_or(place, |o| o[place] as usize);
            out[row] = yes;
        }
        Some(out)
    }

    /// The same by place of the stream.
    pub(super) fn places(&self, view: &FactorView<'_>) -> Option<Vec<bool>> {
        let stream = &self.streams[view.stream?];
        match self.graph.factors[view.index].rows {
            RowSet::All => None,
            RowSet::Step(j) => Some(stream.step().into_iter().map(|t| t == j).collect()),
            RowSet::From(j) => Some(stream.step().into_iter().map(|t| t >= j).collect()),
            RowSet::Roots => stream.parent.as_ref().map(|p| p.iter().map(|&p| p == u32::MAX).collect()),
            RowSet::Below => stream.parent.as_ref().map(|p| p.iter().map(|&p| p != u32::MAX).collect()),
        }
    }
}
