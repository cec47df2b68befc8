//! Tables whose rows hold nothing but known numbers and one block's whole vector, as one product of matrices
//! a chunk, and one product back. Not here: which tables these are (`plan::paths::stacked_product`).

use crate::{
    engine::{profile, profile::WorkPart, sums::RunSums, work::Work},
    num::{
        matmul::{Strides, gemm},
        sparse_product::gemm_of_few,
    },
    plan::{
        Plan,
        arrays::OVERHANG,
        layout::{StreamId, TableId},
        paths::stacked_product::{StackedProduct, StackedTable as Share},
        sums::Summed,
    },
};
use std::ops::Range;

/// The product of one block.
pub(super) struct TableProduct<'p> {
    plan: &'p Plan,
    of: &'p StackedProduct,
    /// The tables one under the other: columns × k.
    values: Vec<f64>,
    weight: Option<&'p [f64]>,
}

/// Buffers of one thread.
#[derive(Default)]
pub(in crate::engine) struct KnownRows {
    /// Which rows of which product, by its first table and number of columns, `known` holds.
    made: Option<(TableId, usize, Range<usize>)>,
    known: Vec<f64>,
    weighted: Vec<f64>,
    value: Vec<f64>,
}

impl<'p> TableProduct<'p> {
    pub(super) fn new(plan: &'p Plan, stream: StreamId, of: &'p StackedProduct) -> Self {
        let values = vec![0.0; of.columns * of.k];
        Self { plan, of, values, weight: plan.streams[stream].weight.as_deref() }
    }

    /// The tables as they are now.
    pub(super) fn prepare(&mut self, work: &Work<'_>) {
        let k = self.of.k;
        self.values.fill(0.0);
        for part in &self.of.parts {
            for (row, at) in self.values[part.column * k..].chunks_exact_mut(k).zip(&part.at) {
                let from = work.tables.of(part.table)[*at..].iter().step_by(part.step);
                row.iter_mut().zip(from).for_each(|(x, from)| *x += from);
            }
        }
    }

    /// The tables.
    pub(super) fn tables(&self) -> impl Iterator<Item = TableId> + '_ {
        self.of.parts.iter().map(|p| p.table)
    }

    /// Does it sum this table?
    pub(super) fn sums(&self, t: TableId) -> bool {
        self.of.parts.iter().any(|p| p.table == t)
    }

    /// The table with the most numbers, which stands for all in a profile.
    fn main(&self) -> TableId {
        self.of.parts[0].table
    }

    fn stride(&self) -> usize {
        self.of.columns + OVERHANG
    }

    /// Adds the messages to the rows `range`, rows of k.
    pub(super) fn message(
        &self,
        range: &Range<usize>,
        scratch: &mut KnownRows,
        sums: &mut RunSums,
        eta: &mut [f64],
    ) {
        let from = sums.profile.begin();
        self.make(range, scratch);
        let (known, values, out) =
            (self.row_major(self.stride()), self.row_major(self.of.k), self.row_major(self.of.k));
        gemm(
            range.len(),
            self.of.k,
            self.of.columns,
            1.0,
            &scratch.known,
            known,
            &self.values,
            values,
            eta,
            out,
        );
        sums.profile.end(WorkPart::Message(self.of.var, self.main()), from, || {
            self.work(|p| profile::message(&self.plan.tables[p.table], p.operand, range.len()))
        });
    }

    /// Adds the statistics of rows `range` with these moments, rows of k.
    pub(super) fn gather(
        &self,
        range: &Range<usize>,
        moments: &[f64],
        scratch: &mut KnownRows,
        sums: &mut RunSums,
    ) {
        let from = sums.profile.begin();
        self.make(range, scratch);
        let (n, k) = (range.len(), self.of.k);
        let KnownRows { known, weighted, .. } = scratch;
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
        let (by_row, out) = (self.row_major(k), Strides { offset: 0, row: 1, col: self.of.columns });
        let sum = sums.besides(self.plan, Summed::Product(self.of.var), self.of.columns * k);
        if n > 0 && !gemm_of_few(self.of.columns, k, n, 1.0, known, turned, moments, by_row, sum, out) {
            gemm(self.of.columns, k, n, 1.0, known, turned, moments, by_row, sum, out);
        }
        sums.profile.end(WorkPart::Statistic(self.main()), from, || {
            self.work(|p| profile::statistic(&self.plan.tables[p.table], range.len()))
        });
    }

    /// Adds what has been summed to the (packed) statistics of the tables.
    pub(super) fn finish(&self, work: &mut Work<'_>) {
        let plan = self.plan;
        let Some(at) = plan.sums.place(Summed::Product(self.of.var)) else { return };
        for part in &self.of.parts {
            let place = plan.sums.tables[part.table].clone();
            let (sum, to) = work.statistics.both(at..at + self.of.columns * self.of.k, place);
            for (i, row) in sum.chunks_exact(self.of.columns).enumerate() {
                let to = &mut to[i * part.step..];
                for (at, x) in part.at.iter().zip(&row[part.column..]) {
                    to[*at] += x;
                }
            }
        }
    }

    fn row_major(&self, row: usize) -> Strides {
        Strides { offset: 0, row, col: 1 }
    }

    fn work(&self, of: impl Fn(&Share) -> (f64, f64)) -> (f64, f64) {
        self.of.parts.iter().map(of).fold((0.0, 0.0), |sum, x| (sum.0 + x.0, sum.1 + x.1))
    }

    /// Writes the known numbers of these rows, if they are not there already.
    fn make(&self, range: &Range<usize>, scratch: &mut KnownRows) {
        let wanted = Some((self.main(), self.of.columns, range.clone()));
        if scratch.made == wanted {
            return;
        }
        let KnownRows { made, known, value, .. } = scratch;
        let stride = self.stride();
        known.resize((range.len() * stride).max(known.len()), 0.0);
        for part in &self.of.parts {
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
