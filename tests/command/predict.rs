//! New sequences, documents and rows with variables of their own under a kept posterior, held to enumeration, to
//! textbook recursions and to plain loops.

use super::folder::{Folder, near};
use serde_json::Value;

fn numbers(v: &Value) -> Vec<f64> {
    match v {
        Value::Array(all) => all.iter().flat_map(numbers).collect(),
        v => vec![v.as_f64().unwrap_or(f64::NAN)],
    }
}

#[track_caller]
fn all_near(got: &Value, want: &[f64], by: f64) {
    let got = numbers(got);
    assert_eq!(got.len(), want.len(), "{got:?} {want:?}");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!((g - w).abs() <= by * w.abs().max(1.0), "number {i}: {g} is not {w}");
    }
}

const STATES: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "t": Steps(table: "t", sequence: "run"), "k": Size(3) },
    inputs: {
        "start": [0.5, 0.3, 0.2],
        "trans[k]": [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5]],
        "m[k]": [0, 1.5, 4],
        "tau[k]": [1, 4, 0.25],
    },
    nodes: {
        "z[0]": Categorical(p: "start"),
        "z[t]": Categorical(p: "trans[z[t-1]]"),
        "x[t]": Normal(mean: "m[z[t]]", precision: "tau[z[t]]"),
    },
    observe: { "x": "x" },
)"#;

/// The runs of the table, row by row: two, interleaved, with gaps inside of one and at the end of the other.
const RUNS: [(&str, Option<f64>); 9] = [
    ("a", Some(0.1)),
    ("b", Some(3.0)),
    ("a", None),
    ("b", Some(1.4)),
    ("a", Some(1.6)),
    ("a", Some(5.2)),
    ("b", None),
    ("a", Some(-0.4)),
    ("b", None),
];

fn table(rows: &[(&str, Option<f64>)]) -> String {
    let line =
        |(run, x): &(&str, Option<f64>)| format!("{run},{}\n", x.map_or("NA".into(), |x| x.to_string()));
    "run,x\n".to_string() + &rows.iter().map(line).collect::<String>()
}

/// Probabilities of all paths of the steps together with what is seen, and the paths.
fn paths(x: &[Option<f64>]) -> Vec<(f64, Vec<usize>)> {
    let (start, m, tau) = ([0.5, 0.3, 0.2], [0.0, 1.5, 4.0], [1.0, 4.0, 0.25f64]);
    let trans = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5]];
    let mut out = vec![(1.0, vec![])];
    for x in x {
        let mut next = vec![];
        for (p, path) in &out {
            for k in 0..3 {
                let into: f64 = path.last().map_or(start[k], |&b: &usize| trans[b][k]);
                let own = |x: f64| {
                    (tau[k] / std::f64::consts::TAU).sqrt() * (-0.5 * tau[k] * (x - m[k]).powi(2)).exp()
                };
                let path = path.iter().copied().chain([k]).collect::<Vec<_>>();
                next.push((p * into * x.map_or(1.0, own), path));
            }
        }
        out = next;
    }
    out
}

#[test]
fn sequences_are_smoothed_filtered_and_decoded_as_by_all_paths() {
    let f = Folder::new(&[("m.ron", STATES), ("t.csv", "run,x\no,1\no,2\n"), ("new.csv", &table(&RUNS))]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let ask = |more: &[&str]| f.json(&[&["predict", "p", "--data", "t=new.csv"], more].concat());
    let (smooth, filter, likely) = (ask(&[]), ask(&["--filter"]), ask(&["--most-likely"]));
    let mut total = 0.0;
    for run in ["a", "b"] {
        let rows: Vec<usize> = (0..RUNS.len()).filter(|&r| RUNS[r].0 == run).collect();
        let x: Vec<Option<f64>> = rows.iter().map(|&r| RUNS[r].1).collect();
        let of = |paths: &[(f64, Vec<usize>)], t: usize| -> (f64, Vec<f64>) {
            let all: f64 = paths.iter().map(|p| p.0).sum();
            let p = |k: usize| paths.iter().filter(|p| p.1[t] == k).map(|p| p.0).sum::<f64>() / all;
            (all, (0..3).map(p).collect())
        };
        let all = paths(&x);
        let best = all.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let mut before = 0.0;
        for (t, &row) in rows.iter().enumerate() {
            all_near(&smooth["nodes"]["z"]["p"][row], &of(&all, t).1, 1e-12);
            let (sum, p) = of(&paths(&x[..=t]), t);
            all_near(&filter["nodes"]["z"]["p"][row], &p, 1e-12);
            match x[t] {
                Some(_) => near(&filter["log_predictive"]["rows"][row], sum.ln() - before),
                None => assert!(filter["log_predictive"]["rows"][row].is_null()),
            }
            before = sum.ln();
            assert_eq!(likely["nodes"]["z"]["most_likely"][row], (best.1[t] + 1).to_string(), "{run} {t}");
            assert_eq!(smooth["sequences"][row], run);
            assert_eq!(smooth["steps"][row], t + 1);
            // A missing cell is a mixture over the classes of its step.
            if x[t].is_none() {
                let p = of(&all, t).1;
                near(&smooth["nodes"]["x"]["mean"][row], 1.5 * p[1] + 4.0 * p[2]);
                let median = smooth["nodes"]["x"]["quantiles"]["0.5"][row].as_f64().unwrap();
                let below = |x: f64| 0.5 * statrs::function::erf::erfc(-x / std::f64::consts::SQRT_2);
                near(
                    &(p[0] * below(median)
                        + p[1] * below(2.0 * (median - 1.5))
                        + p[2] * below(0.5 * (median - 4.0)))
                    .into(),
                    0.5,
                );
            }
        }
        total += before;
    }
    [&smooth, &filter, &likely].into_iter().for_each(|p| near(&p["log_predictive"]["total"], total));
}

const LEVEL: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "t": Steps(table: "t", sequence: "run") },
    nodes: {
        "h[0]": Normal(mean: 2, variance: 9),
        "h[t]": Normal(mean: "0.9 * h[t-1]", variance: 0.5),
        "x[t]": Normal(mean: "h[t]", variance: 1.5),
    },
    observe: { "x": "x" },
)"#;

/// The textbook's recursion: of each step mean and variance given what is seen so far, and ln p of it one step ahead.
fn kalman(x: &[Option<f64>]) -> Vec<([f64; 2], f64)> {
    let (mut m, mut v, mut out) = (2.0, 9.0, vec![]);
    for (t, x) in x.iter().enumerate() {
        if t > 0 {
            (m, v) = (0.9 * m, 0.81 * v + 0.5);
        }
        let mut log = 0.0;
        if let Some(x) = x {
            let s = v + 1.5;
            log = -0.5 * ((std::f64::consts::TAU * s).ln() + (x - m).powi(2) / s);
            (m, v) = (m + v / s * (x - m), v * 1.5 / s);
        }
        out.push(([m, v], log));
    }
    out
}

#[test]
fn a_level_is_filtered_and_forecast_as_by_kalman() {
    let f = Folder::new(&[("m.ron", LEVEL), ("t.csv", "run,x\no,1\no,2\n"), ("new.csv", &table(&RUNS))]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let p = f.json(&["predict", "p", "--data", "t=new.csv", "--filter", "--steps", "3"]);
    let mut total = 0.0;
    for (s, run) in ["a", "b"].iter().enumerate() {
        let rows: Vec<usize> = (0..RUNS.len()).filter(|&r| RUNS[r].0 == *run).collect();
        let x: Vec<Option<f64>> = rows.iter().map(|&r| RUNS[r].1).chain([None; 3]).collect();
        // Forecasts stand behind all rows, run after run.
        let rows: Vec<usize> = rows.into_iter().chain((0..3).map(|i| RUNS.len() + 3 * s + i)).collect();
        for (t, ([m, v], log)) in kalman(&x).into_iter().enumerate() {
            let row = rows[t];
            near(&p["nodes"]["h"]["mean"][row], m);
            near(&p["nodes"]["h"]["sd"][row], v.sqrt());
            near(&p["nodes"]["h"]["quantiles"]["0.95"][row], m + 1.644853626951472 * v.sqrt());
            if x[t].is_none() {
                near(&p["nodes"]["x"]["mean"][row], m);
                near(&p["nodes"]["x"]["quantiles"]["0.05"][row], m - 1.644853626951472 * (v + 1.5).sqrt());
            } else {
                near(&p["log_predictive"]["rows"][row], log);
            }
            total += log;
        }
    }
    near(&p["log_predictive"]["total"], total);
}

const YEARS: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "t": Steps(table: "t"), "k": Size(2) },
    nodes: {
        "start": Dirichlet(concentration: 1, over: "k"),
        "trans[k]": Dirichlet(concentration: 1, over: "k"),
        "rate[k]": Gamma(shape: 2, rate: 0.1),
        "z[0]": Categorical(p: "start"),
        "z[t]": Categorical(p: "trans[z[t-1]]"),
        "x[t]": Poisson(rate: "rate[z[t]]"),
    },
    observe: { "x": "x" },
)"#;

/// Learned tables: the rows of the fit are told what the fit has told, rows one step ahead sum to all, and `--steps` is
/// what empty rows at the end are.
#[test]
fn learned_chains_tell_the_fits_rows_as_the_fit() {
    let rows = "x\n13\n14\n8\n10\n16\n26\n32\n27\nNA\n32\n36\n24\n9\n7\n8\n";
    let f = Folder::new(&[("m.ron", YEARS), ("t.csv", rows), ("more.csv", &format!("{rows}NA\nNA\n"))]);
    let fit = f.json(&["fit", "m.ron", "--quiet", "--save", "p", "--nodes", "z", "--tolerance", "1e-14"]);
    let ask = |more: &[&str]| f.json(&[&["predict", "p", "--data"], more].concat());
    let told = ask(&["t=t.csv"]);
    all_near(&told["nodes"]["z"]["p"], &numbers(&fit["nodes"]["z"]["mean"]), 1e-6);
    let filter = ask(&["t=t.csv", "--filter"]);
    let sum: f64 = numbers(&filter["log_predictive"]["rows"]).into_iter().filter(|x| !x.is_nan()).sum();
    near(&told["log_predictive"]["total"], sum);
    assert_eq!(filter["nodes"]["z"]["p"][14], told["nodes"]["z"]["p"][14]);
    let (steps, empty) = (ask(&["t=t.csv", "--steps", "2"]), ask(&["t=more.csv"]));
    assert_eq!((&steps["nodes"], &steps["log_predictive"]), (&empty["nodes"], &empty["log_predictive"]));
    // No row is told by those that are not seen.
    assert_eq!(steps["nodes"]["z"]["p"][14], told["nodes"]["z"]["p"][14]);
}

const WORDS: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "d": Groups(column: "t.doc"), "w": Rows(table: "t", weight: "count"), "k": Size(2) },
    inputs: { "phi[k]": [[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]] },
    nodes: {
        "theta[d]": Dirichlet(concentration: 0.7, over: "k"),
        "z[w]": Categorical(p: "theta[doc[w]]"),
        "word[w]": Categorical(p: "phi[z[w]]"),
    },
    observe: { "word": "word" },
)"#;

/// New documents have a mixture of their own, found from their words; known ones keep theirs.
#[test]
fn documents_find_their_own_mixture() {
    let train = "doc,word,count\nd1,a,3\nd1,c,1\nd2,b,2\n";
    let new = "doc,word,count\nn1,a,3\nn1,b,1\nn2,c,4\nn2,a,1\n";
    let f = Folder::new(&[
        ("m.ron", WORDS),
        ("t.csv", train),
        ("new.csv", new),
        ("known.csv", "doc,word,count\nd1,c,9\n"),
    ]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let p = f.json(&["predict", "p", "--data", "t=new.csv"]);
    let phi = [[0.5, 0.3, 0.2], [0.1, 0.3, 0.6f64]];
    for (d, words) in [[(0, 3.0), (1, 1.0)], [(2, 4.0), (0, 1.0)]].iter().enumerate() {
        let mut alpha = [0.7, 0.7];
        let mut r = [[0.0; 2]; 2];
        for _ in 0..2000 {
            let digamma = statrs::function::gamma::digamma;
            for (r, (w, _)) in r.iter_mut().zip(words) {
                let p: Vec<f64> = (0..2).map(|k| digamma(alpha[k]).exp() * phi[k][*w]).collect();
                (0..2).for_each(|k| r[k] = p[k] / (p[0] + p[1]));
            }
            (0..2)
                .for_each(|k| alpha[k] = 0.7 + words.iter().zip(&r).map(|((_, n), r)| n * r[k]).sum::<f64>());
        }
        let sum = alpha[0] + alpha[1];
        all_near(&p["nodes"]["theta"]["mean"][d], &[alpha[0] / sum, alpha[1] / sum], 1e-7);
        all_near(&p["nodes"]["z"]["p"][2 * d], &r[0], 1e-7);
    }
    assert_eq!(p["nodes"]["theta"]["labels"]["d"].as_array().unwrap().len(), 2);
    let shown = f.json(&["show", "p", "--nodes", "theta"]);
    let theta = numbers(&shown["nodes"]["theta"]["mean"][0]);
    let known = f.json(&["predict", "p", "--data", "t=known.csv"]);
    let p = [theta[0] * 0.2, theta[1] * 0.6];
    all_near(&known["nodes"]["z"]["p"][0], &[p[0] / (p[0] + p[1]), p[1] / (p[0] + p[1])], 1e-9);
}

const FACTORS: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "n": Rows(table: "t"), "j": Columns(table: "t") },
    inputs: { "w[j]": [1, 2, -0.5] },
    nodes: {
        "h[n]": Normal(mean: 0, precision: 1),
        "x[n,j]": Normal(mean: "w[j] * h[n]", variance: 0.5),
    },
    observe: { "x": "t" },
)"#;

/// Rows with a variable of their own: exact by the dense Gaussian, missing cells by the others of their row.
#[test]
fn rows_with_a_variable_of_their_own_are_inferred() {
    let new = "a,b,c\n1,2.5,NA\nNA,NA,NA\n";
    let f = Folder::new(&[("m.ron", FACTORS), ("t.csv", "a,b,c\n1,2,3\n0,1,1\n"), ("new.csv", new)]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let p = f.json(&["predict", "p", "--data", "t=new.csv"]);
    let precision = 1.0 + (1.0 + 4.0) / 0.5;
    let mean = (1.0 + 2.0 * 2.5) / 0.5 / precision;
    near(&p["nodes"]["h"]["mean"][0], mean);
    near(&p["nodes"]["h"]["sd"][0], 1.0 / f64::sqrt(precision));
    near(&p["nodes"]["x"]["mean"][0][2], -0.5 * mean);
    near(&p["nodes"]["x"]["sd"][0][2], (0.25 / precision + 0.5f64).sqrt());
    near(
        &p["nodes"]["x"]["quantiles"]["0.95"][0][2],
        -0.5 * mean + 1.644853626951472 * (0.25 / precision + 0.5f64).sqrt(),
    );
    near(&p["nodes"]["x"]["sd"][1][1], 4.5f64.sqrt());
    // ln N((1, 2.5) | 0, w wᵀ + ½ I): the determinant is ½ · ½ · precision.
    let square = (1.0 + 2.5 * 2.5) / 0.5 - mean * mean * precision;
    near(
        &p["log_predictive"]["total"],
        -0.5 * (2.0 * std::f64::consts::TAU.ln() + (0.25 * precision).ln() + square),
    );
}

#[test]
fn what_does_not_fit_the_rows_is_refused_by_name() {
    let driven = LEVEL.replace("0.9 * h[t-1]", "0.9 * h[t-1] + u[t]").replace("run\")", "run\"), ");
    let f = Folder::new(&[
        ("m.ron", FACTORS),
        ("t.csv", "a,b,c\n1,2,3\n0,1,1\n"),
        ("l.ron", &driven),
        ("l.csv", "run,x,u\na,1,2\na,2,3\n"),
    ]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    f.refused(&["predict", "p", "--data", "t=t.csv", "--filter"], 1, &["`n` have no order"]);
    f.refused(&["predict", "p", "--data", "t=t.csv", "--steps", "2"], 1, &["`n` have no order"]);
    f.refused(&["predict", "p", "--data", "t=t.csv", "--most-likely"], 1, &["no categories"]);
    f.refused(&["predict", "p", "--data", "t=t.csv", "--most-likely", "--filter"], 2, &["--filter"]);
    f.text(&["fit", "l.ron", "--data", "t=l.csv", "--quiet", "--save", "q"]);
    f.refused(&["predict", "q", "--data", "t=l.csv", "--steps", "2"], 1, &["`u` differs from step to step"]);
}

/// Two vectors of one row about one mean and precision are not independent given what was seen before: what is said of
/// them is said of them together, and is no more than their evidence.
#[test]
fn two_vectors_about_one_pair_are_told_together() {
    let model = r#"Model(
        data: { "t": "t.csv" }, plates: { "n": Rows(table: "t") },
        nodes: {
            "spread": Wishart(dof: 4, scale: [[1, 0], [0, 1]]), "mu": MvNormal(mean: [0, 0], precision: "spread"),
            "x[n]": MvNormal(mean: "mu", precision: "spread"), "y[n]": MvNormal(mean: "mu", precision: "spread"),
        },
        observe: { "x": ["a", "b"], "y": ["c", "d"] },
    )"#;
    let (old, new) = ("a,b,c,d\n1,2,0,1\n0,1,2,2\n-1,0,1,0\n", "2,1,2.5,1.5\n");
    let all = format!("{old}{new}");
    let new = format!("a,b,c,d\n{new}");
    let f = Folder::new(&[("m.ron", model), ("t.csv", old), ("all.csv", &all), ("new.csv", &new)]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let told = f.json(&["predict", "p", "--data", "t=new.csv"]);
    let elbo = |table: &str| f.json(&["fit", "m.ron", "--data", table, "--quiet"])["elbo"].as_f64().unwrap();
    let evidence = elbo("t=all.csv") - elbo("t=t.csv");
    let total = told["log_predictive"]["total"].as_f64().unwrap();
    assert!(told["together"] == true && total < evidence, "{total} and {evidence}");
}

/// A list in the model that runs over the steps goes on where it is the same at all of them.
#[test]
fn lists_in_a_model_go_on_with_its_steps() {
    let text = |drift: &str| {
        format!(
            r#"Model(
                data: {{ "t": "t.csv" }}, plates: {{ "t": Steps(table: "t") }}, inputs: {{ "u[t]": {drift} }},
                nodes: {{
                    "h[0]": Normal(mean: 0, precision: 1), "h[t]": Normal(mean: "h[t-1] + u[t]", precision: 4),
                    "x[t]": Normal(mean: "h[t]", precision: 2),
                }},
                observe: {{ "x": "x" }},
            )"#
        )
    };
    let f = Folder::new(&[
        ("even.ron", &text("[3, 3, 3]")),
        ("uneven.ron", &text("[3, 3, 2]")),
        ("t.csv", "x\n0\n3.5\n5.5\n"),
    ]);
    f.text(&["fit", "even.ron", "--quiet", "--save", "p"]);
    let told = f.json(&["predict", "p", "--data", "t=t.csv", "--steps", "2"]);
    let h = numbers(&told["nodes"]["h"]["mean"]);
    assert_eq!(h.len(), 5);
    for t in [3, 4] {
        assert!((h[t] - h[t - 1] - 3.0).abs() < 1e-9, "{h:?}");
    }
    f.text(&["fit", "uneven.ron", "--quiet", "--save", "q"]);
    f.refused(&["predict", "q", "--data", "t=t.csv", "--steps", "2"], 1, &["`u` differs from step to step"]);
}

const SECONDS: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "n": Rows(table: "t") },
    nodes: {
        "a": Normal(mean: 0, variance: 1e20),
        "b": Normal(mean: 0, variance: 1e4),
        "y[n]": Normal(mean: "a + b * s[n]", variance: 4),
    },
    observe: { "y": "y" },
)"#;

/// Two rows a minute apart, somewhere in 2020, and what they come to.
fn seconds(rows: std::ops::Range<u32>) -> Vec<(f64, f64)> {
    let noise = |i: u32| f64::from(i * 7919 % 13) / 4.0 - 1.5;
    rows.map(|i| (1.6e9 + 30.0 * f64::from(i), 2.0e6 + 0.25 * f64::from(i) * 30.0 + noise(i))).collect()
}

fn lines(rows: &[(f64, f64)]) -> String {
    "s,y\n".to_string() + &rows.iter().map(|(s, y)| format!("{s},{y}\n")).collect::<String>()
}

/// Mean and variance of y at s: in coordinates about the middle, where nothing cancels.
fn straight_line(rows: &[(f64, f64)], s: f64) -> [f64; 2] {
    let (c, y0) = (1.6e9, 2.0e6);
    let (va, vb, noise) = (1e20, 1e4, 4.0);
    // (a − c b, b) from (a', b) with a' = a + c b, less y0.
    let (mut p, mut q, mut r) = (1.0 / va, -c / va, c * c / va + 1.0 / vb);
    let (mut h, mut k) = (-y0 / va, y0 * c / va);
    for (s, y) in rows {
        let (x, y) = (s - c, y - y0);
        (p, q, r) = (p + 1.0 / noise, q + x / noise, r + x * x / noise);
        (h, k) = (h + y / noise, k + x * y / noise);
    }
    let det = p * r - q * q;
    let (a, b, x) = ((r * h - q * k) / det, (p * k - q * h) / det, s - c);
    [y0 + a + b * x, (r - 2.0 * q * x + p * x * x) / det + noise]
}

/// A run that has been written about centres of its own, and in other coordinates, answers with all of its digits, and
/// is a prior like any other.
#[test]
fn moved_runs_are_asked_and_taken_for_priors() {
    let (one, two) = (seconds(0..20), seconds(20..50));
    let all = [one.as_slice(), &two].concat();
    let new = [(1.6e9 + 900.0, 2.0e6 + 230.0), (1.6e9 + 86_400.0, 2.0e6 + 21_600.0)];
    let empty = format!("s,y\n{},NA\n{},NA\n", new[0].0, new[1].0);
    let f = Folder::new(&[
        ("m.ron", SECONDS),
        ("t.csv", &lines(&one)),
        ("two.csv", &lines(&two)),
        ("all.csv", &lines(&all)),
        ("new.csv", &empty),
        ("seen.csv", &lines(&new)),
    ]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "q", "--prior", "p", "--data", "t=two.csv"]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "r", "--data", "t=all.csv"]);
    for (file, rows) in [("p", &one), ("q", &all), ("r", &all)] {
        let bytes = std::fs::read(f.path().join(file)).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains("\"moved\""), "{file} has not been moved");
        let p = f.json(&["predict", file, "--data", "t=new.csv"]);
        let seen = f.json(&["predict", file, "--data", "t=seen.csv"]);
        for (i, (s, y)) in new.iter().enumerate() {
            let [mean, variance] = straight_line(rows, *s);
            let got = numbers(&p["nodes"]["y"]["mean"][i])[0];
            assert!((got - mean).abs() < 1e-7, "{file}, {i}: {got} is not {mean}");
            let sd = numbers(&p["nodes"]["y"]["sd"][i])[0];
            assert!(
                (sd - variance.sqrt()).abs() < 1e-7 * sd,
                "{file}, {i}: sd {sd} is not {}",
                variance.sqrt()
            );
            let log = -0.5 * ((std::f64::consts::TAU * variance).ln() + (y - mean).powi(2) / variance);
            let got = numbers(&seen["log_predictive"]["rows"][i])[0];
            assert!((got - log).abs() < 1e-6, "{file}, {i}: {got} is not {log}");
        }
    }
}

/// Who goes on needs the same prior; with it the bits are those of one run.
#[test]
fn a_run_with_a_prior_goes_on_with_it() {
    let f = Folder::new(&[
        ("m.ron", YEARS),
        ("t.csv", "x\n13\n14\n8\n30\n31\n"),
        ("two.csv", "x\n9\n33\n35\n12\n11\n"),
    ]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let run = |more: &[&str]| {
        let all = [&["fit", "m.ron", "--quiet", "--data", "t=two.csv", "--nodes", "rate"][..], more].concat();
        let o = f.elbow(&[&all[..], &["--format", "json"]].concat());
        let p: Value = serde_json::from_slice(&o.stdout).unwrap();
        (p["elbo"].clone(), p["nodes"].clone())
    };
    let alone = ["--restarts", "1", "--tolerance", "0", "--prior", "p"];
    let one = run(&[&alone[..], &["--max-iterations", "6"]].concat());
    run(&[&alone[..], &["--max-iterations", "3", "--save", "half"]].concat());
    assert_eq!(run(&["--prior", "p", "--from", "half", "--max-iterations", "6", "--tolerance", "0"]), one);
    f.refused(&["fit", "m.ron", "--data", "t=two.csv", "--from", "half"], 1, &["same `--prior`"]);
}
