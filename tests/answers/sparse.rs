//! Sparse jointly Gaussian blocks against a dense solve: where all else is known, the ELBO is the log
//! evidence and the moments are those of the posterior, whatever the data pick.

use crate::common::{
    dense::{Row, dense, exact},
    fit_text, near,
};
use elbow::num::stream::Stream as Random;

/// A row of a prior: x[i] about a sum of others.
fn about(i: usize, parents: &[(usize, f64)], value: f64, precision: f64) -> Row {
    let mut all = vec![(i, 1.0)];
    all.extend(parents.iter().map(|&(p, by)| (p, -by)));
    Row(all, value, precision)
}

const G: [usize; 8] = [0, 2, 1, 0, 2, 2, 3, 0];
const H: [usize; 8] = [1, 0, 1, 1, 0, 2, 2, 0];
const X: [f64; 8] = [0.5, -1.2, 2.0, 0.3, 1.1, -0.4, 0.9, -2.1];
const Y: [Option<f64>; 8] =
    [Some(1.5), Some(-0.7), Some(2.2), None, Some(0.4), Some(3.1), Some(-1.8), Some(0.6)];

fn table() -> String {
    let mut out = String::from("g,h,x,y,times\n");
    for n in 0..8 {
        let y = Y[n].map_or(String::new(), |y| y.to_string());
        out += &format!("g{},h{},{},{y},{}\n", G[n], H[n], X[n], 1 + n % 3);
    }
    out
}

/// Observations of the rows that have one.
fn seen(of: impl Fn(usize) -> Vec<(usize, f64)>, shift: f64, precision: f64) -> Vec<Row> {
    (0..8).filter_map(|n| Y[n].map(|y| Row(of(n), y - shift, precision))).collect()
}

#[test]
fn schools_that_share_a_mean() {
    let model = r#"Model(
        data: { "d": { "y": [28, 8, -3, 7, -1, 1, 18, 12], "se": [15, 10, 16, 11, 9, 11, 10, 18] } },
        plates: { "j": Rows(table: "d") },
        nodes: {
            "mu":       Normal(mean: 1, precision: 0.01),
            "theta[j]": Normal(mean: "mu", precision: 0.04),
            "y[j]":     Normal(mean: "theta[j]", sd: "se[j]"),
        },
        observe: { "y": "y" },
    )"#;
    let (y, se) =
        ([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0], [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]);
    let mut prior = vec![about(0, &[], 1.0, 0.01)];
    prior.extend((1..=8).map(|j| about(j, &[(0, 1.0)], 0.0, 0.04)));
    let seen: Vec<Row> =
        (0..8).map(|j: usize| Row(vec![(j + 1, 1.0)], y[j], 1.0 / (se[j] * se[j]))).collect();
    exact(model, "", &["mu", "theta"], &dense(&prior, &seen));
}

/// Intercepts and slopes of groups about means of their own, one observation missing.
#[test]
fn random_intercepts_and_slopes() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "n": Rows(table: "d"), "g": Groups(column: "d.g") },
        nodes: {
            "ma":   Normal(mean: 1, precision: 0.1),
            "mb":   Normal(mean: -1, precision: 0.2),
            "a[g]": Normal(mean: "ma", precision: 2),
            "b[g]": Normal(mean: "mb", precision: 3),
            "y[n]": Normal(mean: "a[d.g[n]] + b[d.g[n]] * x[n] - 0.5", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let mut prior = vec![about(0, &[], 1.0, 0.1), about(1, &[], -1.0, 0.2)];
    prior.extend((0..4).map(|g| about(2 + g, &[(0, 1.0)], 0.0, 2.0)));
    prior.extend((0..4).map(|g| about(6 + g, &[(1, 1.0)], 0.0, 3.0)));
    let seen = seen(|n| vec![(2 + G[n], 1.0), (6 + G[n], X[n])], -0.5, 4.0);
    exact(model, &table(), &["ma", "mb", "a", "b"], &dense(&prior, &seen));
}

/// The same as one vector for each group.
#[test]
fn a_vector_for_each_group() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "n": Rows(table: "d"), "g": Groups(column: "d.g") },
        inputs: { "X[n]": ["one", "x"] },
        nodes: {
            "m":    MvNormal(mean: [1, -1], precision: [[0.1, 0.02], [0.02, 0.2]]),
            "c[g]": MvNormal(mean: "m", precision: [[2, 0.5], [0.5, 3]]),
            "y[n]": Normal(mean: "dot(c[d.g[n]], X[n])", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let table = table()
        .replace("times\n", "times,one\n")
        .replace("1\n", "1,1\n")
        .replace("2\n", "2,1\n")
        .replace("3\n", "3,1\n");
    // A precision matrix as rows: Λ = Σ rows rowᵀ with the row (1, l) of precision d, and (0, 1) of the rest.
    let pair = |at: usize, parent: Option<usize>, p: [f64; 3], mean: [f64; 2]| {
        let l = p[1] / p[0];
        let of = |c: [f64; 2]| {
            let mut all = vec![(at, c[0]), (at + 1, c[1])];
            all.extend(parent.into_iter().flat_map(|m| [(m, -c[0]), (m + 1, -c[1])]));
            all
        };
        [
            Row(of([1.0, l]), mean[0] + l * mean[1], p[0]),
            Row(of([0.0, 1.0]), mean[1], p[2] - p[1] * p[1] / p[0]),
        ]
    };
    let mut prior = vec![];
    prior.extend(pair(0, None, [0.1, 0.02, 0.2], [1.0, -1.0]));
    (0..4).for_each(|g| prior.extend(pair(2 + 2 * g, Some(0), [2.0, 0.5, 3.0], [0.0, 0.0])));
    let seen = seen(|n| vec![(2 + 2 * G[n], 1.0), (3 + 2 * G[n], X[n])], 0.0, 4.0);
    exact(model, &table, &["m", "c"], &dense(&prior, &seen));
}

/// Effects of two columns and a mean, a missing cell, rows that stand for several.
#[test]
fn crossed_effects_with_weights() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "n": Rows(table: "d", weight: "times"), "g": Groups(column: "d.g"), "h": Groups(column: "d.h") },
        nodes: {
            "m":    Normal(mean: 0.5, precision: 0.1),
            "a[g]": Normal(mean: 0, precision: 2),
            "b[h]": Normal(mean: 0, precision: 3),
            "y[n]": Normal(mean: "m + a[d.g[n]] - 2 * b[d.h[n]]", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let mut prior = vec![about(0, &[], 0.5, 0.1)];
    prior.extend((1..5).map(|g| about(g, &[], 0.0, 2.0)));
    prior.extend((5..8).map(|h| about(h, &[], 0.0, 3.0)));
    let times = |n: usize| 1 + n % 3;
    let rows = (0..8).flat_map(|n| std::iter::repeat_n(n, times(n)));
    let seen: Vec<Row> = rows
        .filter_map(|n| Y[n].map(|y| Row(vec![(0, 1.0), (1 + G[n], 1.0), (5 + H[n], -2.0)], y, 4.0)))
        .collect();
    exact(model, &table(), &["m", "a", "b"], &dense(&prior, &seen));
}

/// Coefficients that all rows share, effects of two columns, and one of both together.
#[test]
fn a_mixed_model() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "n": Rows(table: "d"), "j": Size(2), "g": Groups(column: "d.g"), "h": Groups(column: "d.h") },
        inputs: { "X[n]": ["x", "times"] },
        nodes: {
            "w[j]":   Normal(mean: 0.2, precision: 1),
            "b":      Normal(mean: 0, precision: 0.1),
            "u[g]":   Normal(mean: 0, precision: 2),
            "v[h]":   Normal(mean: 0, precision: 3),
            "s[g,h]": Normal(mean: 0, precision: 5),
            "y[n]":   Normal(mean: "dot(w, X[n]) + b + u[d.g[n]] + v[d.h[n]] * x[n] + s[d.g[n], d.h[n]]", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let mut prior = vec![about(0, &[], 0.2, 1.0), about(1, &[], 0.2, 1.0), about(2, &[], 0.0, 0.1)];
    prior.extend((3..7).map(|g| about(g, &[], 0.0, 2.0)));
    prior.extend((7..10).map(|h| about(h, &[], 0.0, 3.0)));
    prior.extend((10..22).map(|s| about(s, &[], 0.0, 5.0)));
    let times = |n: usize| (1 + n % 3) as f64;
    let row = |n: usize| {
        vec![
            (0, X[n]),
            (1, times(n)),
            (2, 1.0),
            (3 + G[n], 1.0),
            (7 + H[n], X[n]),
            (10 + 3 * G[n] + H[n], 1.0),
        ]
    };
    exact(model, &table(), &["w", "b", "u", "v", "s"], &dense(&prior, &seen(row, 0.0, 4.0)));
}

/// Values along a tree, written in any order.
#[test]
fn a_tree() {
    let model = r#"Model(
        data: { "d": { "id": ["c", "a", "b", "r", "d", "s"], "up": ["a", "r", "r", "", "a", ""], "length": [1, 2, 0.5, 1, 1.5, 1],
            "y": [1.5, "", -0.7, 0.2, 2.2, ""] } },
        plates: { "n": Tree(table: "d", id: "id", parent: "up") },
        nodes: {
            "x[0]": Normal(mean: 0.3, precision: 0.5),
            "x[n]": Normal(mean: "x[parent(n)]", precision: 2),
            "y[n]": Normal(mean: "x[n]", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let up = [Some(1), Some(3), Some(3), None, Some(1), None];
    let y = [Some(1.5), None, Some(-0.7), Some(0.2), Some(2.2), None];
    let prior = up.iter().enumerate().map(|(i, p)| match p {
        Some(p) => about(i, &[(*p, 1.0)], 0.0, 2.0),
        None => about(i, &[], 0.3, 0.5),
    });
    let seen: Vec<Row> =
        y.iter().enumerate().filter_map(|(i, y)| y.map(|y| Row(vec![(i, 1.0)], y, 4.0))).collect();
    exact(model, "", &["x"], &dense(&prior.collect::<Vec<_>>(), &seen));
}

/// A level that remembers two steps, in two sequences whose rows are mixed.
#[test]
fn two_steps_back() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "t": Steps(table: "d", sequence: "h") },
        nodes: {
            "u[0]": Normal(mean: 1, precision: 0.5),
            "u[1]": Normal(mean: "u[t-1]", precision: 1),
            "u[t]": Normal(mean: "1.5 * u[t-1] - 0.7 * u[t-2]", precision: 2),
            "y[t]": Normal(mean: "u[t]", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let back = |n: usize| (0..n).rev().find(|&r| H[r] == H[n]);
    let prior: Vec<Row> = (0..8)
        .map(|n| match (back(n), back(n).and_then(back)) {
            (Some(p), Some(q)) => about(n, &[(p, 1.5), (q, -0.7)], 0.0, 2.0),
            (Some(p), None) => about(n, &[(p, 1.0)], 0.0, 1.0),
            _ => about(n, &[], 1.0, 0.5),
        })
        .collect();
    exact(model, &table(), &["u"], &dense(&prior, &seen(|n| vec![(n, 1.0)], 0.0, 4.0)));
}

/// Games between players: two columns pick elements of one variable, and one row names the same twice.
#[test]
fn differences_of_one_variable() {
    let model = r#"Model(
        data: { "d": { "home": ["a", "b", "c", "d", "b"], "away": ["b", "c", "a", "d", "a"], "y": [1.5, -0.7, 2.2, 0.4, 3.1] } },
        plates: { "n": Rows(table: "d"), "p": Groups(columns: ["d.home", "d.away"]) },
        nodes: {
            "s[p]": Normal(mean: 0, precision: 0.5),
            "y[n]": Normal(mean: "s[home[n]] - s[away[n]]", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let prior: Vec<Row> = (0..4).map(|p| about(p, &[], 0.0, 0.5)).collect();
    let games = [(0, 1, 1.5), (1, 2, -0.7), (2, 0, 2.2), (3, 3, 0.4), (1, 0, 3.1)];
    let seen: Vec<Row> = games.iter().map(|&(h, a, y)| Row(vec![(h, 1.0), (a, -1.0)], y, 4.0)).collect();
    exact(model, "", &["s"], &dense(&prior, &seen));
}

/// A grid of rows by columns: effects of a group for each column, of the column, and of the group's own
/// overall level.
#[test]
fn effects_in_a_grid() {
    let model = r#"Model(
        data: { "d": { "g": ["p", "q", "p", "r"], "u": [1.5, "", -0.7, 0.3], "v": [0.2, 2.2, 1.1, ""] } },
        plates: { "n": Rows(table: "d"), "j": Columns(table: "d", only: ["u", "v"]), "g": Groups(column: "d.g") },
        nodes: {
            "m[j]":   Normal(mean: 0.5, precision: 0.1),
            "l[g]":   Normal(mean: 0, precision: 0.7),
            "a[g,j]": Normal(mean: "m[j] + l[g]", precision: 2),
            "e[n]":   Normal(mean: 0, precision: 3),
            "y[n,j]": Normal(mean: "a[d.g[n], j] + e[n]", precision: 4),
        },
        observe: { "y": "d" },
    )"#;
    let (g, values) = (
        [0, 1, 0, 2],
        [[Some(1.5), Some(0.2)], [None, Some(2.2)], [Some(-0.7), Some(1.1)], [Some(0.3), None]],
    );
    let mut prior: Vec<Row> = (0..2).map(|j| about(j, &[], 0.5, 0.1)).collect();
    prior.extend((2..5).map(|l| about(l, &[], 0.0, 0.7)));
    prior.extend((0..6).map(|i| about(5 + i, &[(i % 2, 1.0), (2 + i / 2, 1.0)], 0.0, 2.0)));
    prior.extend((11..15).map(|e| about(e, &[], 0.0, 3.0)));
    let mut seen = vec![];
    for (n, row) in values.iter().enumerate() {
        seen.extend(
            (0..2).filter_map(|j| {
                row[j].map(|y: f64| Row(vec![(5 + 2 * g[n] + j, 1.0), (11 + n, 1.0)], y, 4.0))
            }),
        );
    }
    exact(model, "", &["m", "l", "a", "e"], &dense(&prior, &seen));
}

/// A mean that rows pick by a column, for a latent of each row.
#[test]
fn a_latent_of_each_row_about_a_mean_of_its_group() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "n": Rows(table: "d"), "g": Groups(column: "d.g") },
        nodes: {
            "top":  Normal(mean: 0, precision: 0.2),
            "m[g]": Normal(mean: "2 * top + 1", precision: 0.5),
            "u[n]": Normal(mean: "m[d.g[n]]", precision: 2),
            "y[n]": Normal(mean: "u[n] * x[n]", precision: 4),
        },
        observe: { "y": "y" },
    )"#;
    let mut prior = vec![about(0, &[], 0.0, 0.2)];
    prior.extend((1..5).map(|g| about(g, &[(0, 2.0)], 1.0, 0.5)));
    prior.extend((0..8).map(|n| about(5 + n, &[(1 + G[n], 1.0)], 0.0, 2.0)));
    exact(model, &table(), &["top", "m", "u"], &dense(&prior, &seen(|n| vec![(5 + n, X[n])], 0.0, 4.0)));
}

/// Effects of up to three columns and of both together, with and without covariates, about means of their own
/// or a level of levels; rows missing; in any mix.
#[test]
fn random_mixtures_of_effects() {
    for seed in 0..40 {
        let mut r = Random::new(seed, "effects", 0);
        let rows = 3 + r.below(8);
        let levels = [1 + r.below(4), 1 + r.below(3), 1 + r.below(5)];
        let codes: Vec<[usize; 3]> = (0..rows).map(|_| levels.map(|k| r.below(k))).collect();
        let x: Vec<f64> = (0..rows).map(|_| r.below(40) as f64 / 10.0 - 2.0).collect();
        let y: Vec<Option<f64>> =
            (0..rows).map(|i| (i == 0 || r.below(5) > 0).then(|| r.below(60) as f64 / 10.0 - 3.0)).collect();
        let mut table = String::from("c0,c1,c2,x,y\n");
        for n in 0..rows {
            let c = codes[n];
            table += &format!(
                "{},{},{},{},{}\n",
                c[0] + 1,
                c[1] + 1,
                c[2] + 1,
                x[n],
                y[n].map_or(String::new(), |y| y.to_string())
            );
        }
        let (mut nodes, mut mean, mut names, mut prior) = (String::new(), vec![], vec![], vec![]);
        let mut parts: Vec<(usize, bool, Vec<usize>)> = vec![];
        let count = 2 + r.below(3);
        for e in 0..count {
            let (kind, by_x) = (r.below(5), r.below(3) == 0);
            let of = match kind {
                0 => vec![],
                1 | 2 => vec![r.below(3)],
                _ => vec![0, 1 + r.below(2)],
            };
            let precision = 0.5 + e as f64;
            let size: usize = of.iter().map(|c| levels[*c]).product();
            let plates: Vec<String> = of.iter().map(|c| format!("p{c}")).collect();
            let key = if of.is_empty() { format!("u{e}") } else { format!("u{e}[{}]", plates.join(",")) };
            let above = !of.is_empty() && r.below(2) == 0;
            let top = prior.len();
            if above {
                nodes += &format!("\"m{e}\": Normal(mean: 0.5, precision: 0.3), ");
                names.push(format!("m{e}"));
                prior.push(about(top, &[], 0.5, 0.3));
            }
            let at = prior.len();
            for i in 0..size {
                prior.push(if above {
                    about(at + i, &[(top, 2.0)], 0.0, precision)
                } else {
                    about(at + i, &[], -0.25, precision)
                });
            }
            let about = if above { format!("\"2 * m{e}\"") } else { "-0.25".to_string() };
            nodes += &format!("\"{key}\": Normal(mean: {about}, precision: {precision}), ");
            names.push(format!("u{e}"));
            let index: Vec<String> = of.iter().map(|c| format!("d.c{c}[n]")).collect();
            let index = if of.is_empty() { String::new() } else { format!("[{}]", index.join(", ")) };
            mean.push(format!("u{e}{index}{}", if by_x { " * x[n]" } else { "" }));
            parts.push((at, by_x, of));
        }
        let used: Vec<usize> = (0..3).filter(|c| parts.iter().any(|p| p.2.contains(c))).collect();
        let plates: String = used.iter().map(|c| format!("\"p{c}\": Size({}), ", levels[*c])).collect();
        let model = format!(
            r#"Model(data: {{ "d": "d.csv" }}, plates: {{ "n": Rows(table: "d"), {plates} }},
            nodes: {{ {nodes} "y[n]": Normal(mean: "{}", precision: 2) }}, observe: {{ "y": "y" }})"#,
            mean.join(" + ")
        );
        let row = |n: usize| -> Vec<(usize, f64)> {
            let entry = |(at, by_x, of): &(usize, bool, Vec<usize>)| {
                let i = of.iter().fold(0, |i, c| i * levels[*c] + codes[n][*c]);
                (at + i, if *by_x { x[n] } else { 1.0 })
            };
            parts.iter().map(entry).collect()
        };
        let seen: Vec<Row> = (0..rows).filter_map(|n| y[n].map(|y| Row(row(n), y, 2.0))).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        println!("seed {seed}: {model}\n{table}");
        exact(&model, &table, &names, &dense(&prior, &seen));
    }
}

const CROSSED: &str = r#"
    data: { "d": "d.csv" },
    plates: { "n": Rows(table: "d"), "g": Groups(column: "d.g"), "h": Groups(column: "d.h") },
    nodes: {
        "m":    Normal(mean: 0.5, precision: 0.1),
        "a[g]": Normal(mean: 0, precision: 2),
        "b[h]": Normal(mean: 0, precision: 3),
        "y[n]": Normal(mean: "m + a[d.g[n]] + b[d.h[n]]", precision: 4),
    },
    observe: { "y": "y" },"#;

/// What the user asks for is kept: nothing together, or two of three.
#[test]
fn blocks_that_the_user_names() {
    let fit = |factorize: &str| {
        fit_text(&format!("Model({CROSSED} factorize: {factorize})"), &[("d.csv", &table())], &[])
    };
    let blocks = |q: &crate::common::Posterior| -> Vec<(Vec<String>, String)> {
        let list = q.0["blocks"].as_array().expect("a list");
        let nodes = |b: &serde_json::Value| {
            b["nodes"]
                .as_array()
                .expect("names")
                .iter()
                .map(|n| n.as_str().expect("a name").to_string())
                .collect()
        };
        list.iter().map(|b| (nodes(b), b["kind"].as_str().expect("a kind").to_string())).collect()
    };
    let all = fit("Auto");
    assert_eq!(blocks(&all), [(vec!["m".into(), "a".into(), "b".into()], "joint".to_string())]);
    let two = fit(r#"Blocks([["m", "b"]])"#);
    assert_eq!(blocks(&two)[0], (vec!["m".into(), "b".into()], "joint".to_string()));
    let three = fit(r#"Blocks([["b", "a", "m"]])"#);
    near("the same block by name", three.elbo(), all.elbo(), 1e-12);
    let none = fit("MeanField");
    assert!(blocks(&none).iter().all(|b| b.1 == "independent"), "{:?}", blocks(&none));
    assert!(
        none.elbo() < two.elbo() && two.elbo() < all.elbo(),
        "{} {} {}",
        none.elbo(),
        two.elbo(),
        all.elbo()
    );
}

/// Crossed effects that fill their factor are kept apart, and the report says why; each is still joint with
/// the level where it can be.
#[test]
fn a_block_that_would_be_too_large_is_split() {
    let mut r = Random::new(3, "crossed", 0);
    let mut table = String::from("g,h,y\n");
    for n in 0..30_000 {
        table += &format!("g{},h{},{}\n", r.below(3000), r.below(3000), n % 7);
    }
    let folder = crate::common::Folder::new(&format!("Model({CROSSED})"), &[("d.csv", &table)]);
    let model = crate::common::text(&folder.path("model.ron"));
    let said = crate::common::elbow(&["explain", "--emit", "blocks", &model]).stdout;
    assert!(said.contains("q(m, a): joint (sparse Gaussian)"), "{said}");
    assert!(
        said.contains("One block of all `m`, `a`, `b` would be too large. It would take about"),
        "{said}"
    );
    assert!(folder.fit(&["--max-iterations", "3"]).elbo().is_finite());
}

/// An intercept takes the offset of the data with it: no digit is lost, whether it stands beside the effects
/// or above them.
#[test]
fn a_large_offset_costs_no_digits() {
    let fit = |offset: f64, m: &str, y: &str| {
        let mut r = Random::new(5, "offset", 0);
        let effects: Vec<f64> = (0..20).map(|_| r.normal()).collect();
        let mut table = String::from("g,x,y\n");
        for n in 0..400 {
            let x = (n % 9) as f64 / 4.0 - 1.0;
            // Steps of 2⁻¹⁰: the offset leaves them as they are.
            let y = ((effects[n % 20] + 0.5 * x + 0.4 * r.normal()) * 1024.0).round() / 1024.0;
            table += &format!("g{},{x},{}\n", n % 20, offset + y);
        }
        let model = format!(
            r#"Model(
                data: {{ "d": "d.csv" }},
                plates: {{ "n": Rows(table: "d"), "g": Groups(column: "d.g") }},
                nodes: {{
                    "m":    Normal(mean: {offset}, precision: 0.01),
                    "b":    Normal(mean: 0, precision: 1),
                    "ta":   Gamma(shape: 1, rate: 1),
                    "tau":  Gamma(shape: 1, rate: 1),
                    "a[g]": Normal(mean: {m}, precision: "ta"),
                    "y[n]": Normal(mean: "{y}", precision: "tau"),
                }},
                observe: {{ "y": "y" }},
            )"#
        );
        fit_text(&model, &[("d.csv", &table)], &["--nodes", "m,a,b"])
    };
    for (m, y) in [("0", "b * x[n] + a[d.g[n]] + m"), ("\"m\"", "a[d.g[n]] + b * x[n]")] {
        let (plain, far) = (fit(0.0, m, y), fit(1e6, m, y));
        near("the bound", far.elbo(), plain.elbo(), 1e-8 * plain.elbo().abs());
        near("b", far.mean("b")[0], plain.mean("b")[0], 1e-8);
        near("m", far.mean("m")[0] - 1e6, plain.mean("m")[0], 1e-8);
    }
}
