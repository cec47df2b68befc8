//! Conjugate models at the corners of floating-point numbers against exact evidences and moments
//! (`tests/references/digits.py`): far offsets, little noise, far cells, many counts, tiny and huge shapes. Each
//! comes out right, or the run says how many digits hold, or is refused with the node's name.
//!
//! `ELBOW_DIGITS=1 cargo test --test answers digits -- --nocapture` prints the largest error of each kind, what is
//! refused, and where few digits hold.

use elbow::{Error, Model, Nodes, Options, Posterior};
use serde_json::Value;
use std::{collections::BTreeMap, fs};

/// Relative error of a bound or a moment that counts as right.
pub const RIGHT: f64 = 1e-9;

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

pub fn fit(text: &str, nodes: &Value) -> Result<Posterior, Error> {
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
pub fn error(p: &Posterior, case: &Value) -> (f64, String) {
    let mut worst = (0.0, String::new());
    let mut see = |name: &str, got: f64, want: f64, scale: f64| {
        let scale = want.abs().max(scale);
        let e = if got == want { 0.0 } else { ((got - want) / scale).abs() };
        if e.is_nan() || e > worst.0 {
            worst = (if e.is_nan() { f64::INFINITY } else { e }, format!("{name} is {got:e}, not {want:e}"));
        }
    };
    see("the bound", p.elbo, number(&case["evidence"]), 1.0);
    for (node, want) in case["moments"].as_object().expect("moments by node") {
        let q = p.node(node).expect("it was asked for");
        let list = |field: &str| want[field].as_array().map(|v| v.iter().map(number).collect::<Vec<f64>>());
        let (mean, sd) = (list("mean").expect("a mean"), list("sd"));
        assert_eq!(q.mean().len(), mean.len(), "{case}");
        for (i, (got, want)) in q.mean().iter().zip(&mean).enumerate() {
            see(&format!("mean of {node}[{i}]"), *got, *want, sd.as_ref().map_or(0.0, |s| s[i]));
        }
        for (i, (got, want)) in sd.iter().flat_map(|s| q.sd().expect("it has one").iter().zip(s)).enumerate()
        {
            see(&format!("sd of {node}[{i}]"), *got, *want, 0.0);
        }
    }
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

/// Where nothing is far from anything, a run says so.
#[test]
fn numbers_of_like_size_have_ten_digits() {
    let text = fs::read_to_string("tests/references/digits.jsonl").expect("the references");
    let easy = ["offset 1, noise 1, 12 rows", "offset 0, precision of steps / readings 1"];
    let easy = easy.into_iter().chain([
        "shape 1, rate 1, counts [3, 0, 5]",
        "concentration [1.0, 1.0, 2.5], counts [1000, 20, 0]",
        "alpha 1, beta 2.5, 1000 of 1020",
    ]);
    let easy: Vec<&str> = easy.collect();
    let mut kinds = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("an object");
        let kind = case["kind"].as_str().expect("a kind");
        if !easy.contains(&case["at"].as_str().expect("a corner")) || kind == "columns of different units" {
            continue;
        }
        let p = fit(case["model"].as_str().expect("a text"), &case["moments"]).expect("a fit");
        assert!(p.digits >= 10 && p.warnings.is_empty(), "{kind}: {} {:?}", p.digits, p.warnings);
        kinds += 1;
    }
    assert_eq!(kinds, 11);
}

/// What the cases of a kind came to.
#[derive(Default)]
struct Tally {
    right: usize,
    largest: f64,
    said: Vec<String>,
    refused: Vec<String>,
}

#[test]
fn corners_come_out_right_or_are_refused() {
    let text = fs::read_to_string("tests/references/digits.jsonl").expect("the references");
    let (mut kinds, mut wrong) = (BTreeMap::<String, Tally>::new(), vec![]);
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("an object");
        let at = case["at"].as_str().expect("a corner");
        let kind = kinds.entry(case["kind"].as_str().expect("a kind").to_owned()).or_default();
        match outcome(&case) {
            Outcome::Right(e) => (kind.right, kind.largest) = (kind.right + 1, kind.largest.max(e)),
            Outcome::Said(what) => kind.said.push(format!("{at}: {what}")),
            Outcome::Refused(why) => kind.refused.push(format!("{at}: {}", why.lines().next().unwrap_or(""))),
            Outcome::Wrong(what) => wrong.push(format!("{}, {at}: {what}", case["kind"])),
        }
    }
    if std::env::var_os("ELBOW_DIGITS").is_some() {
        for (kind, Tally { right, largest, said, refused }) in &kinds {
            let counts = format!("{} say how many digits hold; {} refused", said.len(), refused.len());
            println!("{kind}: {right} right, largest error {largest:.1e}; {counts}");
            said.iter().for_each(|s| println!("    said     {s}"));
            refused.iter().for_each(|r| println!("    refused  {r}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // Easy corners are no corners: of every kind some come out right, but for columns of units 10¹² apart.
    assert!(kinds.values().filter(|k| k.right > 0).count() >= 11, "a kind of which nothing is right");
}
