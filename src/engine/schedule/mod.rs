//! What a run does next: the order of work, when it ends, and whether the bound may fall. One schedule a
//! file. Not here: the steps (`plan::schedule`), nor doing them (`run`).

pub(super) mod batch;
pub(super) mod budget;
pub(super) mod choice;
pub(super) mod frozen;
mod rounds;

use super::record::{Record, StopReason};
use crate::plan::schedule::Step;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    /// This step. The bound ends an iteration.
    Step(Step),
    /// Nothing: why.
    Stop(StopReason),
}

/// What a schedule decides by.
pub(super) struct SoFar<'a> {
    /// All iterations so far.
    pub record: &'a Record,
    /// Seconds since the run began.
    pub seconds: f64,
}

/// An order of work.
pub(super) trait Schedule {
    /// What comes next.
    fn next(&mut self, so_far: &SoFar<'_>) -> Next;
    /// Does no step lower the bound? Then a fall beyond rounding is an error.
    fn monotone(&self) -> bool;
}
