//! One element, named in the model: `f[2]` of a vector, `b['F']` at a label. Each model beside one that says the same
//! without.

use super::common::{all_near, near};
use elbow::{Error, Model, Nodes, Options, Posterior};

const DATA: &str = r#"data: { "d": { "y": [1, 2, 3, 2.5, -1], "x": [0, 1, 2, -1, 0.5], "g": ["M", "F", "F", "M", "X"] },
    "s": { "id": ["M", "X", "F"], "a": [1, 2, 3], "b": [0.5, 0, -0.5] } }"#;

fn fit(body: &str) -> Result<Posterior, Error> {
    let options = Options { nodes: Nodes::All, tolerance: 1e-13, ..Options::default() };
    Model::from_text(format!("Model({DATA}, {body})"))?.fit(&options)
}

fn fitted(body: &str) -> Posterior {
    fit(body).unwrap_or_else(|e| panic!("{e}\n{body}"))
}

#[track_caller]
fn same(one: &str, other: &str, nodes: &[&str]) {
    let (p, q) = (fitted(one), fitted(other));
    near("the bound", p.elbo, q.elbo, 1e-9 * q.elbo.abs());
    for n in nodes {
        let (p, q) = (p.node(n).expect("a node"), q.node(n).expect("a node"));
        all_near(n, p.mean(), q.mean(), 1e-8);
        if let (Ok(p), Ok(q)) = (p.sd(), q.sd()) {
            all_near(n, p, q, 1e-8);
        }
    }
}

#[track_caller]
fn refused(body: &str, code: &str, words: &[&str]) {
    let e = fit(body).err().unwrap_or_else(|| panic!("fits: {body}"));
    assert!(e.codes().contains(&code), "{:?}: {e}", e.codes());
    for w in words {
        assert!(e.to_string().contains(w), "no {w:?} in {e}");
    }
}

const ROWS: &str = r#""n": Rows(table: "d")"#;

/// ln N(y; m₂, 1 + Σ₂₂) of one row, where f ~ N(m, Σ).
#[test]
fn an_element_of_a_gaussian_vector_has_its_marginal() {
    let p = fitted(
        r#"nodes: { "f": MvNormal(mean: [0, 1, 0], covariance: [[2, 0.5, 0], [0.5, 3, 0.1], [0, 0.1, 1]]),
            "y": Normal(mean: "2 * f[2] - 1", variance: 4) },
        plates: { "n": Rows(table: "d") }, inputs: { "unused": 1 }"#,
    );
    let y = p.node("y").expect("y");
    all_near("y, predicted: 2 · 1 − 1", y.mean(), &[1.0], 1e-12);
    let seen = fitted(
        r#"plates: { "n": Rows(table: "s") },
        nodes: { "f[n]": MvNormal(mean: [0, 1, 0], covariance: [[2, 0.5, 0], [0.5, 3, 0.1], [0, 0.1, 1]]),
            "a[n]": Normal(mean: "2 * f[n, 2] - 1", variance: 4) },
        observe: { "a": "a" }"#,
    );
    // a ~ N(1, 4·3 + 4).
    let want: f64 = [1.0f64, 2.0, 3.0]
        .iter()
        .map(|a| -0.5 * ((a - 1.0) * (a - 1.0) / 16.0 + (std::f64::consts::TAU * 16.0).ln()))
        .sum();
    near("the bound and the log evidence", seen.elbo, want, 1e-12 * want.abs());
    // E[f | a] = m + Σ[:,2] 2 (a − 1) / 16.
    let f = seen.node("f").expect("f");
    let m: Vec<f64> = [1.0f64, 2.0, 3.0]
        .iter()
        .flat_map(|a| [(0.0, 0.5), (1.0, 3.0), (0.0, 0.1)].map(|(m, s)| m + s * 2.0 * (a - 1.0) / 16.0))
        .collect();
    all_near("f", f.mean(), &m, 1e-12);
}

#[test]
fn elements_of_one_vector_meet_exactly() {
    let body = |mean: &str, inputs: &str| {
        format!(
            r#"plates: {{ {ROWS} }}, inputs: {{ {inputs} }},
            nodes: {{ "f": MvNormal(mean: [0, 0, 0], precision: [[2, 1, 0], [1, 3, 0.5], [0, 0.5, 1]]),
                "tau": Gamma(shape: 2, rate: 1), "y[n]": Normal(mean: "{mean}", precision: "tau") }},
            observe: {{ "y": "y" }}"#
        )
    };
    same(
        &body("f[1] + f[3] * x[n] - f[2] / 2", r#""unused": 1"#),
        &body(
            "dot(f, A) + dot(f, C) * x[n] - dot(f, B) / 2",
            r#""A": [1, 0, 0], "B": [0, 1, 0], "C": [0, 0, 1]"#,
        ),
        &["f", "tau"],
    );
}

/// An array over a plate of the data, at a label: the same as an array of its own for it.
#[test]
fn an_element_is_named_by_its_label() {
    let groups = |mean: &str| {
        format!(
            r#"plates: {{ {ROWS}, "g": Groups(column: "d.g") }},
            nodes: {{ "b[g]": Normal(mean: 0, precision: 0.5), "y[n]": Normal(mean: "{mean}", precision: 2) }},
            observe: {{ "y": "y" }}"#
        )
    };
    // Levels sort by code point: F, M, X.
    let p = fitted(&groups("b['F']"));
    // Five rows of precision 2 beside the prior's 0.5, all on F.
    let b = p.node("b").expect("b");
    all_near("b", b.mean(), &[2.0 * 7.5 / 10.5, 0.0, 0.0], 1e-12);
    all_near("sd of b", b.sd().expect("sd"), &[10.5f64.powf(-0.5), 2.0f64.sqrt(), 2.0f64.sqrt()], 1e-12);
    let q = fitted(
        r#"plates: { "n": Rows(table: "d"), "g": Size(3) },
        nodes: { "b[g]": Normal(mean: 0, precision: 0.5), "y[n]": Normal(mean: "b[1] * x[n] + b[2]", precision: 2) },
        observe: { "y": "y" }"#,
    );
    let p = fitted(&groups("b['F'] * x[n] + b['M']"));
    near("the bound", p.elbo, q.elbo, 1e-10);
    all_near("b", p.node("b").expect("b").mean(), q.node("b").expect("b").mean(), 1e-10);
    // Beside elements that the rows pick.
    same(&groups("b[g[n]] + b['X'] * x[n]"), &groups("b['X'] * x[n] + b[g[n]]"), &["b"]);
}

/// Rows that have names, columns, and the steps of a sequence.
#[test]
fn rows_columns_and_steps_have_labels() {
    for (plate, label, place) in [
        (r#"Rows(table: "s", id: "id")"#, "'F'", 2),
        (r#"Columns(table: "s", only: ["b", "a"])"#, "'a'", 1),
        (r#"Steps(table: "s", id: "id")"#, "'X'", 1),
    ] {
        let p = fitted(&format!(
            r#"plates: {{ {ROWS}, "g": {plate} }},
            nodes: {{ "b[g]": Normal(mean: 0, precision: 0.5), "y[n]": Normal(mean: "b[{label}]", precision: 2) }},
            observe: {{ "y": "y" }}"#
        ));
        let b = p.node("b").expect("b").mean().to_vec();
        let want: Vec<f64> = (0..b.len()).map(|i| if i == place { 2.0 * 7.5 / 10.5 } else { 0.0 }).collect();
        all_near(plate, &b, &want, 1e-12);
    }
    // Rows that have data of their own as well.
    same(
        &format!(
            r#"plates: {{ {ROWS}, "g": Rows(table: "s", id: "id") }},
            nodes: {{ "u[g]": Normal(mean: 0, precision: 0.5), "a[g]": Normal(mean: "u[g]", precision: 1),
                "y[n]": Normal(mean: "u['F'] * x[n]", precision: 2) }},
            observe: {{ "y": "y", "a": "a" }}"#
        ),
        &format!(
            r#"plates: {{ {ROWS}, "g": Rows(table: "s"), "k": Size(3) }}, inputs: {{ "I[g,k]": [[1, 0, 0], [0, 1, 0], [0, 0, 1]] }},
            nodes: {{ "u[k]": Normal(mean: 0, precision: 0.5), "a[g]": Normal(mean: "dot(u, I[g])", precision: 1),
                "y[n]": Normal(mean: "u[3] * x[n]", precision: 2) }},
            observe: {{ "y": "y", "a": "a" }}"#
        ),
        &["u"],
    );
}

#[test]
fn precisions_gates_and_known_numbers_take_elements() {
    let p = fitted(&format!(
        r#"plates: {{ {ROWS}, "g": Groups(column: "d.g") }},
        nodes: {{ "t[g]": Gamma(shape: 2, rate: 1), "y[n]": Normal(mean: 0, precision: "t['M']") }},
        observe: {{ "y": "y" }}"#
    ));
    let squares = 1.0 + 4.0 + 9.0 + 6.25 + 1.0;
    all_near("t", p.node("t").expect("t").mean(), &[2.0, 4.5 / (1.0 + squares / 2.0), 2.0], 1e-12);
    // A component of a label, picked beside by a category.
    let gated = |last: &str, plate: &str| {
        format!(
            r#"plates: {{ {ROWS}, "k": Size(2), {plate} }},
            nodes: {{ "m[k,g]": Normal(mean: 0, precision: 0.1), "z[n]": Categorical(p: [0.5, 0.5], over: "k"),
                "y[n]": Normal(mean: "m[z[n], {last}]", precision: 1) }},
            observe: {{ "y": "y" }}"#
        )
    };
    let (p, q) =
        (fitted(&gated("'F'", r#""g": Groups(column: "d.g")"#)), fitted(&gated("1", r#""g": Size(3)"#)));
    near("the bound", p.elbo, q.elbo, 1e-9);
    // Inputs: by number, and by the name of a column.
    let known = |mean: &str| {
        format!(
            r#"plates: {{ "n": Rows(table: "s") }}, inputs: {{ "X[n]": ["a", "b"], "v": [5, 7, 9] }},
            nodes: {{ "w": Normal(mean: 0, precision: 1), "m": Normal(mean: "v[2]", precision: 1),
                "y[n]": Normal(mean: "{mean}", precision: 1) }},
            observe: {{ "y": "a" }}"#
        )
    };
    same(&known("w * X[n, 2] + m + X[n, 'a']"), &known("w * s.b[n] + m + s.a[n]"), &["w", "m"]);
}

/// The columns of an observed vector name the numbers of its mean.
#[test]
fn columns_name_the_numbers_of_a_vector() {
    let body = |last: &str| {
        format!(
            r#"plates: {{ "n": Rows(table: "s"), "r": Rows(table: "d") }},
            nodes: {{ "m": MvNormal(mean: [0, 0], precision: [[1, 0.5], [0.5, 1]]),
                "v[n]": MvNormal(mean: "m", precision: [[1, 0], [0, 1]]),
                "y[r]": Normal(mean: "m[{last}]", precision: 1) }},
            observe: {{ "v": ["a", "b"], "y": "y" }}"#
        )
    };
    same(&body("'b'"), &body("2"), &["m"]);
    refused(&body("'c'"), "E0633", &["`c` is no element of the values of `m`", "`a`, `b`"]);
}

#[test]
fn elements_that_are_not_there_are_named() {
    let with = |plates: &str, nodes: &str| {
        format!(r#"plates: {{ {ROWS}, {plates} }}, nodes: {{ {nodes} }}, observe: {{ "y": "y" }}"#)
    };
    let b = |mean: &str| {
        format!(r#""b[g]": Normal(mean: 0, precision: 1), "y[n]": Normal(mean: "{mean}", precision: 1)"#)
    };
    let groups = r#""g": Groups(column: "d.g")"#;
    refused(&with(groups, &b("b['f']")), "E0633", &["`f` is no element of plate `g`", "`F`, `M`, `X`"]);
    refused(&with(groups, &b("b[2]")), "E0213", &["by a number", "`b['2']`"]);
    refused(&with(r#""g": Size(3)"#, &b("b['F']")), "E0213", &["from 1 to 3"]);
    refused(&with(r#""g": Rows(table: "s")"#, &b("b['F']")), "E0213", &["id: "]);
    let f = |mean: &str| {
        format!(
            r#""f": MvNormal(mean: [0, 0, 0], precision: "identity(3)"), "y[n]": Normal(mean: "{mean}", precision: 1)"#
        )
    };
    let size = r#""g": Size(3)"#;
    refused(&with(size, &f("f[4]")), "E0213", &["`f` has no number 4", "from 1 to 3"]);
    refused(&with(size, &f("f[0]")), "E0212", &["by its place"]);
    refused(&with(size, &f("f[n]")), "E0212", &["by its place", "over a plate"]);
    refused(&with(size, &f("f['x']")), "E0633", &["have no labels", "count from 1"]);
    refused(
        &with(size, r#""p": Dirichlet(concentration: 1, over: "g"), "y[n]": Bernoulli(p: "p[2]")"#),
        "E0407",
        &["one number of a random vector", "Categorical"],
    );
}
