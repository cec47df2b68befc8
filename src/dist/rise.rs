//! How far ln Γ and ψ rise from b to b + a, without the cancellation of two large values. Not here: families.
//!
//! For b ≥ 10 from Stirling's series, in which the large parts can be subtracted on paper. Source: Abramowitz
//! & Stegun (1964), eq. 6.1.41 and 6.3.18; Didonato & Morris, ACM TOMS 18 (1992), p. 360 (the same device).

use crate::num::special::{digamma, ln_gamma};

/// ln Γ(b + a) − ln Γ(b), for a, b > 0.
pub(crate) fn ln_gamma_rise(b: f64, a: f64) -> f64 {
    if b < 10.0 {
        return ln_gamma(b + a) - ln_gamma(b);
    }
    (b - 0.5) * (a / b).ln_1p() + a * ((a + b).ln() - 1.0) + stirling(a + b) - stirling(b)
}

/// ψ(b + a) − ψ(b), for a, b > 0.
pub(crate) fn digamma_rise(b: f64, a: f64) -> f64 {
    if b < 10.0 {
        return digamma(b + a) - digamma(b);
    }
    (a / b).ln_1p() + digamma_tail(a + b) - digamma_tail(b)
}

/// ln Γ(x) − ((x − ½) ln x − x + ½ ln 2π), for x ≥ 10.
pub(super) fn stirling(x: f64) -> f64 {
    let r = 1.0 / (x * x);
    (1.0 / 12.0
        - r * (1.0 / 360.0
            - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r * (1.0 / 1188.0 - r * 691.0 / 360_360.0)))))
        / x
}

/// ψ(x) − ln x, for x ≥ 10.
fn digamma_tail(x: f64) -> f64 {
    let r = 1.0 / (x * x);
    -0.5 / x
        - r * (1.0 / 12.0
            - r * (1.0 / 120.0
                - r * (1.0 / 252.0 - r * (1.0 / 240.0 - r * (1.0 / 132.0 - r * 691.0 / 32_760.0)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_agree_with_the_plain_difference_where_that_is_accurate() {
        for &b in &[0.5, 9.99, 10.0, 12.5, 80.0] {
            for &a in &[1e-3, 0.7, 5.0, 300.0] {
                let want = ln_gamma(b + a) - ln_gamma(b);
                assert!(
                    (ln_gamma_rise(b, a) - want).abs() < 1e-12 * (1.0 + ln_gamma(b + a).abs()),
                    "ln Γ: {b} {a}"
                );
                let want = digamma(b + a) - digamma(b);
                assert!((digamma_rise(b, a) - want).abs() < 1e-13, "ψ: {b} {a}");
            }
        }
        // Γ(b + 1) = b Γ(b) and ψ(b + 1) = ψ(b) + 1/b, where the plain differences have lost most digits.
        assert!((ln_gamma_rise(1e12, 1.0) - 1e12_f64.ln()).abs() < 1e-13 * 30.0);
        assert!((digamma_rise(1e12, 1.0) * 1e12 - 1.0).abs() < 1e-10);
    }
}
