//! LogNormal(x | mean m, precision τ), on the positive numbers: ln x is Normal.
//!
//! Density: ½ ln τ − ½ ln 2π − ½ τ (ln x − m)² − ln x. Statistic: (ln x, (ln x)²). η = (τm − 1, −½τ): the −ln
//! x of the volume element is a product like the others. A(η) = −(η₁ + 1)²/(4η₂) + ½ ln(−π/η₂). Moments: (m,
//! m² + 1/τ). `E[x]` = exp(m + 1/(2τ)), Var x = `E[x]²` (exp(1/τ) − 1). Source: Johnson, Kotz & Balakrishnan,
//! Continuous Univariate Distributions (2nd ed., 1994), vol. 1, p. 207–212 ch. 14.

use super::normal::{reciprocal, reciprocal_square};
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Measure, Term, part, term, term_against},
    line::{self, LINE},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point, Spelling},
    stat::{Domain, GAMMA, GAUSSIAN, LOG_GAUSSIAN},
};
use crate::num::stream::Stream;
use statrs::distribution::ContinuousCDF;

const LN_2PI: f64 = 1.837_877_066_409_345_3;
const X: usize = 0;
const MEAN: usize = 1;
const PRECISION: usize = 2;

static TERMS: &[Term] = &[
    term(|_| -0.5, &[part(PRECISION, 0, ""), part(X, 1, "")]),
    term(|_| 1.0, &[part(PRECISION, 0, ""), part(X, 0, ""), part(MEAN, 0, "")]),
    term(|_| -0.5, &[part(PRECISION, 0, ""), part(MEAN, 1, "")]),
    term(|_| 0.5, &[part(PRECISION, 1, "")]),
    term(|_| -1.0, &[part(X, 0, "")]),
    term(|_| -0.5 * LN_2PI, &[]),
];

/// The same of an x on the line, where q is taken against dx/x.
static ON_LINE: DistSpec = DistSpec {
    stat: &LINE,
    terms: &[
        term(|_| -0.5, &[part(PRECISION, 0, ""), part(X, line::LN_SQUARE, "")]),
        term(|_| 1.0, &[part(PRECISION, 0, ""), part(X, line::LN, ""), part(MEAN, 0, "")]),
        term(|_| -0.5, &[part(PRECISION, 0, ""), part(MEAN, 1, "")]),
        term(|_| 0.5, &[part(PRECISION, 1, "")]),
        term_against(Measure::Plain, |_| -1.0, &[part(X, line::LN, "")]),
        term(|_| -0.5 * LN_2PI, &[]),
    ],
    measure: &[line::LN],
    family: Some(&super::line::Line),
    on_line: None,
    points: &[
        Point { d: 1, params: &[&[0.0], &[1.0]] },
        Point { d: 1, params: &[&[-3.5], &[0.25]] },
        Point { d: 1, params: &[&[2.0], &[1e6]] },
    ],
    ..SPEC
};

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "LogNormal",
    summary: "a positive number whose logarithm is Normal",
    source: "Johnson, Kotz & Balakrishnan (1994), ch. 14",
    density: "½ ln precision − ½ ln 2π − ½ precision (ln x − mean)² − ln x",
    stat: &LOG_GAUSSIAN,
    params: &[
        Param {
            name: "mean",
            stat: &GAUSSIAN,
            random: true,
            gated: true,
            spellings: &[],
            doc: "the mean of ln x: a number, a Normal, or a sum and product of them",
        },
        Param {
            name: "precision",
            stat: &GAMMA,
            random: true,
            gated: true,
            spellings: &[
                Spelling { name: "variance", convert: reciprocal, power: Some(-1) },
                Spelling { name: "sd", convert: reciprocal_square, power: Some(-2) },
            ],
            doc: "1/variance of ln x: a positive number, a Gamma or an Exponential, or a product of them",
        },
    ],
    terms: TERMS,
    family: Some(&LogNormal),
    predictive: Some(Predictive::Moments(|e, _| {
        // Of a random precision the moments are infinite: 1/precision has no exponential ones.
        let ([m, v], precision) = ((e.real)(MEAN), e.known(PRECISION));
        let power = |p: f64| match precision.is_nan() {
            true => f64::INFINITY,
            false => (p * m + 0.5 * p * p * (v + 1.0 / precision)).exp(),
        };
        let (mean, spread) = (power(1.0), v + 1.0 / precision);
        let variance = if mean.is_infinite() { mean } else { mean * mean * spread.exp_m1() };
        Outlook { mean: vec![mean], variance: vec![variance], inverse: vec![power(-1.0), power(-2.0)] }
    })),
    points: &[
        Point { d: 1, params: &[&[0.0], &[1.0]] },
        Point { d: 1, params: &[&[-3.5], &[0.25]] },
        Point { d: 1, params: &[&[1.5], &[0.05]] },
        Point { d: 1, params: &[&[2.0], &[1e6]] },
        Point { d: 1, params: &[&[200.0], &[4.0]] },
    ],
    on_line: Some(&ON_LINE),
    intervals: super::site::interval::LOG_NORMALS,
    ..PLAIN
};

/// q(x) = LogNormal.
#[derive(Debug)]
pub struct LogNormal;

/// (mean, precision) of ln x.
fn standard(eta: &[f64]) -> (f64, f64) {
    let precision = -2.0 * eta[1];
    ((eta[0] + 1.0) / precision, precision)
}

impl Family for LogNormal {
    fn name(&self) -> &'static str {
        "LogNormal"
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
            let (mean, precision) = standard(e);
            super::bounds::positive(element, "precision", precision)?;
            m[0] = mean;
            m[1] = mean * mean + 1.0 / precision;
            *a = 0.5 * ((e[0] + 1.0) * mean - precision.ln() + LN_2PI);
            super::bounds::in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn parameters(&self, _: usize, eta: &[f64]) -> Vec<Parameter> {
        let (mean, precision) = standard(eta);
        vec![
            Parameter { name: "mean", domain: Domain::Real, dims: vec![], values: vec![mean] },
            Parameter { name: "precision", domain: Domain::Positive, dims: vec![], values: vec![precision] },
        ]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        let (mean, precision) = (p[0].values[0], p[1].values[0]);
        vec![mean * precision - 1.0, -0.5 * precision]
    }
    /// Infinite where they are beyond the range of floating-point numbers.
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        let (mean, precision) = standard(eta);
        let expected = (mean + 0.5 / precision).exp();
        Summary { mean: vec![expected], sd: vec![expected * precision.recip().exp_m1().sqrt()] }
    }
    fn inverse(&self, _: usize, eta: &[f64], p: i32) -> Vec<f64> {
        let ((mean, precision), p) = (standard(eta), f64::from(p));
        vec![(-p * mean + 0.5 * p * p / precision).exp()]
    }
    fn quantile(&self, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let (mean, precision) = standard(eta);
        let z = statrs::distribution::Normal::standard().inverse_cdf(p);
        vec![(mean + z / precision.sqrt()).exp()]
    }
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        let (mean, precision) = standard(eta);
        vec![(mean + stream.normal() / precision.sqrt()).exp()]
    }
}
