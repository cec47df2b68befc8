//! What steps say and are told: weights on demand, marginals as they are made. Not here: where an engine's potentials come from.

use super::{ChainError, LN_ZERO, SMALLEST, padded};
use crate::num::{
    reduce, special,
    wide::{MulAdd, fused},
};
use std::ops::Range;

/// The steps of a chunk of chains. They are asked for a block of neighbours at a time, perhaps more than once, and told their marginals once.
pub trait Steps {
    /// Whether weights are cheaper made again than kept.
    fn cheap(&self) -> bool;

    /// Writes exp(log potential − c) of these steps, a c for each step that leaves no weight above 1, in rows of K padded with zeros to whole
    /// blocks of eight numbers; weights under 1e−290 may be 0. Returns Σ c.
    ///
    /// # Errors
    /// If a step has no possible state, or a potential is NaN or +∞.
    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError>;

    /// Writes the log potentials of these steps, rows of K.
    fn logs(&mut self, steps: Range<usize>, logs: &mut [f64]);

    /// Takes the marginals of these steps, rows of K.
    fn take(&mut self, steps: Range<usize>, marginals: &[f64]);
}

/// Steps whose log potentials and marginals are arrays.
#[derive(Debug)]
pub struct Arrays<'a> {
    /// States.
    pub k: usize,
    /// T×K log potentials.
    pub logs: &'a [f64],
    /// T×K numbers, overwritten by the marginals.
    pub marginals: &'a mut [f64],
}

impl Steps for Arrays<'_> {
    fn cheap(&self) -> bool {
        false
    }

    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        weigh(self.k, &self.logs[steps.start * self.k..steps.end * self.k], weights).map_err(|e| e.later(steps.start))
    }

    fn logs(&mut self, steps: Range<usize>, logs: &mut [f64]) {
        logs.copy_from_slice(&self.logs[steps.start * self.k..steps.end * self.k]);
    }

    fn take(&mut self, steps: Range<usize>, marginals: &[f64]) {
        self.marginals[steps.start * self.k..steps.end * self.k].copy_from_slice(marginals);
    }
}

/// Weights of steps from their log potentials, each step's largest taken off; returns the sum of these.
///
/// # Errors
/// Naming the step by its place in `logs`.
pub fn weigh(k: usize, logs: &[f64], weights: &mut [f64]) -> Result<f64, ChainError> {
    fused!(A => weigh_plain::<A>(k, logs, weights))
}

#[inline(always)]
fn weigh_plain<A: MulAdd>(k: usize, logs: &[f64], weights: &mut [f64]) -> Result<f64, ChainError> {
    let mut total = 0.0;
    for (step, (logs, row)) in logs.chunks_exact(k).zip(weights.chunks_exact_mut(padded(k))).enumerate() {
        let top = reduce::max_plain(logs);
        if top == f64::INFINITY || top < LN_ZERO {
            return Err(if top == f64::INFINITY || logs.iter().any(|x| x.is_nan()) {
                ChainError::NotFinite { step }
            } else {
                ChainError::Impossible { step }
            });
        }
        let (row, rest) = row.split_at_mut(k);
        row.iter_mut().zip(logs).for_each(|(w, x)| *w = x - top);
        rest.fill(f64::NEG_INFINITY);
        total += top;
    }
    special::exp_slice_plain::<A>(weights);
    for w in weights {
        *w = if *w < SMALLEST { 0.0 } else { *w };
    }
    Ok(total)
}
