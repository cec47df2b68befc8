//! Symmetric positive definite matrices, row-major: factor, inverse, ln|A|. Not here: statistics.

/// The lower Cholesky factor of (A + Aᵀ)/2, row-major with zeros above. `None` where it is not positive definite.
pub(crate) fn lower(a: &[f64], d: usize) -> Option<Vec<f64>> {
    let mut l = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| l[i * d + k] * l[j * d + k]).sum();
            let rest = 0.5 * (a[i * d + j] + a[j * d + i]) - dot;
            if i == j {
                // Also false for NaN.
                if !(rest > 0.0 && rest.is_finite()) {
                    return None;
                }
                l[i * d + i] = rest.sqrt();
            } else {
                l[i * d + j] = rest / l[j * d + j];
            }
        }
    }
    Some(l)
}

/// ln|A| from its factor.
pub(crate) fn ln_det(l: &[f64], d: usize) -> f64 {
    2.0 * (0..d).map(|i| l[i * d + i].ln()).sum::<f64>()
}

/// A⁻¹ from the factor of A: both triangles, exactly symmetric.
pub(crate) fn inverse(l: &[f64], d: usize) -> Vec<f64> {
    // L⁻¹ by forward substitution, then L⁻ᵀ L⁻¹.
    let mut m = vec![0.0; d * d];
    for j in 0..d {
        m[j * d + j] = 1.0 / l[j * d + j];
        for i in j + 1..d {
            let s: f64 = (j..i).map(|k| l[i * d + k] * m[k * d + j]).sum();
            m[i * d + j] = -s / l[i * d + i];
        }
    }
    let mut out = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let s: f64 = (i..d).map(|k| m[k * d + i] * m[k * d + j]).sum();
            out[i * d + j] = s;
            out[j * d + i] = s;
        }
    }
    out
}

/// x with L Lᵀ x = b.
pub(crate) fn solve(l: &[f64], d: usize, b: &[f64]) -> Vec<f64> {
    let mut x = b.to_vec();
    for i in 0..d {
        let s: f64 = (0..i).map(|k| l[i * d + k] * x[k]).sum();
        x[i] = (x[i] - s) / l[i * d + i];
    }
    solve_upper(l, d, &mut x);
    x
}

/// x with Lᵀ x = b, in place.
pub(crate) fn solve_upper(l: &[f64], d: usize, x: &mut [f64]) {
    for i in (0..d).rev() {
        let s: f64 = (i + 1..d).map(|k| l[k * d + i] * x[k]).sum();
        x[i] = (x[i] - s) / l[i * d + i];
    }
}
