//! Chains of positive numbers, each step's rate the one before: every step a factor of q, against plain
//! loops.

use crate::common::{all_near, fit_text};

/// h[0] ~ Gamma(first), h[t] ~ Gamma(shape, h[t−1]); what a step sees adds to its shape and to its rate.
/// Shapes and rates of q where the updates stand still.
fn loops(first: (f64, f64), shape: f64, seen: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    let n = seen.len();
    let shapes: Vec<f64> = (0..n)
        .map(|t| if t == 0 { first.0 } else { shape } + if t + 1 < n { shape } else { 0.0 } + seen[t].0)
        .collect();
    let mut rates = vec![1.0; n];
    for _ in 0..10_000 {
        for t in 0..n {
            let mean = |s: usize| shapes[s] / rates[s];
            let before = if t == 0 { first.1 } else { mean(t - 1) };
            rates[t] = before + if t + 1 < n { mean(t + 1) } else { 0.0 } + seen[t].1;
        }
    }
    (shapes, rates)
}

fn chain(nodes: &str, y: &str, first: (f64, f64), shape: f64, seen: &[(f64, f64)]) {
    let text = format!(
        r#"Model(data: {{ "d": {{ "y": [{y}] }} }}, plates: {{ "t": Steps(table: "d") }}, nodes: {{ {nodes} }}, observe: {{ "y": "y" }})"#
    );
    let p = fit_text(&text, &[], &["--nodes", "h", "--tolerance", "0", "--max-iterations", "5000"]);
    let (shapes, rates) = loops(first, shape, seen);
    all_near("shapes", &p.parameter("h", "shape"), &shapes, 1e-12);
    // Where the bound stands still to the last digit, a parameter does to the root of that.
    all_near("rates", &p.parameter("h", "rate"), &rates, 1e-5);
    assert!(p.trace().windows(2).all(|w| w[1] >= w[0] - 1e-10), "{:?}", p.trace());
}

#[test]
fn precisions_of_a_series() {
    let y = [0.1, -0.3, 0.5, 2.0, -1.5];
    let seen: Vec<(f64, f64)> = y.iter().map(|y| (0.5, 0.5 * y * y)).collect();
    let nodes = r#""h[0]": Gamma(shape: 1, rate: 1), "h[t]": Gamma(shape: 2, rate: "h[t-1]"),
        "y[t]": Normal(mean: 0, precision: "h[t]")"#;
    chain(nodes, "0.1, -0.3, 0.5, 2, -1.5", (1.0, 1.0), 2.0, &seen);
}

#[test]
fn rates_of_counts() {
    let y = [1.0, 2.0, 3.0, 0.0];
    let seen: Vec<(f64, f64)> = y.iter().map(|y| (*y, 1.0)).collect();
    let nodes = r#""h[0]": Gamma(shape: 3, rate: 2), "h[t]": Exponential(rate: "h[t-1]"), "y[t]": Poisson(rate: "h[t]")"#;
    chain(nodes, "1, 2, 3, 0", (3.0, 2.0), 1.0, &seen);
}
