//! Names, plates and calls to a typed factor graph, and the graph's data checked against it.

pub mod ahead;
mod augment;
pub mod barren;
pub mod bind;
pub mod bound;
pub mod codes;
pub mod energy;
pub mod evaluate;
mod exchangeable;
pub mod factor_graph;
mod functions;
mod on_line;
pub mod resolve;
mod show;

pub use bind::{GivenAxes, TableNeeds, bind, bind_as, written_table};
pub use bound::Bound;
pub use factor_graph::FactorGraph;
pub use resolve::resolve;
pub use show::Types;
