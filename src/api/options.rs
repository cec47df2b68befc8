//! What a caller may choose of a fit. Not here: what each choice does (`engine`).

use crate::{
    answer::frame::over_rows,
    engine::options::{self, MAX_ITERATIONS, TOLERANCE},
    graph::FactorGraph,
};

/// What a caller may choose of a fit: those of the command `elbow fit`, with the same defaults.
///
/// ```
/// let options = elbow::Options { restarts: 10, ..elbow::Options::default() };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Seed of all random numbers: the same seed gives the same result, bit for bit.
    pub seed: u64,
    /// Starts tried, at least; the one with the best bound wins. 0: as many as fit in about three times what
    /// one takes. 1: one plain run.
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
    /// Worker threads; 0 for one a core. The result does not depend on it.
    pub threads: usize,
    /// Which nodes the posterior has.
    pub nodes: Nodes,
    /// Quantiles are found for nodes of at most this many numbers: each takes a search.
    pub quantiles: usize,
}

/// Which nodes a posterior has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Nodes {
    /// All that have no element for each row of the data.
    #[default]
    Shared,
    /// Every one. A node over rows has as many numbers as there are rows, or more.
    All,
    /// Those of these names; observed ones have their missing cells predicted.
    Named(Vec<String>),
}

impl Nodes {
    /// Those of these names.
    pub fn named<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Nodes::Named(names.into_iter().map(Into::into).collect())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            restarts: 0,
            max_iterations: MAX_ITERATIONS,
            max_seconds: None,
            tolerance: TOLERANCE,
            plain: false,
            threads: 0,
            nodes: Nodes::Shared,
            quantiles: 4096,
        }
    }
}

impl Options {
    /// As the engine wants them.
    pub(super) fn of_run(&self, graph: &FactorGraph) -> options::Options {
        options::Options {
            seed: self.seed,
            restarts: self.restarts,
            max_iterations: self.max_iterations,
            max_seconds: self.max_seconds,
            tolerance: self.tolerance,
            plain: self.plain,
            threads: self.threads,
            nodes: match &self.nodes {
                Nodes::Named(names) => Some(names.clone()),
                Nodes::Shared => {
                    let shared = graph.nodes.iter().filter(|n| !over_rows(graph, n));
                    Some(shared.map(|n| n.name.clone()).collect())
                }
                Nodes::All => None,
            },
            all_nodes: self.nodes == Nodes::All,
            quantiles: self.quantiles,
            ..options::Options::default()
        }
    }
}
