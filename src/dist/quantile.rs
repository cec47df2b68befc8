//! Quantiles of the Gamma and Beta distributions, at any parameters. Not here: families.
//!
//! Bisection over the numbers themselves: the bits of positive floats are in order, so 64 halvings find the
//! smallest x with cdf(x) ≥ p, from 1e−308 to 1e308. The distribution functions are written out because
//! library ones cut off small arguments or stop their continued fraction after a fixed number of steps.

use super::rise;
use crate::num::special::ln_gamma;

/// The smallest positive x up to `top` with `cdf(x) ≥ p`.
fn bisect(top: f64, p: f64, cdf: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0_u64, top.to_bits());
    while high - low > 1 {
        let mid = low + (high - low) / 2;
        if cdf(f64::from_bits(mid)) >= p { high = mid } else { low = mid }
    }
    // Below the smallest number there is.
    if high == 1 { 0.0 } else { f64::from_bits(high) }
}

/// The p quantile of Gamma(shape, 1).
pub(crate) fn gamma(shape: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    bisect(f64::MAX, p, |x| gamma_cdf(shape, x))
}

/// The p quantile of Beta(a, b).
pub(crate) fn beta(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    bisect(1.0, p, |x| beta_cdf(a, b, x))
}

/// The p quantile of the Student-t with `dof` degrees of freedom, centre 0 and scale 1.
///
/// t²/(dof + t²) is Beta(½, ½dof), and dof/(dof + t²) is Beta(½dof, ½): the one that is below ½ has all its
/// digits. Source: Press et al. (2007), sec. 6.14.3.
pub(crate) fn student_t(dof: f64, p: f64) -> f64 {
    if p > 0.5 {
        return -student_t(dof, 1.0 - p);
    }
    if p == 0.5 {
        return 0.0;
    }
    let near = beta(0.5, 0.5 * dof, 1.0 - 2.0 * p);
    if near < 0.5 {
        return -(dof * near / (1.0 - near)).sqrt();
    }
    let far = beta(0.5 * dof, 0.5, 2.0 * p);
    -(dof * (1.0 - far) / far).sqrt()
}

/// P(a, x), the regularised lower incomplete gamma function.
///
/// Source: Press et al., Numerical Recipes (3rd ed., 2007), sec. 6.2: the series below a + 1, the continued
/// fraction above.
pub(crate) fn gamma_cdf(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x.is_infinite() {
        return 1.0;
    }
    let front = a * x.ln() - x;
    if x < a + 1.0 {
        // 1/Γ(a + 1), not 1/(a Γ(a)): for tiny a the two large logarithms would cancel.
        let front = front - ln_gamma(a + 1.0);
        if front < -745.0 && x < a {
            return 0.0;
        }
        let (mut term, mut sum, mut n) = (1.0, 1.0, a);
        loop {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * 1e-16 {
                return (front.exp() * sum).min(1.0);
            }
        }
    }
    let front = front - ln_gamma(a);
    if front < -745.0 {
        return 1.0;
    }
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / f64::MIN_POSITIVE;
    let mut d = 1.0 / b;
    let mut h = d;
    let mut i = 0.0;
    loop {
        i += 1.0;
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / away_from_zero(an * d + b);
        c = away_from_zero(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 || i > 1e7 {
            return (1.0 - front.exp() * h).max(0.0);
        }
    }
}

/// I_x(a, b), the regularised incomplete beta function.
///
/// Source: Press et al. (2007), sec. 6.4, eq. 6.4.5–6.4.6.
pub(crate) fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // 1/(a B(a, b)) = Γ(a + b)/(Γ(a + 1) Γ(b)), with the larger of a and b in the rise: of large logarithms
    // only that is left.
    let front = |a: f64, b: f64, ln_x: f64, ln_y: f64| {
        let rise = if a > b {
            rise::ln_gamma_rise(a, b) - a.ln() - ln_gamma(b)
        } else {
            rise::ln_gamma_rise(b, a) - ln_gamma(a + 1.0)
        };
        a * ln_x + b * ln_y + rise
    };
    let (ln_x, ln_y) = (x.ln(), (-x).ln_1p());
    if x < (a + 1.0) / (a + b + 2.0) {
        let e = front(a, b, ln_x, ln_y);
        if e < -745.0 { 0.0 } else { (e.exp() * beta_fraction(a, b, x)).min(1.0) }
    } else {
        let e = front(b, a, ln_y, ln_x);
        if e < -745.0 { 1.0 } else { (1.0 - e.exp() * beta_fraction(b, a, 1.0 - x)).max(0.0) }
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    let mut m = 0.0;
    // About √max(a, b) steps.
    loop {
        m += 1.0;
        let m2 = 2.0 * m;
        let even = m * (b - m) * x / ((a + m2 - 1.0) * (a + m2));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + m2) * (a + m2 + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 || m > 1e7 {
            return h;
        }
    }
}

/// Lentz's guard: a zero denominator of a continued fraction is stepped over.
fn away_from_zero(v: f64) -> f64 {
    if v.abs() < 1e-300 { 1e-300 } else { v }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Beta, ContinuousCDF, Gamma};

    #[test]
    fn distribution_functions_agree_with_a_library_where_it_is_accurate() {
        for &a in &[0.3, 1.0, 2.5, 40.0] {
            for &x in &[0.01, 0.7, 3.0, 35.0, 60.0] {
                let want = Gamma::new(a, 1.0).unwrap().cdf(x);
                assert!(
                    (gamma_cdf(a, x) - want).abs() < 1e-12,
                    "Gamma({a}) at {x}: {} and {want}",
                    gamma_cdf(a, x)
                );
            }
            for &b in &[0.2, 1.0, 7.0] {
                for &x in &[0.001, 0.3, 0.5, 0.98] {
                    let want = Beta::new(a, b).unwrap().cdf(x);
                    assert!(
                        (beta_cdf(a, b, x) - want).abs() < 1e-12,
                        "Beta({a}, {b}) at {x}: {} and {want}",
                        beta_cdf(a, b, x)
                    );
                }
            }
        }
    }

    #[test]
    fn student_t_has_its_table_values() {
        // Dof 1: tan(π(p − ½)). Dof 2: closed form. Many: the Normal's.
        assert!((student_t(1.0, 0.9) - (0.4 * std::f64::consts::PI).tan()).abs() < 1e-9);
        assert!((student_t(2.0, 0.95) - 0.9 / (2.0_f64 * 0.95 * 0.05).sqrt()).abs() < 1e-9);
        assert!((student_t(10.0, 0.025) + 2.228_138_85).abs() < 1e-7);
        assert!((student_t(1e9, 0.95) - 1.644_853_6).abs() < 1e-6);
    }

    #[test]
    fn quantiles_invert_at_extreme_parameters() {
        for &(a, p) in &[
            (1e-6, 0.05),
            (1e-6, 0.999_999),
            (1e-3, 0.5),
            (1e-2, 0.3),
            (0.7, 0.95),
            (30.0, 0.05),
            (1e5, 0.95),
            (1e8, 0.5),
        ] {
            let x = gamma(a, p);
            // Quantiles below the smallest number are 0, and exactly those: ln P(a, x) = a ln x − ln Γ(a + 1)
            // as x → 0.
            if x == 0.0 {
                let ln_x = (p.ln() + ln_gamma(a + 1.0)) / a;
                assert!(ln_x < -740.0, "Gamma({a}) at {p}: ln x is {ln_x}");
            } else {
                assert!((gamma_cdf(a, x) - p).abs() < 1e-6, "Gamma({a}) at {p}: {x} has {}", gamma_cdf(a, x));
            }
        }
        // P(X ≤ x) = x^a · const for tiny a: the median of Gamma(0.01) from its series.
        let want = ((0.5_f64).ln() + ln_gamma(1.01)) / 0.01;
        assert!((gamma(0.01, 0.5).ln() - want).abs() < 1e-9, "{} and {want}", gamma(0.01, 0.5).ln());
        // I_x(a, 5) = x^a/(a B(a, 5)) · (1 + O(x)).
        let want = (0.5_f64.ln() + ln_gamma(1.01) + ln_gamma(5.0) - ln_gamma(5.01)) / 0.01;
        assert!((beta(0.01, 5.0, 0.5).ln() - want).abs() < 1e-9, "{} and {want}", beta(0.01, 5.0, 0.5).ln());
        // A Beta with much evidence is a Normal: median near the mean, 95 % at 1.645 sd.
        let (a, b) = (1e8, 3e8);
        let sd = (0.25_f64 * 0.75 / (a + b)).sqrt();
        assert!(((beta(a, b, 0.95) - 0.25) / sd - 1.644_85).abs() < 1e-3);
    }
}
