//! A run: steps as its schedule has them, a record of each iteration, the last good state; it may pause between
//! iterations. Not here: what comes next and when it ends (`schedule`), the steps (`session`), the start
//! (`start`), nor which starts are tried (`portfolio`).

use super::{
    emit::Emitted,
    error::{Breakdown, RunError},
    options::Options,
    paths::given::First,
    profile::{Profile, RunProfile},
    reached::{Moved, Moves, Reached},
    recentre::{Plans, Recentring},
    record::{Fall, Iteration, Proposals, Record, StopReason},
    rounding::Rounding,
    schedule::{Next, Proposal, Schedule, SoFar, budget::Budget, choice},
    session::Session,
    watch::Watch,
};
use crate::{
    graph::{Bound, FactorGraph},
    num::reduce::sum,
    plan::{
        Plan,
        layout::{StreamId, VarId},
        schedule::Step,
    },
    start::{Start, order::order},
    state::Snapshot,
};
use std::{fmt, ops::Range, time::Instant};

/// A fall by less than this share of the bound is in digits that no report gives.
const UNSEEN: f64 = 1e-11;
/// Ways over rows leave out what is below this share of what they sum.
const LEFT_OUT: f64 = 1e-13;
/// Where rounding may be as large as this share of the bound, no fall can be told from it.
const HOPELESS: f64 = 1e-2;
/// Up to so many iterations, a run that is moved starts anew: what it has done so far, it did with few digits.
const EARLY: usize = 2;
/// A push has led somewhere else where the bound is higher by this share of it.
const HIGHER: f64 = 1e-7;
/// Sweeps that a push is given, at most.
const ESCAPE: usize = 60;

/// What all runs of a fit share.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'p> {
    /// The model.
    pub graph: &'p FactorGraph,
    /// Its data.
    pub bound: &'p Bound,
    /// What runs.
    pub plan: &'p Plan,
    /// Plans of runs that are moved to other centres.
    pub plans: &'p Plans,
    /// The threads.
    pub pool: &'p rayon::ThreadPool,
}

/// One start, and where it has come to.
pub(super) struct Run<'p> {
    pub(super) session: Session<'p>,
    graph: &'p FactorGraph,
    /// How it is moved to better centres.
    recentring: Recentring<'p>,
    /// Which of the starts that are made it is, from 0.
    pub(super) restart: usize,
    /// The number of its draws: starts that would repeat an earlier one are not made.
    draw: usize,
    pub(super) record: Record,
    pub(super) stop: StopReason,
    profile: Option<RunProfile>,
    /// What ended it, if its numbers broke down after a good iteration; the rest is then as that iteration
    /// left it.
    pub(super) broke: Option<RunError>,
    seed: u64,
    /// Whether the caller gives a start.
    given: bool,
    /// Stored blocks that start from something, until the others have been moved by it: in the first iteration.
    kept: Vec<VarId>,
    /// It is not to be moved to other centres.
    stays: bool,
    /// What it may still take, and what comes next; nothing before it begins and after it was moved.
    pub(super) budget: Budget,
    plain: bool,
    schedule: Option<Box<dyn Schedule>>,
    /// It pauses after so many iterations of its record.
    pause: usize,
    /// Iterations before its record began anew.
    before: usize,
    /// Seconds of its iterations, and before the first.
    seconds: f64,
    started: f64,
}

/// What was tried.
pub(super) struct Tried {
    /// By start: the last bound.
    pub bounds: Vec<f64>,
    /// Starts that were left before their end.
    pub left: Vec<usize>,
    pub moves: Moves,
}

/// Where a run stands, to come back to.
pub(super) struct Stand {
    snapshot: Snapshot,
    record: Record,
    stop: StopReason,
    before: usize,
    most: usize,
}

/// Categories of one block, for the first pass.
struct Given<'a> {
    var: VarId,
    rows: &'a [f64],
    /// Numbers for each place.
    each: usize,
}

impl First for Given<'_> {
    fn gives(&self, v: VarId) -> bool {
        v == self.var
    }
    fn write(&self, _: VarId, rows: Range<usize>, moments: &mut [f64]) {
        moments.copy_from_slice(&self.rows[rows.start * self.each..rows.end * self.each]);
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Far {
    /// It has stopped of itself, or broken down.
    Ended,
    /// It pauses, and may go on.
    Paused,
}

/// The run that won, to be read.
pub struct Finished<'p> {
    session: Session<'p>,
    /// Which restart it was.
    pub restart: usize,
    /// What each iteration came to.
    pub record: Record,
    /// Why it stopped.
    pub stop: StopReason,
    /// Where its time went, if that was asked for.
    pub profile: Option<RunProfile>,
    /// What ended it, if every restart's numbers broke down; it is then as its last good iteration has left it.
    pub broke: Option<RunError>,
    /// The last bound of every start that was made; −∞ where its numbers broke down.
    pub restarts: Vec<f64>,
    /// Which of them were left before they had stopped, since they were behind.
    pub left: Vec<usize>,
    /// Changes to its categories.
    pub moves: Moves,
    /// What ended the first restart whose numbers broke down, where others did better.
    pub failed: Option<RunError>,
    /// Where it has been moved to.
    moved: Option<Moved>,
}

impl fmt::Debug for Finished<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finished(restart {}, {:?})", self.restart, self.stop)
    }
}

impl<'p> Finished<'p> {
    /// A run by itself, that has ended well.
    pub(super) fn of(session: Session<'p>, record: Record, stop: StopReason) -> Self {
        let (profile, broke, failed, moved) = (None, None, None, None);
        Self {
            session,
            restart: 0,
            record,
            stop,
            profile,
            broke,
            restarts: vec![],
            left: vec![],
            moves: Moves::default(),
            failed,
            moved,
        }
    }
    /// What it ran.
    pub fn plan(&self) -> &'p Plan {
        self.session.plan
    }
    /// What rounding may have done to the bound.
    pub fn rounding(&self) -> Rounding {
        self.session.rounding()
    }
    /// Natural parameters of a stored block.
    pub fn eta(&self, v: VarId) -> &[f64] {
        self.session.state.eta(v)
    }
    /// Moments of a stored block.
    pub fn moments(&self, v: VarId) -> &[f64] {
        self.session.state.moments(v)
    }
    /// Where it has come to, to go on from.
    pub fn reached(&self) -> Reached {
        Reached {
            restart: self.restart,
            record: self.record.clone(),
            stop: Some(self.stop),
            restarts: self.restarts.clone(),
            left: self.left.clone(),
            moves: self.moves,
            rounding: self.session.rounding(),
            moved: self.moved.clone(),
            snapshot: self.session.snapshot(),
        }
    }
    /// Natural parameters and moments of each row of some of a stream's blocks: the q that the last bound is of.
    /// Nothing is moved but buffers.
    ///
    /// # Errors
    /// As for an iteration.
    pub fn rows_of(&mut self, s: StreamId, wanted: &[VarId]) -> Result<Vec<(VarId, Emitted)>, RunError> {
        self.session.rows_of(s, wanted)
    }
    /// The most probable categories of a chain's steps together, one for each step and cell as the block stores them;
    /// `None` of a block that has none. Nothing is moved but buffers.
    ///
    /// # Errors
    /// As for an iteration.
    pub fn likely(&mut self, s: StreamId, v: VarId) -> Result<Option<Vec<f64>>, RunError> {
        self.session.likely(s, v)
    }
}

/// The threads that a run may use.
///
/// # Errors
/// The system gives none.
pub fn pool(options: &Options) -> Result<rayon::ThreadPool, RunError> {
    let mut builder = rayon::ThreadPoolBuilder::new();
    if options.threads > 0 {
        builder = builder.num_threads(options.threads);
    }
    let none = |e: rayon::ThreadPoolBuildError| {
        RunError::new(Breakdown::Improper(e.to_string()), "threads".into(), 0)
    };
    builder.build().map_err(none)
}

/// A kept run as it was, to be read once more: nothing is moved, and no iteration added.
///
/// # Errors
/// It is not of this plan; or a block without moments.
pub fn again<'p>(ground: Ground<'p>, options: &Options, from: &Reached) -> Result<Finished<'p>, RunError> {
    let mut run = Run::from(ground, options, from)?;
    run.stop = from.stop.unwrap_or(StopReason::Iterations);
    run.session.profile = Profile::default();
    let tried = Tried { bounds: from.restarts.clone(), left: from.left.clone(), moves: from.moves };
    let mut finished = run.finished(tried, None);
    finished.profile = None;
    Ok(finished)
}

impl<'p> Run<'p> {
    /// At its start: the `restart`th that is made, of which `start` is the first q on the plan it is given.
    pub(super) fn new(
        ground: Ground<'p>,
        options: &Options,
        (restart, draw): (usize, usize),
        start: &Start,
    ) -> Result<Self, RunError> {
        let begun = Instant::now();
        let Ground { graph, pool, .. } = ground;
        let (plan, mut session, mut recentring) = Self::empty(ground, options, options.about.as_ref())?;
        // About other centres, the caller's values are other numbers.
        let about = |_: &Moved| pool.install(|| Start::new(graph, plan, options.seed, draw, &options.start));
        let about = options.about.as_ref().map(about);
        let start = about.as_ref().unwrap_or(start);
        if let Err(e) = session.initialise(graph, start) {
            let start = |plan: &'p Plan| Start::new(graph, plan, options.seed, draw, &[]);
            let free = options.start.is_empty() && options.prior.is_empty();
            let any = free.then(|| recentring.about_zero(&session, &start));
            session = any.and_then(Result::ok).flatten().ok_or(e)?;
        }
        session.went_well();
        let mut run = Self::at(ground, options, session, recentring, restart);
        run.kept = start.kept(plan);
        (run.draw, run.started) = (draw, begun.elapsed().as_secs_f64());
        Ok(run)
    }

    /// A plan, about the centres of a run that was moved if there is one, and a session that knows the prior.
    fn empty(
        ground: Ground<'p>,
        options: &Options,
        moved: Option<&Moved>,
    ) -> Result<(&'p Plan, Session<'p>, Recentring<'p>), RunError> {
        let Ground { graph, bound, plan, plans, pool } = ground;
        let mut recentring = Recentring::new(graph, bound, plan, plans);
        let plan = match moved {
            Some(moved) => recentring.again(plan, moved)?,
            None => plan,
        };
        let mut session = Session::new(plan, pool);
        session.take_prior(&options.prior);
        if !options.prior.is_empty() {
            recentring.never();
        }
        Ok((plan, session, recentring))
    }

    /// Where another has come to.
    pub(super) fn from(ground: Ground<'p>, options: &Options, from: &Reached) -> Result<Self, RunError> {
        let begun = Instant::now();
        let (_, mut session, recentring) = Self::empty(ground, options, from.moved.as_ref())?;
        session.restore(&from.snapshot)?;
        let mut run = Self::at(ground, options, session, recentring, from.restart);
        run.record = from.record.clone();
        run.started = begun.elapsed().as_secs_f64();
        Ok(run)
    }

    fn at(
        ground: Ground<'p>,
        options: &Options,
        mut session: Session<'p>,
        recentring: Recentring<'p>,
        restart: usize,
    ) -> Self {
        session.profile = Profile::new(options.profile);
        Self {
            session,
            graph: ground.graph,
            recentring,
            restart,
            draw: restart,
            record: Record::default(),
            stop: StopReason::Broke,
            profile: None,
            broke: None,
            seed: options.seed,
            given: !options.start.is_empty(),
            budget: Budget {
                iterations: options.max_iterations,
                seconds: options.max_seconds,
                tolerance: options.tolerance,
            },
            kept: vec![],
            stays: false,
            plain: options.plain,
            schedule: None,
            pause: usize::MAX,
            before: 0,
            seconds: 0.0,
            started: 0.0,
        }
    }

    /// All iterations that it has done, those included that are no longer in its record.
    pub(super) fn done(&self) -> usize {
        self.before + self.record.iterations().len()
    }

    /// Goes on until so many iterations are done in all, or it stops of itself.
    ///
    /// # Errors
    /// Its numbers break down before there is a good iteration.
    pub(super) fn advance(&mut self, until: usize, watch: &mut dyn Watch) -> Result<Far, RunError> {
        loop {
            self.pause = until.saturating_sub(self.before);
            let schedule = self.schedule.take();
            let mut schedule =
                schedule.unwrap_or_else(|| choice::of(self.session.plan, self.budget, self.plain));
            if self.go(schedule.as_mut(), watch)? {
                // What it has done so far counts; its record begins anew, with numbers that hold.
                let done = std::mem::take(&mut self.record).iterations().len();
                self.before += done;
                self.budget.iterations = self.budget.iterations.saturating_sub(done).max(1);
                continue;
            }
            if self.stop == StopReason::Paused {
                self.schedule = Some(schedule);
                return Ok(Far::Paused);
            }
            return Ok(Far::Ended);
        }
    }

    /// What its last iterations let foresee that it would still gain, in nats: the last gain and all that
    /// follow at the rate at which gains have shrunk.
    pub(super) fn foreseen(&self) -> f64 {
        let [.., a, b, c] = self.record.iterations() else { return f64::INFINITY };
        let (last, now) = (b.elbo - a.elbo, c.elbo - b.elbo);
        if now <= 0.0 {
            return 0.0;
        }
        let rate = now / last;
        // A fall within rounding before says nothing.
        if (0.0..1.0).contains(&rate) { now * rate / (1.0 - rate) } else { f64::INFINITY }
    }

    /// Has it been moved to other centres?
    pub(super) fn is_recentred(&self) -> bool {
        self.recentring.reached().is_some()
    }

    /// The last bound, less what rounding may have done to it.
    pub(super) fn holds(&self) -> f64 {
        self.elbo() - self.session.rounding().nats
    }

    /// Moments of all elements of a block of categories.
    pub(super) fn categories(&mut self, v: VarId) -> Result<Vec<f64>, RunError> {
        match self.session.plan.vars[v].stream() {
            None => Ok(self.session.state.moments(v).to_vec()),
            Some(s) => {
                let rows = self.session.rows_of(s, &[v])?;
                Ok(rows.into_iter().next().map(|(_, e)| e.moments).unwrap_or_default())
            }
        }
    }

    /// Where it stands; its record begins anew, and it stays about the centres that it has.
    pub(super) fn stand(&mut self) -> Stand {
        let (record, snapshot) = (std::mem::take(&mut self.record), self.session.snapshot());
        let (stop, before, most) = (self.stop, self.before, self.budget.iterations);
        // What it has done counts.
        self.budget.iterations = most.saturating_sub(record.iterations().len()).max(1);
        (self.before, self.stays, self.schedule) = (0, true, None);
        Stand { snapshot, record, stop, before, most }
    }

    /// Goes on from these categories of a block: all else follows from them and from what it has.
    ///
    /// # Errors
    /// Something has no moments then.
    pub(super) fn begin_with(&mut self, v: VarId, rows: &[f64]) -> Result<(), RunError> {
        let plan = self.session.plan;
        match plan.vars[v].stream() {
            None => {
                self.session.state.change(v).1.copy_from_slice(rows);
                self.session.state.has_moved(v);
                self.kept = vec![v];
            }
            Some(s) => {
                let each = plan.vars[v].inner() * plan.vars[v].width;
                self.session.first_pass(s, &order(plan), &Given { var: v, rows, each })?;
            }
        }
        self.session.elsewhere();
        Ok(())
    }

    /// Back to where it stood.
    ///
    /// # Errors
    /// None, where it has stood there.
    pub(super) fn come_back(&mut self, stand: Stand) -> Result<(), RunError> {
        self.session.restore(&stand.snapshot)?;
        (self.record, self.stop, self.before) = (stand.record, stand.stop, stand.before);
        self.budget.iterations = stand.most;
        (self.broke, self.stays, self.schedule) = (None, false, None);
        self.kept.clear();
        Ok(())
    }

    /// It has come higher than where it stood: its record follows that one, from where it is above it.
    pub(super) fn follow(&mut self, stand: Stand) {
        let mine = std::mem::replace(&mut self.record, stand.record);
        for (i, iteration) in mine.iterations().iter().enumerate() {
            if iteration.elbo > self.elbo() {
                self.record.push(*iteration, mine.terms(i));
            }
        }
        (self.before, self.stays, self.schedule) = (stand.before, false, None);
        self.budget.iterations = stand.most;
    }

    /// The last bound, in nats.
    pub(super) fn elbo(&self) -> f64 {
        self.record.iterations().last().map_or(f64::NEG_INFINITY, |i| i.elbo)
    }

    /// The run that won, with all that was tried, and what ended the first start that broke down.
    pub(super) fn finished(mut self, tried: Tried, failed: Option<RunError>) -> Finished<'p> {
        let profile = std::mem::take(&mut self.session.profile);
        if self.broke.is_none() {
            let (plan, threads) = (self.session.plan, self.session.pool.current_num_threads());
            self.profile =
                profile.report(plan, self.record.iterations().len(), self.seconds, self.started, threads);
        }
        let moved = self.recentring.reached();
        let failed = failed.filter(|_| self.broke.is_none());
        let Self { session, restart, record, stop, profile, broke, .. } = self;
        let Tried { bounds: restarts, left, moves } = tried;
        Finished { session, restart, record, stop, profile, broke, restarts, left, moves, failed, moved }
    }

    /// Moves the run to better centres, where too much cancels, or where its numbers `broke` down and that may be
    /// why; says whether it has. At its first iterations it starts anew in them, later it goes on from the q that
    /// it has.
    fn moves(&mut self, broke: bool) -> bool {
        if self.stays {
            return false;
        }
        let (graph, pool, draw, seed) = (self.graph, self.session.pool, self.draw, self.seed);
        let start = |plan: &'p Plan| pool.install(|| Start::new(graph, plan, seed, draw, &[]));
        let early = self.record.iterations().len() <= EARLY && !self.given;
        let fresh: Option<&dyn Fn(&'p Plan) -> Start> = if early { Some(&start) } else { None };
        // Where the move fails, the run stays where it is.
        let moved = self.recentring.moved(&mut self.session, fresh, broke).ok().flatten();
        moved.map(|next| self.session = next).is_some()
    }

    /// Does what the schedule says until it says stop. Where the numbers break down, the run ends as the last
    /// good iteration has left it; if there is none, that is an error. True where it has been moved to other
    /// centres, and has to go on there.
    fn go(&mut self, schedule: &mut dyn Schedule, watch: &mut dyn Watch) -> Result<bool, RunError> {
        let (begun, spent) = (Instant::now(), self.seconds);
        let gone = self.steps(schedule, watch, &|| spent + begun.elapsed().as_secs_f64());
        self.seconds = spent + begun.elapsed().as_secs_f64();
        gone
    }

    fn steps(
        &mut self,
        schedule: &mut dyn Schedule,
        watch: &mut dyn Watch,
        seconds: &dyn Fn() -> f64,
    ) -> Result<bool, RunError> {
        let (mut terms, mut ended, mut steps, mut asked, mut looked) = (vec![], seconds(), 0, false, 0);
        let (mut proposals, mut leapt, mut rotated) = (Proposals::default(), false, false);
        self.session.iteration = self.record.iterations().len() + 1;
        loop {
            if steps == 0 && !asked && self.record.iterations().len() >= self.pause {
                self.stop = StopReason::Paused;
                return Ok(false);
            }
            let progress = SoFar { record: &self.record, seconds: seconds() };
            let next = if asked { Next::Stop(StopReason::Asked) } else { schedule.next(&progress) };
            let done = self.record.iterations().len();
            let due = matches!(next, Next::Stop(_)) || steps == 0 && self.recentring.due(done);
            if due && done != std::mem::replace(&mut looked, done) && self.moves(false) {
                return Ok(true);
            }
            let step = match next {
                Next::Step(step) => step,
                Next::Leap(shrink) => {
                    leapt = self.session.leap(shrink)?;
                    continue;
                }
                Next::Rotate => {
                    rotated = self.session.rotate(self.elbo()).unwrap_or_else(|_| {
                        self.session.rotate_back();
                        false
                    });
                    proposals.rotations.count(rotated);
                    continue;
                }
                Next::Stop(StopReason::Converged) if schedule.looks_back() && self.escapes(watch)? => {
                    continue;
                }
                Next::Stop(stop) => {
                    self.stop = stop;
                    return Ok(false);
                }
            };
            if steps == 0 {
                self.session.hold();
            }
            steps += 1;
            let mut done = self.step(step, &mut terms);
            if leapt && (done.is_err() || step == Step::Bound) {
                leapt = false;
                let kept = done.is_ok() && sum(&terms) >= self.elbo();
                proposals.leaps.count(kept);
                if !kept {
                    self.session.leap_back()?;
                    schedule.refused(Proposal::Leap);
                    continue;
                }
            }
            if rotated && (done.is_err() || step == Step::Bound) {
                rotated = false;
                if done.is_err() || sum(&terms) < self.elbo() {
                    proposals.rotations.kept = 0;
                    self.session.rotate_back();
                    schedule.refused(Proposal::Rotation);
                    continue;
                }
            }
            if step == Step::Bound && done.is_ok() {
                let elbo = sum(&terms);
                watch.iterated(self.restart, self.session.iteration, elbo);
                done = if schedule.monotone() { self.may_fall(elbo, &terms) } else { Ok(()) };
                if done.is_ok() {
                    let now = seconds();
                    self.record.push(Iteration { elbo, steps, proposals, seconds: now - ended }, &terms);
                    self.session.state.mark();
                    if schedule.looks_back() {
                        self.session.note();
                    }
                    self.session.went_well();
                    self.session.iteration += 1;
                    (ended, steps, proposals) = (now, 0, Proposals::default());
                    asked = watch.asks_to_stop();
                    if watch.keeps() {
                        watch.keep(Reached {
                            restart: self.restart,
                            record: self.record.clone(),
                            stop: None,
                            restarts: vec![],
                            left: vec![],
                            moves: Moves::default(),
                            rounding: self.session.rounding(),
                            moved: self.recentring.reached(),
                            snapshot: self.session.snapshot(),
                        });
                    }
                }
            }
            if done.is_err() && self.session.damp() {
                schedule.anew();
                continue;
            }
            match done {
                Ok(()) => {}
                Err(e) if self.record.iterations().is_empty() => {
                    return if self.moves(true) { Ok(true) } else { Err(e) };
                }
                Err(e) => {
                    self.session.back();
                    if self.moves(true) {
                        return Ok(true);
                    }
                    (self.stop, self.broke) = (StopReason::Broke, Some(e));
                    return Ok(false);
                }
            }
        }
    }

    /// Where the bound is level, is it at its highest? What stands alike is pushed apart, and the run goes on as long
    /// as that may end higher. True if it has; else all is as it was, to the last bit.
    fn escapes(&mut self, watch: &dyn Watch) -> Result<bool, RunError> {
        let alike = self.session.alike();
        if alike.is_empty() {
            return Ok(false);
        }
        let (snapshot, base) = (self.session.snapshot(), self.elbo());
        let higher = base + HIGHER * base.abs().max(1.0);
        let (mut terms, mut steps) = (vec![], 0);
        let passes = |s: &&Step| !matches!(s, Step::Update(_));
        let mut pushed = self.session.push(self.graph, &alike, self.seed);
        let (mut bounds, mut sweeps): (Vec<f64>, u32) = (vec![], 0);
        let schedule = &self.session.plan.schedule;
        while pushed.is_ok() && (sweeps as usize) < ESCAPE && !watch.asks_to_stop() {
            let first = sweeps == 0;
            let mut round = schedule.iter().filter(|s| !first || passes(s));
            pushed = round.try_for_each(|&step| {
                steps += 1;
                self.session.step(step, &mut terms)
            });
            sweeps += 1;
            if pushed.is_err() {
                break;
            }
            bounds.push(sum(&terms));
            if bounds[bounds.len() - 1] > higher {
                let mut proposals = Proposals { sweeps, ..Proposals::default() };
                proposals.pushes.count(true);
                let elbo = bounds[bounds.len() - 1];
                self.record.push(Iteration { elbo, steps, proposals, seconds: 0.0 }, &terms);
                self.session.state.mark();
                self.session.elsewhere();
                self.session.iteration += 1;
                return Ok(true);
            }
            // It comes back to where it was.
            if let [.., a, b, c] = bounds[..]
                && c - b <= b - a
                && c > base - (c - b).max(higher - base)
            {
                break;
            }
        }
        self.session.restore(&snapshot)?;
        Ok(false)
    }

    fn step(&mut self, step: Step, terms: &mut Vec<f64>) -> Result<(), RunError> {
        #[cfg(test)]
        if BREAK_AT.get() == self.session.iteration {
            for v in self.session.plan.stored.clone() {
                let mut eta = self.session.state.take_eta(v, false);
                eta.fill(f64::NAN);
                self.session.state.put_eta(v, eta);
            }
            return Err(RunError::new(Breakdown::NotFinite, "test".into(), self.session.iteration));
        }
        match step {
            Step::Update(v) if self.kept.contains(&v) => return Ok(()),
            Step::Update(_) => {}
            _ => {
                for v in std::mem::take(&mut self.kept) {
                    self.session.step(Step::Update(v), terms)?;
                }
            }
        }
        self.session.step(step, terms)
    }

    /// Is the bound as high as after the last iteration, but for rounding? A fall that is rounding is noted.
    fn may_fall(&mut self, elbo: f64, terms: &[f64]) -> Result<(), RunError> {
        let last = self.elbo();
        if elbo >= last || last - elbo <= UNSEEN * last.abs().max(1.0) {
            return Ok(());
        }
        let before = self.record.last_terms();
        let worst = (0..terms.len())
            .min_by(|&a, &b| (terms[a] - before[a]).total_cmp(&(terms[b] - before[b])))
            .unwrap_or(0);
        let (by, iteration) = (last - elbo, self.session.iteration);
        let Rounding { nats, magnitude, .. } = self.session.rounding();
        let (node, rounding) = (self.session.plan.names[worst].clone(), nats.max(LEFT_OUT * magnitude));
        if by > rounding || rounding > HOPELESS * elbo.abs().max(1.0) {
            return Err(RunError::new(Breakdown::Fell(by), node, iteration));
        }
        self.record.push_fall(Fall { by, rounding, iteration, node });
        Ok(())
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
    use crate::{
        answer::{self, FitError, posterior::Posterior},
        engine::{
            schedule::{batch::Batch, frozen::Frozen},
            watch::Unwatched,
        },
        graph::Bound,
        plan::var::Storage,
    };

    /// Numbers with a mean and a precision of their own; rows of two classes; two blocks of the same rows, of
    /// which one is kept between passes.
    const NUMBERS: &str = r#"Model(
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
    const CLASSES: &str = r#"Model(
        data: { "t": { "x": [1, 2, 1.5, 9, 8, 11, 4, 7] } },
        plates: { "n": Rows(table: "t"), "k": Size(2) },
        nodes: {
            "p": Dirichlet(concentration: 1, over: "k"),
            "m[k]": Normal(mean: 0, precision: 0.01),
            "tau": Gamma(shape: 1, rate: 1),
            "z[n]": Categorical(p: "p"),
            "x[n]": Normal(mean: "m[z[n]]", precision: "tau"),
        },
        observe: { "x": "x" },
    )"#;
    const KEPT: &str = r#"Model(
        data: { "t": { "x": [1, 2, 1.5, 9, 8, 11, 4, 7] } },
        plates: { "n": Rows(table: "t") },
        nodes: {
            "a[n]": Normal(mean: 0, precision: 0.1),
            "b[n]": Gamma(shape: 2, rate: 1),
            "tau": Gamma(shape: 1, rate: 1),
            "x[n]": Normal(mean: "a[n]", precision: "b[n]"),
            "y[n]": Normal(mean: "a[n]", precision: "tau"),
        },
        observe: { "x": "x", "y": "x" },
        factorize: MeanField,
    )"#;

    struct Case {
        graph: FactorGraph,
        bound: Bound,
        plan: Plan,
        plans: Plans,
        pool: rayon::ThreadPool,
    }

    fn ready(text: &str) -> Case {
        let source = crate::source::Source::new("test.ron", text);
        let mut diags = crate::diag::Diagnostics::default();
        let model = crate::syntax::parse(&source, &mut diags).unwrap();
        let graph = crate::pipeline::graph(&model, &source, &mut diags).unwrap();
        let files = crate::data::MemoryFiles::default();
        let bound = crate::pipeline::bind(&model, &graph, &files, &|_| None, &source, &mut diags).unwrap();
        let plan = crate::pipeline::plan(&graph, &bound, &mut diags).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        Case { graph, bound, plan, plans: Plans::default(), pool }
    }

    fn budget(iterations: usize, tolerance: f64) -> Budget {
        Budget { iterations, seconds: None, tolerance }
    }

    /// Every number of q that outlives a pass.
    fn q(run: &Run<'_>) -> Vec<Vec<u64>> {
        let state = &run.session.state;
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
        let all = run
            .session
            .plan
            .vars
            .ids()
            .flat_map(|v| [bits(state.eta(v)), bits(state.moments(v)), bits(&[state.entropy(v)])]);
        all.collect()
    }

    impl Case {
        fn run(&self) -> Run<'_> {
            let Case { graph, bound, plan, plans, pool } = self;
            let start = Start::new(graph, plan, 0, 0, &[]);
            Run::new(Ground { graph, bound, plan, plans, pool }, &Options::default(), (0, 0), &start).unwrap()
        }
        fn fit(&self, options: &Options) -> Result<Posterior, FitError> {
            answer::fit(&self.graph, &self.bound, &self.plan, options, &mut Unwatched)
        }
    }

    #[test]
    fn a_run_that_breaks_down_keeps_the_last_good_state() {
        let r = ready(NUMBERS);
        let options = |max_iterations| Options { max_iterations, tolerance: 0.0, ..Options::default() };
        let two = r.fit(&options(2)).unwrap();
        BREAK_AT.set(3);
        let broke = r.fit(&options(10));
        BREAK_AT.set(1);
        let at_once = r.fit(&options(10));
        BREAK_AT.set(0);
        let error = broke.unwrap_err();
        assert_eq!(error.error.iteration, 3);
        let last = error.last_good.expect("two iterations were good");
        assert_eq!((&last.trace, &last.nodes, &last.terms), (&two.trace, &two.nodes, &two.terms));
        assert_eq!((last.stop, two.stop), (StopReason::Broke, StopReason::Iterations));
        assert!(at_once.unwrap_err().last_good.is_none());
    }

    #[test]
    fn going_back_undoes_every_bit_of_an_iteration() {
        for text in [NUMBERS, CLASSES, KEPT] {
            let r = ready(text);
            let mut run = r.run();
            run.go(&mut Batch::new(&r.plan, budget(2, 0.0)), &mut Unwatched).unwrap();
            let good = q(&run);
            let mut terms = vec![];
            for &step in &r.plan.schedule {
                run.session.step(step, &mut terms).unwrap();
            }
            assert_ne!(q(&run), good);
            run.session.back();
            assert_eq!(q(&run), good);
        }
    }

    #[test]
    fn a_frozen_run_moves_only_what_rows_have_for_themselves() {
        for text in [CLASSES, KEPT] {
            let r = ready(text);
            let mut run = r.run();
            run.go(&mut Batch::new(&r.plan, budget(4, 0.0)), &mut Unwatched).unwrap();
            let shared = |run: &Run<'_>| -> Vec<Vec<f64>> {
                let state = &run.session.state;
                r.plan
                    .stored
                    .iter()
                    .flat_map(|&v| [state.eta(v).to_vec(), state.moments(v).to_vec()])
                    .collect()
            };
            let (before, elbo) = (shared(&run), run.elbo());
            run.go(&mut Frozen::new(&r.plan, budget(500, 1e-15), &|_| false), &mut Unwatched).unwrap();
            assert_eq!(run.stop, StopReason::Converged);
            assert_eq!(shared(&run), before);
            assert!(run.elbo() >= elbo - 1e-12 * elbo.abs());
        }
    }

    /// A fall that rounding explains is kept with its size, one beyond that is an error, and one that no printed
    /// digit shows is nothing.
    #[test]
    fn falls_of_the_bound_are_never_silent() {
        let r = ready(CLASSES);
        let fallen = |by: f64| {
            let mut run = r.run();
            run.go(&mut Batch::new(&r.plan, budget(3, 0.0)), &mut Unwatched).unwrap();
            let (now, terms) = (run.elbo(), run.record.last_terms().to_vec());
            run.record.push(
                Iteration { elbo: now + by, steps: 1, proposals: Proposals::default(), seconds: 0.0 },
                &terms,
            );
            let may = run.may_fall(now, &terms);
            (may, run.record.falls().to_vec())
        };
        assert_eq!(fallen(1e-13), (Ok(()), vec![]));
        let (may, _) = fallen(1e-3);
        assert!(matches!(&may, Err(e) if matches!(e.kind, Breakdown::Fell(by) if (by - 1e-3).abs() < 1e-9)));
        // Numbers so large that their rounding is seen: those of rows 1e5 deviations from where they belong.
        let far = ready(&CLASSES.replace("11", "1e5").replace("0.01", "1e-12"));
        let mut run = far.run();
        run.recentring.never();
        run.go(&mut Batch::new(&far.plan, budget(3, 0.0)), &mut Unwatched).unwrap();
        let (now, terms) = (run.elbo(), run.record.last_terms().to_vec());
        let rounding = LEFT_OUT * run.session.rounding().magnitude;
        let by = rounding / 2.0;
        assert!(by > UNSEEN * now.abs() && rounding < HOPELESS * now.abs(), "{by} of {now}");
        run.record.push(
            Iteration { elbo: now + by, steps: 1, proposals: Proposals::default(), seconds: 0.0 },
            &terms,
        );
        assert_eq!(run.may_fall(now, &terms), Ok(()));
        let [fall] = run.record.falls() else { panic!("{:?}", run.record.falls()) };
        assert!((fall.by / by - 1.0).abs() < 1e-3 && fall.rounding == rounding && fall.iteration == 4);
        run.record.push(
            Iteration { elbo: now + 3.0 * rounding, steps: 1, proposals: Proposals::default(), seconds: 0.0 },
            &terms,
        );
        assert!(run.may_fall(now, &terms).is_err());
    }

    /// Where nothing is left to move, the rows of a frozen run are those of the run before it.
    #[test]
    fn a_frozen_run_from_a_fixed_point_stays_there() {
        for text in [CLASSES, KEPT] {
            let r = ready(text);
            let mut run = r.run();
            run.go(&mut Batch::new(&r.plan, budget(20_000, 0.0)), &mut Unwatched).unwrap();
            let rows = |run: &mut Run<'_>| -> Vec<f64> {
                let here: Vec<_> =
                    r.plan.vars.ids().filter(|&v| r.plan.vars[v].storage != Storage::Stored).collect();
                let emitted = run.session.rows_of(r.plan.streams.ids().next().unwrap(), &here).unwrap();
                emitted.into_iter().flat_map(|(_, e)| e.moments).collect()
            };
            let (batch, elbo) = (rows(&mut run), run.elbo());
            run.go(&mut Frozen::new(&r.plan, budget(30_000, 0.0), &|_| false), &mut Unwatched).unwrap();
            let frozen = rows(&mut run);
            assert!(batch.iter().zip(&frozen).all(|(a, b)| (a - b).abs() <= 1e-7 * a.abs().max(1.0)));
            assert!((run.elbo() - elbo).abs() <= 1e-9 * elbo.abs());
        }
    }

    #[test]
    fn time_is_a_budget() {
        let r = ready(CLASSES);
        let options = Options { max_seconds: Some(0.0), tolerance: 0.0, ..Options::default() };
        let p = r.fit(&options).unwrap();
        assert_eq!((p.stop, p.iterations, p.converged), (StopReason::Seconds, 1, false));
        let long =
            Options { max_seconds: Some(3600.0), max_iterations: 3, tolerance: 0.0, ..Options::default() };
        assert_eq!(r.fit(&long).unwrap().stop, StopReason::Iterations);
        assert_eq!(r.fit(&Options::default()).unwrap().stop, StopReason::Converged);
    }

    #[test]
    fn the_record_sums_to_the_trace() {
        for text in [NUMBERS, CLASSES, KEPT] {
            let p = ready(text)
                .fit(&Options { max_iterations: 5, tolerance: 0.0, ..Options::default() })
                .unwrap();
            assert_eq!(p.record.iterations().len(), p.trace.len());
            for (i, elbo) in p.trace.iter().enumerate() {
                assert_eq!(sum(p.record.terms(i)).to_bits(), elbo.to_bits());
                assert!(p.record.iterations()[i].steps > 0);
            }
            let last: Vec<f64> = p.terms.iter().map(|t| t.1).collect();
            assert_eq!(p.record.last_terms(), last);
        }
    }

    /// The bound that a report gives is that of the q that it gives: reporting rows moves nothing.
    #[test]
    fn a_report_moves_nothing() {
        let r = ready(KEPT);
        let kept = |v: &crate::plan::var::Var| matches!(v.storage, Storage::Streamed { kept: true, .. });
        assert!(r.plan.vars.iter().any(kept), "a block is kept between passes");
        let options =
            |all_nodes| Options { all_nodes, max_iterations: 3, tolerance: 0.0, ..Options::default() };
        let (shared, all) = (r.fit(&options(false)).unwrap(), r.fit(&options(true)).unwrap());
        assert_eq!((&shared.trace, &shared.terms), (&all.trace, &all.terms));
        let mut run = r.run();
        run.go(&mut Batch::new(&r.plan, budget(3, 0.0)), &mut Unwatched).unwrap();
        let before = q(&run);
        let vars: Vec<_> = r.plan.vars.ids().filter(|&v| r.plan.vars[v].stream().is_some()).collect();
        let rows = run.session.rows_of(r.plan.streams.ids().next().unwrap(), &vars).unwrap();
        assert_eq!(q(&run), before);
        // What was kept is what the rows are made to again.
        for (v, e) in rows.iter().filter(|(v, _)| kept(&r.plan.vars[*v])) {
            assert_eq!(e.moments, run.session.state.moments(*v));
        }
    }

    #[test]
    fn parts_of_the_statistics_add_up() {
        let r = ready(CLASSES);
        let sums = &r.plan.sums;
        let mut at = 0;
        for (_, slice) in &sums.slices {
            assert_eq!(slice.start, at, "slices are neighbours");
            at = slice.end;
        }
        assert_eq!(at, sums.len);
        let s = r.plan.streams.ids().next().unwrap();
        let places = sums.passes[s].by_run.clone();
        let mut all = crate::state::Statistics::new(&r.plan);
        let part = |x: f64| -> Vec<f64> { (0..places.len()).map(|i| x * (i + 1) as f64).collect() };
        all.add(places.start, &part(0.5));
        all.add(places.start, &part(0.25));
        assert_eq!(all.at(places.clone()), part(0.75));
        all.clear(places.clone());
        assert!(all.at(0..sums.len).iter().all(|x| *x == 0.0));
    }
}
