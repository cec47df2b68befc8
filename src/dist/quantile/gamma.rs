//! Quantiles of Gamma(a, 1). Not here: large shapes (`uniform`).
//!
//! In u = ln x the density is log-concave. Up to x = 1 (a < 1) or a + 1 the lower tail P comes from its power
//! series, above it the upper tail Q from its continued fraction, both as logarithms: tails keep all their
//! digits, and shapes so small that P is nearly a step do too. Source: Press et al., Numerical Recipes (3rd
//! ed., 2007), sec. 6.2; DLMF 8.7.1, 8.7.3, 8.9.2.

use super::{
    fraction::away_from_zero,
    newton::{Found, ln_tail, solve},
    uniform,
};
use crate::dist::rise::stirling;
use crate::num::special::ln_gamma;

/// Series and fractions below `uniform::LARGE` end well before these many terms.
pub(super) const MOST_TERMS: usize = 20_000;

/// The quantile where the lower tail is p and the upper tail q = 1 − p.
pub(super) fn quantile(a: f64, p: f64, q: f64) -> Found {
    if a >= uniform::LARGE {
        return Found { at: a * (1.0 + uniform::deviation(a, 0.0, p, q)), evaluations: 0 };
    }
    let ln = if a < 1.0 { small(a, p, q) } else { middle(a, p, q) };
    Found { at: ln.at.exp(), evaluations: ln.evaluations }
}

/// ln of the p quantile for 1 ≤ a.
fn middle(a: f64, p: f64, q: f64) -> Found {
    let (ln_p, ln_q) = (ln_tail(p, q), ln_tail(q, p));
    let start = (a * (1.0 + uniform::deviation(a, 0.0, p, q)).max(f64::MIN_POSITIVE)).ln();
    let turn = (a + 1.0).ln();
    let upper = |u: f64| fraction(a, u);

    let mut found = if ln_q <= upper(turn).0 {
        solve(start, (turn, f64::MAX.ln()), ln_q, a, &upper)
    } else {
        solve(start, (-745.0, turn), ln_p, a, &|u| series(a, u))
    };
    found.evaluations += 1;
    found
}

/// ln of the p quantile for a < 1.
fn small(a: f64, p: f64, q: f64) -> Found {
    // P ≤ x^a/Γ(a + 1), nearly equal where x is small.
    let (ln_p, ln_q) = (ln_tail(p, q), ln_tail(q, p));
    let start = (ln_p + ln_gamma_1p(a)) / a;
    if start < -40.0 {
        return Found { at: start, evaluations: 0 };
    }
    let lower = |u: f64| alternating(a, u);
    let mut found = if ln_p <= lower(0.0).0 {
        solve(start, (start.min(0.0), 0.0), ln_p, 1.0, &lower)
    } else {
        // Q ≤ x^(a − 1) e^−x/Γ(a) for x ≥ 1.
        let start = (a.ln() - ln_gamma_1p(a) - ln_q).max(1.0);
        solve(start.ln(), (0.0, f64::MAX.ln()), ln_q, 1.0, &|u| fraction(a, u))
    };
    found.evaluations += 1;
    found
}

/// ln(x^a e^−x/Γ(a + 1)) at x = e^u.
fn ln_front(a: f64, u: f64) -> f64 {
    let x = u.exp();
    if a < 10.0 {
        return a * u - x - ln_gamma_1p(a);
    }
    // Stirling's large parts subtracted on paper.
    let m = (x - a) / a;
    let ln = if m.abs() < 0.5 { m.ln_1p() } else { u - a.ln() };
    a * (ln - m) - 0.5 * (std::f64::consts::TAU * a).ln() - stirling(a)
}

/// ln P by Σ xⁿ/(a + 1)ₙ, x up to about a.
fn series(a: f64, u: f64) -> (f64, f64) {
    let x = u.exp();
    let (mut term, mut sum, mut n) = (1.0, 1.0, a);
    for _ in 0..MOST_TERMS {
        n += 1.0;
        term *= x / n;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (ln_front(a, u) + sum.ln(), a / sum)
}

/// ln P = a u − ln Γ(a + 1) + ln(1 + a Σ (−x)ⁿ/(n! (a + n))), x up to 1: no part is large against a.
fn alternating(a: f64, u: f64) -> (f64, f64) {
    let x = u.exp();
    let (mut term, mut sum) = (1.0, 0.0);
    for n in (1..30).map(f64::from) {
        term *= -x / n;
        sum += term / (a + n);
    }
    let rest = (a * sum).ln_1p();
    (a * u - ln_gamma_1p(a) + rest, a * (-x - rest).exp())
}

/// ln Q by Legendre's continued fraction, x from about a on; Lentz's method.
fn fraction(a: f64, u: f64) -> (f64, f64) {
    let x = u.exp();
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / f64::MIN_POSITIVE;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in (1..=MOST_TERMS).map(|i| i as f64) {
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / away_from_zero(an * d + b);
        c = away_from_zero(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (ln_front(a, u) + a.ln() + h.ln(), -1.0 / h)
}

/// ln Γ(1 + a), with relative digits as a goes to 0. Source: Abramowitz & Stegun (1964), eq. 6.1.33.
pub(super) fn ln_gamma_1p(a: f64) -> f64 {
    if a >= 1e-2 {
        return ln_gamma(1.0 + a);
    }
    const EULER: f64 = 0.577_215_664_901_532_9;
    // ζ(k)/k.
    const ZETA: [f64; 7] = [
        0.822_467_033_424_113_2,
        0.400_685_634_386_531_4,
        0.270_580_808_427_784_5,
        0.207_385_551_028_673_97,
        0.169_557_176_997_408_2,
        0.144_049_896_768_846_1,
        0.125_509_669_524_743_04,
    ];
    let tail = ZETA.iter().rev().fold(0.0, |sum, z| z - a * sum);
    a * (a * tail - EULER)
}
