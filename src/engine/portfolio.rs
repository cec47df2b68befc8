//! Which starts are tried, and how far: one run to its end, short runs of others, the best of those to their
//! ends. Not here: a run (`run`), nor what a start is (`start`).
//!
//! The first start is always run to its end, so that a portfolio is never worse than one plain run. What the
//! others may take is counted in iterations of the same model, and so depends on neither clock nor threads.

use super::{
    cost::{multiply_adds, numbers},
    error::RunError,
    moves::{SAME, improve},
    options::Options,
    reached::Moves,
    record::StopReason,
    run::{Far, Finished, Ground, Run, Tried},
    watch::Watch,
};
use crate::{plan::Plan, start::Start};
use std::{collections::BTreeSet, time::Instant};

/// Starts that are tried where nobody says how many.
const STARTS: usize = 20;
/// The same where factors alone could point another way.
const FEWER: usize = 4;
/// Multiply-adds that looking for better starts may take, however short the first run is.
const FREE: f64 = 6e8;
/// The same in iterations, at most.
const FREE_ITERATIONS: usize = 1500;
/// Iterations after which starts are compared first: at least, and at most.
const SHORT: (usize, usize) = (6, 16);
/// A start costs as much as so many iterations, about.
const START: usize = 3;
/// A run that goes on is compared again after so many iterations.
const LOOK: usize = 20;
/// Numbers of all runs that wait, at most.
const WAITING: usize = 50_000_000;
/// Draws that are looked at for each start, at most: the others repeat one. More where many starts are asked for.
const DRAWS: (usize, usize) = (3, 12);

/// All starts so far.
struct Field<'p, 'o> {
    ground: Ground<'p>,
    options: &'o Options,
    begun: Instant,
    /// By start: its last bound.
    bounds: Vec<f64>,
    /// By start: whether it has been left before its end.
    left: Vec<bool>,
    failed: Option<RunError>,
    broken: Option<Run<'p>>,
    best: Option<Run<'p>>,
    /// The next draw, and what tells those apart that have been made.
    draw: usize,
    prints: BTreeSet<u64>,
    /// Starts differ in nothing but which way factors point.
    fewer: bool,
    /// Iterations of the first run.
    length: usize,
}

/// What looking for better starts may take, however short the first run is, in iterations.
fn free(plan: &Plan) -> usize {
    ((FREE / multiply_adds(plan)) as usize).min(FREE_ITERATIONS)
}

/// Tries starts: the best. If the numbers of all broke down, the first that had a good iteration, as it left it.
///
/// # Errors
/// Where the numbers of all broke down at once: with the node and the iteration.
pub fn best<'p>(
    ground: Ground<'p>,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Finished<'p>, RunError> {
    if let Some(from) = &options.from {
        let mut run = Run::from(ground, options, from)?;
        run.advance(usize::MAX, watch)?;
        let (mut bounds, restart) = (from.restarts.clone(), run.restart);
        bounds.resize(bounds.len().max(restart + 1), f64::NEG_INFINITY);
        bounds[restart] = if run.broke.is_some() { f64::NEG_INFINITY } else { run.elbo() };
        let failed = run.broke.clone();
        return Ok(run.finished(Tried { bounds, left: from.left.clone(), moves: from.moves }, failed));
    }
    let mut field = Field {
        ground,
        options,
        begun: Instant::now(),
        bounds: vec![],
        left: vec![],
        failed: None,
        broken: None,
        best: None,
        draw: 0,
        prints: BTreeSet::new(),
        fewer: false,
        length: 1,
    };
    field.try_starts(watch);
    let moves = field.move_on(watch);
    let Field { bounds, left, failed, broken, best, .. } = field;
    let left = (0..left.len()).filter(|&i| left[i]).collect();
    // Who has not asked for starts has no use for what became of others.
    let failed = failed.filter(|_| options.restarts > 0 || best.is_none());
    match (best.or(broken), failed) {
        (Some(run), failed) => Ok(run.finished(Tried { bounds, left, moves }, failed)),
        (None, Some(e)) => Err(e),
        (None, None) => unreachable!("at least one start is tried"),
    }
}

impl<'p> Field<'p, '_> {
    fn try_starts(&mut self, watch: &mut dyn Watch) {
        // A start of the caller's is what is asked for, unless more starts are.
        let asked = self.options.restarts;
        let one = asked == 1 || asked == 0 && !self.options.start.is_empty();
        let Some(first) = self.next(watch) else { return };
        self.length = match first {
            Some(run) => {
                let (run, _) = self.go_on(run, usize::MAX, watch);
                run.map_or(1, |run| {
                    let length = run.done();
                    self.ended(run);
                    length
                })
            }
            None => 1,
        };
        let length = self.length;
        if one || self.enough(watch) {
            return;
        }
        let plan = self.ground.plan;
        let free = free(plan);
        let mut budget = match asked {
            0 => 2 * length,
            n => n * length,
        }
        .max(free);
        // Two parts in five for short runs, one for longer ones, the rest for those that come to an end.
        let part = budget / 5;
        // At least as many as nobody has to ask for.
        let own = (if self.fewer { FEWER } else { STARTS } - 1).min(2 * part / (SHORT.0 + START));
        let others = own.max(asked.saturating_sub(1));
        let short = (2 * part / others.max(1)).saturating_sub(START).clamp(SHORT.0, SHORT.1);
        let waiting = (WAITING / numbers(plan).max(1)).max(2);
        let mut field = vec![];
        for _ in 0..others {
            let Some(run) = self.next(watch) else { break };
            budget = budget.saturating_sub(START);
            let Some(run) = run else { continue };
            let run = self.to(run, short, &mut budget, watch);
            field.extend(run);
            self.thin(&mut field, waiting);
            if self.enough(watch) {
                break;
            }
        }
        // Of the better third, as many as there is room for go on for four times as long.
        let keep = field.len().div_ceil(3).min(part.div_ceil(3 * short)).max(2).max(asked / 4);
        self.thin(&mut field, keep);
        let mut next = vec![];
        for run in field {
            match self.enough(watch) {
                true => next.push(run),
                false => next.extend(self.to(run, 4 * short, &mut budget, watch)),
            }
        }
        let mut field = next;
        let count = field.len();
        self.thin(&mut field, count);
        for run in field {
            if self.enough(watch) || !self.ahead(&run) && (budget == 0 || !self.may_win(&run)) {
                self.leave(run);
            } else {
                self.finish(run, &mut budget, watch);
            }
        }
    }

    /// Changes to the categories of the best run, where it may be changed at all.
    fn move_on(&mut self, watch: &mut dyn Watch) -> Moves {
        let Options { restarts, start, seed, .. } = self.options;
        let plain = *restarts == 1 || !start.is_empty() || self.enough(watch);
        // A run that has been moved to other centres has digits that its numbers alone do not give back.
        let fits = |b: &&mut Run<'p>| !plain && b.stop == StopReason::Converged && !b.is_recentred();
        let Some(best) = self.best.as_mut().filter(fits) else {
            return Moves::default();
        };
        let more = if *restarts == 0 { 1 } else { (restarts / 4).max(1) };
        let budget = (more * self.length).max(free(self.ground.plan));
        let moves = improve(self.ground.graph, best, *seed, budget, watch);
        let (restart, elbo) = (best.restart, best.elbo());
        self.bounds[restart] = elbo;
        moves
    }

    /// The next start that repeats none, ready to run; `Some(None)` if it has broken down at once, `None` if
    /// there is none.
    fn next(&mut self, watch: &dyn Watch) -> Option<Option<Run<'p>>> {
        let Ground { graph, plan, pool, .. } = self.ground;
        if !self.bounds.is_empty() && watch.asks_to_stop() {
            return None;
        }
        for _ in 0..if self.options.restarts == 0 { DRAWS.0 } else { DRAWS.1 } {
            let draw = self.draw;
            self.draw += 1;
            let start =
                pool.install(|| Start::new(graph, plan, self.options.seed, draw, &self.options.start));
            if !self.prints.insert(start.print(graph, plan)) {
                if !start.varies(graph, plan) {
                    return None;
                }
                continue;
            }
            let restart = self.bounds.len();
            self.bounds.push(f64::NEG_INFINITY);
            self.left.push(false);
            return Some(match Run::new(self.ground, self.options, (restart, draw), &start) {
                Ok(mut run) => {
                    let spent = self.begun.elapsed().as_secs_f64();
                    run.budget.seconds = run.budget.seconds.map(|most| (most - spent).max(0.0));
                    self.fewer = start.is_turned_only(graph, plan);
                    Some(run)
                }
                Err(e) => {
                    self.failed.get_or_insert(e);
                    None
                }
            });
        }
        None
    }

    /// Lets a run go on: the run, unless it has broken down.
    fn go_on(&mut self, mut run: Run<'p>, until: usize, watch: &mut dyn Watch) -> (Option<Run<'p>>, Far) {
        let restart = run.restart;
        match run.advance(until, watch) {
            Err(e) => {
                self.failed.get_or_insert(e);
                (None, Far::Ended)
            }
            Ok(_) if run.broke.is_some() => {
                if self.failed.is_none() {
                    self.failed.clone_from(&run.broke);
                }
                self.broken.get_or_insert(run);
                self.bounds[restart] = f64::NEG_INFINITY;
                (None, Far::Ended)
            }
            Ok(far) => {
                self.bounds[restart] = run.elbo();
                (Some(run), far)
            }
        }
    }

    /// The same until so many iterations; what ends before is compared at once.
    fn to(
        &mut self,
        run: Run<'p>,
        until: usize,
        budget: &mut usize,
        watch: &mut dyn Watch,
    ) -> Option<Run<'p>> {
        let before = run.done();
        let (run, far) = self.go_on(run, until, watch);
        let run = run?;
        *budget = budget.saturating_sub(run.done() - before);
        if far == Far::Ended {
            self.ended(run);
            return None;
        }
        Some(run)
    }

    /// Lets a run go on to its end, as long as it may come to something and there is budget for it.
    fn finish(&mut self, mut run: Run<'p>, budget: &mut usize, watch: &mut dyn Watch) {
        loop {
            let until = run.done() + LOOK;
            match self.to(run, until, budget, watch) {
                None => return,
                Some(next) => run = next,
            }
            // What is ahead is not left before its end.
            if self.enough(watch) || !self.ahead(&run) && (*budget == 0 || !self.may_win(&run)) {
                return self.leave(run);
            }
        }
    }

    /// A run has come to its end: the best, or not.
    fn ended(&mut self, run: Run<'p>) {
        if self.ahead(&run) {
            self.best = Some(run);
        }
    }

    /// Is it better than the best, by more than rounding? Starts that reach the same place differ in the last
    /// digits: the first of them wins.
    fn ahead(&self, run: &Run<'p>) -> bool {
        self.best.as_ref().is_none_or(|b| run.holds() > b.elbo() + SAME * b.elbo().abs())
    }

    /// A run is left where it is. If it is ahead all the same, it counts.
    fn leave(&mut self, mut run: Run<'p>) {
        if self.ahead(&run) {
            run.stop = if self.late() { StopReason::Seconds } else { StopReason::Asked };
            self.best = Some(run);
        } else {
            self.left[run.restart] = true;
        }
    }

    /// Leaves all but the best `keep` of those that wait; the best stands first.
    fn thin(&mut self, field: &mut Vec<Run<'p>>, keep: usize) {
        field.sort_by(|a, b| b.elbo().total_cmp(&a.elbo()).then(a.restart.cmp(&b.restart)));
        for run in field.drain(keep.min(field.len())..).collect::<Vec<_>>() {
            self.left[run.restart] = true;
        }
    }

    /// Is what it may still gain enough to beat the best?
    fn may_win(&self, run: &Run<'p>) -> bool {
        let Some(best) = &self.best else { return true };
        run.elbo() + 4.0 * run.foreseen() > best.elbo() + SAME * best.elbo().abs()
    }

    fn late(&self) -> bool {
        self.options.max_seconds.is_some_and(|s| self.begun.elapsed().as_secs_f64() >= s)
    }

    /// Nothing more is to be begun.
    fn enough(&self, watch: &dyn Watch) -> bool {
        self.late() || watch.asks_to_stop()
    }
}
