//! MvNormal(x | mean m, precision Λ), on real vectors of length d.
//!
//! Density: ½ ln|Λ| − ½d ln 2π − ½ (x − m)ᵀΛ(x − m). Statistic: (x, xxᵀ). η = (Λm, −½Λ).
//! A(η) = ½ mᵀΛm − ½ ln|Λ| + ½d ln 2π. Moments: (m, mmᵀ + Λ⁻¹).
//! Source: Bishop (2006), p. 78 eq. 2.43 and App. B p. 689.

use super::spd;
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Term, part, term},
    outlook::Predictive,
    spec::{DistSpec, PLAIN, Param, Point, Spelling},
    stat::{Domain, GAUSSIAN_VECTOR, WISHART, ln_det_spd},
};
use crate::num::stream::Stream;
use statrs::distribution::ContinuousCDF;

const LN_2PI: f64 = 1.837_877_066_409_345_3;
const X: usize = 0;
const MEAN: usize = 1;
const PRECISION: usize = 2;

// xᵀΛm is written half and half, so that the message to Λ is a symmetric matrix.
static TERMS: &[Term] = &[
    term(|_| -0.5, &[part(PRECISION, 0, "ij"), part(X, 1, "ij")]),
    term(|_| 0.5, &[part(PRECISION, 0, "ij"), part(X, 0, "i"), part(MEAN, 0, "j")]),
    term(|_| 0.5, &[part(PRECISION, 0, "ij"), part(X, 0, "j"), part(MEAN, 0, "i")]),
    term(|_| -0.5, &[part(PRECISION, 0, "ij"), part(MEAN, 1, "ij")]),
    term(|_| 0.5, &[part(PRECISION, 1, "")]),
    term(|d| -0.5 * d as f64 * LN_2PI, &[]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "MvNormal",
    summary: "a real vector around a mean",
    source: "Bishop (2006), eq. 2.43",
    density: "½ ln|precision| − ½ d ln 2π − ½ (x − mean)ᵀ precision (x − mean)",
    stat: &GAUSSIAN_VECTOR,
    params: &[
        Param {
            name: "mean",
            stat: &GAUSSIAN_VECTOR,
            random: true,
            gated: true,
            spellings: &[],
            doc: "the centre: a vector or an MvNormal",
        },
        Param {
            name: "precision",
            stat: &WISHART,
            random: true,
            gated: true,
            spellings: &[Spelling { name: "covariance", convert: invert, power: None }],
            doc: "the inverse of the covariance: a symmetric positive definite matrix or a Wishart",
        },
    ],
    terms: TERMS,
    log_base: None,
    family: Some(&MvNormal),
    mean_given: None,
    predictive: Some(Predictive::Around(|e, _| (e.power)(PRECISION, -1))),
    points: &[
        Point { d: 1, params: &[&[-3.5], &[0.25]] },
        Point { d: 2, params: &[&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0]] },
        Point { d: 2, params: &[&[3.5, 70.0], &[5.0, -0.3, -0.3, 0.05]] },
        Point { d: 3, params: &[&[1e3, -2.0, 0.0], &[1e-4, 0.0, 0.0, 0.0, 1e4, 10.0, 0.0, 10.0, 1.0]] },
        Point { d: 16, params: &[&RAMP_16, &super::wishart::BANDED_16] },
    ],
    location: true,
    ..PLAIN
};

static RAMP_16: [f64; 16] =
    [-8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];

fn invert(value: &mut [f64], d: usize) -> Result<(), &'static str> {
    ln_det_spd(value, d)?;
    let l = spd::lower(value, d).ok_or("is not positive definite")?;
    value.copy_from_slice(&spd::inverse(&l, d));
    Ok(())
}

/// q(x) = MvNormal.
#[derive(Debug)]
pub struct MvNormal;

struct Standard {
    mean: Vec<f64>,
    precision: Vec<f64>,
    /// Lower Cholesky factor of the precision.
    factor: Vec<f64>,
}

fn standard(d: usize, eta: &[f64]) -> Option<Standard> {
    let precision: Vec<f64> = eta[d..].iter().map(|e| -2.0 * e).collect();
    let factor = spd::lower(&precision, d)?;
    Some(Standard { mean: spd::solve(&factor, d, &eta[..d]), precision, factor })
}

impl Family for MvNormal {
    fn name(&self) -> &'static str {
        "MvNormal"
    }
    fn evaluate(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        let w = d + d * d;
        for (element, ((e, m), a)) in
            eta.chunks_exact(w).zip(moments.chunks_exact_mut(w)).zip(log_norm).enumerate()
        {
            let Some(q) = standard(d, e) else {
                return Err(Improper {
                    element,
                    impossible: false,
                    why: "the precision is not positive definite".into(),
                });
            };
            let covariance = spd::inverse(&q.factor, d);
            m[..d].copy_from_slice(&q.mean);
            for i in 0..d {
                for j in 0..d {
                    m[d + i * d + j] = q.mean[i] * q.mean[j] + covariance[i * d + j];
                }
            }
            let quadratic = crate::num::reduce::dot(&e[..d], &q.mean);
            *a = 0.5 * (quadratic - spd::ln_det(&q.factor, d) + d as f64 * LN_2PI);
            super::bounds::in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter> {
        let (mean, precision) = match standard(d, eta) {
            Some(q) => (q.mean, q.precision),
            None => (vec![f64::NAN; d], eta[d..].iter().map(|e| -2.0 * e).collect()),
        };
        vec![
            Parameter { name: "mean", domain: Domain::Real, dims: vec![d], values: mean },
            Parameter {
                name: "precision",
                domain: Domain::PositiveDefinite,
                dims: vec![d, d],
                values: precision,
            },
        ]
    }
    fn natural(&self, d: usize, p: &[Parameter]) -> Vec<f64> {
        let (mean, precision) = (&p[0].values, &p[1].values);
        let mut eta: Vec<f64> =
            precision.chunks_exact(d).map(|row| crate::num::reduce::dot(row, mean)).collect();
        eta.extend(precision.iter().map(|v| -0.5 * v));
        eta
    }
    fn summary(&self, d: usize, eta: &[f64]) -> Summary {
        match standard(d, eta) {
            Some(q) => {
                let covariance = spd::inverse(&q.factor, d);
                Summary { mean: q.mean, sd: (0..d).map(|i| covariance[i * d + i].sqrt()).collect() }
            }
            None => Summary { mean: vec![f64::NAN; d], sd: vec![f64::NAN; d] },
        }
    }
    fn quantile(&self, d: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let z = statrs::distribution::Normal::standard().inverse_cdf(p);
        let s = self.summary(d, eta);
        s.mean.iter().zip(&s.sd).map(|(m, sd)| m + z * sd).collect()
    }
    fn sample(&self, d: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        let Some(q) = standard(d, eta) else { return vec![f64::NAN; d] };
        // The precision is F Fᵀ, so F⁻ᵀ z has covariance F⁻ᵀ F⁻¹.
        let mut x: Vec<f64> = (0..d).map(|_| stream.normal()).collect();
        spd::solve_upper(&q.factor, d, &mut x);
        x.iter_mut().zip(&q.mean).for_each(|(x, m)| *x += m);
        x
    }
    fn shifted(&self, d: usize, eta: &[f64], by: &[f64]) -> Option<Vec<f64>> {
        // Λ(m + by) = η₁ − 2 η₂ by: no need of the mean.
        let mut out = eta.to_vec();
        for i in 0..d {
            out[i] -= 2.0 * crate::num::reduce::dot(&eta[d + i * d..d + (i + 1) * d], by);
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_covariance_is_inverted_or_refused() {
        let (slot, spelling) = SPEC.param("covariance").expect("a spelling");
        let convert = spelling.expect("not the slot's own name").convert;
        let mut v = [2.0, 1.0, 1.0, 1.0];
        convert(&mut v, 2).unwrap();
        assert_eq!(slot, PRECISION);
        assert!(v.iter().zip([1.0, -1.0, -1.0, 2.0]).all(|(a, b)| (a - b).abs() < 1e-14), "{v:?}");
        assert_eq!(convert(&mut [1.0, 2.0, 2.0, 1.0], 2), Err("is not positive definite"));
        assert_eq!(convert(&mut [1.0, 0.1, 0.2, 1.0], 2), Err("is not symmetric"));
    }
}
