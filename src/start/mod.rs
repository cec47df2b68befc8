//! Where a run starts: first moments of blocks, drawn or given by the caller. Not here: the pass that makes the
//! rest of them from these (`engine`), nor the files that hold a given one (`cli`).

mod draw;
mod features;
pub mod first;
pub mod given;
mod groups;
pub mod meets_itself;
pub mod order;
mod possible;
pub mod values;

pub use first::Start;
