//! Shared blocks stay as they are; only what rows have for themselves moves, until it rests. Not here: who
//! asks for it (`still`).

use super::{Next, Schedule, SoFar, budget::Budget, rounds::Rounds};
use crate::plan::{Plan, layout::VarId, schedule::Step};

/// The plan's steps without the updates of stored blocks that do not move.
pub(in crate::engine) struct Frozen(Rounds);

impl Frozen {
    pub(in crate::engine) fn new(plan: &Plan, budget: Budget, moves: &dyn Fn(VarId) -> bool) -> Self {
        let done = |s: &Step| !matches!(s, Step::Update(v) if !moves(*v));
        Self(Rounds::new(plan.schedule.iter().copied().filter(done).collect(), budget))
    }
}

impl Schedule for Frozen {
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
