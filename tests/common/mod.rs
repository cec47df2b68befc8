//! Running a model and reading its posterior. One way in, so that all these tests follow if it changes.
#![allow(dead_code)] // Each test program uses a part.

pub mod dense;

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What one run said.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the binary.
pub fn elbow(args: &[&str]) -> Run {
    let out = Command::new(env!("CARGO_BIN_EXE_elbow"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|e| panic!("elbow does not start: {e}"));
    Run {
        code: out.status.code(),
        stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

/// A posterior, as `--format json` gives it.
#[derive(Debug)]
pub struct Posterior(pub Value);

impl Posterior {
    /// The bound, in nats.
    pub fn elbo(&self) -> f64 {
        number(&self.0["elbo"], "elbo")
    }
    /// The bound after each iteration.
    pub fn trace(&self) -> Vec<f64> {
        numbers(&self.0["trace"], "trace")
    }
    /// All numbers of a node's mean, flat.
    pub fn mean(&self, node: &str) -> Vec<f64> {
        numbers(&self.0["nodes"][node]["mean"], &format!("nodes.{node}.mean"))
    }
    /// All numbers of one of a node's parameters, flat.
    pub fn parameter(&self, node: &str, name: &str) -> Vec<f64> {
        numbers(&self.0["nodes"][node]["parameters"][name], &format!("nodes.{node}.parameters.{name}"))
    }
}

fn number(value: &Value, path: &str) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{path} is {value}, not a number"))
}

fn numbers(value: &Value, path: &str) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(|v| numbers(v, path)).collect(),
        other => vec![number(other, path)],
    }
}

/// Fits a model file of the package, from one start unless more are asked for. Runs out of iterations (code 3) are taken: the result is printed all the
/// same.
pub fn fit(model: &str, options: &[&str]) -> Posterior {
    let mut args = vec!["fit", model, "--format", "json", "--quiet"];
    args.extend(options);
    if !options.contains(&"--restarts") && !options.contains(&"--from") {
        args.extend(["--restarts", "1"]);
    }
    let run = elbow(&args);
    assert!(
        matches!(run.code, Some(0 | 3)),
        "elbow {}: exit code {:?}\n{}",
        args.join(" "),
        run.code,
        run.stderr
    );
    let posterior = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|e| panic!("elbow {}: not JSON: {e}\n{}", args.join(" "), run.stdout));
    let posterior = Posterior(posterior);
    check(&posterior, &args.join(" "));
    posterior
}

/// What must hold for every fit: the terms sum to the bound, the trace ends in it and never falls.
fn check(posterior: &Posterior, what: &str) {
    let elbo = posterior.elbo();
    let terms: f64 = match &posterior.0["terms"] {
        Value::Object(terms) => terms.iter().map(|(name, v)| number(v, &format!("terms.{name}"))).sum(),
        other => panic!("elbow {what}: terms is {other}"),
    };
    assert!(
        (terms - elbo).abs() <= 1e-9 * elbo.abs().max(1.0),
        "elbow {what}: the terms sum to {terms}, elbo is {elbo}"
    );
    let trace = posterior.trace();
    assert_eq!(trace.last().copied(), Some(elbo), "elbow {what}: the trace must end in elbo");
    for pair in trace.windows(2) {
        assert!(
            pair[1] >= pair[0] - 1e-9 * pair[0].abs().max(1.0),
            "elbow {what}: the bound fell from {} to {}",
            pair[0],
            pair[1]
        );
    }
}

/// A folder with a model and its tables, removed at the end.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// Writes `model.ron` and each (name, content).
    pub fn new(model: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("no temporary folder: {e}"));
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap_or_else(|e| panic!("{name}: {e}"))
        };
        write("model.ron", model);
        for (name, text) in files {
            write(name, text);
        }
        Self(folder)
    }
    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    /// Fits its model.
    pub fn fit(&self, options: &[&str]) -> Posterior {
        fit(&text(&self.path("model.ron")), options)
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> String {
    path.to_str().unwrap_or_else(|| panic!("{} is not UTF-8", path.display())).to_owned()
}

/// Fits a model written in the test, with its tables.
pub fn fit_text(model: &str, files: &[(&str, &str)], options: &[&str]) -> Posterior {
    Folder::new(model, files).fit(options)
}

/// Fails with both numbers where they differ.
#[track_caller]
pub fn near(what: &str, got: f64, want: f64, within: f64) {
    assert!(
        (got - want).abs() <= within,
        "{what}: got {got:.15}, expected {want:.15} within {within:e} (they differ by {:e})",
        got - want
    );
}

/// The same for lists of equal length.
#[track_caller]
pub fn all_near(what: &str, got: &[f64], want: &[f64], within: f64) {
    assert_eq!(got.len(), want.len(), "{what}: got {got:?}, expected {want:?}");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        near(&format!("{what}[{i}]"), *g, *w, within);
    }
}

/// What rounding may add to a bound, and to the evidence that a test works out itself.
fn slack(q: &Posterior, evidence: f64) -> f64 {
    let digits = q.0["digits"].as_u64().expect("digits");
    (10.0_f64.powi(1 - digits as i32) + 1e-12) * evidence.abs().max(1.0)
}

/// Whatever q is, the bound is never above the log evidence but by rounding.
#[track_caller]
pub fn is_below_evidence(q: &Posterior, evidence: f64) {
    let above = q.elbo() - evidence;
    assert!(above <= slack(q, evidence), "the bound {} is {above:e} above the evidence {evidence}", q.elbo());
}

/// q is exact: the bound is the log evidence, and never above it but by rounding.
#[track_caller]
pub fn is_evidence(q: &Posterior, evidence: f64, within: f64) {
    is_below_evidence(q, evidence);
    near("the bound and the log evidence", q.elbo(), evidence, within);
}

/// Smallest first.
pub fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}
