//! Which schedule a fit follows. Not here: the schedules.

use super::{Schedule, batch::Batch, budget::Budget};
use crate::plan::Plan;

/// Coordinate ascent as the plan has it.
pub(in crate::engine) fn of(plan: &Plan, budget: Budget) -> Box<dyn Schedule> {
    Box::new(Batch::new(plan, budget))
}
