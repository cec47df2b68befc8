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
    /// Fewer digits of the bound hold than an answer needs: what was added up in it, without signs, and the
    /// bound or a part of it, in nats.
    NoDigits(f64, f64),
    /// A number that a report would print is none, or can't be.
    Unprintable(Box<Unprintable>),
    /// A row that the model says can't happen, by its place.
    Impossible(String),
}

/// A number that no report may print.
#[derive(Clone, Debug, PartialEq)]
pub struct Unprintable {
    /// Which, in words: `the rate`.
    pub what: String,
    /// Of which element, in words with a blank before them; empty where there is one.
    pub element: String,
    /// What it came out as.
    pub value: f64,
    /// What it would have to be, in words.
    pub must: &'static str,
}

impl From<Failure> for Breakdown {
    fn from(f: Failure) -> Self {
        if f.impossible { Breakdown::Impossible(f.why) } else { Breakdown::Improper(f.why) }
    }
}

/// What helps where numbers are too far from each other.
const CLOSER: &str = "subtract from a column what is near all of its numbers, or write it in units in which they \
                      are near 1, and give priors that are no wider than that needs";

impl Breakdown {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Breakdown::Impossible(_) => "",
            Breakdown::Improper(_)
            | Breakdown::Fell(_)
            | Breakdown::NotFinite
            | Breakdown::NoDigits(..)
            | Breakdown::Unprintable(_) => CLOSER,
        }
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
            Breakdown::NoDigits(magnitude, elbo) => write!(
                f,
                "rounding leaves fewer than two digits of the bound {at}: numbers of {magnitude:.1e} nats, most of them of \
                 `{node}`, cancel to {elbo:.1e}"
            ),
            Breakdown::Unprintable(it) => {
                let Unprintable { what, element, value, must } = &**it;
                write!(f, "{what} of `{node}`{element} came out as {value:e} {at}, which is not {must}")
            }
            Breakdown::Impossible(what) => {
                write!(f, "the model says that the data of `{node}` can't happen {at}: {what}")
            }
        }
    }
}

impl std::error::Error for RunError {}
