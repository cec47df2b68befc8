//! InverseGamma(x | shape a, scale b), on the positive numbers: 1/x is Gamma(a, b). A prior of variances.
//!
//! Density: a ln b − ln Γ(a) − (a + 1) ln x − b/x. q stands on the line (`line`), where it may be a variance, a standard
//! deviation or a precision alike. Source: Murphy, Machine Learning: A Probabilistic Perspective (2012), p. 42.

use super::gamma::GAMMA_SHAPE;
use crate::expfam::{
    form::{Measure, Term, part, term, term_against},
    line::{INVERSE, LINE, LN},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::GAMMA,
};

const X: usize = 0;
const SHAPE: usize = 1;
const SCALE: usize = 2;

static TERMS: &[Term] = &[
    term(|_| -1.0, &[part(SHAPE, 0, ""), part(X, LN, "")]),
    term_against(Measure::Plain, |_| -1.0, &[part(X, LN, "")]),
    term(|_| -1.0, &[part(SCALE, 0, ""), part(X, INVERSE, "")]),
    term(|_| 1.0, &[part(SHAPE, 0, ""), part(SCALE, 1, "")]),
    term(|_| -1.0, &[part(SHAPE, 1, "")]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "InverseGamma",
    summary: "a positive number: a variance",
    source: "Murphy (2012), p. 42",
    density: "shape ln scale − ln Γ(shape) − (shape + 1) ln x − scale/x",
    stat: &LINE,
    params: &[
        Param {
            name: "shape",
            stat: &GAMMA_SHAPE,
            random: false,
            gated: true,
            spellings: &[],
            doc: "a known positive number",
        },
        Param {
            name: "scale",
            stat: &GAMMA,
            random: true,
            gated: true,
            spellings: &[],
            doc: "a positive number, or a node that is one",
        },
    ],
    terms: TERMS,
    measure: &[LN],
    family: Some(&super::line::Line),
    predictive: Some(Predictive::Moments(|e, _| {
        let (a, b, b2) = (e.number(SHAPE, 1), e.number(SCALE, 1), e.number(SCALE, 2));
        let mean = if a > 1.0 { b / (a - 1.0) } else { f64::INFINITY };
        let square = if a > 2.0 { b2 / ((a - 1.0) * (a - 2.0)) } else { f64::INFINITY };
        let inverse = vec![a * e.number(SCALE, -1), a * (a + 1.0) * e.number(SCALE, -2)];
        let variance = if square.is_infinite() { square } else { square - mean * mean };
        Outlook { mean: vec![mean], variance: vec![variance], inverse }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0], &[1.0]] },
        Point { d: 1, params: &[&[3.5], &[0.25]] },
        Point { d: 1, params: &[&[0.5], &[1e4]] },
        Point { d: 1, params: &[&[60.0], &[2.0]] },
    ],
    ..PLAIN
};
