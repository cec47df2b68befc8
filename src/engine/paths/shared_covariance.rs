//! Rows of a Gaussian vector with one precision for all: means by one product of matrices, second moments as
//! a sum. Not here: when that is so (`plan::paths::shared_covariance`).
//!
//! With Λ = −(J + Jᵀ) and C = Λ⁻¹ the mean of a row is C h, and Σ E[x xᵀ] = Σ mean meanᵀ + N C. The entropy
//! of a row, ½ ln |C| + ½ M (1 + ln 2π), does not depend on the row at all.

use super::path::Path;
use crate::{
    block::element::Which,
    engine::{
        desk::Desk,
        error::{Breakdown, Failed},
        profile,
        profile::WorkPart,
        rows::Places,
        sums::RunSums,
        work::Work,
    },
    num::{
        contract::{Operand, with_operands},
        matmul::{Strides, gemm},
        reduce,
    },
    plan::{
        layout::{StreamId, TableId, VarId},
        paths::{self, Way},
        sums::Summed,
        table::From,
    },
    state::grow,
};
use std::ops::Range;

/// What all rows have in common in a pass.
pub(super) struct SharedCovariance<'p> {
    of: &'p paths::shared_covariance::SharedCovarianceRule,
    stream: StreamId,
    way: &'p Way,
    d: usize,
    width: usize,
    /// Of one row: the natural parameters of its second moment, then the covariance.
    covariance: Vec<f64>,
    /// Of one row, in nats.
    entropy: f64,
    row: Vec<f64>,
    moments: Vec<f64>,
    scratch: Vec<f64>,
    sizes: Vec<usize>,
}

impl<'p> SharedCovariance<'p> {
    pub(super) fn new(
        work: &Work<'p>,
        stream: StreamId,
        way: &'p Way,
        of: &'p paths::shared_covariance::SharedCovarianceRule,
    ) -> Self {
        let var = &work.plan.vars[of.var];
        let (d, width) = (var.d, var.width);
        Self {
            of,
            stream,
            way,
            d,
            width,
            covariance: vec![0.0; d * d],
            entropy: 0.0,
            row: vec![0.0; width],
            moments: vec![0.0; width],
            scratch: vec![],
            sizes: vec![],
        }
    }
}

impl Path for SharedCovariance<'_> {
    fn block(&self) -> VarId {
        self.of.var
    }

    /// The common covariance, from the tables as they are.
    fn prepare(&mut self, work: &mut Work<'_>) -> Result<(), Failed> {
        let (plan, d, row) = (work.plan, self.d, &mut self.row);
        row.fill(0.0);
        for &(t, i) in &self.of.tables {
            let table = &plan.tables[t];
            let to = &mut row[table.operands[i].offset..];
            let (stored, values) = (work.state.all_moments(), work.tables.of(t));
            work.rows.message(plan, table, i, &Places::Range(0..1), stored, None, values, to);
        }
        let mut log_norm = [0.0];
        let shape = &plan.vars[self.of.var].shape;
        shape
            .evaluate(Which::From(0), row, &mut self.moments, &mut log_norm)
            .map_err(|f| (self.of.var, f.into()))?;
        self.covariance.copy_from_slice(&self.moments[d..]);
        // The mean is zero here: what is left of the log normaliser is ½ ln |C| + ½ M ln 2π, and −⟨J, C⟩ = ½
        // M.
        self.entropy = log_norm[0] + 0.5 * d as f64;
        Ok(())
    }

    /// Means of a chunk's rows, their products, and their entropy.
    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        let (plan, n, d, width, v) = (work.plan, rows.len(), self.d, self.width, self.of.var);
        let by_row = Strides { offset: 0, row: width, col: 1 };
        let mut eta = std::mem::take(&mut desk.eta[v]);
        eta.chunks_exact_mut(width).for_each(|row| row[..d].fill(0.0));
        for &(t, i) in self.way.messages.iter().filter(|m| !self.of.tables.contains(m)) {
            let from = sums.profile.begin();
            desk.message(work, (t, i), rows, &mut eta);
            sums.profile.end(WorkPart::Message(v, t), from, || profile::message(&plan.tables[t], i, n));
        }
        let from = sums.profile.begin();
        let means = &mut desk.moments[v];
        means.chunks_exact_mut(width).for_each(|row| row[..d].fill(0.0));
        let square = Strides { offset: 0, row: d, col: 1 };
        gemm(n, d, d, 1.0, &eta, by_row, &self.covariance, square, means, by_row);
        desk.eta[v] = eta;
        let transposed = Strides { offset: 0, row: 1, col: width };
        let second = sums.besides(plan, Summed::Means(v), d * d);
        let weight = plan.streams[self.stream].weight.as_deref().map(|w| &w[rows.clone()]);
        let count = match weight {
            None => {
                gemm(d, d, n, 1.0, means, transposed, means, by_row, second, square);
                n as f64
            }
            Some(weight) => {
                desk.temp.clear();
                for (row, w) in means.chunks_exact(width).zip(weight) {
                    desk.temp.extend(row[..d].iter().map(|x| w * x));
                }
                gemm(d, d, n, 1.0, means, transposed, &desk.temp, square, second, square);
                reduce::sum(weight)
            }
        };
        // A mean that is not a number shows in the sum of its squares.
        if !reduce::all_finite(second) {
            return Err((v, Breakdown::NotFinite));
        }
        sums.add_entropy(plan, v, count * self.entropy);
        // Two products of n × M × M numbers; of each row's statistic only the mean is touched.
        let bytes = (2 * n * d * size_of::<f64>()) as f64;
        sums.profile.end(WorkPart::Block(v), from, || ((2 * n * d * d) as f64, bytes));
        Ok(())
    }

    fn sums(&self, t: TableId) -> bool {
        self.of.tables.iter().any(|x| x.0 == t)
    }

    /// Adds what the tables of second moments have summed, from Σ mean meanᵀ of all rows.
    fn finish(&mut self, work: &mut Work<'_>) {
        let plan = work.plan;
        let Some(at) = plan.sums.place(Summed::Means(self.of.var)) else { return };
        let stream = &plan.streams[self.stream];
        let count = stream.weight.as_deref().map_or(stream.size as f64, reduce::sum);
        // As if it were a single row's moments.
        let (d, row) = (self.d, &mut self.row);
        row[..d].fill(0.0);
        let second = work.statistics.at(at..at + d * d);
        for ((to, s), c) in row[d..].iter_mut().zip(second).zip(&self.covariance) {
            *to = s + count * c;
        }
        for &(t, _) in &self.of.tables {
            let table = &plan.tables[t];
            let operands = table.operands.iter().map(|o| match o.from {
                From::Weight(_) => Operand::Dense(&[1.0]),
                _ => Operand::Dense(&row[o.offset..]),
            });
            self.sizes.clone_from(&table.sizes);
            self.sizes[usize::from(table.row_label)] = 1;
            grow(&mut self.scratch, table.gather.scratch_len(&self.sizes));
            let (to, sizes, scratch) = (work.statistics.packed_mut(plan, t), &self.sizes, &mut self.scratch);
            with_operands(operands, |operands| table.gather.run(sizes, 1.0, operands, to, scratch));
        }
    }
}
