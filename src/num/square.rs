//! Small square matrices, row-major: products and inverses. Not here: positive definite ones (`cholesky`).

/// The identity.
pub fn identity(d: usize) -> Vec<f64> {
    (0..d * d).map(|i| f64::from(u8::from(i / d == i % d))).collect()
}

/// The transpose.
pub fn transpose(d: usize, a: &[f64]) -> Vec<f64> {
    (0..d * d).map(|i| a[i % d * d + i / d]).collect()
}

/// a b.
pub fn product(d: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; d * d];
    for i in 0..d {
        for k in 0..d {
            let x = a[i * d + k];
            for j in 0..d {
                out[i * d + j] += x * b[k * d + j];
            }
        }
    }
    out
}

/// The inverse and ln of the determinant without its sign, by Gauss and Jordan with row pivots; `None` where there
/// is none. Golub and Van Loan, section 3.4.
pub fn inverse(d: usize, a: &[f64]) -> Option<(Vec<f64>, f64)> {
    let (mut a, mut out, mut ln_det) = (a.to_vec(), identity(d), 0.0);
    for c in 0..d {
        let pivot = (c..d).max_by(|&i, &j| a[i * d + c].abs().total_cmp(&a[j * d + c].abs()))?;
        let x = a[pivot * d + c];
        if x == 0.0 || !x.is_finite() {
            return None;
        }
        ln_det += x.abs().ln();
        for j in 0..d {
            a.swap(c * d + j, pivot * d + j);
            out.swap(c * d + j, pivot * d + j);
        }
        for j in 0..d {
            a[c * d + j] /= x;
            out[c * d + j] /= x;
        }
        for i in (0..d).filter(|&i| i != c) {
            let times = a[i * d + c];
            for j in 0..d {
                a[i * d + j] -= times * a[c * d + j];
                out[i * d + j] -= times * out[c * d + j];
            }
        }
    }
    Some((out, ln_det))
}

/// exp of a matrix: squared so often that its terms fall fast.
pub fn exp(d: usize, a: &[f64]) -> Vec<f64> {
    let size = a.iter().map(|x| x * x).sum::<f64>().sqrt();
    let squarings = if size > 0.25 { (size / 0.25).log2().ceil() as i32 } else { 0 };
    let scale = 0.5_f64.powi(squarings);
    let small: Vec<f64> = a.iter().map(|x| x * scale).collect();
    let (mut out, mut term) = (identity(d), identity(d));
    for n in 1..=12 {
        term = product(d, &term, &small);
        term.iter_mut().for_each(|x| *x /= f64::from(n));
        out.iter_mut().zip(&term).for_each(|(o, t)| *o += t);
    }
    for _ in 0..squarings {
        out = product(d, &out, &out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_and_an_exponential_are_those_of_a_library() {
        for d in 1..6 {
            let a = nalgebra::DMatrix::from_fn(d, d, |i, j| {
                ((i * 7 + j * 3) % 5) as f64 - 1.7 + f64::from(u8::from(i == j))
            });
            let rows: Vec<f64> = a.transpose().as_slice().to_vec();
            let (ours, ln_det) = inverse(d, &rows).unwrap();
            let want = a.clone().try_inverse().unwrap();
            assert!((nalgebra::DMatrix::from_row_slice(d, d, &ours) - want).amax() < 1e-10, "{d}");
            assert!((ln_det - a.determinant().abs().ln()).abs() < 1e-10, "{d}");
            let ours = nalgebra::DMatrix::from_row_slice(d, d, &exp(d, &rows));
            let want = a.exp();
            assert!((ours - &want).amax() < 1e-9 * want.amax(), "{d}");
        }
        assert!(inverse(2, &[1.0, 2.0, 2.0, 4.0]).is_none());
        assert_eq!(transpose(2, &[1.0, 2.0, 3.0, 4.0]), [1.0, 3.0, 2.0, 4.0]);
    }
}
