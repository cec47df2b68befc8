//! The link Y = diag(v): a precision matrix from one positive variable for each axis. Not here: diagonal
//! matrices of known numbers.

use super::{Constant, Product};
use crate::expfam::stat::{Arithmetic, GAMMA, PartShape, StatKind};

/// What v must carry.
pub static NEEDS: &StatKind = &GAMMA;

/// Is Y what carries this statistic?
pub fn gives(stat: &StatKind) -> bool {
    stat.is(Arithmetic::Product, PartShape::Matrix)
}

/// Part `part` of the statistic (Y, ln|Y|) from those of v, (x, ln x): Y_ab = [a = b] v_a, and ln|Y| = Σ_a ln
/// v_a.
pub fn products(part: usize) -> &'static [Product] {
    match part {
        0 => &[Product {
            number: 1.0,
            d_power: 0,
            constants: &[(Constant::Same, "ab")],
            parts: &[(0, 0, "a")],
        }],
        _ => &[Product { number: 1.0, d_power: 0, constants: &[], parts: &[(0, 1, "a")] }],
    }
}
