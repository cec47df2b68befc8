//! Which schedule a fit follows. Not here: the schedules.

use super::{Schedule, accelerated::Accelerated, batch::Batch, budget::Budget};
use crate::plan::Plan;

/// Coordinate ascent as the plan has it, `plain` or accelerated.
pub(in crate::engine) fn of(plan: &Plan, budget: Budget, plain: bool) -> Box<dyn Schedule> {
    if plain || plan.stored.is_empty() {
        Box::new(Batch::new(plan, budget))
    } else {
        Box::new(Accelerated::new(plan, budget))
    }
}
