//! E[ln p] of every factor of a graph as sums of products of moments: the distributions' forms with gates,
//! links and broadcasting written in. Symbolic: extents, no sizes and no data. Not here: joint statistics
//! (`factorize`) nor buffers (`plan`).
//!
//! A gate multiplies a product by the selector's indicator and indexes the gated array by the selector's
//! category; a known scale or shift rewrites the parts of its slot. Everything stays a multilinear form, so
//! that all messages remain its slopes.

mod expand;
mod index;
pub mod linear;
mod positive;
mod sums;
mod terms;
mod writing;

pub use expand::expand;
pub use index::{Energy, Place, Rewritten};
pub use terms::{
    Element, EnergyTerm, FactorEnergy, Known, KnownMap, Label, LabelId, Letter, Op, Role, Source, View,
};
pub use writing::{ExpandError, LARGEST_EXPANSION};
