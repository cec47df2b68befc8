//! Restarts, iterations, and when to stop. Not here: what an iteration does (`session`, `pass`), nor the
//! start (`start`).

use super::{
    Breakdown, RunError, Watch, collect,
    given::GivenStart,
    pass::Mode,
    posterior::Posterior,
    profile::{Profile, RunProfile, Step},
    session::Session,
    start::Start,
};
use crate::{
    graph::{Bound, FactorGraph},
    num::reduce::sum,
    plan::{
        Plan,
        layout::{List, VarId},
    },
};

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
    /// Quantiles are found for nodes of at most this many numbers: each takes a search.
    pub quantiles: usize,
    /// First q of selectors, in every restart, instead of those that the engine would draw.
    pub start: Vec<GivenStart>,
    /// Measure each step of the plan, for [`Posterior::profile`].
    pub profile: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            restarts: 1,
            max_iterations: MAX_ITERATIONS,
            tolerance: TOLERANCE,
            threads: 0,
            nodes: None,
            all_nodes: false,
            quantiles: usize::MAX,
            start: vec![],
            profile: false,
        }
    }
}

/// One finished run, enough to report it.
struct Finished<'p> {
    session: Session<'p>,
    trace: Vec<f64>,
    terms: Vec<f64>,
    converged: bool,
    restart: usize,
    profile: Option<RunProfile>,
    /// What ended it, if its numbers broke down after a good iteration; the rest is then as that iteration
    /// left it.
    broke: Option<RunError>,
}

/// Rounding of the bound, as a share of what its terms sum to before they cancel.
const ROUNDING: f64 = 1e-11;
/// Bounds closer than this share of them are those of one and the same optimum.
const SAME: f64 = 1e-9;
/// Fewer nats than this in an iteration are no progress, whatever the bound's size.
const ABSOLUTE: f64 = 1e-12;

/// Runs all restarts and reports the best.
///
/// # Errors
/// Where the numbers break down: with the node and the iteration. A restart that breaks down does not hide
/// one that doesn't.
pub fn fit(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Posterior, RunError> {
    let mut builder = rayon::ThreadPoolBuilder::new();
    if options.threads > 0 {
        builder = builder.num_threads(options.threads);
    }
    let none = |e: rayon::ThreadPoolBuildError| {
        RunError::new(Breakdown::Improper(e.to_string()), "threads".into(), 0)
    };
    let pool = builder.build().map_err(none)?;
    let mut best: Option<Finished<'_>> = None;
    let mut finals = vec![];
    let mut failed = None;
    let mut broken: Option<Finished<'_>> = None;
    for restart in 0..options.restarts.max(1) {
        match once(graph, plan, &pool, options, restart, watch) {
            Ok(run) if run.broke.is_some() => {
                finals.push(f64::NEG_INFINITY);
                broken.get_or_insert(run);
            }
            Ok(run) => {
                let elbo = run.trace.last().copied().unwrap_or(f64::NEG_INFINITY);
                finals.push(elbo);
                // Starts that reach the same place differ in the last digits: the first of them wins.
                let beats = |old: f64| elbo > old + SAME * old.abs();
                if best.as_ref().is_none_or(|b| b.trace.last().is_none_or(|&old| beats(old))) {
                    best = Some(run);
                }
            }
            Err(e) => {
                finals.push(f64::NEG_INFINITY);
                failed = Some(e);
            }
        }
    }
    let collect = |run: Finished<'_>| {
        let Finished { mut session, trace, terms, converged, restart, profile, .. } = run;
        let summary = collect::Summary { trace, terms, converged, restart, restarts: finals, profile };
        collect::posterior(graph, bound, &mut session, options, summary)
    };
    if let (None, Some(mut run)) = (&best, broken)
        && let Some(error) = run.broke.take()
    {
        return Err(RunError { last_good: collect(run).ok().map(Box::new), ..error });
    }
    match (best, failed) {
        (Some(run), _) => collect(run),
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
    let begun = std::time::Instant::now();
    let mut session = Session::new(plan, pool);
    let start = pool.install(|| Start::new(graph, plan, options.seed, restart, &options.start));
    session.initialise(graph, &start)?;
    drop(start);
    let started = begun.elapsed().as_secs_f64();
    session.profile = Profile::new(options.profile);
    let mut trace: Vec<f64> = vec![];
    let mut terms: Vec<f64> = vec![];
    let mut converged = false;
    let mut good = Kept::default();
    for iteration in 1..=options.max_iterations.max(1) {
        let now = match step(&mut session, iteration) {
            Ok(now) => now,
            Err(e) if trace.is_empty() => return Err(e),
            Err(e) => {
                good.restore(&mut session);
                return Ok(Finished {
                    session,
                    trace,
                    terms,
                    converged: false,
                    restart,
                    profile: None,
                    broke: Some(e),
                });
            }
        };
        let elbo = sum(&now);
        watch.iterated(restart, iteration, elbo);
        if let Some(&last) = trace.last() {
            if elbo < last && elbo < last - ROUNDING * session.magnitude() {
                let worst = (0..now.len())
                    .min_by(|&a, &b| (now[a] - terms[a]).total_cmp(&(now[b] - terms[b])))
                    .unwrap_or(0);
                let broke =
                    Some(RunError::new(Breakdown::Fell(last - elbo), plan.names[worst].clone(), iteration));
                good.restore(&mut session);
                return Ok(Finished {
                    session,
                    trace,
                    terms,
                    converged: false,
                    restart,
                    profile: None,
                    broke,
                });
            }
            converged = (elbo - last).abs() <= options.tolerance * elbo.abs().max(1.0) + ABSOLUTE;
        }
        trace.push(elbo);
        terms = now;
        good.keep(&session);
        if converged {
            break;
        }
    }
    let spent = begun.elapsed().as_secs_f64() - started;
    let profile = session.profile.report(plan, trace.len(), spent, started, pool.current_num_threads());
    session.profile = Profile::default();
    Ok(Finished { session, trace, terms, converged, restart, profile, broke: None })
}

/// One iteration, and each node's share of the bound after it.
fn step(session: &mut Session<'_>, iteration: usize) -> Result<Vec<f64>, RunError> {
    session.iteration = iteration;
    #[cfg(test)]
    if BREAK_AT.get() == iteration {
        session.eta.iter_mut().flatten().for_each(|x| *x = f64::NAN);
        return Err(RunError::new(Breakdown::NotFinite, "test".into(), iteration));
    }
    session.update_stored()?;
    for s in session.plan.streams.ids() {
        session.pass(s, Mode::Update, &[])?;
    }
    let from = session.profile.begin();
    let terms = session.terms();
    session.profile.end(Step::Bound, from, || (0.0, 0.0));
    terms
}

/// The state that an iteration left: all that the next one, or a report, starts from. Moments of stored
/// blocks follow from their natural parameters.
#[derive(Default)]
struct Kept {
    eta: List<VarId, Vec<f64>>,
    moments: List<VarId, Vec<f64>>,
    entropy: List<VarId, f64>,
}

impl Kept {
    fn keep(&mut self, session: &Session<'_>) {
        self.eta.clone_from(&session.eta);
        self.moments.make_room(session.moments.len());
        for (v, kept) in self.moments.enumerate_mut().filter(|(v, _)| !session.plan.stored.contains(v)) {
            kept.clone_from(&session.moments[v]);
        }
        self.entropy.clone_from(&session.entropy);
    }
    fn restore(mut self, session: &mut Session<'_>) {
        session.eta = self.eta;
        for v in session.plan.vars.ids() {
            if !session.plan.stored.contains(&v) {
                session.moments[v] = std::mem::take(&mut self.moments[v]);
                continue;
            }
            for class in 0..session.plan.vars[v].classes.len() {
                // It went well when these parameters were made.
                let _ = session.evaluate(v, class);
            }
        }
        session.entropy = self.entropy;
        session.version.iter_mut().for_each(|v| *v += 1);
    }
}

#[cfg(test)]
thread_local! {
    /// The iteration at which a test breaks the numbers.
    static BREAK_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_breaks_down_keeps_the_last_good_state() {
        let text = r#"Model(
            data: { "t": { "x": [1, 2, 4, 9] } },
            plates: { "n": Rows(table: "t") },
            nodes: {
                "m": Normal(mean: 0, precision: 0.01),
                "tau": Gamma(shape: 1, rate: 1),
                "x[n]": Normal(mean: "m", precision: "tau"),
            },
            observe: { "x": "x" },
            factorize: MeanField,
        )"#;
        let source = crate::source::Source::new("test.ron", text);
        let mut diags = crate::diag::Diagnostics::default();
        let model = crate::syntax::parse(&source, &mut diags).unwrap();
        let graph = crate::pipeline::graph(&model, &source, &mut diags).unwrap();
        let files = crate::data::MemoryFiles::default();
        let bound = crate::pipeline::bind(&model, &graph, &files, &|_| None, &source, &mut diags).unwrap();
        let plan = crate::pipeline::plan(&graph, &bound, &mut diags).unwrap();
        let options = |max_iterations| Options { max_iterations, tolerance: 0.0, ..Options::default() };
        let fit = |n| fit(&graph, &bound, &plan, &options(n), &mut crate::engine::Unwatched);
        let two = fit(2).unwrap();
        BREAK_AT.set(3);
        let broke = fit(10);
        BREAK_AT.set(1);
        let at_once = fit(10);
        BREAK_AT.set(0);
        let error = broke.unwrap_err();
        assert_eq!(error.iteration, 3);
        let last = error.last_good.expect("two iterations were good");
        assert_eq!((&last.trace, &last.nodes, &last.terms), (&two.trace, &two.nodes, &two.terms));
        assert!(at_once.unwrap_err().last_good.is_none());
    }
}
