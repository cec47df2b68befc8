//! What a caller may choose of a fit. Not here: how it is read from a command line (`cli`).

use super::{
    prior::Prior,
    reached::{Moved, Reached},
};
use crate::start::given::GivenStart;
use std::sync::Arc;

/// Iterations after which a run gives up, unless told otherwise.
pub const MAX_ITERATIONS: usize = 1000;
/// Relative change of the bound between two iterations below which a run has converged. A bound carries about
/// 1e-13 of rounding; slow runs gain some hundred times the last change after it. 1e-10 keeps both well below
/// the sixth digit of a difference in nats.
pub const TOLERANCE: f64 = 1e-10;

/// What a user may choose of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Of all random numbers.
    pub seed: u64,
    /// Starts tried, at least; the best bound wins. 0: as many as fit in about three times what one takes.
    pub restarts: usize,
    /// Iterations of one start, at most.
    pub max_iterations: usize,
    /// Seconds of the fit, about: the iteration that passes them is the last.
    pub max_seconds: Option<f64>,
    /// A run has converged when an iteration raises the bound by less than this share of it, and all that follow
    /// are foreseen to raise it by no more than ten times that.
    pub tolerance: f64,
    /// Coordinate ascent alone: nothing is extrapolated, rotated or pushed.
    pub plain: bool,
    /// Worker threads; 0 for one a core.
    pub threads: usize,
    /// Nodes to report, local ones too; `None` for all shared ones.
    pub nodes: Option<Vec<String>>,
    /// Report every node, local ones too.
    pub all_nodes: bool,
    /// Quantiles are found for nodes of at most this many numbers: each takes a search.
    pub quantiles: usize,
    /// First q of selectors, in every restart, instead of those that the engine would draw.
    pub start: Vec<GivenStart>,
    /// Go on from there, instead of any start: the one restart that it is of.
    pub from: Option<Arc<Reached>>,
    /// Blocks whose priors are these, and not what the lines of their nodes say; the run then stays about the centres
    /// that it begins about.
    pub prior: Vec<Prior>,
    /// Begin about these centres instead of the plan's own.
    pub about: Option<Moved>,
    /// Measure each step of the plan, for the profile of the answer.
    pub profile: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            restarts: 1,
            max_iterations: MAX_ITERATIONS,
            max_seconds: None,
            tolerance: TOLERANCE,
            plain: false,
            threads: 0,
            nodes: None,
            all_nodes: false,
            quantiles: usize::MAX,
            start: vec![],
            from: None,
            prior: vec![],
            about: None,
            profile: false,
        }
    }
}
