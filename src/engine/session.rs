//! One run at work: its numbers, and the ways over each stream's rows, made ready once. Not here: what an
//! iteration is (`plan::schedule`), restarts and stopping (`run`).

use super::{
    damping::Damping,
    emit::Emitted,
    error::{Breakdown, RunError},
    memory::{Before, Trail},
    pass::Idle,
    paths::{self, given::First},
    profile::{self, WorkPart},
    ready::ReadyPass,
    work::Work,
};
use crate::{
    plan::{
        Plan,
        layout::{Id, List, StreamId, VarId},
        schedule::Step,
    },
    state::Snapshot,
};
use std::ops::{Deref, DerefMut};

/// A run's numbers, and what passes need.
pub(super) struct Session<'p> {
    work: Work<'p>,
    ready: List<StreamId, Option<ReadyPass<'p>>>,
    idle: Idle,
    /// Where it has been lately.
    pub trail: Trail,
    /// What the rotations of this iteration began from.
    pub before: Before,
    damping: Damping,
}

impl<'p> Deref for Session<'p> {
    type Target = Work<'p>;
    fn deref(&self) -> &Work<'p> {
        &self.work
    }
}

impl DerefMut for Session<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.work
    }
}

impl<'p> Session<'p> {
    /// All arrays, nothing in them.
    pub(super) fn new(plan: &'p Plan, pool: &'p rayon::ThreadPool) -> Self {
        Self {
            work: Work::new(plan, pool),
            ready: plan.streams.map(|_| None),
            idle: Idle::default(),
            trail: Trail::new(plan),
            before: Before::default(),
            damping: Damping::new(plan),
        }
    }

    /// One step of the plan. The bound's terms go into `terms`.
    pub(super) fn step(&mut self, step: Step, terms: &mut Vec<f64>) -> Result<(), RunError> {
        let work = &mut self.work;
        match step {
            Step::Update(v) => {
                let (plan, from) = (work.plan, work.profile.begin());
                work.update_var(v, &|_| true)?;
                work.profile.end(WorkPart::Update(v), from, || profile::update(plan, v));
                Ok(())
            }
            Step::Pass(s) => {
                let ready = self.ready[s].get_or_insert_with(|| {
                    let by_run = work.plan.sums.passes[s].by_run.clone();
                    ReadyPass::new(work, s, paths::chosen(work, s), by_run)
                });
                ready.pass(work, &self.idle)
            }
            Step::Bound => {
                let from = work.profile.begin();
                let done = work.terms(terms);
                work.profile.end(WorkPart::Bound, from, || (0.0, 0.0));
                done
            }
        }
    }

    /// The first pass over a stream, when nothing has moments yet but what `first` gives; `order` has parents
    /// before their children.
    pub(super) fn first_pass(
        &mut self,
        s: StreamId,
        order: &[VarId],
        first: &dyn First,
    ) -> Result<(), RunError> {
        let ways = paths::first(&self.work, s, order, first);
        if ways.is_empty() {
            return Ok(());
        }
        let all = self.work.plan.sums.passes[s].all.clone();
        ReadyPass::new(&self.work, s, ways, all).pass(&mut self.work, &self.idle)
    }

    /// Natural parameters and moments of each row of some of a stream's blocks, as the last pass has left
    /// them: the q that the last bound is of. Nothing is moved.
    pub(super) fn rows_of(
        &mut self,
        s: StreamId,
        wanted: &[VarId],
    ) -> Result<Vec<(VarId, Emitted)>, RunError> {
        self.reader(s).emit(&mut self.work, wanted)
    }

    /// The most probable values of all steps of a stream's block together, one for each step and cell; `None`
    /// of a block that has none. Nothing is moved.
    pub(super) fn likely(&mut self, s: StreamId, v: VarId) -> Result<Option<Vec<f64>>, RunError> {
        self.reader(s).likely(&mut self.work, v)
    }

    /// A pass by the general ways, of tables as they are now.
    fn reader(&mut self, s: StreamId) -> ReadyPass<'p> {
        let plan = self.work.plan;
        for (t, _) in plan.tables.enumerate().filter(|(_, table)| table.stream == Some(s)) {
            self.work.refresh_table(t);
        }
        let ways = paths::general(&self.work, s);
        ReadyPass::new(&self.work, s, ways, plan.sums.passes[s].all.clone())
    }

    /// The numbers that an iteration starts from.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut blocks = self.work.state.snapshot();
        blocks.iter_mut().enumerate().for_each(|(v, b)| b.earlier = self.earlier(VarId::new(v)).to_vec());
        Snapshot { blocks, statistics: self.work.statistics.numbers().to_vec() }
    }

    /// Takes over the numbers of another run of the same plan.
    ///
    /// # Errors
    /// They are not of this plan; or a block without moments.
    pub(super) fn restore(&mut self, from: &Snapshot) -> Result<(), RunError> {
        let work = &mut self.work;
        let fits = work.statistics.numbers().len() == from.statistics.len();
        if !fits || !work.state.restore(&from.blocks) {
            let why = "the numbers to go on from are not of this model and these data".to_string();
            return Err(RunError::new(Breakdown::Improper(why), "start".into(), 0));
        }
        for &v in &work.plan.stored {
            for colour in 0..work.plan.vars[v].colours.len() {
                work.evaluate(v, colour)?;
            }
            work.state.set_entropy(v, from.blocks[v.index()].entropy);
        }
        work.statistics.put(work.plan, &from.statistics);
        work.state.mark();
        let earlier: Vec<&[f64]> = from.blocks.iter().map(|b| b.earlier.as_slice()).collect();
        self.take_earlier(&earlier);
        Ok(())
    }

    /// Gives a stored block natural parameters, and what follows from them.
    pub(super) fn put(&mut self, v: VarId, from: &[f64]) -> Result<(), RunError> {
        let mut eta = self.state.take_eta(v, false);
        eta.copy_from_slice(from);
        self.state.put_eta(v, eta);
        self.state.has_moved(v);
        for colour in 0..self.plan.vars[v].colours.len() {
            self.evaluate(v, colour)?;
        }
        Ok(())
    }

    /// An iteration went well, or the start is made.
    pub(super) fn went_well(&mut self) {
        self.damping.note(&self.work);
    }

    /// It stands at another place than the last iteration has come to: what is remembered of the way there goes.
    pub(super) fn elsewhere(&mut self) {
        self.trail.forget();
        self.damping.anew(&self.work);
    }

    /// Before an iteration: where the last ones had to be damped, so is this one.
    pub(super) fn hold(&mut self) {
        self.damping.hold(&mut self.work);
    }

    /// After an iteration that failed: back to where it began, to go a smaller share of the way. False, and
    /// nothing moved, where that is of no use.
    pub(super) fn damp(&mut self) -> bool {
        if !self.damping.may() {
            return false;
        }
        self.back();
        self.damping.again(&mut self.work);
        true
    }

    /// Back to the state that was last good.
    pub(super) fn back(&mut self) {
        for v in self.work.state.back() {
            for colour in 0..self.work.plan.vars[v].colours.len() {
                // It went well when these parameters were made.
                let _ = self.work.evaluate(v, colour);
            }
        }
    }
}
