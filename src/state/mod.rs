//! What a run knows, as numbers: q, the tables that rows see, and what rows have given. Plain arrays with
//! places. Not here: what the numbers are for (`plan`), nor what moves them (`engine`).

pub mod q;
pub mod snapshot;
pub mod statistics;
pub mod tables;

pub use q::{Moments, State};
pub use snapshot::Snapshot;
pub use statistics::Statistics;
pub use tables::TableValues;

/// Makes room without ever giving any back.
pub fn grow(scratch: &mut Vec<f64>, len: usize) {
    if scratch.len() < len {
        scratch.resize(len, 0.0);
    }
}
