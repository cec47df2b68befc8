//! Small square matrices, row-major, of which what is made has some 32 digits. Not here: large ones, nor factors
//! (`cholesky`).

use super::{double::Double, square};

/// A⁻¹ by elimination with pivots; `None` where a pivot is 0 or not finite.
pub fn inverse(d: usize, a: &[f64]) -> Option<Vec<Double>> {
    let mut a: Vec<Double> = a.iter().map(|&x| x.into()).collect();
    let mut out: Vec<Double> = square::identity(d).into_iter().map(Double::from).collect();
    for k in 0..d {
        let size = |i: &usize| a[i * d + k].high.abs();
        let pivot = (k..d).max_by(|i, j| size(i).total_cmp(&size(j)))?;
        for j in 0..d {
            a.swap(k * d + j, pivot * d + j);
            out.swap(k * d + j, pivot * d + j);
        }
        let pivot = a[k * d + k];
        if pivot.high == 0.0 || !pivot.high.is_finite() {
            return None;
        }
        for j in 0..d {
            a[k * d + j] = a[k * d + j] / pivot;
            out[k * d + j] = out[k * d + j] / pivot;
        }
        for i in (0..d).filter(|i| *i != k) {
            let share = a[i * d + k];
            if share.high == 0.0 {
                continue;
            }
            for j in 0..d {
                a[i * d + j] = a[i * d + j] - share * a[k * d + j];
                out[i * d + j] = out[i * d + j] - share * out[k * d + j];
            }
        }
    }
    Some(out)
}

/// A x.
pub fn times(a: &[Double], x: &[Double]) -> Vec<Double> {
    let dot = |row: &[Double]| row.iter().zip(x).fold(Double::default(), |sum, (&a, &x)| sum + a * x);
    a.chunks_exact(x.len().max(1)).map(dot).collect()
}

/// A B.
pub fn product(d: usize, a: &[Double], b: &[Double]) -> Vec<Double> {
    let at = |i: usize| {
        let (row, column) = (&a[i / d * d..][..d], i % d);
        row.iter().enumerate().fold(Double::default(), |sum, (k, &x)| sum + x * b[k * d + column])
    };
    (0..d * d).map(at).collect()
}

/// Aᵀ.
pub fn transposed(d: usize, a: &[Double]) -> Vec<Double> {
    (0..d * d).map(|i| a[i % d * d + i / d]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity_to_some_thirty_digits() {
        let d = 4;
        let a: Vec<f64> = (0..d * d).map(|i| 1.0 / (1.0 + i as f64 + (i / d) as f64)).collect();
        let b = inverse(d, &a).expect("it is not singular");
        let a: Vec<Double> = a.into_iter().map(Double::from).collect();
        let size = b.iter().map(|x| x.high.abs()).fold(0.0, f64::max);
        for (i, x) in product(d, &a, &b).into_iter().enumerate() {
            let one = Double::from(f64::from(u8::from(i / d == i % d)));
            assert!((x - one).rounded().abs() < 1e-28 * size, "{i}: {x:?}");
        }
        let x = [1.0, -2.0, 0.5, 3.0].map(Double::from);
        let back = times(&b, &times(&a, &x));
        assert!(back.iter().zip(&x).all(|(b, x)| (*b - *x).rounded().abs() < 1e-27 * size));
        let [one, two, three] = [1.0, 2.0, 3.0].map(Double::from);
        assert_eq!(transposed(2, &[one, two, three, one]), [one, three, two, one]);
        assert!(inverse(2, &[1.0, 2.0, 2.0, 4.0]).is_none());
    }
}
