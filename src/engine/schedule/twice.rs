//! Stored blocks are updated twice a round, then the rows once: a second update looks at no row, and where
//! shared blocks hang on each other it saves passes over long data.

use super::{Next, Schedule, SoFar, budget::Budget, rounds::Rounds};
use crate::plan::{Plan, schedule::Step};

/// The plan's steps, those of stored blocks once more before the rows.
pub(in crate::engine) struct Twice(Rounds);

impl Twice {
    pub(in crate::engine) fn new(plan: &Plan, budget: Budget) -> Self {
        let updates = plan.schedule.iter().filter(|s| matches!(s, Step::Update(_)));
        let steps = updates.chain(&plan.schedule).copied().collect();
        Self(Rounds { steps, budget, at: 0 })
    }
}

impl Schedule for Twice {
    fn next(&mut self, so_far: &SoFar<'_>) -> Next {
        self.0.next(so_far)
    }
    fn monotone(&self) -> bool {
        true
    }
}
