//! Poisson(x | log rate ψ), whole numbers from 0.
//!
//! Density: x ψ − exp ψ − ln x!. E exp ψ = exp(m + v/2) of ψ ~ N(m, v), in closed form. Source: McCullagh &
//! Nelder, Generalized Linear Models (2nd ed., 1989), p. 193 ch. 6.

use super::{BEND, SLOPE, predictor};
use crate::{
    expfam::{
        form::{Term, part, term},
        outlook::{Outlook, Predictive},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, PLAIN},
        stat::{Arithmetic, Domain, PartShape, StatKind},
    },
    num::special::ln_gamma,
};

const X: usize = 0;
const LOG_RATE: usize = 1;

static COUNT: StatKind = StatKind {
    name: "log-rate site",
    parts: &[SLOPE, BEND],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Count,
    support: "a whole number from 0",
    of_value: |x, _, out| {
        out[..2].fill(0.0);
        if x[0] >= 0.0 && x[0].fract() == 0.0 && x[0].is_finite() {
            Ok(())
        } else {
            Err("is not a whole number from 0")
        }
    },
};

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(LOG_RATE, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(LOG_RATE, 1, "")]),
];

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
    terms: TERMS,
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
    fn convex(&self) -> bool {
        false
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
