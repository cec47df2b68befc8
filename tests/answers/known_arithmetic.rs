//! Known numbers through functions, powers and comparisons: each model beside one whose columns hold the results.

use super::common::near;
use elbow::{Error, Model, Options, Posterior};

fn fit(table: &str, plate: &str, lines: &str) -> Result<Posterior, Error> {
    let text = format!(
        r#"Model(data: {{ "d": {{ {table} }} }}, plates: {{ "n": {plate} }},
            nodes: {{ "w": Normal(mean: 0, precision: 1), "tau": Gamma(shape: 2, rate: 1), {lines} }},
            observe: {{ "y": "y" }})"#
    );
    Model::from_text(text)?.fit(&Options { tolerance: 1e-13, ..Options::default() })
}

const ROWS: &str = r#"Rows(table: "d")"#;
const Y: &str = r#""y": [1, 2, 4, 3]"#;

fn numbers(name: &str, x: &[f64]) -> String {
    format!(r#""{name}": {x:?}"#)
}

#[track_caller]
fn same(expr: &str, f: impl Fn(f64, f64) -> f64) {
    let (x, z) = ([1.0, 2.5, 0.25, 4.0], [2.0, 0.5, 3.0, 1.0]);
    let value: Vec<f64> = x.iter().zip(&z).map(|(x, z)| f(*x, *z)).collect();
    let line = |mean: &str| format!(r#""y[n]": Normal(mean: "w * ({mean})", precision: "tau")"#);
    let table = format!("{Y}, {}, {}, {}", numbers("x", &x), numbers("z", &z), numbers("value", &value));
    let [p, q] = [expr, "value[n]"].map(|e| fit(&table, ROWS, &line(e)).unwrap_or_else(|e| panic!("{e}")));
    near(expr, p.elbo, q.elbo, 1e-11 * q.elbo.abs());
}

#[test]
fn known_numbers_go_through_functions() {
    same("log(x[n])", |x, _| x.ln());
    same("exp(-x[n]) + sqrt(x[n])", |x, _| (-x).exp() + x.sqrt());
    same("abs(x[n] - z[n])", |x, z| (x - z).abs());
    same("x[n]^2 - 2 ^ -z[n]", |x, z| x * x - 2f64.powf(-z));
    same("-x[n] ^ 2 ^ z[n]", |x, z| -x.powf(2f64.powf(z)));
    same("x[n] > z[n]", |x, z| f64::from(u8::from(x > z)));
    same("(x[n] >= 2.5) * 3 + (x[n] != 4) / 2 + (z[n] == 3) + (z[n] <= 1) + (z[n] < 1)", |x, z| {
        let is = |b: bool| f64::from(u8::from(b));
        is(x >= 2.5) * 3.0 + is(x != 4.0) / 2.0 + is(z == 3.0) + is(z <= 1.0) + is(z < 1.0)
    });
}

#[test]
fn scales_and_rates_take_them() {
    let table = format!(
        "{Y}, {}, {}",
        numbers("x", &[1.0, 2.0, 4.0, 3.0]),
        numbers("root", &[1.0, 2f64.sqrt(), 2.0, 3f64.sqrt()])
    );
    for (one, other) in [
        (r#""y[n]": Normal(mean: "w", sd: "sqrt(x[n])")"#, r#""y[n]": Normal(mean: "w", sd: "root[n]")"#),
        (r#""y[n]": Poisson(rate: "tau * exp(log(x[n]))")"#, r#""y[n]": Poisson(rate: "tau * x[n]")"#),
    ] {
        let [p, q] = [one, other].map(|l| fit(&table, ROWS, l).unwrap_or_else(|e| panic!("{e}")));
        near(one, p.elbo, q.elbo, 1e-12 * q.elbo.abs());
    }
}

/// A known column one step before; the line of the first step does not ask for it.
#[test]
fn a_column_is_read_a_step_before() {
    let steps = r#"Steps(table: "d")"#;
    let table =
        format!("{Y}, {}, {}", numbers("x", &[1.0, 3.0, 2.0, 5.0]), numbers("before", &[1.0, 1.0, 3.0, 2.0]));
    let lines = |x: &str| {
        format!(
            r#""y[0]": Normal(mean: 0, precision: "tau"), "y[n]": Normal(mean: "w * log({x})", precision: "tau")"#
        )
    };
    let [p, q] =
        ["x[n-1]", "before[n]"].map(|x| fit(&table, steps, &lines(x)).unwrap_or_else(|e| panic!("{e}")));
    near("the bound", p.elbo, q.elbo, 1e-12 * q.elbo.abs());
}

#[test]
fn a_value_outside_of_a_function_names_its_row() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("t.csv"), "x,y\n1,1\n4,2\n0,3\n2,4\n").expect("written");
    let model = |expr: &str| {
        let text = format!(
            r#"Model(data: {{ "d": "t.csv" }}, plates: {{ "n": {ROWS} }},
            nodes: {{ "w": Normal(mean: 0, precision: 1), "y[n]": Normal(mean: "w + 2 * {expr}", precision: 1) }}, observe: {{ "y": "y" }})"#
        );
        let path = dir.path().join("m.ron");
        std::fs::write(&path, text).expect("written");
        Model::from_file(&path).and_then(|m| m.fit(&Options::default())).expect_err(expr).to_string()
    };
    for (expr, said) in [
        ("log(x[n])", "`log(0)`, which is no finite number"),
        ("sqrt(x[n] - 1)", "`sqrt(-1)`"),
        ("x[n] ^ -1", "`0 ^ -1`"),
        ("(1 / x[n])", "`1 / 0`"),
        ("exp(1000 - 500 * x[n])", "`exp(1000)`"),
    ] {
        let e = model(expr);
        assert!(e.contains("E0642") && e.contains(said) && e.contains("t.csv:4"), "{expr}: {e}");
    }
}

#[test]
fn of_random_variables_they_are_refused_with_what_to_write() {
    let table = format!("{Y}, {}", numbers("x", &[1.0, 2.0, 4.0, 3.0]));
    for (line, said) in [
        (r#""y[n]": Normal(mean: "exp(w)", precision: 1)"#, "`LogNormal`"),
        (r#""y[n]": Normal(mean: "w ^ 2", precision: 1)"#, "a power takes known numbers"),
        (r#""y[n]": Normal(mean: "w * (w > 0)", precision: 1)"#, "picked by a category"),
        (r#""y[n]": Normal(mean: 0, precision: "sqrt(tau)")"#, "1 / sqrt(tau)"),
        (r#""y[n]": Normal(mean: "log(x[n], 2)", precision: 1)"#, "takes one argument"),
        (r#""y[n]": Normal(mean: "ln(x[n])", precision: 1)"#, "`log(x[n])`"),
    ] {
        let e = fit(&table, ROWS, line).expect_err(line).to_string();
        assert!(e.contains("E0219") && e.contains(said), "{line}: {e}");
    }
}
