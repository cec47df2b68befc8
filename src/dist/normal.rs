//! Normal(x | mean m, precision τ), on the real line.
//!
//! Density: ½ ln τ − ½ ln 2π − ½ τ (x − m)². Statistic: (x, x²). η = (τm, −½τ).
//! A(η) = −η₁²/(4η₂) + ½ ln(−π/η₂). Moments: (m, m² + 1/τ).
//! Source: Bishop, Pattern Recognition and Machine Learning (2006), p. 78 eq. 2.42 and App. B p. 688.

pub(super) use super::scale::{reciprocal, reciprocal_square};
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Term, part, term},
    outlook::Predictive,
    spec::{DistSpec, PLAIN, Param, Point, Spelling},
    stat::{Domain, GAMMA, GAUSSIAN},
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
    term(|_| -0.5 * LN_2PI, &[]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Normal",
    summary: "a real number around a mean",
    source: "Bishop (2006), eq. 2.42",
    density: "½ ln precision − ½ ln 2π − ½ precision (x − mean)²",
    stat: &GAUSSIAN,
    params: &[
        Param {
            name: "mean",
            stat: &GAUSSIAN,
            random: true,
            gated: true,
            spellings: &[],
            doc: "the centre: a number, a Normal, or a sum and product of them",
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
            doc: "1/variance: a positive number, a Gamma or an Exponential",
        },
    ],
    terms: TERMS,
    log_base: None,
    family: Some(&Normal),
    mean_given: None,
    predictive: Some(Predictive::Around(|e, _| vec![e.number(PRECISION, -1)])),
    points: &[
        Point { d: 1, params: &[&[0.0], &[1.0]] },
        Point { d: 1, params: &[&[-3.5], &[0.25]] },
        Point { d: 1, params: &[&[1e3], &[1e-6]] },
        Point { d: 1, params: &[&[2.0], &[1e6]] },
    ],
    location: true,
    links: &[&super::site::heteroscedastic::SPEC],
    intervals: super::site::interval::NORMALS,
    ..PLAIN
};

/// q(x) = Normal.
#[derive(Debug)]
pub struct Normal;

/// (mean, precision) of one element.
fn standard(eta: &[f64]) -> (f64, f64) {
    let precision = -2.0 * eta[1];
    (eta[0] / precision, precision)
}

impl Family for Normal {
    fn name(&self) -> &'static str {
        "Normal"
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
            // Written so that NaN fails too.
            if !(precision > 0.0 && precision.is_finite() && mean.is_finite()) {
                return Err(Improper {
                    impossible: false,
                    element,
                    why: format!("the precision {precision} is not positive, or the mean {mean} not finite"),
                });
            }
            m[0] = mean;
            m[1] = mean * mean + 1.0 / precision;
            *a = 0.5 * (e[0] * mean - precision.ln() + LN_2PI);
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
        vec![mean * precision, -0.5 * precision]
    }
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        let (mean, precision) = standard(eta);
        Summary { mean: vec![mean], sd: vec![precision.sqrt().recip()] }
    }
    fn quantile(&self, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let (mean, precision) = standard(eta);
        let z = statrs::distribution::Normal::standard().inverse_cdf(p);
        vec![mean + z / precision.sqrt()]
    }
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        let (mean, precision) = standard(eta);
        vec![mean + stream.normal() / precision.sqrt()]
    }
    fn shifted(&self, _: usize, eta: &[f64], by: &[f64]) -> Option<Vec<f64>> {
        let (mean, precision) = standard(eta);
        Some(vec![(mean + by[0]) * precision, eta[1]])
    }
}
