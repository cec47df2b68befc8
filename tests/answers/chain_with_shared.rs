//! Chains beside what all their steps share, against a dense solve: coefficients, intercepts and seasons are
//! of the chain's block, so where all else is known the bound is the log evidence after one update.

use crate::common::{
    dense::{Row, dense, exact},
    elbow, fit_text,
};

const X: [f64; 9] = [0.5, -1.2, 2.0, 0.3, 1.1, -0.4, 0.9, -2.1, 0.7];
const Y: [Option<f64>; 9] =
    [Some(1.5), Some(-0.7), Some(2.2), None, Some(0.4), Some(3.1), Some(2.8), Some(0.6), Some(1.9)];
const RUN: [&str; 9] = ["p", "q", "p", "p", "q", "p", "q", "p", "q"];

fn table() -> String {
    let row = |t: usize| {
        let y = Y[t].map_or(String::new(), |y| y.to_string());
        format!("{y},{},{},m{}\n", X[t], RUN[t], t % 3)
    };
    String::from("y,x,run,month\n") + &(0..9).map(row).collect::<String>()
}

fn model(plates: &str, nodes: &str) -> String {
    format!(
        r#"Model(data: {{ "d": "d.csv" }}, plates: {{ {plates} }}, nodes: {{ {nodes} }}, observe: {{ "y": "y" }})"#
    )
}

/// Entry `i` is its own value, less these.
fn about(i: usize, less: &[(usize, f64)], value: f64, precision: f64) -> Row {
    let mut all = vec![(i, 1.0)];
    all.extend(less.iter().map(|&(p, by)| (p, -by)));
    Row(all, value, precision)
}

/// Observed steps.
fn seen(of: impl Fn(usize) -> Vec<(usize, f64)>, precision: f64) -> Vec<Row> {
    (0..9).filter_map(|t| Y[t].map(|y| Row(of(t), y, precision))).collect()
}

const ONE: &str = r#""t": Steps(table: "d")"#;
const LEVEL: &str =
    r#""l[0]": Normal(mean: 1, precision: 0.1), "l[t]": Normal(mean: "l[t-1]", precision: 3)"#;

fn level() -> Vec<Row> {
    (0..9)
        .map(|t| if t == 0 { about(0, &[], 1.0, 0.1) } else { about(t, &[(t - 1, 1.0)], 0.0, 3.0) })
        .collect()
}

#[test]
fn a_coefficient_and_an_intercept_of_several_sequences() {
    let nodes = format!(
        r#"{LEVEL}, "a": Normal(mean: 2, precision: 0.5), "b": Normal(mean: 0, precision: 0.01),
        "y[t]": Normal(mean: "l[t] + a + b * x[t]", precision: 2)"#
    );
    let model = model(r#""t": Steps(table: "d", sequence: "run")"#, &nodes);
    let mut prior: Vec<Row> = (0..9)
        .map(|t| match (0..t).rev().find(|&s| RUN[s] == RUN[t]) {
            Some(s) => about(t, &[(s, 1.0)], 0.0, 3.0),
            None => about(t, &[], 1.0, 0.1),
        })
        .collect();
    prior.extend([about(9, &[], 2.0, 0.5), about(10, &[], 0.0, 0.01)]);
    let seen = seen(|t| vec![(t, 1.0), (9, 1.0), (10, X[t])], 2.0);
    exact(&model, &table(), &["l", "a", "b"], &dense(&prior, &seen));
}

#[test]
fn a_season_with_a_mean_of_its_own() {
    let nodes = format!(
        r#"{LEVEL}, "g": Normal(mean: 0, precision: 1), "s[k]": Normal(mean: "g", precision: 0.5),
        "y[t]": Normal(mean: "l[t] + s[month[t]]", precision: 2)"#
    );
    let model = model(r#""t": Steps(table: "d"), "k": Groups(column: "d.month")"#, &nodes);
    let mut prior = level();
    prior.push(about(9, &[], 0.0, 1.0));
    prior.extend((10..13).map(|k| about(k, &[(9, 1.0)], 0.0, 0.5)));
    let seen = seen(|t| vec![(t, 1.0), (10 + t % 3, 1.0)], 2.0);
    exact(&model, &table(), &["l", "g", "s"], &dense(&prior, &seen));
}

/// A drift and an input push the state itself.
#[test]
fn coefficients_of_the_dynamics() {
    let nodes = r#""l[0]": Normal(mean: 1, precision: 0.1), "l[t]": Normal(mean: "0.5 * l[t-1] + c + b * x[t]", precision: 3),
        "c": Normal(mean: 0, precision: 1), "b": Normal(mean: 0, precision: 0.01), "y[t]": Normal(mean: "l[t]", precision: 2)"#;
    let mut prior = vec![about(9, &[], 0.0, 1.0), about(10, &[], 0.0, 0.01)];
    prior.insert(0, about(0, &[], 1.0, 0.1));
    prior.extend((1..9).map(|t| about(t, &[(t - 1, 0.5), (9, 1.0), (10, X[t])], 0.0, 3.0)));
    let seen = seen(|t| vec![(t, 1.0)], 2.0);
    exact(&model(ONE, nodes), &table(), &["l", "c", "b"], &dense(&prior, &seen));
}

/// A level with a slope, and a chain that reaches two steps back.
#[test]
fn a_slope_and_two_steps_back() {
    let nodes = format!(
        r#"{}, "s[0]": Normal(mean: 0, precision: 1), "s[t]": Normal(mean: "s[t-1]", precision: 8),
        "b": Normal(mean: 0, precision: 0.01), "y[t]": Normal(mean: "l[t] + b * x[t]", precision: 2)"#,
        LEVEL.replace("\"l[t-1]\"", "\"l[t-1] + s[t-1]\"")
    );
    let mut prior = vec![about(0, &[], 1.0, 0.1), about(9, &[], 0.0, 1.0), about(18, &[], 0.0, 0.01)];
    prior.extend((1..9).map(|t| about(t, &[(t - 1, 1.0), (8 + t, 1.0)], 0.0, 3.0)));
    prior.extend((1..9).map(|t| about(9 + t, &[(8 + t, 1.0)], 0.0, 8.0)));
    let seen_rows = seen(|t| vec![(t, 1.0), (18, X[t])], 2.0);
    exact(&model(ONE, &nodes), &table(), &["l", "s", "b"], &dense(&prior, &seen_rows));

    let nodes = r#""l[0]": Normal(mean: 1, precision: 0.1), "l[1]": Normal(mean: "l[0]", precision: 1),
        "l[t]": Normal(mean: "1.5 * l[t-1] - 0.5 * l[t-2]", precision: 3), "b": Normal(mean: 0, precision: 0.01),
        "y[t]": Normal(mean: "l[t] + b * x[t]", precision: 2)"#
        .replace(r#"Normal(mean: "l[0]", precision: 1)"#, "Normal(mean: 0.5, precision: 1)");
    let mut prior = vec![about(0, &[], 1.0, 0.1), about(1, &[], 0.5, 1.0)];
    prior.extend((2..9).map(|t| about(t, &[(t - 1, 1.5), (t - 2, -0.5)], 0.0, 3.0)));
    prior.push(about(9, &[], 0.0, 0.01));
    let seen = seen(|t| vec![(t, 1.0), (9, X[t])], 2.0);
    exact(&model(ONE, &nodes), &table(), &["l", "b"], &dense(&prior, &seen));
}

/// One trend of several columns, each with a place of its own.
#[test]
fn a_trend_that_columns_share() {
    let model = format!(
        r#"Model(data: {{ "d": "d.csv" }}, plates: {{ {ONE}, "i": Columns(table: "d") }}, nodes: {{
        {LEVEL}, "b[i]": Normal(mean: 0, precision: 0.2), "y[t,i]": Normal(mean: "l[t] + b[i]", precision: 2) }},
        observe: {{ "y": "d" }})"#
    );
    let mut table = String::from("y,z\n");
    for t in 0..9 {
        table += &format!("{},{}\n", Y[t].map_or(String::new(), |y| y.to_string()), X[t]);
    }
    let mut prior = level();
    prior.extend((9..11).map(|i| about(i, &[], 0.0, 0.2)));
    let mut rows = seen(|t| vec![(t, 1.0), (9, 1.0)], 2.0);
    rows.extend((0..9).map(|t| Row(vec![(t, 1.0), (10, 1.0)], X[t], 2.0)));
    exact(&model, &table, &["l", "b"], &dense(&prior, &rows));
}

/// With precisions to be learned, the block reaches a higher bound in fewer iterations than its parts.
#[test]
fn learned_precisions_converge_in_few_iterations() {
    let nodes = format!(
        r#""q": Gamma(shape: 1, rate: 1), "r": Gamma(shape: 1, rate: 1), {}, "b": Normal(mean: 0, precision: 0.01),
        "y[t]": Normal(mean: "l[t] + b * x[t]", precision: "r")"#,
        LEVEL.replace("precision: 3", "precision: \"q\"")
    );
    let whole = model(ONE, &nodes);
    let apart = whole.replace("observe:", r#"factorize: Blocks([["l"], ["b"]]), observe:"#);
    let fit = |model: &str| fit_text(model, &[("d.csv", &table())], &["--nodes", "b", "--plain"]);
    let (together, apart) = (fit(&whole), fit(&apart));
    let iterations = |q: &crate::common::Posterior| q.0["iterations"].as_u64().expect("a number");
    assert!(together.elbo() > apart.elbo() + 0.01, "{} {}", together.elbo(), apart.elbo());
    assert!(iterations(&together) < iterations(&apart), "{} {}", iterations(&together), iterations(&apart));
}

/// What is picked by a category that is not known meets no chain in one Gaussian; `explain` says so.
#[test]
fn a_selector_keeps_them_apart() {
    let nodes = format!(
        r#""z[t]": Categorical(p: [0.5, 0.5]), {LEVEL}, "s[k]": Normal(mean: 0, precision: 0.5),
        "y[t]": Normal(mean: "l[t] + s[z[t]]", precision: 2)"#
    );
    let dir = std::env::temp_dir().join(format!("elbow-selector-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    let path = dir.join("model.ron");
    std::fs::write(&path, model(r#""t": Steps(table: "d"), "k": Size(2)"#, &nodes)).expect("written");
    std::fs::write(dir.join("d.csv"), table()).expect("written");
    let run = elbow(&["explain", path.to_str().expect("a path")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("q(l): chain along t (Gaussian)"), "{}", run.stdout);
    assert!(run.stdout.contains("`z` picks what joins"), "{}", run.stdout);
    std::fs::remove_dir_all(&dir).expect("removed");
}

/// Rows of another table name the steps that they are seen at: some several times, one not at all.
#[test]
fn rows_that_refer_to_steps() {
    let model = r#"Model(
        data: { "weeks": { "week": ["w1", "w2", "w3", "w4"] }, "d": "d.csv" },
        plates: { "t": Steps(table: "weeks", id: "week"), "n": Rows(table: "d") },
        nodes: {
            "h[0]": Normal(mean: 1, precision: 0.1),
            "h[t]": Normal(mean: "0.5 * h[t-1]", precision: 3),
            "b":    Normal(mean: 0, precision: 0.01),
            "y[n]": Normal(mean: "h[d.week[n]] + b * x[n]", precision: 2),
        },
        observe: { "y": "d.y" },
    )"#;
    let at = [0, 2, 2, 3, 0, 2, 3, 3, 0];
    let mut table = String::from("y,x,week\n");
    for t in 0..9 {
        table += &format!("{},{},w{}\n", Y[t].map_or(String::new(), |y| y.to_string()), X[t], at[t] + 1);
    }
    let mut prior = vec![about(0, &[], 1.0, 0.1)];
    prior.extend((1..4).map(|t| about(t, &[(t - 1, 0.5)], 0.0, 3.0)));
    prior.push(about(4, &[], 0.0, 0.01));
    let rows = seen(|t| vec![(at[t], 1.0), (4, X[t])], 2.0);
    exact(model, &table, &["h", "b"], &dense(&prior, &rows));
    // Two steps of one chain in a row, and nothing else.
    let model = model
        .replace(r#""b":    Normal(mean: 0, precision: 0.01),"#, "")
        .replace("+ b * x[n]", "- h[d.other[n]]");
    let other = [1, 3, 0, 2, 2, 1, 1, 2, 3];
    let mut table = String::from("y,week,other\n");
    for t in 0..9 {
        let y = Y[t].map_or(String::new(), |y| y.to_string());
        table += &format!("{y},w{},w{}\n", at[t] + 1, other[t] + 1);
    }
    prior.pop();
    let rows = seen(|t| vec![(at[t], 1.0), (other[t], -1.0)], 2.0);
    exact(&model, &table, &["h"], &dense(&prior, &rows));
}
