//! One factor to tables: each product's operands, sorted by what they hold of a row. Not here: the operands
//! (`by_row`, `shared`), nor the tables (`assemble`).

use super::{
    drafts::{FactorView, Key, TermDraft},
    error::LowerError,
    lowering::Lowering,
    missing::has_missing,
};
use crate::{
    factorize::roles::Role,
    graph::energy::{Element, EnergyTerm, FactorEnergy, LabelId, Op, Role as LetterRole, Source},
    plan::{layout::VarId, var::Storage},
};
use std::collections::HashMap;

impl Lowering<'_> {
    pub(super) fn factor(&mut self, index: usize) -> Result<(), LowerError> {
        let blocks = self.blocks;
        let energy = blocks.energy.factor(index);
        if energy.terms.is_empty() {
            return Ok(());
        }
        let row = self.row_plate(energy.node);
        let n = row.and_then(|p| self.letter_of(energy, p));
        let stream = row.map(|p| self.stream(p));
        let mut sizes: Vec<usize> = energy.labels.iter().map(|l| self.bound.size(l.extent)).collect();
        if let (Some(n), Some(s)) = (n, stream) {
            // What is typical of a chunk; the true size is given at each run.
            sizes[n] = self.streams[s].size.min(1024);
        }
        let d = energy.event.map_or(1, |e| self.bound.size(e));
        let mut view = FactorView { index, energy, stream, n, sizes, d, levels: vec![] };
        self.base(&view)?;

        let mut drafts = vec![];
        for term in &energy.terms {
            drafts.push(self.term(&mut view, &canonical(energy, term))?);
        }
        let mut groups: Vec<Vec<TermDraft>> = vec![];
        let mut group: HashMap<Vec<Key>, usize> = HashMap::new();
        for mut draft in drafts {
            if draft.coefficient == 0.0 {
                continue;
            }
            draft.row.sort_by_key(|(k, _)| match k {
                Key::Level(..) => 0,
                Key::Mask => 1,
                Key::Op(o) => {
                    2 + 8 * (o.part + 1)
                        + usize::from(matches!(o.source, Source::Node(m) if m == energy.node))
                }
            });
            let key: Vec<Key> = draft.row.iter().map(|(k, _)| k.clone()).collect();
            let at = *group.entry(key).or_insert_with(|| {
                groups.push(vec![]);
                groups.len() - 1
            });
            groups[at].push(draft);
        }
        for terms in groups {
            let table = self.table(&view, terms)?;
            self.tables.push(table);
        }
        Ok(())
    }

    fn term(&mut self, view: &mut FactorView<'_>, term: &EnergyTerm) -> Result<TermDraft, LowerError> {
        let mut coefficient =
            term.scale * (term.coefficient)(view.d) * (view.d as f64).powi(term.d_power as i32);
        let mut row = vec![];
        let mut shared = vec![];
        let child = view.energy.node;
        // Levels of data columns become an axis of the table, unless crossed columns would make it too large
        // or couple a variable with itself.
        let mut columns: Vec<(Element, usize)> = vec![];
        let mut repeated = false;
        let mut stored: Vec<VarId> = vec![];
        let ops = term.ops.iter().map(|op| self.ported(view, op)).collect::<Result<Vec<Op>, _>>()?;
        for op in &ops {
            if self.is_known_node(op) {
                continue;
            }
            if let Some(v) = self.var_of(op.source).filter(|&v| self.vars[v].storage == Storage::Stored) {
                repeated |= stored.contains(&v);
                stored.push(v);
            }
            for (axis, e) in op.elements.iter().enumerate() {
                if by_column(e) && e.label() == view.n && !columns.iter().any(|c| c.0 == *e) {
                    columns.push((*e, self.axis_sizes(op)[axis]));
                }
            }
        }
        let product: usize = columns.iter().map(|c| c.1).product();
        let rows = view.stream.map_or(0, |s| self.streams[s].size);
        let chained = ops
            .iter()
            .filter_map(|o| self.var_of(o.source))
            .any(|v| self.vars[v].shape.sequences().is_some());
        let lift = !repeated && (columns.len() <= 1 || product <= rows.max(4096) || chained);
        let mut has_child = false;
        for op in &ops {
            has_child |= op.source == Source::Node(child);
            let by_row = view.n.is_some() && op.elements.iter().any(|e| e.label() == view.n);
            if !by_row {
                shared.push(self.shared(view, op)?);
                continue;
            }
            let streamed_var = self.var_of(op.source).filter(|&v| self.vars[v].stream().is_some());
            if let Some(v) = streamed_var {
                row.push((Key::Op(op.clone()), self.streamed_operand(view, op, v)));
            } else if self.is_known_node(op) {
                row.push((Key::Op(op.clone()), self.known_node_by_row(view, op)?));
            } else if lift && op.elements.iter().all(|e| e.label() != view.n || by_column(e)) {
                let mut lifted = op.clone();
                for axis in 0..op.elements.len() {
                    let e = op.elements[axis];
                    if e.label() != view.n {
                        continue;
                    }
                    let level = self.level(view, op, axis);
                    lifted.elements[axis] = Element::Label(level);
                    let key = Key::Level(e, level);
                    if !row.iter().any(|(k, _)| *k == key) {
                        let draft = self.level_codes(view, op, axis, level);
                        row.push((key, draft));
                    }
                }
                shared.push(self.shared(view, &lifted)?);
            } else if let Some(port) = self.port(op).cloned() {
                row.push((Key::Op(op.clone()), self.port_by_row(view, &port, op)));
            } else if let Some(v) = self.var_of(op.source) {
                row.push((Key::Op(op.clone()), self.stored_by_row(view, op, v)));
            } else {
                row.push((Key::Op(op.clone()), self.known_by_row(view, op)?));
            }
        }
        let column = matches!(self.blocks.roles[child.0], Role::Observed | Role::Site);
        let masked = column && has_missing(self.bound, child) || self.absent(child);
        if !has_child && masked {
            match view.n {
                Some(_) => row.push((Key::Mask, self.mask(view))),
                None => shared.push(self.mask_shared(view)),
            }
        }
        // A letter of the child's plates that no operand has is a plain repetition.
        for &l in &view.energy.child {
            let used = row.iter().any(|(_, r)| r.axes.iter().any(|a| a.0 == l) || r.columns == Some(l))
                || shared.iter().any(|s| s.axes.iter().any(|a| a.0 == l));
            if Some(l) != view.n && !used {
                coefficient *= view.sizes[l] as f64;
            }
        }
        self.open(view, &mut row, &mut shared);
        Ok(TermDraft { coefficient, row, shared })
    }
}

/// The term with its summed letters named in the order they occur, so that products that differ only in names
/// share a table.
fn canonical(energy: &FactorEnergy, term: &EnergyTerm) -> EnergyTerm {
    let mut met: Vec<LabelId> = vec![];
    for l in term.ops.iter().flat_map(Op::labels) {
        if energy.labels[l].role == LetterRole::Event && !met.contains(&l) {
            met.push(l);
        }
    }
    // Each extent's letters, in their own order, go to those met, in the order met.
    let mut renamed: Vec<(LabelId, LabelId)> = vec![];
    for &l in &met {
        let extent = energy.labels[l].extent;
        let alike =
            |m: &LabelId| energy.labels[*m].extent == extent && energy.labels[*m].role == LetterRole::Event;
        let taken = renamed.iter().filter(|(from, _)| alike(from)).count();
        let to = (0..energy.labels.len()).filter(alike).nth(taken).unwrap_or(l);
        renamed.push((l, to));
    }
    let name = |l: LabelId| renamed.iter().find(|(from, _)| *from == l).map_or(l, |(_, to)| *to);
    let element = |e: &Element| match *e {
        Element::Label(l) => Element::Label(name(l)),
        e => e,
    };
    let mut out = term.clone();
    for op in &mut out.ops {
        op.elements.iter_mut().for_each(|e| *e = element(e));
        op.axes.iter_mut().for_each(|l| *l = name(*l));
        for v in &mut op.views {
            v.elements.iter_mut().for_each(|e| *e = element(e));
            v.axis = v.axis.map(name);
        }
    }
    out
}

fn by_column(e: &Element) -> bool {
    matches!(e, Element::Column { .. } | Element::Listed { .. })
}
