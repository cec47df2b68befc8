//! Being told of a run while it runs. Not here: how a person is (`cli::progress`).

/// Is told of a run's progress.
pub trait Watch {
    /// After each iteration: which restart (from 0), which iteration of it (from 1), and the bound in nats.
    fn iterated(&mut self, restart: usize, iteration: usize, elbo: f64);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn iterated(&mut self, _: usize, _: usize, _: f64) {}
}
