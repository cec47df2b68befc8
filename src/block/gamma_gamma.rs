//! Gamma–Gamma: q(x, τ) = Gamma(x | a, bτ) Gamma(τ | c, d), a positive number and the rate it was drawn with: a
//! waiting time and the rate of what was waited for.
//!
//! Statistic: (τx, ln x, τ, ln τ), base measure 1 in dx dτ. η = (−b, a − 1, −d, a + c − 1). With u = τx the two
//! are apart: u is Gamma(a, b) and τ Gamma(c, d), so A(η) = ln Γ(a) − a ln b + ln Γ(c) − c ln d. Moments: (a/b,
//! ψ(a) − ln b − ψ(c) + ln d, c/d, ψ(c) − ln d). x alone is d/b times a beta prime of (a, c). Source: Johnson,
//! Kotz & Balakrishnan, Continuous Univariate Distributions (2nd ed., 1995), vol. 2, p. 248 ch. 25.

use crate::dist::{in_range, positive, quantile};
use crate::expfam::{
    family::{Improper, Parameter, Summary},
    joint::{JointFamily, JointSpec, Rewrite},
    spec::Point,
    stat::{Arithmetic, Domain, GAMMA, Part, PartRole, PartShape, StatKind},
};
use crate::num::special::{digamma, ln_gamma};
use crate::num::stream::Stream;

const X: usize = 0;
const TAU: usize = 1;

static STAT: StatKind = StatKind {
    name: "Gamma–Gamma",
    parts: &[
        Part { symbol: "τx", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "ln x", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "τ", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "ln τ", shape: PartShape::Scalar, role: PartRole::Other },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a positive number and its rate",
    of_value: |_, _, _| Err("is one of a pair"),
};

/// The registry's entry.
pub static SPEC: JointSpec = JointSpec {
    name: "Gamma–Gamma",
    source: "Johnson, Kotz & Balakrishnan (1995), ch. 25",
    members: &[&GAMMA, &GAMMA],
    stat: &STAT,
    of_entries: false,
    rewrites: &[
        Rewrite { from: &[(X, 0, ""), (TAU, 0, "")], part: 0, axes: "" },
        Rewrite { from: &[(X, 1, "")], part: 1, axes: "" },
        Rewrite { from: &[(TAU, 0, "")], part: 2, axes: "" },
        Rewrite { from: &[(TAU, 1, "")], part: 3, axes: "" },
    ],
    family: &GammaGamma,
    points: &[
        Point { d: 1, params: &[&[2.0], &[1.0], &[3.0], &[1.0]] },
        Point { d: 1, params: &[&[0.5], &[4.0], &[2.5], &[0.3]] },
        Point { d: 1, params: &[&[100.0], &[7.0], &[50.0], &[0.02]] },
        Point { d: 1, params: &[&[1.0], &[1e3], &[0.7], &[1e-3]] },
    ],
};

/// q(x, τ) = Gamma–Gamma.
#[derive(Debug)]
pub struct GammaGamma;

struct Standard {
    shape: f64,
    multiple: f64,
    rate_shape: f64,
    rate_rate: f64,
}

fn standard(eta: &[f64]) -> Standard {
    Standard { shape: eta[1] + 1.0, multiple: -eta[0], rate_shape: eta[3] - eta[1], rate_rate: -eta[2] }
}

impl JointFamily for GammaGamma {
    fn name(&self) -> &'static str {
        "GammaGamma"
    }
    fn evaluate(
        &self,
        _: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        for (element, ((e, m), a)) in
            eta.chunks_exact(4).zip(moments.chunks_exact_mut(4)).zip(log_norm).enumerate()
        {
            let q = standard(e);
            positive(element, "shape", q.shape)?;
            positive(element, "multiple", q.multiple)?;
            positive(element, "shape of the rate", q.rate_shape)?;
            positive(element, "rate of the rate", q.rate_rate)?;
            let (ln_b, ln_d) = (q.multiple.ln(), q.rate_rate.ln());
            let ln_tau = digamma(q.rate_shape) - ln_d;
            m[0] = q.shape / q.multiple;
            m[1] = digamma(q.shape) - ln_b - ln_tau;
            m[2] = q.rate_shape / q.rate_rate;
            m[3] = ln_tau;
            *a = ln_gamma(q.shape) - q.shape * ln_b + ln_gamma(q.rate_shape) - q.rate_shape * ln_d;
            in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn of_values(&self, _: usize, values: &[&[f64]]) -> Vec<f64> {
        let (x, tau) = (values[X][0], values[TAU][0]);
        vec![tau * x, x.ln(), tau, tau.ln()]
    }
    fn parameters(&self, _: usize, eta: &[f64]) -> Vec<Parameter> {
        let q = standard(eta);
        let scalar = |name, value| Parameter { name, dims: vec![], values: vec![value] };
        vec![
            scalar("shape", q.shape),
            scalar("multiple", q.multiple),
            scalar("shape", q.rate_shape),
            scalar("rate", q.rate_rate),
        ]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i: usize| p[i].values[0]);
        vec![-b, a - 1.0, -d, a + c - 1.0]
    }
    fn member_parameters(&self, member: usize) -> &'static [usize] {
        if member == X { &[0, 1] } else { &[2, 3] }
    }
    fn summary(&self, member: usize, _: usize, eta: &[f64]) -> Summary {
        let q = standard(eta);
        let (a, c) = (q.shape, q.rate_shape);
        if member == TAU {
            return Summary { mean: vec![c / q.rate_rate], sd: vec![c.sqrt() / q.rate_rate] };
        }
        // Where the integral of x does not converge, the ratio of the means of u and τ says where q is.
        let scale = q.rate_rate / q.multiple;
        let mean = if c > 1.0 { scale * a / (c - 1.0) } else { scale * a / c };
        let sd = if c > 2.0 { mean * ((a + c - 1.0) / (a * (c - 2.0))).sqrt() } else { f64::INFINITY };
        Summary { mean: vec![mean], sd: vec![sd] }
    }
    fn quantile(&self, member: usize, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let q = standard(eta);
        if member == TAU {
            return vec![quantile::gamma(q.rate_shape, p) / q.rate_rate];
        }
        // 1 − the share is a quantile of its own, so that neither end loses digits.
        let share = quantile::beta(q.shape, q.rate_shape, p);
        let rest = quantile::beta(q.rate_shape, q.shape, 1.0 - p);
        vec![q.rate_rate / q.multiple * share / rest]
    }
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<Vec<f64>> {
        let q = standard(eta);
        let tau = stream.gamma(q.rate_shape, q.rate_rate);
        vec![vec![stream.gamma(q.shape, q.multiple) / tau], vec![tau]]
    }
    fn shifted(&self, _: usize, _: &[f64], _: &[f64]) -> Option<Vec<f64>> {
        None
    }
}
