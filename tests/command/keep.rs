//! Kept posteriors as a user meets them: saved, shown, asked about new rows, taken for a prior; data drawn of
//! them.

use super::folder::{Folder, near};
use serde_json::Value;
use std::fs;

const NORMAL: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "n": Rows(table: "t") },
    nodes: {
        "tau": Gamma(shape: 2, rate: 3),
        "mu": Normal(mean: 1, precision: "0.5 * tau"),
        "x[n]": Normal(mean: "mu", precision: "tau"),
    },
    observe: { "x": "x" },
)"#;

/// Of four rows 1, 2, 4, 5: kappa 4.5, mean 12.5/4.5, shape 4, rate 3 + ½ (46 + 0.5 − 12.5²/4.5).
#[test]
fn a_normal_with_an_unknown_precision_predicts_a_student_t() {
    let f = Folder::new(&[("m.ron", NORMAL), ("t.csv", "x\n1\n2\n4\n5\n"), ("new.csv", "x\nNA\n3.5\n")]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let p = f.json(&["predict", "p", "--data", "t=new.csv"]);
    let (kappa, shape) = (4.5f64, 4.0f64);
    let mean = 12.5 / kappa;
    let rate = 3.0 + 0.5 * (46.5 - 12.5 * 12.5 / kappa);
    let scale = rate / shape * (1.0 + 1.0 / kappa);
    near(&p["nodes"]["x"]["mean"][0], mean);
    near(&p["nodes"]["x"]["sd"][0], (scale * 8.0 / 6.0).sqrt());
    near(&p["nodes"]["x"]["quantiles"]["0.5"][0], mean);
    // ln of the density of a Student-t of 8 degrees of freedom: Γ(4.5)/Γ(4) = 11.631728396567448/6.
    let z = (3.5 - mean) * (3.5 - mean) / scale;
    let log = (11.631_728_396_567_448f64 / 6.0).ln()
        - 0.5 * (8.0 * std::f64::consts::PI * scale).ln()
        - 4.5 * (z / 8.0).ln_1p();
    near(&p["log_predictive"]["rows"][1], log);
    near(&p["log_predictive"]["total"], log);
    assert_eq!(p["log_predictive"]["rows"][0], Value::Null);
    let csv = f.text(&["predict", "p", "--data", "t=new.csv", "--format", "csv"]);
    assert!(csv.starts_with("row,node,mean,sd,q5,q50,q95,most_likely,log_predictive\n1,x,"), "{csv}");
}

#[test]
fn classes_new_levels_and_counts_are_answered_in_closed_form() {
    let model = r#"Model(
        data: { "t": "t.csv" },
        plates: { "n": Rows(table: "t"), "g": Groups(column: "t.g") },
        nodes: {
            "rate[g]": Gamma(shape: 2, rate: 1),
            "y[n]": Poisson(rate: "hours[n] * rate[g[n]]"),
        },
        observe: { "y": "y" },
    )"#;
    let f = Folder::new(&[
        ("m.ron", model),
        ("t.csv", "g,hours,y\na,2,3\na,1,1\nb,1,7\n"),
        ("new.csv", "g,hours,y\na,4,NA\nnew,1,NA\nb,2,0\n"),
    ]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let o = f.elbow(&["predict", "p", "--data", "t=new.csv", "--format", "json"]);
    let said = String::from_utf8_lossy(&o.stderr);
    assert!(o.status.success() && said.contains("`new` of plate `g`"), "{said}");
    let p: Value = serde_json::from_slice(&o.stdout).unwrap();
    // Gamma(6, 4) of a, four hours; Gamma(2, 1) of the new one; Gamma(9, 2) of b: p(0) = (2/4)⁹.
    near(&p["nodes"]["y"]["mean"][0], 6.0);
    near(&p["nodes"]["y"]["sd"][0], (6.0f64 + 36.0 / 6.0).sqrt());
    near(&p["nodes"]["y"]["mean"][1], 2.0);
    near(&p["log_predictive"]["rows"][2], 9.0 * 0.5f64.ln());
}

#[test]
fn a_mixture_tells_classes_by_the_predictive_density() {
    let model = r#"Model(
        data: { "t": "t.csv" },
        plates: { "n": Rows(table: "t"), "k": Size(2) },
        inputs: { "m[k]": [-3, 3] },
        nodes: {
            "p": Dirichlet(concentration: 1, over: "k"),
            "mu[k]": Normal(mean: "m[k]", precision: 1),
            "z[n]": Categorical(p: "p"),
            "x[n]": Normal(mean: "mu[z[n]]", precision: 1),
        },
        observe: { "x": "x" },
    )"#;
    let f = Folder::new(&[
        ("m.ron", model),
        ("t.csv", "x\n-3\n-4\n-2.5\n3\n2\n"),
        ("new.csv", "x\n-3\n0.4\nNA\n"),
    ]);
    let fit = f.json(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let p = f.json(&["predict", "p", "--data", "t=new.csv"]);
    let number = |v: &Value| v.as_f64().unwrap();
    let density = |x: f64, k: usize| {
        let (mean, sd) = (number(&fit["nodes"]["mu"]["mean"][k]), number(&fit["nodes"]["mu"]["sd"][k]));
        let v = 1.0 + sd * sd;
        number(&fit["nodes"]["p"]["mean"][k]) * (-(x - mean).powi(2) / (2.0 * v)).exp()
            / (std::f64::consts::TAU * v).sqrt()
    };
    for (row, x) in [(0, -3.0), (1, 0.4)] {
        let [a, b] = [density(x, 0), density(x, 1)];
        near(&p["nodes"]["z"]["p"][row][0], a / (a + b));
        near(&p["log_predictive"]["rows"][row], (a + b).ln());
    }
    // With nothing observed, the shares.
    near(&p["nodes"]["z"]["p"][2][0], number(&fit["nodes"]["p"]["mean"][0]));
}

#[test]
fn a_posterior_is_the_prior_of_the_next_batch() {
    let model =
        NORMAL.replace(r#""x[n]""#, r#""q": Beta(alpha: 2, beta: 1), "ok[n]": Bernoulli(p: "q"), "x[n]""#);
    let model = model.replace(r#""x": "x""#, r#""x": "x", "ok": "ok""#);
    let (a, b) = ("1000001,1\n1000002,0\n", "1000004,1\n1000005,1\n1000007,0\n");
    let f = Folder::new(&[
        ("m.ron", &model),
        ("t.csv", &format!("x,ok\n{a}{b}")),
        ("a.csv", &format!("x,ok\n{a}")),
        ("b.csv", &format!("x,ok\n{b}")),
    ]);
    let all = f.json(&["fit", "m.ron", "--quiet"]);
    let first = f.json(&["fit", "m.ron", "--quiet", "--data", "t=a.csv", "--save", "p"]);
    let second = f.json(&["fit", "m.ron", "--quiet", "--data", "t=b.csv", "--prior", "p"]);
    for (node, tolerance) in [("mu", 1e-9), ("tau", 1e-9), ("q", 1e-12)] {
        for what in ["mean", "sd"] {
            let (x, y) = (&all["nodes"][node][what], &second["nodes"][node][what]);
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            assert!((x - y).abs() <= tolerance * x.abs(), "{node}.{what}: {x} and {y}");
        }
    }
    let sum = first["elbo"].as_f64().unwrap() + second["elbo"].as_f64().unwrap();
    assert!((sum - all["elbo"].as_f64().unwrap()).abs() < 1e-6, "{sum} and {}", all["elbo"]);
    let other = Folder::new(&[("m.ron", NORMAL), ("t.csv", "x\n1\n2\n")]);
    fs::copy(f.path().join("p"), other.path().join("p")).unwrap();
    other.refused(&["fit", "m.ron", "--prior", "p"], 1, &["another model"]);
    other.refused(&["fit", "m.ron", "--from", "p"], 1, &["another model"]);
}

#[test]
fn simulated_rows_are_read_back_and_have_the_seeds_bytes() {
    let model = r#"Model(
        data: { "t": "t.csv" },
        plates: { "n": Rows(table: "t"), "k": Size(2) },
        nodes: {
            "z[n]": Categorical(p: [0.3, 0.7]),
            "x[n]": Poisson(rate: 4),
            "kind[n]": Categorical(p: [0.25, 0.75]),
            "ok[n]": Bernoulli(p: 0.9),
        },
        observe: { "x": "x", "kind": "kind", "ok": "ok" },
    )"#;
    let f = Folder::new(&[("m.ron", model), ("t.csv", "x,kind,ok\n1,elm,1\n2,oak,0\n")]);
    let one = f.text(&["simulate", "m.ron", "--rows", "t=2000", "--seed", "1"]);
    assert_eq!(one, f.text(&["simulate", "m.ron", "--rows", "t=2000", "--seed", "1"]));
    assert_ne!(one, f.text(&["simulate", "m.ron", "--rows", "t=2000", "--seed", "2"]));
    assert!(one.starts_with("x,kind,ok\n") && one.lines().count() == 2001, "{}", &one[..60]);
    let mean = one.lines().skip(1).map(|l| l.split(',').next().unwrap().parse::<f64>().unwrap()).sum::<f64>()
        / 2000.0;
    assert!((mean - 4.0).abs() < 5.0 * (4.0f64 / 2000.0).sqrt(), "{mean}");
    let oaks = one.lines().filter(|l| l.contains("oak")).count() as f64 / 2000.0;
    assert!((oaks - 0.75).abs() < 5.0 * (0.1875f64 / 2000.0).sqrt(), "{oaks}");
    fs::write(f.path().join("t.csv"), &one).unwrap();
    f.text(&["check", "m.ron"]);
}

#[test]
fn what_cannot_be_used_is_told_apart() {
    let f = Folder::new(&[
        ("m.ron", NORMAL),
        ("t.csv", "x\n1\n2\n"),
        ("no.csv", "y\n1\n"),
        ("word.txt", "mean,sd\n1,2\n"),
    ]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let bytes = fs::read(f.path().join("p")).unwrap();
    fs::write(f.path().join("cut"), &bytes[..bytes.len() - 20]).unwrap();
    let mut turned = bytes.clone();
    let last = turned.len() - 5;
    turned[last] ^= 0x10;
    fs::write(f.path().join("turned"), turned).unwrap();
    f.refused(&["show", "cut"], 1, &["`cut`", "damaged", "cut short"]);
    f.refused(&["predict", "turned", "--data", "t=t.csv"], 1, &["`turned`", "damaged", "checksum"]);
    f.refused(&["show", "word.txt"], 1, &["no kept posterior"]);
    f.refused(&["show", "none"], 1, &["`none`", "there is no such file"]);
    f.refused(&["predict", "p", "--data", "t=no.csv"], 1, &["no.csv", "`x`"]);
    f.refused(&["predict", "p", "--data", "s=t.csv"], 2, &["no table `s`"]);
    f.refused(&["predict", "p"], 2, &["--data NAME=NEW.csv"]);
    f.refused(&["fit", "m.ron", "--save", "nowhere/p"], 2, &["nowhere"]);
    // A saved result is there whatever becomes of what is printed; shown again it is the same.
    assert_eq!(f.json(&["show", "p"])["nodes"], f.json(&["fit", "m.ron", "--quiet"])["nodes"]);
}

#[test]
fn shells_and_man_are_told_of_every_command() {
    let f = Folder::new(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let text = f.text(&["completions", shell]);
        assert!(text.contains("predict") && text.contains("checkpoint"), "{shell}");
    }
    assert!(f.text(&["man"]).contains("elbow"));
    assert!(f.text(&["man", "fit"]).contains("checkpoint"));
    f.refused(&["man", "fti"], 2, &["no command `fti`"]);
}

/// The predictive of an Exponential with a Gamma(a, b) rate is a Lomax: mean b / (a − 1), quantile
/// b ((1 − p)^(−1/a) − 1).
#[test]
fn an_unknown_rate_of_waiting_times_predicts_a_lomax() {
    let model = r#"Model(
        data: { "t": "t.csv" },
        plates: { "n": Rows(table: "t") },
        nodes: { "rate": Gamma(shape: 2, rate: 2), "y[n]": Exponential(rate: "rate") },
        observe: { "y": "y" },
    )"#;
    let f = Folder::new(&[("m.ron", model), ("t.csv", "y\n1\n3\n0.5\n"), ("new.csv", "y\nNA\n2\n")]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    let p = f.json(&["predict", "p", "--data", "t=new.csv"]);
    let (a, b) = (5.0f64, 6.5f64);
    near(&p["nodes"]["y"]["mean"][0], b / (a - 1.0));
    near(&p["nodes"]["y"]["sd"][0], b / (a - 1.0) * (a / (a - 2.0)).sqrt());
    for (name, level) in [("0.05", 0.05f64), ("0.5", 0.5), ("0.95", 0.95)] {
        near(&p["nodes"]["y"]["quantiles"][name][0], b * ((1.0 - level).powf(-1.0 / a) - 1.0));
    }
    near(&p["log_predictive"]["rows"][1], a.ln() + a * b.ln() - (a + 1.0) * (b + 2.0).ln());
}

#[test]
fn draws_are_exported_with_the_same_bytes_again() {
    let f = Folder::new(&[("m.ron", NORMAL), ("t.csv", "x\n1\n2\n4\n")]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    for (file, begins) in [
        ("a.npz", "PK"),
        ("a.csv", "node,index,draw,value\ntau,"),
        ("a.json", "{\"posterior\":{"),
        ("a.parquet", "PAR1"),
    ] {
        let said = f.text(&["export", "p", "--to", file, "--draws", "50"]);
        assert_eq!(said, "node,numbers,draws\ntau,1,50\nmu,1,50\n");
        let bytes = fs::read(f.path().join(file)).unwrap();
        assert!(bytes.starts_with(begins.as_bytes()), "{file}");
        f.text(&["export", "p", "--to", file, "--draws", "50"]);
        assert_eq!(fs::read(f.path().join(file)).unwrap(), bytes, "{file}");
    }
    f.refused(&["export", "p", "--to", "a.xls"], 2, &["`.npz`, `.csv`, `.json`, `.parquet`"]);
}

#[test]
fn what_is_derived_is_kept_and_shown_again() {
    let model = NORMAL.replace(
        r#"observe: { "x": "x" },"#,
        r#"observe: { "x": "x" },
    derive: { "sd": "1 / sqrt(tau)", "above[n]": "mu > x2[n]" },"#,
    );
    let f = Folder::new(&[("m.ron", &model), ("t.csv", "x,x2\n1,0\n2,1\n4,2\n5,3\n")]);
    let fit = f.json(&["fit", "m.ron", "--quiet", "--save", "p"]);
    assert_eq!(fit["derive"]["above"]["shape"], serde_json::json!([4]));
    assert_eq!(fit["derive"]["sd"]["draws"], 10_000);
    // Its data need not be there any more.
    fs::remove_file(f.path().join("t.csv")).unwrap();
    assert_eq!(f.json(&["show", "p"])["derive"], fit["derive"]);
    assert!(f.text(&["show", "p"]).contains("above[4]"));
}

/// Draws in Parquet are read again by the model that they are data of.
#[test]
fn exported_draws_are_a_table() {
    let f = Folder::new(&[("m.ron", NORMAL), ("t.csv", "x\n1\n2\n4\n")]);
    f.text(&["fit", "m.ron", "--quiet", "--save", "p"]);
    for file in ["d.parquet", "d.csv"] {
        f.text(&["export", "p", "--to", file, "--draws", "300", "--nodes", "mu"]);
        let model = format!(
            r#"Model(data: {{ "d": "{file}" }}, plates: {{ "n": Rows(table: "d"), "g": Groups(column: "d.node") }},
            nodes: {{ "m[g]": Normal(mean: 0, precision: 1e-9), "v[n]": Normal(mean: "m[node[n]]", precision: 1) }},
            observe: {{ "v": "value" }})"#
        );
        fs::write(f.path().join("r.ron"), model).unwrap();
        let mean =
            f.json(&["fit", "r.ron", "--quiet", "--nodes", "m"])["nodes"]["m"]["mean"][0].as_f64().unwrap();
        let shown = f.json(&["show", "p"])["nodes"]["mu"].clone();
        let error = shown["sd"].as_f64().unwrap() / 300f64.sqrt();
        assert!((mean - shown["mean"].as_f64().unwrap()).abs() < 5.0 * error, "{file}: {mean}");
    }
}
