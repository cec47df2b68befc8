//! Normal–Gamma of a vector: q(x, τ) = Normal(x | m, (τΛ)⁻¹) Gamma(τ | a, b), coefficients and the one
//! precision that scales them. Not here: which coefficients (`factorize::gaussian`).
//!
//! Statistic: (τx, τxxᵀ, τ, ln τ), base measure 1 in dx dτ. For d numbers η = (Λm, −½Λ, −b − ½mᵀΛm, a − 1 +
//! ½d). A(η) = ½d ln 2π − ½ ln|Λ| + ln Γ(a) − a ln b. Moments: (m a/b, m mᵀ a/b + Λ⁻¹, a/b, ψ(a) − ln b). x
//! alone is Student-t: dof 2a, centre m, squared scales (b/a) Λ⁻¹. Source: Murphy, "Machine Learning: A
//! Probabilistic Perspective" (2012), sec. 7.6.3; for d = 1 it is `normal_gamma`.

use crate::dist::{in_range, positive, quantile};
use crate::expfam::{
    family::{Improper, Parameter, Summary},
    joint::{JointFamily, JointSpec, Rewrite},
    spec::Point,
    stat::{Arithmetic, Domain, GAMMA, GAUSSIAN_VECTOR, Part, PartRole, PartShape, StatKind},
};
use crate::num::{
    cholesky,
    reduce::dot,
    special::{digamma, ln_gamma},
    stream::Stream,
};

const LN_2PI: f64 = 1.837_877_066_409_345_3;
const X: usize = 0;
const TAU: usize = 1;

/// The joint statistic.
pub static STAT: StatKind = StatKind {
    name: "Normal–Gamma of a vector",
    parts: &[
        Part { symbol: "τx", shape: PartShape::Vector, role: PartRole::Other },
        Part { symbol: "τxxᵀ", shape: PartShape::Matrix, role: PartRole::Other },
        Part { symbol: "τ", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "ln τ", shape: PartShape::Scalar, role: PartRole::Other },
    ],
    value: PartShape::Vector,
    arithmetic: Arithmetic::None,
    domain: Domain::Real,
    support: "a real vector and the precision that scales it",
    of_value: |_, _, _| Err("is one of a pair"),
};

/// Where the parts of τ alone stand in [`STAT`].
pub const TAU_PARTS: [usize; 2] = [2, 3];

/// The registry's entry.
pub static SPEC: JointSpec = JointSpec {
    name: "Normal–Gamma of a vector",
    source: "Murphy (2012), sec. 7.6.3",
    members: &[&GAUSSIAN_VECTOR, &GAMMA],
    stat: &STAT,
    of_entries: true,
    rewrites: &[
        Rewrite { from: &[(X, 1, "ij"), (TAU, 0, "")], part: 1, axes: "ij" },
        Rewrite { from: &[(X, 0, "i"), (TAU, 0, "")], part: 0, axes: "i" },
        Rewrite { from: &[(TAU, 0, "")], part: TAU_PARTS[0], axes: "" },
        Rewrite { from: &[(TAU, 1, "")], part: TAU_PARTS[1], axes: "" },
    ],
    family: &NormalGammaVector,
    points: &[
        Point { d: 1, params: &[&[-3.5], &[0.1], &[2.5], &[0.3]] },
        Point { d: 2, params: &[&[0.0, 1.5], &[1.0, 0.4, 0.4, 2.0], &[1.0], &[1.0]] },
        Point { d: 2, params: &[&[30.0, -10.0], &[200.0, 150.0, 150.0, 180.0], &[101.0], &[7.0]] },
        Point {
            d: 3,
            params: &[
                &[1.0, 0.0, -2.0],
                &[1e-3, 0.0, 2e-4, 0.0, 2e-3, 0.0, 2e-4, 0.0, 1e-3],
                &[0.1],
                &[1e-3],
            ],
        },
    ],
};

/// q(x, τ) = Normal–Gamma of a vector.
#[derive(Debug)]
pub struct NormalGammaVector;

/// What A and the moments are made of.
struct Standard {
    mean: Vec<f64>,
    /// Λ⁻¹.
    spread: Vec<f64>,
    log_det: f64,
    shape: f64,
    rate: f64,
}

/// The same, as long as there is a mean: shape and rate are what they come to.
fn parts(d: usize, element: usize, eta: &[f64]) -> Result<Standard, Improper> {
    let (h, rest) = eta.split_at(d);
    let (j, tau) = rest.split_at(d * d);
    let precision: Vec<f64> = (0..d * d).map(|i| -(j[i] + j[i % d * d + i / d])).collect();
    let mut l = precision.clone();
    cholesky::factor(d, &mut l).map_err(|e| Improper {
        impossible: false,
        element,
        why: format!("kappa is not positive definite at coefficient {}", e.pivot + 1),
    })?;
    let mut mean = h.to_vec();
    cholesky::solve(d, &l, &mut mean);
    // rate = −η₃ − ½hᵀΛ⁻¹h. Where the mean is far from 0 the two are nearly equal, so the square is carried
    // with its rounding errors: with m the mean as it was rounded and r = h − Λm what it leaves over, hᵀΛ⁻¹h
    // = hᵀm + mᵀr and a square of r.
    let (mut high, mut low) = (0.0, 0.0);
    for (a, m) in mean.iter().enumerate() {
        let (mut left, mut error) = (h[a], 0.0);
        for (p, m) in precision[a * d..][..d].iter().zip(&mean) {
            add_product(&mut left, &mut error, -*p, *m);
        }
        add_product(&mut high, &mut low, h[a], *m);
        low += m * (left + error);
    }
    let rate = (-tau[0] - 0.5 * high) - 0.5 * low;
    let mut spread = vec![0.0; d * d];
    cholesky::inverse(d, &l, &mut spread);
    let shape = tau[1] + 1.0 - 0.5 * d as f64;
    Ok(Standard { mean, spread, log_det: cholesky::log_det(d, &l), shape, rate })
}

fn standard(d: usize, element: usize, eta: &[f64]) -> Result<Standard, Improper> {
    let q = parts(d, element, eta)?;
    positive(element, "shape", q.shape)?;
    positive(element, "rate", q.rate)?;
    Ok(q)
}

/// Adds a·b to a sum and its rounding errors to `low` (two-product and two-sum).
fn add_product(high: &mut f64, low: &mut f64, a: f64, b: f64) {
    let product = a * b;
    let sum = *high + product;
    let back = sum - *high;
    *low += a.mul_add(b, -product) + ((*high - (sum - back)) + (product - back));
    *high = sum;
}

/// η of coefficients and precision given by their standard parameters.
fn natural(d: usize, mean: &[f64], kappa: &[f64], shape: f64, rate: f64) -> Vec<f64> {
    let h: Vec<f64> =
        kappa.chunks_exact(d).map(|row| row.iter().zip(mean).map(|(k, m)| k * m).sum()).collect();
    let quadratic: f64 = h.iter().zip(mean).map(|(h, m)| h * m).sum();
    let mut eta = h;
    eta.extend(kappa.iter().map(|k| -0.5 * k));
    eta.extend([-rate - 0.5 * quadratic, shape - 1.0 + 0.5 * d as f64]);
    eta
}

fn kappa(d: usize, eta: &[f64]) -> Vec<f64> {
    let j = &eta[d..d + d * d];
    (0..d * d).map(|i| -(j[i] + j[i % d * d + i / d])).collect()
}

/// η of the scalar Normal–Gamma that one coefficient and τ have between them: its marginal.
pub fn entry(d: usize, eta: &[f64], at: usize) -> [f64; 4] {
    let Ok(q) = parts(d, 0, eta) else { return [f64::NAN; 4] };
    let (mean, kappa) = (q.mean[at], 1.0 / q.spread[at * d + at]);
    [kappa * mean, -0.5 * kappa, -q.rate - 0.5 * kappa * mean * mean, q.shape - 0.5]
}

/// The same of some entries of `matrix` (row-major) times the vector.
pub fn turned_entries(d: usize, eta: &[f64], matrix: &[f64], at: std::ops::Range<usize>) -> Vec<f64> {
    let Ok(q) = parts(d, 0, eta) else { return vec![f64::NAN; 4 * at.len()] };
    let of = |i: usize| {
        let row = &matrix[i * d..(i + 1) * d];
        let spread: f64 = row.iter().zip(q.spread.chunks_exact(d)).map(|(a, v)| a * dot(row, v)).sum();
        let (mean, kappa) = (dot(row, &q.mean), 1.0 / spread);
        [kappa * mean, -0.5 * kappa, -q.rate - 0.5 * kappa * mean * mean, q.shape - 0.5]
    };
    at.flat_map(of).collect()
}

impl JointFamily for NormalGammaVector {
    fn name(&self) -> &'static str {
        "NormalGammaVector"
    }
    fn evaluate(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        let w = STAT.width(d);
        for (element, ((e, m), a)) in
            eta.chunks_exact(w).zip(moments.chunks_exact_mut(w)).zip(log_norm).enumerate()
        {
            let q = standard(d, element, e)?;
            let tau = q.shape / q.rate;
            for i in 0..d {
                m[i] = tau * q.mean[i];
                for k in 0..d {
                    m[d + i * d + k] = tau * q.mean[i] * q.mean[k] + q.spread[i * d + k];
                }
            }
            m[d + d * d] = tau;
            m[d + d * d + 1] = digamma(q.shape) - q.rate.ln();
            *a = 0.5 * (d as f64 * LN_2PI - q.log_det) + ln_gamma(q.shape) - q.shape * q.rate.ln();
            in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn of_values(&self, d: usize, values: &[&[f64]]) -> Vec<f64> {
        let (x, tau) = (values[X], values[TAU][0]);
        let mut t: Vec<f64> = x.iter().map(|x| tau * x).collect();
        t.extend((0..d * d).map(|i| tau * x[i / d] * x[i % d]));
        t.extend([tau, tau.ln()]);
        t
    }
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter> {
        let nothing = || Standard {
            mean: vec![f64::NAN; d],
            spread: vec![],
            log_det: f64::NAN,
            shape: f64::NAN,
            rate: f64::NAN,
        };
        let q = standard(d, 0, eta).unwrap_or_else(|_| nothing());
        vec![
            Parameter { name: "mean", domain: Domain::Real, dims: vec![d], values: q.mean },
            Parameter {
                name: "kappa",
                domain: Domain::PositiveDefinite,
                dims: vec![d, d],
                values: kappa(d, eta),
            },
            Parameter { name: "shape", domain: Domain::Positive, dims: vec![], values: vec![q.shape] },
            Parameter { name: "rate", domain: Domain::Positive, dims: vec![], values: vec![q.rate] },
        ]
    }
    fn natural(&self, d: usize, p: &[Parameter]) -> Vec<f64> {
        natural(d, &p[0].values, &p[1].values, p[2].values[0], p[3].values[0])
    }
    fn member_parameters(&self, member: usize) -> &'static [usize] {
        if member == X { &[0, 1] } else { &[2, 3] }
    }
    fn summary(&self, member: usize, d: usize, eta: &[f64]) -> Summary {
        let Ok(q) = standard(d, 0, eta) else {
            return Summary { mean: vec![f64::NAN; d], sd: vec![f64::NAN; d] };
        };
        if member == TAU {
            return Summary { mean: vec![q.shape / q.rate], sd: vec![q.shape.sqrt() / q.rate] };
        }
        let of = |i: usize| {
            if q.shape > 1.0 {
                (q.spread[i * d + i] * q.rate / (q.shape - 1.0)).sqrt()
            } else {
                f64::INFINITY
            }
        };
        Summary { sd: (0..d).map(of).collect(), mean: q.mean }
    }
    /// A Student-t of two degrees of freedom or fewer has none.
    fn has_sd(&self, member: usize, d: usize, eta: &[f64]) -> bool {
        member == TAU || standard(d, 0, eta).is_ok_and(|q| q.shape > 1.0)
    }
    fn cancelled(&self, d: usize, eta: &[f64]) -> f64 {
        standard(d, 0, eta).map_or(f64::NAN, |q| crate::dist::gamma::cancelled(q.shape, q.rate))
    }
    fn quantile(&self, member: usize, d: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let Ok(q) = standard(d, 0, eta) else { return vec![f64::NAN; if member == X { d } else { 1 }] };
        if member == TAU {
            return vec![quantile::gamma(q.shape, p) / q.rate];
        }
        let t = quantile::student_t(2.0 * q.shape, p);
        (0..d).map(|i| q.mean[i] + (q.spread[i * d + i] * q.rate / q.shape).sqrt() * t).collect()
    }
    fn sample(&self, d: usize, eta: &[f64], stream: &mut Stream) -> Vec<Vec<f64>> {
        let Ok(q) = standard(d, 0, eta) else { return vec![vec![f64::NAN; d], vec![f64::NAN]] };
        let tau = stream.gamma(q.shape, q.rate);
        let mut l = q.spread;
        let mut x: Vec<f64> = (0..d).map(|_| stream.normal() / tau.sqrt()).collect();
        // An inverse of what was positive definite is, but for rounding.
        if cholesky::factor(d, &mut l).is_ok() {
            cholesky::times(d, &l, &mut x);
        }
        x.iter_mut().zip(&q.mean).for_each(|(x, m)| *x += m);
        vec![x, vec![tau]]
    }
    fn shifted(&self, d: usize, eta: &[f64], by: &[f64]) -> Option<Vec<f64>> {
        let q = standard(d, 0, eta).ok()?;
        let mean: Vec<f64> = q.mean.iter().zip(by).map(|(m, b)| m + b).collect();
        Some(natural(d, &mean, &kappa(d, eta), q.shape, q.rate))
    }
}
