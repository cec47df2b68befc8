//! Uniform(x | lower l, upper u), on the positive numbers between two ends.
//!
//! Density: −ln(u − l) between the ends. They are numbers of the base measure of q, which stands on the line (`line`).
//! Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions (2nd ed., 1995), vol. 2, p. 276 ch. 26.

use crate::expfam::{
    form::{Measure, Term, part, term_against},
    line::{self, LINE, LN},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{Arithmetic, Domain, LN_ZERO, Part, PartRole, PartShape, StatKind},
};

const X: usize = 0;
const LOWER: usize = 1;
const UPPER: usize = 2;

/// Known lower ends: x.
static FROM: StatKind = StatKind {
    name: "lower end",
    parts: &[Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known number from 0",
    of_value: |x, _, out| {
        out[0] = x[0];
        if x[0] >= 0.0 && x[0].is_finite() { Ok(()) } else { Err("is not a number from 0") }
    },
};

/// Known upper ends: 1/x.
static TO: StatKind = StatKind {
    name: "upper end",
    parts: &[Part { symbol: "1/x", shape: PartShape::Scalar, role: PartRole::Other }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known positive number",
    of_value: |x, _, out| {
        out[0] = 1.0 / x[0];
        if x[0] > 0.0 && x[0].is_finite() { Ok(()) } else { Err("is not positive") }
    },
};

static TERMS: &[Term] = &[
    term_against(Measure::Family, |_| 1.0, &[part(X, LN, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(LOWER, 0, ""), part(X, line::LOWER, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(UPPER, 0, ""), part(X, line::UPPER_INVERSE, "")]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Uniform",
    summary: "a positive number between two ends",
    source: "Johnson, Kotz & Balakrishnan (1995), ch. 26",
    density: "−ln(upper − lower), lower ≤ x ≤ upper",
    stat: &LINE,
    params: &[
        Param {
            name: "lower",
            stat: &FROM,
            random: false,
            gated: false,
            spellings: &[],
            doc: "a known number, 0 or more",
        },
        Param {
            name: "upper",
            stat: &TO,
            random: false,
            gated: false,
            spellings: &[],
            doc: "a known number above `lower`",
        },
    ],
    terms: TERMS,
    measure: &[LN],
    log_base: Some(|values, _| {
        let (lower, upper) = (values[LOWER][0], values[UPPER][0]);
        let outside = matches!(values[X], [x] if !(lower..=upper).contains(x));
        if outside || lower >= upper { LN_ZERO } else { -(upper - lower).ln() }
    }),
    family: Some(&super::line::Line),
    predictive: Some(Predictive::Moments(|e, _| {
        let (lower, upper) = (e.known(LOWER), e.known(UPPER));
        let wide = upper - lower;
        let inverse = match lower > 0.0 {
            true => vec![(upper / lower).ln() / wide, 1.0 / (upper * lower)],
            false => vec![f64::INFINITY; 2],
        };
        Outlook { mean: vec![0.5 * (lower + upper)], variance: vec![wide * wide / 12.0], inverse }
    })),
    points: &[
        Point { d: 1, params: &[&[0.0], &[1.0]] },
        Point { d: 1, params: &[&[0.0], &[1000.0]] },
        Point { d: 1, params: &[&[2.0], &[2.5]] },
        Point { d: 1, params: &[&[0.001], &[1e8]] },
    ],
    ..PLAIN
};
