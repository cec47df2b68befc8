//! Cholesky factors of small dense row-major matrices, in slices, without allocating. No other
//! decompositions.

use std::fmt;

/// The matrix is not positive definite: the pivot at which that showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPositive {
    /// Row of the pivot that was not above zero (or not finite).
    pub pivot: usize,
}

impl fmt::Display for NotPositive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the matrix is not positive definite (pivot {})", self.pivot + 1)
    }
}

impl std::error::Error for NotPositive {}

/// Overwrites the d × d matrix A with its lower factor L, A = L Lᵀ, zeros above. Only the lower triangle is
/// read. Golub and Van Loan, Algorithm 4.2.1, by rows.
///
/// # Errors
/// If a pivot is not positive and finite; the matrix is then half overwritten.
pub fn factor(d: usize, a: &mut [f64]) -> Result<(), NotPositive> {
    for i in 0..d {
        let (above, row) = a.split_at_mut(i * d);
        let row = &mut row[..d];
        for j in 0..i {
            let lj = &above[j * d..j * d + d];
            row[j] = (row[j] - short_dot(&row[..j], &lj[..j])) / lj[j];
        }
        let pivot = row[i] - short_dot(&row[..i], &row[..i]);
        if !(pivot > 0.0 && pivot.is_finite()) {
            return Err(NotPositive { pivot: i });
        }
        row[i] = pivot.sqrt();
        row[i + 1..].fill(0.0);
    }
    Ok(())
}

/// ln |A| from its factor.
pub fn log_det(d: usize, l: &[f64]) -> f64 {
    2.0 * (0..d).map(|i| l[i * d + i].ln()).sum::<f64>()
}

/// Overwrites x with A⁻¹ x, given the factor of A.
pub fn solve(d: usize, l: &[f64], x: &mut [f64]) {
    forward(d, l, x);
    back(d, l, x);
}

/// Overwrites x with L⁻ᵀ x.
pub fn back(d: usize, l: &[f64], x: &mut [f64]) {
    for i in (0..d).rev() {
        x[i] /= l[i * d + i];
        let xi = x[i];
        for (xj, lij) in x[..i].iter_mut().zip(&l[i * d..i * d + i]) {
            *xj -= xi * lij;
        }
    }
}

/// Overwrites x with L⁻¹ x.
pub fn forward(d: usize, l: &[f64], x: &mut [f64]) {
    for i in 0..d {
        x[i] = (x[i] - short_dot(&l[i * d..i * d + i], &x[..i])) / l[i * d + i];
    }
}

/// Overwrites x with Lᵀ x.
pub fn transpose_times(d: usize, l: &[f64], x: &mut [f64]) {
    for i in 0..d {
        x[i] = (i..d).map(|j| l[j * d + i] * x[j]).sum();
    }
}

/// Overwrites x with L x.
pub fn times(d: usize, l: &[f64], x: &mut [f64]) {
    for i in (0..d).rev() {
        x[i] = short_dot(&l[i * d..i * d + i + 1], &x[..i + 1]);
    }
}

/// Writes A⁻¹ (full and exactly symmetric) into `out`, given the factor of A.
pub fn inverse(d: usize, l: &[f64], out: &mut [f64]) {
    // L⁻¹ by rows of its transpose: row j of `out` holds column j of L⁻¹ from the diagonal on.
    out[..d * d].fill(0.0);
    for j in 0..d {
        out[j * d + j] = 1.0 / l[j * d + j];
        for i in j + 1..d {
            let s = short_dot(&l[i * d + j..i * d + i], &out[j * d + j..j * d + i]);
            out[j * d + i] = -s / l[i * d + i];
        }
    }
    // A⁻¹ᵢⱼ = Σ_{k ≥ max(i,j)} L⁻¹ₖᵢ L⁻¹ₖⱼ: row i from row i on, so nothing is overwritten before it is used.
    for i in 0..d {
        for j in i..d {
            let s = short_dot(&out[i * d + j..i * d + d], &out[j * d + j..j * d + d]);
            out[i * d + j] = s;
        }
    }
    for i in 0..d {
        for j in 0..i {
            out[i * d + j] = out[j * d + i];
        }
    }
}

fn short_dot(a: &[f64], b: &[f64]) -> f64 {
    if a.len() < 8 { a.iter().zip(b).map(|(x, y)| x * y).sum() } else { crate::num::reduce::dot(a, b) }
}

/// The inverse of a positive definite matrix; `None` of any other.
pub fn inverse_of(d: usize, a: &[f64]) -> Option<Vec<f64>> {
    let mut l = a.to_vec();
    factor(d, &mut l).ok()?;
    let mut out = vec![0.0; d * d];
    inverse(d, &l, &mut out);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spd(d: usize) -> Vec<f64> {
        let b: Vec<f64> = (0..d * d).map(|i| ((i * i * 7 + i * 3) % 19) as f64 / 9.0 - 1.0).collect();
        let m = nalgebra::DMatrix::from_row_slice(d, d, &b);
        (&m * m.transpose() + nalgebra::DMatrix::identity(d, d)).as_slice().to_vec()
    }

    #[test]
    fn agrees_with_nalgebra() {
        for d in [1, 2, 3, 5, 8, 17, 40] {
            let a = spd(d);
            let m = nalgebra::DMatrix::from_row_slice(d, d, &a);
            let want = m.clone().cholesky().expect("positive definite");
            let mut l = a.clone();
            factor(d, &mut l).expect("positive definite");
            let ours = nalgebra::DMatrix::from_row_slice(d, d, &l);
            assert!((&ours - want.l()).amax() < 1e-11, "factor, d = {d}");
            assert!((log_det(d, &l) - want.determinant().ln()).abs() < 1e-10 * d as f64, "log det, d = {d}");
            let mut inv = vec![f64::NAN; d * d];
            inverse(d, &l, &mut inv);
            assert!(
                (nalgebra::DMatrix::from_row_slice(d, d, &inv) - want.inverse()).amax() < 1e-10,
                "inverse, d = {d}"
            );
            let x: Vec<f64> = (0..d).map(|i| i as f64 - 1.5).collect();
            let mut y = x.clone();
            solve(d, &l, &mut y);
            let back = &m * nalgebra::DVector::from_vec(y);
            assert!((back - nalgebra::DVector::from_vec(x.clone())).amax() < 1e-10, "solve, d = {d}");
            let mut z = x.clone();
            transpose_times(d, &l, &mut z);
            times(d, &l, &mut z);
            assert!(
                (nalgebra::DVector::from_vec(z) - &m * nalgebra::DVector::from_vec(x.clone())).amax() < 1e-9,
                "products, d = {d}"
            );
            let mut z = x.clone();
            times(d, &l, &mut z);
            forward(d, &l, &mut z);
            assert!(z.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-9), "forward, d = {d}");
        }
    }

    #[test]
    fn names_the_pivot() {
        assert_eq!(factor(2, &mut [1.0, 2.0, 2.0, 1.0]), Err(NotPositive { pivot: 1 }));
        assert_eq!(factor(1, &mut [f64::NAN]), Err(NotPositive { pivot: 0 }));
        assert_eq!(factor(0, &mut []), Ok(()));
    }
}
