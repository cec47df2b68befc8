//! Shared blocks stay as they are; only what rows have for themselves moves, until it rests. Not here: who
//! asks for it.

use super::{Next, Schedule, SoFar, budget::Budget, rounds::Rounds};
use crate::plan::{Plan, schedule::Step};

/// The plan's steps without the updates of stored blocks.
pub(in crate::engine) struct Frozen(Rounds);

impl Frozen {
    pub(in crate::engine) fn new(plan: &Plan, budget: Budget) -> Self {
        let steps = plan.schedule.iter().copied().filter(|s| !matches!(s, Step::Update(_))).collect();
        Self(Rounds::new(steps, budget))
    }
}

impl Schedule for Frozen {
    fn next(&mut self, so_far: &SoFar<'_>) -> Next {
        self.0.next(so_far)
    }
    fn monotone(&self) -> bool {
        true
    }
}
