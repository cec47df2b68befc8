//! A plan run and its answers read, in one call. Not here: the run (`engine`), nor what is read (`read`).

use super::{posterior::Posterior, read::read};
use crate::{
    engine::{self, Options, RunError, Watch},
    graph::{Bound, FactorGraph},
    plan::Plan,
};
use std::fmt;

/// The numbers of a run broke down.
#[derive(Clone, Debug, PartialEq)]
pub struct FitError {
    /// What happened, where, and when.
    pub error: RunError,
    /// What the last good iteration left, if there was one.
    pub last_good: Option<Box<Posterior>>,
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for FitError {}

impl From<RunError> for FitError {
    fn from(error: RunError) -> Self {
        Self { error, last_good: None }
    }
}

/// Runs all restarts and reads the posterior of the best.
///
/// # Errors
/// Where the numbers break down: with the node and the iteration, and what the last good one left.
pub fn fit(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Posterior, FitError> {
    let pool = engine::run::pool(options)?;
    let mut run = engine::run::best(graph, plan, &pool, options, watch)?;
    let posterior = read(graph, bound, &mut run, options);
    match run.broke {
        Some(error) => Err(FitError { error, last_good: posterior.ok().map(Box::new) }),
        None => Ok(posterior?),
    }
}
