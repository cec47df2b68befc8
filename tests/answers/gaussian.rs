//! Jointly Gaussian blocks and Gaussian chains against a dense solve: where all else is known, the ELBO is
//! the log evidence and the moments are those of the posterior. Reference 3 of the local level.

use crate::common::{
    all_near,
    dense::{Row, dense, exact},
    fit, fit_text, is_evidence, near,
};
use nalgebra::{DMatrix, DVector};

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
    let prior =
        [Row(vec![(0, 1.0)], 0.5, 2.0), Row(vec![(1, 1.0)], 0.5, 2.0), Row(vec![(2, 1.0)], -1.0, 0.25)];
    let seen: Vec<Row> =
        X.iter().zip(Y).map(|(x, y)| Row(vec![(0, x[0]), (1, x[1]), (2, 1.0)], y, 3.0)).collect();
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
    let seen: Vec<Row> =
        rows.map(|n| Row(vec![(0, X[n][0]), (1, -2.0 * X[n][1])], Y[n] - 0.5, 2.0)).collect();
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
    let seen: Vec<Row> =
        [1, 2, 2, 3, 1].into_iter().zip(Y).map(|(g, y)| Row(vec![(g, 1.0)], y, 2.0)).collect();
    exact(model, "", &["mu", "theta"], &dense(&effects(), &seen));
}

/// Three sequences, of three steps, two and one, their rows mixed; two readings are missing, and one step has
/// none at all.
const STEPS: &str = "run,season,u,v\na,1,1.0,0.2\nb,2,-0.5,\na,2,,\nc,1,0.3,0.9\nb,1,1.4,-1.1\na,2,,2.0\n";
const RUNS: [&str; 6] = ["a", "b", "a", "c", "b", "a"];
const SEEN: [[Option<f64>; 2]; 6] = [
    [Some(1.0), Some(0.2)],
    [Some(-0.5), None],
    [None, None],
    [Some(0.3), Some(0.9)],
    [Some(1.4), Some(-1.1)],
    [None, Some(2.0)],
];

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

/// The mean of an entry over A's plate is an entry of A times the state, alone or beside other vectors over
/// that plate.
#[test]
fn a_matrix_times_the_step_before() {
    let model = |mean: &str| {
        format!(
            r#"Model(
        data: {{ "d": "d.csv" }},
        plates: {{ "t": Steps(table: "d", sequence: "run"), "i": Size(2), "p": Size(2), "j": Columns(table: "d", only: ["u", "v"]) }},
        inputs: {{ "A[i,p]": [[0.9, 0.3], [-0.2, 0.7]], "C[j,p]": [[1, 0.5], [-0.4, 1]], "push[i]": [0.5, -1] }},
        nodes: {{
            "h[0,i]": Normal(mean: 0.3, precision: 0.5),
            "h[t,i]": Normal(mean: "{mean}", precision: 2),
            "y[t,j]": Normal(mean: "C * h[t]", precision: 4),
        }},
        observe: {{ "y": "d" }},
    )"#
        )
    };
    let of = |mean: &str| fit_text(&model(mean), &[("d.csv", STEPS)], &["--nodes", "h"]);
    for (short, long) in [
        ("A * h[t-1]", "dot(A[i], h[t-1])"),
        ("2 * A * h[t-1] - push", "2 * dot(A[i], h[t-1]) - push[i]"),
        ("A * (h[t-1] + push) + 1", "dot(A[i], h[t-1] + push) + 1"),
    ] {
        let (a, b) = (of(short), of(long));
        assert_eq!((a.elbo(), a.mean("h")), (b.elbo(), b.mean("h")), "{short}");
    }
}

/// Sequences of six, one, two and three steps, their rows mixed; readings are missing, at first steps, too.
const LONG: &str = "run,u,v\na,1.0,0.2\nb,-0.5,\na,,\nc,0.3,0.9\nc,,-1.1\na,,2.0\na,0.7,0.1\ne,,\na,-0.4,\ne,1.2,0.4\na,0.2,-0.6\ne,0.1,\n";
const LONG_RUNS: [&str; 12] = ["a", "b", "a", "c", "c", "a", "a", "e", "a", "e", "a", "e"];

fn long_cells() -> Vec<[Option<f64>; 2]> {
    let cell = |c: &str| c.parse().ok();
    LONG.lines()
        .skip(1)
        .map(|l| l.split(',').skip(1).map(cell).collect::<Vec<_>>())
        .map(|c| [c[0], c[1]])
        .collect()
}

/// Rows before a row in its sequence, the latest first.
fn earlier(row: usize) -> Vec<usize> {
    (0..row).rev().filter(|&r| LONG_RUNS[r] == LONG_RUNS[row]).collect()
}

/// An autoregression of second order, its second step with a line of its own, seen with an error.
#[test]
fn a_chain_that_looks_two_steps_back() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "t": Steps(table: "d", sequence: "run") },
        nodes: {
            "h[0]": Normal(mean: 1, precision: 0.5),
            "h[1]": Normal(mean: "0.8 * h[t-1] - 0.3", precision: 3),
            "h[t]": Normal(mean: "1.2 * h[t-1] - 0.6 * h[t-2] + 0.1", precision: 2),
            "y[t]": Normal(mean: "h[t]", precision: 4),
        },
        observe: { "y": "u" },
    )"#;
    let prior: Vec<Row> = (0..12)
        .map(|t| match earlier(t).as_slice() {
            [] => Row(vec![(t, 1.0)], 1.0, 0.5),
            [s] => Row(vec![(t, 1.0), (*s, -0.8)], -0.3, 3.0),
            [s, r, ..] => Row(vec![(t, 1.0), (*s, -1.2), (*r, 0.6)], 0.1, 2.0),
        })
        .collect();
    let seen: Vec<Row> = long_cells()
        .iter()
        .enumerate()
        .filter_map(|(t, y)| y[0].map(|y| Row(vec![(t, 1.0)], y, 4.0)))
        .collect();
    exact(model, LONG, &["h"], &dense(&prior, &seen));
}

/// Vectors, two matrices; what is seen depends on the step and on the one before it.
#[test]
fn a_chain_of_vectors_that_looks_two_steps_back() {
    let model = |h: &str| {
        format!(
            r#"Model(
        data: {{ "d": "d.csv" }},
        plates: {{ "t": Steps(table: "d", sequence: "run"), "i": Size(2), "p": Size(2), "j": Columns(table: "d", except: ["run"]) }},
        inputs: {{ "A[i,p]": [[0.7, 0.3], [-0.2, 0.5]], "B[i,p]": [[-0.3, 0.1], [0.2, 0.2]], "C[j,p]": [[1, 0.5], [-0.4, 1]] }},
        nodes: {{
            {h},
            "y[t,j]": Normal(mean: "dot(C[j], h[t])", precision: 4),
        }},
        observe: {{ "y": "d" }},
    )"#
        )
    };
    let (a, b, c) = ([[0.7, 0.3], [-0.2, 0.5]], [[-0.3, 0.1], [0.2, 0.2]], [[1.0, 0.5], [-0.4, 1.0]]);
    let (mut prior, mut seen) = (vec![], vec![]);
    for (t, readings) in long_cells().iter().enumerate() {
        for i in 0..2 {
            let lean = |m: &[[f64; 2]; 2], s: usize| [(2 * s, -m[i][0]), (2 * s + 1, -m[i][1])];
            let own = vec![(2 * t + i, 1.0)];
            prior.push(match earlier(t).as_slice() {
                [] => Row(own, 0.3, 0.5),
                [s] => Row([own, lean(&a, *s).to_vec()].concat(), 0.0, 1.0),
                [s, r, ..] => Row([own, lean(&a, *s).to_vec(), lean(&b, *r).to_vec()].concat(), 0.0, 2.0),
            });
            if let Some(y) = readings[i] {
                seen.push(Row(vec![(2 * t, c[i][0]), (2 * t + 1, c[i][1])], y, 4.0));
            }
        }
    }
    let dense = dense(&prior, &seen);
    let entries = r#""h[0,i]": Normal(mean: 0.3, precision: 0.5), "h[1,i]": Normal(mean: "A * h[t-1]", precision: 1),
            "h[t,i]": Normal(mean: "A * h[t-1] + B * h[t-2]", precision: 2)"#;
    let vectors = r#""h[0]": MvNormal(mean: [0.3, 0.3], precision: [[0.5, 0], [0, 0.5]]),
            "h[1]": MvNormal(mean: "A * h[t-1]", precision: [[1, 0], [0, 1]]),
            "h[t]": MvNormal(mean: "A * h[t-1] + B * h[t-2]", precision: [[2, 0], [0, 2]])"#;
    for h in [entries, vectors] {
        exact(&model(h), LONG, &["h"], &dense);
    }
}

/// Readings of the change from one step to the next, some lost; the coefficient is that of the row.
#[test]
fn couplings_of_each_step_s_own() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "t": Steps(table: "d", sequence: "run") },
        nodes: {
            "h[0]":    Normal(mean: 1, precision: 0.5),
            "h[t]":    Normal(mean: "pull[t] * h[t-1]", precision: 2),
            "seen[0]": Normal(mean: "h[t]", precision: 4),
            "seen[t]": Normal(mean: "h[t] - h[t-1]", precision: 4),
        },
        observe: { "seen": "u" },
    )"#;
    let pull = [0.9, -0.5, 0.3, 1.1, 0.2, -0.8, 0.6, 0.7, 1.3, -0.2, 0.4, 0.5];
    let mut lines = LONG.lines();
    let mut table = format!("{},pull\n", lines.next().expect("a header"));
    lines.zip(pull).for_each(|(l, p)| table += &format!("{l},{p}\n"));
    let prior: Vec<Row> = (0..12)
        .map(|t| match earlier(t).first() {
            None => Row(vec![(t, 1.0)], 1.0, 0.5),
            Some(&s) => Row(vec![(t, 1.0), (s, -pull[t])], 0.0, 2.0),
        })
        .collect();
    let reading = |t: usize| match earlier(t).first() {
        None => vec![(t, 1.0)],
        Some(&s) => vec![(t, 1.0), (s, -1.0)],
    };
    let seen: Vec<Row> =
        long_cells().iter().enumerate().filter_map(|(t, y)| y[0].map(|y| Row(reading(t), y, 4.0))).collect();
    exact(model, &table, &["h"], &dense(&prior, &seen));
}

/// A chain of categories gates a Gaussian chain: with one state it is the plain chain, and the messages
/// between the two use the moment of neighbours.
#[test]
fn a_switch_of_one_state_is_none() {
    let model = |z: &str, at: &str| {
        format!(
            r#"Model(
        data: {{ "d": "d.csv" }},
        plates: {{ "t": Steps(table: "d", sequence: "run"), "k": Size(1) }},
        inputs: {{ "a[k]": [0.8], "q[k]": [2] }},
        nodes: {{
            {z}
            "h[0]": Normal(mean: 1, precision: 0.5),
            "h[t]": Normal(mean: "a[{at}] * h[t-1]", precision: "q[{at}]"),
            "y[t]": Normal(mean: "h[t]", precision: 4),
        }},
        observe: {{ "y": "u" }},
    )"#
        )
    };
    let z = r#""z[0]": Categorical(p: [1], over: "k"), "z[t]": Categorical(p: "trans[z[t-1]]"),"#;
    let switched = model(z, "z[t]").replace(r#""q[k]": [2]"#, r#""q[k]": [2], "trans[k]": [[1]]"#);
    let prior: Vec<Row> = (0..12)
        .map(|t| match earlier(t).first() {
            None => Row(vec![(t, 1.0)], 1.0, 0.5),
            Some(&s) => Row(vec![(t, 1.0), (s, -0.8)], 0.0, 2.0),
        })
        .collect();
    let seen: Vec<Row> = long_cells()
        .iter()
        .enumerate()
        .filter_map(|(t, y)| y[0].map(|y| Row(vec![(t, 1.0)], y, 4.0)))
        .collect();
    exact(&switched, LONG, &["h"], &dense(&prior, &seen));
}

/// One Gaussian with known parameters, some cells of some rows missing: the bound is the density of the cells
/// that are there, the others have their conditional.
#[test]
fn cells_missing_of_a_gaussian_vector() {
    let model = |factorise: &str| {
        format!(
            r#"Model(
        data: {{ "d": "d.csv" }},
        plates: {{ "n": Rows(table: "d") }},
        nodes: {{ "x[n]": MvNormal(mean: [1, -2, 0.5], precision: [[2, 0.5, -0.3], [0.5, 1, 0.2], [-0.3, 0.2, 1.5]]) }},
        observe: {{ "x": ["a", "b", "c"] }},{factorise}
    )"#
        )
    };
    let table = "a,b,c\n1.5,-1,0.2\n0.3,,\n,,\n,-2.5,1.9\n2,,-0.4\n";
    let rows = [
        [Some(1.5), Some(-1.0), Some(0.2)],
        [Some(0.3), None, None],
        [None; 3],
        [None, Some(-2.5), Some(1.9)],
        [Some(2.0), None, Some(-0.4)],
    ];
    let mean = [1.0, -2.0, 0.5];
    let covariance: DMatrix<f64> =
        DMatrix::from_row_slice(3, 3, &[2.0, 0.5, -0.3, 0.5, 1.0, 0.2, -0.3, 0.2, 1.5])
            .try_inverse()
            .expect("positive definite");
    let (mut evidence, mut means, mut sds) = (0.0, vec![], vec![]);
    for row in rows {
        let o: Vec<usize> = (0..3).filter(|&i| row[i].is_some()).collect();
        let pick =
            |a: &[usize], b: &[usize]| DMatrix::from_fn(a.len(), b.len(), |r, c| covariance[(a[r], b[c])]);
        let (own, off): (DMatrix<f64>, _) =
            (pick(&o, &o), DVector::from_fn(o.len(), |i, _| row[o[i]].expect("seen") - mean[o[i]]));
        let inverse = own.clone().try_inverse().expect("positive definite");
        if !o.is_empty() {
            evidence -= 0.5
                * ((&inverse * &off).dot(&off)
                    + own.determinant().ln()
                    + o.len() as f64 * std::f64::consts::TAU.ln());
        }
        for i in 0..3 {
            let gain = pick(&[i], &o) * &inverse;
            means
                .push(row[i].unwrap_or_else(|| mean[i] + if o.is_empty() { 0.0 } else { (&gain * &off)[0] }));
            let left = covariance[(i, i)] - if o.is_empty() { 0.0 } else { (&gain * pick(&o, &[i]))[(0, 0)] };
            sds.push(if row[i].is_some() { 0.0 } else { left.sqrt() });
        }
    }
    let q = fit_text(&model(""), &[("d.csv", table)], &["--nodes", "x"]);
    is_evidence(&q, evidence, 1e-11);
    all_near("mean", &q.mean("x"), &means, 1e-11);
    let sd: Vec<f64> = q.0["nodes"]["x"]["sd"]
        .as_array()
        .expect("rows")
        .iter()
        .flat_map(|r| r.as_array().expect("cells"))
        .map(|v| v.as_f64().expect("a number"))
        .collect();
    all_near("sd", &sd, &sds, 1e-11);
}

/// A row of weight 2 is the row twice, and the order of rows does not matter.
#[test]
fn cells_missing_in_a_mixture() {
    let model = |table: &str| {
        format!(
            r#"Model(
        data: {{ "d": "{table}" }},
        plates: {{ "n": Rows(table: "d", weight: "times"), "k": Size(2) }},
        nodes: {{
            "w":         Dirichlet(concentration: 1, over: "k"),
            "spread[k]": Wishart(dof: 3, scale: [[1, 0], [0, 1]]),
            "centre[k]": MvNormal(mean: [0, 0], precision: "0.1 * spread[k]"),
            "z[n]":      Categorical(p: "w"),
            "x[n]":      MvNormal(mean: "centre[z[n]]", precision: "spread[z[n]]"),
        }},
        observe: {{ "x": ["a", "b"] }},
    )"#
        )
    };
    let rows = [
        "3.1,2.8,2",
        "2.9,,1",
        ",3.3,1",
        "-3.2,-2.7,1",
        "-2.8,,2",
        "-3,-3.4,1",
        "2.7,3.4,1",
        ",,1",
        "-2.6,-3.1,1",
        "3.3,3,1",
    ];
    let fit = |rows: &[String]| {
        let text = format!("a,b,times\n{}\n", rows.join("\n"));
        fit_text(
            &model("d.csv"),
            &[("d.csv", &text)],
            &["--tolerance", "1e-13", "--restarts", "10", "--nodes", "centre,x"],
        )
    };
    let whole: Vec<String> = rows.iter().map(|r| r.to_string()).collect();
    let twice: Vec<String> = rows
        .iter()
        .flat_map(|r| {
            let (cells, times) = r.rsplit_once(',').expect("a weight");
            std::iter::repeat_n(format!("{cells},1"), times.parse().expect("a number"))
        })
        .collect();
    let turned: Vec<String> = whole.iter().rev().cloned().collect();
    let q = fit(&whole);
    for other in [&twice, &turned] {
        near("the bound", fit(other).elbo(), q.elbo(), 1e-8);
    }
    let mut centres = q.mean("centre");
    centres.sort_by(f64::total_cmp);
    assert!(centres[1] < -2.0 && centres[2] > 2.0, "two groups: {centres:?}");
    // The group of a row with one cell fills in the other.
    let x = q.mean("x");
    assert!((x[3] - 3.0).abs() < 0.5 && (x[4] - 3.0).abs() < 0.5 && (x[9] + 3.0).abs() < 0.5, "{x:?}");
}

/// Cells missing of values that others depend on.
#[test]
fn cells_missing_of_an_autoregression() {
    let model = r#"Model(
        data: { "d": "d.csv" },
        plates: { "t": Steps(table: "d", sequence: "run") },
        inputs: { "A": [[0.7, 0.3], [-0.2, 0.5]] },
        nodes: {
            "x[0]": MvNormal(mean: [0, 0], precision: [[1, 0], [0, 1]]),
            "x[t]": MvNormal(mean: "A * x[t-1]", precision: [[2, 0.5], [0.5, 2]]),
        },
        observe: { "x": ["u", "v"] },
    )"#;
    // One gap, between rows that are whole: q of it is exact.
    let table = "run,u,v\nb,0.3,0.1\na,1.0,0.2\na,0.5,\na,0.3,0.9\nb,0.2,-0.3\n";
    let q = fit_text(model, &[("d.csv", table)], &["--nodes", "x", "--tolerance", "1e-14"]);
    let a = DMatrix::from_row_slice(2, 2, &[0.7, 0.3, -0.2, 0.5]);
    let w = DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 2.0]);
    // ln p as a function of the missing cell is a parabola: through three points.
    let ln_p = |v: f64| {
        let step = |x: [f64; 2], y: [f64; 2]| {
            let r = DVector::from_row_slice(&y) - &a * DVector::from_row_slice(&x);
            -0.5 * (&w * &r).dot(&r) + 0.5 * w.determinant().ln() - std::f64::consts::TAU.ln()
        };
        let first = |x: [f64; 2]| -0.5 * (x[0] * x[0] + x[1] * x[1]) - std::f64::consts::TAU.ln();
        first([1.0, 0.2])
            + step([1.0, 0.2], [0.5, v])
            + step([0.5, v], [0.3, 0.9])
            + first([0.3, 0.1])
            + step([0.3, 0.1], [0.2, -0.3])
    };
    let (low, mid, high) = (ln_p(-1.0), ln_p(0.0), ln_p(1.0));
    let (slope, bend) = (0.5 * (high - low), 2.0 * mid - high - low);
    near("the missing cell", q.mean("x")[5], slope / bend, 1e-9);
    near(
        "the bound",
        q.elbo(),
        mid + 0.5 * slope * slope / bend + 0.5 * (std::f64::consts::TAU / bend).ln(),
        1e-9,
    );
}

/// Coefficients with their noise: the evidence is a Student-t; plates outside have a block for each element.
#[test]
fn coefficients_with_the_precision_that_scales_them() {
    let of = |y: &str| {
        format!(
            r#"Model(
        data: {{ "d": {{ "x1": [0.5, 1.5, -0.7, 0.1, 2.2], "x2": [-1.0, 0.3, 2.0, 0.4, -0.6], "y": {y} }} }},
        plates: {{ "n": Rows(table: "d"), "j": Size(2) }},
        inputs: {{ "X[n]": ["x1", "x2"] }},
        nodes: {{
            "tau":  Gamma(shape: 0.7, rate: 0.4),
            "w[j]": Normal(mean: 0.5, precision: "2 * tau"),
            "b":    Normal(mean: -1, precision: "0.25 * tau"),
            "y[n]": Normal(mean: "dot(w, X[n]) + b", precision: "tau"),
        }},
        observe: {{ "y": "y" }},
    )"#
        )
    };
    let want = |y: &[f64]| {
        let (a, b, n) = (0.7, 0.4, y.len());
        let x = DMatrix::from_fn(n, 3, |r, c| if c < 2 { X[r][c] } else { 1.0 });
        let (m, k) = (
            DVector::from_row_slice(&[0.5, 0.5, -1.0]),
            DMatrix::from_diagonal(&DVector::from_row_slice(&[2.0, 2.0, 0.25])),
        );
        let scale = (DMatrix::identity(n, n) + &x * k.clone().try_inverse().expect("known") * x.transpose())
            * (b / a);
        let off = DVector::from_row_slice(y) - &x * &m;
        let square = (scale.clone().try_inverse().expect("a covariance") * &off).dot(&off);
        let half = 0.5 * n as f64;
        let ln_gamma = statrs::function::gamma::ln_gamma;
        let evidence = ln_gamma(a + half)
            - ln_gamma(a)
            - half * (2.0 * a * std::f64::consts::PI).ln()
            - 0.5 * scale.determinant().ln()
            - (a + half) * (1.0 + square / (2.0 * a)).ln();
        let precision = &k + x.transpose() * &x;
        let mean = precision.clone().try_inverse().expect("known")
            * (k * m + x.transpose() * DVector::from_row_slice(y));
        let rate = b + 0.5 * (b / a) * square;
        let spread = precision.try_inverse().expect("known").diagonal() * rate / (a + half - 1.0);
        (evidence, mean, spread.map(f64::sqrt), rate)
    };
    let (evidence, mean, sd, rate) = want(&Y);
    let q = fit_text(&of("[1.1, -0.4, 2.5, 0.3, -1.9]"), &[], &[]);
    is_evidence(&q, evidence, 1e-10);
    all_near("mean", &[q.mean("w"), q.mean("b")].concat(), mean.as_slice(), 1e-10);
    all_near("rate of tau", &q.parameter("tau", "rate"), &[rate], 1e-10);
    let got: Vec<f64> = (0..3)
        .map(|i| if i < 2 { &q.0["nodes"]["w"]["sd"][i] } else { &q.0["nodes"]["b"]["sd"] })
        .map(|v| v.as_f64().expect("a number"))
        .collect();
    all_near("sd", &got, sd.as_slice(), 1e-10);

    // With no data but one row, tau has too few degrees of freedom for a variance of the coefficients.
    let little = of("[1.1]")
        .replace("[0.5, 1.5, -0.7, 0.1, 2.2]", "[0.5]")
        .replace("[-1.0, 0.3, 2.0, 0.4, -0.6]", "[-1.0]")
        .replace("shape: 0.7", "shape: 0.2");
    let q = fit_text(&little, &[], &[]);
    assert!(
        q.0["nodes"]["b"]["sd"].is_null(),
        "a Student-t of 1.4 degrees has no standard deviation: {}",
        q.0["nodes"]["b"]["sd"]
    );
}

/// Loadings, means and precisions of each column apart: the blocks of columns are those of regressions of
/// their own.
#[test]
fn a_regression_for_each_column() {
    let model = |plates: &str, w: &str, y: &str, observe: &str| {
        format!(
            r#"Model(
        data: {{ "d": {{ "x1": [0.5, 1.5, -0.7, 0.1, 2.2], "u": [1.1, -0.4, 2.5, 0.3, -1.9], "v": [0.2, 0.9, -1.4, 0.8, 1.6] }} }},
        plates: {{ "n": Rows(table: "d"){plates} }},
        nodes: {{
            "tau{w}": Gamma(shape: 0.7, rate: 0.4),
            "a{w}":   Normal(mean: 0.5, precision: "2 * tau{w}"),
            "b{w}":   Normal(mean: -1, precision: "0.25 * tau{w}"),
            "y{y}":   Normal(mean: "a{w} * x1[n] + b{w}", precision: "tau{w}"),
        }},
        observe: {{ "y": {observe} }},
    )"#
        )
    };
    let one = |column: &str| fit_text(&model("", "", "[n]", &format!("\"{column}\"")), &[], &[]);
    let both = fit_text(
        &model(r#", "j": Columns(table: "d", only: ["u", "v"])"#, "[j]", "[n,j]", "\"d\""),
        &[],
        &[],
    );
    let (u, v) = (one("u"), one("v"));
    near("the bound", both.elbo(), u.elbo() + v.elbo(), 1e-11);
    for node in ["a", "b", "tau"] {
        all_near(node, &both.mean(node), &[u.mean(node), v.mean(node)].concat(), 1e-11);
    }
}
