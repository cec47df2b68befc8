//! What a run does next: the order of work, when it ends, and whether the bound may fall. One schedule a
//! file; `choice` picks one, `budget` ends it, `rounds` counts. Not here: the steps (`plan::schedule`), nor doing them (`run`).

pub(super) mod accelerated;
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
    /// A proposal before the updates: Gaussian blocks rotated against each other.
    Rotate,
    /// A proposal for the stored blocks as this iteration's updates have left them, so much shorter. It is kept if
    /// the bound of the iteration is no lower than the last.
    Leap(f64),
    /// Nothing: why.
    Stop(StopReason),
}

/// What may be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proposal {
    /// [`Next::Leap`].
    Leap,
    /// [`Next::Rotate`].
    Rotation,
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
    /// What was proposed in this iteration has been refused, and all is as it was just before.
    fn refused(&mut self, what: Proposal) {
        let _ = what;
    }
    /// Does it look back to earlier iterations?
    fn looks_back(&self) -> bool {
        false
    }
    /// The iteration did not count: its steps come again.
    fn anew(&mut self) {}
    /// Does no step lower the bound? Then a fall beyond rounding is an error.
    fn monotone(&self) -> bool;
}
