//! When a run has done enough: it moves no more, or its iterations or its time are spent. Not here: what an
//! iteration is.

use super::SoFar;
use crate::engine::record::{Iteration, StopReason};

/// Fewer nats than this in an iteration are no progress, whatever the bound's size.
const ABSOLUTE: f64 = 1e-12;
/// Changes below this share of the bound are its rounding: they foresee nothing.
const ROUNDING: f64 = 2e-13;
/// All that a run may still gain when it is said to have converged, in changes of the tolerance.
const FORESEEN: f64 = 10.0;

/// What a run may take.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Budget {
    /// Iterations, at most.
    pub iterations: usize,
    /// Seconds, about: the iteration that passes them is the last.
    pub seconds: Option<f64>,
    /// A run has converged where an iteration raises the bound by less than this share of it, and all that follow,
    /// as far as the last ones tell, by no more than ten times that.
    pub tolerance: f64,
}

impl Budget {
    /// Has the run done enough, between two iterations? Not before the first.
    pub(super) fn spent(&self, so_far: &SoFar<'_>) -> Option<StopReason> {
        let done = so_far.record.iterations();
        if done.is_empty() {
            return None;
        }
        if self.converged(done) {
            return Some(StopReason::Converged);
        }
        if done.len() >= self.iterations.max(1) {
            return Some(StopReason::Iterations);
        }
        self.seconds.filter(|most| so_far.seconds >= *most).map(|_| StopReason::Seconds)
    }

    /// Was the last change small, and is what may still follow it, too?
    fn converged(&self, done: &[Iteration]) -> bool {
        let [.., last, now] = done else { return false };
        let size = now.elbo.abs().max(1.0);
        let (change, small) = ((now.elbo - last.elbo).abs(), self.tolerance * size + ABSOLUTE);
        change <= small
            && (change <= ROUNDING * size + ABSOLUTE || foreseen(done).is_some_and(|x| x <= FORESEEN * small))
    }
}

/// What a run may still gain, if its gains go on as the last ones have: as a geometric series. `None` where they
/// say nothing, or grow. Every other iteration may be a leap, so two make one gain, where there are as many.
fn foreseen(done: &[Iteration]) -> Option<f64> {
    let back = |n: usize| done.len().checked_sub(n + 1).map(|at| done[at].elbo);
    let (now, [middle, first]) = match (back(2), back(4)) {
        (Some(two), Some(four)) => (back(0)?, [two, four]),
        _ => (back(0)?, [back(1)?, back(2)?]),
    };
    let (gain, before) = (now - middle, middle - first);
    (gain < before).then(|| gain * gain / (before - gain))
}
