//! What `explain` prints: every update in symbols, the blocks, the plan. Goldens, read against the textbooks:
//! gmm against Bishop (2006) eq. 10.46–10.63, hmm_dice against Beal (2003) sec. 3.4, lda against Blei et al.
//! (2003) sec. 5.2, normal against Murphy (2007) sec. 3.

use crate::models;
use elbow::{
    block::kind::KINDS, diag::Diagnostics, graph::FactorGraph, pipeline, plan::Plan, report::explain,
    source::Source,
};
use std::path::Path;

/// The graph and its plan.
fn plan(path: &Path, source: &Source) -> (FactorGraph, Plan) {
    let mut diags = Diagnostics::default();
    let both = models::bind(path, source, &mut diags)
        .and_then(|(g, b)| pipeline::plan(&g, &b, &mut diags).ok().map(|p| (g, p)));
    both.unwrap_or_else(|| panic!("{}", models::drawn(path, source, &diags)))
}

#[test]
fn every_block_is_of_a_kind_that_the_laws_are_run_on() {
    for path in models::models("graphs") {
        let (_, plan) = plan(&path, &models::source(&path));
        // Sites are no variables of q, and have laws of their own.
        for var in plan.vars.iter().filter(|v| !v.shape.is_site()) {
            let kind = var.shape.kind();
            assert!(KINDS.iter().any(|k| k.name == kind), "{}: {} is `{kind}`", path.display(), var.name);
        }
    }
}

#[test]
fn every_update_of_every_model() {
    for path in models::models("graphs") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (graph, plan) = plan(&path, &models::source(&path));
        insta::assert_snapshot!(format!("updates_{name}"), explain::page(&graph, &plan.blocks));
        insta::assert_snapshot!(format!("blocks_{name}"), plan.blocks.show(&graph));
        if ["gmm", "lda", "hmm", "latent_class", "block_model"].contains(&name.as_str()) {
            insta::assert_snapshot!(format!("plan_{name}"), plan.show(&graph));
        }
    }
}

/// The page of a model that stands here.
fn page(text: &str) -> String {
    let source = Source::new("model.ron", text);
    let (graph, plan) = plan(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/model.ron")), &source);
    explain::page(&graph, &plan.blocks)
}

#[track_caller]
fn says(page: &str, lines: &[&str]) {
    let plain: Vec<String> =
        page.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in lines {
        assert!(plain.iter().any(|l| l == line), "no line `{line}` in\n{page}");
    }
}

/// Without the chain, each step hears from the step before and from the step after: messages are shifted to
/// the step itself.
#[test]
fn steps_apart_hear_from_both_sides() {
    let text = r#"Model(
        data: { "rolls": { "face": [1, 2, 2, 1] } },
        plates: { "t": Steps(table: "rolls"), "k": Size(2) },
        nodes: {
            "start":    Dirichlet(concentration: 1, over: "k"),
            "trans[k]": Dirichlet(concentration: 1, over: "k"),
            "emit[k]":  Dirichlet(concentration: 1, over: "rolls.face"),
            "z[0]":     Categorical(p: "start"),
            "z[t]":     Categorical(p: "trans[z[t-1]]"),
            "x[t]":     Categorical(p: "emit[z[t]]"),
        },
        observe: { "x": "face" },
        factorize: MeanField,
    )"#;
    says(
        &page(text),
        &[
            "= ⟨ln start[k]⟩ from z[0] where t=0",
            "+ Σ_k′ r[t-1,k′] ⟨ln trans[k′,k]⟩ from z[t] where t≥1",
            "+ Σ_k′ r[t+1,k′] ⟨ln trans[k,k′]⟩ from z[t] where t+1 is a step",
            "+ Σ_{t≥1} r[t,k′] r[t-1,k] from z[t]",
            "+ ⟨ln emit[k,x[t]]⟩ from x[t]",
        ],
    );
}

/// Known values in another spelling, scales by row, weights, and a Normal without a partner.
#[test]
fn known_values_are_shown_as_written() {
    let text = r#"Model(
        data: { "schools": { "y": [28, 8, -3], "se": [15, 10, 16], "x": [1, 2, 4], "times": [1, 2, 1] } },
        plates: { "n": Rows(table: "schools", weight: "times") },
        nodes: {
            "mu":   Normal(mean: 0, variance: 4),
            "y[n]": Normal(mean: "x[n] * mu - 3", sd: "se[n]"),
        },
        observe: { "y": "y" },
    )"#;
    let page = page(text);
    says(
        &page,
        &[
            "= Σ_n times[n] (precision(sd: se[n]) y[n] x[n] + precision(sd: se[n]) x[n] 3) from y[n]",
            "= −½·0.25 from mu",
            "− ½ Σ_n times[n] precision(sd: se[n]) x[n]² from y[n]",
            "It meets no other variable: its posterior is exact.",
        ],
    );
}

/// Vectors that are kept together: matrices without indices.
#[test]
fn vectors_kept_together() {
    let text = r#"Model(
        data: { "d": { "u": [1.0, -0.5, 0.1], "v": [0.2, 0.4, 1], "x": [1, 2, 3] } },
        plates: { "n": Rows(table: "d") },
        nodes: {
            "c":    MvNormal(mean: [0, 0], precision: [[1, 0], [0, 1]]),
            "m":    MvNormal(mean: [0, 0], precision: [[1, 0], [0, 1]]),
            "y[n]": MvNormal(mean: "x[n] * c + m", precision: [[2, 0], [0, 1]]),
        },
        observe: { "y": ["u", "v"] },
    )"#;
    says(
        &page(text),
        &[
            "η(c mᵀ)",
            "= −Σ_n x[n] [[2, 0], [0, 1]] from y[n]",
            "η(m mᵀ)",
            "− ½ Σ_n [[2, 0], [0, 1]] from y[n]",
            "= Σ_n x[n] [[2, 0], [0, 1]] y[n] from y[n]",
        ],
    );
}

/// A matrix of scalar variables times a vector: its factor is written with indices.
#[test]
fn a_matrix_of_scalars_times_a_vector() {
    let text = r#"Model(
        data: { "d": { "u": [1.0, -0.5, 0.1], "v": [0.2, 0.4, 1] } },
        plates: { "t": Steps(table: "d"), "i": Size(2), "p": Size(2) },
        nodes: {
            "A[i,p]": Normal(mean: 0, precision: 1),
            "h[0]":   MvNormal(mean: [0, 0], precision: [[1, 0], [0, 1]]),
            "h[t]":   MvNormal(mean: "A * h[t-1]", precision: [[1, 0], [0, 1]]),
            "y[t]":   MvNormal(mean: "h[t]", precision: [[2, 0], [0, 1]]),
        },
        observe: { "y": ["u", "v"] },
    )"#;
    let page = page(text);
    assert!(!page.contains("tr("), "{page}");
    says(
        &page,
        &[
            "η(h[t-1] h[t]ᵀ)",
            "= Σ_i′′ (½ [[1, 0], [0, 1]][i′,i′′] ⟨A[i′′,i]⟩ + ½ [[1, 0], [0, 1]][i′′,i′] ⟨A[i′′,i]⟩) from h[t] where t≥1",
        ],
    );
}

/// Categories of one row that meet are one block, as far as its tables stay small.
#[test]
fn networks_over_elements_of_different_plates() {
    let text = page(
        r#"Model(
            data: { "d": { "g": ["u", "u", "v"], "x": [1, 2, 2] } },
            plates: { "g": Groups(column: "d.g"), "t": Steps(table: "d", sequence: "g"), "a": Size(2), "b": Size(2) },
            inputs: { "I[a]": [[0.5, 0.5], [0, 1]], "A[a,b]": [[[0.5, 0.5], [0, 1]], [[0.9, 0.1], [1, 0]]] },
            nodes: {
                "s[g]": Categorical(p: [0.4, 0.6]),
                "z[0]": Categorical(p: "I[s[g[t]]]"),
                "z[t]": Categorical(p: "A[s[g[t]], z[t-1]]"),
                "e[b]": Dirichlet(concentration: 1, over: "d.x"),
                "x[t]": Categorical(p: "e[z[t]]"),
            },
            observe: { "x": "x" },
        )"#,
    );
    says(
        &text,
        &[
            "q(s, z): network over elements (junction tree)",
            "`s` and `z` meet in a table with zeros: one junction tree over all of their elements keeps what is possible together exact.",
            "η(s[g] = a, z[t] = b)",
            "= ln I[a,b] from z[0] where t=0, g = g[t]",
            "η(s[g] = a, z[t] = b, z[t′] = b′)",
            "= ln A[a,b′,b] from z[t] where t≥1, g = g[t], t′ = t-1",
        ],
    );
}

#[test]
fn networks_and_their_bound() {
    let model = |k: usize| {
        format!(
            r#"Model(
                data: {{ "d": {{ "x": [1.5, -0.5] }} }},
                plates: {{ "n": Rows(table: "d"), "k": Size({k}), "l": Size(150) }},
                nodes: {{
                    "p":      Dirichlet(concentration: 1, over: "k"),
                    "q[k]":   Dirichlet(concentration: 1, over: "l"),
                    "m[k,l]": Normal(mean: 0, precision: 1),
                    "z[n]":   Categorical(p: "p"),
                    "c[n]":   Categorical(p: "q[z[n]]"),
                    "x[n]":   Normal(mean: "m[z[n], c[n]]", precision: 1),
                }},
                observe: {{ "x": "x" }},
            )"#
        )
    };
    says(
        &page(&model(100)),
        &[
            "q(z, c) for each n: network (junction tree)",
            "`z` and `c` meet in products: a junction tree keeps their joint distribution exact. Its largest clique holds 2 of them; all its tables, 15000 entries.",
            "No kind of block keeps `z` and `c` together with `p`, `q` or `m`.",
            "η(z[n] = k, c[n] = l)",
            "= ⟨ln q[k,l]⟩ from c[n]",
            "= Σ_n q(z[n] = k, c[n] = l) x[n] from x[n]",
        ],
    );
    says(
        &page(&model(200)),
        &[
            "q(z) for each n: independent (Categorical)",
            "A network of `z` and `c` needs a joint table of `z` and `c`: 200 × 150 = 30000 entries, and 16384 are the most.",
        ],
    );
}

/// Chains that meet are one, as far as the product of their states stays small.
#[test]
fn chains_that_meet_and_their_bound() {
    let model = |k: usize| {
        format!(
            r#"Model(
                data: {{ "d": {{ "x": [1.5, -0.5] }} }},
                plates: {{ "t": Steps(table: "d"), "k": Size({k}), "l": Size(5) }},
                nodes: {{
                    "a[k]": Normal(mean: 0, precision: 1),
                    "b[l]": Normal(mean: 0, precision: 1),
                    "p[k]": Dirichlet(concentration: 1, over: "k"),
                    "q[l]": Dirichlet(concentration: 1, over: "l"),
                    "z[0]": Categorical(p: "p[1]"),
                    "z[t]": Categorical(p: "p[z[t-1]]"),
                    "c[0]": Categorical(p: "q[1]"),
                    "c[t]": Categorical(p: "q[c[t-1]]"),
                    "x[t]": Normal(mean: "a[z[t]] + b[c[t]]", precision: 1),
                }},
                observe: {{ "x": "x" }},
            )"#
        )
    };
    says(
        &page(&model(12)),
        &[
            "q(z, c): chain along t (of several categories)",
            "`z` and `c` meet at each t, and depend on the step before: one chain over the product of their states (60) keeps all exact.",
            "η(z[t-1] = k′, c[t-1] = l′, z[t] = k, c[t] = l)",
            "= ⟨ln p[k′,k]⟩ from z[t] where t≥1",
            "+ ⟨ln q[l′,l]⟩ from c[t] where t≥1",
        ],
    );
    says(
        &page(&model(13)),
        &[
            "q(z): chain along t",
            "One chain of `z` and `c` would have 13 × 5 = 65 states, and 64 are the most.",
            "q(c): chain along t",
        ],
    );
}

/// Categories on a tree: pairs of a row and the one above it.
#[test]
fn a_tree_of_categories() {
    let text = r#"Model(
        data: { "species": { "name": ["a", "b", "c"], "above": ["", "a", "a"], "legs": ["two", "two", "four"] } },
        plates: { "n": Tree(table: "species", id: "name", parent: "above"), "k": Size(2) },
        nodes: {
            "start":    Dirichlet(concentration: 1, over: "k"),
            "trans[k]": Dirichlet(concentration: 1, over: "k"),
            "emit[k]":  Dirichlet(concentration: 1, over: "species.legs"),
            "z[0]":     Categorical(p: "start"),
            "z[n]":     Categorical(p: "trans[z[parent(n)]]"),
            "x[n]":     Categorical(p: "emit[z[n]]"),
        },
        observe: { "x": "legs" },
    )"#;
    says(
        &page(text),
        &[
            "q(z): tree over n",
            "Each `z[n]` depends on `z[parent(n)]`: messages to the roots and back keep all rows of a tree exact.",
            "η(z[parent(n)] = k, z[n] = k′)",
            "= ⟨ln trans[k,k′]⟩ from z[n] where n no root",
            "Moments: a pass to the roots and back gives r[n,k] = q(z[n] = k) and ξ[n,k,k′] = q(z[parent(n)] = k, z[n] = k′).",
        ],
    );
}
