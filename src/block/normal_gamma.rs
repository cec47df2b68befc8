//! Normal–Gamma: q(x, τ) = Normal(x | m, κτ) Gamma(τ | a, b), a number and its precision kept together.
//!
//! Statistic: (τx, τx², τ, ln τ), base measure 1 in dx dτ. η = (κm, −½κ, −b − ½κm², a − ½). A(η) = ½ ln 2π −
//! ½ ln κ + ln Γ(a) − a ln b. Moments: (m a/b, m² a/b + 1/κ, a/b, ψ(a) − ln b). x alone is Student-t: dof 2a,
//! centre m, squared scale b/(aκ). Source: Bishop (2006), p. 101 eq. 2.154; Murphy, Conjugate Bayesian
//! analysis of the Gaussian distribution (2007), sec. 3.

use crate::dist::{gamma::inverse_power, in_range, positive, quantile};
use crate::expfam::{
    family::{Improper, Parameter, Summary},
    joint::{JointFamily, JointSpec, Rewrite},
    spec::Point,
    stat::{Arithmetic, Domain, GAMMA, GAUSSIAN, Part, PartRole, PartShape, StatKind},
};
use crate::num::special::{digamma, ln_gamma};
use crate::num::stream::Stream;

const LN_2PI: f64 = 1.837_877_066_409_345_3;
const X: usize = 0;
const TAU: usize = 1;

static STAT: StatKind = StatKind {
    name: "Normal–Gamma",
    parts: &[
        Part { symbol: "τx", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "τx²", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "τ", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "ln τ", shape: PartShape::Scalar, role: PartRole::Other },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Real,
    support: "a real number and its precision",
    of_value: |_, _, _| Err("is one of a pair"),
};

/// The registry's entry.
pub static SPEC: JointSpec = JointSpec {
    name: "Normal–Gamma",
    source: "Bishop (2006), eq. 2.154",
    members: &[&GAUSSIAN, &GAMMA],
    stat: &STAT,
    of_entries: false,
    rewrites: &[
        Rewrite { from: &[(X, 1, ""), (TAU, 0, "")], part: 1, axes: "" },
        Rewrite { from: &[(X, 0, ""), (TAU, 0, "")], part: 0, axes: "" },
        Rewrite { from: &[(TAU, 0, "")], part: 2, axes: "" },
        Rewrite { from: &[(TAU, 1, "")], part: 3, axes: "" },
    ],
    family: &NormalGamma,
    points: &[
        Point { d: 1, params: &[&[0.0], &[1.0], &[1.0], &[1.0]] },
        Point { d: 1, params: &[&[-3.5], &[0.1], &[2.5], &[0.3]] },
        Point { d: 1, params: &[&[1e3], &[200.0], &[101.0], &[7.0]] },
        Point { d: 1, params: &[&[0.5], &[1e-3], &[0.1], &[1e-3]] },
    ],
};

/// q(x, τ) = Normal–Gamma.
#[derive(Debug)]
pub struct NormalGamma;

struct Standard {
    mean: f64,
    kappa: f64,
    shape: f64,
    rate: f64,
}

fn standard(eta: &[f64]) -> Standard {
    let kappa = -2.0 * eta[1];
    let mean = eta[0] / kappa;
    // rate = −η₃ − ½η₁²/κ. Where the mean is far from 0 the two are nearly equal, so the square is carried
    // with its rounding errors: of the quotient (η₁ − κ·mean) and of the product.
    let quotient_error = kappa.mul_add(-mean, eta[0]) / kappa;
    let square = eta[0] * mean;
    let product_error = eta[0].mul_add(mean, -square);
    let rate = (-eta[2] - 0.5 * square) - 0.5 * (product_error + eta[0] * quotient_error);
    Standard { mean, kappa, shape: eta[3] + 0.5, rate }
}

impl JointFamily for NormalGamma {
    fn name(&self) -> &'static str {
        "NormalGamma"
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
            positive(element, "kappa", q.kappa)?;
            positive(element, "shape", q.shape)?;
            positive(element, "rate", q.rate)?;
            let tau = q.shape / q.rate;
            m[0] = q.mean * tau;
            m[1] = q.mean * q.mean * tau + 1.0 / q.kappa;
            m[2] = tau;
            m[3] = digamma(q.shape) - q.rate.ln();
            *a = 0.5 * (LN_2PI - q.kappa.ln()) + ln_gamma(q.shape) - q.shape * q.rate.ln();
            in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn of_values(&self, _: usize, values: &[&[f64]]) -> Vec<f64> {
        let (x, tau) = (values[X][0], values[TAU][0]);
        vec![tau * x, tau * x * x, tau, tau.ln()]
    }
    fn parameters(&self, _: usize, eta: &[f64]) -> Vec<Parameter> {
        let q = standard(eta);
        let scalar = |name, value| {
            let domain = if name == "mean" { Domain::Real } else { Domain::Positive };
            Parameter { name, domain, dims: vec![], values: vec![value] }
        };
        vec![
            scalar("mean", q.mean),
            scalar("kappa", q.kappa),
            scalar("shape", q.shape),
            scalar("rate", q.rate),
        ]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        let [mean, kappa, shape, rate] = [0, 1, 2, 3].map(|i: usize| p[i].values[0]);
        vec![kappa * mean, -0.5 * kappa, -rate - 0.5 * kappa * mean * mean, shape - 0.5]
    }
    fn member_parameters(&self, member: usize) -> &'static [usize] {
        if member == X { &[0, 1] } else { &[2, 3] }
    }
    fn summary(&self, member: usize, _: usize, eta: &[f64]) -> Summary {
        let q = standard(eta);
        if member == TAU {
            return Summary { mean: vec![q.shape / q.rate], sd: vec![q.shape.sqrt() / q.rate] };
        }
        // The mean of a Student-t is its centre even where the integral does not converge (dof ≤ 1): it is
        // where q is centred.
        let sd = if q.shape > 1.0 { (q.rate / (q.kappa * (q.shape - 1.0))).sqrt() } else { f64::INFINITY };
        Summary { mean: vec![q.mean], sd: vec![sd] }
    }
    /// A Student-t of two degrees of freedom or fewer has none.
    fn has_sd(&self, member: usize, _: usize, eta: &[f64]) -> bool {
        member == TAU || standard(eta).shape > 1.0
    }
    fn cancelled(&self, _: usize, eta: &[f64]) -> f64 {
        let q = standard(eta);
        crate::dist::gamma::cancelled(q.shape, q.rate)
    }
    fn inverse(&self, member: usize, _: usize, eta: &[f64], p: i32) -> Vec<f64> {
        let q = standard(eta);
        if member == TAU { vec![inverse_power(q.shape, q.rate, p)] } else { vec![] }
    }
    fn quantile(&self, member: usize, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let q = standard(eta);
        if member == TAU {
            return vec![quantile::gamma(q.shape, p) / q.rate];
        }
        vec![q.mean + (q.rate / (q.shape * q.kappa)).sqrt() * quantile::student_t(2.0 * q.shape, p)]
    }
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<Vec<f64>> {
        let q = standard(eta);
        let tau = stream.gamma(q.shape, q.rate);
        vec![vec![q.mean + stream.normal() / (q.kappa * tau).sqrt()], vec![tau]]
    }
    fn shifted(&self, _: usize, eta: &[f64], by: &[f64]) -> Option<Vec<f64>> {
        let q = standard(eta);
        let mean = q.mean + by[0];
        Some(vec![q.kappa * mean, eta[1], -q.rate - 0.5 * q.kappa * mean * mean, eta[3]])
    }
}
