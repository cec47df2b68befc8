//! A dense jointly Gaussian block: one vector x of `d` entries. η = (h, J) with exponent hᵀx + ⟨J, xxᵀ⟩, J any matrix (its symmetric part
//! counts); precision Λ = −(J + Jᵀ). A(η) = ½ hᵀΛ⁻¹h − ½ ln|Λ| + ½ d ln 2π. Moments: (m, Λ⁻¹ + mmᵀ), m = Λ⁻¹h.
//! Source: Wainwright and Jordan (2008), example 3.3. Not here: which variables are its entries (`factorize`).

use crate::{
    expfam::family::Improper,
    num::{cholesky, reduce::dot},
};

const LN_2PI: f64 = 1.837_877_066_409_345_3;

/// Writes moments and log-normalisers (nats) of each element of `d + d²` numbers. Neighbours with the same J share one factorisation.
///
/// # Errors
/// The precision of an element is not positive definite, or a number is not finite.
pub fn evaluate(d: usize, eta: &[f64], moments: &mut [f64], log_norm: &mut [f64]) -> Result<(), Improper> {
    let width = d + d * d;
    let mut factor = vec![0.0; d * d];
    let mut covariance = vec![0.0; d * d];
    let mut half_log_det = 0.0;
    let mut last: Option<usize> = None;
    for (element, (e, a)) in eta.chunks_exact(width.max(1)).zip(log_norm).enumerate() {
        let (h, j) = e.split_at(d);
        let same = last.is_some_and(|l| eta[l * width + d..(l + 1) * width] == *j);
        if !same {
            for r in 0..d {
                for c in 0..=r {
                    factor[r * d + c] = -(j[r * d + c] + j[c * d + r]);
                }
            }
            let bad = |_| Improper { element, why: "the precision of the joint Gaussian is not positive definite".to_string() };
            cholesky::factor(d, &mut factor).map_err(bad)?;
            cholesky::inverse(d, &factor, &mut covariance);
            half_log_det = 0.5 * cholesky::log_det(d, &factor);
            last = Some(element);
        }
        let (mean, second) = moments[element * width..(element + 1) * width].split_at_mut(d);
        mean.copy_from_slice(h);
        cholesky::solve(d, &factor, mean);
        for r in 0..d {
            for c in 0..d {
                second[r * d + c] = covariance[r * d + c] + mean[r] * mean[c];
            }
        }
        *a = 0.5 * dot(h, mean) - half_log_det + 0.5 * d as f64 * LN_2PI;
        if !a.is_finite() {
            return Err(Improper { element, why: "a natural parameter of the joint Gaussian is not finite".to_string() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B1: moments are the gradient of A, with both halves of J counted.
    #[test]
    fn moments_are_the_gradient_of_the_log_normaliser() {
        let d = 3;
        let eta = vec![0.3, -1.0, 2.0, -1.0, 0.4, 0.0, -0.2, -1.5, 0.3, 0.1, 0.2, -0.9];
        let run = |eta: &[f64]| {
            let (mut m, mut a) = (vec![0.0; 12], [0.0]);
            evaluate(d, eta, &mut m, &mut a).unwrap();
            (a[0], m)
        };
        let (_, m) = run(&eta);
        for i in 0..eta.len() {
            let step = 1e-5;
            let (mut up, mut down) = (eta.clone(), eta.clone());
            up[i] += step;
            down[i] -= step;
            let slope = (run(&up).0 - run(&down).0) / (2.0 * step);
            assert!((slope - m[i]).abs() < 1e-8, "entry {i}: slope {slope}, moment {}", m[i]);
        }
    }

    #[test]
    fn neighbours_with_one_precision_are_as_each_alone() {
        let one = vec![0.3, -1.0, -1.0, 0.2, 0.2, -0.7];
        let two = vec![5.0, 0.1, -1.0, 0.2, 0.2, -0.7];
        let alone = |e: &[f64]| {
            let (mut m, mut a) = (vec![0.0; 6], [0.0]);
            evaluate(2, e, &mut m, &mut a).unwrap();
            (m, a[0])
        };
        let (mut m, mut a) = (vec![0.0; 12], [0.0; 2]);
        evaluate(2, &[one.as_slice(), &two].concat(), &mut m, &mut a).unwrap();
        assert_eq!((m[..6].to_vec(), a[0]), alone(&one));
        assert_eq!((m[6..].to_vec(), a[1]), alone(&two));
    }

    #[test]
    fn an_improper_precision_is_named() {
        let e = vec![0.0, 1.0];
        let failed = evaluate(1, &[&[0.0, -1.0], e.as_slice()].concat(), &mut [0.0; 4], &mut [0.0; 2]).unwrap_err();
        assert_eq!(failed.element, 1);
    }
}
