//! `--start NODE=FILE` as a user meets it: what it accepts, and what it says of what it does not.

use std::{
    path::Path,
    process::{Command, Output},
};

const MODEL: &str = r#"Model(
    data: { "t": { "x": [0.1, 0.3, 5.2, 4.9, 0.2, 5.1], "g": ["a", "b", "a", "b", "a", "b"] } },
    plates: { "n": Rows(table: "t"), "k": Size(2), "g": Groups(column: "t.g") },
    nodes: {
        "pi": Dirichlet(concentration: 1, over: "k"),
        "rho": Dirichlet(concentration: 1, over: "g"),
        "mu[k]": Normal(mean: 0, precision: 0.01),
        "z[n]": Categorical(p: "pi"),
        "c[n]": Categorical(p: "rho"),
        "m[g]": Normal(mean: 0, precision: 1),
        "x[n]": Normal(mean: "mu[z[n]]", precision: 1),
        "y[n]": Normal(mean: "m[c[n]]", precision: 1),
    },
    observe: { "x": "x", "y": "x" },
)"#;

fn fit(dir: &Path, args: &[&str]) -> Output {
    std::fs::write(dir.join("m.ron"), MODEL).unwrap();
    Command::new(env!("CARGO_BIN_EXE_elbow"))
        .args(["fit", "m.ron", "--quiet", "--format", "json"])
        .args(args)
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

fn centres(o: &Output) -> Vec<f64> {
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    let v: serde_json::Value = serde_json::from_slice(&o.stdout).expect("JSON");
    v["nodes"]["mu"]["mean"].as_array().expect("a list").iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn categories_and_responsibilities_decide_which_component_is_which() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("low_first.csv"), "z\n1\n1\n2\n2\n1\n2\n").unwrap();
    std::fs::write(dir.path().join("high_first.csv"), "first,second\n0.1,0.9\n0.2,0.8\n0.9,0.1\n1,0\n0.3,0.7\n0.8,0.2\n").unwrap();
    std::fs::write(dir.path().join("levels.csv"), "c\nb\na\nb\na\nb\na\n").unwrap();
    let low = centres(&fit(dir.path(), &["--start", "z=low_first.csv", "--start", "c=levels.csv"]));
    assert!(low[0] < 1.0 && low[1] > 4.0, "{low:?}");
    let high = centres(&fit(dir.path(), &["--start", "z=high_first.csv"]));
    assert!(high[0] > 4.0 && high[1] < 1.0, "{high:?}");
}

#[test]
fn what_is_no_start_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    file("good.csv", "z\n1\n1\n2\n2\n1\n2\n");
    file("short.csv", "z\n1\n1\n2\n");
    file("three.csv", "z\n1\n1\n2\n3\n1\n2\n");
    file("gap.csv", "z,w\n1,a\n,b\n2,c\n2,d\n1,e\n2,f\n");
    file("gap1.csv", "z\n1\nNA\n2\n2\n1\n2\n");
    file("wide.csv", "a,b,c\n1,0,0\n1,0,0\n1,0,0\n1,0,0\n1,0,0\n1,0,0\n");
    file("half.csv", "a,b\n1,0\n1,0\n0.5,0.6\n1,0\n1,0\n1,0\n");
    file("word.csv", "c\na\nb\nd\na\nb\na\n");
    for (start, exit, said) in [
        (&["q=good.csv"][..], 2, "the model has no such node"),
        (&["mu=good.csv"], 2, "it is no category"),
        (&["z=good.csv", "z=good.csv"], 2, "given twice"),
        (&["z"], 2, "expected NODE=FILE"),
        (&["z=not_there.csv"], 1, "not_there.csv"),
        (&["z=short.csv"], 1, "`z` has 6 elements, the file 3 rows"),
        (&["z=three.csv"], 1, "line 5: `3` is not a category of `z`"),
        (&["z=gap.csv"], 1, "gap.csv"),
        (&["z=gap1.csv"], 1, "gap1.csv"),
        (&["z=wide.csv"], 1, "the file has 3 columns"),
        (&["z=half.csv"], 1, "line 4: the numbers are not probabilities that sum to 1"),
        (&["c=word.csv"], 1, "line 4: `d` is not a category of `c`"),
    ] {
        let args: Vec<&str> = start.iter().flat_map(|s| ["--start", s]).collect();
        let o = fit(dir.path(), &args);
        let err = String::from_utf8_lossy(&o.stderr);
        assert_eq!(o.status.code(), Some(exit), "{start:?}: {err}");
        assert!(err.contains(said), "{start:?}: no {said:?} in\n{err}");
        assert!(o.stdout.is_empty(), "{start:?} printed on standard output");
    }
}
