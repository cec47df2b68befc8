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
    std::fs::write(
        dir.path().join("high_first.csv"),
        "first,second\n0.1,0.9\n0.2,0.8\n0.9,0.1\n1,0\n0.3,0.7\n0.8,0.2\n",
    )
    .unwrap();
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
    file("pair.csv", "a,b\n1,2\n3,4\n");
    file("sum.csv", "a,b\n0.5,0.6\n");
    file("not.json", "{");
    let parameters =
        |name: &str, mu: &str| file(name, &format!(r#"{{"nodes": {{"mu": {{"parameters": {mu}}}}}}}"#));
    file("other.json", r#"{"nodes": {}}"#);
    parameters("name.json", r#"{"shape": [1, 2]}"#);
    parameters("count.json", r#"{"mean": [1, 2, 3]}"#);
    parameters("null.json", r#"{"mean": [1, null]}"#);
    parameters("improper.json", r#"{"precision": [1, -1]}"#);
    for (start, exit, said) in [
        (&["q=good.csv"][..], 2, "the model has no such node"),
        (&["x=good.csv"], 2, "it is known from the data"),
        (&["mu=good.csv"], 1, "`mu` has 2 elements, the file 6 rows"),
        (&["mu=pair.csv"], 1, "the file has 2 columns"),
        (&["pi=sum.csv"], 1, "line 2: the value does not sum to 1"),
        (&["mu=not.json"], 1, "is no JSON"),
        (&["mu=other.json"], 1, "the file has no parameters of `mu`"),
        (&["mu=name.json"], 1, "it has no parameter `shape`"),
        (&["mu=count.json"], 1, "2 elements are wanted, 3 are given"),
        (&["mu=null.json"], 1, "`mean` holds something that is no number"),
        (&["mu=improper.json"], 4, "q of `mu` has no density at the start"),
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

#[test]
fn values_decide_which_component_is_which() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    file("low_first.csv", "mu\n1\n4\n");
    file("high_first.csv", "mu\n4\n1\n");
    file("high_first.json", r#"{"nodes": {"mu": {"parameters": {"mean": [4, 1]}}}}"#);
    let first = |start: &str| centres(&fit(dir.path(), &["--start", start]))[0];
    assert!(first("mu=low_first.csv") < 1.0);
    assert!(first("mu=high_first.csv") > 4.0);
    assert!(first("mu=high_first.json") > 4.0, "the precision stays that of the prior");
}

/// A run of the package's graphs, as JSON.
fn run(graph: &str, args: &[String]) -> serde_json::Value {
    let o = Command::new(env!("CARGO_BIN_EXE_elbow"))
        .args(["fit", graph, "--quiet", "--format", "json", "--tolerance", "0"])
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary runs");
    serde_json::from_slice(&o.stdout)
        .unwrap_or_else(|e| panic!("{graph}: {e}\n{}", String::from_utf8_lossy(&o.stderr)))
}

fn trace(v: &serde_json::Value) -> Vec<f64> {
    v["trace"].as_array().expect("a list").iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A run that begins where another stopped goes on as that one would have: singles, pairs, chains, centred
/// means.
#[test]
fn a_result_is_a_start() {
    let dir = tempfile::tempdir().unwrap();
    for graph in [
        "graphs/gmm.ron",
        "graphs/hmm.ron",
        "graphs/naive_bayes.ron",
        "graphs/hmm_dice.ron",
        "graphs/poisson_mixture.ron",
    ] {
        let iterations =
            |n: usize| vec!["--plain".to_string(), "--max-iterations".to_string(), n.to_string()];
        // Nodes of groups are reported when they are named.
        let named = if graph.contains("naive") {
            "share,weight,weight_precision,width,width_precision,colour"
        } else {
            ""
        };
        let nodes = ["--nodes".to_string(), named.to_string()];
        let first = [&iterations(4)[..], if named.is_empty() { &[] } else { &nodes[..] }].concat();
        let (four, six) = (run(graph, &first), trace(&run(graph, &iterations(6))));
        let path = dir.path().join("four.json");
        std::fs::write(&path, four.to_string()).unwrap();
        let mut args = iterations(2);
        for node in four["nodes"].as_object().unwrap().keys() {
            args.extend(["--start".to_string(), format!("{node}={}", path.display())]);
        }
        let again = trace(&run(graph, &args));
        assert!(six.len() == 6 && again.len() == 2 && six[5] > six[3], "{graph} stands still");
        for (a, b) in again.iter().zip(&six[4..]) {
            assert!((a - b).abs() < 1e-9 * b.abs(), "{graph}: {a} after a new start, {b} without");
        }
    }
}

/// In a Gaussian block, a value is a q of no width: the limit of narrow ones.
#[test]
fn values_are_narrow_parameters() {
    let dir = tempfile::tempdir().unwrap();
    let loadings: Vec<f64> = (0..18).map(|i| f64::from((i * 7) % 11) / 5.0 - 1.0).collect();
    let rows: String = loadings.iter().map(|x| format!("{x}\n")).collect();
    std::fs::write(dir.path().join("W.csv"), format!("W\n{rows}")).unwrap();
    let json =
        serde_json::json!({"nodes": {"W": {"parameters": {"mean": loadings, "precision": vec![1e13; 18]}}}});
    std::fs::write(dir.path().join("W.json"), json.to_string()).unwrap();
    // The talents are streamed with the rows.
    let rows = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/data/marks.csv"))
        .unwrap()
        .trim()
        .lines()
        .count()
        - 1;
    let talents: Vec<f64> = (0..rows * 3).map(|i| f64::from((i * 5 % 13) as u32) / 6.0 - 1.0).collect();
    let text: String = talents.iter().map(|x| format!("{x}\n")).collect();
    std::fs::write(dir.path().join("h.csv"), format!("h\n{text}")).unwrap();
    let json = serde_json::json!({"nodes": {"h": {"parameters": {"mean": talents, "precision": vec![1e13; rows * 3]}}}});
    std::fs::write(dir.path().join("h.json"), json.to_string()).unwrap();
    let of = |start: &[&str]| {
        let mut args = vec!["--max-iterations".to_string(), "3".into()];
        args.extend(start.iter().flat_map(|node| {
            let (name, _) = node.split_once('.').unwrap();
            ["--start".to_string(), format!("{name}={}", dir.path().join(node).display())]
        }));
        trace(&run("graphs/factor_analysis.ron", &args))
    };
    let free = of(&[]);
    for node in ["W", "h"] {
        let (a, b) = (of(&[&format!("{node}.csv")]), of(&[&format!("{node}.json")]));
        for i in 0..3 {
            assert!((a[i] - b[i]).abs() < 1e-7 * a[i].abs(), "{node}: {a:?} and {b:?}");
            assert!((a[i] - free[i]).abs() > 1e-6, "the start of {node} is not used");
        }
    }
}

/// Without the option a result says nothing of time; with it, every step that the plan names.
#[test]
fn a_profile_is_there_when_asked_for() {
    let plain = run("graphs/gmm.ron", &["--max-iterations".into(), "3".into()]);
    assert!(plain.get("profile").is_none());
    let profiled = run("graphs/gmm.ron", &["--max-iterations".into(), "3".into(), "--profile".into()]);
    assert_eq!(trace(&plain), trace(&profiled));
    let steps = profiled["profile"]["steps"].as_array().expect("steps");
    let named =
        |text: &str| steps.iter().filter(|s| s["step"].as_str().unwrap().contains(text)).collect::<Vec<_>>();
    for step in [
        "update weights",
        "update centre, spread",
        "pass over the rows of z",
        "message to z from x",
        "moments of z",
        "statistic of x",
        "the bound",
    ] {
        assert!(!named(step).is_empty(), "no step `{step}`");
        assert!(named(step).iter().all(|s| s["seconds"].as_f64().unwrap() > 0.0), "`{step}` took no time");
    }
    // 272 rows, six components, three products of x's two numbers: three iterations.
    let work: f64 = named("statistic of x").iter().map(|s| s["multiply_adds"].as_f64().unwrap()).sum();
    assert!(work >= (3 * 272 * 6 * 5) as f64 && work < (3 * 272 * 6 * 40) as f64, "{work} multiply-adds");
}
