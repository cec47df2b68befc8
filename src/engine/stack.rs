//! Tables whose rows hold nothing but known numbers and one block's whole vector, done as one product: the
//! known numbers of a row stand side by side, the tables one under the other. A block is then sent one
//! message and gives one statistic, however many terms its density has. Not here: tables that read anything
//! else (`rows`).

use super::{
    pass::{Sums, Worker},
    profile::{self, Step},
};
use crate::{
    num::{
        contract::OperandShape,
        matmul::{Strides, gemm},
        sparse_product::gemm_of_few,
    },
    plan::{
        Plan,
        arrays::OVERHANG,
        layout::{List, TableId, VarId},
        table::{From, Rows, Table},
    },
};
use std::{cmp::Reverse, ops::Range};

/// Some tables of a pass and the block they send messages to.
pub(super) struct Stack<'p> {
    plan: &'p Plan,
    /// The block.
    pub var: VarId,
    /// Numbers in a row of the block.
    k: usize,
    parts: Vec<Part>,
    /// Known numbers of a row, a one among them if need be.
    columns: usize,
    /// columns × k.
    values: Vec<f64>,
    weight: Option<&'p [f64]>,
}

/// One table.
struct Part {
    table: TableId,
    /// Which of its operands the block is.
    operand: usize,
    /// The known array; none for a one.
    known: Option<usize>,
    /// Its first column.
    column: usize,
    /// Where the numbers of each column stand in the table (packed), and the step between them.
    at: Vec<usize>,
    step: usize,
}

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Scratch {
    /// Which rows of which stack, by its first table and number of columns, `known` holds.
    made: Option<(TableId, usize, Range<usize>)>,
    known: Vec<f64>,
    weighted: Vec<f64>,
    value: Vec<f64>,
}

impl<'p> Stack<'p> {
    /// Of the tables that send block `var` the messages (table, operand), those that can be stacked, if there
    /// are at least two; `values` are all tables.
    pub(super) fn new(
        plan: &'p Plan,
        var: VarId,
        messages: &[(TableId, usize)],
        values: &List<TableId, Vec<f64>>,
    ) -> Option<Self> {
        let mut parts: Vec<Part> = messages.iter().filter_map(|&(t, i)| Part::new(plan, var, t, i)).collect();
        if parts.len() < 2 {
            return None;
        }
        let k = plan.vars[var].width;
        // The largest first; a one last, and once: it is the same column for all tables without known
        // numbers.
        parts.sort_by_key(|p| (p.known.is_none(), Reverse(p.at.len())));
        let mut columns = 0;
        for part in &mut parts {
            part.column = columns;
            columns += if part.known.is_some() { part.at.len() } else { 0 };
        }
        columns += usize::from(parts.last().is_some_and(|p| p.known.is_none()));
        let mut stacked = vec![0.0; columns * k];
        for part in &parts {
            for (row, at) in stacked[part.column * k..].chunks_exact_mut(k).zip(&part.at) {
                let from = values[part.table][*at..].iter().step_by(part.step);
                row.iter_mut().zip(from).for_each(|(x, from)| *x += from);
            }
        }
        let stream = plan.vars[var].stream()?;
        Some(Self {
            plan,
            var,
            k,
            parts,
            columns,
            values: stacked,
            weight: plan.streams[stream].weight.as_deref(),
        })
    }

    /// Is this message the stack's?
    pub(super) fn sends(&self, message: (TableId, usize)) -> bool {
        self.parts.iter().any(|p| (p.table, p.operand) == message)
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = TableId> + '_ {
        self.parts.iter().map(|p| p.table)
    }

    /// Room for the sums of its statistics.
    pub(super) fn zeros(&self) -> Vec<f64> {
        vec![0.0; self.columns * self.k]
    }

    /// The table with the most numbers, which stands for all in a profile.
    fn main(&self) -> TableId {
        self.parts[0].table
    }

    fn stride(&self) -> usize {
        self.columns + OVERHANG
    }

    /// Adds the messages to the rows `range`, rows of k.
    pub(super) fn message(
        &self,
        range: &Range<usize>,
        scratch: &mut Scratch,
        sums: &mut Sums,
        eta: &mut [f64],
    ) {
        let from = sums.profile.begin();
        self.make(range, scratch);
        let (known, values, out) =
            (self.row_major(self.stride()), self.row_major(self.k), self.row_major(self.k));
        gemm(range.len(), self.k, self.columns, 1.0, &scratch.known, known, &self.values, values, eta, out);
        sums.profile.end(Step::Message(self.var, self.main()), from, || {
            self.work(|p| profile::message(&self.plan.tables[p.table], p.operand, range.len()))
        });
    }

    /// Adds the statistics of rows `range` with these moments, rows of k; `id` is the stack's number in the
    /// pass.
    pub(super) fn gather(
        &self,
        id: usize,
        range: &Range<usize>,
        moments: &[f64],
        scratch: &mut Scratch,
        sums: &mut Sums,
    ) {
        let from = sums.profile.begin();
        self.make(range, scratch);
        let (n, k) = (range.len(), self.k);
        let Scratch { known, weighted, .. } = scratch;
        let moments = match self.weight {
            None => &moments[..n * k],
            Some(weight) => {
                weighted.clear();
                for (row, w) in moments.chunks_exact(k).zip(&weight[range.clone()]) {
                    weighted.extend(row.iter().map(|x| w * x));
                }
                weighted
            }
        };
        let turned = Strides { offset: 0, row: 1, col: self.stride() };
        // For each number of the block its columns side by side, as a product of few numbers writes them.
        let (by_row, out) = (self.row_major(k), Strides { offset: 0, row: 1, col: self.columns });
        let sum = &mut sums.stacked[id];
        if n > 0 && !gemm_of_few(self.columns, k, n, 1.0, known, turned, moments, by_row, sum, out) {
            gemm(self.columns, k, n, 1.0, known, turned, moments, by_row, sum, out);
        }
        sums.profile.end(Step::Statistic(self.main()), from, || {
            self.work(|p| profile::statistic(&self.plan.tables[p.table], range.len()))
        });
    }

    /// Adds the sums to the (packed) statistics of the tables.
    pub(super) fn finish(&self, sum: &[f64], packed: &mut List<TableId, Vec<f64>>) {
        for part in &self.parts {
            for (i, row) in sum.chunks_exact(self.columns).enumerate() {
                let to = &mut packed[part.table][i * part.step..];
                for (at, x) in part.at.iter().zip(&row[part.column..]) {
                    to[*at] += x;
                }
            }
        }
    }

    fn row_major(&self, row: usize) -> Strides {
        Strides { offset: 0, row, col: 1 }
    }

    fn work(&self, of: impl Fn(&Part) -> (f64, f64)) -> (f64, f64) {
        self.parts.iter().map(of).fold((0.0, 0.0), |sum, x| (sum.0 + x.0, sum.1 + x.1))
    }

    /// Writes the known numbers of these rows, if they are not there already.
    fn make(&self, range: &Range<usize>, scratch: &mut Scratch) {
        let wanted = Some((self.main(), self.columns, range.clone()));
        if scratch.made == wanted {
            return;
        }
        let Scratch { made, known, value, .. } = scratch;
        let stride = self.stride();
        known.resize((range.len() * stride).max(known.len()), 0.0);
        for part in &self.parts {
            match part.known {
                Some(array) => self.plan.rows.dense[array].write_rows(
                    range.clone(),
                    &mut known[part.column..range.len() * stride],
                    stride,
                    value,
                ),
                None => known[..range.len() * stride]
                    .chunks_exact_mut(stride)
                    .for_each(|row| row[part.column] = 1.0),
            }
        }
        *made = wanted;
    }
}

impl Part {
    /// Operand `i` of table `t` as the block's whole vector, if all else that the table holds of a row are
    /// known numbers of one array, and its weight.
    fn new(plan: &Plan, var: VarId, t: TableId, i: usize) -> Option<Self> {
        let (table, width) = (&plan.tables[t], plan.vars[var].width);
        if table.rows != Rows::All || table.pair.is_some() || table.unroll.is_some() {
            return None;
        }
        let (mut label, mut known) = (None, None);
        for (j, o) in table.operands.iter().enumerate() {
            match (&o.from, &o.shape) {
                (From::Streamed { back: 0, .. }, OperandShape::Dense(axes))
                    if j == i && o.offset == 0 && o.width == width =>
                {
                    let [(_, _), (l, 1)] = axes.0.as_slice() else { return None };
                    label = Some(*l).filter(|l| table.sizes[usize::from(*l)] == width);
                }
                (From::Dense(id), OperandShape::Dense(axes)) if known.is_none() => {
                    known = Some((*id, o.width, axes))
                }
                (From::Weight(_), _) => {}
                _ => return None,
            }
        }
        let label = label?;
        let stride = |l: u8| table.seen.0.iter().filter(|a| a.0 == l).map(|a| a.1).sum::<usize>();
        let mut labels: Vec<u8> = table.seen.0.iter().map(|a| a.0).filter(|l| *l != label).collect();
        let step = Some(stride(label)).filter(|s| *s > 0)?;
        let Some((id, columns, axes)) = known else {
            return labels.is_empty().then(|| Self {
                table: t,
                operand: i,
                known: None,
                column: 0,
                at: vec![0],
                step,
            });
        };
        let own: Vec<(u8, usize)> = axes.0.iter().copied().filter(|a| a.0 != table.row_label).collect();
        labels.retain(|l| !own.iter().any(|a| a.0 == *l));
        if !labels.is_empty() || own.iter().any(|a| a.0 == label) {
            return None;
        }
        let at = places(table, &own, columns, &stride)?;
        Some(Self { table: t, operand: i, known: Some(id), column: 0, at, step })
    }
}

/// Where in the table the numbers of each of a row's columns stand, if each column has one place.
fn places(
    table: &Table,
    own: &[(u8, usize)],
    columns: usize,
    stride: &dyn Fn(u8) -> usize,
) -> Option<Vec<usize>> {
    let mut all = vec![(0, 0)];
    for &(l, step) in own {
        let size = table.sizes[usize::from(l)];
        all = all
            .into_iter()
            .flat_map(|(c, at)| (0..size).map(move |i| (c + i * step, at + i * stride(l))))
            .collect();
    }
    let mut at = vec![usize::MAX; columns];
    for (column, place) in all {
        if at.get(column)? != &usize::MAX {
            return None;
        }
        at[column] = place;
    }
    (!at.contains(&usize::MAX)).then_some(at)
}

impl Worker {
    /// Adds what all stacks of block `v` send it.
    pub(super) fn stacked(
        &mut self,
        stacks: &[Stack<'_>],
        v: VarId,
        range: &Range<usize>,
        sums: &mut Sums,
        eta: &mut [f64],
    ) {
        for stack in stacks.iter().filter(|s| s.var == v) {
            stack.message(range, &mut self.stack, sums, eta);
        }
    }
}
