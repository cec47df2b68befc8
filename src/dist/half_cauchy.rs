//! HalfCauchy(x | scale s), on the positive numbers: a Cauchy about 0, folded. A prior of standard deviations.
//!
//! Density: ln(2/π) − ln s − ln(1 + x²/s²). No function of x alone has s and x apart, so the last summand is the base
//! measure of q, which stands on the line (`line`). Source: Gelman, Prior distributions for variance parameters in
//! hierarchical models (Bayesian Analysis 1, 2006), sec. 3.2.

use super::half_scale::HALF_SCALE;
use crate::expfam::{
    form::{Measure, Term, part, term, term_against},
    line::{BEND, BEND_AT, LINE, LN},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
};

const X: usize = 0;
const SCALE: usize = 1;

/// ln(2/π)
const LN_TWO_OVER_PI: f64 = -0.451_582_705_289_454_8;

static TERMS: &[Term] = &[
    term_against(Measure::Family, |_| 1.0, &[part(X, LN, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(X, BEND, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(SCALE, 0, ""), part(X, BEND_AT, "")]),
    term(|_| -1.0, &[part(SCALE, 1, "")]),
    term(|_| LN_TWO_OVER_PI, &[]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "HalfCauchy",
    summary: "a positive number: a standard deviation, with a heavy tail",
    source: "Gelman (2006), sec. 3.2",
    density: "ln(2/π) − ln scale − ln(1 + x²/scale²)",
    stat: &LINE,
    params: &[Param {
        name: "scale",
        stat: &HALF_SCALE,
        random: false,
        gated: false,
        spellings: &[],
        doc: "its median, a known positive number",
    }],
    terms: TERMS,
    measure: &[LN],
    log_base: Some(|values, _| match values[X] {
        [x] => -(x / values[SCALE][0]).powi(2).ln_1p(),
        _ => 0.0,
    }),
    family: Some(&super::line::Line),
    predictive: Some(Predictive::Moments(|_, _| Outlook {
        mean: vec![f64::INFINITY],
        variance: vec![f64::INFINITY],
        inverse: vec![f64::INFINITY; 2],
    })),
    points: &[
        Point { d: 1, params: &[&[1.0]] },
        Point { d: 1, params: &[&[25.0]] },
        Point { d: 1, params: &[&[1e-4]] },
        Point { d: 1, params: &[&[1e8]] },
    ],
    ..PLAIN
};
