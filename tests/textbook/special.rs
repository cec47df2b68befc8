//! The few functions and divergences the textbook updates need.

pub use statrs::function::gamma::{digamma, ln_gamma};

/// ln B(a) = Σ ln Γ(a_i) − ln Γ(Σ a_i).
pub fn ln_beta(a: &[f64]) -> f64 {
    a.iter().map(|&x| ln_gamma(x)).sum::<f64>() - ln_gamma(a.iter().sum())
}

/// E[ln p_i] under Dirichlet(a): Bishop eq. B.21.
pub fn dirichlet_mean_log(a: &[f64]) -> Vec<f64> {
    let total = digamma(a.iter().sum());
    a.iter().map(|&x| digamma(x) - total).collect()
}

/// E_q[ln p − ln q] for p = Dirichlet(prior), q = Dirichlet(a): minus the divergence.
pub fn dirichlet_term(prior: &[f64], a: &[f64]) -> f64 {
    let mean_log = dirichlet_mean_log(a);
    let mut sum = ln_beta(a) - ln_beta(prior);
    for i in 0..a.len() {
        sum += (prior[i] - a[i]) * mean_log[i];
    }
    sum
}

/// E_q[ln p − ln q] for p = Gamma(shape0, rate0), q = Gamma(shape, rate).
pub fn gamma_term((shape0, rate0): (f64, f64), (shape, rate): (f64, f64)) -> f64 {
    let (mean, mean_log) = (shape / rate, digamma(shape) - rate.ln());
    let expected_p = shape0 * rate0.ln() - ln_gamma(shape0) + (shape0 - 1.0) * mean_log - rate0 * mean;
    let expected_q = shape * rate.ln() - ln_gamma(shape) + (shape - 1.0) * mean_log - rate * mean;
    expected_p - expected_q
}

/// ln Σ exp, without overflow.
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + x.iter().map(|v| (v - top).exp()).sum::<f64>().ln()
}

/// Determinant and inverse by Gauss and Jordan, with pivots.
pub fn inverse(a: &[Vec<f64>]) -> (f64, Vec<Vec<f64>>) {
    let d = a.len();
    let mut left = a.to_vec();
    let mut right = vec![vec![0.0; d]; d];
    for (i, row) in right.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    let mut det = 1.0;
    for i in 0..d {
        let pivot = (i..d).max_by(|&p, &q| left[p][i].abs().total_cmp(&left[q][i].abs())).unwrap_or(i);
        if pivot != i {
            left.swap(pivot, i);
            right.swap(pivot, i);
            det = -det;
        }
        let p = left[i][i];
        det *= p;
        for j in 0..d {
            left[i][j] /= p;
            right[i][j] /= p;
        }
        for r in 0..d {
            if r != i {
                let f = left[r][i];
                for j in 0..d {
                    left[r][j] -= f * left[i][j];
                    right[r][j] -= f * right[i][j];
                }
            }
        }
    }
    (det, right)
}

/// xᵀ A x.
pub fn quadratic(a: &[Vec<f64>], x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() {
        for j in 0..x.len() {
            sum += x[i] * a[i][j] * x[j];
        }
    }
    sum
}
