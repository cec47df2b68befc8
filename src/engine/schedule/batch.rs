//! Coordinate ascent as the plan has it: every block, every row, the bound, and again. Not here: the steps
//! themselves (`plan::schedule`), nor when they end (`budget`).

use super::{Next, Schedule, SoFar, budget::Budget, rounds::Rounds};
use crate::plan::Plan;

/// All of the plan's steps, in rounds.
pub(in crate::engine) struct Batch(Rounds);

impl Batch {
    pub(in crate::engine) fn new(plan: &Plan, budget: Budget) -> Self {
        Self(Rounds::new(plan.schedule.clone(), budget))
    }
}

impl Schedule for Batch {
    fn next(&mut self, so_far: &SoFar<'_>) -> Next {
        self.0.next(so_far)
    }
    fn anew(&mut self) {
        self.0.back_to(0);
    }
    fn monotone(&self) -> bool {
        true
    }
}
