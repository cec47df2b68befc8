//! Exponential(x | log rate ψ), positive numbers.
//!
//! Density: ψ − x exp ψ. E exp ψ = exp(m + v/2) of ψ ~ N(m, v), in closed form. Source: McCullagh & Nelder,
//! Generalized Linear Models (2nd ed., 1989), p. 285 ch. 8.

use super::{BEND, OF_PREDICTOR, POSITIVE, SLOPE, carried, predictor};
use crate::expfam::{
    outlook::{Outlook, Predictive},
    site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
    spec::{DistSpec, PLAIN},
    stat::StatKind,
};

const LOG_RATE: usize = 1;

static WAIT: StatKind = carried("waiting-time site", &[SLOPE, BEND], POSITIVE);

/// The registry's entry, of `Exponential`.
pub static SPEC: DistSpec = DistSpec {
    name: "Exponential",
    summary: "a waiting time, by the logarithm of its rate",
    source: "McCullagh & Nelder (1989), ch. 8",
    density: "log_rate − x exp(log_rate)",
    stat: &WAIT,
    params: &[predictor("log_rate", "ln of the rate: what the mean of a Normal may be")],
    terms: OF_PREDICTOR,
    predictive: Some(Predictive::Moments(|e, _| {
        let [m, v] = (e.real)(LOG_RATE);
        let mean = (0.5 * v - m).exp();
        // E x² = 2 E exp(−2ψ).
        let variance = mean * mean * (2.0 * v.exp() - 1.0);
        Outlook { mean: vec![mean], variance: vec![variance], ..Outlook::default() }
    })),
    site: Some(&Waiting),
    ..PLAIN
};

/// The site. η: ⟨ψ⟩, ⟨ψ²⟩.
#[derive(Debug)]
pub struct Waiting;

impl Site for Waiting {
    fn name(&self) -> &'static str {
        "log rate of a waiting time"
    }
    fn rule(&self) -> &'static str {
        "E exp ψ of a Gaussian ψ, in closed form"
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let (m, v) = mean_and_variance(eta);
        let cost = value[0] * (m + 0.5 * v).exp();
        slopes_of(m, 1.0 - cost, -0.5 * cost, slopes);
        Ok(m - cost)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        moments_of(-value[0].ln(), 0.0, eta);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[0.7], eta: &[0.8, 1.1] },
            SitePoint { d: 1, value: &[30.0], eta: &[-3.0, 9.5] },
            SitePoint { d: 1, value: &[1e-3], eta: &[6.5, 42.5] },
        ]
    }
}
