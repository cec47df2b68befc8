//! The one interpreter of expressions: what an expression comes to at numbers, for many elements at once, given
//! what its names stand for. Known arguments and predictions are made by it. Not here: what a value is used
//! for, nor expectations of products (`energy`).

mod environment;
mod exact;
mod functions;
mod interpreter;
mod lines;
mod references;

pub use environment::{Environment, Indices, Steps, Values, indices};
pub use exact::Exact;
pub use lines::speaks_of;
pub use references::{each_part, each_ref, known, selectors};

#[cfg(test)]
mod tests;
