//! Bernoulli(x | logit ψ) and Binomial(x | trials n, logit ψ): the log odds of success.
//!
//! Density: x ψ − n ln(1 + exp ψ) + ln C(n, x). Its mean under ψ ~ N(m, v) is x m − n E ln(1 + exp ψ) + ln
//! C(n, x); the function is analytic within π of the real line. `Tangent`: E ln(1 + exp ψ) ≤ ⟨ψ⟩/2 + ln 2
//! cosh(√⟨ψ²⟩/2), since ln cosh √ is concave; −n of it is convex. Source: Jaakkola & Jordan, Statistics and
//! Computing 10 (2000), p. 28 eq. 10; the same as Pólya–Gamma variables give (Durante & Rigon, Statistical
//! Science 34 (2019), p. 472).

use super::{BEND, BINARY, OF_KNOWN, OF_PREDICTOR, SLOPE, WHOLE, carried, predictor};
use crate::{
    expfam::{
        form::{Term, part, term},
        outlook::{Outlook, Predictive},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, LogBase, PLAIN, Param},
        stat::{COUNT, LN_ZERO, StatKind},
    },
    num::{
        gaussian_mean::{GaussianMean, gaussian_mean},
        special::ln_choose,
    },
};
use std::f64::consts::PI;

const X: usize = 0;

/// What is observed: 0 or 1.
static BERNOULLI: StatKind = carried("logit site", &[SLOPE, BEND], BINARY);

/// What is observed: a number of successes.
static BINOMIAL: StatKind = carried("binomial logit site", &[SLOPE, BEND, OF_KNOWN], WHOLE);

const TRIALS: Param = Param {
    name: "trials",
    stat: &COUNT,
    random: false,
    gated: false,
    spellings: &[],
    doc: "a known whole number from 0",
};

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(2, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(2, 1, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(1, 0, "")]),
];

/// E σ(ψ) and its variance.
fn probability([m, v]: [f64; 2]) -> [f64; 2] {
    let first = gaussian_mean(m, v, PI, |x| [sigmoid(x), 0.0, 0.0]).value;
    let second = gaussian_mean(m, v, PI, |x| [sigmoid(x).powi(2), 0.0, 0.0]).value;
    [first, (second - first * first).max(0.0)]
}

const ONE: DistSpec = DistSpec {
    name: "Bernoulli",
    summary: "yes or no, by its log odds",
    source: "Jaakkola & Jordan (2000)",
    density: "x logit − ln(1 + exp(logit))",
    stat: &BERNOULLI,
    params: &[predictor("logit", "the log odds of 1: what the mean of a Normal may be")],
    terms: OF_PREDICTOR,
    predictive: Some(Predictive::Moments(|e, _| {
        let [p, _] = probability((e.real)(1));
        Outlook { mean: vec![p], variance: vec![p * (1.0 - p)], ..Outlook::default() }
    })),
    ..PLAIN
};

const CHOOSE: LogBase = |values, _| {
    let (x, n) = (values[X][0], values[1][0]);
    if x > n { LN_ZERO } else { ln_choose(n, x) }
};

const MANY: DistSpec = DistSpec {
    name: "Binomial",
    summary: "a number of successes, by their log odds",
    source: "Jaakkola & Jordan (2000)",
    density: "x logit − trials ln(1 + exp(logit)) + ln C(trials, x)",
    stat: &BINOMIAL,
    params: &[TRIALS, predictor("logit", "the log odds of success: what the mean of a Normal may be")],
    terms: TERMS,
    log_base: Some(CHOOSE),
    predictive: Some(Predictive::Moments(|e, _| {
        let (n, [p, spread]) = (e.number(1, 1), probability((e.real)(2)));
        let variance = n * (p * (1.0 - p) - spread) + n * n * spread;
        Outlook { mean: vec![n * p], variance: vec![variance], ..Outlook::default() }
    })),
    ..PLAIN
};

/// One trial.
pub static BERNOULLI_LOGIT: DistSpec =
    DistSpec { site: Some(&Logit { tangent: false }), tangent: Some(&BERNOULLI_TANGENT), ..ONE };
static BERNOULLI_TANGENT: DistSpec = DistSpec { site: Some(&Logit { tangent: true }), ..ONE };
/// Several trials.
pub static BINOMIAL_LOGIT: DistSpec =
    DistSpec { site: Some(&Logit { tangent: false }), tangent: Some(&BINOMIAL_TANGENT), ..MANY };
static BINOMIAL_TANGENT: DistSpec = DistSpec { site: Some(&Logit { tangent: true }), ..MANY };

/// The logistic function.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// E ln(1 + exp ψ), ψ ~ N(m, v).
pub(crate) fn softplus(m: f64, v: f64) -> GaussianMean {
    gaussian_mean(m, v, PI, |x| {
        let e = (-x.abs()).exp();
        let p = if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
        [x.max(0.0) + e.ln_1p(), p, e / ((1.0 + e) * (1.0 + e))]
    })
}

/// The site. η: ⟨ψ⟩, ⟨ψ²⟩, and the trials where these are several.
#[derive(Debug)]
pub struct Logit {
    tangent: bool,
}

/// The trials of an element.
fn trials(eta: &[f64]) -> f64 {
    eta.get(2).copied().unwrap_or(1.0)
}

impl Site for Logit {
    fn name(&self) -> &'static str {
        "logit"
    }
    fn rule(&self) -> &'static str {
        match self.tangent {
            true => "the tangent bound of Jaakkola and Jordan, at √⟨ψ²⟩",
            false => "E ln(1 + exp ψ) of a Gaussian ψ by quadrature, right to 1e-9",
        }
    }
    fn convex(&self) -> bool {
        self.tangent
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let (value, n) = (value[0], trials(eta));
        let (m, v) = mean_and_variance(eta);
        if !(m.is_finite() && v.is_finite()) {
            return Err("the predictor is not finite");
        }
        let cost = if self.tangent {
            let c = eta[1].max(0.0).sqrt();
            // tanh(c/2)/(4c), and its limit.
            let bend = if c < 1e-4 { (1.0 - c * c / 12.0) / 8.0 } else { (0.5 * c).tanh() / (4.0 * c) };
            slopes[0] = value - 0.5 * n;
            slopes[1] = -n * bend;
            0.5 * m + 0.5 * c + (-c).exp().ln_1p()
        } else {
            let s = softplus(m, v);
            slopes_of(m, value - n * s.by_mean, -n * s.by_variance, slopes);
            s.value
        };
        if let Some(of_trials) = slopes.get_mut(2) {
            *of_trials = -cost;
        }
        Ok(value * m - n * cost)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        let (value, n) = (value[0], trials(eta));
        let m = ((value + 0.5) / (n - value + 0.5)).ln();
        // One trial says no more than a sign.
        moments_of(if n > 1.0 && m.is_finite() { m } else { 0.0 }, 0.0, eta);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[1.0], eta: &[0.3, 1.2] },
            SitePoint { d: 1, value: &[0.0], eta: &[-2.0, 4.5] },
            SitePoint { d: 1, value: &[1.0], eta: &[6.0, 45.0] },
            SitePoint { d: 1, value: &[0.0], eta: &[0.0, 25.0] },
            SitePoint { d: 1, value: &[7.0], eta: &[0.5, 0.3, 20.0] },
            SitePoint { d: 1, value: &[0.0], eta: &[-3.0, 9.01, 5.0] },
        ]
    }
}
