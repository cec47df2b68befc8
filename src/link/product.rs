//! The link y = s·x of two random variables that do not depend on each other in q, s a positive number and x
//! a positive number or a positive definite matrix. Not here: known factors (`affine`), products in a mean,
//! which are sums of products (`graph::energy::sums`).

use super::Product;
use crate::expfam::stat::{Arithmetic, GAMMA, PartRole, PartShape, StatKind, WISHART};

/// What s must carry.
pub static SCALE: &StatKind = &GAMMA;

/// What a factor with so many axes must carry.
pub fn needs(axes: usize) -> &'static StatKind {
    if axes == 2 { &WISHART } else { SCALE }
}

const fn of(d_power: u32, parts: &'static [(usize, usize, &'static str)]) -> Product {
    Product { number: 1.0, d_power, constants: &[], parts }
}

/// The number s, as an argument.
const S: usize = 0;
/// What it scales.
const X: usize = 1;

/// E[sx] = E[s] E[x], and ln(sx) = ln s + ln x; for a matrix, ln|sX| = d ln s + ln|X|.
static ROWS: &[(PartShape, PartRole, &[Product])] = &[
    (PartShape::Scalar, PartRole::Value, &[of(0, &[(S, 0, ""), (X, 0, "")])]),
    (PartShape::Scalar, PartRole::Log, &[of(0, &[(S, 1, "")]), of(0, &[(X, 1, "")])]),
    (PartShape::Matrix, PartRole::Value, &[of(0, &[(S, 0, ""), (X, 0, "ab")])]),
    (PartShape::Matrix, PartRole::Log, &[of(1, &[(S, 1, "")]), of(0, &[(X, 1, "")])]),
];

/// Part `part` of t(s·x), where x carries `kind` and s what a Gamma does. `None`: the statistic has no such
/// link.
pub fn products(kind: &StatKind, part: usize) -> Option<&'static [Product]> {
    let of =
        |r: &&(PartShape, PartRole, _)| kind.is(Arithmetic::Product, r.0) && kind.parts[part].role == r.1;
    ROWS.iter().find(of).map(|r| r.2)
}
