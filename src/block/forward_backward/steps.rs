//! What steps say and are told: weights on demand, marginals as they are made. Not here: where an engine's
//! potentials come from.

use super::{error::ChainError, padding::padded, zeros::LN_ZERO};
use crate::block::steps::Steps;
use crate::num::{
    reduce, special,
    wide::{MulAdd, fused},
};
use std::ops::Range;

/// Numbers of weights that a process may keep, for all its threads: 32 MB.
pub const WEIGHTS: usize = 1 << 22;

/// Steps of categories that can be asked for weights, too.
pub trait WeightedSteps: Steps {
    /// How many numbers of weights may be kept where these and the messages are too many together; 0 where
    /// weights are cheaper made again than kept.
    fn may_keep(&self) -> usize;

    /// Writes exp(log potential − c) of these steps, a c for each step that leaves no weight above 1, in rows
    /// of K padded with zeros to whole blocks of eight numbers; weights under 1e−290 may be 0. Returns Σ c.
    ///
    /// # Errors
    /// If a step has no possible state, or a potential is NaN or +∞.
    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError>;
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
    fn natural(&mut self, steps: Range<usize>, eta: &mut [f64]) {
        eta.copy_from_slice(&self.logs[steps.start * self.k..steps.end * self.k]);
    }

    fn take(&mut self, steps: Range<usize>, moments: &[f64]) {
        self.marginals[steps.start * self.k..steps.end * self.k].copy_from_slice(moments);
    }
}

impl WeightedSteps for Arrays<'_> {
    fn may_keep(&self) -> usize {
        WEIGHTS
    }

    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        weigh(self.k, &self.logs[steps.start * self.k..steps.end * self.k], weights)
            .map_err(|e| e.later(steps.start))
    }
}

/// Weights of steps from their log potentials, each step's largest taken off; returns the sum of these.
///
/// # Errors
/// Naming the step by its place in `logs`.
pub fn weigh(k: usize, logs: &[f64], weights: &mut [f64]) -> Result<f64, ChainError> {
    fused!(A => weigh_plain::<A>(k, logs, weights))
}

/// Numbers that are exponentiated at a time, about: they stay in the first-level cache.
const SOME: usize = 512;

#[inline(always)]
fn weigh_plain<A: MulAdd>(k: usize, logs: &[f64], weights: &mut [f64]) -> Result<f64, ChainError> {
    let (mut total, kp) = (0.0, padded(k));
    let rows = (SOME / k).max(1);
    let mut room = vec![0.0; rows * k];
    for (b, (logs, weights)) in logs.chunks(rows * k).zip(weights.chunks_mut(rows * kp)).enumerate() {
        let some = &mut room[..logs.len()];
        for (step, (logs, to)) in logs.chunks_exact(k).zip(some.chunks_exact_mut(k)).enumerate() {
            let top = reduce::max_plain(logs);
            if top == f64::INFINITY || top < LN_ZERO {
                let step = b * rows + step;
                return Err(if top == f64::INFINITY || logs.iter().any(|x| x.is_nan()) {
                    ChainError::NotFinite { step }
                } else {
                    ChainError::Impossible { step }
                });
            }
            for (w, x) in to.iter_mut().zip(logs) {
                *w = x - top;
            }
            total += top;
        }
        special::weights_plain::<A>(some);
        for (row, to) in some.chunks_exact(k).zip(weights.chunks_exact_mut(kp)) {
            for (w, x) in to.iter_mut().zip(row) {
                *w = *x;
            }
            for w in &mut to[k..] {
                *w = 0.0;
            }
        }
    }
    Ok(total)
}
