//! Laplace(x | mean ψ, scale b), the double exponential, on the real line.
//!
//! Density: −ln 2b − |x − ψ|/b. With d = m − x and s² = v, E|x − ψ| = 2 s φ(d/s) + d (2 Φ(d/s) − 1); its
//! slopes are 2 Φ(d/s) − 1 in m and φ(d/s)/s in v. The site is multiplied by 1/b, so that it is homogeneous:
//! η holds 1/b times 1, ψ and ψ². Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions
//! (2nd ed., 1995), vol. 2, ch. 24.

use super::super::{normal::Normal, scale::reciprocal};
use super::{BEND, OF_KNOWN, REAL, SLOPE, carried, predictor};
use crate::{
    expfam::{
        form::{Term, part, term},
        outlook::Predictive,
        site::{Site, SitePoint, mean_and_variance, slopes_of},
        spec::{DistSpec, PLAIN, Param, PriorBySite, Spelling},
        stat::{GAMMA, GAUSSIAN, StatKind},
    },
    num::normal::{density, probability},
};
use std::f64::consts::LN_2;

const X: usize = 0;
const MEAN: usize = 1;
const RATE: usize = 2;

static VALUE: StatKind = carried("absolute deviation site", &[SLOPE, BEND, OF_KNOWN], REAL);

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(RATE, 0, ""), part(MEAN, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(RATE, 0, ""), part(MEAN, 1, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(RATE, 0, "")]),
    term(|_| 1.0, &[part(RATE, 1, "")]),
    term(|_| -LN_2, &[]),
];

const PARAMS: &[Param] = &[
    predictor("mean", "the centre: what the mean of a Normal may be"),
    Param {
        name: "rate",
        stat: &GAMMA,
        random: true,
        gated: true,
        spellings: &[Spelling { name: "scale", convert: reciprocal, power: Some(-1) }],
        doc: "1/scale: a positive number, a Gamma or an Exponential, or a product of them",
    },
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Laplace",
    summary: "a real number around a mean, by its absolute deviation",
    source: "Johnson, Kotz & Balakrishnan (1995), ch. 24",
    density: "ln rate − ln 2 − rate |x − mean|",
    stat: &VALUE,
    params: PARAMS,
    terms: TERMS,
    predictive: Some(Predictive::Around(|e, _| vec![2.0 * e.number(RATE, -2)])),
    site: Some(&Absolute),
    prior: Some(&PRIOR),
    ..PLAIN
};

static PRIOR: PriorBySite = PriorBySite { name: "deviation", variable: &LATENT, site: &SPEC };

/// A latent variable whose line a site stands for.
static LATENT: DistSpec = DistSpec {
    name: "Laplace",
    summary: "a real number around a mean, by its absolute deviation",
    source: "Johnson, Kotz & Balakrishnan (1995), ch. 24",
    density: "ln rate − ln 2 − rate |x − mean|",
    stat: &GAUSSIAN,
    params: PARAMS,
    family: Some(&Normal),
    predictive: Some(Predictive::Around(|e, _| vec![2.0 * e.number(RATE, -2)])),
    prior: Some(&PRIOR),
    ..PLAIN
};

/// The site. η: 1/b times ⟨ψ⟩, ⟨ψ²⟩ and 1.
#[derive(Debug)]
pub struct Absolute;

impl Site for Absolute {
    fn name(&self) -> &'static str {
        "absolute deviation"
    }
    fn rule(&self) -> &'static str {
        "E|x − ψ| of a Gaussian ψ, in closed form"
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let rate = eta[2];
        if !(rate > 0.0 && rate.is_finite()) {
            return Err("1/scale is not positive");
        }
        let (m, v) = mean_and_variance(&[eta[0] / rate, eta[1] / rate]);
        // About the datum, so that a place far from 0 costs no more digits than it has cost.
        let (d, s) = (m - value[0], v.sqrt());
        let (cost, by_mean, by_variance) = if s > 0.0 {
            let (z, side) = (d / s, 2.0 * probability(d / s) - 1.0);
            (2.0 * s * density(z) + d * side, side, density(z) / s)
        } else {
            (d.abs(), d.signum(), 0.0)
        };
        slopes_of(m, -by_mean, -by_variance, slopes);
        slopes[2] = -cost - slopes[0] * m - slopes[1] * (m * m + v);
        Ok(-rate * cost)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        // A spread of one scale about the datum.
        if !(eta[2] > 0.0 && eta[2].is_finite()) {
            // Nothing is known of the scale yet.
            eta[2] = 1.0;
        }
        let rate = eta[2];
        eta[0] = rate * value[0];
        eta[1] = rate * value[0] * value[0] + 1.0 / rate;
    }
    fn scaled(&self) -> bool {
        true
    }
    fn weight(&self, eta: &[f64]) -> f64 {
        eta[2]
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[0.4], eta: &[0.3, 1.2, 1.0] },
            SitePoint { d: 1, value: &[-2.0], eta: &[0.75, 1.5, 0.5] },
            SitePoint { d: 1, value: &[3.0], eta: &[15.0, 45.2, 5.0] },
        ]
    }
}
