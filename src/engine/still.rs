//! A run whose shared blocks are given and stay as they are: only what rows have for themselves is found. Not here:
//! where the given ones come from (`keep`), nor what is asked of the rows (`ask`).

use super::{
    error::{Breakdown, RunError},
    paths::given::First,
    record::{Iteration, Proposals, Record, StopReason},
    run::Finished,
    schedule::{Next, Schedule, SoFar, budget::Budget, frozen::Frozen},
    session::Session,
};
use crate::{
    graph::FactorGraph,
    num::reduce::sum,
    plan::{Plan, layout::VarId, schedule::Step, table::Table, var::Storage},
    start::{meets_itself::stand_in, order::order},
};
use std::ops::Range;

/// A block that stays: natural parameters of all its elements, as the plan stores them.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The block.
    pub var: VarId,
    /// η.
    pub eta: Vec<f64>,
}

/// A start that gives no row anything.
struct Nothing;

impl First for Nothing {
    fn gives(&self, _: VarId) -> bool {
        false
    }
    fn write(&self, _: VarId, _: Range<usize>, _: &mut [f64]) {}
}

/// Rounds, at most.
const ROUNDS: usize = 5000;

/// Finds what rows have for themselves, where `held` blocks stay. Blocks that are neither held nor of rows start at
/// their priors, and are found too.
///
/// # Errors
/// The numbers break down: with the node and the round.
pub fn still<'p>(
    graph: &FactorGraph,
    plan: &'p Plan,
    pool: &'p rayon::ThreadPool,
    held: &[Held],
) -> Result<Finished<'p>, RunError> {
    let mut session = Session::new(plan, pool);
    start(&mut session, graph, held)?;
    let moves = |v: VarId| held.iter().all(|h| h.var != v);
    // One block has nothing to wait for.
    let one = plan.vars.ids().filter(|&v| moves(v)).count() < 2;
    let budget = Budget { iterations: if one { 1 } else { ROUNDS }, seconds: None, tolerance: -1.0 };
    let mut schedule = Frozen::new(plan, budget, &moves);
    let (mut record, mut terms, mut steps, mut last) = (Record::default(), vec![], 0, usize::MAX);
    session.iteration = 1;
    loop {
        let step = match schedule.next(&SoFar { record: &record, seconds: 0.0 }) {
            Next::Step(step) => step,
            // A frozen schedule proposes nothing.
            Next::Rotate | Next::Leap(_) => continue,
            Next::Stop(stop) => return Ok(Finished::of(session, record, stop)),
        };
        session.step(step, &mut terms)?;
        steps += 1;
        if step != Step::Bound {
            continue;
        }
        let before = record.iterations().last().map_or(f64::NEG_INFINITY, |i| i.elbo);
        record.push(
            Iteration { elbo: sum(&terms), steps, proposals: Proposals::default(), seconds: 0.0 },
            &terms,
        );
        session.state.mark();
        session.iteration += 1;
        steps = 0;
        // q has half as many digits as the bound: it takes as many rounds again once the bound rises no more.
        let done = record.iterations().len();
        if last == usize::MAX && sum(&terms) <= before {
            last = 2 * done;
        }
        if done >= last {
            return Ok(Finished::of(session, record, StopReason::Converged));
        }
    }
}

/// Held blocks as they are, the other stored ones at their priors, and rows from these.
fn start(session: &mut Session<'_>, graph: &FactorGraph, held: &[Held]) -> Result<(), RunError> {
    let plan = session.plan;
    let order = order(plan);
    for &v in &order {
        let var = &plan.vars[v];
        if let Some(h) = held.iter().find(|h| h.var == v) {
            if h.eta.len() != session.state.change(v).0.len() {
                let why = "the numbers to hold it at are not its own".to_string();
                return Err(session.error(v, Breakdown::Improper(why)));
            }
            session.state.change(v).0.copy_from_slice(&h.eta);
            for colour in 0..var.colours.len() {
                session.evaluate(v, colour)?;
            }
            session.state.has_moved(v);
            continue;
        }
        if stand_in(graph, plan, v, session.state.change(v).1) {
            session.state.has_moved(v);
        }
        if var.storage == Storage::Stored {
            let mine = |t: &Table| var.nodes.iter().any(|n| n.0 == t.node);
            session.update_var(v, &mine).or_else(|_| session.update_var(v, &|_| true))?;
        }
    }
    for s in plan.streams.ids() {
        session.first_pass(s, &order, &Nothing)?;
    }
    Ok(())
}
