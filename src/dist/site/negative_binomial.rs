//! NegativeBinomial(x | log mean ψ, size r) and NegativeBinomial(x | p, size r), whole numbers from 0.
//!
//! Density: ln Γ(x + r) − ln Γ(r) − ln x! + r ln p + x ln(1 − p), p = r/(r + exp ψ); with u = ψ − ln r this
//! is x u − (x + r) ln(1 + exp u), a logit of x + r trials. Variance: mean + mean²/r. A known p is conjugate
//! to a Beta. Source: Cameron & Trivedi, Regression Analysis of Count Data (2nd ed., 2013), p. 80 eq. 3.26.

use super::{BEND, OF_KNOWN, SLOPE, WHOLE, carried, logit::softplus, predictor};
use crate::{
    expfam::{
        form::{Term, part, term},
        outlook::{Outlook, Predictive},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, LogBase, PLAIN, Param, Point},
        stat::{self, Arithmetic, BETA, COUNT, Domain, Part, PartRole, PartShape, StatKind},
    },
    num::special::ln_gamma,
};

const X: usize = 0;

static SITE: StatKind = carried("negative binomial site", &[SLOPE, BEND, OF_KNOWN], WHOLE);

static KNOWN_SIZE: StatKind = StatKind {
    name: "size",
    parts: &[Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known positive number",
    of_value: |x, _, out| {
        out[0] = x[0];
        stat::positive(x[0])
    },
};

const SIZE: Param = Param {
    name: "size",
    stat: &KNOWN_SIZE,
    random: false,
    gated: false,
    spellings: &[],
    doc: "a known positive number: the variance is mean + mean²/size",
};

static TERMS: &[Term] =
    &[term(|_| 1.0, &[part(X, 0, ""), part(1, 1, "")]), term(|_| 1.0, &[part(2, 0, ""), part(1, 0, "")])];

static SITE_TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(1, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(1, 1, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(2, 0, "")]),
];

const WAYS: LogBase = |values, _| {
    let (x, r) = (values[X][0], values[2][0]);
    ln_gamma(x + r) - ln_gamma(r) - ln_gamma(x + 1.0)
};

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "NegativeBinomial",
    summary: "a number of failures before `size` successes",
    source: "Cameron & Trivedi (2013), eq. 3.26",
    density: "ln Γ(x + size) − ln Γ(size) − ln x! + size ln p + x ln(1 − p)",
    stat: &COUNT,
    params: &[
        Param {
            name: "p",
            stat: &BETA,
            random: true,
            gated: true,
            spellings: &[],
            doc: "the probability of success: a number from 0 to 1, or a Beta",
        },
        SIZE,
    ],
    terms: TERMS,
    log_base: Some(WAYS),
    mean_given: Some(|values, _| vec![values[2][0] * (1.0 - values[1][0]) / values[1][0]]),
    sd_given: Some(|values, _| vec![(values[2][0] * (1.0 - values[1][0])).sqrt() / values[1][0]]),
    links: &[&BY_MEAN],
    points: &[
        Point { d: 1, params: &[&[0.3], &[10.0]] },
        Point { d: 1, params: &[&[0.9], &[0.5]] },
        Point { d: 1, params: &[&[1e-3], &[2.5]] },
    ],
    ..PLAIN
};

static BY_MEAN: DistSpec = DistSpec {
    name: "NegativeBinomial",
    summary: "a number of events that varies more than a Poisson's, by the logarithm of its mean",
    source: "Cameron & Trivedi (2013), eq. 3.26",
    density: "ln Γ(x + size) − ln Γ(size) − ln x! + x (log_mean − ln size) − (x + size) ln(1 + exp(log_mean − ln size))",
    stat: &SITE,
    params: &[predictor("log_mean", "ln of the expected number: what the mean of a Normal may be"), SIZE],
    terms: SITE_TERMS,
    log_base: Some(WAYS),
    predictive: Some(Predictive::Moments(|e, _| {
        let ([m, v], r) = ((e.real)(1), e.number(2, 1));
        let mean = (m + 0.5 * v).exp();
        let second = mean * mean * v.exp();
        let variance = mean + second / r + second - mean * mean;
        Outlook { mean: vec![mean], variance: vec![variance], ..Outlook::default() }
    })),
    site: Some(&LogMean),
    ..PLAIN
};

/// The site. η: ⟨ψ⟩, ⟨ψ²⟩, the size.
#[derive(Debug)]
pub struct LogMean;

impl Site for LogMean {
    fn name(&self) -> &'static str {
        "log mean"
    }
    fn rule(&self) -> &'static str {
        "E ln(1 + exp(ψ − ln size)) of a Gaussian ψ by quadrature, right to 1e-9"
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let ((m, v), r, x) = (mean_and_variance(eta), eta[2], value[0]);
        if !(m.is_finite() && v.is_finite()) {
            return Err("the predictor is not finite");
        }
        let (u, n) = (m - r.ln(), x + r);
        let s = softplus(u, v);
        slopes_of(m, x - n * s.by_mean, -n * s.by_variance, slopes);
        slopes[2] = (n * s.by_mean - x) / r - s.value;
        Ok(x * u - n * s.value)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        moments_of((value[0] + 0.5).ln(), 0.0, eta);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[3.0], eta: &[0.8, 1.1, 2.0] },
            SitePoint { d: 1, value: &[0.0], eta: &[-4.0, 16.5, 0.4] },
            SitePoint { d: 1, value: &[200.0], eta: &[5.0, 25.3, 10.0] },
        ]
    }
}
