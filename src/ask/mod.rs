//! Questions to a kept posterior about rows that it has not seen: what q of the shared variables says of
//! them, in closed form where rows are by themselves, and by inference of what they have for themselves where
//! not. Not here: reading the posterior (`keep`), nor how an answer is printed (`report`).

mod alike;
mod asked;
mod combine;
pub mod compare;
pub mod components;
pub mod derive;
pub mod draws;
mod inferred;
mod line;
mod linear;
mod predict;
pub mod prediction;
mod question;
mod rows;
mod shared;
pub mod simulate;

pub use predict::predict;
pub use question::{Ends, NoAnswer, Planner, Question};
