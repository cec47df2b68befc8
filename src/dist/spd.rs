//! Symmetric positive definite matrices as the matrix families use them: `num::cholesky` on the symmetric
//! part, into new vectors. Not here: the algorithms, nor statistics.

use crate::num::cholesky;

/// The lower Cholesky factor of (A + Aᵀ)/2, row-major with zeros above. `None` where it is not positive
/// definite.
pub(crate) fn lower(a: &[f64], d: usize) -> Option<Vec<f64>> {
    let mut l: Vec<f64> = (0..d * d).map(|k| 0.5 * (a[k] + a[k % d * d + k / d])).collect();
    cholesky::factor(d, &mut l).ok().map(|()| l)
}

/// ln|A| from its factor.
pub(crate) fn ln_det(l: &[f64], d: usize) -> f64 {
    cholesky::log_det(d, l)
}

/// A⁻¹ from the factor of A: both triangles, exactly symmetric.
pub(crate) fn inverse(l: &[f64], d: usize) -> Vec<f64> {
    let mut out = vec![0.0; d * d];
    cholesky::inverse(d, l, &mut out);
    out
}

/// x with L Lᵀ x = b.
pub(crate) fn solve(l: &[f64], d: usize, b: &[f64]) -> Vec<f64> {
    let mut x = b.to_vec();
    cholesky::solve(d, l, &mut x);
    x
}

/// x with Lᵀ x = b, in place.
pub(crate) fn solve_upper(l: &[f64], d: usize, x: &mut [f64]) {
    for i in (0..d).rev() {
        let s: f64 = (i + 1..d).map(|k| l[k * d + i] * x[k]).sum();
        x[i] = (x[i] - s) / l[i * d + i];
    }
}
