//! Coordinate ascent that leaps every other iteration, once it has settled into a rate, and rotates blocks between
//! iterations. Not here: where a leap goes (`leap`), which rotation is best
//! (`rotate`), the steps themselves (`plan::schedule`), nor when they end (`budget`).
//!
//! What comes next follows from the record alone, so that a run that goes on from a file does what it would have
//! done.

use super::{Next, Proposal, Schedule, SoFar, budget::Budget, rounds::Rounds};
use crate::{
    engine::record::{Iteration, Record, Tally},
    plan::{Plan, schedule::Step},
};

/// When the first leap is due.
#[derive(Clone, Copy, Debug)]
struct Settled {
    /// After so many iterations, at least.
    first: usize,
    /// So many in a row have gained less than those before them.
    falling: usize,
    /// The last has gained no more than this share of all gains so far.
    share: f64,
}

/// A run without categories has one optimum to go to, as a rule.
const ONE: Settled = Settled { first: 2, falling: 0, share: 1.0 };
/// One with categories first chooses among several.
const SEVERAL: Settled = Settled { first: 5, falling: 3, share: 0.05 };
/// One whose rows share blocks of their own, as documents do, chooses for long.
const MANY: Settled = Settled { first: 5, falling: 3, share: 0.002 };
/// Refusals in a row after which the wait for the next proposal grows no more: the pass that each costs is then less
/// than a fiftieth.
const PATIENCE: u32 = 6;

/// All of the plan's steps, in rounds, and leaps; rotations between rounds.
pub(in crate::engine) struct Accelerated {
    rounds: Rounds,
    /// Where passes begin in a round.
    passes: usize,
    settled: Settled,
    /// There are blocks to rotate.
    rotates: bool,
    /// This round rotates, and has not yet.
    rotation: bool,
    /// How much shorter the leap of this round is, if it has one still before it.
    leap: Option<f64>,
}

impl Accelerated {
    pub(in crate::engine) fn new(plan: &Plan, budget: Budget) -> Self {
        let updates = plan.schedule.iter().take_while(|s| matches!(s, Step::Update(_))).count();
        let settled = match plan.chooses {
            _ if plan.local_ascents().next().is_some() => MANY,
            true => SEVERAL,
            false => ONE,
        };
        Self {
            rounds: Rounds::new(plan.schedule.clone(), budget),
            passes: updates,
            settled,
            rotates: !plan.rotations.is_empty(),
            rotation: false,
            leap: None,
        }
    }
}

impl Schedule for Accelerated {
    fn next(&mut self, so_far: &SoFar<'_>) -> Next {
        if self.rounds.between() {
            self.leap = self.settled.leap(so_far.record);
            self.rotation = self.rotates && due(so_far.record, |i| i.proposals.rotations, 1).is_some();
            // The end of a run comes before what its next round would begin with.
            let next = self.rounds.next(so_far);
            if !self.rotation || matches!(next, Next::Stop(_)) {
                return next;
            }
            self.rounds.back_to(0);
        }
        if std::mem::take(&mut self.rotation) {
            return Next::Rotate;
        }
        if self.rounds.at() == self.passes
            && let Some(shrink) = self.leap.take()
        {
            return Next::Leap(shrink);
        }
        self.rounds.next(so_far)
    }
    fn anew(&mut self) {
        (self.leap, self.rotation) = (None, false);
        self.rounds.back_to(0);
    }
    fn refused(&mut self, what: Proposal) {
        self.rounds.back_to(match what {
            Proposal::Leap => self.passes,
            Proposal::Rotation => 0,
        });
    }
    fn monotone(&self) -> bool {
        true
    }
    fn looks_back(&self) -> bool {
        true
    }
}

impl Settled {
    /// Does the next iteration leap, and by how much shorter?
    fn leap(self, record: &Record) -> Option<f64> {
        let done = record.iterations();
        match done.iter().any(|i| i.proposals.leaps.tried > 0) {
            true => due(record, |i| i.proposals.leaps, 2),
            false => self.begins(done).then_some(1.0),
        }
    }

    /// Has a run of plain iterations settled into a rate?
    fn begins(self, done: &[Iteration]) -> bool {
        if done.len() < self.first {
            return false;
        }
        let gains =
            done[done.len().saturating_sub(self.falling + 1)..].windows(2).map(|w| w[1].elbo - w[0].elbo);
        let gains: Vec<f64> = gains.collect();
        let all = done[done.len() - 1].elbo - done[0].elbo;
        gains.windows(2).all(|g| g[1] < g[0]) && gains.last().is_none_or(|last| *last < self.share * all)
    }
}

/// Is a proposal due, one that has been made every `every` iterations as long as it was kept, and by how much smaller?
/// Each refusal doubles the wait for the next.
fn due(record: &Record, of: impl Fn(&Iteration) -> Tally, every: usize) -> Option<f64> {
    let done = record.iterations();
    let Some(last) = done.iter().rposition(|i| of(i).tried > 0) else {
        return (!done.is_empty()).then_some(1.0);
    };
    let tried = done.iter().rev().map(&of).filter(|t| t.tried > 0);
    let refused = (tried.take_while(|t| t.kept == 0).count() as u32).min(PATIENCE);
    (done.len() - last >= every - 1 + (1 << refused)).then(|| f64::from(1_u32 << refused))
}
