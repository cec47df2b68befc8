//! What a block gets, as the report shows it: its natural parameters by name, and which operands of products
//! are messages to each. Not here: the messages (`report`), nor any kind of block (`kinds`).

use crate::graph::energy::Source;

/// What a block's messages go to, and how they become moments.
#[derive(Clone, Debug)]
pub struct Update {
    /// Its natural parameters.
    pub heads: Vec<Head>,
    /// How η becomes moments: sentences.
    pub moments: String,
    /// What names stand for: `d = 3`.
    pub legend: Vec<String>,
}

/// One natural parameter.
#[derive(Clone, Debug)]
pub struct Head {
    /// `η(m[k])`.
    pub text: String,
    /// Which operands are messages to it.
    pub to: To,
    /// Names for the axes of what messages go to.
    pub event: Vec<String>,
    /// Whether it is left out where nothing goes to it.
    pub optional: bool,
}

/// What messages go to.
#[derive(Clone, Debug)]
pub enum To {
    /// A part of a statistic.
    Part(Source, usize),
    /// Pairs of neighbours of a chain.
    Pair(Source),
    /// One entry of a vector, or a product of two; of steps so many `apart`, the earlier one first.
    Entries {
        /// The block.
        source: Source,
        /// One or two.
        views: Vec<Entry>,
        /// How many steps are between them?
        apart: usize,
        /// Whether one operand holds both of two steps.
        within: bool,
        /// Only products of an element with itself, or only those of two; either, if it does not matter.
        same: Option<bool>,
    },
}

/// An entry of a vector.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which member.
    pub member: usize,
    /// A name for the index in each of its inner plates.
    pub names: Vec<String>,
}
