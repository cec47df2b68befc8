//! Models whose evidence has a closed form, and one whose coordinate ascent is written out: StudentT,
//! LogNormal, sticks, diagonal precisions, a random parameter of a Beta. Where q is exact the bound is the
//! log evidence.

use crate::common::{all_near, fit_text, is_evidence, near};
use crate::textbook::robust::Line;
use serde_json::Value;
use statrs::distribution::{Continuous, StudentsT};
use statrs::function::gamma::ln_gamma;

const LONG: &[&str] = &["--tolerance", "0", "--max-iterations", "4000"];

fn table(columns: &[(&str, &[f64])]) -> String {
    let columns: Vec<String> =
        columns.iter().map(|(name, values)| format!("\"{name}\": {values:?}")).collect();
    format!("data: {{ \"t\": {{ {} }} }}, plates: {{ \"n\": Rows(table: \"t\")", columns.join(", "))
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// ln of a Gamma prior's normaliser over its posterior's.
fn gamma_evidence(prior: (f64, f64), posterior: (f64, f64)) -> f64 {
    ln_gamma(posterior.0) - posterior.0 * posterior.1.ln() - ln_gamma(prior.0) + prior.0 * prior.1.ln()
}

/// Given its mean and precision, a StudentT has one latent number for each row, whose q is exact.
#[test]
fn a_known_student_t_gives_its_density() {
    let (y, f) = ([0.3, -2.0, 7.5, 1.0], [1.0, 2.5, 4.0, 30.0]);
    let head = table(&[("y", &y), ("f", &f)]);
    let model = format!(
        "Model({head} }}, nodes: {{ \"y[n]\": StudentT(mean: 0.5, precision: 1.7, dof: \"f[n]\") }}, observe: {{ \"y\": \"y\" }})"
    );
    let p = fit_text(&model, &[], &["--nodes", "y.scale"]);
    let want: f64 =
        y.iter().zip(&f).map(|(y, f)| StudentsT::new(0.5, 1.7_f64.powf(-0.5), *f).unwrap().ln_pdf(*y)).sum();
    is_evidence(&p, want, 1e-10);
    // The posterior of a scale: Gamma(½(ν + 1), ½(ν + τ(y − m)²)).
    let scales: Vec<f64> =
        y.iter().zip(&f).map(|(y, f)| (f + 1.0) / (f + 1.7 * (y - 0.5) * (y - 0.5))).collect();
    all_near("the scales", &p.mean("y.scale"), &scales, 1e-12);
}

#[test]
fn a_line_with_heavy_tails_is_that_of_plain_loops() {
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    let y = [0.9, 3.1, 4.8, 7.2, 30.0, 11.1, 12.8, 15.2];
    let model = format!(
        "Model({} }}, nodes: {{ \"a\": Normal(mean: 0, precision: 0.01), \"b\": Normal(mean: 0, precision: 0.01),
            \"tau\": Gamma(shape: 2, rate: 1), \"y[n]\": StudentT(mean: \"a + b * x[n]\", precision: \"tau\", dof: 3) }},
            observe: {{ \"y\": \"y\" }})",
        table(&[("x", &x), ("y", &y)])
    );
    let p = fit_text(&model, &[], &[LONG, &["--nodes", "a,b,tau,y.scale"]].concat());
    let mut line = Line::new(x.into_iter().zip(y).collect(), 3.0, 0.01, (2.0, 1.0));
    let mut bound = f64::NEG_INFINITY;
    for _ in 0..4000 {
        let next = line.iterate();
        assert!(next >= bound - 1e-10, "the loops fall from {bound} to {next}");
        bound = next;
    }
    near("the bound", p.elbo(), bound, 1e-9);
    // Where the bound stands still to the last digit, a parameter does to the root of that.
    all_near("the line", &[p.mean("a"), p.mean("b")].concat(), &line.mean, 1e-5);
    near("tau", p.mean("tau")[0], line.tau.0 / line.tau.1, 1e-5);
    let scales: Vec<f64> = line.scales.iter().map(|s| s.0 / s.1).collect();
    all_near("the scales", &p.mean("y.scale"), &scales, 1e-5);
    // The row that stands out counts little.
    assert!(scales[4] < 0.1 * scales[3], "{scales:?}");
}

/// A missing cell is a prediction: it changes nothing else, and its spread is that of the StudentT, not of
/// the Normal inside.
#[test]
fn a_missing_student_t_is_predicted() {
    let model = |y: &str, rest: &str| {
        format!(
            "Model(data: {{ \"t\": {{ \"x\": [1, 2, 3, 4{rest}], \"y\": [2.1, 3.9, 6.2, 8.0{y}] }} }}, plates: {{ \"n\": Rows(table: \"t\") }},
            nodes: {{ \"b\": Normal(mean: 0, precision: 0.01), \"y[n]\": StudentT(mean: \"b * x[n] + 1\", precision: 4, dof: 5) }},
            observe: {{ \"y\": \"y\" }})"
        )
    };
    let options = [LONG, &["--nodes", "b,y"]].concat();
    let (full, gap) =
        (fit_text(&model("", ""), &[], &options), fit_text(&model(", \"NA\"", ", 10"), &[], &options));
    near("the bound", gap.elbo(), full.elbo(), 1e-9);
    let b = gap.mean("b")[0];
    near("the prediction", gap.mean("y")[4], 10.0 * b + 1.0, 1e-9);
    let sd = |node: &Value| node["sd"].as_f64().or(node["sd"][4].as_f64()).expect("a number");
    let of_slope = 10.0 * sd(&gap.0["nodes"]["b"]);
    near("its spread", sd(&gap.0["nodes"]["y"]), (of_slope * of_slope + 5.0 / 3.0 / 4.0).sqrt(), 1e-9);
}

#[test]
fn logarithms_that_are_normal() {
    let y: [f64; 5] = [0.3, 1.9, 4.4, 0.8, 2.2];
    let model = format!(
        "Model({} }}, nodes: {{ \"mu\": Normal(mean: 0.5, precision: 2), \"y[n]\": LogNormal(mean: \"mu\", precision: 3),
            \"next\": LogNormal(mean: 1, precision: 4) }}, observe: {{ \"y\": \"y\" }})",
        table(&[("y", &y)])
    );
    let p = fit_text(&model, &[], LONG);
    // One logarithm after the other, each Normal given those before.
    let (mut m, mut k, mut want) = (0.5, 2.0, 0.0);
    for y in y {
        let precision: f64 = 1.0 / (1.0 / 3.0 + 1.0 / k);
        want +=
            0.5 * (precision / std::f64::consts::TAU).ln() - 0.5 * precision * (y.ln() - m).powi(2) - y.ln();
        m = (k * m + 3.0 * y.ln()) / (k + 3.0);
        k += 3.0;
    }
    is_evidence(&p, want, 1e-10);
    near("mu", p.mean("mu")[0], m, 1e-10);
    // A latent one without children is its prior.
    near("the mean of a LogNormal", p.mean("next")[0], (1.0_f64 + 0.125).exp(), 1e-10);
    let sd = p.0["nodes"]["next"]["sd"].as_f64().expect("a number");
    near("its deviation", sd, (1.125_f64).exp() * (0.25_f64.exp() - 1.0).sqrt(), 1e-10);
}

/// Observed categories under a stick: one Beta–Binomial after the other.
#[test]
fn an_observed_stick_is_exact() {
    let counts = [4.0, 1.0, 0.0, 3.0];
    let cells: Vec<String> =
        counts.iter().enumerate().flat_map(|(k, n)| vec![format!("\"c{k}\""); *n as usize]).collect();
    // `c2` never comes up: a number of components keeps its place.
    let model = format!(
        "Model(data: {{ \"t\": {{ \"c\": [{}] }} }}, plates: {{ \"n\": Rows(table: \"t\"), \"k\": Size(4) }},
            nodes: {{ \"v[k]\": Beta(alpha: 1.5, beta: 2.5), \"z[n]\": Categorical(p: \"stick(v)\") }}, observe: {{ \"z\": \"c\" }})",
        cells.join(", ").replace("\"c0\"", "1").replace("\"c1\"", "2").replace("\"c3\"", "4")
    );
    let p = fit_text(&model, &[], LONG);
    let mut want = 0.0;
    let mut means = vec![];
    for k in 0..3 {
        let (taken, left): (f64, f64) = (counts[k], counts[k + 1..].iter().sum());
        want += ln_beta(1.5 + taken, 2.5 + left) - ln_beta(1.5, 2.5);
        means.push((1.5 + taken) / (4.0 + taken + left));
    }
    is_evidence(&p, want, 1e-10);
    means.push(1.0);
    all_near("v", &p.mean("v"), &means, 1e-10);
    let v = &p.0["nodes"]["v"];
    assert_eq!(v["sd"][3], 0.0, "the last is no random variable");
    assert!(v["parameters"]["alpha"][3].is_null(), "it has no parameters: {v}");
}

#[test]
fn a_random_parameter_of_a_beta_is_exact() {
    let y = [0.3_f64, 0.11, 0.8, 0.45];
    for (call, ln) in [("alpha: 1, beta: \"c\"", [0.7, 0.89, 0.2, 0.55]), ("alpha: \"c\", beta: 1", y)] {
        let model = format!(
            "Model({} }}, nodes: {{ \"c\": Gamma(shape: 2, rate: 1.5), \"y[n]\": Beta({call}) }}, observe: {{ \"y\": \"y\" }})",
            table(&[("y", &y)])
        );
        let p = fit_text(&model, &[], LONG);
        let sum: f64 = ln.iter().map(|x| -f64::ln(*x)).sum();
        is_evidence(&p, gamma_evidence((2.0, 1.5), (6.0, 1.5 + sum)) + sum, 1e-10);
        near("the parameter", p.mean("c")[0], 6.0 / (1.5 + sum), 1e-10);
    }
}

/// Under a diagonal precision each axis is a Normal of its own.
#[test]
fn a_diagonal_precision_is_exact() {
    let (a, b) = ([0.3, -1.2, 2.0], [5.0, 4.1, 6.3]);
    let model = format!(
        "Model({}, \"j\": Size(2) }}, nodes: {{ \"tau[j]\": Gamma(shape: 2, rate: 1.5),
            \"y[n]\": MvNormal(mean: [0, 5], precision: \"2 * diag(tau)\") }}, observe: {{ \"y\": [\"a\", \"b\"] }})",
        table(&[("a", &a), ("b", &b)])
    );
    let p = fit_text(&model, &[], LONG);
    let mut want = 0.0;
    for (y, m) in [(a, 0.0), (b, 5.0)] {
        let squares: f64 = y.iter().map(|y| (y - m) * (y - m)).sum();
        want += gamma_evidence((2.0, 1.5), (3.5, 1.5 + squares)) + 1.5 * (2.0 / std::f64::consts::TAU).ln();
    }
    is_evidence(&p, want, 1e-10);
}

/// Known arguments that read the step before: sequences that stand interleaved in the file are those of the
/// sorted file.
#[test]
fn the_step_before_is_of_the_same_sequence() {
    let model = |s: &str, u: &str, y: &str| {
        format!(
            r#"Model(
            data: {{ "t": {{ "s": [{s}], "u": [{u}], "y": [{y}] }} }},
            plates: {{ "t": Steps(table: "t", sequence: "s") }},
            inputs: {{ "u[t]": "u" }},
            nodes: {{
                "b": Normal(mean: 0, precision: 0.1),
                "y[0]": Normal(mean: "b", precision: 1),
                "y[t]": Normal(mean: "b + 2 * u[t-1]", precision: 1),
            }},
            observe: {{ "y": "y" }})"#
        )
    };
    let sorted = model(r#""a", "a", "a", "b", "b", "b""#, "1, 5, 2, -3, 4, 0", "0.5, 2.1, 9.8, 1, -6, 8.5");
    let mixed = model(r#""a", "b", "a", "b", "b", "a""#, "1, -3, 5, 4, 0, 2", "0.5, 1, 2.1, -6, 8.5, 9.8");
    let (sorted, mixed) = (fit_text(&sorted, &[], &[]), fit_text(&mixed, &[], &[]));
    near("the bound", mixed.elbo(), sorted.elbo(), 1e-10);
    all_near("b", &mixed.mean("b"), &sorted.mean("b"), 1e-10);
    // Every row's residual is of b alone.
    let residuals = [0.5, 0.1, -0.2, 1.0, 0.0, 0.5];
    near("b by hand", sorted.mean("b")[0], residuals.iter().sum::<f64>() / 6.1, 1e-9);
}
