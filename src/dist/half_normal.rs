//! HalfNormal(x | sd s), on the positive numbers: a Normal about 0, folded. A prior of standard deviations.
//!
//! Density: ½ ln(2/π) − ln s − ½ x²/s². q stands on the line (`line`). Source: Johnson, Kotz & Balakrishnan, Continuous
//! Univariate Distributions (2nd ed., 1994), vol. 1, p. 156 sec. 13.10.1.

use super::half_scale::HALF_SCALE;
use crate::expfam::{
    form::{Measure, Term, part, term, term_against},
    line::{LINE, LN, SQUARE},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
};

const X: usize = 0;
const SD: usize = 1;

/// ½ ln(2/π)
const HALF_LN_TWO_OVER_PI: f64 = -0.225_791_352_644_727_43;
/// 2/π
const TWO_OVER_PI: f64 = std::f64::consts::FRAC_2_PI;

static TERMS: &[Term] = &[
    term(|_| -0.5, &[part(SD, 0, ""), part(X, SQUARE, "")]),
    term(|_| -1.0, &[part(SD, 1, "")]),
    term(|_| HALF_LN_TWO_OVER_PI, &[]),
    term_against(Measure::Family, |_| 1.0, &[part(X, LN, "")]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "HalfNormal",
    summary: "a positive number: a standard deviation, with a light tail",
    source: "Johnson, Kotz & Balakrishnan (1994), sec. 13.10.1",
    density: "½ ln(2/π) − ln sd − ½ x²/sd²",
    stat: &LINE,
    params: &[Param {
        name: "sd",
        stat: &HALF_SCALE,
        random: false,
        gated: true,
        spellings: &[],
        doc: "the standard deviation of the Normal that is folded, a known positive number",
    }],
    terms: TERMS,
    measure: &[LN],
    family: Some(&super::line::Line),
    predictive: Some(Predictive::Moments(|e, _| {
        let (mean, square) = (e.number(SD, 1), e.number(SD, 2));
        Outlook {
            mean: vec![TWO_OVER_PI.sqrt() * mean],
            variance: vec![square - TWO_OVER_PI * mean * mean],
            inverse: vec![f64::INFINITY; 2],
        }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0]] },
        Point { d: 1, params: &[&[5.0]] },
        Point { d: 1, params: &[&[1e-4]] },
        Point { d: 1, params: &[&[1e8]] },
    ],
    ..PLAIN
};
