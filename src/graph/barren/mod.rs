//! Elements that nothing observed hangs on, left out of the data before inference: rows to predict, the ends
//! of sequences, subtrees without data, groups without rows. Not here: what is answered of them afterwards
//! (`answer`).
//!
//! Summed out of the model, such an element is a factor of 1: the posterior of all others does not depend on
//! it. A mean-field q does: q of an unseen row adds its own shortfall to the bound, and pulls the parameters.
//! So the program is made of the data without it, and is the same, to the last bit, as if the row had never
//! been there.

mod kept;
mod live;
mod reach;
mod without;

pub use kept::Kept;
pub use without::{only, with_ends, without_barren};
