//! The kinds of block, laid out: one file each. Not here: their algorithms, where these are more than a call
//! (beside this folder), nor which variables are claimed for which (`factorize`).

pub mod categories;
pub mod cells;
pub mod chain;
pub mod dense;
pub mod family;
pub mod gaussian_chain;
pub mod lagged;
pub mod network;
mod nudge;
pub mod pair;
pub mod scaled;
pub mod sparse;
pub mod tables;
pub mod tree;
