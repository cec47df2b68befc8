//! The compiler's work grows with the model, not with its square: products looked at from the energy to the
//! start of a run, counted by the energy itself. Not here: seconds, which `examples/bench.rs` measures.

use crate::loops::{options, ready};

/// A model of `n` like parts: its lines, and what is observed of the column `x`.
fn model(plates: &str, lines: &[String], observed: &[String]) -> String {
    let observe: Vec<String> = observed.iter().map(|o| format!("\"{o}\": \"x\"")).collect();
    format!(
        "Model(data: {{ \"t\": {{ \"x\": [1, 2, 1] }} }}, plates: {{ \"n\": Rows(table: \"t\"){plates} }}, nodes: {{ {} }}, observe: {{ {} }})",
        lines.join(",\n"),
        observe.join(", ")
    )
}

/// The same parts side by side, `{i}` being their number, after the lines that they share.
fn parts(n: usize, plates: &str, shared: &[&str], part: &[&str]) -> String {
    let numbered = (0..n).flat_map(|i| part.iter().map(move |p| p.replace("{i}", &i.to_string())));
    let lines: Vec<String> = shared.iter().map(|s| s.to_string()).chain(numbered).collect();
    model(plates, &lines, &(0..n).map(|i| format!("x{i}")).collect::<Vec<_>>())
}

fn pairs(n: usize) -> String {
    parts(
        n,
        "",
        &[],
        &[
            r#""t{i}": Gamma(shape: 1, rate: 1)"#,
            r#""m{i}": Normal(mean: 0, precision: "0.1 * t{i}")"#,
            r#""x{i}[n]": Normal(mean: "m{i}", precision: "t{i}")"#,
        ],
    )
}

fn shared_precision(n: usize) -> String {
    parts(
        n,
        "",
        &[r#""tau": Gamma(shape: 1, rate: 1)"#, r#""mu": Normal(mean: 0, precision: 1)"#],
        &[
            r#""m{i}": Normal(mean: "mu", precision: "tau")"#,
            r#""x{i}[n]": Normal(mean: "m{i}", precision: 2)"#,
        ],
    )
}

fn mixtures(n: usize) -> String {
    parts(
        n,
        r#", "k": Size(2)"#,
        &[],
        &[
            r#""w{i}": Dirichlet(concentration: 1, over: "k")"#,
            r#""z{i}[n]": Categorical(p: "w{i}")"#,
            r#""m{i}[k]": Normal(mean: 0, precision: 1)"#,
            r#""x{i}[n]": Normal(mean: "m{i}[z{i}[n]]", precision: 1)"#,
        ],
    )
}

fn walk(n: usize) -> String {
    let mut lines = vec![r#""m0": Normal(mean: 0, precision: 1)"#.to_string()];
    lines.extend((1..n).map(|i| format!("\"m{i}\": Normal(mean: \"m{}\", precision: 1)", i - 1)));
    lines.push(format!("\"x[n]\": Normal(mean: \"m{}\", precision: 1)", n - 1));
    model("", &lines, &["x".into()])
}

/// A mean of `n` variables: n (n + 1) / 2 products.
fn sum(n: usize) -> String {
    let mut lines: Vec<String> = (0..n).map(|i| format!("\"m{i}\": Normal(mean: 0, precision: 1)")).collect();
    let all: Vec<String> = (0..n).map(|i| format!("m{i}")).collect();
    lines.push(format!("\"x[n]\": Normal(mean: \"{}\", precision: 1)", all.join(" + ")));
    model("", &lines, &["x".into()])
}

fn work(text: &str) -> f64 {
    let ready = ready(text).unwrap_or_else(|e| panic!("{e}"));
    ready.fit(&options(1)).expect("it runs");
    ready.plan.blocks.energy.work() as f64
}

#[test]
fn products_looked_at_grow_with_the_model() {
    // A size, what is made of it, and how much more work twice the size may take.
    type Case = (&'static str, usize, fn(usize) -> String, f64);
    let cases: [Case; 5] = [
        ("pairs", 100, pairs, 2.1),
        ("a precision that all share", 100, shared_precision, 2.1),
        ("mixtures", 60, mixtures, 2.1),
        ("a walk of variables", 60, walk, 2.1),
        ("summands of a mean, whose products grow with their square", 20, sum, 4.2),
    ];
    for (name, n, make, most) in cases {
        let (one, two) = (work(&make(n)), work(&make(2 * n)));
        assert!(two <= most * one, "{name}: {one} products for {n}, {two} for {}", 2 * n);
    }
}
