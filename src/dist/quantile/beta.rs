//! Quantiles of Beta(a, b), a ≤ b. Not here: two large shapes (`uniform`).
//!
//! In w = ln(x/(1 − x)) the density is log-concave. Up to the turn x = (a + 1)/(a + b + 2) the lower tail comes
//! from its continued fraction (a < 1: its power series), above it the upper tail from that of the exchanged
//! shapes. Source: Press et al. (2007), sec. 6.4, eq. 6.4.5–6.4.6.
//!
//! Where b is far above a, −ln(1 − x) (b + ½ (a − 1)) is a Gamma(a) but for a relative error of its quantiles
//! below (a + g)²/b², g that quantile: its density is t^(a − 1) e^−t (sinh(s)/s)^(a − 1), s = t/(2b + a − 1).

use super::{
    fraction::away_from_zero,
    gamma::{MOST_TERMS, ln_gamma_1p, quantile as gamma_quantile},
    newton::{Found, ln_tail, solve},
    uniform,
};
use crate::dist::rise::ln_gamma_rise;
use crate::num::special::digamma;

/// x, 1 − x, each with its own digits, and the evaluations they took.
pub(super) struct Split {
    pub x: f64,
    pub y: f64,
    pub evaluations: usize,
}

/// The quantile where the lower tail is p and the upper tail q = 1 − p, both in (0, 1).
pub(super) fn quantile(a: f64, b: f64, p: f64, q: f64) -> Split {
    if a >= uniform::LARGE {
        let r = a / b;
        let m = uniform::deviation(a, r, p, q);
        return Split { x: (1.0 + m) / (1.0 + r) * r, y: (1.0 - r * m) / (1.0 + r), evaluations: 0 };
    }
    if b >= 1e5 * a.max(100.0) {
        let Found { at, evaluations } = as_gamma(a, b, p, q);
        return Split { x: -(-at).exp_m1(), y: (-at).exp(), evaluations };
    }
    let w = logit(a, b, p, q);
    Split { x: 1.0 / (1.0 + (-w.at).exp()), y: 1.0 / (1.0 + w.at.exp()), evaluations: w.evaluations }
}

/// −ln(1 − x) by the quantile of a Gamma.
fn as_gamma(a: f64, b: f64, p: f64, q: f64) -> Found {
    let g = gamma_quantile(a, p, q);
    Found { at: g.at / (b + 0.5 * (a - 1.0)), ..g }
}

/// ln(x/(1 − x)) of the quantile.
fn logit(a: f64, b: f64, p: f64, q: f64) -> Found {
    let (ln_p, ln_q) = (ln_tail(p, q), ln_tail(q, p));
    let (ln_ab, ln_bb) = (ln_times_beta(a, b), ln_times_beta(b, a));
    // The tails are at most e^(a w)/(a B) and e^(−b w)/(b B), and near these far out.
    let (low, high) = ((ln_p + ln_ab) / a, -(ln_q + ln_bb) / b);
    if low > 40.0 || high < -40.0 || low >= high {
        return Found { at: if low > 40.0 { low } else { high.min(low) }, evaluations: 0 };
    }
    let mut before = 0;
    let start = if a >= 1.0 {
        let r = a / b;
        let m = uniform::deviation(a, r, p, q);
        Some((r * (1.0 + m) / (1.0 - r * m)).ln())
    } else if b >= 1.0 {
        let g = as_gamma(a, b, p, q);
        before = g.evaluations;
        Some(g.at.exp_m1().ln())
    } else {
        None
    };
    let many = a * b / (a + b);
    let turn = ((a + 1.0) / (b + 1.0)).ln();
    let lower = |w: f64| tail(a, b, w, ln_ab);
    let upper = |w: f64| {
        let (ln, slope) = tail(b, a, -w, ln_bb);
        (ln, -slope)
    };
    let mut found = if ln_p <= lower(turn).0 {
        solve(start.unwrap_or(low), (low.min(turn), turn), ln_p, many, &lower)
    } else {
        solve(start.unwrap_or(high), (turn, high.max(turn)), ln_q, many, &upper)
    };
    found.evaluations += 1 + before;
    found
}

/// ln(a B(a, b)).
fn ln_times_beta(a: f64, b: f64) -> f64 {
    if b < 10.0 && a < 1e-5 * b.min(1.0) {
        // The difference of ln Γ(a + b) and ln Γ(b) by the slope between them.
        return ln_gamma_1p(a) - a * digamma(b + 0.5 * a);
    }
    if a.max(b) < 10.0 {
        // Γ(a + 1) Γ(b)/Γ(a + b), from functions that keep their digits near 0.
        return ln_gamma_1p(a) + ln_gamma_1p(b) - ln_gamma_1p(a + b) + (a / b).ln_1p();
    }
    if a > b {
        a.ln() + ln_gamma_1p(b) - b.ln() - ln_gamma_rise(a, b)
    } else {
        ln_gamma_1p(a) - ln_gamma_rise(b, a)
    }
}

/// ln I_x(a, b) and its derivative by w, x = 1/(1 + e^−w) up to the turn.
fn tail(a: f64, b: f64, w: f64, ln_ab: f64) -> (f64, f64) {
    let x = 1.0 / (1.0 + (-w).exp());
    let (ln_x, ln_y) = (-ln_1p_exp(-w), -ln_1p_exp(w));
    if a < 1.0 {
        let rest = (a * power_series(a, b, x)).ln_1p();
        return (a * ln_x - ln_ab + rest, a * (b * ln_y - rest).exp());
    }
    let h = fraction(a, b, x);
    (a * ln_x + b * ln_y - ln_ab + h.ln(), a / h)
}

/// Σ (1 − b)ₙ xⁿ/(n! (a + n)) from n = 1, for a < 1 up to the turn: no part is large against a, so tails that
/// are nearly a step keep their digits. Source: DLMF 8.17.7.
fn power_series(a: f64, b: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 0.0);
    for n in (1..=MOST_TERMS).map(|n| n as f64) {
        term *= (n - b) * x / n;
        sum += term / (a + n);
        if term.abs() < 1e-17 {
            break;
        }
    }
    sum
}

/// ln(1 + e^w).
fn ln_1p_exp(w: f64) -> f64 {
    w.max(0.0) + (-w.abs()).exp().ln_1p()
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    // About √min(a, b) steps up to the turn.
    for m in (1..=MOST_TERMS).map(|m| m as f64) {
        let m2 = 2.0 * m;
        let even = m * (b - m) * x / ((a + m2 - 1.0) * (a + m2));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + m2) * (a + m2 + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}
