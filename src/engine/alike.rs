//! Rows of a Gaussian vector with one precision for all: means by one product of matrices, second moments as
//! a sum. Not here: when that is so (`plan::alike`).
//!
//! With Λ = −(J + Jᵀ) and C = Λ⁻¹ the mean of a row is C h, and Σ E[x xᵀ] = Σ mean meanᵀ + N C. The entropy
//! of a row, ½ ln |C| + ½ M (1 + ln 2π), does not depend on the row at all.

use super::{
    error::Breakdown,
    pass::{Shape, Sums, Worker},
    profile::{self, Step},
    rows::{Places, RowScratch},
    session::Session,
};
use crate::{
    block::gaussian_dense,
    num::{
        contract::Operand,
        matmul::{Strides, gemm},
        reduce,
    },
    plan::{
        Plan, alike,
        layout::{List, TableId},
        table::From,
    },
};
use std::ops::Range;

/// What all rows have in common in a pass.
pub(super) struct Alike<'p> {
    pub plan: &'p alike::Alike,
    covariance: Vec<f64>,
    /// Of one row, in nats.
    entropy: f64,
    d: usize,
    width: usize,
}

impl<'p> Alike<'p> {
    /// The common covariance, from the tables as they are.
    pub fn new(
        session: &Session<'_>,
        plan: &'p alike::Alike,
        rows: &mut RowScratch,
    ) -> Result<Self, Breakdown> {
        let var = &session.plan.vars[plan.var];
        let (d, width) = (var.d, var.width);
        let mut row = vec![0.0; width];
        for &(t, i) in &plan.tables {
            let table = &session.plan.tables[t];
            let to = &mut row[table.operands[i].offset..];
            rows.message(
                session.plan,
                table,
                i,
                &Places::Range(0..1),
                &session.moments,
                None,
                &session.table[t],
                to,
            );
        }
        let mut log_norm = [0.0];
        gaussian_dense::run(d, &mut row, &mut log_norm, &mut vec![0.0; gaussian_dense::scratch_len(d)])
            .map_err(|e| Breakdown::Improper(e.to_string()))?;
        // The mean is zero here: what is left of the log normaliser is ½ ln |C| + ½ M ln 2π, and −⟨J, C⟩ = ½
        // M.
        Ok(Self { plan, covariance: row.split_off(d), entropy: log_norm[0] + 0.5 * d as f64, d, width })
    }

    /// Means of a chunk's rows, their products, and their entropy.
    pub fn chunk(
        &self,
        shape: &Shape<'_>,
        messages: &[(TableId, usize)],
        session: &Session<'_>,
        range: &Range<usize>,
        worker: &mut Worker,
        sum: &mut Sums,
    ) -> Result<(), Breakdown> {
        let (n, d, width, v) = (range.len(), self.d, self.width, self.plan.var);
        let by_row = Strides { offset: 0, row: width, col: 1 };
        let mut eta = std::mem::take(&mut worker.eta[v]);
        eta.chunks_exact_mut(width).for_each(|row| row[..d].fill(0.0));
        for &(t, i) in messages.iter().filter(|m| !self.plan.tables.contains(m)) {
            let from = sum.profile.begin();
            worker.message(session, shape.plan, t, i, range, &mut eta);
            sum.profile.end(Step::Message(v, t), from, || profile::message(&shape.plan.tables[t], i, n));
        }
        let from = sum.profile.begin();
        let means = &mut worker.moments[v];
        means.chunks_exact_mut(width).for_each(|row| row[..d].fill(0.0));
        gemm(
            n,
            d,
            d,
            1.0,
            &eta,
            by_row,
            &self.covariance,
            Strides { offset: 0, row: d, col: 1 },
            means,
            by_row,
        );
        worker.eta[v] = eta;
        let transposed = Strides { offset: 0, row: 1, col: width };
        let second = sum.second.iter_mut().find(|s| s.0 == v).map(|s| &mut s.1[..]).unwrap_or_default();
        let square = Strides { offset: 0, row: d, col: 1 };
        let count = match session.plan.streams[self.plan.stream].weight.as_deref().map(|w| &w[range.clone()])
        {
            None => {
                gemm(d, d, n, 1.0, means, transposed, means, by_row, second, square);
                n as f64
            }
            Some(weight) => {
                worker.temp.clear();
                for (row, w) in means.chunks_exact(width).zip(weight) {
                    worker.temp.extend(row[..d].iter().map(|x| w * x));
                }
                gemm(d, d, n, 1.0, means, transposed, &worker.temp, square, second, square);
                reduce::sum(weight)
            }
        };
        // A mean that is not a number shows in the sum of its squares.
        if !reduce::all_finite(second) {
            return Err(Breakdown::NotFinite);
        }
        sum.entropy[v] += count * self.entropy;
        // Two products of n × M × M numbers; of each row's statistic only the mean is touched.
        sum.profile
            .end(Step::Block(v), from, || ((2 * n * d * d) as f64, (2 * n * d * size_of::<f64>()) as f64));
        Ok(())
    }

    /// Adds what the tables of second moments have summed, from Σ mean meanᵀ of all rows.
    pub fn finish(&self, plan: &Plan, second: &[f64], packed: &mut List<TableId, Vec<f64>>) {
        let stream = &plan.streams[self.plan.stream];
        let count = stream.weight.as_deref().map_or(stream.size as f64, reduce::sum);
        // As if it were a single row's moments.
        let mut row = vec![0.0; self.d];
        row.extend(second.iter().zip(&self.covariance).map(|(s, c)| s + count * c));
        for &(t, _) in &self.plan.tables {
            let table = &plan.tables[t];
            let operands: Vec<Operand<'_>> = table
                .operands
                .iter()
                .map(|o| match o.from {
                    From::Weight(_) => Operand::Dense(&[1.0]),
                    _ => Operand::Dense(&row[o.offset..]),
                })
                .collect();
            let mut sizes = table.sizes.clone();
            sizes[usize::from(table.row_label)] = 1;
            let mut scratch = vec![0.0; table.gather.scratch_len(&sizes)];
            table.gather.run(&sizes, 1.0, &operands, &mut packed[t], &mut scratch);
        }
    }
}
