//! Normal–Wishart: q(x, Λ) = MvNormal(x | m, κΛ) Wishart(Λ | ν, V), a vector and its precision kept together.
//!
//! Statistic: (Λx, xᵀΛx, Λ, ln|Λ|), base measure 1 in dx dΛ. η = (κm, −½κ, −½V⁻¹ − ½κmmᵀ, ½(ν − d)). A(η) =
//! ½d ln 2π − ½d ln κ + ½ν ln|V| + ½νd ln 2 + ln Γ_d(½ν). Moments: (νVm, ν mᵀVm + d/κ, νV, E[ln|Λ|] of the
//! Wishart). x alone is Student-t: dof ν − d + 1, centre m, scale matrix V⁻¹/(κ(ν − d + 1)). Source: Bishop
//! (2006), p. 102 eq. 2.157 and sec. 10.2; Murphy, Conjugate Bayesian analysis of the Gaussian distribution
//! (2007), sec. 8.

use crate::dist::{
    in_range, positive, quantile, spd,
    wishart::{self, Standard as Precision},
};
use crate::expfam::{
    family::{Improper, Parameter, Summary},
    joint::{JointFamily, JointSpec, Rewrite},
    spec::Point,
    stat::{Arithmetic, Domain, GAUSSIAN_VECTOR, Part, PartRole, PartShape, StatKind, WISHART},
};
use crate::num::{double::Double, double_matrix, reduce::dot, stream::Stream};

const LN_2PI: f64 = 1.837_877_066_409_345_3;
const X: usize = 0;
const LAMBDA: usize = 1;

static STAT: StatKind = StatKind {
    name: "Normal–Wishart",
    parts: &[
        Part { symbol: "Λx", shape: PartShape::Vector, role: PartRole::Other },
        Part { symbol: "xᵀΛx", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "Λ", shape: PartShape::Matrix, role: PartRole::Other },
        Part { symbol: "ln|Λ|", shape: PartShape::Scalar, role: PartRole::Other },
    ],
    value: PartShape::Vector,
    arithmetic: Arithmetic::None,
    domain: Domain::Real,
    support: "a real vector and its precision",
    of_value: |_, _, _| Err("is one of a pair"),
};

/// The registry's entry. Λ is symmetric, so each product stands there with either of Λ's axes.
pub static SPEC: JointSpec = JointSpec {
    name: "Normal–Wishart",
    source: "Bishop (2006), eq. 2.157",
    members: &[&GAUSSIAN_VECTOR, &WISHART],
    stat: &STAT,
    of_entries: false,
    rewrites: &[
        Rewrite { from: &[(X, 1, "ij"), (LAMBDA, 0, "ij")], part: 1, axes: "" },
        Rewrite { from: &[(X, 1, "ij"), (LAMBDA, 0, "ji")], part: 1, axes: "" },
        Rewrite { from: &[(X, 0, "j"), (LAMBDA, 0, "ij")], part: 0, axes: "i" },
        Rewrite { from: &[(X, 0, "i"), (LAMBDA, 0, "ij")], part: 0, axes: "j" },
        Rewrite { from: &[(LAMBDA, 0, "ij")], part: 2, axes: "ij" },
        Rewrite { from: &[(LAMBDA, 1, "")], part: 3, axes: "" },
    ],
    family: &NormalWishart,
    points: &[
        Point { d: 1, params: &[&[-3.5], &[0.1], &[5.0], &[0.3]] },
        Point { d: 2, params: &[&[3.5, 70.0], &[0.1], &[2.0], &[1.0, 0.0, 0.0, 0.01]] },
        Point { d: 2, params: &[&[0.0, -1.0], &[50.0], &[60.0], &[0.02, 0.005, 0.005, 0.01]] },
        Point {
            d: 3,
            params: &[&[1.0, 0.0, -2.0], &[1e-3], &[2.6], &[1.0, 0.3, -0.2, 0.3, 2.0, 0.1, -0.2, 0.1, 0.5]],
        },
    ],
};

/// q(x, Λ) = Normal–Wishart.
#[derive(Debug)]
pub struct NormalWishart;

struct Standard {
    mean: Vec<f64>,
    kappa: f64,
    precision: Precision,
}

/// V⁻¹ = −2H − κmmᵀ, with the rounding errors of the product carried: far from 0 the two are nearly equal.
fn inverse_scale(d: usize, eta: &[f64], mean: &[f64], kappa: f64) -> Vec<f64> {
    let (h, matrix) = (&eta[..d], &eta[d + 1..d + 1 + d * d]);
    let mut out = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..d {
            let product = h[i] * mean[j];
            let product_error = h[i].mul_add(mean[j], -product);
            let quotient_error = kappa.mul_add(-mean[j], h[j]) / kappa;
            out[i * d + j] = (-2.0 * matrix[i * d + j] - product) - (product_error + h[i] * quotient_error);
        }
    }
    out
}

/// Of η; or of η and a matrix after it, where the vector is that matrix times the one that η is of: L m, κ, ν and
/// L⁻ᵀ V L⁻¹, of which (L F)(L F)ᵀ is the inverse where F Fᵀ is that of V.
fn parse(d: usize, numbers: &[f64]) -> Result<Standard, String> {
    let (eta, l) = numbers.split_at(numbers.len().min(STAT.width(d)));
    let mut q = parse_eta(d, eta)?;
    if l.is_empty() {
        return Ok(q);
    }
    let Some(inverse) = double_matrix::inverse(d, l) else { return Err("the coordinates are none".into()) };
    let inverse: Vec<f64> = inverse.into_iter().map(Double::rounded).collect();
    let transposed = |a: &[f64]| -> Vec<f64> { (0..d * d).map(|k| a[k % d * d + k / d]).collect() };
    // A Bᵀ.
    let product = |a: &[f64], b: &[f64]| -> Vec<f64> {
        (0..d * d).map(|k| dot(&a[k / d * d..][..d], &b[k % d * d..][..d])).collect()
    };
    q.mean = l.chunks_exact(d).map(|row| dot(row, &q.mean)).collect();
    q.precision.factor = product(l, &transposed(&q.precision.factor));
    let columns = transposed(&inverse);
    q.precision.scale = product(&product(&columns, &q.precision.scale), &columns);
    Ok(q)
}

/// The inverse of the scale of the same.
fn squares(d: usize, numbers: &[f64], q: &Standard) -> Vec<f64> {
    if numbers.len() == STAT.width(d) {
        return inverse_scale(d, numbers, &q.mean, q.kappa);
    }
    let f = &q.precision.factor;
    (0..d * d).map(|k| dot(&f[k / d * d..][..d], &f[k % d * d..][..d])).collect()
}

fn parse_eta(d: usize, eta: &[f64]) -> Result<Standard, String> {
    let kappa = -2.0 * eta[d];
    positive(0, "kappa", kappa).map_err(|e| e.why)?;
    let mean: Vec<f64> = eta[..d].iter().map(|h| h / kappa).collect();
    let dof = 2.0 * eta[d + 1 + d * d] + d as f64;
    let precision = wishart::standard(d, dof, &inverse_scale(d, eta, &mean, kappa))?;
    Ok(Standard { mean, kappa, precision })
}

/// η of (m, κ, V⁻¹, ν).
fn pack(d: usize, mean: &[f64], kappa: f64, inverse_scale: &[f64], dof: f64) -> Vec<f64> {
    let mut eta: Vec<f64> = mean.iter().map(|m| kappa * m).collect();
    eta.push(-0.5 * kappa);
    eta.extend((0..d * d).map(|k| -0.5 * (inverse_scale[k] + kappa * mean[k / d] * mean[k % d])));
    eta.push(0.5 * (dof - d as f64));
    eta
}

impl JointFamily for NormalWishart {
    fn name(&self) -> &'static str {
        "NormalWishart"
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
            let q = parse(d, e).map_err(|why| Improper { element, impossible: false, why })?;
            let (dof, v) = (q.precision.dof, &q.precision.scale);
            for i in 0..d {
                m[i] = dof * dot(&v[i * d..(i + 1) * d], &q.mean);
            }
            m[d] = dot(&m[..d], &q.mean) + d as f64 / q.kappa;
            for (m, v) in m[d + 1..].iter_mut().zip(v) {
                *m = dof * v;
            }
            m[d + 1 + d * d] = q.precision.mean_ln_det(d);
            *a = 0.5 * d as f64 * (LN_2PI - q.kappa.ln()) + q.precision.log_norm(d);
            in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn of_values(&self, d: usize, values: &[&[f64]]) -> Vec<f64> {
        let (x, lambda) = (values[X], values[LAMBDA]);
        let mut out: Vec<f64> = lambda.chunks_exact(d).map(|row| dot(row, x)).collect();
        out.push(dot(&out, x));
        out.extend_from_slice(lambda);
        out.push(spd::lower(lambda, d).map_or(f64::NAN, |l| spd::ln_det(&l, d)));
        out
    }
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter> {
        let (mean, kappa, dof, scale) = match parse(d, eta) {
            Ok(q) => (q.mean, q.kappa, q.precision.dof, q.precision.scale),
            Err(_) => (vec![f64::NAN; d], f64::NAN, f64::NAN, vec![f64::NAN; d * d]),
        };
        vec![
            Parameter { name: "mean", domain: Domain::Real, dims: vec![d], values: mean },
            Parameter { name: "kappa", domain: Domain::Positive, dims: vec![], values: vec![kappa] },
            Parameter { name: "dof", domain: Domain::Positive, dims: vec![], values: vec![dof] },
            Parameter { name: "scale", domain: Domain::PositiveDefinite, dims: vec![d, d], values: scale },
        ]
    }
    fn natural(&self, d: usize, p: &[Parameter]) -> Vec<f64> {
        let inverse = match spd::lower(&p[3].values, d) {
            Some(l) => spd::inverse(&l, d),
            None => vec![f64::NAN; d * d],
        };
        pack(d, &p[0].values, p[1].values[0], &inverse, p[2].values[0])
    }
    /// Bishop (2006), eq. 10.81.
    fn ahead(&self, d: usize, eta: &[f64], times: f64) -> Option<(f64, Vec<f64>, Vec<f64>)> {
        let q = parse(d, eta).ok()?;
        let dof = q.precision.dof - d as f64 + 1.0;
        let inverse = spd::inverse(&spd::lower(&q.precision.scale, d)?, d);
        let factor = (1.0 / times + 1.0 / q.kappa) / dof;
        Some((dof, q.mean, inverse.iter().map(|v| v * factor).collect()))
    }
    fn member_parameters(&self, member: usize) -> &'static [usize] {
        if member == X { &[0, 1] } else { &[2, 3] }
    }
    fn summary(&self, member: usize, d: usize, eta: &[f64]) -> Summary {
        let Ok(q) = parse(d, eta) else {
            // The mean of x needs no more than its own parameters.
            let mean = |h: &f64| h / (-2.0 * eta[d]);
            return if member == X {
                Summary { mean: eta[..d].iter().map(mean).collect(), sd: vec![f64::NAN; d] }
            } else {
                Summary { mean: vec![f64::NAN; d * d], sd: vec![f64::NAN; d * d] }
            };
        };
        if member == LAMBDA {
            return Summary {
                mean: q.precision.scale.iter().map(|v| q.precision.dof * v).collect(),
                sd: q.precision.sd(d),
            };
        }
        let dof = q.precision.dof - d as f64 + 1.0;
        let sd = |i: usize| {
            if dof > 2.0 {
                (inverse_diagonal(d, &q, i) / (q.kappa * (dof - 2.0))).sqrt()
            } else {
                f64::INFINITY
            }
        };
        Summary { sd: (0..d).map(sd).collect(), mean: q.mean }
    }
    /// A Student-t of two degrees of freedom or fewer has none.
    fn has_sd(&self, member: usize, d: usize, eta: &[f64]) -> bool {
        member == LAMBDA || parse(d, eta).is_ok_and(|q| q.precision.dof - d as f64 + 1.0 > 2.0)
    }
    fn cancelled(&self, d: usize, eta: &[f64]) -> f64 {
        parse(d, eta).map_or(f64::NAN, |q| q.precision.cancelled(d))
    }
    fn inverse(&self, member: usize, d: usize, eta: &[f64], _: i32) -> Vec<f64> {
        match parse(d, eta) {
            Ok(q) if member == LAMBDA => wishart::inverse_mean(d, q.precision.dof, &squares(d, eta, &q)),
            _ => vec![],
        }
    }
    fn covariance(&self, d: usize, eta: &[f64]) -> Vec<f64> {
        // No factor: far from 0 there may be none.
        let (kappa, dof) = (-2.0 * eta[d], 2.0 * eta[d + 1 + d * d] + d as f64);
        let squares = self.inverse_scale(d, eta).unwrap_or_default();
        wishart::inverse_mean(d, dof, &squares).iter().map(|v| v / kappa).collect()
    }
    /// Off-diagonal elements of the precision have no closed form and are NaN.
    fn quantile(&self, member: usize, d: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let Ok(q) = parse(d, eta) else {
            return vec![f64::NAN; if member == X { d } else { d * d }];
        };
        if member == LAMBDA {
            return q.precision.quantile(d, p);
        }
        let dof = q.precision.dof - d as f64 + 1.0;
        let t = quantile::student_t(dof, p);
        (0..d).map(|i| q.mean[i] + t * (inverse_diagonal(d, &q, i) / (q.kappa * dof)).sqrt()).collect()
    }
    fn sample(&self, d: usize, eta: &[f64], stream: &mut Stream) -> Vec<Vec<f64>> {
        let Ok(q) = parse(d, eta) else {
            return vec![vec![f64::NAN; d], vec![f64::NAN; d * d]];
        };
        let lambda = q.precision.sample(d, stream);
        let mut x: Vec<f64> = (0..d).map(|_| stream.normal()).collect();
        match spd::lower(&lambda, d) {
            Some(l) => spd::solve_upper(&l, d, &mut x),
            None => x.fill(f64::NAN),
        }
        x.iter_mut().zip(&q.mean).for_each(|(x, m)| *x = m + *x / q.kappa.sqrt());
        vec![x, lambda]
    }
    fn inverse_scale(&self, d: usize, eta: &[f64]) -> Option<Vec<f64>> {
        let kappa = -2.0 * eta[d];
        let mean: Vec<f64> = eta[..d].iter().map(|h| h / kappa).collect();
        Some(inverse_scale(d, eta, &mean, kappa))
    }
    fn turned(&self, _: usize, eta: &[f64], matrix: &[f64]) -> Option<Vec<f64>> {
        Some([eta, matrix].concat())
    }
    fn turned_back(&self, d: usize, eta: &[f64], matrix: &[f64]) -> Option<Vec<f64>> {
        let all = [eta, matrix].concat();
        let q = parse(d, &all).ok()?;
        Some(pack(d, &q.mean, q.kappa, &squares(d, &all, &q), q.precision.dof))
    }
    fn shifted(&self, d: usize, eta: &[f64], by: &[f64]) -> Option<Vec<f64>> {
        let q = parse(d, eta).ok()?;
        let mean: Vec<f64> = q.mean.iter().zip(by).map(|(m, b)| m + b).collect();
        Some(pack(d, &mean, q.kappa, &inverse_scale(d, eta, &q.mean, q.kappa), q.precision.dof))
    }
}

/// (V⁻¹)_ii from the Cholesky factor of V⁻¹: the squared length of its row.
fn inverse_diagonal(d: usize, q: &Standard, i: usize) -> f64 {
    let row = &q.precision.factor[i * d..(i + 1) * d];
    dot(row, row)
}
