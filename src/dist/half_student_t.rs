//! HalfStudentT(x | dof ν, scale s), on the positive numbers: a Student-t about 0, folded. A prior of standard
//! deviations.
//!
//! Density: ln 2 + ln Γ(½(ν + 1)) − ln Γ(½ν) − ½ ln(νπ) − ln s − ½(ν + 1) ln(1 + x²/(νs²)). As with a half-Cauchy
//! (ν = 1) the last summand is the base measure of q, which stands on the line (`line`). Source: Gelman, Prior distributions
//! for variance parameters in hierarchical models (Bayesian Analysis 1, 2006), sec. 3.2.

use super::half_scale::HALF_SCALE;
use crate::{
    expfam::{
        form::{Measure, Term, part, term, term_against},
        line::{BEND, BEND_AT, LINE, LN},
        outlook::{Outlook, Predictive},
        spec::{DistSpec, PLAIN, Param, Point},
        stat::{self, Arithmetic, Domain, Part, PartRole, PartShape, StatKind},
    },
    num::special::ln_gamma,
};

const X: usize = 0;
const DOF: usize = 1;
const SCALE: usize = 2;

/// Known degrees of freedom: (½(x + 1), 1/x, the constant of the density).
static FREEDOM: StatKind = StatKind {
    name: "dof",
    parts: &[
        Part { symbol: "½(x + 1)", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "1/x", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "ln c(x)", shape: PartShape::Scalar, role: PartRole::Other },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known positive number",
    of_value: |x, _, out| {
        stat::positive(x[0])?;
        out[0] = 0.5 * (x[0] + 1.0);
        out[1] = 1.0 / x[0];
        out[2] = ln_constant(x[0]);
        Ok(())
    },
};

fn ln_constant(dof: f64) -> f64 {
    std::f64::consts::LN_2 + ln_gamma(0.5 * (dof + 1.0))
        - ln_gamma(0.5 * dof)
        - 0.5 * (dof * std::f64::consts::PI).ln()
}

static TERMS: &[Term] = &[
    term_against(Measure::Family, |_| 1.0, &[part(X, LN, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(DOF, 0, ""), part(X, BEND, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(DOF, 1, ""), part(SCALE, 0, ""), part(X, BEND_AT, "")]),
    term(|_| -1.0, &[part(SCALE, 1, "")]),
    term(|_| 1.0, &[part(DOF, 2, "")]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "HalfStudentT",
    summary: "a positive number: a standard deviation",
    source: "Gelman (2006), sec. 3.2",
    density: "ln 2 + ln Γ(½(dof + 1)) − ln Γ(½ dof) − ½ ln(π dof) − ln scale − ½ (dof + 1) ln(1 + x²/(dof scale²))",
    stat: &LINE,
    params: &[
        Param {
            name: "dof",
            stat: &FREEDOM,
            random: false,
            gated: false,
            spellings: &[],
            doc: "degrees of freedom, a known positive number: the smaller, the heavier the tail",
        },
        Param {
            name: "scale",
            stat: &HALF_SCALE,
            random: false,
            gated: false,
            spellings: &[],
            doc: "a known positive number",
        },
    ],
    terms: TERMS,
    measure: &[LN],
    log_base: Some(|values, _| match values[X] {
        [x] => {
            let (dof, scale) = (values[DOF][0], values[SCALE][0]);
            -0.5 * (dof + 1.0) * (x * x / (dof * scale * scale)).ln_1p()
        }
        _ => 0.0,
    }),
    family: Some(&super::line::Line),
    predictive: Some(Predictive::Moments(|e, _| {
        let (dof, scale) = (e.known(DOF), e.known(SCALE));
        // E|t| = ν c(ν)/(ν − 1), c the height of the folded density at 0.
        let mean = if dof > 1.0 { scale * dof / (dof - 1.0) * ln_constant(dof).exp() } else { f64::INFINITY };
        let variance =
            if dof > 2.0 { scale * scale * dof / (dof - 2.0) - mean * mean } else { f64::INFINITY };
        Outlook { mean: vec![mean], variance: vec![variance], inverse: vec![f64::INFINITY; 2] }
    })),
    points: &[
        Point { d: 1, params: &[&[3.0], &[1.0]] },
        Point { d: 1, params: &[&[1.0], &[25.0]] },
        Point { d: 1, params: &[&[7.5], &[1e-3]] },
        Point { d: 1, params: &[&[100.0], &[2.0]] },
    ],
    ..PLAIN
};
