//! Where a run has come to: all that is needed to go on from there. Not here: how it is kept (`keep`).

use super::{
    record::{Record, StopReason},
    rounding::Rounding,
};
use crate::{plan::recentre::Centres, state::Snapshot};

/// Where a run has come to, between two iterations.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// Which restart it is, from 0.
    pub restart: usize,
    /// All iterations so far.
    pub record: Record,
    /// Why it stopped; `None` while it runs.
    pub stop: Option<StopReason>,
    /// The last bound of every start that was made; −∞ where its numbers broke down.
    pub restarts: Vec<f64>,
    /// Which of them were left before they had stopped, since they were behind.
    pub left: Vec<usize>,
    /// Changes to the categories of the best.
    pub moves: Moves,
    /// What rounding may have done to the bound.
    pub rounding: Rounding,
    /// Where it has been moved to; `None` where it is about the centres that its model's plan has.
    pub moved: Option<Moved>,
    /// The numbers.
    pub snapshot: Snapshot,
}

/// Changes to the categories that a converged run has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// How many were proposed.
    pub tried: usize,
    /// How many raised the bound, and were kept.
    pub kept: usize,
}

/// A run that has been moved to other centres.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Where it is now.
    pub centres: Centres,
    /// How often it was moved.
    pub moves: usize,
    /// What cancelled when it was last moved, over what was left.
    pub last: f64,
}
