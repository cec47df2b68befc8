//! Special functions, until `num` has them.

pub(crate) use statrs::function::gamma::{digamma, ln_gamma};

/// ln Γ_d(a) = d(d−1)/4 ln π + Σ ln Γ(a − i/2).
pub(crate) fn ln_multigamma(d: usize, a: f64) -> f64 {
    let ln_pi = std::f64::consts::PI.ln();
    (d * d.saturating_sub(1)) as f64 / 4.0 * ln_pi + (0..d).map(|i| ln_gamma(a - 0.5 * i as f64)).sum::<f64>()
}

/// Σ ψ(a − i/2).
pub(crate) fn multidigamma(d: usize, a: f64) -> f64 {
    (0..d).map(|i| digamma(a - 0.5 * i as f64)).sum()
}
