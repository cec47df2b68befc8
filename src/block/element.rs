//! Which elements of a block numbers are of, and which of them failed. Not here: what is done with them.

use crate::expfam::family::Improper;

/// Which elements of a block the numbers are of, in their order.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Neighbours, from this one on.
    From(usize),
    /// These.
    List(&'a [u32]),
}

impl Which<'_> {
    /// The i-th of them, in storage order of the block.
    pub fn at(self, i: usize) -> usize {
        match self {
            Which::From(first) => first + i,
            Which::List(list) => list[i] as usize,
        }
    }
}

/// Natural parameters that have no moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Which element, in storage order of the block.
    pub element: usize,
    /// Whether every value has probability zero; else a parameter is out of its domain.
    pub impossible: bool,
    /// In words, with the element.
    pub why: String,
}

impl Failure {
    /// What a family says of an element of a batch, of this element of the block.
    pub fn of_family(element: usize, e: &Improper) -> Self {
        Self { impossible: e.impossible, ..Self::of_element(element, &e.why) }
    }

    /// Out of its domain, in words that end in the element.
    pub fn of_element(element: usize, why: &str) -> Self {
        Self { element, impossible: false, why: format!("{why} (element {})", element + 1) }
    }
}
