//! Questions to a kept posterior about rows that it has not seen: what q of the shared variables says of
//! them, in closed form. Not here: reading the posterior (`keep`), nor how an answer is printed (`report`).

mod combine;
pub mod derive;
pub mod draws;
mod law;
mod line;
mod linear;
pub mod prediction;
mod rows;
mod shared;
pub mod simulate;

pub use rows::{NoAnswer, predict};
