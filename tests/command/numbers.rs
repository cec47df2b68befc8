//! What a fit says of its own numbers: how many digits of the bound hold, and numbers that no report may print.

use crate::common::{Folder, Run, elbow, text};
use serde_json::Value;

fn run(model: &str, options: &[&str]) -> Run {
    let folder = Folder::new(model, &[]);
    let path = text(&folder.path("model.ron"));
    elbow(&[&["fit", path.as_str()], options].concat())
}

/// Of so many throws all but a few come up heads: ln B of the posterior and the binomial coefficient are as large
/// as their count, and cancel.
fn coin(heads: &str, throws: &str) -> String {
    format!(
        r#"Model(data: {{ "t": {{ "x": [{heads}], "n": [{throws}] }} }},
    plates: {{ "r": Rows(table: "t") }}, inputs: {{ "n[r]": "n" }},
    nodes: {{
        "p": Beta(alpha: 1, beta: 2.5),
        "x[r]": Binomial(trials: "n[r]", p: "p"),
    }},
    observe: {{ "x": "x" }})"#
    )
}

#[test]
fn few_digits_are_a_warning_and_a_field() {
    let json = |r: &Run| -> Value { serde_json::from_str(&r.stdout).expect("JSON") };
    let (many, few) = (coin("700", "703"), coin("1000000000000", "1000000000007"));
    let good = run(&many, &["--format", "json"]);
    assert_eq!((good.code, good.stderr.as_str()), (Some(0), ""));
    assert!(json(&good)["digits"].as_u64() >= Some(10), "{}", good.stdout);
    assert_eq!(json(&good)["warnings"], Value::Array(vec![]));
    let bad = run(&few, &["--format", "json"]);
    let digits = json(&bad)["digits"].as_u64().expect("a number");
    assert!((2..6).contains(&digits), "{digits}");
    let said = format!("only {digits} digits of the bound hold");
    assert!(bad.code == Some(0) && bad.stderr.starts_with("warning: ") && bad.stderr.contains(&said));
    assert!(json(&bad)["warnings"][0].as_str().is_some_and(|w| w.contains(&said)), "{}", bad.stdout);
    let quiet = run(&few, &["--format", "json", "--quiet"]);
    assert_eq!(quiet.stderr, "");
    assert_eq!(json(&quiet), json(&bad));
}

#[test]
fn a_bound_without_digits_is_an_error_with_its_place() {
    let none = run(&coin("1000000000000000", "2000000000000000"), &[]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(4), ""));
    for part in ["fewer than two digits of the bound", "model.ron:", "= help: "] {
        assert!(none.stderr.contains(part), "{}", none.stderr);
    }
}

/// Two numbers 10¹⁶⁰ deviations apart have a bound, of squares that are beyond all numbers.
#[test]
fn what_no_number_can_hold_is_refused_at_its_line() {
    let model = r#"Model(data: { "t": { "y": [-1e153, 1e153] } }, plates: { "n": Rows(table: "t") },
    nodes: {
        "mu": Normal(mean: 0, precision: 1),
        "y[n]": Normal(mean: "mu", precision: 1e10),
    },
    observe: { "y": "y" })"#;
    let refused = run(model, &[]);
    assert_eq!(refused.code, Some(4), "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("model.ron:4:9"), "{}", refused.stderr);
}
