//! Jointly Gaussian blocks: variables that enter means affinely together are kept together, variables that
//! multiply each other are not. Not here: the block's algorithm (`block`), nor which pairs of a sparse block
//! the data join (`ports`).
//!
//! Two Gaussian variables meet in a product either because a mean multiplies them (`dot(W[j], h[n])`) or
//! because they stand in different summands of one residual x − Σ terms. The first kind can't share a block;
//! the second kind may, and then the product is an entry of the block's second moment. Plates on which all
//! such meetings agree stay outside: one block for each of their elements.
//!
//! A block is dense where it does not grow with the data, a chain where it runs along steps, and sparse where
//! it grows and its cost is bounded. Dense blocks and chains are claimed first; then what is left to meet is
//! joined in sparse ones, chains with what their steps share among them.

mod chain;
mod claims;
mod dense;
mod layout;
mod meetings;
pub mod ports;
mod scaled;
mod sets;
mod sparse;
mod vector;

pub use claims::GAUSSIAN;
pub use scaled::SCALED;
