//! Gamma(x | shape a, rate b), on the positive numbers.
//!
//! Density: (a − 1) ln x − b x + a ln b − ln Γ(a). Statistic: (x, ln x). q is taken against dx/x, so that η =
//! (−b, a): in a − 1 a small shape is lost.
//! A(η) = ln Γ(a) − a ln b. Moments: (a/b, ψ(a) − ln b).
//! Source: Bishop (2006), p. 100 eq. 2.146 and App. B p. 688.

use super::normal::reciprocal;
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Measure, Term, part, term, term_against},
    line::{self, LINE},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point, Spelling},
    stat::{self, Arithmetic, Domain, GAMMA, Part, PartRole, PartShape, StatKind},
};
use crate::num::special::{digamma, ln_gamma};
use crate::num::stream::Stream;

const X: usize = 0;
const SHAPE: usize = 1;
const RATE: usize = 2;

/// Known shapes: (a, ln Γ(a)).
pub(super) static GAMMA_SHAPE: StatKind = StatKind {
    name: "Gamma shape",
    parts: &[
        Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value },
        Part { symbol: "ln Γ(x)", shape: PartShape::Scalar, role: PartRole::Other },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known positive number",
    of_value: |x, _, out| {
        stat::positive(x[0])?;
        out[0] = x[0];
        out[1] = ln_gamma(x[0]);
        Ok(())
    },
};

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(SHAPE, 0, ""), part(X, 1, "")]),
    term_against(Measure::Plain, |_| -1.0, &[part(X, 1, "")]),
    term(|_| -1.0, &[part(RATE, 0, ""), part(X, 0, "")]),
    term(|_| 1.0, &[part(SHAPE, 0, ""), part(RATE, 1, "")]),
    term(|_| -1.0, &[part(SHAPE, 1, "")]),
];

/// The same of an x on the line.
static TERMS_ON_LINE: &[Term] = &[
    term(|_| 1.0, &[part(SHAPE, 0, ""), part(X, line::LN, "")]),
    term_against(Measure::Plain, |_| -1.0, &[part(X, line::LN, "")]),
    term(|_| -1.0, &[part(RATE, 0, ""), part(X, line::X, "")]),
    term(|_| 1.0, &[part(SHAPE, 0, ""), part(RATE, 1, "")]),
    term(|_| -1.0, &[part(SHAPE, 1, "")]),
];

static ON_LINE: DistSpec = DistSpec {
    stat: &LINE,
    terms: TERMS_ON_LINE,
    measure: &[line::LN],
    family: Some(&super::line::Line),
    cases: &[],
    on_line: None,
    points: &[
        Point { d: 1, params: &[&[1.0], &[1.0]] },
        Point { d: 1, params: &[&[3.5], &[0.25]] },
        Point { d: 1, params: &[&[0.5], &[1e9]] },
        Point { d: 1, params: &[&[1e4], &[1e-3]] },
    ],
    ..SPEC
};

/// The same with a random shape, on the line: its ln Γ is one of the functions there.
static TERMS_OF_SHAPE: &[Term] = &[
    term(|_| 1.0, &[part(SHAPE, line::X, ""), part(X, 1, "")]),
    term_against(Measure::Plain, |_| -1.0, &[part(X, 1, "")]),
    term(|_| -1.0, &[part(RATE, 0, ""), part(X, 0, "")]),
    term(|_| 1.0, &[part(SHAPE, line::X, ""), part(RATE, 1, "")]),
    term(|_| -1.0, &[part(SHAPE, line::LN_GAMMA, "")]),
];

static RANDOM_SHAPE: DistSpec = DistSpec {
    params: &[
        Param {
            name: "shape",
            stat: &LINE,
            random: true,
            gated: true,
            spellings: &[],
            doc: "a positive number, or a node that is one",
        },
        Param {
            name: "rate",
            stat: &GAMMA,
            random: true,
            gated: true,
            spellings: &[Spelling { name: "scale", convert: reciprocal, power: Some(-1) }],
            doc: "1/scale: a positive number, or a node that is one",
        },
    ],
    terms: TERMS_OF_SHAPE,
    cases: &[],
    on_line: None,
    predictive: Some(Predictive::Moments(|e, _| {
        let (a, a2) = (e.number(SHAPE, 1), e.number(SHAPE, 2));
        let (scale, scale2) = (e.number(RATE, -1), e.number(RATE, -2));
        let variance = (a2 + a) * scale2 - (a * scale) * (a * scale);
        Outlook {
            mean: vec![a * scale],
            variance: vec![if scale.is_infinite() { scale } else { variance }],
            inverse: vec![f64::NAN; 2],
        }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0], &[1.0]] },
        Point { d: 1, params: &[&[3.5], &[0.25]] },
        Point { d: 1, params: &[&[0.01], &[2.0]] },
    ],
    ..SPEC
};

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Gamma",
    summary: "a positive number: a rate or a precision",
    source: "Bishop (2006), eq. 2.146",
    density: "(shape − 1) ln x − rate x + shape ln rate − ln Γ(shape)",
    stat: &GAMMA,
    params: &[
        Param {
            name: "shape",
            stat: &GAMMA_SHAPE,
            random: false,
            gated: true,
            spellings: &[],
            doc: "a positive number, or a node that is one",
        },
        Param {
            name: "rate",
            stat: &GAMMA,
            random: true,
            gated: true,
            spellings: &[Spelling { name: "scale", convert: reciprocal, power: Some(-1) }],
            doc: "1/scale: a positive number, a Gamma or an Exponential",
        },
    ],
    terms: TERMS,
    measure: &[1],
    log_base: None,
    family: Some(&Gamma),
    mean_given: None,
    predictive: Some(Predictive::Moments(|e, _| {
        let (a, scale) = (e.number(SHAPE, 1), e.number(RATE, -1));
        let variance = a * (a * (e.number(RATE, -2) - scale * scale) + e.number(RATE, -2));
        let inverse = |p: i32, of: f64| if a > f64::from(p) { e.number(RATE, p) / of } else { f64::INFINITY };
        Outlook {
            mean: vec![a * scale],
            variance: vec![if scale.is_infinite() { scale } else { variance }],
            inverse: vec![inverse(1, a - 1.0), inverse(2, (a - 1.0) * (a - 2.0))],
        }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0], &[1.0]] },
        Point { d: 1, params: &[&[3.5], &[0.25]] },
        Point { d: 1, params: &[&[0.01], &[2.0]] },
        Point { d: 1, params: &[&[1e-6], &[1e-6]] },
        Point { d: 1, params: &[&[1e-30], &[2.0]] },
        Point { d: 1, params: &[&[1e8], &[1e-3]] },
        Point { d: 1, params: &[&[0.5], &[1e9]] },
    ],
    location: false,
    cases: &[&RANDOM_SHAPE],
    on_line: Some(&ON_LINE),
    ..PLAIN
};

/// q(x) = Gamma. Shared by every distribution whose q is one.
#[derive(Debug)]
pub struct Gamma;

/// (shape, rate) of one element.
fn standard(eta: &[f64]) -> (f64, f64) {
    (eta[1], -eta[0])
}

/// |ln Γ(a)| + |a ln b|, and about as much again in a (ψ(a) − ln b).
pub(crate) fn cancelled(shape: f64, rate: f64) -> f64 {
    2.0 * (ln_gamma(shape).abs() + (shape * rate.ln()).abs())
}

/// E x⁻ᵖ, p = 1 or 2.
pub(crate) fn inverse_power(shape: f64, rate: f64, p: i32) -> f64 {
    match p {
        1 if shape > 1.0 => rate / (shape - 1.0),
        2 if shape > 2.0 => rate / (shape - 1.0) * (rate / (shape - 2.0)),
        _ => f64::INFINITY,
    }
}

impl Family for Gamma {
    fn name(&self) -> &'static str {
        "Gamma"
    }
    fn evaluate(
        &self,
        _: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        for (element, ((e, m), a)) in
            eta.chunks_exact(2).zip(moments.chunks_exact_mut(2)).zip(log_norm).enumerate()
        {
            let (shape, rate) = standard(e);
            super::bounds::positive(element, "shape", shape)?;
            super::bounds::positive(element, "rate", rate)?;
            m[0] = shape / rate;
            m[1] = digamma(shape) - rate.ln();
            *a = ln_gamma(shape) - shape * rate.ln();
            super::bounds::in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn cancelled(&self, _: usize, eta: &[f64]) -> f64 {
        let (shape, rate) = standard(eta);
        cancelled(shape, rate)
    }
    fn parameters(&self, _: usize, eta: &[f64]) -> Vec<Parameter> {
        let (shape, rate) = standard(eta);
        vec![
            Parameter { name: "shape", domain: Domain::Positive, dims: vec![], values: vec![shape] },
            Parameter { name: "rate", domain: Domain::Positive, dims: vec![], values: vec![rate] },
        ]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        vec![-p[1].values[0], p[0].values[0]]
    }
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        let (shape, rate) = standard(eta);
        Summary { mean: vec![shape / rate], sd: vec![shape.sqrt() / rate] }
    }
    fn inverse(&self, _: usize, eta: &[f64], p: i32) -> Vec<f64> {
        let (shape, rate) = standard(eta);
        vec![inverse_power(shape, rate, p)]
    }
    fn quantile(&self, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let (shape, rate) = standard(eta);
        vec![super::quantile::gamma(shape, p) / rate]
    }
    /// A draw below the smallest number there is comes out as 0.
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        let (shape, rate) = standard(eta);
        vec![stream.gamma(shape, rate)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_are_not_positive_numbers_say_so() {
        let refused = |value: f64| (GAMMA_SHAPE.of_value)(&[value], 1, &mut [0.0; 2]).unwrap_err();
        assert_eq!(refused(0.0), "is not positive");
        assert_eq!(refused(f64::NAN), "is not finite");
    }
}
