//! One table from the products that hold the same things of a row: its axes, packing, and contractions. Not
//! here: the operands.

use super::{
    axes::{dense_axes, to_axes},
    drafts::{FactorView, RowDraft, TermDraft},
    error::LowerError,
    lowering::Lowering,
};
use crate::plan::{
    arrays::Dense,
    layout::{List, VarId},
    table::{From, Message, Packed, RowOperand, Rows, Shared, Table, TableOperand, TableTerm, Unroll},
    var::Var,
};
use crate::{
    graph::{energy::LabelId, factor_graph::RowSet},
    num::contract::{Contraction, Letter, OperandShape},
};

/// Numbers that the widest kernels of products take side by side.
const LANES: usize = 8;

impl<'a> Lowering<'a> {
    /// One table from the products that hold the same things of a row.
    pub(super) fn table(
        &mut self,
        view: &FactorView<'_>,
        terms: Vec<TermDraft>,
    ) -> Result<Table, LowerError> {
        let mut sizes = view.sizes.clone();
        let n = view.n.unwrap_or_else(|| {
            sizes.push(1);
            sizes.len() - 1
        });
        let mut drafts: Vec<RowDraft> = terms[0].row.iter().map(|(_, d)| d.clone()).collect();
        // Which rows: a list where they are few, a mask where they are many.
        let pair = pair_of(&drafts, &self.vars);
        let mut rows = Rows::All;
        // A line about all steps but the first speaks of all pairs of neighbours.
        let all_pairs = matches!(self.graph.factors[view.index].rows, RowSet::From(1) | RowSet::Below);
        if let Some(places) = self.places(view).filter(|_| pair.is_none() || !all_pairs) {
            let few = pair.is_none() && places.iter().filter(|p| **p).count() * 2 < places.len();
            if few {
                rows = Rows::List(
                    places.iter().enumerate().filter(|(_, p)| **p).map(|(i, _)| i as u32).collect(),
                );
            } else {
                let data: Vec<f64> = places.iter().map(|&p| f64::from(u8::from(p))).collect();
                let id = self.rows.push_dense(Dense::Plain { data: data.into(), width: 1 });
                drafts.push(RowDraft {
                    from: From::Dense(id),
                    axes: vec![],
                    level: None,
                    width: 1,
                    offset: 0,
                    symmetric: None,
                    columns: None,
                });
            }
        }
        if let Some(s) = view.stream.filter(|&s| self.streams[s].weight.is_some()) {
            drafts.push(RowDraft {
                from: From::Weight(s),
                axes: vec![],
                level: None,
                width: 1,
                offset: 0,
                symmetric: None,
                columns: None,
            });
        }
        let row_labels: Vec<LabelId> = drafts
            .iter()
            .flat_map(|d| d.axes.iter().map(|a| a.0).chain(d.level).chain(d.columns))
            .filter(|&l| l != n)
            .collect();
        let mut labels: Vec<LabelId> = vec![];
        for l in row_labels {
            if !labels.contains(&l)
                && terms.iter().any(|t| t.shared.iter().any(|s| s.axes.iter().any(|a| a.0 == l)))
            {
                labels.push(l);
            }
        }
        // What codes name comes outermost, so that a row looks up one stretch of the table.
        labels.sort_by_key(|&l| {
            let (column, level) =
                (drafts.iter().any(|d| d.columns == Some(l)), drafts.iter().any(|d| d.level == Some(l)));
            if column { 0 } else { 1 + u8::from(!level) }
        });
        whole_vectors_innermost(&mut labels, &drafts, &sizes);
        // A symmetric part is packed where its two letters meet the table only.
        let mut packed = None;
        for i in 0..drafts.len() {
            let Some((a, b)) = drafts[i].symmetric else { continue };
            let elsewhere = |l: LabelId| {
                drafts.iter().enumerate().any(|(j, d)| j != i && d.axes.iter().any(|x| x.0 == l))
            };
            let adjacent = labels.windows(2).any(|w| w == [a, b]);
            if packed.is_none() && adjacent && !elsewhere(a) && !elsewhere(b) {
                packed = Some((i, a, b));
            } else {
                let From::Dense(id) = drafts[i].from else { continue };
                let mut full = self.rows.dense[id].clone();
                if let Dense::Part { packed, .. } = &mut full {
                    *packed = false;
                }
                let (old, new) = (drafts[i].width, full.width());
                let d = view.d;
                let tri = d * (d + 1) / 2;
                drafts[i]
                    .axes
                    .iter_mut()
                    .filter(|x| x.0 != a && x.0 != b)
                    .for_each(|x| x.1 = x.1 / tri * d * d);
                drafts[i].width = old / tri * d * d;
                debug_assert_eq!(drafts[i].width, new);
                drafts[i].from = From::Dense(self.rows.push_dense(full));
            }
        }
        let axes = dense_axes(&labels, &sizes);
        let len: usize = labels.iter().map(|&l| sizes[l]).product();
        let mut packed_labels = labels.clone();
        let packing = packed.map(|(i, a, b)| {
            let at = labels.iter().position(|&l| l == a).expect("a packed letter is the table's");
            let outer = labels[..at].iter().map(|&l| sizes[l]).product();
            let inner: usize = labels[at + 2..].iter().map(|&l| sizes[l]).product();
            let d = sizes[a];
            sizes.push(d * (d + 1) / 2);
            let s = sizes.len() - 1;
            packed_labels.splice(at..at + 2, [s]);
            drafts[i].axes.retain(|x| x.0 != a && x.0 != b);
            drafts[i].axes.push((s, 1));
            Packed { outer, d, inner, len: outer * inner * d * (d + 1) / 2 }
        });
        let seen = dense_axes(&packed_labels, &sizes);
        let unrolled = drafts.iter().find_map(|d| d.columns);
        let stride_in =
            |axes: &[(LabelId, usize)], l: LabelId| axes.iter().find(|a| a.0 == l).map_or(0, |a| a.1);
        let unroll = unrolled.map(|l| Unroll {
            size: sizes[l],
            table: seen.0.iter().find(|a| usize::from(a.0) == l).map_or(0, |a| a.1),
            operands: drafts
                .iter()
                .map(|d| {
                    if d.level.is_some() { usize::from(d.columns == Some(l)) } else { stride_in(&d.axes, l) }
                })
                .collect(),
            targets: drafts.iter().map(|d| stride_in(&d.axes, l)).collect(),
        });
        let without = |axes: &[(LabelId, usize)]| -> Vec<(LabelId, usize)> {
            axes.iter().copied().filter(|a| Some(a.0) != unrolled).collect()
        };
        let seen_axes: Vec<(LabelId, usize)> = seen.0.iter().map(|a| (usize::from(a.0), a.1)).collect();
        let seen_row = to_axes(&without(&seen_axes));

        let shapes: Vec<OperandShape> = drafts
            .iter()
            .map(|d| match d.level {
                Some(level) => OperandShape::OneHot { row: n as Letter, level: level as Letter },
                None => {
                    let mut a = vec![(n, d.width)];
                    a.extend(without(&d.axes));
                    OperandShape::Dense(to_axes(&a))
                }
            })
            .collect();
        let varying = [n as Letter];
        let gather = Contraction::compile(&sizes, &varying, &shapes, &seen_row);
        let mut operands = vec![];
        for (i, draft) in drafts.iter().enumerate() {
            let latent = matches!(draft.from, From::Streamed { .. } | From::Stored { .. });
            let message = latent.then(|| {
                let toward_streamed = matches!(draft.from, From::Streamed { .. });
                let mut used: Vec<OperandShape> = vec![];
                for (j, shape) in shapes.iter().enumerate() {
                    if j != i && !(toward_streamed && matches!(drafts[j].from, From::Weight(_))) {
                        used.push(shape.clone());
                    }
                }
                used.push(OperandShape::Dense(seen_row.clone()));
                let OperandShape::Dense(target) = &shapes[i] else {
                    unreachable!("a latent operand is dense")
                };
                Message {
                    contraction: Contraction::compile(&sizes, &varying, &used, target),
                    axes: target.clone(),
                }
            });
            operands.push(RowOperand {
                from: draft.from.clone(),
                shape: shapes[i].clone(),
                width: draft.width,
                offset: draft.offset,
                message,
            });
        }
        let mut lowered = vec![];
        for t in &terms {
            let shared_shapes: Vec<OperandShape> =
                t.shared.iter().map(|s| OperandShape::Dense(to_axes(&s.axes))).collect();
            let build = Contraction::compile(&sizes, &[], &shared_shapes, &axes);
            let mut list = vec![];
            for (i, s) in t.shared.iter().enumerate() {
                let message = matches!(s.from, Shared::Var(_)).then(|| {
                    let mut used = vec![OperandShape::Dense(axes.clone())];
                    used.extend(
                        shared_shapes.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, x)| x.clone()),
                    );
                    Contraction::compile(&sizes, &[], &used, &to_axes(&s.axes))
                });
                list.push(TableOperand { from: s.from, offset: s.offset, axes: to_axes(&s.axes), message });
            }
            lowered.push(TableTerm { coefficient: t.coefficient, operands: list, build });
        }
        let constant =
            operands.iter().all(|o| !matches!(o.from, From::Streamed { .. } | From::Stored { .. }));
        let gathers_stored = operands.iter().any(|o| matches!(o.from, From::Stored { .. }));
        Ok(Table {
            factor: view.index,
            node: view.energy.node.0,
            stream: view.stream,
            rows,
            sizes,
            row_label: n as Letter,
            operands,
            axes,
            len,
            terms: lowered,
            gather,
            packed: packing,
            seen: seen_row,
            constant,
            pair,
            unroll,
            gathers_stored,
        })
    }
}

/// A product over rows runs along the table's innermost numbers, a vector at a time. Of what latent operands
/// and known numbers index, that comes last which leaves fewer lanes empty; where both do as well, the order
/// stays.
fn whole_vectors_innermost(labels: &mut [LabelId], drafts: &[RowDraft], sizes: &[usize]) {
    let latent = |d: &RowDraft| matches!(d.from, From::Streamed { .. } | From::Stored { .. });
    let of =
        |want: bool, l: LabelId| drafts.iter().any(|d| latent(d) == want && d.axes.iter().any(|a| a.0 == l));
    if labels.iter().any(|&l| of(true, l) && of(false, l)) {
        return;
    }
    let numbers = |want: bool| -> usize {
        let all: usize = labels.iter().filter(|&&l| of(want, l)).map(|&l| sizes[l]).product();
        // Of a symmetric part only the triangle is there.
        match drafts.iter().filter(|d| latent(d) == want).find_map(|d| d.symmetric) {
            Some((a, _)) => all / sizes[a] * (sizes[a] + 1) / 2,
            None => all,
        }
    };
    let filled = |n: usize| n as f64 / n.next_multiple_of(LANES) as f64;
    let (of_latent, of_known) = (filled(numbers(true)), filled(numbers(false)));
    if of_latent != of_known {
        let last = of_latent > of_known;
        labels.sort_by_key(|&l| of(last, l));
    }
}

/// The chain whose neighbours two of the operands are.
pub(super) fn pair_of(drafts: &[RowDraft], vars: &List<VarId, Var>) -> Option<VarId> {
    let chain = |d: &RowDraft| match d.from {
        From::Streamed { var, back } if vars[var].shape.sequences().is_some() => Some((var, back)),
        _ => None,
    };
    let all: Vec<(VarId, u32)> = drafts.iter().filter_map(chain).collect();
    all.iter().find(|(v, back)| *back == 1 && all.contains(&(*v, 0))).map(|x| x.0)
}
