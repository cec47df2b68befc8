//! Runs a plan: start, iterations, restarts, the bound, and the posterior as plain numbers. Holds no
//! distribution's name.

mod alike;
mod chain;
mod chain_blocks;
pub mod collect;
mod cuts;
pub mod error;
pub mod given;
pub mod given_values;
mod lookup;
mod pass;
pub mod posterior;
mod predict;
pub mod profile;
mod rows;
pub mod run;
mod seeds;
mod session;
mod stack;
mod start;
mod start_values;
mod turns;

pub use error::{Breakdown, RunError};
pub use run::{Options, fit};

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
