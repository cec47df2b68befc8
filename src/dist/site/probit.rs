//! Bernoulli(x | probit ψ): 1 with probability Φ(ψ).
//!
//! Density: ln Φ(ψ) of a 1, ln Φ(−ψ) of a 0. Φ has no zero within 2.8 of the real line. Source: Bliss,
//! Science 79 (1934), p. 38; Φ and its slopes as in `num::normal`.

use super::{BEND, BINARY, OF_PREDICTOR, SLOPE, carried, predictor};
use crate::{
    expfam::{
        outlook::{Outlook, Predictive},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, PLAIN},
        stat::StatKind,
    },
    num::{
        gaussian_mean::gaussian_mean,
        normal::{ln_probability, probability},
    },
};

const PROBIT: usize = 1;
/// How far from the real line ln Φ is analytic: the nearest zeros of Φ are at 1.92 ± 2.82 i.
const STRIP: f64 = 2.8;

static ANSWER: StatKind = carried("probit site", &[SLOPE, BEND], BINARY);

/// The registry's entry, of `Bernoulli`.
pub static SPEC: DistSpec = DistSpec {
    name: "Bernoulli",
    summary: "yes or no, by a probit",
    source: "Bliss (1934)",
    density: "x ln Φ(probit) + (1 − x) ln Φ(−probit)",
    stat: &ANSWER,
    params: &[predictor("probit", "the quantile of the standard Normal: what the mean of a Normal may be")],
    terms: OF_PREDICTOR,
    predictive: Some(Predictive::Moments(|e, _| {
        let [m, v] = (e.real)(PROBIT);
        let p = probability(m / (1.0 + v).sqrt());
        Outlook { mean: vec![p], variance: vec![p * (1.0 - p)], ..Outlook::default() }
    })),
    site: Some(&Probit),
    ..PLAIN
};

/// The site. η: ⟨ψ⟩, ⟨ψ²⟩.
#[derive(Debug)]
pub struct Probit;

impl Site for Probit {
    fn name(&self) -> &'static str {
        "probit"
    }
    fn rule(&self) -> &'static str {
        "E ln Φ(ψ) of a Gaussian ψ by quadrature, right to 1e-9"
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let (m, v) = mean_and_variance(eta);
        if !(m.is_finite() && v.is_finite()) {
            return Err("the predictor is not finite");
        }
        let sign = 2.0 * value[0] - 1.0;
        let mean = gaussian_mean(sign * m, v, STRIP, ln_probability);
        slopes_of(m, sign * mean.by_mean, mean.by_variance, slopes);
        Ok(mean.value)
    }
    fn begin(&self, _: usize, _: &[f64], eta: &mut [f64]) {
        moments_of(0.0, 0.0, eta);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[1.0], eta: &[0.3, 1.2] },
            SitePoint { d: 1, value: &[0.0], eta: &[2.5, 7.0] },
            SitePoint { d: 1, value: &[1.0], eta: &[-6.0, 45.0] },
        ]
    }
}
