//! Gaussian vectors of which some cells are known: natural parameters in, moments of the whole vector and log
//! norm of the rest out. Knows nothing of what the vectors mean. Not here: vectors of which nothing is known
//! (`gaussian_dense`).
//!
//! With o the known cells and m the others, x_m given x_o has precision Λ_mm and mean Λ_mm⁻¹ (h_m − Λ_mo
//! x_o), Λ = −(J + Jᵀ) (Bishop, "Pattern Recognition and Machine Learning", section 2.3.1). A is that of
//! exp(h·x + ⟨J, x xᵀ⟩) integrated over x_m alone, so A − ⟨η, μ⟩ is the entropy of x_m, and 0 where all is
//! known.

use super::gaussian_dense::DenseGaussianError;
use crate::num::{cholesky, stream::Stream};

/// How many `f64`s of scratch [`run`] takes for vectors of `d` cells.
pub fn scratch_len(d: usize) -> usize {
    3 * d * d + 2 * d
}

/// For one row `[h | J]` (D + D²; only the symmetric part of J counts): overwrites it by `[E x | E x xᵀ]` and
/// returns the log normaliser (nats). Cell i is `values[i]` where `known[i]`; what `values` holds elsewhere
/// is not read.
///
/// # Errors
/// If the precision of the unknown cells is not positive definite or a parameter not finite; the element is
/// given as 0.
pub fn run(
    d: usize,
    row: &mut [f64],
    known: &[bool],
    values: &[f64],
    scratch: &mut [f64],
) -> Result<f64, DenseGaussianError> {
    let (h, j) = row.split_at_mut(d);
    let (l, rest) = scratch.split_at_mut(d * d);
    let (covariance, rest) = rest.split_at_mut(d * d);
    let (precision, rest) = rest.split_at_mut(d * d);
    let (mean, missing) = rest.split_at_mut(d);
    let (m, constant) = condition(d, h, j, known, values, [l, precision, mean, missing])?;
    let cell = |missing: &[f64], a: usize| missing[a] as usize;
    cholesky::inverse(m, l, covariance);
    let half: f64 = {
        // ½ gᵀ Λ_mm⁻¹ g, the square of L⁻¹ g; then the mean.
        cholesky::forward(m, l, mean);
        let square = 0.5 * mean[..m].iter().map(|u| u * u).sum::<f64>();
        for a in 0..m {
            mean[a] = h[cell(missing, a)]
                - (0..d)
                    .filter(|&b| known[b])
                    .map(|b| precision[cell(missing, a) * d + b] * values[b])
                    .sum::<f64>();
        }
        cholesky::solve(m, l, mean);
        square
    };
    let log_norm = constant + half + 0.5 * (m as f64 * std::f64::consts::TAU.ln() - cholesky::log_det(m, l));
    if !log_norm.is_finite() {
        return Err(DenseGaussianError::NotFinite { element: 0 });
    }
    h.iter_mut().zip(known).zip(values).filter(|x| *x.0.1).for_each(|((h, _), v)| *h = *v);
    (0..m).for_each(|a| h[cell(missing, a)] = mean[a]);
    for a in 0..d {
        for b in 0..d {
            j[a * d + b] = h[a] * h[b];
        }
    }
    for a in 0..m {
        for b in 0..m {
            j[cell(missing, a) * d + cell(missing, b)] += covariance[a * m + b];
        }
    }
    Ok(log_norm)
}

/// What is left of `[h | J]` once the known cells are put in: writes the unknown cells, as numbers, into
/// `missing`, the factor of their precision into `l` and their linear term into `mean`; returns how many they
/// are and the exponent of the known cells alone.
fn condition(
    d: usize,
    h: &[f64],
    j: &[f64],
    known: &[bool],
    values: &[f64],
    [l, precision, mean, missing]: [&mut [f64]; 4],
) -> Result<(usize, f64), DenseGaussianError> {
    for a in 0..d {
        for b in 0..d {
            precision[a * d + b] = -(j[a * d + b] + j[b * d + a]);
        }
    }
    let m = known.iter().filter(|k| !**k).count();
    // The unknown cells, by number: `missing` holds them as numbers so that no other array is needed.
    (0..d).filter(|&i| !known[i]).zip(missing.iter_mut()).for_each(|(i, at)| *at = i as f64);
    let cell = |missing: &[f64], a: usize| missing[a] as usize;
    let mut constant = 0.0;
    for a in (0..d).filter(|&a| known[a]) {
        constant += h[a] * values[a];
        for b in (0..d).filter(|&b| known[b]) {
            constant -= 0.5 * values[a] * precision[a * d + b] * values[b];
        }
    }
    for a in 0..m {
        let at = cell(missing, a);
        mean[a] =
            h[at] - (0..d).filter(|&b| known[b]).map(|b| precision[at * d + b] * values[b]).sum::<f64>();
        for b in 0..m {
            l[a * m + b] = precision[at * d + cell(missing, b)];
        }
    }
    if let Err(e) = cholesky::factor(m, l) {
        let finite = l[e.pivot * m..][..=e.pivot].iter().all(|x| x.is_finite());
        let component = cell(missing, e.pivot);
        return Err(if finite {
            DenseGaussianError::NotPositive { element: 0, component }
        } else {
            DenseGaussianError::NotFinite { element: 0 }
        });
    }
    Ok((m, constant))
}

/// Adds a draw of the whole vector to `out`, known cells as they are: arguments and errors as in [`run`].
///
/// # Errors
/// As `run`.
pub fn draw(
    d: usize,
    row: &[f64],
    known: &[bool],
    values: &[f64],
    random: &mut Stream,
    scratch: &mut [f64],
    out: &mut Vec<f64>,
) -> Result<(), DenseGaussianError> {
    let (h, j) = row.split_at(d);
    let (l, rest) = scratch.split_at_mut(d * d);
    let (precision, rest) = rest.split_at_mut(d * d);
    let (x, missing) = rest.split_at_mut(d);
    let (m, _) = condition(d, h, j, known, values, [l, precision, x, missing])?;
    // Λ = L Lᵀ: L⁻ᵀ (L⁻¹ g + z) has the mean and the covariance.
    cholesky::forward(m, l, x);
    x[..m].iter_mut().for_each(|x| *x += random.normal());
    cholesky::back(m, l, x);
    let first = out.len();
    out.extend_from_slice(values);
    (0..m).for_each(|a| out[first + missing[a] as usize] = x[a]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{reduce::dot, stream::Stream};
    use nalgebra::{DMatrix, DVector};

    const D: usize = 4;

    fn random(seed: u64) -> (Vec<f64>, Vec<f64>) {
        let mut s = Stream::new(seed, "conditioned gaussian", 0);
        let b = DMatrix::from_vec(D, D, (0..D * D).map(|_| s.normal()).collect());
        let mut j = -0.5 * (&b * b.transpose() + DMatrix::identity(D, D));
        // Only the symmetric part counts.
        j[(0, 2)] += 0.4;
        j[(2, 0)] -= 0.4;
        let mut row: Vec<f64> = (0..D).map(|_| 2.0 * s.normal()).collect();
        row.extend(j.transpose().iter());
        (row, (0..D).map(|_| s.normal()).collect())
    }

    fn solved(row: &[f64], known: &[bool], values: &[f64]) -> (Vec<f64>, f64) {
        let mut out = row.to_vec();
        let a = run(D, &mut out, known, values, &mut vec![f64::NAN; scratch_len(D)]).expect("proper");
        (out, a)
    }

    fn masks() -> impl Iterator<Item = Vec<bool>> {
        (0..1 << D).map(|bits| (0..D).map(|i| bits >> i & 1 == 1).collect())
    }

    #[test]
    fn is_the_conditional_of_the_whole() {
        let (row, values) = random(1);
        let j = DMatrix::from_row_slice(D, D, &row[D..]);
        let precision = -(&j + j.transpose());
        let covariance = precision.clone().try_inverse().expect("positive definite");
        let mean = &covariance * DVector::from_column_slice(&row[..D]);
        for known in masks() {
            let (got, _) = solved(&row, &known, &values);
            let of = |want: bool| (0..D).filter(|&i| known[i] == want).collect::<Vec<_>>();
            let (o, m) = (of(true), of(false));
            // The other way round, through covariances: E x_m = μ_m + Σ_mo Σ_oo⁻¹ (x_o − μ_o).
            let pick = |a: &[usize], b: &[usize]| {
                DMatrix::from_fn(a.len(), b.len(), |r, c| covariance[(a[r], b[c])])
            };
            let inverse = pick(&o, &o).try_inverse().expect("positive definite");
            let gain = pick(&m, &o) * inverse;
            let off = DVector::from_fn(o.len(), |i, _| values[o[i]] - mean[o[i]]);
            let (want, left) = (&gain * off, pick(&m, &m) - &gain * pick(&o, &m));
            for (a, &i) in m.iter().enumerate() {
                assert!((got[i] - mean[i] - want[a]).abs() < 1e-12, "{known:?}: mean of {i}");
                for (b, &k) in m.iter().enumerate() {
                    assert!(
                        (got[D + i * D + k] - got[i] * got[k] - left[(a, b)]).abs() < 1e-12,
                        "{known:?}: covariance {i}, {k}"
                    );
                }
            }
            for &i in &o {
                assert_eq!(got[i], values[i]);
                (0..D).for_each(|k| assert!((got[D + i * D + k] - got[i] * got[k]).abs() < 1e-12));
            }
        }
    }

    /// ∇A = μ, the known cells' included.
    #[test]
    fn the_log_norm_has_the_moments_as_its_gradient() {
        let (row, values) = random(2);
        for known in masks() {
            let (got, _) = solved(&row, &known, &values);
            for i in 0..row.len() {
                let at = |by: f64| {
                    let mut r = row.clone();
                    r[i] += by;
                    solved(&r, &known, &values).1
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!(
                    (slope - got[i]).abs() < 1e-7 * got[i].abs().max(1.0),
                    "{known:?}, number {i}: {slope} is not {}",
                    got[i]
                );
            }
        }
    }

    #[test]
    fn what_is_left_is_the_entropy_of_the_unknown_cells() {
        let (row, values) = random(3);
        let j = DMatrix::from_row_slice(D, D, &row[D..]);
        let precision = -(&j + j.transpose());
        for known in masks() {
            let (got, a) = solved(&row, &known, &values);
            let m: Vec<usize> = (0..D).filter(|&i| !known[i]).collect();
            let sub = DMatrix::from_fn(m.len(), m.len(), |r, c| precision[(m[r], m[c])]);
            let want = 0.5
                * (m.len() as f64 * (1.0 + std::f64::consts::TAU.ln())
                    - if m.is_empty() { 0.0 } else { sub.determinant().ln() });
            assert!((a - dot(&row, &got) - want).abs() < 1e-11, "{known:?}");
        }
    }

    #[test]
    fn names_the_cell_that_is_not_proper() {
        let (mut row, values) = random(4);
        let known = [true, false, true, false];
        row[D + 3 * D + 3] = 5.0;
        let e = run(D, &mut row, &known, &values, &mut vec![0.0; scratch_len(D)]).expect_err("improper");
        assert_eq!(e, DenseGaussianError::NotPositive { element: 0, component: 3 });
        row[0] = f64::NAN;
        row[D + 3 * D + 3] = -5.0;
        let e = run(D, &mut row, &known, &values, &mut vec![0.0; scratch_len(D)]).expect_err("not finite");
        assert_eq!(e, DenseGaussianError::NotFinite { element: 0 });
    }
}
