//! The kinds of block, laid out: one file each. Not here: their algorithms, where these are more than a call
//! (beside this folder), nor which variables are claimed for which (`factorize`).

pub mod categories;
pub mod cells;
pub mod chain;
pub mod cross_network;
pub mod dense;
pub mod family;
pub mod gaussian_chain;
pub mod lagged;
pub mod network;
pub mod pair;
pub mod scaled;
pub mod site;
pub mod sparse;
pub mod tables;
pub mod tree;
pub mod vector;

use super::example::BlockKind;

/// Every kind of block, in the order in which people are told of them.
pub static KINDS: &[&BlockKind] = &[
    &family::KIND,
    &pair::KIND,
    &dense::KIND,
    &cells::KIND,
    &scaled::KIND,
    &sparse::KIND,
    &chain::KIND,
    &tree::KIND,
    &network::KIND,
    &cross_network::KIND,
    &gaussian_chain::KIND,
    &lagged::KIND,
];
