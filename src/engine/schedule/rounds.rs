//! The same steps over and over, until a budget is spent. Not here: which steps.

use super::{Next, SoFar, budget::Budget};
use crate::plan::schedule::Step;

/// Rounds of steps.
pub(super) struct Rounds {
    steps: Vec<Step>,
    budget: Budget,
    at: usize,
}

impl Rounds {
    /// Before the first round: a run that goes on may have done enough.
    pub(super) fn new(steps: Vec<Step>, budget: Budget) -> Self {
        Self { at: steps.len(), steps, budget }
    }

    /// Is a round done, and the next not begun?
    pub(super) fn between(&self) -> bool {
        self.at == self.steps.len()
    }

    /// Steps of the round that are done.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Does the round again from there.
    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn next(&mut self, so_far: &SoFar<'_>) -> Next {
        if self.at == self.steps.len() {
            self.at = 0;
            if let Some(stop) = self.budget.spent(so_far) {
                return Next::Stop(stop);
            }
        }
        self.at += 1;
        Next::Step(self.steps[self.at - 1])
    }
}
