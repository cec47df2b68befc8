//! The `elbow` binary as a user meets it: exit codes, what goes to which stream.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn elbow(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_elbow"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn code(o: &Output) -> i32 {
    o.status.code().unwrap_or_else(|| panic!("killed: {:?}", o.status))
}

fn out(o: &Output) -> String {
    String::from_utf8(o.stdout.clone()).expect("UTF-8")
}

fn err(o: &Output) -> String {
    String::from_utf8(o.stderr.clone()).expect("UTF-8")
}

/// Fails with `code`, says all of `said` on standard error, and prints nothing.
#[track_caller]
fn refused(args: &[&str], expected: i32, said: &[&str]) {
    let o = elbow(args);
    assert_eq!(code(&o), expected, "{args:?}: {}", err(&o));
    assert_eq!(out(&o), "", "{args:?} printed on standard output");
    for s in said {
        assert!(err(&o).contains(s), "{args:?}: no {s:?} in\n{}", err(&o));
    }
}

fn models(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|p| p.extension().is_some_and(|e| e == "ron"))
        .collect();
    all.sort();
    assert!(!all.is_empty(), "no model in {}", folder.display());
    all
}

#[test]
fn help_names_every_command() {
    let o = elbow(&["--help"]);
    assert_eq!(code(&o), 0);
    for command in ["fit", "check", "explain", "draw", "list", "code"] {
        assert!(out(&o).contains(&format!("\n  {command} ")), "{command}\n{}", out(&o));
    }
    assert_eq!(err(&o), "");
}

#[test]
fn help_of_fit_names_every_option() {
    let text = out(&elbow(&["fit", "--help"]));
    for option in [
        "--data",
        "--seed",
        "--restarts",
        "--max-iterations",
        "--tolerance",
        "--start",
        "--threads",
        "--nodes",
        "--format",
        "--trace",
        "--out",
        "--quiet",
    ] {
        assert!(text.contains(option), "{option}\n{text}");
    }
}

#[test]
fn wrong_command_lines_are_code_2() {
    refused(&["fit"], 2, &["MODEL.ron"]);
    refused(&["guess"], 2, &["guess"]);
    refused(&["fit", "graphs/gmm.ron", "--format", "xml"], 2, &["xml", "json"]);
    refused(&["fit", "graphs/gmm.ron", "--restarts", "0"], 2, &["at least 1"]);
    refused(&["fit", "graphs/gmm.ron", "--tolerance", "NaN"], 2, &["number"]);
    refused(&["fit", "graphs/gmm.ron", "--data", "eruptions"], 2, &["NAME=PATH"]);
    refused(&["code", "E9999"], 2, &["E9999"]);
    refused(&["list", "Gama"], 2, &["Gama", "Gamma"]);
}

#[test]
fn a_model_that_is_not_there_is_code_1() {
    for command in ["fit", "check", "explain", "draw"] {
        refused(&[command, "graphs/not_there.ron"], 1, &["graphs/not_there.ron", "no such file", "help:"]);
        refused(&[command, "graphs"], 1, &["graphs", "folder"]);
    }
}

#[test]
fn pages_of_codes() {
    let o = elbow(&["code", "e0101"]);
    assert_eq!((code(&o), err(&o).as_str()), (0, ""));
    assert!(out(&o).starts_with("# E0101"), "{}", out(&o));
}

#[test]
fn list_shows_every_distribution() {
    let text = out(&elbow(&["list"]));
    for spec in elbow::dist::REGISTRY {
        assert!(text.contains(&format!(" {} ", spec.name)), "{}\n{text}", spec.name);
        let o = elbow(&["list", spec.name]);
        assert_eq!(code(&o), 0);
        let detail = out(&o);
        for said in [spec.density, spec.source].into_iter().chain(spec.params.iter().map(|p| p.name)) {
            assert!(detail.contains(said), "no {said:?} in\n{detail}");
        }
    }
    for word in ["Steps", "dot", "chain"] {
        assert!(text.contains(word), "{word}\n{text}");
    }
}

/// A bad model's name begins with the code that it must be refused with. `check` passes over data that are
/// not there; `fit` does not.
#[test]
fn bad_models_are_code_1_with_their_place() {
    for path in models("graphs/bad") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let Some((wanted, _)) = name.split_once('_').filter(|(c, _)| c.starts_with('E')) else { continue };
        let shown = format!("graphs/bad/{name}.ron");
        refused(&["fit", &shown], 1, &[&format!("error[{wanted}]"), &format!("{shown}:")]);
    }
}

/// Mistakes that only show when a table meets the model: with the file's line and its text.
#[test]
fn mistakes_in_data_show_the_line() {
    refused(&["fit", "graphs/bad/E0631_support.ron"], 1, &["error[E0631]", "-->"]);
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("flow.csv");
    std::fs::write(&data, "year,flow\n1871,1120\n1872,wet\n").expect("written");
    let model = dir.path().join("flow.ron");
    let text = r#"Model(
        data: { "nile": "flow.csv" },
        plates: { "n": Rows(table: "nile") },
        nodes: { "tau": Gamma(shape: 1, rate: 1), "flow[n]": Normal(mean: 0, precision: "tau") },
        observe: { "flow": "flow" },
    )"#;
    std::fs::write(&model, text).expect("written");
    refused(&["fit", &model.to_string_lossy()], 1, &["flow.csv:3", "1872,wet", "\n3 | "]);
}

/// A model and its table in a folder of their own.
fn written(table: &str, model: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("t.csv"), table).expect("written");
    let path = dir.path().join("m.ron");
    std::fs::write(&path, format!("Model(data: {{ \"t\": \"t.csv\" }}, {model})")).expect("written");
    (dir, path.to_string_lossy().into_owned())
}

#[test]
fn values_that_their_use_excludes_show_the_line() {
    let rows = r#"plates: { "n": Rows(table: "t") },"#;
    for (table, model, said) in [
        (
            "x,m\n1,3\n4,3\n",
            r#"nodes: { "p": Beta(alpha: 1, beta: 1), "x[n]": Binomial(trials: "m[n]", p: "p") }, observe: { "x": "x" }"#,
            &["E0631", "`x` cannot be 4 where its trials is 3", "t.csv:3", "4,3"][..],
        ),
        (
            "x,y\n1,2\n2,2\n",
            r#"nodes: { "p": Dirichlet(concentration: 1, over: 2), "c[n]": Multinomial(trials: 3, p: "p") }, observe: { "c": ["x", "y"] }"#,
            &["E0631", "[2, 2]", "trials is 3", "t.csv:3", "2,2"],
        ),
        (
            "x,e\n1,0.5\n2,0\n",
            r#"nodes: { "r": Gamma(shape: 1, rate: 1), "x[n]": Poisson(rate: "r * e[n]") }, observe: { "x": "x" }"#,
            &["E0642", "is not positive: 0", "t.csv:3", "2,0"],
        ),
        (
            "x,s\n1,0.5\n2,-1\n",
            r#"nodes: { "m": Normal(mean: 0, precision: 1), "x[n]": Normal(mean: "m", sd: "s[n]") }, observe: { "x": "x" }"#,
            &["E0642", "-1", "t.csv:3", "2,-1"],
        ),
        (
            "a,b\n0.5,0.5\n0.4,0.5\n",
            r#"inputs: { "q[n]": ["a", "b"] }, nodes: { "z[n]": Categorical(p: "q[n]") }"#,
            &["E0642", "[0.4, 0.5]", "t.csv:3", "0.4,0.5"],
        ),
        (
            "x,q\n1,0.5\n0,1.5\n",
            r#"nodes: { "x[n]": Bernoulli(p: "q[n]") }, observe: { "x": "x" }"#,
            &["E0642", "1.5", "t.csv:3", "0,1.5"],
        ),
    ] {
        let (_dir, path) = written(table, &format!("{rows} {model}"));
        refused(&["fit", &path], 1, said);
    }
}

#[test]
fn whole_numbers_that_lack_a_level_mean_the_element_of_their_number() {
    for (over, face) in [("over: \"k\"", 6), ("over: 6", 6)] {
        let model = format!(
            r#"plates: {{ "n": Rows(table: "t"), "k": Size({face}) }},
               nodes: {{ "p": Dirichlet(concentration: 1, {over}), "x[n]": Categorical(p: "p") }}, observe: {{ "x": "x" }}"#
        );
        let (_dir, path) = written("x\n1\n6\n6\n3\n", &model);
        let o = elbow(&["fit", &path, "--format", "json"]);
        assert_eq!(code(&o), 0, "{}", err(&o));
        let value: serde_json::Value = serde_json::from_str(&out(&o)).expect("JSON");
        assert_eq!(
            value["nodes"]["p"]["parameters"]["concentration"],
            serde_json::json!([2.0, 1.0, 2.0, 1.0, 1.0, 3.0]),
            "{over}"
        );
        for wrong in ["x\n0\n6\n", "x\n1\n7\n", "x\n1\nsix\n"] {
            let (_dir, path) = written(wrong, &model);
            refused(&["fit", &path], 1, &["E0632", "whole numbers from 1 to 6"]);
        }
    }
}

/// The trials of a Multinomial stand in the base measure alone. ln ∫ 3 p² (1 − p) dp = ln ¼.
#[test]
fn a_multinomial_has_its_evidence() {
    for trials in ["3", "\"m[n]\""] {
        let model = format!(
            r#"plates: {{ "n": Rows(table: "t") }}, nodes: {{ "p": Dirichlet(concentration: 1, over: 2), "c[n]": Multinomial(trials: {trials}, p: "p") }},
               observe: {{ "c": ["x", "y"] }}"#
        );
        let (_dir, path) = written("x,y,m\n2,1,3\n", &model);
        let o = elbow(&["fit", &path, "--format", "json"]);
        assert_eq!(code(&o), 0, "{}", err(&o));
        let value: serde_json::Value = serde_json::from_str(&out(&o)).expect("JSON");
        let elbo = value["elbo"].as_f64().expect("a number");
        assert!((elbo - 0.25f64.ln()).abs() < 1e-12, "{trials}: {elbo}");
        assert_eq!(value["nodes"]["p"]["labels"], serde_json::json!({ "c": ["x", "y"] }));
    }
}

#[test]
fn columns_of_an_observed_vector_name_the_axis_of_its_parameters() {
    let o = elbow(&["fit", "graphs/gmm.ron", "--max-iterations", "2", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out(&o)).expect("JSON");
    for node in ["centre", "spread"] {
        assert_eq!(
            value["nodes"][node]["labels"],
            serde_json::json!({ "x": ["duration", "waiting"] }),
            "{node}"
        );
    }
    assert!(value["nodes"]["weights"].get("labels").is_none());
}

#[test]
fn check_prints_sizes_and_shapes() {
    for path in models("graphs") {
        let o = elbow(&["check", &path.to_string_lossy()]);
        assert_eq!((code(&o), err(&o).as_str()), (0, ""), "{}", path.display());
    }
    insta::assert_snapshot!(out(&elbow(&["check", "graphs/latent_class.ron"])));
}

#[test]
fn check_without_the_data_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = dir.path().join("gmm.ron");
    std::fs::copy("graphs/gmm.ron", &model).expect("a copy");
    let model = model.to_string_lossy().into_owned();
    let o = elbow(&["check", &model]);
    assert_eq!(code(&o), 1);
    assert!(err(&o).contains("faithful.csv` cannot be opened"), "{}", err(&o));
    assert!(out(&o).contains("? × 2"), "{}", out(&o));
    refused(&["fit", &model], 1, &["E0601", "faithful.csv"]);
    let o = elbow(&["check", &model, "--data", "eruptions=graphs/data/faithful.csv"]);
    assert_eq!((code(&o), err(&o).as_str()), (0, ""));
    assert!(out(&o).contains("272 × 2"), "{}", out(&o));
}

#[test]
fn names_on_the_command_line_are_those_of_the_model() {
    refused(&["fit", "graphs/gmm.ron", "--data", "eruption=a.csv"], 2, &["eruption", "`eruptions`"]);
    refused(&["check", "graphs/gmm.ron", "--data", "eruption=a.csv"], 2, &["eruption"]);
    refused(&["fit", "graphs/gmm.ron", "--nodes", "weight"], 2, &["weight", "weights, spread"]);
    refused(&["draw", "graphs/gmm.ron", "--out", "a.pdf"], 2, &["a.pdf", ".svg"]);
}

#[test]
fn fit_json_is_one_object_whose_terms_sum_to_the_bound() {
    let o = elbow(&["fit", "graphs/coin.ron", "--format", "json"]);
    assert_eq!((code(&o), err(&o).as_str()), (0, ""));
    let value: serde_json::Value = serde_json::from_str(&out(&o)).expect("JSON");
    let elbo = value["elbo"].as_f64().expect("a number");
    let terms: f64 =
        value["terms"].as_object().expect("an object").values().filter_map(serde_json::Value::as_f64).sum();
    assert!((terms - elbo).abs() <= 1e-9 * elbo.abs(), "{terms} {elbo}");
    assert_eq!(
        value["trace"].as_array().expect("a list").last().and_then(serde_json::Value::as_f64),
        Some(elbo)
    );
}

#[test]
fn fit_that_runs_out_of_iterations_prints_all_the_same() {
    let o = elbow(&["fit", "graphs/gmm.ron", "--max-iterations", "2"]);
    assert_eq!(code(&o), 3, "{}", err(&o));
    assert!(out(&o).contains("not converged") && out(&o).contains("weights"), "{}", out(&o));
}

#[test]
fn fit_writes_its_files_and_reuses_the_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let (folder, trace) = (dir.path().join("result"), dir.path().join("trace.csv"));
    for _ in 0..2 {
        let o = elbow(&[
            "fit",
            "graphs/hmm_dice.ron",
            "--max-iterations",
            "3",
            "--out",
            &folder.to_string_lossy(),
            "--trace",
            &trace.to_string_lossy(),
            "--nodes",
            "start,z",
        ]);
        assert_eq!(code(&o), 3, "{}", err(&o));
        assert!(out(&o).contains("start") && !out(&o).contains("emit["), "{}", out(&o));
    }
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in ["start.csv", "summary.json", "trace.csv", "z.csv"] {
        assert!(names.iter().any(|n| n == name), "{name} in {names:?}");
    }
    assert!(!names.iter().any(|n| n.ends_with(".tmp")), "{names:?}");
    let z = std::fs::read_to_string(folder.join("z.csv")).expect("z");
    assert_eq!(z.lines().count(), 1 + 500 * 2);
    assert_eq!(std::fs::read_to_string(&trace).expect("the trace").lines().count(), 4);
    refused(&["fit", "graphs/coin.ron", "--trace", "/no/such/folder/t.csv"], 2, &["/no/such/folder/t.csv"]);
}

#[test]
fn draw_writes_by_the_extension() {
    let dir = tempfile::tempdir().expect("a folder");
    for (extension, start) in [("dot", "digraph"), ("mmd", "---"), ("svg", "<svg"), ("SVG", "<svg")] {
        let path = dir.path().join(format!("a.{extension}"));
        let o = elbow(&["draw", "graphs/lda.ron", "--out", &path.to_string_lossy()]);
        assert_eq!((code(&o), out(&o).as_str(), err(&o).as_str()), (0, "", ""));
        let text = std::fs::read_to_string(&path).expect("the drawing");
        assert!(text.starts_with(start), "{extension}: {text}");
    }
    assert!(out(&elbow(&["draw", "graphs/lda.ron"])).starts_with("digraph"));
}

#[test]
fn explain_prints_each_stage() {
    let whole = out(&elbow(&["explain", "graphs/gmm.ron"]));
    assert!(whole.contains("+ Σ_n r[n,k] x[n]"), "{whole}");
    for stage in ["ast", "graph", "types", "blocks", "plan"] {
        let o = elbow(&["explain", "graphs/gmm.ron", "--emit", stage]);
        assert_eq!((code(&o), err(&o).as_str()), (0, ""), "{stage}");
        assert!(out(&o).contains("centre"), "{stage}:\n{}", out(&o));
    }
    refused(&["explain", "graphs/bad/E0601_not_there.ron", "--emit", "plan"], 1, &["E0601"]);
}

/// Blanks around a level are part of it; around numbers, missing cells and names of columns they are nothing.
#[test]
fn blanks_are_what_the_page_says() {
    let model = r#"plates: { "n": Rows(table: "t"), "g": Groups(column: "t.g") },
        nodes: { "b[g]": Normal(mean: 0, precision: 1), "y[n]": Normal(mean: "b[g[n]]", precision: 1) }, observe: { "y": "y" }"#;
    let (_dir, path) = written("g , y\na, 1\n a,2 \n\"a\",3\n\" a\", NA \nb,\n\n\n", model);
    let o = elbow(&["fit", &path, "--nodes", "b,y", "--format", "json"]);
    assert_eq!((code(&o), err(&o).as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&out(&o)).expect("JSON");
    assert_eq!(json["nodes"]["b"]["labels"]["g"], serde_json::json!([" a", "a", "b"]));
    let rows = json["nodes"]["y"]["mean"].as_array().map_or(0, Vec::len);
    assert_eq!(rows, 5, "the blank lines at the end are no rows");
    let (_dir, path) = written("g,y\na,1\n\nb,2\n", model);
    refused(&["fit", &path], 1, &["line 3", "is blank", "separators"]);
    let (_dir, path) = written("g,y\na,1,\n", model);
    refused(&["fit", &path], 1, &["E0607", "t.csv:2"]);
}

/// In a table of one column a blank line is a missing cell; at the end it is told.
#[test]
fn a_table_of_one_column_that_ends_in_blank_lines_is_told() {
    let model = r#"plates: { "n": Rows(table: "t") },
        nodes: { "m": Normal(mean: 0, precision: 1), "y[n]": Normal(mean: "m", precision: 1) }, observe: { "y": "y" }"#;
    for (table, rows, line) in [
        ("y\n1\n\n2\n\n\n", 5, Some("t.csv:5")),
        ("y\n1\n2\n\n", 3, Some("t.csv:4")),
        ("y\n1\n\n2\n", 3, None),
        ("y\n1\n2\nNA\n", 3, None),
        ("y\n1\n2", 2, None),
    ] {
        let (_dir, path) = written(table, model);
        let o = elbow(&["fit", &path, "--nodes", "y", "--format", "json"]);
        assert_eq!(code(&o), 0, "{}", err(&o));
        let json: serde_json::Value = serde_json::from_str(&out(&o)).expect("JSON");
        assert_eq!(json["nodes"]["y"]["mean"].as_array().map_or(0, Vec::len), rows, "{table:?}");
        match line {
            Some(line) => {
                assert!(err(&o).contains("W0602") && err(&o).contains(line), "{table:?}: {}", err(&o))
            }
            None => assert_eq!(err(&o), "", "{table:?}"),
        }
    }
}
