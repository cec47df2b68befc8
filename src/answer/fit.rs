//! A plan run and its answers read, in one call. Not here: the run (`engine`), nor what is read (`read`).

use super::{gate, posterior::Posterior, read::read};
use crate::{
    diag::{Code, Diagnostic},
    engine::{self, Options, Reached, RunError, Watch, recentre::Plans, run::Ground},
    graph::{Bound, FactorGraph, barren::without_barren},
    plan::Plan,
    source::Span,
};
use std::fmt;

/// The numbers of a run broke down.
#[derive(Clone, Debug, PartialEq)]
pub struct FitError {
    /// What happened, where, and when.
    pub error: RunError,
    /// What the last good iteration left, if there was one.
    pub last_good: Option<Box<Posterior>>,
    /// The line of the model that speaks of the node, if one does.
    pub place: Option<Span>,
}

impl FitError {
    pub(super) fn new(graph: &FactorGraph, error: RunError, last_good: Option<Box<Posterior>>) -> Self {
        // A block's name is that of all its nodes.
        let first = error.node.split(", ").next().unwrap_or("");
        let line = graph.factors.iter().find(|f| graph.nodes[f.node.0].name == first);
        Self { place: line.map(|f| f.key.join(f.span)), error, last_good }
    }

    /// As diagnostics are: with the line of the model, and what to do; `more` is said besides.
    pub fn diagnostic(&self, more: Option<String>) -> Diagnostic {
        let mut d = Diagnostic::error(Code::NONE, self.error.to_string());
        if let Some(place) = self.place {
            d = d.at(place, "");
        }
        let remedy = self.error.kind.remedy();
        let helps = more.into_iter().chain((!remedy.is_empty()).then(|| remedy.to_owned()));
        helps.fold(d, Diagnostic::help)
    }
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for FitError {}

/// Tries starts and reads the posterior of the best.
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
    fit_and_keep(graph, bound, plan, options, watch, false).map(|(posterior, _)| posterior)
}

/// The same, and where the run has come to, if that is to be kept.
///
/// # Errors
/// As for [`fit`].
pub fn fit_and_keep(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    options: &Options,
    watch: &mut dyn Watch,
    keep: bool,
) -> Result<(Posterior, Option<Reached>), FitError> {
    let broke = |error| FitError::new(graph, error, None);
    let pool = engine::run::pool(options).map_err(broke)?;
    let plans = Plans::default();
    // A run that is moved to other centres reads the data again, as far as inference sees them.
    let places = graph.nodes.iter().any(|n| n.spec.location);
    let seen = (places && !plan.kept.everything()).then(|| without_barren(graph, bound).0);
    let seen = seen.as_deref().unwrap_or(bound);
    let ground = Ground { graph, bound: seen, plan, plans: &plans, pool: &pool };
    let mut run = engine::portfolio::best(ground, options, watch).map_err(broke)?;
    let rounding = run.rounding();
    let read = read(graph, bound, &mut run, options, &rounding);
    let posterior = read.and_then(|p| gate::pass(graph, &p, &rounding).map(|()| p));
    match run.broke {
        Some(error) => Err(FitError::new(graph, error, posterior.ok().map(Box::new))),
        None => Ok((posterior.map_err(broke)?, keep.then(|| run.reached()))),
    }
}
