//! The link π = stick(v): weights that break a stick of length 1. Component k takes the share v_k of what
//! those before it have left, and the last one all of it, whatever its v: π_k = v_k Π_{j<k} (1 − v_j), with v
//! = 1 for the last.
//!
//! Source: Blei & Jordan, Variational inference for Dirichlet process mixtures (Bayesian Analysis 1, 2006),
//! sec. 3, with the truncation v_T = 1.

use super::{Constant, Product};
use crate::expfam::stat::{BETA, Domain, StatKind};

/// What v must carry.
pub static NEEDS: &StatKind = &BETA;

/// Is π what carries this statistic?
pub fn gives(stat: &StatKind) -> bool {
    stat.domain == Domain::Simplex
}

/// The statistic ln π from those of v, (ln x, ln(1−x)):
/// `ln π_a = [a is not the last] ln v_a + Σ_b [b < a] ln(1 − v_b)`.
pub static PRODUCTS: &[Product] = &[
    Product { number: 1.0, d_power: 0, constants: &[(Constant::NotLast, "a")], parts: &[(0, 0, "a")] },
    Product { number: 1.0, d_power: 0, constants: &[(Constant::Earlier, "ab")], parts: &[(0, 1, "b")] },
];
