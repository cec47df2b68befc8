//! Coordinate ascent for a few models written as plain loops straight from the textbooks, with the full
//! bound. Nothing here uses the crate. To compare with the engine: start both from the same responsibilities;
//! then `iterate` updates every shared posterior from the current responsibilities, then the
//! responsibilities, and returns the bound of that state in nats.
#![allow(dead_code, clippy::needless_range_loop)] // Each test program uses a part; the loops run as the formulas are written.

pub mod gmm;
pub mod hmm;
pub mod lda;
pub mod normal;
pub mod robust;
pub mod special;
pub mod table;
