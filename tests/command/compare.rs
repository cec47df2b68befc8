//! Posteriors side by side, sizes swept, and models to start from, as a user meets them.

use serde_json::Value;
use std::{
    fs,
    process::{Command, Output},
};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    folder
}

fn elbow(f: &tempfile::TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
    command.args(args).current_dir(f.path()).env("NO_COLOR", "1").output().unwrap()
}

#[track_caller]
fn text(f: &tempfile::TempDir, args: &[&str]) -> String {
    let o = elbow(f, args);
    assert_eq!(o.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&o.stderr));
    String::from_utf8(o.stdout).unwrap()
}

#[track_caller]
fn refused(f: &tempfile::TempDir, args: &[&str], code: i32, said: &[&str]) {
    let o = elbow(f, args);
    let err = String::from_utf8_lossy(&o.stderr).into_owned();
    assert_eq!((o.status.code(), o.stdout.len()), (Some(code), 0), "{args:?}: {err}");
    said.iter().for_each(|s| assert!(err.contains(s), "{args:?}: no {s:?} in\n{err}"));
}

/// Normal with a known precision 1 about a mean of precision `prior`.
fn normal(prior: f64, name: &str) -> String {
    format!(
        r#"Model(
        data: {{ "t": "t.csv" }},
        plates: {{ "n": Rows(table: "t") }},
        nodes: {{ "m": Normal(mean: 0, precision: {prior}), "{name}[n]": Normal(mean: "m", precision: 1) }},
        observe: {{ "{name}": "x" }},
    )"#
    )
}

/// ln p of rows under it: a Gaussian of covariance 1 + 11ᵀ/prior.
fn evidence(x: &[f64], prior: f64) -> f64 {
    let (n, sum) = (x.len() as f64, x.iter().sum::<f64>());
    let squares: f64 = x.iter().map(|x| x * x).sum();
    -0.5 * (n * std::f64::consts::TAU.ln() + (1.0 + n / prior).ln() + squares - sum * sum / (prior + n))
}

#[test]
fn bounds_that_are_exact_give_bayes_factors_and_weights() {
    let (a, b) = (normal(1.0, "x"), normal(100.0, "y"));
    let f = folder(&[("a.ron", &a), ("b.ron", &b), ("t.csv", "x\n1\n2\n0.5\n"), ("new.csv", "x\n1\n")]);
    for name in ["a", "b"] {
        text(&f, &["fit", &format!("{name}.ron"), "--quiet", "--save", name]);
    }
    let json: Value =
        serde_json::from_str(&text(&f, &["compare", "a", "b", "--data", "t=new.csv", "--format", "json"]))
            .unwrap();
    let x = [1.0, 2.0, 0.5];
    let (one, other) = (evidence(&x, 1.0), evidence(&x, 100.0));
    let near = |v: &Value, want: f64| assert!((v.as_f64().unwrap() - want).abs() < 1e-9, "{v} is not {want}");
    let all = &json["posteriors"];
    near(&all[0]["elbo"], one);
    near(&all[1]["log_bayes_factor"], other - one);
    near(&all[1]["weight"], (other - one).exp() / (1.0 + (other - one).exp()));
    // The same row again: the evidence of four less that of three.
    near(&all[0]["log_predictive"], evidence(&[1.0, 2.0, 0.5, 1.0], 1.0) - one);
    let said = text(&f, &["compare", "a", "b"]);
    assert!(said.contains("best") && said.contains("tight"), "{said}");
}

#[test]
fn other_data_are_refused_and_other_models_of_the_same_are_not() {
    let a = normal(1.0, "x");
    // The same column as a vector of one, under another name, beside a covariate.
    let b = a
        .replace(r#""x[n]": Normal(mean: "m""#, r#""z[n]": Normal(mean: "m * u[n]""#)
        .replace("\"x\": \"x\"", "\"z\": \"x\"");
    let f =
        folder(&[("a.ron", &a), ("b.ron", &b), ("t.csv", "x,u\n1,1\n2,3\n"), ("s.csv", "x,u\n1,1\n2.5,3\n")]);
    text(&f, &["fit", "a.ron", "--quiet", "--save", "a"]);
    text(&f, &["fit", "b.ron", "--quiet", "--save", "b"]);
    text(&f, &["fit", "a.ron", "--quiet", "--save", "c", "--data", "t=s.csv"]);
    text(&f, &["compare", "a", "b"]);
    refused(&f, &["compare", "a", "c"], 1, &["other data", "`c` and `a`"]);
    refused(&f, &["compare", "a", "none"], 1, &["`none`"]);
    refused(&f, &["compare"], 2, &["POSTERIOR"]);
}

const MIXTURE: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "n": Rows(table: "t"), "k": Size(9) },
    nodes: {
        "p": Dirichlet(concentration: 1, over: "k"),
        "rate[k]": Gamma(shape: 1, rate: 0.1),
        "z[n]": Categorical(p: "p"),
        "x[n]": Poisson(rate: "rate[z[n]]"),
    },
    observe: { "x": "x" },
)"#;

#[test]
fn a_sweep_finds_the_size_and_counts_orders() {
    let rows: Vec<String> =
        (0..60).map(|i| (if i % 2 == 0 { i % 3 } else { 30 + i % 7 }).to_string()).collect();
    let f = folder(&[("m.ron", MIXTURE), ("t.csv", &format!("x\n{}\n", rows.join("\n")))]);
    let args = ["sweep", "m.ron", "--size", "k=1..3", "--restarts", "4", "--folds", "3", "--quiet"];
    let json = |more: &[&str]| -> Value {
        serde_json::from_str(&text(&f, &[&args, more, &["--format", "json"]].concat())).unwrap()
    };
    let plain = json(&[]);
    let all = plain["posteriors"].as_array().unwrap();
    assert_eq!(
        all.iter().map(|c| c["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["k = 1", "k = 2", "k = 3"]
    );
    assert_eq!((all[1]["log_bayes_factor"].as_f64(), all[0]["log_orders"].as_f64()), (Some(0.0), Some(0.0)));
    assert!((all[1]["log_orders"].as_f64().unwrap() - 2f64.ln()).abs() < 1e-12);
    let held = |i: usize| all[i]["log_predictive"].as_f64().unwrap();
    assert!(held(1) > held(0) + 100.0, "{plain}");
    // A row that is left out is as likely as ln p of all says, about.
    assert!((held(1) - all[1]["elbo"].as_f64().unwrap()).abs() < 20.0, "{plain}");
    assert_eq!(json(&[]), plain, "the same seed has the same parts");
    let orders = json(&["--orders"]);
    let difference = orders["posteriors"][0]["log_bayes_factor"].as_f64().unwrap()
        - plain["posteriors"][0]["log_bayes_factor"].as_f64().unwrap();
    assert!((difference + 2f64.ln()).abs() < 1e-9, "{orders}");
    refused(&f, &["sweep", "m.ron", "--size", "j=1..3"], 2, &["no plate `j`"]);
    refused(&f, &["sweep", "m.ron", "--size", "k=3..1"], 2, &["1..12"]);
    refused(&f, &["sweep", "m.ron", "--size", "k=2", "--folds", "2", "--by", "y"], 2, &["no such column"]);
    refused(&f, &["sweep", "m.ron", "--size", "k=2", "--folds", "90"], 2, &["60 parts"]);
}

/// Components that anything tells apart have one order.
#[test]
fn named_components_are_not_exchangeable() {
    let known = MIXTURE.replace("shape: 1, rate: 0.1", r#"shape: "a[k]", rate: 0.1"#);
    let known = known.replace("nodes: {", r#"inputs: { "a[k]": [1, 30, 9, 1, 1, 1, 1, 1, 1] }, nodes: {"#);
    let f = folder(&[("m.ron", &known), ("t.csv", "x\n1\n2\n30\n")]);
    text(&f, &["fit", "m.ron", "--quiet", "--save", "p"]);
    let json: Value = serde_json::from_str(&text(&f, &["compare", "p", "--format", "json"])).unwrap();
    assert_eq!(json["posteriors"][0]["log_orders"].as_f64(), Some(0.0));
}

/// Tables with names, counts, missing cells, spaces in a header: each kind's model is checked and fitted.
#[test]
fn models_to_start_from_are_sound() {
    let mut rows = String::from("id,the school,school,dose given,score,word,count\n");
    for i in 0..60 {
        let missing = if i % 11 == 3 { "NA".into() } else { format!("{}", 20.0 + (i % 13) as f64 * 1.5) };
        rows += &format!(
            "{i},\"North, {}\",s{},{},{missing},w{},{}\n",
            i % 3,
            i % 4,
            (i * 7 % 10) as f64 / 4.0,
            i % 9,
            i % 5 + 1
        );
    }
    let f = folder(&[("t.csv", &rows), ("one.csv", "x\n1\n2\n4\n3\n5\n")]);
    for (kind, more) in [
        ("mixture", &[][..]),
        ("hmm", &["--group", "school"]),
        ("topics", &["--group", "school", "--response", "word"]),
        ("regression", &["--response", "score"]),
        ("multilevel", &["--response", "score", "--group", "school"]),
        ("statespace", &["--response", "score"]),
    ] {
        let model = text(&f, &[&["new", kind, "--data", "t.csv"], more].concat());
        assert!(model.lines().filter(|l| l.trim_start().starts_with("//")).count() >= 2, "{kind}: {model}");
        fs::write(f.path().join("m.ron"), &model).unwrap();
        text(&f, &["check", "m.ron"]);
        let o = elbow(&f, &["fit", "m.ron", "--max-iterations", "20"]);
        let said = String::from_utf8_lossy(&o.stderr).into_owned();
        assert!(
            matches!(o.status.code(), Some(0 | 3)) && !said.contains("warning"),
            "{kind}: {said}\n{model}"
        );
    }
    for kind in ["mixture", "hmm", "statespace"] {
        fs::write(f.path().join("m.ron"), text(&f, &["new", kind, "--data", "one.csv"])).unwrap();
        text(&f, &["check", "m.ron"]);
    }
    refused(&f, &["new", "multilevel", "--data", "one.csv"], 1, &["column of groups"]);
    refused(&f, &["new", "regression", "--data", "one.csv"], 1, &["explains `x`"]);
    refused(&f, &["new", "mixture", "--data", "none.csv"], 1, &["none.csv"]);
    refused(&f, &["new", "mixtrue", "--data", "t.csv"], 2, &["mixture"]);
    refused(&f, &["new", "hmm", "--data", "t.csv", "--group", "schol"], 2, &["no column `schol`"]);
    refused(&f, &["new", "multilevel", "--data", "t.csv", "--group", "the school"], 1, &["no name there"]);
}
