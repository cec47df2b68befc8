//! Elements that nothing observed hangs on change nothing: the bound, its path, and every other q are those
//! of the data without them, to the last bit. What is said of them is the posterior predictive.

use crate::common::{Posterior, all_near, fit_text, near};

/// A model with its own tables.
fn model(data: &str, rest: &str) -> String {
    format!("Model(data: {{ {data} }}, {rest})")
}

/// Fits both tables; the nodes of `shared` and the path of the bound must have the same bits.
fn same(rest: &str, without: &str, with: &str, shared: &[&str], all: &str) -> Posterior {
    let arguments = ["--max-iterations", "40", "--tolerance", "0", "--nodes", all];
    let (a, b) =
        (fit_text(&model(without, rest), &[], &arguments), fit_text(&model(with, rest), &[], &arguments));
    assert_eq!(a.trace(), b.trace());
    for node in shared {
        assert_eq!(a.0["nodes"][node], b.0["nodes"][node], "{node}");
    }
    assert!(a.0.get("pruned").is_none(), "{}", a.0["pruned"]);
    b
}

#[test]
fn rows_to_predict_of_a_mixture() {
    let rest = r#"plates: { "n": Rows(table: "d"), "k": Size(2) },
        nodes: { "w": Dirichlet(concentration: 1, over: "k"), "m[k]": Normal(mean: 0, precision: 0.01),
            "z[n]": Categorical(p: "w"), "y[n]": Normal(mean: "m[z[n]]", precision: 1) },
        observe: { "y": "y" }"#;
    let y = "-5.5, -4.2, 5.1, 4.8, 6.0";
    let empty = vec!["\"\""; 300].join(", ");
    let p = same(
        rest,
        &format!(r#""d": {{ "y": [{y}] }}"#),
        &format!(r#""d": {{ "y": ["", "", {y}, {empty}] }}"#),
        &["w", "m"],
        "w,m,z,y",
    );
    assert_eq!(p.0["pruned"], serde_json::json!({ "z": 302 }));
    let (w, z, y) = (p.mean("w"), p.mean("z"), p.mean("y"));
    // Bishop (2006), eq. 10.81: shares are means of the weights, not exponentials of mean logarithms.
    all_near("z", &z[..2], &w, 1e-14);
    near("y", y[0], w[0] * p.mean("m")[0] + w[1] * p.mean("m")[1], 1e-12);
    assert_eq!(y[2], -5.5);
    all_near("all empty rows alike", &y[7..307], &vec![y[0]; 300], 1e-15);
}

#[test]
fn groups_without_rows() {
    let rest = r#"plates: { "n": Rows(table: "d"), "g": Groups(column: "d.g") },
        nodes: { "mu": Normal(mean: 0, precision: 0.01), "q": Gamma(shape: 3, rate: 1),
            "u[g]": Normal(mean: "mu", precision: "q"), "y[n]": Normal(mean: "u[g[n]]", precision: 2) },
        observe: { "y": "y" }"#;
    let p = same(
        rest,
        r#""d": { "g": ["b", "c", "b", "e"], "y": [1, 2, 0.5, 3] }"#,
        r#""d": { "g": ["a", "b", "c", "b", "d", "e", "f"], "y": ["", 1, 2, 0.5, "", 3, ""] }"#,
        &["mu", "q"],
        "mu,q,u,y",
    );
    assert_eq!(p.0["pruned"], serde_json::json!({ "u": 3 }));
    let (u, mu, sd) = (p.mean("u"), p.mean("mu")[0], p.0["nodes"]["mu"]["sd"].as_f64().unwrap());
    near("a new group", u[0], mu, 1e-13);
    let (shape, rate) = (p.parameter("q", "shape")[0], p.parameter("q", "rate")[0]);
    let want = (sd * sd + rate / (shape - 1.0)).sqrt();
    near("its spread", p.0["nodes"]["u"]["sd"][0].as_f64().unwrap(), want, 1e-12);
    near("a row of it", p.0["nodes"]["y"]["sd"][0].as_f64().unwrap(), (want * want + 0.5).sqrt(), 1e-12);
}

/// Ends of sequences go, gaps stay, and a sequence without a cell goes as a whole.
#[test]
fn ends_of_hidden_markov_chains() {
    let rest = r#"plates: { "t": Steps(table: "d", sequence: "s"), "k": Size(2) },
        inputs: { "e[k]": [[0.9, 0.1], [0.2, 0.8]] },
        nodes: { "a[k]": Dirichlet(concentration: 1, over: "k"),
            "z[0]": Categorical(p: [0.5, 0.5]), "z[t]": Categorical(p: "a[z[t-1]]"),
            "x[t]": Categorical(p: "e[z[t]]") },
        observe: { "x": "x" }"#;
    let p = same(
        rest,
        r#""d": { "s": [1, 1, 1, 1, 1, 3, 3], "x": [1, 1, "", 2, 2, 2, 1] }"#,
        r#""d": { "s": [1, 2, 1, 1, 1, 2, 1, 3, 3, 1, 1, 3], "x": [1, "", 1, "", 2, "", 2, 2, 1, "", "", ""] }"#,
        &["a"],
        "a,z,x",
    );
    assert_eq!(p.0["pruned"], serde_json::json!({ "z": 5 }));
    let (a, z) = (p.mean("a"), p.mean("z"));
    let step = |from: &[f64]| -> Vec<f64> { (0..2).map(|k| from[0] * a[k] + from[1] * a[2 + k]).collect() };
    // Rows 10 and 11 follow row 7, the last that is kept of the first sequence.
    all_near("one ahead", &z[18..20], &step(&z[12..14]), 1e-13);
    all_near("two ahead", &z[20..22], &step(&step(&z[12..14])), 1e-13);
    all_near("unseen", &z[2..4], &[0.5, 0.5], 1e-15);
    all_near("unseen, then", &z[10..12], &step(&[0.5, 0.5]), 1e-13);
    let x = p.mean("x");
    near("what it shows", x[18], z[18] * 0.9 + z[19] * 0.2, 1e-13);
}

#[test]
fn forecasts_of_a_local_level() {
    let rest = r#"plates: { "t": Steps(table: "d") },
        nodes: { "q": Gamma(shape: 4, rate: 1), "h[0]": Normal(mean: 0, precision: 0.1),
            "h[t]": Normal(mean: "h[t-1]", precision: "q"), "y[t]": Normal(mean: "h[t]", precision: 3) },
        observe: { "y": "y" }"#;
    let p = same(
        rest,
        r#""d": { "y": [1, 1.5, "", 2, 1.8, 2.5] }"#,
        r#""d": { "y": [1, 1.5, "", 2, 1.8, 2.5, "", "", "", ""] }"#,
        &["q"],
        "q,h,y",
    );
    assert_eq!(p.0["pruned"], serde_json::json!({ "h": 4 }));
    let (h, sd) = (p.mean("h"), |node: &str, t: usize| p.0["nodes"][node]["sd"][t].as_f64().unwrap());
    let each = p.parameter("q", "rate")[0] / (p.parameter("q", "shape")[0] - 1.0);
    for ahead in 1..=4 {
        near("the level", h[5 + ahead], h[5], 1e-12);
        let variance = sd("h", 5).powi(2) + ahead as f64 * each;
        near("its spread", sd("h", 5 + ahead), variance.sqrt(), 1e-10);
        near("the series'", sd("y", 5 + ahead), (variance + 1.0 / 3.0).sqrt(), 1e-10);
    }
}

#[test]
fn subtrees_without_data() {
    let rest = r#"plates: { "n": Tree(table: "d", id: "id", parent: "up"), "k": Size(2) },
        nodes: { "a[k]": Dirichlet(concentration: 2, over: "k"), "z[0]": Categorical(p: [0.3, 0.7]),
            "z[n]": Categorical(p: "a[z[parent(n)]]"), "x[n]": Categorical(p: "e[z[n]]") },
        inputs: { "e[k]": [[0.9, 0.1], [0.2, 0.8]] }, observe: { "x": "x" }"#;
    let p = same(
        rest,
        r#""d": { "id": ["r", "a", "b", "c"], "up": ["", "r", "r", "b"], "x": [1, 1, "", 2] }"#,
        r#""d": { "id": ["r", "q", "a", "q1", "b", "c", "s", "s1"], "up": ["", "r", "r", "q", "r", "b", "", "s"],
            "x": [1, "", 1, "", "", 2, "", ""] }"#,
        &["a"],
        "a,z,x",
    );
    assert_eq!(p.0["pruned"], serde_json::json!({ "z": 4 }));
    let (a, z) = (p.mean("a"), p.mean("z"));
    let down = |from: &[f64]| -> Vec<f64> { (0..2).map(|k| from[0] * a[k] + from[1] * a[2 + k]).collect() };
    all_near("q", &z[2..4], &down(&z[0..2]), 1e-13);
    all_near("q1", &z[6..8], &down(&down(&z[0..2])), 1e-13);
    all_near("s1", &z[14..16], &down(&[0.3, 0.7]), 1e-13);
}

#[test]
fn documents_without_words() {
    let rest = r#"plates: { "d": Rows(table: "docs", id: "doc"), "w": Rows(table: "words"), "k": Size(2) },
        nodes: { "theta[d]": Dirichlet(concentration: 0.5, over: "k"), "phi[k]": Dirichlet(concentration: 0.3, over: "words.word"),
            "z[w]": Categorical(p: "theta[doc[w]]"), "word[w]": Categorical(p: "phi[z[w]]") },
        observe: { "word": "word" }"#;
    let words = r#""words": { "doc": ["p", "p", "q", "q", "q"], "word": ["x", "y", "x", "x", "u"] }"#;
    let p = same(
        rest,
        &format!(r#"{words}, "docs": {{ "doc": ["p", "q"] }}"#),
        r#""words": { "doc": ["p", "p", "r", "q", "q", "q"], "word": ["x", "y", "", "x", "x", "u"] }, "docs": { "doc": ["o", "p", "q", "r"] }"#,
        &["phi"],
        "theta,phi,z,word",
    );
    assert_eq!(p.0["pruned"], serde_json::json!({ "theta": 2, "z": 1 }));
    all_near("a document of no words", &p.mean("theta")[..2], &[0.5, 0.5], 1e-15);
    all_near("a word of it", &p.mean("z")[4..6], &[0.5, 0.5], 1e-15);
}

#[test]
fn rows_and_columns_without_cells_of_factor_analysis() {
    let rest = r#"plates: { "n": Rows(table: "d"), "j": Columns(table: "d"), "f": Size(1) },
        nodes: { "tau[j]": Gamma(shape: 2, rate: 1), "W[j,f]": Normal(mean: 0, precision: 1), "h[n,f]": Normal(mean: 0, precision: 1),
            "y[n,j]": Normal(mean: "dot(W[j], h[n])", precision: "tau[j]") },
        observe: { "y": "d" }"#;
    let p = same(
        rest,
        r#""d": { "a": [1, 2, -1, 0.5], "b": [0.5, 1.5, "", 0.1] }"#,
        r#""d": { "a": [1, "", 2, -1, 0.5, ""], "b": [0.5, "", 1.5, "", 0.1, ""], "c": ["", "", "", "", "", ""] }"#,
        &[],
        "tau,W,h,y",
    );
    assert_eq!(p.0["pruned"], serde_json::json!({ "tau": 1, "W": 1, "h": 2 }));
    near("an empty row", p.0["nodes"]["h"]["sd"][1][0].as_f64().unwrap(), 1.0, 1e-14);
    near("an empty column", p.0["nodes"]["tau"]["mean"][2].as_f64().unwrap(), 2.0, 1e-14);
}

/// A table of which nothing is observed, all the way up to what others share with it.
#[test]
fn a_branch_without_data() {
    let of = |more: &str, node: &str| {
        format!(
            r#"plates: {{ "n": Rows(table: "d"){more} }}, nodes: {{ "q": Gamma(shape: 2, rate: 1), {node} "y[n]": Normal(mean: 0, precision: "q") }},
            observe: {{ "y": "y" }}"#
        )
    };
    let data = r#""d": { "y": [1, 2, -0.5] }"#;
    let a = fit_text(&model(data, &of("", "")), &[], &["--nodes", "q"]);
    let b = fit_text(
        &model(
            data,
            &of(
                r#", "m": Size(5)"#,
                r#""v[m]": Normal(mean: 0, precision: "q"), "x[m]": Normal(mean: "v[m]", precision: "q"),"#,
            ),
        ),
        &[],
        &["--nodes", "q,v,x"],
    );
    assert_eq!((a.elbo(), &a.0["nodes"]["q"]), (b.elbo(), &b.0["nodes"]["q"]));
    assert_eq!(b.0["pruned"], serde_json::json!({ "v": 5 }));
    let (shape, rate) = (b.parameter("q", "shape")[0], b.parameter("q", "rate")[0]);
    near("v", b.0["nodes"]["v"]["sd"][0].as_f64().unwrap(), (rate / (shape - 1.0)).sqrt(), 1e-13);
    near("x", b.0["nodes"]["x"]["sd"][4].as_f64().unwrap(), (2.0 * rate / (shape - 1.0)).sqrt(), 1e-13);
}
