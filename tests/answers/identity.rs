//! Rows are who their names say, whatever the order of files; levels are what is written; a column without a
//! level is an error before the fit.

use elbow::{Error, Model, Nodes, Options};
use std::fs;

fn fit(text: &str) -> Result<elbow::Posterior, Error> {
    Model::from_text(text)?.fit(&Options { nodes: Nodes::All, ..Options::default() })
}

#[track_caller]
fn refused(text: &str, code: &str, words: &[&str]) {
    let e = fit(text).err().unwrap_or_else(|| panic!("fits: {text}"));
    assert!(e.codes().contains(&code), "{:?}: {e}", e.codes());
    for w in words {
        assert!(e.to_string().contains(w), "no {w:?} in {e}");
    }
}

fn schools(ids: &str, x: &str, named: &str, kind: &str) -> String {
    format!(
        r#"Model(
            data: {{ "schools": {{ "school": [{ids}], "x": [{x}] }},
                     "pupils": {{ "school": [{named}], "y": [0, 0, 100, 1, -1, 101] }} }},
            plates: {{ "g": Rows({kind}), "n": Rows(table: "pupils") }},
            nodes: {{
                "b": Normal(mean: 0, sd: 10),
                "u[g]": Normal(mean: "b * x[g]", sd: 1),
                "y[n]": Normal(mean: "u[school[n]]", sd: 1),
            }},
            observe: {{ "y": "y" }},
        )"#
    )
}

const PLAIN: &str = r#"table: "schools""#;
const NAMED: &str = r#"table: "schools", id: "school""#;

#[test]
fn rows_are_found_by_their_names() {
    let words = r#""A", "B", "C", "A", "B", "C""#;
    let mut means = vec![];
    for (ids, x) in [(r#""C", "A", "B""#, "100, 0, 0"), (r#""A", "B", "C""#, "0, 0, 100")] {
        let p = fit(&schools(ids, x, words, NAMED)).unwrap();
        means.push(p.node("b").unwrap().mean()[0]);
        let labels: Vec<String> = ids.split(", ").map(|s| s.trim_matches('"').to_owned()).collect();
        assert_eq!(p.node("u").unwrap().labels(), labels);
    }
    assert!((means[0] - 1.0).abs() < 0.02 && (means[0] - means[1]).abs() < 1e-12, "{means:?}");
    // Numbers that are names, whatever their size.
    let p = fit(&schools("3, 1, 2", "100, 0, 0", "1, 2, 3, 1, 2, 3", NAMED)).unwrap();
    assert!((p.node("b").unwrap().mean()[0] - means[0]).abs() < 1e-12);
}

#[test]
fn rows_without_names_are_meant_by_number_or_not_at_all() {
    let words = r#""A", "B", "C", "A", "B", "C""#;
    let hint = r#"id: "school""#;
    refused(&schools(r#""C", "A", "B""#, "100, 0, 0", words, PLAIN), "E0643", &["`A`", hint]);
    refused(&schools("30, 10, 20", "1, 0, 0", "10, 20, 30, 10, 20, 30", PLAIN), "E0643", &["`10`", hint]);
    refused(&schools("3, 1, 2", "1, 0, 0", "1, 2, 3, 1, 2, 3", PLAIN), "E0643", &["row 1 is `3`", hint]);
    refused(&schools("0, 1, 2", "1, 0, 0", "0, 1, 2, 0, 1, 2", PLAIN), "E0643", &["`0`"]);
    let p = fit(&schools("1, 2, 3", "0, 0, 100", "1, 2, 3, 1, 2, 3", PLAIN)).unwrap();
    assert!((p.node("b").unwrap().mean()[0] - 1.0).abs() < 0.02);
    // Two rows of one name, and a name that no row has.
    refused(&schools(r#""C", "A", "C""#, "1, 0, 0", words, NAMED), "E0637", &["`C`"]);
    refused(&schools(r#""C", "A", "D""#, "1, 0, 0", words, NAMED), "E0633", &["`B`"]);
}

/// Levels of the category of a table in a file.
fn levels(csv: &str) -> Result<Vec<String>, Error> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), csv).unwrap();
    let path = folder.path().join("m.ron");
    fs::write(
        &path,
        r#"Model(data: { "d": "d.csv" }, plates: { "n": Rows(table: "d") },
            nodes: { "p": Dirichlet(concentration: 1, over: "d.y"), "y[n]": Categorical(p: "p") },
            observe: { "y": "y" })"#,
    )
    .unwrap();
    Ok(Model::from_file(&path)?.fit(&Options::default())?.node("p")?.labels())
}

#[test]
fn levels_are_kept_as_written() {
    for (csv, want) in [
        ("y,x\n01234,1\n1234,1\n01234,1\n", &["01234", "1234"][..]),
        ("y,x\n7,1\n007,1\n7.0,1\n", &["007", "7", "7.0"]),
        ("y,x\n0,1\n12,1\n-3,1\n", &["-3", "0", "12"]),
        ("y,x\n+7,1\n7,1\n", &["+7", "7"]),
        ("y,x\n10.0,1\n9.0,1\n,1\n", &["9.0", "10.0"]),
        ("y,x\n1e3,1\n1000,1\n", &["1000", "1e3"]),
        ("y,x\n9007199254740993,1\n9007199254740992,1\n", &["9007199254740992", "9007199254740993"]),
    ] {
        assert_eq!(levels(csv).unwrap(), want, "{csv}");
    }
    assert!(levels("y,x\n1.5,1\n2.50,1\n").unwrap_err().codes().contains(&"E0613"));
}

#[test]
fn a_column_without_a_level_is_an_error_with_its_name() {
    let e = levels("y,x\n,1\n,2\n").unwrap_err();
    assert!(e.codes().contains(&"E0632") && e.to_string().contains("`y`"), "{e}");
    refused(
        r#"Model(data: { "d": { "y": ["", "NA"], "x": [1, 2] } }, plates: { "h": Groups(column: "d.y") },
            nodes: { "m[h]": Normal(mean: 0, sd: 1) })"#,
        "E0632",
        &["`y`"],
    );
    // Where the levels have another source, all cells may be missing.
    let p = fit(
        r#"Model(data: { "d": { "y": ["", "NA"], "x": [1, 2] } }, plates: { "n": Rows(table: "d"), "k": Size(2) },
            nodes: { "p": Dirichlet(concentration: 1, over: "k"), "y[n]": Categorical(p: "p") },
            observe: { "y": "y" })"#,
    )
    .unwrap();
    assert_eq!(p.node("p").unwrap().mean(), [0.5, 0.5]);
}

#[test]
fn sizes_of_one_length_are_one_axis() {
    let model = |over: &str| {
        format!(
            r#"Model(data: {{ "d": {{ "x": [-1.1, -1.2, 0.1, 1.2, 0.8, 0.9, -0.5, -1.3] }} }},
            plates: {{ "t": Steps(table: "d"), "k": Size(3), "j": Size(3) }},
            nodes: {{ "v[k,j]": Beta(alpha: 1, beta: 1), "s": Dirichlet(concentration: 1, over: "{over}"),
                "m[k]": Normal(mean: 0, precision: 0.1), "z[0]": Categorical(p: "s"),
                "z[t]": Categorical(p: "stick(v[z[t-1]])"), "x[t]": Normal(mean: "m[z[t]]", precision: 4) }},
            observe: {{ "x": "x" }})"#
        )
    };
    let elbos = ["k", "j"].map(|over| fit(&model(over)).unwrap().elbo);
    assert!((elbos[0] - elbos[1]).abs() < 1e-9 * elbos[1].abs(), "{elbos:?}");
}

/// Pupils by school, what is known of schools in a table of their own, in another order and with one more.
fn by_school(lines: &str, names: &str) -> String {
    format!(
        r#"Model(
            data: {{ "schools": {{ "school": [{names}], "private": [5, 0, 1, 0], "sector": ["x", "t", "u", "t"], "size": [0, 7, 8, 0] }},
                     "pupils": {{ "school": ["A", "B", "C", "A", "B"], "y": [1, 5, 2, 0, 6] }} }},
            plates: {{ "n": Rows(table: "pupils"), "g": Groups(column: "pupils.school"), "s": Rows(table: "schools", id: "school"),
                       "k": Size(3), "r": Groups(column: "schools.sector") }},
            nodes: {{
                "b": Normal(mean: 0, sd: 10), "c[r]": Normal(mean: 0, sd: 1), "e[k]": Normal(mean: 0, sd: 1),
                {lines},
                "y[n]": Normal(mean: "u[school[n]]", sd: 1),
            }},
            observe: {{ "y": "y" }},
        )"#
    )
}

#[test]
fn groups_read_the_rows_of_their_names() {
    let names = r#""Z", "C", "B", "A""#;
    let read = r#""u[g]": Normal(mean: "b * private[g] + e[1]", sd: 1)"#;
    let p = fit(&by_school(read, names)).unwrap();
    // The same of a plate over the rows themselves; Z has no pupils and says nothing.
    let rows = by_school(&read.replace("[g]", "[s]"), names);
    let q = fit(&rows).unwrap();
    for node in ["b", "e"] {
        for (a, b) in p.node(node).unwrap().mean().iter().zip(q.node(node).unwrap().mean()) {
            assert!((a - b).abs() < 1e-9, "{node}: {a} {b}");
        }
    }
    let (u, v) = (p.node("u").unwrap(), q.node("u").unwrap());
    assert_eq!((u.labels(), v.labels()[0].as_str()), (["A", "B", "C"].map(String::from).to_vec(), "Z"));
    for (i, k) in [(0, 3), (1, 2), (2, 1)] {
        assert!((u.mean()[i] - v.mean()[k]).abs() < 1e-9, "{:?} {:?}", u.mean(), v.mean());
    }
    // By the table's name, and in what else may be known.
    let scale = r#""u[g]": Normal(mean: "b * schools.private[g]", sd: "exp(schools.private[g])")"#;
    assert!(fit(&by_school(scale, names)).is_ok());
    let strays = r#""Z", "C", "B", "D""#;
    refused(
        &by_school(read, strays),
        "E0633",
        &["no row of `schools` is named `A`", "`Z`, `C`, `B`, `D`", "group"],
    );
    let picked = r#""u[g]": Normal(mean: "c[sector[g]]", sd: 1)"#;
    refused(&by_school(picked, names), "E0213", &["picks no element of `c`", "`sector[s]`"]);
    refused(&by_school(r#""u[g]": Normal(mean: "log(size[g])", sd: 1)"#, names), "E0642", &["`log(0)`"]);
    refused(&by_school(r#""u[g]": Normal(mean: "pupils.y[g]", sd: 1)"#, names), "E0215", &["id: "]);
}

/// The place is the expression that picks, not the whole line.
#[test]
fn rows_of_two_tables_in_one_line_are_told_at_the_second() {
    let text = r#"Model(
        data: { "a": { "g": ["p", "q"], "x": [1, 2] }, "b": { "h": ["r", "s", "r"], "id": ["a", "b", "c"], "x": [1, 2, 3] } },
        plates: { "n": Rows(table: "a"), "m": Rows(table: "b", id: "id"), "i": Groups(column: "a.g"), "j": Groups(column: "b.h") },
        nodes: {
            "u[i]": Normal(mean: 0, precision: 1),
            "v[j]": Normal(mean: 0, precision: 1),
            "y[n,m]": Normal(mean: "u[g[n]] + v[h[m]]", precision: 1),
            "x[n]": Normal(mean: "y[n, 'a']", precision: 1),
        },
        factorize: MeanField,
        observe: { "x": "x" },
    )"#;
    let e = fit(text).expect_err("two tables").to_string();
    assert!(e.contains("E0409") && e.contains("a row for each pair of rows"), "{e}");
    let caret = e.lines().find(|l| l.contains('^')).unwrap_or_default();
    assert_eq!(caret.matches('^').count(), "v[h[m]]".len(), "{e}");
}
