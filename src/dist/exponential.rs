//! Exponential(x | rate b), on the positive numbers: a Gamma of shape 1.
//!
//! Density: ln b − b x. Statistic: (x, ln x), the Gamma's, so that it may stand wherever a Gamma may. η =
//! (−b, 1) against dx/x. A(η) and moments: the Gamma's (`gamma`). Source: Murphy, Machine Learning: A
//! Probabilistic Perspective (2012), p. 42, sec. 2.4.4.

use super::normal::reciprocal;
use crate::expfam::{
    form::{Measure, Term, part, term, term_against},
    line::{self, LINE},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point, Spelling},
    stat::GAMMA,
};

const X: usize = 0;
const RATE: usize = 1;

static TERMS: &[Term] = &[
    term(|_| -1.0, &[part(RATE, 0, ""), part(X, 0, "")]),
    term(|_| 1.0, &[part(RATE, 1, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(X, 1, "")]),
];

/// The same of an x on the line.
static ON_LINE: DistSpec = DistSpec {
    stat: &LINE,
    terms: &[
        term(|_| -1.0, &[part(RATE, 0, ""), part(X, line::X, "")]),
        term(|_| 1.0, &[part(RATE, 1, "")]),
        term_against(Measure::Family, |_| 1.0, &[part(X, line::LN, "")]),
    ],
    measure: &[line::LN],
    family: Some(&super::line::Line),
    on_line: None,
    ..SPEC
};

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Exponential",
    summary: "a positive number: a waiting time",
    source: "Murphy (2012), sec. 2.4.4",
    density: "ln rate − rate x",
    stat: &GAMMA,
    params: &[Param {
        name: "rate",
        stat: &GAMMA,
        random: true,
        gated: true,
        spellings: &[Spelling { name: "scale", convert: reciprocal, power: Some(-1) }],
        doc: "1/mean: a positive number, a Gamma or an Exponential",
    }],
    terms: TERMS,
    measure: &[1],
    log_base: None,
    family: Some(&super::gamma::Gamma),
    mean_given: None,
    predictive: Some(Predictive::Moments(|e, _| {
        // Of a Gamma, the Lomax. 1/x has no mean.
        let mean = e.number(RATE, -1);
        let variance = 2.0 * e.number(RATE, -2) - mean * mean;
        let variance = if mean.is_infinite() { mean } else { variance };
        Outlook { mean: vec![mean], variance: vec![variance], inverse: vec![f64::INFINITY; 2] }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0]] },
        Point { d: 1, params: &[&[0.02]] },
        Point { d: 1, params: &[&[1e8]] },
        Point { d: 1, params: &[&[1e-8]] },
    ],
    location: false,
    on_line: Some(&ON_LINE),
    links: &[&super::site::exponential::SPEC],
    intervals: super::site::interval::EXPONENTIALS,
    ..PLAIN
};
