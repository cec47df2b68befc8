//! Wishart(X | dof ν, scale V), on symmetric positive definite d × d matrices; its mean is νV.
//!
//! Density: ½(ν − d − 1) ln|X| − ½ tr(V⁻¹X) − ½ν ln|V| − ½νd ln 2 − ln Γ_d(½ν). Statistic: (X, ln|X|).
//! η = (−½V⁻¹, ½(ν − d − 1)). A(η) = ½ν ln|V| + ½νd ln 2 + ln Γ_d(½ν).
//! Moments: (νV, Σᵢ ψ(½(ν + 1 − i)) + d ln 2 + ln|V|).
//! Source: Bishop (2006), App. B p. 693 eq. B.78–B.82.

use super::spd;
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Term, part, term},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{Arithmetic, Domain, Part, PartRole, PartShape, StatKind, WISHART, ln_det_spd},
};
use crate::num::{
    special::{ln_multigamma, multidigamma},
    stream::Stream,
};
use std::f64::consts::LN_2;

const X: usize = 0;
const DOF: usize = 1;
const SCALE: usize = 2;

/// Known degrees of freedom: (½(ν − d − 1), ½ν, ln Γ_d(½ν) + ½νd ln 2).
static WISHART_DOF: StatKind = StatKind {
    name: "Wishart dof",
    parts: &[
        Part { symbol: "½(x − d − 1)", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "½x", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "ln Γ_d(½x) + ½xd ln 2", shape: PartShape::Scalar, role: PartRole::Other },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known number above d − 1",
    of_value: |x, d, out| {
        let (dof, dim) = (x[0], d as f64);
        if !dof.is_finite() {
            return Err("is not finite");
        }
        if dof <= dim - 1.0 {
            return Err("needs dof > D − 1");
        }
        out[0] = 0.5 * (dof - dim - 1.0);
        out[1] = 0.5 * dof;
        out[2] = ln_multigamma(d, 0.5 * dof) + 0.5 * dof * dim * LN_2;
        Ok(())
    },
};

/// Known scales: (V⁻¹, ln|V|).
static WISHART_SCALE: StatKind = StatKind {
    name: "Wishart scale",
    parts: &[
        Part { symbol: "x⁻¹", shape: PartShape::Matrix, role: PartRole::Other },
        Part { symbol: "ln|x|", shape: PartShape::Scalar, role: PartRole::Log },
    ],
    value: PartShape::Matrix,
    arithmetic: Arithmetic::None,
    domain: Domain::PositiveDefinite,
    support: "a known symmetric positive definite matrix",
    of_value: |x, d, out| {
        out[d * d] = ln_det_spd(x, d)?;
        let l = spd::lower(x, d).ok_or("is not positive definite")?;
        out[..d * d].copy_from_slice(&spd::inverse(&l, d));
        Ok(())
    },
};

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(DOF, 0, ""), part(X, 1, "")]),
    term(|_| -0.5, &[part(SCALE, 0, "ij"), part(X, 0, "ij")]),
    term(|_| -1.0, &[part(DOF, 1, ""), part(SCALE, 1, "")]),
    term(|_| -1.0, &[part(DOF, 2, "")]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Wishart",
    summary: "a symmetric positive definite matrix: the precision of a vector",
    source: "Bishop (2006), eq. B.78",
    density: "½(dof − d − 1) ln|X| − ½ tr(scale⁻¹ X) − ½ dof ln|scale| − ½ dof d ln 2 − ln Γ_d(½ dof)",
    stat: &WISHART,
    params: &[
        Param {
            name: "dof",
            stat: &WISHART_DOF,
            random: false,
            gated: true,
            spellings: &[],
            doc: "a known number above d − 1",
        },
        Param {
            name: "scale",
            stat: &WISHART_SCALE,
            random: false,
            gated: true,
            spellings: &[],
            doc: "a known symmetric positive definite matrix; the mean is dof · scale",
        },
    ],
    terms: TERMS,
    log_base: None,
    family: Some(&Wishart),
    mean_given: None,
    predictive: Some(Predictive::Moments(|e, d| {
        let (dof, scale) = (e.number(DOF, 1), (e.power)(SCALE, 1));
        let left = dof - d as f64 - 1.0;
        let inverse = match spd::lower(&scale, d) {
            Some(l) if left > 0.0 => spd::inverse(&l, d).iter().map(|v| v / left).collect(),
            Some(_) => vec![f64::INFINITY; d * d],
            None => vec![f64::NAN; d * d],
        };
        Outlook { mean: scale.iter().map(|v| dof * v).collect(), variance: vec![], inverse }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0], &[2.0]] },
        Point { d: 1, params: &[&[1e-6], &[1.0]] },
        Point { d: 2, params: &[&[2.0], &[1.0, 0.0, 0.0, 0.01]] },
        Point { d: 2, params: &[&[1.000_001], &[2.0, 0.5, 0.5, 1.0]] },
        Point { d: 3, params: &[&[7.5], &[1.0, 0.3, -0.2, 0.3, 2.0, 0.1, -0.2, 0.1, 0.5]] },
        Point { d: 3, params: &[&[1e6], &[1e-6, 0.0, 0.0, 0.0, 1e-5, 1e-6, 0.0, 1e-6, 1e-6]] },
        Point { d: 16, params: &[&[20.0], &BANDED_16] },
        Point { d: 16, params: &[&[15.001], &BANDED_16] },
    ],
    location: false,
    congruent: Some(SCALE),
    ..PLAIN
};

/// A 16 × 16 test matrix: 1 on the diagonal, 0.4 and 0.1 beside it.
pub(super) static BANDED_16: [f64; 256] = {
    let mut m = [0.0; 256];
    let mut i = 0;
    while i < 16 {
        m[i * 17] = 1.0;
        if i + 1 < 16 {
            m[i * 16 + i + 1] = 0.4;
            m[(i + 1) * 16 + i] = 0.4;
        }
        if i + 2 < 16 {
            m[i * 16 + i + 2] = 0.1;
            m[(i + 2) * 16 + i] = 0.1;
        }
        i += 1;
    }
    m
};

/// q(X) = Wishart.
#[derive(Debug)]
pub struct Wishart;

/// What the moments of a Wishart and of a Normal–Wishart need.
pub(crate) struct Standard {
    pub dof: f64,
    /// V.
    pub scale: Vec<f64>,
    /// ln|V|.
    pub ln_det: f64,
    /// Lower Cholesky factor of V⁻¹.
    pub factor: Vec<f64>,
}

/// From ν and V⁻¹; in words why not.
pub(crate) fn standard(d: usize, dof: f64, inverse_scale: &[f64]) -> Result<Standard, String> {
    // Written so that NaN fails too.
    if !(dof > d as f64 - 1.0 && dof.is_finite()) {
        return Err(format!("the dof {dof} is not above D − 1 = {}", d as f64 - 1.0));
    }
    let Some(factor) = spd::lower(inverse_scale, d) else {
        return Err("the inverse of the scale is not positive definite".into());
    };
    let ln_det = -spd::ln_det(&factor, d);
    Ok(Standard { dof, scale: spd::inverse(&factor, d), ln_det, factor })
}

impl Standard {
    /// E[ln|X|].
    pub fn mean_ln_det(&self, d: usize) -> f64 {
        multidigamma(d, 0.5 * self.dof) + d as f64 * LN_2 + self.ln_det
    }
    /// ½ν ln|V| + ½νd ln 2 + ln Γ_d(½ν).
    pub fn log_norm(&self, d: usize) -> f64 {
        0.5 * self.dof * (self.ln_det + d as f64 * LN_2) + ln_multigamma(d, 0.5 * self.dof)
    }
    /// Numbers without signs that cancel in A, and about as much again in ⟨η, μ⟩.
    pub fn cancelled(&self, d: usize) -> f64 {
        let ln_det = 0.5 * self.dof * (self.ln_det.abs() + d as f64 * LN_2);
        2.0 * (ln_det + ln_multigamma(d, 0.5 * self.dof).abs())
    }
    /// Var(X_ij) = ν(V_ij² + V_ii V_jj).
    pub fn sd(&self, d: usize) -> Vec<f64> {
        let v = &self.scale;
        (0..d * d)
            .map(|k| {
                let (i, j) = (k / d, k % d);
                (self.dof * (v[k] * v[k] + v[i * d + i] * v[j * d + j])).sqrt()
            })
            .collect()
    }
    /// Diagonal elements are Gamma(½ν, 1/(2V_ii)); the others have no closed form and are NaN.
    pub fn quantile(&self, d: usize, p: f64) -> Vec<f64> {
        let unit = super::quantile::gamma(0.5 * self.dof, p);
        (0..d * d).map(|k| if k / d == k % d { 2.0 * self.scale[k] * unit } else { f64::NAN }).collect()
    }
    /// Bartlett's decomposition, X = L A Aᵀ Lᵀ with V = L Lᵀ; here L = F⁻ᵀ for the factor F of V⁻¹, and A
    /// upper triangular so that the same argument holds with the order of the coordinates turned round.
    ///
    /// Source: Gelman et al., Bayesian Data Analysis (3rd ed., 2013), App. A p. 582.
    pub fn sample(&self, d: usize, stream: &mut Stream) -> Vec<f64> {
        // Columns of F⁻ᵀ A.
        let mut columns = vec![0.0; d * d];
        for j in 0..d {
            let column = &mut columns[j * d..(j + 1) * d];
            for c in column.iter_mut().take(j) {
                *c = stream.normal();
            }
            // Upper triangular: row j has d − 1 − j normals to its right.
            let left = (d - 1 - j) as f64;
            column[j] = (2.0 * stream.gamma(0.5 * (self.dof - left), 1.0)).sqrt();
            spd::solve_upper(&self.factor, d, column);
        }
        let mut x = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..=i {
                let s: f64 = (0..d).map(|k| columns[k * d + i] * columns[k * d + j]).sum();
                x[i * d + j] = s;
                x[j * d + i] = s;
            }
        }
        x
    }
}

/// ν and V⁻¹ of one element.
fn split(d: usize, eta: &[f64]) -> (f64, Vec<f64>) {
    (2.0 * eta[d * d] + d as f64 + 1.0, eta[..d * d].iter().map(|e| -2.0 * e).collect())
}

fn parse(d: usize, eta: &[f64]) -> Result<Standard, String> {
    let (dof, inverse_scale) = split(d, eta);
    standard(d, dof, &inverse_scale)
}

/// E X⁻¹ = V⁻¹ / (ν − d − 1).
pub(crate) fn inverse_mean(d: usize, dof: f64, inverse_scale: &[f64]) -> Vec<f64> {
    let left = dof - d as f64 - 1.0;
    inverse_scale.iter().map(|v| if left > 0.0 { v / left } else { f64::INFINITY }).collect()
}

impl Family for Wishart {
    fn name(&self) -> &'static str {
        "Wishart"
    }
    fn evaluate(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        let w = d * d + 1;
        for (element, ((e, m), a)) in
            eta.chunks_exact(w).zip(moments.chunks_exact_mut(w)).zip(log_norm).enumerate()
        {
            let q = parse(d, e).map_err(|why| Improper { element, impossible: false, why })?;
            for (m, v) in m.iter_mut().zip(&q.scale) {
                *m = q.dof * v;
            }
            m[d * d] = q.mean_ln_det(d);
            *a = q.log_norm(d);
            super::bounds::in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn cancelled(&self, d: usize, eta: &[f64]) -> f64 {
        parse(d, eta).map_or(f64::NAN, |q| q.cancelled(d))
    }
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter> {
        let (dof, scale) = match parse(d, eta) {
            Ok(q) => (q.dof, q.scale),
            Err(_) => (split(d, eta).0, vec![f64::NAN; d * d]),
        };
        vec![
            Parameter { name: "dof", domain: Domain::Positive, dims: vec![], values: vec![dof] },
            Parameter { name: "scale", domain: Domain::PositiveDefinite, dims: vec![d, d], values: scale },
        ]
    }
    fn natural(&self, d: usize, p: &[Parameter]) -> Vec<f64> {
        let mut eta = match spd::lower(&p[1].values, d) {
            Some(l) => spd::inverse(&l, d),
            None => vec![f64::NAN; d * d],
        };
        eta.iter_mut().for_each(|e| *e *= -0.5);
        eta.push(0.5 * (p[0].values[0] - d as f64 - 1.0));
        eta
    }
    fn summary(&self, d: usize, eta: &[f64]) -> Summary {
        match parse(d, eta) {
            Ok(q) => Summary { mean: q.scale.iter().map(|v| q.dof * v).collect(), sd: q.sd(d) },
            Err(_) => Summary { mean: vec![f64::NAN; d * d], sd: vec![f64::NAN; d * d] },
        }
    }
    fn inverse(&self, d: usize, eta: &[f64], _: i32) -> Vec<f64> {
        let (dof, inverse_scale) = split(d, eta);
        inverse_mean(d, dof, &inverse_scale)
    }
    /// Diagonal elements only: the others have no closed form and are NaN.
    fn quantile(&self, d: usize, eta: &[f64], p: f64) -> Vec<f64> {
        parse(d, eta).map_or_else(|_| vec![f64::NAN; d * d], |q| q.quantile(d, p))
    }
    fn sample(&self, d: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        parse(d, eta).map_or_else(|_| vec![f64::NAN; d * d], |q| q.sample(d, stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_have_no_statistic_say_why() {
        let refused = |kind: &StatKind, value: &[f64]| (kind.of_value)(value, 2, &mut [0.0; 8]).unwrap_err();
        assert_eq!(refused(&WISHART_DOF, &[1.0]), "needs dof > D − 1");
        assert_eq!(refused(&WISHART_DOF, &[f64::NAN]), "is not finite");
        assert_eq!(refused(&WISHART_SCALE, &[1.0, 0.5, 0.4, 1.0]), "is not symmetric");
        assert_eq!(refused(&WISHART_SCALE, &[1.0, 2.0, 2.0, 1.0]), "is not positive definite");
        assert_eq!(refused(&WISHART_SCALE, &[1.0, 0.0, 0.0, f64::INFINITY]), "is not finite");
    }

    #[test]
    fn only_the_diagonal_has_quantiles() {
        let eta = Wishart.natural(
            2,
            &[
                Parameter { name: "dof", domain: Domain::Positive, dims: vec![], values: vec![5.0] },
                Parameter {
                    name: "scale",
                    domain: Domain::PositiveDefinite,
                    dims: vec![2, 2],
                    values: vec![1.0, 0.2, 0.2, 3.0],
                },
            ],
        );
        let q = Wishart.quantile(2, &eta, 0.5);
        assert!(q[1].is_nan() && q[2].is_nan());
        // V_jj χ²(5), whose median is 4.351460.
        assert!((q[0] - 4.351_460).abs() < 1e-5 && (q[3] - 3.0 * 4.351_460).abs() < 1e-5, "{q:?}");
    }
}
