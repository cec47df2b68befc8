//! Posterior predictives of missing cells against closed forms: what is not known of the parameters is part
//! of the spread.

use crate::common::{all_near, fit_text, near};

fn sd(p: &crate::common::Posterior, node: &str, at: usize) -> f64 {
    p.0["nodes"][node]["sd"][at].as_f64().unwrap_or(f64::INFINITY)
}

fn one(column: &str, nodes: &str) -> crate::common::Posterior {
    let text = format!(
        r#"Model(data: {{ "d": {{ "y": [{column}] }} }}, plates: {{ "n": Rows(table: "d") }}, nodes: {{ {nodes} }}, observe: {{ "y": "y" }})"#
    );
    fit_text(&text, &[], &["--nodes", "y"])
}

/// Gelman et al. (2013), sec. 3.3: Student-t of dof 2a and squared scale b (κ + 1) / (a κ).
#[test]
fn a_normal_of_unknown_mean_and_precision_is_a_student_t() {
    let p = one(
        r#"1, 2, 4, """#,
        r#""tau": Gamma(shape: 2, rate: 3), "mu": Normal(mean: 1, precision: "2 * tau"), "y[n]": Normal(mean: "mu", precision: "tau")"#,
    );
    let (kappa, m) = (5.0, (2.0 * 1.0 + 7.0) / 5.0);
    let squares = 2.0 * (m - 1.0_f64).powi(2) + (1.0 - m).powi(2) + (2.0 - m).powi(2) + (4.0 - m).powi(2);
    let (a, b) = (3.5, 3.0 + 0.5 * squares);
    near("mean", p.mean("y")[3], m, 1e-12);
    near("sd", sd(&p, "y", 3), (b * (kappa + 1.0) / (kappa * (a - 1.0))).sqrt(), 1e-12);
}

#[test]
fn counts_have_the_spread_of_their_mixtures() {
    // Negative binomial: Gamma(1 + 9, 1 + 3).
    let p = one(r#"2, 3, 4, """#, r#""r": Gamma(shape: 1, rate: 1), "y[n]": Poisson(rate: "r")"#);
    near("Poisson", p.mean("y")[3], 2.5, 1e-13);
    near("Poisson", sd(&p, "y", 3), (2.5 + 10.0 / 16.0_f64).sqrt(), 1e-13);
    // Beta–binomial: Beta(1 + 5, 2 + 13) and 6 trials.
    let p = one(r#"2, 0, 3, """#, r#""p": Beta(alpha: 1, beta: 2), "y[n]": Binomial(trials: 6, p: "p")"#);
    let (a, b) = (6.0, 15.0_f64);
    near("Binomial", p.mean("y")[3], 6.0 * a / (a + b), 1e-13);
    let variance = 6.0 * a * b * (a + b + 6.0) / ((a + b).powi(2) * (a + b + 1.0));
    near("Binomial", sd(&p, "y", 3), variance.sqrt(), 1e-13);
}

#[test]
fn waiting_times_have_the_mean_of_their_mixture() {
    // Lomax: E 1/rate, and its spread where there is one.
    let p = one(r#"1, 2, 4, """#, r#""r": Gamma(shape: 2, rate: 3), "y[n]": Exponential(rate: "r")"#);
    near("mean", p.mean("y")[3], 10.0 / 4.0, 1e-13);
    near("sd", sd(&p, "y", 3), (10.0 / 4.0) * (5.0 / 3.0_f64).sqrt(), 1e-13);
    let p = one(r#"1, """#, r#""r": Gamma(shape: 0.5, rate: 3), "y[n]": Exponential(rate: "r")"#);
    near("mean", p.mean("y")[1], 4.0 / 0.5, 1e-13);
    assert_eq!(sd(&p, "y", 1), f64::INFINITY);
    // A Gamma of known shape: a E[1/rate], and the second moment a (a + 1) E[1/rate²].
    let p = one(r#"1, 2, """#, r#""r": Gamma(shape: 3, rate: 1), "y[n]": Gamma(shape: 2, rate: "r")"#);
    let (shape, rate) = (7.0, 4.0);
    let (first, second) = (rate / (shape - 1.0), rate * rate / ((shape - 1.0) * (shape - 2.0)));
    near("mean", p.mean("y")[2], 2.0 * first, 1e-13);
    near("sd", sd(&p, "y", 2), (6.0 * second - 4.0 * first * first).sqrt(), 1e-12);
    // ln y ~ Normal(m, 1): q of m is Normal(…, 1/(1 + 2)).
    let p = one(
        r#"1, 2, """#,
        r#""m": Normal(mean: 0, precision: 1), "y[n]": LogNormal(mean: "m", precision: 4)"#,
    );
    let (m, v) = (4.0 * 2.0_f64.ln() / 9.0, 1.0 / 9.0 + 0.25);
    near("mean", p.mean("y")[2], (m + 0.5 * v).exp(), 1e-12);
    near("sd", sd(&p, "y", 2), (m + 0.5 * v).exp() * v.exp_m1().sqrt(), 1e-12);
}

/// Coefficients of one joint q, with and without an unknown precision that scales them.
#[test]
fn a_regression_far_from_its_data() {
    let text = |prior: &str, precision: &str, more: &str| {
        format!(
            r#"Model(data: {{ "d": {{ "y": ["", 2, 3, 5], "x": [100, 1, 2, 3] }} }}, plates: {{ "n": Rows(table: "d") }},
            nodes: {{ {more} "a": Normal(mean: 0, precision: "{prior}"), "b": Normal(mean: 0, precision: "{prior}"),
            "y[n]": Normal(mean: "a + b * x[n]", precision: "{precision}") }}, observe: {{ "y": "y" }})"#
        )
    };
    let p = fit_text(&text("0.01", "1", ""), &[], &["--nodes", "y"]);
    near("mean", p.mean("y")[0], 149.932_740_150_078_8, 1e-9);
    near("sd", sd(&p, "y", 0), 68.462_758_7, 1e-7);
    let p = fit_text(
        &text("0.01 * tau", "tau", r#""tau": Gamma(shape: 2, rate: 1),"#),
        &[],
        &["--nodes", "y,tau"],
    );
    // With Λ = 0.01 I + XᵀX: Student-t of 2a, squared scale (b/a)(1 + xᵀ Λ⁻¹ x).
    let (s, sx, sxx, sy, sxy, syy) = (3.01, 6.0, 14.01, 10.0, 23.0, 38.0);
    let det = s * sxx - sx * sx;
    let (a, b) = ((sxx * sy - sx * sxy) / det, (s * sxy - sx * sy) / det);
    let spread = (sxx - 200.0 * sx + 10_000.0 * s) / det;
    let (shape, rate) = (3.5, 1.0 + 0.5 * (syy - a * sy - b * sxy));
    near("mean", p.mean("y")[0], a + 100.0 * b, 1e-10);
    near("sd", sd(&p, "y", 0), (rate / (shape - 1.0) * (1.0 + spread)).sqrt(), 1e-9);
}

#[test]
fn vectors_have_the_spread_of_a_multivariate_t() {
    let text = r#"Model(data: { "d": { "a": [1, 2, 0, ""], "b": [0, 1, 3, ""] } }, plates: { "n": Rows(table: "d") },
        nodes: { "L": Wishart(dof: 5, scale: [[1, 0], [0, 2]]), "m": MvNormal(mean: [0, 0], precision: "0.5 * L"),
            "y[n]": MvNormal(mean: "m", precision: "L") }, observe: { "y": ["a", "b"] })"#;
    let p = fit_text(text, &[], &["--nodes", "y,m,L"]);
    // Bishop (2006), eq. 2.157 and Murphy (2007), eq. 258: dof ν − d + 1, scale V⁻¹ (κ + 1) / (κ (ν − d +
    // 1)).
    let (kappa, dof) = (3.5, 8.0);
    let scale = p.parameter("L", "scale");
    let det = scale[0] * scale[3] - scale[1] * scale[2];
    let inverse = [scale[3] / det, scale[0] / det];
    for (k, inverse) in inverse.into_iter().enumerate() {
        let variance = inverse * (kappa + 1.0) / (kappa * (dof - 3.0));
        let found = p.0["nodes"]["y"]["sd"][3][k].as_f64().unwrap();
        near("sd", found, variance.sqrt(), 1e-12);
    }
}

#[test]
fn probabilities_are_means_of_shares() {
    let p =
        one(r#"1, 2, 2, 3, """#, r#""p": Dirichlet(concentration: 1, over: 3), "y[n]": Categorical(p: "p")"#);
    all_near("shares", &p.mean("y")[12..], &[2.0 / 7.0, 3.0 / 7.0, 2.0 / 7.0], 1e-14);
}

/// A trend: the level and the slope vary together, and so do forecasts of later steps.
#[test]
fn forecasts_carry_how_states_vary_together() {
    let text = r#"Model(data: { "d": { "y": [1, 2.2, 2.9, 4.1, "", "", ""] } }, plates: { "t": Steps(table: "d"), "i": Size(2) },
        inputs: { "A[i]": [[1, 1], [0, 1]] },
        nodes: { "h[0,i]": Normal(mean: 0, precision: 1), "h[t,i]": Normal(mean: "dot(A[i], h[t-1])", precision: 5),
            "y[t]": Normal(mean: "h[t,1]", precision: 2) }, observe: { "y": "y" })"#;
    let text = text.replace("h[t,1]", "dot(c, h[t])").replace("inputs: {", "inputs: { \"c[i]\": [1, 0],");
    let p = fit_text(&text, &[], &["--nodes", "h,y"]);
    // A Kalman filter in plain loops.
    let (mut m, mut v) = ([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]]);
    for t in 0..7 {
        if t > 0 {
            m = [m[0] + m[1], m[1]];
            let cross = v[0][1] + v[1][1];
            v = [[v[0][0] + 2.0 * v[0][1] + v[1][1] + 0.2, cross], [cross, v[1][1] + 0.2]];
        }
        if t < 4 {
            let (gain, y) = (v[0][0] + 0.5, [1.0, 2.2, 2.9, 4.1][t]);
            let k = [v[0][0] / gain, v[0][1] / gain];
            m = [m[0] + k[0] * (y - m[0]), m[1] + k[1] * (y - m[0])];
            v = [
                [v[0][0] * (1.0 - k[0]), v[0][1] * (1.0 - k[0])],
                [v[0][1] * (1.0 - k[0]), v[1][1] - k[1] * v[0][1]],
            ];
        } else {
            near("mean", p.mean("y")[t], m[0], 1e-10);
            near("sd", sd(&p, "y", t), (v[0][0] + 0.5).sqrt(), 1e-10);
            near("slope", p.mean("h")[2 * t + 1], m[1], 1e-10);
        }
    }
}
