//! Restarts, iterations, and when to stop. Not here: what an iteration does (`session`, `pass`), nor the start (`start`).

use super::{Breakdown, RunError, Watch, collect, given::GivenStart, pass::Mode, posterior::Posterior, session::Session, start::Start};
use crate::{
    graph::{Bound, FactorGraph},
    num::reduce::sum,
    plan::Plan,
};

/// What a user may choose of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Of all random numbers.
    pub seed: u64,
    /// Starts tried; the best bound wins.
    pub restarts: usize,
    /// Iterations of one start, at most.
    pub max_iterations: usize,
    /// Stop when an iteration raises the bound by less than this share of it.
    pub tolerance: f64,
    /// Worker threads; 0 for one a core.
    pub threads: usize,
    /// Nodes to report, local ones too; `None` for all shared ones.
    pub nodes: Option<Vec<String>>,
    /// Report every node, local ones too.
    pub all_nodes: bool,
    /// First q of selectors, in every restart, instead of those that the engine would draw.
    pub start: Vec<GivenStart>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, restarts: 1, max_iterations: 1000, tolerance: 1e-9, threads: 0, nodes: None, all_nodes: false, start: vec![] }
    }
}

/// One finished run, enough to report it.
struct Finished<'p> {
    session: Session<'p>,
    trace: Vec<f64>,
    terms: Vec<f64>,
    converged: bool,
    restart: usize,
}

/// Rounding of the bound, as a share of what its terms sum to before they cancel.
const ROUNDING: f64 = 1e-11;
/// Fewer nats than this in an iteration are no progress, whatever the bound's size.
const ABSOLUTE: f64 = 1e-12;

/// Runs all restarts and reports the best.
///
/// # Errors
/// Where the numbers break down: with the node and the iteration. A restart that breaks down does not hide one that doesn't.
pub fn fit(graph: &FactorGraph, bound: &Bound, plan: &Plan, options: &Options, watch: &mut dyn Watch) -> Result<Posterior, RunError> {
    let mut builder = rayon::ThreadPoolBuilder::new();
    if options.threads > 0 {
        builder = builder.num_threads(options.threads);
    }
    let none = |e: rayon::ThreadPoolBuildError| RunError { kind: Breakdown::Improper(e.to_string()), node: "threads".into(), iteration: 0 };
    let pool = builder.build().map_err(none)?;
    let mut best: Option<Finished<'_>> = None;
    let mut finals = vec![];
    let mut failed = None;
    for restart in 0..options.restarts.max(1) {
        match once(graph, plan, &pool, options, restart, watch) {
            Ok(run) => {
                let elbo = run.trace.last().copied().unwrap_or(f64::NEG_INFINITY);
                finals.push(elbo);
                if best.as_ref().is_none_or(|b| b.trace.last().is_none_or(|&old| elbo > old)) {
                    best = Some(run);
                }
            }
            Err(e) => {
                finals.push(f64::NEG_INFINITY);
                failed = Some(e);
            }
        }
    }
    match (best, failed) {
        (Some(run), _) => {
            let Finished { mut session, trace, terms, converged, restart } = run;
            collect::posterior(graph, bound, &mut session, options, collect::Summary { trace, terms, converged, restart, restarts: finals })
        }
        (None, Some(e)) => Err(e),
        (None, None) => unreachable!("at least one restart is tried"),
    }
}

/// One start, iterated until it stops.
fn once<'p>(
    graph: &FactorGraph,
    plan: &'p Plan,
    pool: &'p rayon::ThreadPool,
    options: &Options,
    restart: usize,
    watch: &mut dyn Watch,
) -> Result<Finished<'p>, RunError> {
    let mut session = Session::new(plan, pool);
    let start = Start::new(graph, plan, options.seed, restart, &options.start);
    session.initialise(graph, &start)?;
    let mut trace: Vec<f64> = vec![];
    let mut terms: Vec<f64> = vec![];
    let mut converged = false;
    for iteration in 1..=options.max_iterations.max(1) {
        session.iteration = iteration;
        session.update_stored()?;
        for s in 0..plan.streams.len() {
            session.pass(s, Mode::Update, &[])?;
        }
        let now = session.terms()?;
        let elbo = sum(&now);
        watch.iterated(restart, iteration, elbo);
        if let Some(&last) = trace.last() {
            let rounding = ROUNDING * session.magnitude();
            if elbo < last - rounding {
                let worst = (0..now.len()).min_by(|&a, &b| (now[a] - terms[a]).total_cmp(&(now[b] - terms[b]))).unwrap_or(0);
                return Err(RunError { kind: Breakdown::Fell(last - elbo), node: plan.names[worst].clone(), iteration });
            }
            converged = (elbo - last).abs() <= options.tolerance * elbo.abs().max(1.0) + ABSOLUTE;
        }
        trace.push(elbo);
        terms = now;
        if converged {
            break;
        }
    }
    Ok(Finished { session, trace, terms, converged, restart })
}
