//! Scales, shapes, degrees of freedom and concentrations with priors that are not conjugate: q on the line. Where all
//! else is known, the bound is the log evidence, found here by sums over a fine grid.

use super::common::near;
use elbow::{Model, Nodes, Options, Posterior};
use statrs::function::gamma::ln_gamma;

fn model(table: &str, lines: &str, observe: &str) -> Result<Model, elbow::Error> {
    Model::from_text(format!(
        r#"Model(data: {{ "d": {{ {table} }} }}, plates: {{ "n": Rows(table: "d") }}, nodes: {{ {lines} }},
            observe: {{ {observe} }})"#
    ))
}

fn fit(table: &str, lines: &str, observe: &str) -> Posterior {
    let model = model(table, lines, observe).unwrap_or_else(|e| panic!("{e}"));
    model.fit(&Options { tolerance: 1e-14, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
}

fn mean(posterior: &Posterior, node: &str) -> f64 {
    posterior.node(node).unwrap_or_else(|e| panic!("{e}")).mean()[0]
}

/// ln ∫ exp f(x) dx over the positive numbers, and E x, by the trapezoidal rule over ln x.
fn integral(f: impl Fn(f64) -> f64) -> (f64, f64) {
    let at = |i: i32| -40.0 + 1e-3 * f64::from(i);
    let logs: Vec<f64> = (0..70_000).map(|i| f(at(i).exp()) + at(i)).collect();
    let top = logs.iter().fold(f64::NEG_INFINITY, |m, v| m.max(*v));
    let (mut sum, mut mean) = (0.0, 0.0);
    for (i, v) in logs.iter().enumerate() {
        let w = (v - top).exp();
        sum += w;
        mean += w * at(i as i32).exp();
    }
    (top + (sum * 1e-3).ln(), mean / sum)
}

const Y: [f64; 5] = [1.3, -0.4, 2.2, 0.1, -1.7];
const LN_2PI: f64 = 1.837_877_066_409_345_3;

fn normal(precision: f64) -> f64 {
    Y.iter().map(|y| 0.5 * (precision.ln() - LN_2PI - precision * y * y)).sum()
}

fn half_t(dof: f64, scale: f64, x: f64) -> f64 {
    2f64.ln() + ln_gamma(0.5 * (dof + 1.0))
        - ln_gamma(0.5 * dof)
        - 0.5 * (dof * std::f64::consts::PI).ln()
        - scale.ln()
        - 0.5 * (dof + 1.0) * (x * x / (dof * scale * scale)).ln_1p()
}

#[test]
fn a_prior_of_a_standard_deviation_a_variance_or_a_precision() {
    type Prior = (&'static str, fn(f64) -> f64);
    let priors: [Prior; 8] = [
        ("HalfCauchy(scale: 2)", |x| half_t(1.0, 2.0, x)),
        ("HalfStudentT(dof: 4, scale: 2)", |x| half_t(4.0, 2.0, x)),
        ("HalfNormal(sd: 3)", |x| 2f64.ln() - 3f64.ln() - 0.5 * LN_2PI - x * x / 18.0),
        ("Uniform(lower: 0.5, upper: 20)", |x| match (0.5..=20.0).contains(&x) {
            true => -(19.5f64.ln()),
            false => f64::NEG_INFINITY,
        }),
        ("Exponential(rate: 0.5)", |x| 0.5f64.ln() - 0.5 * x),
        ("Gamma(shape: 2.5, rate: 1)", |x| 1.5 * x.ln() - x - ln_gamma(2.5)),
        ("LogNormal(mean: 0.3, precision: 2)", |x| {
            0.5 * (2f64.ln() - LN_2PI) - (x.ln() - 0.3).powi(2) - x.ln()
        }),
        ("InverseGamma(shape: 3, scale: 2)", |x| 3.0 * 2f64.ln() - ln_gamma(3.0) - 4.0 * x.ln() - 2.0 / x),
    ];
    for (text, prior) in priors {
        for (slot, power) in [("sd", -2), ("variance", -1), ("precision", 1)] {
            let lines = format!(r#""s": {text}, "y[n]": Normal(mean: 0, {slot}: "s")"#);
            let got = fit(&format!(r#""y": {Y:?}"#), &lines, r#""y": "y""#);
            let (evidence, expected) = integral(|x| prior(x) + normal(x.powi(power)));
            let what = format!("{slot} ~ {text}");
            // A cut density has a corner, where a grid is worse than the engine.
            let tolerance = if text.starts_with("Uniform") { 2e-3 } else { 1e-9 };
            near(&what, got.elbo, evidence, tolerance);
            near(&what, mean(&got, "s"), expected, tolerance * (1.0 + expected));
        }
    }
}

#[test]
fn a_multiple_of_a_scale_is_a_scale() {
    let table = format!(r#""y": {Y:?}, "w": [3, 3, 3, 3, 3]"#);
    let of = |prior: &str, sd: &str| {
        fit(&table, &format!(r#""s": {prior}, "y[n]": Normal(mean: 0, sd: "{sd}")"#), r#""y": "y""#)
    };
    let (one, other) = (of("HalfCauchy(scale: 2)", "s * w[n] / 2"), of("HalfCauchy(scale: 3)", "s"));
    near("the bound", one.elbo, other.elbo, 1e-10);
    near("the mean", 1.5 * mean(&one, "s"), mean(&other, "s"), 1e-9);
}

#[test]
fn a_shape_has_a_prior() {
    let x = [0.5, 2.0, 1.5, 0.7];
    let lines = r#""a": Exponential(rate: 1), "x[n]": Gamma(shape: "a", rate: 2)"#;
    let got = fit(&format!(r#""x": {x:?}"#), lines, r#""x": "x""#);
    let (evidence, expected) = integral(|a| {
        let one = |x: f64| a * 2f64.ln() - ln_gamma(a) + (a - 1.0) * x.ln() - 2.0 * x;
        -a + x.iter().map(|x| one(*x)).sum::<f64>()
    });
    near("the bound", got.elbo, evidence, 1e-9);
    near("the mean", mean(&got, "a"), expected, 1e-9);
}

#[test]
fn a_concentration_has_a_prior_and_the_bound_is_a_bound() {
    let counts = [[3.0, 0.0, 5.0], [0.0, 1.0, 9.0], [4.0, 4.0, 4.0]];
    let column = |k: usize| counts.map(|c| c[k]);
    let totals = counts.map(|c| c.iter().sum::<f64>());
    let table =
        format!(r#""a": {:?}, "b": {:?}, "c": {:?}, "all": {totals:?}"#, column(0), column(1), column(2));
    let lines = r#""g": Gamma(shape: 1, rate: 1), "t[n]": Dirichlet(concentration: "g", over: 3),
           "y[n]": Multinomial(trials: "all[n]", p: "t[n]")"#;
    let got = fit(&table, lines, r#""y": ["a", "b", "c"]"#);
    let (evidence, expected) = integral(|g| {
        let one = |c: &[f64; 3], n: f64| {
            let each = |c: &f64| ln_gamma(g + c) - ln_gamma(g) - ln_gamma(c + 1.0);
            ln_gamma(3.0 * g) - ln_gamma(3.0 * g + n) + ln_gamma(n + 1.0) + c.iter().map(each).sum::<f64>()
        };
        -g + counts.iter().zip(totals).map(|(c, n)| one(c, n)).sum::<f64>()
    });
    assert!(got.elbo < evidence && got.elbo > evidence - 0.5, "{} and {evidence}", got.elbo);
    near("the mean", mean(&got, "g"), expected, 0.2);
}

#[test]
fn vectors_of_two_lengths_have_a_concentration_each() {
    let lines = r#""g": HalfNormal(sd: 1), "t": Dirichlet(concentration: "g", over: 3),
        "u": Dirichlet(concentration: "g", over: 2), "y[n]": Categorical(p: "t"), "z[n]": Categorical(p: "u")"#;
    let refused =
        model(r#""y": [0, 2], "z": [0, 1]"#, lines, r#""y": "y", "z": "z""#).expect_err("two lengths");
    assert!(refused.to_string().contains("two lengths"), "{refused}");
}

#[test]
fn degrees_of_freedom_have_a_prior_and_the_bound_is_a_bound() {
    let y: [f64; 7] = [0.3, -0.8, 0.5, 14.0, -0.2, 0.1, -1.1];
    let lines = r#""nu": Gamma(shape: 2, rate: 0.1), "y[n]": StudentT(mean: 0, scale: 0.8, dof: "nu")"#;
    let got = fit(&format!(r#""y": {y:?}"#), lines, r#""y": "y""#);
    let (evidence, _) = integral(|nu| {
        let one = |y: f64| half_t(nu, 0.8, y.abs()) - 2f64.ln();
        2.0 * 0.1f64.ln() + nu.ln() - 0.1 * nu + y.iter().map(|y| one(*y)).sum::<f64>()
    });
    assert!(got.elbo < evidence && got.elbo > evidence - 1.5, "{} and {evidence}", got.elbo);
}

/// Scales of scales: a horseshoe.
#[test]
fn scales_multiply() {
    let x: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11) - 5.0).collect();
    let z: Vec<f64> = (0..40).map(|i| f64::from(i * 5 % 13) - 6.0).collect();
    let y: Vec<f64> = (0..40).map(|i| 2.0 * x[i] + f64::from((i * 3 % 7) as u32) * 0.1 - 0.3).collect();
    let lines = r#""tau": HalfCauchy(scale: 1), "l": HalfCauchy(scale: 1), "m": HalfCauchy(scale: 1),
           "b": Normal(mean: 0, sd: "tau * l"), "c": Normal(mean: 0, sd: "tau * m"),
           "y[n]": Normal(mean: "b * x[n] + c * z[n]", sd: 0.2)"#;
    let got = fit(&format!(r#""x": {x:?}, "z": {z:?}, "y": {y:?}"#), lines, r#""y": "y""#);
    assert!(got.converged);
    near("the slope", mean(&got, "b"), 2.0, 0.02);
    assert!(mean(&got, "l") > 3.0 * mean(&got, "m"));
}

/// What is predicted of a row has the spread of a random scale: E σ² of an sd.
#[test]
fn a_prediction_knows_its_scale() {
    let lines = r#""s": HalfNormal(sd: 3), "y[n]": Normal(mean: 0, sd: "s")"#;
    let model = model(r#""y": [1.3, -0.4, 2.2, 0.1, -1.7, None]"#, lines, r#""y": "y""#).unwrap();
    let nodes = Nodes::named(["y"]);
    let got = model.fit(&Options { tolerance: 1e-14, nodes, ..Options::default() }).unwrap();
    let prior = |x: f64| 2f64.ln() - 3f64.ln() - 0.5 * LN_2PI - x * x / 18.0;
    // E x² is the mean of x under the density times x, over that of 1.
    let (norm, _) = integral(|x| prior(x) + normal(x.powi(-2)));
    let (square, _) = integral(|x| 2.0 * x.ln() + prior(x) + normal(x.powi(-2)));
    let sd = got.node("y").unwrap().sd().unwrap()[5];
    near("the spread", sd * sd, (square - norm).exp(), 1e-7);
}

/// A scale is told as what it is: no precision, and its update by the functions that something asks for.
#[test]
fn a_scale_is_no_precision() {
    let lines = r#""s": HalfCauchy(scale: 2), "y[n]": Normal(mean: 0, sd: "s")"#;
    let explained = model(&format!(r#""y": {Y:?}"#), lines, r#""y": "y""#).unwrap().explain().unwrap();
    assert!(explained.contains("by quadrature") && !explained.contains("ln Γ(s)"), "{explained}");
}
