//! The kinds of block of q: one file each, or one folder, and one line of the registry. Not here: what is asked
//! of them (`claim`, `contract`), nor their numbers (`block`).

mod chain;
mod cross;
mod gaussian;
mod network;
mod pair;
mod single;
mod site;

pub use cross::{Crossing, ElementTables, Zeros, places as element_places};
pub use gaussian::ports;
pub use network::LARGEST_CLIQUE;

use super::claim::Claim;

/// Every kind of block, in the order in which they claim: what holds more comes before what holds less.
pub static KINDS: &[&dyn Claim] = &[
    &site::SITE,
    &cross::CROSS,
    &network::NETWORK,
    &gaussian::SCALED,
    &pair::PAIR,
    &gaussian::GAUSSIAN,
    &chain::CHAIN,
    &single::SINGLE,
];
