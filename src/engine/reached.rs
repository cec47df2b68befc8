//! Where a run has come to: all that is needed to go on from there. Not here: how it is kept (`keep`).

use super::{
    record::{Record, StopReason},
    rounding::Rounding,
};
use crate::state::Snapshot;

/// Where a run has come to, between two iterations.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// Which restart it is, from 0.
    pub restart: usize,
    /// All iterations so far.
    pub record: Record,
    /// Why it stopped; `None` while it runs.
    pub stop: Option<StopReason>,
    /// The final bound of every restart that is done; −∞ where its numbers broke down.
    pub restarts: Vec<f64>,
    /// What rounding may have done to the bound.
    pub rounding: Rounding,
    /// The numbers.
    pub snapshot: Snapshot,
}
