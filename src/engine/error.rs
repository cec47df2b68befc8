//! What can break in a run: errors with a name and an iteration. Not here: mistakes in a model or its data
//! (`diag`).

use crate::{block::element::Failure, plan::layout::VarId};
use std::fmt;

/// A block that broke down, and how.
pub(super) type Failed = (VarId, Breakdown);

/// The numbers broke down.
#[derive(Clone, Debug, PartialEq)]
pub struct RunError {
    /// What happened.
    pub kind: Breakdown,
    /// The node (or nodes of the block) concerned.
    pub node: String,
    /// The iteration, from 1; 0 is the start.
    pub iteration: usize,
}

impl RunError {
    /// What happened, to which node, in which iteration.
    pub fn new(kind: Breakdown, node: String, iteration: usize) -> Self {
        Self { kind, node, iteration }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Breakdown {
    /// A natural parameter left its domain.
    Improper(String),
    /// The bound fell by this much, in nats.
    Fell(f64),
    /// A share of the bound is not a number.
    NotFinite,
    /// A row that the model says can't happen, by its place.
    Impossible(String),
}

impl From<Failure> for Breakdown {
    fn from(f: Failure) -> Self {
        if f.impossible { Breakdown::Impossible(f.why) } else { Breakdown::Improper(f.why) }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.iteration == 0 {
            "at the start".into()
        } else {
            format!("in iteration {}", self.iteration)
        };
        let node = &self.node;
        match &self.kind {
            Breakdown::Improper(why) => write!(f, "q of `{node}` has no density {at}: {why}"),
            Breakdown::Fell(by) => write!(f, "the bound fell by {by:.3e} nats {at}, most of it at `{node}`"),
            Breakdown::NotFinite => write!(f, "the bound of `{node}` is not a number {at}"),
            Breakdown::Impossible(what) => {
                write!(f, "the model says that the data of `{node}` can't happen {at}: {what}")
            }
        }
    }
}

impl std::error::Error for RunError {}
