//! Being told of a run while it runs, and asking it to stop. Not here: how a person does (`cli`).

use super::reached::Reached;

/// Is told of a run's progress.
pub trait Watch {
    /// After each iteration: which restart (from 0), which iteration of it (from 1), and the bound in nats.
    fn iterated(&mut self, restart: usize, iteration: usize, elbo: f64);

    /// Shall this iteration be the last? Asked after each; the result is then what it has left, and no further
    /// restart begins. Never, without a word of the implementor's.
    fn asks_to_stop(&self) -> bool {
        false
    }

    /// Asked after each iteration: does it want to keep what the run has come to?
    #[doc(hidden)]
    fn keeps(&mut self) -> bool {
        false
    }

    /// What the run has come to, where it is wanted.
    #[doc(hidden)]
    fn keep(&mut self, reached: Reached) {
        let _ = reached;
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn iterated(&mut self, _: usize, _: usize, _: f64) {}
}
