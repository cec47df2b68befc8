//! Models whose parts lie far apart, with evidences that are known (`tests/references/recentred.py`): sentinels among a
//! mixture's rows, seconds since 1970 as covariates, columns in other units; and what is kept of such a run.

use super::{
    common::elbow,
    digits::{RIGHT, error, fit},
};
use elbow::{Model, Options};
use serde_json::Value;
use std::fs;

#[test]
fn parts_that_lie_far_apart_come_out_right() {
    let text = fs::read_to_string("tests/references/recentred.jsonl").expect("the references");
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("an object");
        let name = format!("{}, {}", case["kind"], case["at"]);
        let p = fit(case["model"].as_str().expect("a text"), &case["moments"])
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let (e, what) = error(&p, &case);
        assert!(e <= RIGHT, "{name}: {what} ({e:.1e})");
        assert!(p.converged && p.warnings.is_empty(), "{name}: {:?}", p.warnings);
    }
}

/// Rows of three columns that go up and down together.
fn together(units: [f64; 3]) -> String {
    const Z: [f64; 12] =
        [0.375, -1.25, 0.8125, 1.5, -0.4375, -0.9375, 2.125, -1.6875, 0.0625, 0.625, -0.21875, -0.90625];
    let column = |j: usize| -> String {
        let value = |i: usize| {
            let common = Z[i % 12] + 0.1 * Z[(i * 7 + 3) % 12];
            units[j] * ([0.9, -1.75, 1.0][j] * common + 0.3 * Z[(i * 5 + 4 * j + i / 12) % 12])
        };
        (0..36).map(|i| format!("{:e}, ", value(i))).collect()
    };
    let of = |power: i32, times: f64| -> String {
        units.iter().map(|u| format!("{:e}, ", times * u.powi(power))).collect()
    };
    format!(
        r#"Model(
            data: {{ "d": {{ "a": [{}], "b": [{}], "c": [{}] }} }},
            plates: {{ "n": Rows(table: "d"), "j": Columns(table: "d") }},
            inputs: {{ "V[j]": [{}], "B[j]": [{}] }},
            nodes: {{
                "w[j]":   Normal(mean: 0, precision: "V[j]"),
                "m[j]":   Normal(mean: 0, precision: "V[j]"),
                "tau[j]": Gamma(shape: 1, rate: "B[j]"),
                "h[n]":   Normal(mean: 0, precision: 1),
                "y[n,j]": Normal(mean: "w[j] * h[n] + m[j]", precision: "tau[j]"),
            }},
            observe: {{ "y": "d" }},
        )"#,
        column(0),
        column(1),
        column(2),
        of(-2, 0.01),
        of(2, 1.0),
    )
}

#[test]
fn other_units_change_a_bound_by_their_logarithms() {
    let settled = |units: [f64; 3]| {
        let p = Model::from_text(together(units)).unwrap().fit(&Options::default()).unwrap();
        assert!(p.converged, "{units:?}");
        p
    };
    let plain = settled([1.0; 3]);
    for units in [[1.0, 1e8, 1.0], [1e-6, 1e6, 1.0], [1e3, 1e-9, 1e9]] {
        let p = settled(units);
        let want = plain.elbo - 36.0 * units.iter().map(|u| u.ln()).sum::<f64>();
        assert!((p.elbo - want).abs() < 1e-6 * want.abs(), "{units:?}: {} is not {want}", p.elbo);
    }
}

#[test]
fn a_run_that_was_moved_is_kept_shown_and_gone_on_with() {
    let text = fs::read_to_string("tests/references/recentred.jsonl").expect("the references");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for kind in ["mixture with a sentinel", "vectors with a sentinel", "seconds since 1970"] {
        let case: Value = text
            .lines()
            .map(|l| serde_json::from_str(l).expect("an object"))
            .find(|c: &Value| c["kind"] == kind)
            .expect("a case of this kind");
        fs::write(at("m.ron"), case["model"].as_str().unwrap()).unwrap();
        let json = ["--format", "json"];
        let first =
            elbow(&[&["fit", &at("m.ron"), "--save", &at("p"), "--max-iterations", "2"], &json[..]].concat());
        let shown = elbow(&[&["show", &at("p")], &json[..]].concat());
        let on = elbow(&[&["fit", &at("m.ron"), "--from", &at("p")], &json[..]].concat());
        let of = |run: &super::common::Run| -> Value {
            serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{kind}: {e}: {}", run.stderr))
        };
        let (first, shown, on) = (of(&first), of(&shown), of(&on));
        assert_eq!(first["nodes"], shown["nodes"], "{kind}");
        assert_eq!(first["elbo"], shown["elbo"], "{kind}");
        let want = case["evidence"].as_f64().unwrap();
        let elbo = on["elbo"].as_f64().unwrap();
        assert!((elbo - want).abs() < 1e-9 * want.abs(), "{kind}: {elbo} is not {want}");
    }
}

/// A row to predict, of vectors whose prior lies far from them: its spread is that of the mean, κ + 1 times as wide
/// squared.
#[test]
fn a_row_is_predicted_where_vectors_are_in_other_coordinates() {
    let column = |place: f64, turn: usize| -> String {
        let value = |i: usize| place + [0.375, -1.25, 0.8125, 1.5, -0.4375, -0.9375][(i * turn + i / 4) % 6];
        (0..9).map(|i| format!("{:?}, ", value(i))).collect()
    };
    let text = format!(
        r#"Model(
            data: {{ "d": {{ "a": [{} None], "b": [{} None], "c": [{} None] }} }},
            plates: {{ "n": Rows(table: "d") }},
            nodes: {{
                "S": Wishart(dof: 4, scale: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
                "m": MvNormal(mean: [0, 0, 0], precision: "0.5 * S"),
                "x[n]": MvNormal(mean: "m", precision: "S"),
            }},
            observe: {{ "x": ["a", "b", "c"] }},
        )"#,
        column(1.7e9, 1),
        column(-3e9, 2),
        column(20.0, 3)
    );
    let options = Options { nodes: elbow::Nodes::All, ..Options::default() };
    let p = Model::from_text(text).unwrap().fit(&options).unwrap();
    assert!(p.digits >= 12 && p.warnings.is_empty(), "{} {:?}", p.digits, p.warnings);
    let (m, x) = (p.node("m").unwrap(), p.node("x").unwrap());
    for (i, (mean, sd)) in m.mean().iter().zip(m.sd().unwrap()).enumerate() {
        assert_eq!(x.mean()[27 + i], *mean);
        let (got, want) = (x.sd().unwrap()[27 + i], sd * 10.5_f64.sqrt());
        assert!((got - want).abs() < 1e-9 * want, "{i}: {got} is not {want}");
    }
}
