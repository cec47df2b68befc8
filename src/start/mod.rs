//! Where a run starts: first moments of blocks, drawn or given by the caller. Not here: the pass that makes the
//! rest of them from these (`engine`), nor the files that hold a given one (`cli`).

mod assign;
mod draw;
mod features;
pub mod first;
pub mod given;
mod groups;
mod means;
pub mod meets_itself;
pub mod moves;
pub mod order;
mod picks;
mod possible;
mod shapes;
mod symbols;
pub mod values;

pub use first::Start;
