//! When a run has done enough: it moves no more, or its iterations or its time are spent. Not here: what an
//! iteration is.

use super::SoFar;
use crate::engine::record::StopReason;

/// Fewer nats than this in an iteration are no progress, whatever the bound's size.
const ABSOLUTE: f64 = 1e-12;

/// What a run may take.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Budget {
    /// Iterations, at most.
    pub iterations: usize,
    /// Seconds, about: the iteration that passes them is the last.
    pub seconds: Option<f64>,
    /// An iteration that raises the bound by less than this share of it is the last.
    pub tolerance: f64,
}

impl Budget {
    /// Has the run done enough, between two iterations? Not before the first.
    pub(super) fn spent(&self, so_far: &SoFar<'_>) -> Option<StopReason> {
        let done = so_far.record.iterations();
        if done.is_empty() {
            return None;
        }
        if let [.., last, now] = done
            && (now.elbo - last.elbo).abs() <= self.tolerance * now.elbo.abs().max(1.0) + ABSOLUTE
        {
            return Some(StopReason::Converged);
        }
        if done.len() >= self.iterations.max(1) {
            return Some(StopReason::Iterations);
        }
        self.seconds.filter(|most| so_far.seconds >= *most).map(|_| StopReason::Seconds)
    }
}
