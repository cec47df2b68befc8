//! The link y = s·x of two random variables that do not depend on each other in q, s a positive number and x
//! a positive number or a positive definite matrix. Not here: known factors (`affine`), products in a mean,
//! which are sums of products (`graph::energy::sums`).

use super::Product;
use crate::expfam::stat::{GAMMA, StatKind, WISHART};

const fn of(d_power: u32, parts: &'static [(usize, usize, &'static str)]) -> Product {
    Product { number: 1.0, d_power, constants: &[], parts }
}

/// The number s.
const SCALE: usize = 0;
/// What it scales.
const BASE: usize = 1;

/// E[sx] = E[s] E[x], and ln(sx) = ln s + ln x; for a matrix, ln|sX| = d ln s + ln|X|.
static ROWS: &[(&StatKind, usize, &[Product])] = &[
    (&GAMMA, 0, &[of(0, &[(SCALE, 0, ""), (BASE, 0, "")])]),
    (&GAMMA, 1, &[of(0, &[(SCALE, 1, "")]), of(0, &[(BASE, 1, "")])]),
    (&WISHART, 0, &[of(0, &[(SCALE, 0, ""), (BASE, 0, "ab")])]),
    (&WISHART, 1, &[of(1, &[(SCALE, 1, "")]), of(0, &[(BASE, 1, "")])]),
];

/// Part `part` of t(s·x), where x carries `kind` and s what a Gamma does. `None`: the statistic has no such
/// link.
pub fn products(kind: &StatKind, part: usize) -> Option<&'static [Product]> {
    ROWS.iter().find(|r| r.0 == kind && r.1 == part).map(|r| r.2)
}
