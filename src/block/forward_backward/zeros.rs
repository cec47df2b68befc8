//! Where numbers end: what is taken for a zero, and how many digits may be gone.

use crate::num::special;

/// Log potentials under this are ln 0.
pub(super) const LN_ZERO: f64 = -1e100;

/// Exponentials under this are 0: they would soon have no digits left, and a zero that is wanted after all is
/// noticed.
pub const SMALLEST: f64 = special::LEAST_WEIGHT;

/// How far what the past and the future have in common may be from its exact 1. Rounding leaves 1e−13 at
/// most; where underflow has eaten a digit that counts, a message overflows, and it is nowhere near.
pub(super) const TOLERANCE: f64 = 1e-10;

/// Messages whose sum is smaller may have lost digits in the step that follows.
pub(super) const SAFE_SUM: f64 = 1e-100;
