//! Jointly Gaussian blocks and Gaussian chains against a dense solve: where all else is known, the ELBO is the log evidence and the
//! moments are those of the posterior. Reference 3 of the local level.
mod common;

use common::{
    dense::{Row, dense, exact},
    fit, near,
};

const X: [[f64; 2]; 5] = [[0.5, -1.0], [1.5, 0.3], [-0.7, 2.0], [0.1, 0.4], [2.2, -0.6]];
const Y: [f64; 5] = [1.1, -0.4, 2.5, 0.3, -1.9];

#[test]
fn a_regression_with_known_noise() {
    let model = r#"Model(
        data: { "d": { "x1": [0.5, 1.5, -0.7, 0.1, 2.2], "x2": [-1.0, 0.3, 2.0, 0.4, -0.6], "y": [1.1, -0.4, 2.5, 0.3, -1.9] } },
        plates: { "n": Rows(table: "d"), "j": Size(2) },
        inputs: { "X[n]": ["x1", "x2"] },
        nodes: {
            "w[j]": Normal(mean: 0.5, precision: 2),
            "b":    Normal(mean: -1, precision: 0.25),
            "y[n]": Normal(mean: "dot(w, X[n]) + b", precision: 3),
        },
        observe: { "y": "y" },
    )"#;
    let prior = [Row(vec![(0, 1.0)], 0.5, 2.0), Row(vec![(1, 1.0)], 0.5, 2.0), Row(vec![(2, 1.0)], -1.0, 0.25)];
    let seen: Vec<Row> = X.iter().zip(Y).map(|(x, y)| Row(vec![(0, x[0]), (1, x[1]), (2, 1.0)], y, 3.0)).collect();
    exact(model, "", &["w", "b"], &dense(&prior, &seen));
}

/// A row of weight 2 is the row twice, in sums and in differences.
#[test]
fn two_regressors_with_weighted_rows() {
    let model = r#"Model(
        data: { "d": {
            "x1": [0.5, 1.5, -0.7, 0.1, 2.2], "x2": [-1.0, 0.3, 2.0, 0.4, -0.6], "y": [1.1, -0.4, 2.5, 0.3, -1.9],
            "times": [1, 2, 1, 3, 1],
        } },
        plates: { "n": Rows(table: "d", weight: "times") },
        nodes: {
            "a":    Normal(mean: 0, precision: 1),
            "b":    Normal(mean: 0, precision: 0.5),
            "y[n]": Normal(mean: "a * x1[n] - 2 * b * x2[n] + 0.5", precision: 2),
        },
        observe: { "y": "y" },
    )"#;
    let prior = [Row(vec![(0, 1.0)], 0.0, 1.0), Row(vec![(1, 1.0)], 0.0, 0.5)];
    let times = [1, 2, 1, 3, 1];
    let rows = (0..5).flat_map(|n| std::iter::repeat_n(n, times[n]));
    let seen: Vec<Row> = rows.map(|n| Row(vec![(0, X[n][0]), (1, -2.0 * X[n][1])], Y[n] - 0.5, 2.0)).collect();
    exact(model, "", &["a", "b"], &dense(&prior, &seen));
}

#[test]
fn a_mean_and_the_effects_about_it() {
    let model = r#"Model(
        data: { "d": { "p": [1.1, -0.4], "q": [2.5, 0.3], "r": [-1.9, 0.8] } },
        plates: { "n": Rows(table: "d"), "j": Columns(table: "d") },
        nodes: {
            "mu":       Normal(mean: 1, precision: 0.1),
            "theta[j]": Normal(mean: "mu", precision: 0.5),
            "y[n,j]":   Normal(mean: "theta[j]", precision: 2),
        },
        observe: { "y": "d" },
    )"#;
    let values = [[1.1, -0.4], [2.5, 0.3], [-1.9, 0.8]];
    let seen: Vec<Row> = (0..6).map(|c| Row(vec![(1 + c / 2, 1.0)], values[c / 2][c % 2], 2.0)).collect();
    exact(model, "", &["mu", "theta"], &dense(&effects(), &seen));
}

/// A mean, and three effects about it.
fn effects() -> Vec<Row> {
    let mut prior = vec![Row(vec![(0, 1.0)], 1.0, 0.1)];
    prior.extend((1..=3).map(|j| Row(vec![(j, 1.0), (0, -1.0)], 0.0, 0.5)));
    prior
}

/// Where a column picks the effects, the same.
#[test]
fn effects_that_a_column_picks() {
    let model = r#"Model(
        data: { "d": { "group": [1, 2, 2, 3, 1], "y": [1.1, -0.4, 2.5, 0.3, -1.9] } },
        plates: { "n": Rows(table: "d"), "j": Size(3) },
        nodes: {
            "mu":       Normal(mean: 1, precision: 0.1),
            "theta[j]": Normal(mean: "mu", precision: 0.5),
            "y[n]":     Normal(mean: "theta[group[n]]", precision: 2),
        },
        observe: { "y": "y" },
    )"#;
    let seen: Vec<Row> = [1, 2, 2, 3, 1].into_iter().zip(Y).map(|(g, y)| Row(vec![(g, 1.0)], y, 2.0)).collect();
    exact(model, "", &["mu", "theta"], &dense(&effects(), &seen));
}

/// Three sequences, of three steps, two and one, their rows mixed; two readings are missing, and one step has none at all.
const STEPS: &str = "run,season,u,v\na,1,1.0,0.2\nb,2,-0.5,\na,2,,\nc,1,0.3,0.9\nb,1,1.4,-1.1\na,2,,2.0\n";
const RUNS: [&str; 6] = ["a", "b", "a", "c", "b", "a"];
const SEEN: [[Option<f64>; 2]; 6] =
    [[Some(1.0), Some(0.2)], [Some(-0.5), None], [None, None], [Some(0.3), Some(0.9)], [Some(1.4), Some(-1.1)], [None, Some(2.0)]];

/// The step before each row in its sequence.
fn before(row: usize) -> Option<usize> {
    (0..row).rev().find(|&r| RUNS[r] == RUNS[row])
}

#[test]
fn a_chain_of_vectors_with_known_dynamics() {
    let model = |h: &str| {
        format!(
            r#"Model(
        data: {{ "d": "d.csv" }},
        plates: {{ "t": Steps(table: "d", sequence: "run"), "i": Size(2), "p": Size(2), "j": Columns(table: "d", only: ["u", "v"]) }},
        inputs: {{ "A[i,p]": [[0.9, 0.3], [-0.2, 0.7]], "C[j,p]": [[1, 0.5], [-0.4, 1]] }},
        nodes: {{
            {h},
            "y[t,j]": Normal(mean: "dot(C[j], h[t])", precision: 4),
        }},
        observe: {{ "y": "d" }},
    )"#
        )
    };
    let (a, c) = ([[0.9, 0.3], [-0.2, 0.7]], [[1.0, 0.5], [-0.4, 1.0]]);
    let (mut prior, mut seen) = (vec![], vec![]);
    for (t, readings) in SEEN.iter().enumerate() {
        for i in 0..2 {
            prior.push(match before(t) {
                None => Row(vec![(2 * t + i, 1.0)], 0.3, 0.5),
                Some(s) => Row(vec![(2 * t + i, 1.0), (2 * s, -a[i][0]), (2 * s + 1, -a[i][1])], 0.0, 2.0),
            });
            if let Some(y) = readings[i] {
                seen.push(Row(vec![(2 * t, c[i][0]), (2 * t + 1, c[i][1])], y, 4.0));
            }
        }
    }
    let dense = dense(&prior, &seen);
    let entries = r#""h[0,i]": Normal(mean: 0.3, precision: 0.5), "h[t,i]": Normal(mean: "dot(A[i], h[t-1])", precision: 2)"#;
    let vectors = r#""h[0]": MvNormal(mean: [0.3, 0.3], precision: [[0.5, 0], [0, 0.5]]),
            "h[t]": MvNormal(mean: "A * h[t-1]", precision: [[2, 0], [0, 2]])"#;
    for h in [entries, vectors] {
        exact(&model(h), STEPS, &["h"], &dense);
    }
}

/// The coefficient of a step is picked by a column.
#[test]
fn dynamics_that_change_with_the_season() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "t": Steps(table: "d", sequence: "run"), "k": Size(2) },
        inputs: { "a[k]": [0.9, -0.5] },
        nodes: {
            "h[0]": Normal(mean: 1, precision: 0.5),
            "h[t]": Normal(mean: "a[season[t]] * h[t-1]", precision: 2),
            "y[t]": Normal(mean: "h[t]", precision: 4),
        },
        observe: { "y": "u" },
    )"#;
    let season = [1, 2, 2, 1, 1, 2];
    let prior: Vec<Row> = (0..6)
        .map(|t| match before(t) {
            None => Row(vec![(t, 1.0)], 1.0, 0.5),
            Some(s) => Row(vec![(t, 1.0), (s, -[0.9, -0.5][season[t] - 1])], 0.0, 2.0),
        })
        .collect();
    let seen: Vec<Row> = (0..6).filter_map(|t| SEEN[t][0].map(|y| Row(vec![(t, 1.0)], y, 4.0))).collect();
    exact(model, STEPS, &["h"], &dense(&prior, &seen));
}

/// Durbin and Koopman (2012), section 2.2.
#[test]
fn the_level_of_the_nile() {
    let q = fit("graphs/local_level.ron", &["--nodes", "level"]);
    near("elbo", q.elbo(), -641.585_578_459_415_3, 1e-8);
    let mean = q.mean("level");
    near("the first level", mean[0], 1_111.220_257_57, 1e-7);
    near("the last level", mean[99], 798.370_292_61, 1e-7);
    let sd = &q.0["nodes"]["level"]["sd"];
    for (at, variance) in [(0, 4_030.532_767_34), (99, 4_032.157_941_81)] {
        near("its variance", sd[at].as_f64().expect("a number").powi(2), variance, 1e-6);
    }
}
