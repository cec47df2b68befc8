//! The rules of names, keys, indices and axes, one by one.

use super::resolve;
use crate::{
    diag::{Diagnostics, Severity},
    graph::{FactorGraph, Types},
    source::Source,
    syntax,
};
use proptest::prelude::*;

/// A model with the usual plates and these sections.
fn model(nodes: &str, rest: &str) -> String {
    format!(
        r#"Model(
    data: {{
        "rolls": {{ "face": [1, 2, 3], "age": [1, 2, 3], "game": ["a", "a", "b"], "doc": ["p", "q", "p"] }},
        "other": {{ "face": [1], "doc": ["p"] }},
        "edges": {{ "from": ["a", "b"], "to": ["b", "c"], "tie": [1, 0] }},
        "wide": {{ "q1": [1, 0], "q2": [0, 1], "who": ["x", "y"] }},
        "tree": {{ "id": ["r", "s"], "up": ["", "r"] }},
    }},
    plates: {{
        "k": Size(3), "l": Size(3), "m": Size(4),
        "t": Steps(table: "rolls", sequence: "game"), "o": Rows(table: "other"),
        "e": Rows(table: "edges"), "i": Groups(columns: ["edges.from", "edges.to"]), "g": Groups(column: "rolls.doc"),
        "r": Rows(table: "wide"), "c": Columns(table: "wide", except: ["who"]),
        "s": Tree(table: "tree", id: "id", parent: "up"),
    }},
    nodes: {{ {nodes} }},
    {rest}
)"#
    )
}

fn run(text: &str) -> (Option<FactorGraph>, Diagnostics) {
    let source = Source::new("model.ron", text);
    let mut diags = Diagnostics::default();
    let parsed = syntax::parse(&source, &mut diags);
    let graph = parsed.and_then(|m| resolve(&m, &source, &mut diags)).ok();
    (graph, diags)
}

/// Codes of the errors.
fn errors(diags: &Diagnostics) -> Vec<&'static str> {
    diags.list().iter().filter(|d| d.severity == Severity::Error).map(|d| d.code.0).collect()
}

const CHAIN: &str = r#""start": Dirichlet(concentration: 1), "trans[k]": Dirichlet(concentration: 1),
    "z[0]": Categorical(p: "start"), "z[t]": Categorical(p: "trans[z[t-1]]"), "mu[k]": Normal(mean: 0, precision: 1),"#;

#[test]
fn lines_are_refused_with_their_code_and_nothing_else() {
    let mut wrong = vec![];
    // Nodes after the chain, other sections, the code expected; an empty code is a sound model.
    for (nodes, rest, want) in [
        (r#""x[t]": Normal(mean: "mu[z[t]]", precision: 1)"#, "", ""),
        (r#""x[t]": Normal(mean: "mu[z[t]]", precision: 1)"#, r#"observe: { "x": "age" }"#, ""),
        (r#""x[t]": Normal(mean: "mu[k]", precision: 1)"#, "", "E0208"),
        (r#""x[t]": Normal(mean: "mu[t]", precision: 1)"#, "", "E0213"),
        (r#""x[t]": Normal(mean: "mu[z]", precision: 1)"#, "", "E0213"),
        (r#""x[t]": Normal(mean: "mu[2]", precision: 1)"#, "", ""),
        (r#""x[t]": Normal(mean: "mu[0]", precision: 1)"#, "", "E0213"),
        (r#""x[t]": Normal(mean: "mu[4]", precision: 1)"#, "", "E0213"),
        (r#""x[t]": Normal(mean: "mu[t-1]", precision: 1)"#, "", "E0210"),
        (r#""x[k]": Normal(mean: "mu[k-1]", precision: 1)"#, "", "E0213"),
        (r#""x[t]": Normal(mean: "mu[z[t],k]", precision: 1)"#, "", "E0212"),
        (r#""x[t]": Normal(mean: "mu", precision: 1)"#, "", "E0301"),
        (r#""x[t]": Normal(mean: "nu[z[t]]", precision: 1)"#, "", "E0201"),
        (r#""x[t]": Normal(mean: "age[t]", precision: 1)"#, "", ""),
        (r#""x[t]": Normal(mean: "rolls.age[t]", precision: 1)"#, "", ""),
        (r#""x[t]": Normal(mean: "age", precision: 1)"#, "", "E0201"),
        (r#""x[t]": Normal(mean: "agee[t]", precision: 1)"#, "", "E0201"),
        (r#""x[t]": Normal(mean: "other.face[t]", precision: 1)"#, "", "E0215"),
        (r#""x[t]": Normal(mean: "t", precision: 1)"#, "", "E0215"),
        (r#""x[t]": Normal(mean: "mu[z[t]]", precision: 1, sd: 1)"#, "", "E0207"),
        (r#""x[t]": Normal(mean: "mu[z[t]]")"#, "", "E0206"),
        (r#""x[t]": Normal(1)"#, "", "E0205 E0206 E0206"),
        (r#""x[t]": Normal(mean: [1, 2], precision: 1)"#, "", "E0301"),
        (r#""x[t]": Normal(mean: "mu[z[t]]", precision: true)"#, "", "E0220"),
        (r#""z[k]": Categorical(p: "start")"#, "", "E0202"),
        (r#""k": Normal(mean: 0, precision: 1)"#, "", "E0202"),
        (r#""dot": Normal(mean: 0, precision: 1)"#, "", "E0202"),
        (r#""face": Normal(mean: 0, precision: 1)"#, "", ""),
        (r#""y[0]": Normal(mean: 0, precision: 1)"#, "", "E0209"),
        (r#""y[t]": Normal(mean: "y[t-1]", precision: 1)"#, "", "E0210"),
        (r#""y[0]": Normal(mean: 0, precision: 1), "y[t]": Normal(mean: "y[t-1]", precision: 1)"#, "", ""),
        (
            r#""y[0]": Normal(mean: 0, precision: 1), "y[t]": Normal(mean: "y[t-2]", precision: 1)"#,
            "",
            "E0210",
        ),
        (
            r#""y[0]": Normal(mean: 0, precision: 1), "y[1]": Normal(mean: "y[t-1]", precision: 1),
               "y[t]": Normal(mean: "y[t-2]", precision: 1)"#,
            "",
            "",
        ),
        (
            r#""y[0]": Normal(mean: 0, precision: 1), "y[2]": Normal(mean: 0, precision: 1), "y[t]": Normal(mean: 0, precision: 1)"#,
            "",
            "E0210",
        ),
        (
            r#""y[0,l]": Normal(mean: 0, precision: 1), "y[t,l]": Normal(mean: "y[t-1,l]", precision: 1)"#,
            "",
            "",
        ),
        (r#""y[0,k]": Normal(mean: 0, precision: 1), "y[t,l]": Normal(mean: 0, precision: 1)"#, "", "E0218"),
        (r#""y[0]": Normal(mean: 0, precision: 1), "y[k]": Normal(mean: 0, precision: 1)"#, "", "E0209"),
        (r#""y[s]": Categorical(p: "trans[y[parent(s)]]")"#, "", "E0210"),
        (r#""y[0]": Categorical(p: "start"), "y[s]": Categorical(p: "trans[y[parent(s)]]")"#, "", ""),
        (r#""y[t]": Normal(mean: "mu[parent(t)]", precision: 1)"#, "", "E0213"),
        (
            r#""b[i]": Categorical(p: "start"), "eta[k,l]": Beta(alpha: 1, beta: 1), "tie[e]": Bernoulli(p: "eta[b[from[e]], b[to[e]]]")"#,
            "",
            "",
        ),
        (
            r#""b[i]": Categorical(p: "start"), "eta[k,m]": Beta(alpha: 1, beta: 1), "tie[e]": Bernoulli(p: "eta[b[from[e]], b[to[e]]]")"#,
            "",
            "E0305",
        ),
        (r#""b[e]": Bernoulli(p: 0.5), "x[e]": Normal(mean: "mu[b[e]]", precision: 1)"#, "", "E0211"),
        (r#""v[g]": Normal(mean: 0, precision: 1), "x[t]": Normal(mean: "v[doc[t]]", precision: 1)"#, "", ""),
        (r#""v[g]": Normal(mean: 0, precision: 1), "x[t]": Normal(mean: "v[g]", precision: 1)"#, "", "E0208"),
        (r#""a": Normal(mean: "b", precision: 1), "b": Normal(mean: "a", precision: 1)"#, "", "E0217"),
        (
            r#""p[c]": Beta(alpha: 1, beta: 1), "y[r,c]": Bernoulli(p: "p[c]")"#,
            r#"observe: { "y": "wide" }"#,
            "",
        ),
        (
            r#""p[c]": Beta(alpha: 1, beta: 1), "y[r,c]": Bernoulli(p: "p[c]")"#,
            r#"observe: { "y": ["q1"] }"#,
            "E0216",
        ),
        (r#""y[k]": Normal(mean: 0, precision: 1)"#, r#"observe: { "y": "age" }"#, "E0216"),
        (r#""y[t]": Normal(mean: 0, precision: 1)"#, r#"observe: { "y": ["age", "face"] }"#, "E0310"),
        (
            r#""y[t]": MvNormal(mean: 0, precision: "identity(2)")"#,
            r#"observe: { "y": ["age", "face"] }"#,
            "",
        ),
        (
            r#""y[t]": MvNormal(mean: 0, precision: "identity(3)")"#,
            r#"observe: { "y": ["age", "face"] }"#,
            "E0310",
        ),
        (r#""y[t]": MvNormal(mean: 0, precision: 1)"#, "", "E0301"),
        (r#""q": Dirichlet(concentration: [1, 1], over: "k")"#, "", "E0302"),
        (r#""q": Dirichlet(concentration: 1)"#, "", "E0303"),
        (
            r#""q": Dirichlet(concentration: 1), "y[t]": Categorical(p: "q")"#,
            r#"observe: { "y": "face" }"#,
            "",
        ),
        (r#""y[t]": Categorical(p: [0.5, 0.5])"#, r#"observe: { "y": "face" }"#, ""),
        (r#""y[t]": Categorical(p: 0.5)"#, "", "E0301"),
        (r#""y[t]": Cauchy(mean: 0)"#, "", "E0203"),
        (r#""y[t]": StudentT(mean: 0, precision: 1, dof: 3)"#, "", ""),
        (r#""y[t]": Poisson(rate: "X[t]")"#, r#"inputs: { "X[t]": "age" }"#, ""),
        (r#""y[t]": Poisson(rate: "X[t]")"#, r#"inputs: { "X[t]": ["age", "face"] }"#, "E0301"),
        (r#""y[t]": Poisson(rate: "X")"#, r#"inputs: { "X": "age" }"#, "E0222"),
        (r#""y[k]": Poisson(rate: "X[k]")"#, r#"inputs: { "X[k]": [1, 2] }"#, "E0309"),
        (r#""y[k]": Poisson(rate: "X[k]")"#, r#"inputs: { "X[k]": 2 }"#, ""),
        (r#""y[k]": Poisson(rate: "X[k]")"#, r#"inputs: { "X[k]": [[[[1]]]] }"#, "E0309"),
        (r#""y": Normal(mean: 0, precision: 1)"#, r#"factorize: Blocks([["y", "zz"]])"#, "E0201"),
        (
            r#""A[k,l]": Normal(mean: 0, precision: 1), "h[0]": MvNormal(mean: 0, precision: "identity(3)"),
               "h[t]": MvNormal(mean: "A * h[t-1]", precision: "identity(3)"), "y[t]": Normal(mean: "dot(A[1], h[t])", precision: 1)"#,
            "",
            "",
        ),
        (
            r#""h": MvNormal(mean: 0, precision: "identity(4)"), "A[k]": Normal(mean: 0, precision: 1), "y": Normal(mean: "dot(A, h)", precision: 1)"#,
            "",
            "E0302",
        ),
        (r#""v[k]": Beta(alpha: 1, beta: 1), "y[t]": Categorical(p: "stick(v)")"#, "", ""),
    ] {
        let text = model(&format!("{CHAIN} {nodes}"), rest);
        let (graph, diags) = run(&text);
        let found = errors(&diags).join(" ");
        if found != want || graph.is_some() != want.is_empty() {
            let titles: Vec<_> = diags.list().iter().map(|d| &d.title).collect();
            wrong.push(format!("{nodes} {rest}\n   found {found:?}, want {want:?}: {titles:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plates_are_refused_with_their_code() {
    for (plate, want) in [
        ("Size(3)", ""),
        ("Size(2.5)", "E0308"),
        ("Size(4294967297)", "E0308"),
        ("Size(\"k\")", "E0220"),
        ("Size()", "E0206"),
        ("Rows(\"x\")", "E0205"),
        ("Rows()", "E0206"),
        ("Rows(table: \"u\")", "E0214"),
        ("Rows(table: \"t\", weight: \"b\")", "E0201"),
        ("Steps(table: \"t\", sequence: \"a\")", ""),
        ("Groups(column: \"t.a\", columns: [\"t.a\"])", "E0205"),
        ("Groups(column: \"a\")", ""),
        ("Columns(table: \"t\", only: [\"a\"], except: [\"a\"])", "E0205"),
        ("Columns(table: \"t\", only: [\"b\"])", "E0201"),
        ("Tree(table: \"t\")", "E0206"),
        ("Tree(table: \"t\", parent: \"a\")", ""),
        ("Ring(3)", "E0204"),
    ] {
        let text = format!(
            "Model(data: {{ \"t\": {{ \"a\": [1, 2] }} }}, plates: {{ \"n\": {plate} }}, nodes: {{ \"x[n]\": Normal(mean: 0, precision: 1) }})"
        );
        let (_, diags) = run(&text);
        assert_eq!(errors(&diags).join(" "), want, "{plate}");
    }
}

#[test]
fn what_nobody_uses_is_a_warning() {
    let text = r#"Model(
        data: { "t": { "a": [1, 2] }, "u": "u.csv" },
        plates: { "n": Rows(table: "t"), "k": Size(2) },
        inputs: { "x": 1 },
        nodes: { "y[n]": Normal(mean: 0, precision: 1) },
    )"#;
    let (graph, diags) = run(text);
    assert!(graph.is_some());
    assert_eq!(diags.list().iter().map(|d| d.code.0).collect::<Vec<_>>(), ["W0201", "W0202", "W0203"]);
}

#[test]
fn axes_are_found_by_use() {
    let text = model(
        r#""q": Dirichlet(concentration: 1), "emit[k]": Dirichlet(concentration: 1), "z[t]": Categorical(p: "q"),
           "x[t]": Categorical(p: "emit[z[t]]"), "y[t]": Categorical(p: [0.2, 0.8]), "w": Dirichlet(concentration: 2, over: "rolls.doc")"#,
        r#"observe: { "x": "face" }"#,
    );
    let (graph, diags) = run(&text);
    let graph = graph.unwrap_or_else(|| panic!("{:#?}", diags.list()));
    let over: Vec<_> =
        graph.nodes.iter().map(|n| (n.name.as_str(), n.event.map(|e| graph.extent_name(e)))).collect();
    let want = [("q", "k"), ("emit", "rolls.face"), ("z", "k"), ("x", "rolls.face"), ("y", "2"), ("w", "g")];
    assert_eq!(over, want.map(|(n, e)| (n, Some(e.to_owned()))));
    assert!(Types(&graph).to_string().contains("emit[k]  Dirichlet: ln x over rolls.face"));
}

/// Words that a mutation puts in the place of another.
const WORDS: [&str; 24] = [
    "k",
    "t",
    "z[t]",
    "mu",
    "0",
    "-1",
    "1e999",
    "[",
    "]",
    "(",
    ")",
    ",",
    "\"",
    "t-1",
    "parent(s)",
    "dot(mu, mu)",
    "stick(mu)",
    "Size(2)",
    "rolls.face",
    "Dirichlet",
    "MvNormal",
    "[[1, 0], [0, 1]]",
    "over",
    ":",
];

fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    for c in text.chars() {
        match out.last_mut() {
            Some(last) if c.is_alphanumeric() && last.chars().all(char::is_alphanumeric) => last.push(c),
            _ => out.push(c.to_string()),
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn mutated_models_never_panic(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, 0..WORDS.len(), any::<prop::sample::Index>()), 1..6)) {
        let text = model(
            &format!(r#"{CHAIN} "x[t]": Normal(mean: "0.5 * mu[z[t]] + age[t]", sd: "s[t]"), "y[t]": MvNormal(mean: [0, 1], precision: "2 * identity(2)"),
                "v[g]": Gamma(shape: 1, rate: 1), "c[t]": Poisson(rate: "age[t] * v[doc[t]]"), "b[0]": Categorical(p: "start"),
                "b[s]": Categorical(p: "trans[b[parent(s)]]")"#),
            r#"inputs: { "s[t]": "age", "w[k]": [1, 2, 3] }, observe: { "y": ["age", "face"], "c": "age" }, factorize: Blocks([["z"], ["mu", "x"]])"#,
        );
        let mut words = tokens(&text);
        for (at, kind, word, other) in edits {
            let (at, other) = (at.index(words.len()), other.index(words.len()));
            match kind {
                0 => words[at] = WORDS[word].to_owned(),
                1 => words.swap(at, other),
                2 => words[at] = words[other].clone(),
                _ => words[at].clear(),
            }
        }
        let text = words.concat();
        let (graph, diags) = run(&text);
        prop_assert_eq!(graph.is_none(), diags.gate().is_err(), "{}", text);
        if let Some(g) = graph {
            let _ = (g.to_string(), Types(&g).to_string());
        }
    }
}
