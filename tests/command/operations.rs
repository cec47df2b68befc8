//! What may go wrong around a fit: places that can't be written, readers who leave, requests to stop, paths that are
//! no text. Not here: what a fit says (`cli`).

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

fn elbow() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(args: &[&str]) -> Output {
    elbow().args(args).output().expect("the binary runs")
}

fn err(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A table of many rows that a fit of `MIXTURE` goes on and on over.
fn many_rows() -> String {
    let cells = (0..20_000).map(|i| format!("{}\n", f64::from(i * 7919 % 1000) / 100.0));
    format!("x\n{}", cells.collect::<String>())
}

const MIXTURE: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "n": Rows(table: "t"), "k": Size(8) },
    nodes: {
        "w": Dirichlet(concentration: 1, over: "k"),
        "m[k]": Normal(mean: 0, precision: 0.01),
        "s[k]": Gamma(shape: 1, rate: 1),
        "z[n]": Categorical(p: "w"),
        "x[n]": Normal(mean: "m[z[n]]", precision: "s[z[n]]"),
    },
    observe: { "x": "x" },
)"#;

/// Nothing is read where a result could not be written: the data of this model are not there.
#[test]
fn places_are_looked_at_before_any_work() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    fs::write(at("m.ron"), MIXTURE).expect("written");
    fs::write(at("file"), "").expect("written");
    fs::create_dir(at("mine")).expect("a folder");
    fs::write(at("mine/notes.csv"), "").expect("written");
    for (option, place, said) in [
        ("--trace", "no/such/t.csv", "there is no folder"),
        ("--trace", "file/t.csv", "is no folder"),
        ("--trace", "mine", "it is a folder"),
        ("--out", "no/such", "there is no folder"),
        ("--out", "file", "it is a file"),
        ("--out", "mine", "`notes.csv`, which is no file of a result"),
    ] {
        let o = run(&["fit", &at("m.ron"), option, &at(place)]);
        assert_eq!(o.status.code(), Some(2), "{option} {place}: {}", err(&o));
        assert!(err(&o).contains(said) && err(&o).contains("= help"), "{option} {place}: {}", err(&o));
    }
    assert_eq!(names(dir.path()), ["file", "m.ron", "mine"]);
    let o = run(&["draw", "graphs/coin.ron", "--out", &at("no/a.svg")]);
    assert_eq!((o.status.code(), err(&o).contains("there is no folder")), (Some(2), true), "{}", err(&o));
}

/// The report is printed all the same.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_costs_no_report() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("out").to_string_lossy().into_owned();
    let o = run(&["fit", "graphs/coin.ron", "--trace", "/dev/full", "--out", &out]);
    assert_eq!(o.status.code(), Some(1), "{}", err(&o));
    assert!(err(&o).contains("cannot write `/dev/full`: the disk is full"), "{}", err(&o));
    assert!(String::from_utf8_lossy(&o.stdout).contains("bias"), "the report");
    assert_eq!(names(Path::new(&out)), ["bias.csv", "summary.json", "trace.csv"], "the other file");
}

#[test]
fn a_folder_has_what_the_report_has_and_takes_the_place_of_an_earlier_one() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("out").to_string_lossy().into_owned();
    let fit = |more: &[&str]| {
        let mut args = vec!["fit", "graphs/hmm_dice.ron", "--max-iterations", "3", "--out", &out];
        args.extend(more);
        let o = run(&args);
        assert_eq!(o.status.code(), Some(3), "{}", err(&o));
        let bytes: u64 = names(Path::new(&out))
            .iter()
            .map(|n| fs::metadata(Path::new(&out).join(n)).expect("a file").len())
            .sum();
        (names(Path::new(&out)), err(&o), bytes)
    };
    let (files, said, bytes) = fit(&["--nodes", "start,z"]);
    assert_eq!(files, ["start.csv", "summary.json", "trace.csv", "z.csv"]);
    assert!(said.contains(&format!("4 files, {:.1} kB", bytes as f64 / 1e3)), "{bytes}: {said}");
    // Rows are written only where they are asked for.
    let (files, _, _) = fit(&[]);
    assert_eq!(files, ["emit.csv", "start.csv", "summary.json", "trace.csv", "trans.csv"]);
    assert_eq!(names(dir.path()), ["out"]);
    assert_eq!(fit(&["--quiet"]).1, "");
}

#[test]
fn observed_cells_are_not_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    fs::write(at("t.csv"), "id,x\n1,1\n2,\n3,2\n4,\n").expect("written");
    let model = r#"Model(data: { "t": "t.csv" }, plates: { "n": Rows(table: "t") },
        nodes: { "m": Normal(mean: 0, precision: 1), "x[n]": Normal(mean: "m", precision: 1) }, observe: { "x": "x" })"#;
    fs::write(at("m.ron"), model).expect("written");
    let o = run(&["fit", &at("m.ron"), "--nodes", "x", "--out", &at("out"), "--quiet"]);
    assert_eq!((o.status.code(), err(&o).as_str()), (Some(0), ""));
    let text = fs::read_to_string(at("out/x.csv")).expect("x");
    let rows: Vec<&str> = text.lines().skip(1).map(|l| l.split(',').next().expect("a cell")).collect();
    assert_eq!(rows, ["2", "4"], "{text}");
}

/// Trace and report share a stream, one after the other, also where it is a file.
#[cfg(unix)]
#[test]
fn a_trace_may_go_to_standard_output() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("both.txt");
    let file = fs::File::create(&path).expect("a file");
    let o = elbow()
        .args(["fit", "graphs/coin.ron", "--trace", "/dev/stdout"])
        .stdout(file)
        .output()
        .expect("the binary runs");
    assert_eq!(o.status.code(), Some(0), "{}", err(&o));
    let text = fs::read_to_string(&path).expect("the file");
    assert!(text.starts_with("iteration,elbo\n1,") && text.contains("bias"), "{text}");
    assert_eq!(names(dir.path()), ["both.txt"]);
}

#[test]
fn readers_who_leave_early_are_no_error() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    fs::write(at("t.csv"), many_rows()).expect("written");
    fs::write(at("m.ron"), MIXTURE).expect("written");
    let model = at("m.ron");
    for args in [
        &["fit", &model, "--max-iterations", "2", "--nodes", "z", "--format", "text"][..],
        &["fit", &model, "--max-iterations", "2", "--nodes", "z", "--format", "json"],
        &["fit", &model, "--max-iterations", "2", "--nodes", "z", "--format", "csv"],
        &["explain", &model],
        &["check", &model],
        &["draw", &model],
        &["list"],
        &["code", "E0401"],
    ] {
        let mut child = elbow()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let o = child.wait_with_output().expect("it ends");
        assert_eq!((o.status.code(), err(&o).as_str()), (Some(0), ""), "{args:?}");
    }
}

/// By the shell's own command: the tests' crates send no signals.
#[cfg(unix)]
fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

#[cfg(unix)]
#[test]
fn a_request_to_stop_ends_the_iteration_and_a_second_one_the_process() {
    use std::io::{BufRead, BufReader, Read};
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    fs::write(at("t.csv"), many_rows()).expect("written");
    // A warning is printed when the fit is about to begin.
    fs::write(at("m.ron"), MIXTURE.replace("\"k\": Size(8)", "\"k\": Size(8), \"unused\": Size(2)"))
        .expect("written");
    let (model, out) = (at("m.ron"), at("out"));
    let started = |out: &str| {
        let args = [
            "fit",
            &model,
            "--tolerance",
            "0",
            "--max-iterations",
            "1000000",
            "--format",
            "json",
            "--out",
            out,
        ];
        let mut child = elbow()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
        said.read_line(&mut String::new()).expect("the warning");
        std::thread::sleep(std::time::Duration::from_millis(700));
        (child, said)
    };
    for name in ["INT", "TERM"] {
        let (child, mut said) = started(&out);
        signal(child.id(), name);
        let o = child.wait_with_output().expect("it ends");
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("text");
        assert_eq!(o.status.code(), Some(3), "{rest}");
        assert!(rest.contains("stopped as asked"), "{rest}");
        let json: serde_json::Value = serde_json::from_slice(&o.stdout).expect("the result");
        assert_eq!(json["converged"], false);
        assert!(json["iterations"].as_u64().is_some_and(|n| n > 0));
        assert!(names(Path::new(&out)).contains(&"summary.json".to_string()), "saved");
    }
    let (child, _said) = started(&at("never"));
    // One iteration may end between the two: then the first has done its work.
    signal(child.id(), "INT");
    signal(child.id(), "INT");
    let o = child.wait_with_output().expect("it ends");
    assert!(matches!(o.status.code(), Some(130 | 3)), "{:?}", o.status);
}

/// Folders, models, tables and results whose names are no UTF-8.
#[cfg(target_os = "linux")]
#[test]
fn paths_need_not_be_text() {
    use std::{
        ffi::{OsStr, OsString},
        os::unix::ffi::OsStrExt,
    };
    let dir = tempfile::tempdir().expect("a folder");
    let odd = dir.path().join(OsStr::from_bytes(b"f\xff"));
    fs::create_dir(&odd).expect("a folder");
    fs::write(odd.join("t.csv"), "x\n1\n2\n").expect("written");
    fs::write(odd.join(OsStr::from_bytes(b"u\xfe.csv")), "x\n3\nfour\n").expect("written");
    let model = r#"Model(data: { "t": "t.csv" }, plates: { "n": Rows(table: "t") },
        nodes: { "m": Normal(mean: 0, precision: 1), "x[n]": Normal(mean: "m", precision: 1) }, observe: { "x": "x" })"#;
    let path = odd.join("m.ron");
    fs::write(&path, model).expect("written");
    let (out, trace) = (odd.join("out"), odd.join(OsStr::from_bytes(b"t\xfd.csv")));
    let o = elbow()
        .arg("fit")
        .arg(&path)
        .arg("--quiet")
        .arg("--out")
        .arg(&out)
        .arg("--trace")
        .arg(&trace)
        .output();
    let o = o.expect("the binary runs");
    assert_eq!((o.status.code(), err(&o).as_str()), (Some(0), ""));
    assert!(trace.exists() && out.join("m.csv").exists());
    for command in ["check", "explain"] {
        let o = elbow().arg(command).arg(&path).output().expect("the binary runs");
        assert_eq!((o.status.code(), err(&o).as_str()), (Some(0), ""), "{command}");
    }
    let mut data = OsString::from("t=");
    data.push(odd.join(OsStr::from_bytes(b"u\xfe.csv")));
    let o = elbow().arg("fit").arg(&path).arg("--data").arg(&data).output().expect("the binary runs");
    assert_eq!(o.status.code(), Some(1));
    assert!(err(&o).contains("E0611") && err(&o).contains("four"), "{}", err(&o));
}

#[test]
fn check_ends_with_1_where_a_table_is_not_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = dir.path().join("m.ron").to_string_lossy().into_owned();
    fs::write(&model, MIXTURE).expect("written");
    let o = run(&["check", &model]);
    assert_eq!(o.status.code(), Some(1));
    assert!(err(&o).contains("E0601") && err(&o).contains("t.csv"), "{}", err(&o));
    assert!(String::from_utf8_lossy(&o.stdout).contains("k"), "what can be said without them");
}

/// Refused with the size of each array, before any is made.
#[test]
fn what_does_not_fit_into_memory_is_refused_by_array() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let model = |plates: &str, nodes: &str| {
        let text = format!(
            r#"Model(data: {{ "t": {{ "y": [1, 2, 3] }} }}, plates: {{ "n": Rows(table: "t"), {plates} }},
            nodes: {{ {nodes}, "y[n]": Normal(mean: 0, precision: 1) }}, observe: {{ "y": "y" }})"#
        );
        fs::write(at("m.ron"), text).expect("written");
        at("m.ron")
    };
    // Sizes whose product no machine can count, or has.
    for (plates, nodes) in [
        (
            r#""i": Size(4000000000), "j": Size(4000000000), "k": Size(4000000000)"#,
            r#""b[i,j,k]": Normal(mean: 0, precision: 1)"#,
        ),
        (r#""i": Size(100000), "j": Size(100000)"#, r#""b[i,j]": Normal(mean: 0, precision: 1)"#),
        (r#""i": Size(4000000000)"#, r#""v": MvNormal(mean: 0, precision: "identity(i)")"#),
        (r#""i": Size(4000000000)"#, r#""p": Dirichlet(concentration: 1, over: "i")"#),
    ] {
        let o = run(&["fit", &model(plates, nodes)]);
        assert_eq!(o.status.code(), Some(1), "{plates}: {}", err(&o));
        assert!(err(&o).contains("error[E0644]") && err(&o).contains("m.ron:"), "{plates}: {}", err(&o));
    }
    // A gigabyte of one array, where a megabyte may be taken; and where there is room.
    let many = model(r#""i": Size(1000000)"#, r#""b[i]": Normal(mean: 0, precision: 1)"#);
    let o = run(&["fit", &many, "--max-memory", "1MB"]);
    assert_eq!(o.status.code(), Some(1), "{}", err(&o));
    for said in ["about 3", "1.0 MB may be taken", "`b`, moments and η: 32.0 MB", "--max-memory"] {
        assert!(err(&o).contains(said), "no {said:?} in {}", err(&o));
    }
    let few = model(r#""i": Size(10)"#, r#""b[i]": Normal(mean: 0, precision: 1)"#);
    let o = run(&["fit", &few, "--max-memory", "1MB", "--quiet"]);
    assert_eq!((o.status.code(), err(&o).as_str()), (Some(0), ""));
    let o = run(&["fit", &few, "--max-memory", "5 dogs"]);
    assert_eq!(o.status.code(), Some(2), "{}", err(&o));
}

/// What each row has passes by with the rows, unless a report asks for all of it.
#[test]
fn rows_take_memory_where_they_are_reported() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    fs::write(at("t.csv"), many_rows()).expect("written");
    fs::write(at("m.ron"), MIXTURE).expect("written");
    let fit = |more: &[&str]| {
        let model = at("m.ron");
        let mut args = vec!["fit", &model, "--max-iterations", "2", "--max-memory", "2MB", "--quiet"];
        args.extend(more);
        run(&args)
    };
    let o = fit(&[]);
    assert_eq!(o.status.code(), Some(3), "{}", err(&o));
    let o = fit(&["--nodes", "z"]);
    assert!(o.status.code() == Some(1) && err(&o).contains("`z`, moments and η"), "{}", err(&o));
}
