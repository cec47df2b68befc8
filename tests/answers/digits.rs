//! Conjugate models at the corners of floating-point numbers against exact evidences and moments
//! (`tests/references/digits.py`): far offsets, little noise, far cells, many counts, tiny and huge shapes. Each
//! comes out right, or the run says how many digits hold, or is refused with the node's name.
//!
//! `tests/references/not_yet.txt` lists those of which this does not hold yet, and must lose a line as soon as it
//! does: `ELBOW_BLESS=1 cargo test --test answers digits` writes it anew. `-- digits --nocapture` with
//! `ELBOW_DIGITS=1` prints the largest error of each kind and what is refused.

use elbow::{Error, Model, Nodes, Options, Posterior};
use serde_json::Value;
use std::{collections::BTreeMap, fs};

/// Relative error of a bound or a moment that counts as right.
const RIGHT: f64 = 1e-9;
const NOT_YET: &str = "tests/references/not_yet.txt";

/// What a case came to.
#[derive(Debug)]
enum Outcome {
    /// Right, with this largest relative error.
    Right(f64),
    /// As far off as the run says that it may be.
    Said(String),
    /// Refused, in these words.
    Refused(String),
    /// Neither.
    Wrong(String),
}

/// Numbers beyond the range of JSON readers stand as texts.
fn number(v: &Value) -> f64 {
    v.as_f64().or_else(|| v.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{v} is no number"))
}

fn fit(text: &str, nodes: &Value) -> Result<Posterior, Error> {
    let names = nodes.as_object().expect("nodes by name").keys().cloned();
    let options = Options {
        threads: 1,
        nodes: Nodes::named(names),
        quantiles: 0,
        max_iterations: 200,
        ..Options::default()
    };
    Model::from_text(text)?.fit(&options)
}

/// The largest relative error of the bound and of all moments, with the name of the number it is of.
///
/// A mean is measured by itself or by its deviation, whichever is larger, a bound by itself or by 1.
fn error(p: &Posterior, case: &Value) -> (f64, String) {
    let mut worst = (0.0, String::new());
    let mut see = |name: &str, got: f64, want: f64, scale: f64| {
        let scale = want.abs().max(scale);
        let e = if got == want { 0.0 } else { ((got - want) / scale).abs() };
        if e.is_nan() || e > worst.0 {
            worst = (if e.is_nan() { f64::INFINITY } else { e }, format!("{name} is {got:e}, not {want:e}"));
        }
    };
    see("the bound", p.elbo, number(&case["evidence"]), 1.0);
    // What the run says of the bound's digits may be one too many, and no more.
    let want = number(&case["evidence"]);
    let off = (p.elbo - want).abs() / want.abs().max(1.0);
    if off > 10.0_f64.powi(1 - p.digits as i32) {
        worst =
            (f64::INFINITY, format!("{} digits hold of {:e}, not of {want:e}, it says", p.digits, p.elbo));
    }
    worst
}

fn outcome(case: &Value) -> Outcome {
    match fit(case["model"].as_str().expect("a text"), &case["moments"]) {
        Err(e) => {
            let said = e.to_string();
            // A line of the model with a node of it, and what to do.
            match said.contains("model:1:") && said.contains('`') && said.contains("help:") {
                true => Outcome::Refused(said),
                false => Outcome::Wrong(format!("refused without a place: {said}")),
            }
        }
        Ok(p) => match error(&p, case) {
            (e, _) if e <= RIGHT => Outcome::Right(e),
            (e, what) => {
                let said = format!("{what} ({e:.1e}); {} digits", p.digits);
                // Moments have no more digits than that, or about as many.
                match e <= 10.0_f64.powi(1 - p.digits as i32) {
                    true => Outcome::Said(said),
                    false => Outcome::Wrong(said),
                }
            }
        },
    }
}

/// The law that holds for any q: a bound is never above the log evidence. Kept apart, the variables of these models
/// have a lower one, and the same where they do not meet.
#[test]
fn a_bound_is_never_above_the_evidence() {
    let text = fs::read_to_string("tests/references/digits.jsonl").expect("the references");
    let (mut below, mut cases) = (0, 0);
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("an object");
        let model = case["model"].as_str().expect("a text");
        let apart = format!("{}, factorize: MeanField)", model.strip_suffix(')').expect("a call"));
        // Corners that have no digits say so elsewhere.
        for text in [model, &apart] {
            let Ok(p) = fit(text, &case["moments"]) else { continue };
            let want = number(&case["evidence"]);
            let rounding = 10.0_f64.powi(1 - p.digits as i32) * want.abs().max(1.0);
            for bound in p.trace.iter().chain([&p.elbo]) {
                assert!(
                    *bound <= want + rounding,
                    "{bound} is above {want}: {} {}",
                    case["kind"],
                    case["at"]
                );
            }
            cases += 1;
            below += usize::from(p.elbo < want - 1e-3);
        }
    }
    assert!(cases > 500 && below > 20, "{below} of {cases} are below");
}

#[test]
fn corners_come_out_right_or_are_refused() {
    let text = fs::read_to_string("tests/references/digits.jsonl").expect("the references");
    let cases: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).expect("an object")).collect();
    let known: Vec<String> =
        fs::read_to_string(NOT_YET).unwrap_or_default().lines().map(str::to_owned).collect();
    let (mut wrong, mut table, mut news) =
        (vec![], BTreeMap::<String, (f64, usize, Vec<String>, usize)>::new(), vec![]);
    for case in &cases {
        let kind = case["kind"].as_str().expect("a kind");
        let name = format!("{kind}: {}", case["at"].as_str().expect("a corner"));
        let entry = table.entry(kind.to_owned()).or_default();
        let outcome = outcome(case);
        match &outcome {
            Outcome::Right(e) => (entry.0, entry.1) = (entry.0.max(*e), entry.1 + 1),
            Outcome::Said(_) => entry.3 += 1,
            Outcome::Refused(why) => entry.2.push(format!("{name}: {why}")),
            Outcome::Wrong(_) => wrong.push(name.clone()),
        }
        match (&outcome, known.contains(&name)) {
            (Outcome::Wrong(why), false) => news.push(format!("{name}: {why}")),
            (Outcome::Right(_) | Outcome::Said(_) | Outcome::Refused(_), true) => {
                news.push(format!("{name}: no longer wrong"))
            }
            _ => {}
        }
        if let (Outcome::Wrong(why) | Outcome::Said(why), true) =
            (&outcome, std::env::var_os("ELBOW_DIGITS").is_some())
        {
            println!("{}: {name}: {why}", if known.contains(&name) { "wrong" } else { "said" });
        }
    }
    if std::env::var_os("ELBOW_DIGITS").is_some() {
        for (kind, (e, right, refused, said)) in &table {
            println!(
                "{kind}: {right} right, largest error {e:.1e}; {said} say how many digits hold; {} refused",
                refused.len()
            );
            refused.iter().for_each(|r| println!("    {}", r.lines().next().unwrap_or(r)));
        }
    }
    if std::env::var_os("ELBOW_BLESS").is_some() {
        fs::write(NOT_YET, wrong.iter().map(|w| format!("{w}\n")).collect::<String>()).expect("a list");
        return;
    }
    assert!(news.is_empty(), "{} cases changed:\n{}", news.len(), news.join("\n"));
}
