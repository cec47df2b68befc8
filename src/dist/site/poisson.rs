//! Poisson(x | log rate ψ), whole numbers from 0.
//!
//! Density: x ψ − exp ψ − ln x!. E exp ψ = exp(m + v/2) of ψ ~ N(m, v), in closed form. Source: McCullagh &
//! Nelder, Generalized Linear Models (2nd ed., 1989), p. 193 ch. 6.

use super::{BEND, OF_PREDICTOR, SLOPE, WHOLE, carried, predictor};
use crate::{
    expfam::{
        outlook::{Outlook, Predictive},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, PLAIN},
        stat::StatKind,
    },
    num::special::ln_gamma,
};

const X: usize = 0;
const LOG_RATE: usize = 1;

static COUNT: StatKind = carried("log-rate site", &[SLOPE, BEND], WHOLE);

/// The registry's entry, of `Poisson`.
pub static SPEC: DistSpec = DistSpec {
    name: "Poisson",
    summary: "a number of events, by the logarithm of their rate",
    source: "McCullagh & Nelder (1989), ch. 6",
    density: "x log_rate − exp(log_rate) − ln x!",
    stat: &COUNT,
    params: &[predictor(
        "log_rate",
        "ln of the expected number: what the mean of a Normal may be; `log(exposure[n]) + …`",
    )],
    terms: OF_PREDICTOR,
    log_base: Some(|values, _| -ln_gamma(values[X][0] + 1.0)),
    predictive: Some(Predictive::Moments(|e, _| {
        let [m, v] = (e.real)(LOG_RATE);
        let mean = (m + 0.5 * v).exp();
        Outlook { mean: vec![mean], variance: vec![mean + mean * mean * v.exp_m1()], ..Outlook::default() }
    })),
    site: Some(&LogRate),
    ..PLAIN
};

/// The site. η: ⟨ψ⟩, ⟨ψ²⟩.
#[derive(Debug)]
pub struct LogRate;

impl Site for LogRate {
    fn name(&self) -> &'static str {
        "log rate"
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
        let rate = (m + 0.5 * v).exp();
        slopes_of(m, value[0] - rate, -0.5 * rate, slopes);
        Ok(value[0] * m - rate)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        moments_of((value[0] + 0.5).ln(), 0.0, eta);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[3.0], eta: &[0.8, 1.1] },
            SitePoint { d: 1, value: &[0.0], eta: &[-4.0, 16.5] },
            SitePoint { d: 1, value: &[1000.0], eta: &[6.9, 47.62] },
        ]
    }
}
