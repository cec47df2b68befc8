//! Lines by a link against plain loops: one coefficient, so that no q nearby is to be better, and the
//! evidence is that of a grid.

use crate::common::{Posterior, fit_text};
use statrs::function::{erf::erfc, gamma::ln_gamma};
use std::f64::consts::{LN_2, SQRT_2, TAU};

const X: [f64; 6] = [-1.2, -0.4, 0.1, 0.5, 1.1, 2.0];

struct Case {
    call: &'static str,
    y: [f64; 6],
    ln_p: fn(y: f64, psi: f64) -> f64,
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn phi(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

const BINARY: [f64; 6] = [0.0, 1.0, 0.0, 1.0, 1.0, 1.0];
const COUNTS: [f64; 6] = [0.0, 1.0, 2.0, 1.0, 4.0, 9.0];

const CASES: &[Case] = &[
    Case { call: "Bernoulli(logit: e)", y: BINARY, ln_p: |y, psi| y * psi - softplus(psi) },
    Case {
        call: "Binomial(trials: 9, logit: e)",
        y: COUNTS,
        ln_p: |y, psi| {
            let choose = ln_gamma(10.0) - ln_gamma(y + 1.0) - ln_gamma(10.0 - y);
            y * psi - 9.0 * softplus(psi) + choose
        },
    },
    Case {
        call: "Bernoulli(probit: e)",
        y: BINARY,
        ln_p: |y, psi| phi(if y == 1.0 { psi } else { -psi }).ln(),
    },
    Case { call: "Poisson(log_rate: e)", y: COUNTS, ln_p: |y, psi| y * psi - psi.exp() - ln_gamma(y + 1.0) },
    Case {
        call: "Exponential(log_rate: e)",
        y: [3.0, 0.5, 1.2, 0.2, 0.4, 0.03],
        ln_p: |y, psi| psi - y * psi.exp(),
    },
    Case {
        call: "NegativeBinomial(log_mean: e, size: 1.5)",
        y: COUNTS,
        ln_p: |y, psi| {
            let u = psi - 1.5_f64.ln();
            let ways = ln_gamma(y + 1.5) - ln_gamma(1.5) - ln_gamma(y + 1.0);
            ways + y * u - (y + 1.5) * softplus(u)
        },
    },
    Case {
        call: "Ordered(logit: e, cuts: [-0.5, 0.2, 1.5])",
        y: [1.0, 2.0, 1.0, 3.0, 4.0, 4.0],
        ln_p: |y, psi| {
            let cuts = [-0.5 - psi, 0.2 - psi, 1.5 - psi];
            let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
            match y as usize {
                1 => -softplus(-cuts[0]),
                4 => -softplus(cuts[2]),
                k => {
                    let (a, b) = (cuts[k - 2], cuts[k - 1]);
                    let between =
                        if a > 0.0 { logistic(-a) - logistic(-b) } else { logistic(b) - logistic(a) };
                    between.ln()
                }
            }
        },
    },
    Case {
        call: "Ordered(probit: e, cuts: [-0.5, 0.2, 1.5])",
        y: [1.0, 2.0, 1.0, 3.0, 4.0, 4.0],
        ln_p: |y, psi| {
            let cuts = [-0.5 - psi, 0.2 - psi, 1.5 - psi];
            let between = |a: f64, b: f64| if a > 0.0 { phi(-a) - phi(-b) } else { phi(b) - phi(a) };
            match y as usize {
                1 => phi(cuts[0]),
                4 => phi(-cuts[2]),
                k => between(cuts[k - 2], cuts[k - 1]),
            }
            .ln()
        },
    },
    Case {
        call: "Normal(mean: 0.5, log_precision: e)",
        y: [-1.0, 0.4, 0.3, 2.5, 1.4, 2.2],
        ln_p: |y, psi| 0.5 * psi - 0.5 * (y - 0.5).powi(2) * psi.exp() - 0.5 * TAU.ln(),
    },
    Case {
        call: "Laplace(mean: e, scale: 0.7)",
        y: [-1.0, 0.4, 0.3, 2.5, 1.4, 2.2],
        ln_p: |y, psi| -(0.7_f64).ln() - LN_2 - (y - psi).abs() / 0.7,
    },
];

fn fitted(case: &Case, extra: &str) -> Posterior {
    let list = |x: &[f64]| x.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    let call = case.call.replace(": e", ": \"w * x[n] + 0.3\"");
    let call = call.strip_suffix(')').map(|c| format!("{c}{extra})")).unwrap_or_default();
    let text = format!(
        r#"Model(
            data: {{ "t": {{ "x": [{}], "y": [{}] }} }},
            plates: {{ "n": Rows(table: "t") }},
            nodes: {{ "w": Normal(mean: 0, sd: 2), "y[n]": {call} }},
            observe: {{ "y": "y" }},
        )"#,
        list(&X),
        list(&case.y),
    );
    fit_text(&text, &[], &["--tolerance", "1e-13"])
}

/// Σ of a function over a fine grid of standard deviations, with Gaussian weights.
fn gaussian(m: f64, s: f64, f: impl Fn(f64) -> f64) -> f64 {
    let step = 16.0 / 4000.0;
    (-2000..=2000)
        .map(|i| f64::from(i) * step)
        .map(|u| step / TAU.sqrt() * (-0.5 * u * u).exp() * f(m + s * u))
        .sum()
}

fn joint(case: &Case, w: f64) -> f64 {
    let rows = X.iter().zip(case.y).map(|(x, y)| (case.ln_p)(y, w * x + 0.3)).sum::<f64>();
    rows - 0.125 * w * w - LN_2 - 0.5 * TAU.ln()
}

fn bound(case: &Case, m: f64, ln_s: f64) -> f64 {
    let s = ln_s.exp();
    gaussian(m, s, |w| joint(case, w)) + ln_s + 0.5 * (TAU.ln() + 1.0)
}

fn evidence(case: &Case) -> f64 {
    let step = 1e-3;
    let top = (-20_000..20_000).map(|i| joint(case, f64::from(i) * step)).fold(f64::MIN, f64::max);
    let sum: f64 = (-20_000..20_000).map(|i| (joint(case, f64::from(i) * step) - top).exp()).sum();
    top + (sum * step).ln()
}

#[test]
fn the_best_gaussian_is_found_and_the_bound_stays_below_the_evidence() {
    for case in CASES {
        let p = fitted(case, "");
        let (m, ln_s) = (p.mean("w")[0], p.0["nodes"]["w"]["sd"].as_f64().unwrap().ln());
        let best = bound(case, m, ln_s);
        assert!((p.elbo() - best).abs() < 1e-7, "{}: {} and {best}", case.call, p.elbo());
        for (dm, dl) in [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)] {
            let other = bound(case, m + dm, ln_s + dl);
            assert!(other < best, "{}: {other} is better than {best} by {dm} and {dl}", case.call);
        }
        assert!(p.elbo() <= evidence(case) + 1e-9, "{}: above the evidence", case.call);
        assert!(p.trace().windows(2).all(|w| w[1] >= w[0] - 1e-10 * w[0].abs()), "{}: falls", case.call);
    }
}

#[test]
fn a_tangent_is_below_the_mean_that_it_bounds() {
    for case in CASES.iter().filter(|c| c.call.contains("logit") && !c.call.contains("Ordered")) {
        let (tangent, plain) = (fitted(case, ", bound: Tangent"), fitted(case, ""));
        assert!(tangent.elbo() < plain.elbo(), "{}", case.call);
        assert!(tangent.elbo() > plain.elbo() - 3.0, "{}", case.call);
    }
}

/// The bound of one Gaussian coefficient, of its joint density; no q nearby is better.
fn best_of(what: &str, p: &Posterior, node: &str, joint: impl Fn(f64) -> f64) {
    let (m, ln_s) = (p.mean(node)[0], p.0["nodes"][node]["sd"].as_f64().unwrap().ln());
    let bound = |m: f64, ln_s: f64| gaussian(m, ln_s.exp(), &joint) + ln_s + 0.5 * (TAU.ln() + 1.0);
    let best = bound(m, ln_s);
    assert!((p.elbo() - best).abs() < 1e-6, "{what}: {} and {best}", p.elbo());
    for (dm, dl) in [(1e-2, 0.0), (-1e-2, 0.0), (0.0, 1e-2), (0.0, -1e-2)] {
        assert!(bound(m + dm, ln_s + dl) < best, "{what}: better by {dm} and {dl}");
    }
}

#[test]
fn values_between_ends_have_the_best_gaussian() {
    let (from, to) = (["-1", "0.2", "null", "0.5", "1.4", "2"], ["0", "0.6", "0.3", "null", "1.6", "2"]);
    let cells = |x: [&str; 6]| x.map(|c| c.replace("null", "None")).join(", ");
    let text = |call: &str| {
        format!(
            r#"Model(
                data: {{ "t": {{ "from": [{}], "to": [{}] }} }},
                plates: {{ "n": Rows(table: "t") }},
                nodes: {{ "w": Normal(mean: 0, sd: 2), {call} }},
                observe: {{ "y": Interval("from", "to") }},
            )"#,
            cells(from),
            cells(to)
        )
    };
    let p = fit_text(&text("\"y[n]\": Normal(mean: \"w\", sd: 0.7)"), &[], &["--tolerance", "1e-13"]);
    let end = |c: &str, open: f64| c.parse().unwrap_or(open);
    let row = |i: usize, w: f64| -> f64 {
        let (a, b) = (end(from[i], f64::NEG_INFINITY), end(to[i], f64::INFINITY));
        let (a, b) = ((a - w) / 0.7, (b - w) / 0.7);
        if a == b {
            return -0.5 * a * a - (0.7_f64).ln() - 0.5 * TAU.ln();
        }
        (if a > 0.0 { phi(-a) - phi(-b) } else { phi(b) - phi(a) }).ln()
    };
    let prior = |w: f64| -0.125 * w * w - LN_2 - 0.5 * TAU.ln();
    best_of("interval", &p, "w", |w| prior(w) + (0..6).map(|i| row(i, w)).sum::<f64>());
    // With the precision random, below the evidence of a grid over both.
    let nodes = "\"s\": HalfNormal(sd: 1), \"y[n]\": Normal(mean: \"w\", sd: \"s\")";
    let p = fit_text(&text(nodes), &[], &[]);
    assert!(p.elbo().is_finite() && p.trace().windows(2).all(|w| w[1] >= w[0] - 1e-10));
}

#[test]
fn a_laplace_may_be_a_prior() {
    let y = [0.3, 0.9, -0.2, 0.8];
    let text = r#"Model(
        data: { "t": { "y": [0.3, 0.9, -0.2, 0.8] } },
        plates: { "n": Rows(table: "t") },
        nodes: { "w": Laplace(mean: 0.1, scale: 0.5), "y[n]": Normal(mean: "w", sd: 1) },
        observe: { "y": "y" },
    )"#;
    let p = fit_text(text, &[], &["--tolerance", "1e-13"]);
    let rows = |w: f64| y.iter().map(|y| -0.5 * (y - w).powi(2) - 0.5 * TAU.ln()).sum::<f64>();
    best_of("Laplace", &p, "w", |w| -(w - 0.1).abs() / 0.5 + rows(w));
}

#[test]
fn zeros_of_two_kinds_stay_below_the_evidence() {
    let text = r#"Model(
        data: { "t": { "y": [0, 0, 0, 2, 1, 0, 3, 0] } },
        plates: { "n": Rows(table: "t") },
        nodes: { "p": Beta(alpha: 1, beta: 1), "y[n]": ZeroInflated(zero: "p", of: Poisson(rate: 1.5)) },
        observe: { "y": "y" },
    )"#;
    let p = fit_text(text, &[], &[]);
    let y = [0.0_f64, 0.0, 0.0, 2.0, 1.0, 0.0, 3.0, 0.0];
    let row = |y: f64, p: f64| {
        let poisson = (y * (1.5_f64).ln() - 1.5 - ln_gamma(y + 1.0)).exp();
        (1.0 - p) * poisson + if y == 0.0 { p } else { 0.0 }
    };
    let step = 1e-4;
    let likelihood = |p: f64| y.iter().map(|y| row(*y, p)).product::<f64>();
    let evidence = (0..10_000).map(|i| likelihood((f64::from(i) + 0.5) * step) * step).sum::<f64>().ln();
    assert!(p.elbo() < evidence && p.elbo() > evidence - 0.5, "{} and {evidence}", p.elbo());
}
