//! Gaussian vectors of one small size: natural parameters in, moments and log norm out. Knows nothing of what
//! the vectors mean, nor of zeros in their precisions.
//!
//! Λ = −(J + Jᵀ) = L Lᵀ, E x = Λ⁻¹ h, A = ½ hᵀ Λ⁻¹ h − ½ ln |Λ| + ½ M ln 2π (Bishop, "Pattern Recognition and
//! Machine Learning", section 2.3.1, in natural form). Neighbours with the same J share one factor.

use crate::num::cholesky;
use std::fmt;

/// Why a Gaussian has no moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenseGaussianError {
    /// The precision of this element is not positive definite.
    NotPositive {
        /// Its row.
        element: usize,
        /// The component at which that showed.
        component: usize,
    },
    /// A natural parameter is NaN or infinite, or overflows.
    NotFinite {
        /// The row where it was seen.
        element: usize,
    },
}

impl fmt::Display for DenseGaussianError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPositive { element, component } => {
                write!(
                    f,
                    "the precision of element {} is not positive definite at component {}",
                    element + 1,
                    component + 1
                )
            }
            Self::NotFinite { element } => {
                write!(f, "a natural parameter of element {} is not a finite number", element + 1)
            }
        }
    }
}

impl std::error::Error for DenseGaussianError {}

/// How many `f64`s of scratch [`run`] takes for vectors of `m` components, however many there are.
pub fn scratch_len(m: usize) -> usize {
    3 * m * m + m
}

/// With exponent h·x + ⟨J, x xᵀ⟩ for each row `[h | J]` of `rows` (N×(M + M²); only the symmetric part of J
/// counts), overwrites it by `[E x | E x xᵀ]` and adds the log normaliser (nats) to that row's number in
/// `log_norm` (N).
///
/// # Errors
/// If a precision is not positive definite or a parameter not finite, naming the row. The outputs are then of
/// no use.
pub fn run(
    m: usize,
    rows: &mut [f64],
    log_norm: &mut [f64],
    scratch: &mut [f64],
) -> Result<(), DenseGaussianError> {
    if m == 0 {
        return Ok(());
    }
    let square = m * m;
    let (l, rest) = scratch.split_at_mut(square);
    let (covariance, rest) = rest.split_at_mut(square);
    let (last, rest) = rest.split_at_mut(square);
    let mean = &mut rest[..m];
    let mut constant = 0.0;
    for (element, (row, z)) in rows.chunks_exact_mut(m + square).zip(log_norm).enumerate() {
        let (h, j) = row.split_at_mut(m);
        if element == 0 || *last != *j {
            last.copy_from_slice(j);
            for a in 0..m {
                for b in 0..=a {
                    l[a * m + b] = -(j[a * m + b] + j[b * m + a]);
                }
            }
            if let Err(e) = cholesky::factor(m, l) {
                let component = e.pivot;
                let finite = l[component * m..][..=component].iter().all(|x| x.is_finite());
                return Err(if finite {
                    DenseGaussianError::NotPositive { element, component }
                } else {
                    DenseGaussianError::NotFinite { element }
                });
            }
            cholesky::inverse(m, l, covariance);
            constant = 0.5 * (m as f64 * std::f64::consts::TAU.ln() - cholesky::log_det(m, l));
        }
        mean.copy_from_slice(h);
        cholesky::forward(m, l, mean);
        let quadratic: f64 = mean.iter().map(|u| u * u).sum();
        if !quadratic.is_finite() {
            return Err(DenseGaussianError::NotFinite { element });
        }
        *z += 0.5 * quadratic + constant;
        mean.copy_from_slice(h);
        cholesky::solve(m, l, mean);
        h.copy_from_slice(mean);
        for ((j, c), a) in j.chunks_exact_mut(m).zip(covariance.chunks_exact(m)).zip(&*mean) {
            for ((j, c), b) in j.iter_mut().zip(c).zip(&*mean) {
                *j = c + a * b;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::stream::Stream;
    use nalgebra::{DMatrix, DVector};

    /// N rows [h | J], J not symmetric; each J serves `run_length` rows.
    fn random(seed: u64, m: usize, n: usize, run_length: usize) -> Vec<f64> {
        let mut s = Stream::new(seed, "dense gaussian", 0);
        let (mut rows, mut j) = (Vec::new(), vec![]);
        for e in 0..n {
            if e % run_length == 0 {
                let b: Vec<f64> = (0..m * m).map(|_| s.normal()).collect();
                let b = DMatrix::from_vec(m, m, b);
                let skew = DMatrix::from_fn(m, m, |a, c| {
                    if a < c {
                        0.3
                    } else if a > c {
                        -0.3
                    } else {
                        0.0
                    }
                });
                j = (-0.5 * (&b * b.transpose() + DMatrix::identity(m, m)) + skew).as_slice().to_vec();
            }
            rows.extend((0..m).map(|_| 2.0 * s.normal()));
            rows.extend(&j);
        }
        rows
    }

    fn solved(m: usize, rows: &[f64]) -> Result<(Vec<f64>, Vec<f64>), DenseGaussianError> {
        let (mut out, mut z) = (rows.to_vec(), vec![0.0; rows.len() / (m + m * m)]);
        run(m, &mut out, &mut z, &mut vec![f64::NAN; scratch_len(m)])?;
        Ok((out, z))
    }

    #[test]
    fn equals_a_dense_solve() {
        for m in [1, 2, 3, 5, 9, 20] {
            for run_length in [1, 3, 7] {
                let rows = random(m as u64, m, 7, run_length);
                let (out, z) = solved(m, &rows).expect("proper");
                let width = m + m * m;
                for (e, z) in z.iter().enumerate() {
                    let (row, got) = (&rows[e * width..][..width], &out[e * width..][..width]);
                    let (h, j) =
                        (DVector::from_column_slice(&row[..m]), DMatrix::from_row_slice(m, m, &row[m..]));
                    let precision = -(&j + j.transpose());
                    let factor = precision.clone().cholesky().expect("positive definite");
                    let mean = factor.solve(&h);
                    let second = factor.inverse() + &mean * mean.transpose();
                    let log_norm = 0.5
                        * (mean.dot(&h) - precision.determinant().ln()
                            + m as f64 * std::f64::consts::TAU.ln());
                    let what = format!("m = {m}, J for {run_length} rows, element {e}");
                    assert!(
                        (z - log_norm).abs() < 1e-11 * log_norm.abs().max(1.0),
                        "{what}: {z} is not {log_norm}"
                    );
                    assert!((DVector::from_column_slice(&got[..m]) - mean).amax() < 1e-11, "{what}: mean");
                    assert!(
                        (DMatrix::from_row_slice(m, m, &got[m..]) - second).amax() < 1e-11,
                        "{what}: second moment"
                    );
                }
            }
        }
    }

    #[test]
    fn the_log_norm_has_the_moments_as_its_gradient() {
        let (m, eps) = (3, 1e-5);
        let rows = random(2, m, 2, 1);
        let (out, _) = solved(m, &rows).expect("proper");
        for i in 0..rows.len() {
            let at = |by: f64| {
                let mut r = rows.clone();
                r[i] += by;
                solved(m, &r).expect("proper").1.iter().sum::<f64>()
            };
            let slope = (at(eps) - at(-eps)) / (2.0 * eps);
            assert!(
                (slope - out[i]).abs() < 1e-7 * out[i].abs().max(1.0),
                "number {i}: {slope} is not {}",
                out[i]
            );
        }
    }

    #[test]
    fn rows_are_independent_and_log_norms_are_added_to() {
        let rows = random(4, 4, 6, 2);
        let (out, z) = solved(4, &rows).expect("proper");
        for e in 0..6 {
            let (one, own) = solved(4, &rows[e * 20..][..20]).expect("proper");
            assert_eq!((&out[e * 20..][..20], z[e]), (&one[..], own[0]), "element {e}");
        }
        let (mut again, mut sums) = (rows, vec![1.0; 6]);
        run(4, &mut again, &mut sums, &mut vec![0.0; scratch_len(4)]).expect("proper");
        sums.iter().zip(&z).for_each(|(s, z)| assert!((s - 1.0 - z).abs() < 1e-14));
    }

    #[test]
    fn names_the_element_that_is_not_proper() {
        let good = random(5, 2, 4, 4);
        let with = |at: usize, value: f64| {
            let mut rows = good.clone();
            rows[at] = value;
            solved(2, &rows).expect_err("improper")
        };
        assert_eq!(with(2 * 6 + 5, 1.0), DenseGaussianError::NotPositive { element: 2, component: 1 });
        for at in [3 * 6, 3 * 6 + 2, 3 * 6 + 3] {
            assert_eq!(with(at, f64::NAN), DenseGaussianError::NotFinite { element: 3 }, "number {at}");
        }
        assert_eq!(with(1, f64::INFINITY), DenseGaussianError::NotFinite { element: 0 });
        assert_eq!(
            with(6 + 5, 1.0).to_string(),
            "the precision of element 2 is not positive definite at component 2"
        );
    }
}
