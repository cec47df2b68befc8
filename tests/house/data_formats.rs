//! Files of other programs, each read to the same table as the `.csv` beside it. `tests/data/formats/make.py`
//! wrote them.

use elbow::data::{self, Files, MemoryFiles, Table};
use std::{fs, io::Read, path::Path};

struct Folder;

impl Files for Folder {
    fn open(&self, path: &Path) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(fs::File::open(place(&path.to_string_lossy()))?))
    }
}

fn place(path: &str) -> String {
    format!("{}/tests/data/formats/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> Table {
    data::read(&Folder, "t", path, None).unwrap_or_else(|d| panic!("{path}: {d:?}"))
}

/// Column names with their cells as printed.
fn cells(t: &Table) -> Vec<(String, Vec<String>)> {
    t.columns.iter().map(|c| (c.name.clone(), (0..t.rows).map(|r| c.cell(r)).collect())).collect()
}

#[test]
fn formats_hold_what_the_csv_beside_them_holds() {
    for (csv, others) in [
        ("rows.csv", &["rows.npy", "rows_fortran.npy", "rows_big.npy"][..]),
        (
            "whole.csv",
            &["whole_i2.npy", "whole_i4_big.npy", "whole_i8.npy", "whole_f4.npy", "whole_f4_big.npy"],
        ),
        ("sequences.csv", &["sequences.npy", "sequences_fortran.npy"]),
        ("table.csv", &["table_none.parquet", "table_snappy.parquet", "table_gzip.parquet"]),
        ("sparse.csv", &["sparse.mtx"]),
        ("dense.csv", &["dense.mtx"]),
    ] {
        let want = read(csv);
        for other in others {
            let got = read(other);
            assert_eq!(got.header, want.header, "{other}");
            assert_eq!(cells(&got), cells(&want), "{other}");
        }
    }
}

/// Files compressed with zstd are read where the crate was built for it; elsewhere the error says how to.
#[test]
fn zstd_is_a_feature() {
    if cfg!(feature = "zstd") {
        assert_eq!(cells(&read("table_zstd.parquet")), cells(&read("table.csv")));
    } else {
        let d = data::read(&Folder, "t", "table_zstd.parquet", None).expect_err("not read");
        assert_eq!(d.code.0, "E0619");
        assert!(d.helps.iter().any(|h| h.contains("--features zstd")), "{d:?}");
    }
}

#[test]
fn a_symmetric_matrix_has_both_triangles() {
    let entries = |path: &str| {
        let t = read(path);
        let mut all: Vec<[String; 3]> =
            (0..t.rows).map(|r| [0, 1, 2].map(|c| t.columns[c].cell(r))).collect();
        all.retain(|e| e[2] != "0");
        all.sort();
        all
    };
    let want =
        [["1", "1", "2"], ["1", "3", "1"], ["2", "2", "3"], ["3", "1", "1"]].map(|e| e.map(str::to_string));
    assert_eq!(entries("symmetric.mtx"), want);
    assert_eq!(entries("symmetric_dense.mtx"), want);
}

#[test]
fn texts_of_a_parquet_file_are_words() {
    let t = read("table_snappy.parquet");
    let fault = |name: &str| t.column(name).expect("kept").as_numbers(&t).expect_err("words").code.0;
    assert_eq!((fault("word"), fault("truth")), ("E0612", "E0612"));
    let truths = t.column("truth").expect("kept").as_bool01(&t).expect("truth values");
    assert_eq!(
        truths.iter().map(|x| if x.is_nan() { 9.0 } else { x }).take(5).collect::<Vec<_>>(),
        [1.0, 0.0, 0.0, 1.0, 9.0]
    );
    let d = t.column("whole").expect("kept").as_known(&t, "a covariate").expect_err("a null");
    assert!(d.code.0 == "E0617" && d.notes.iter().any(|n| n.contains("row 2")), "{d:?}");
}

#[test]
fn columns_that_are_not_wanted_may_hold_anything() {
    let wanted = |name: &str| name == "x";
    let t = data::read(&Folder, "t", "refused.parquet", Some(&wanted)).expect("x is a column of numbers");
    assert_eq!(cells(&t), [("x".to_string(), vec!["1".to_string(), "2".to_string()])]);
    let fault = |path: &str| data::read(&Folder, "t", path, None).map(|t| cells(&t)).expect_err(path);
    let d = fault("refused.parquet");
    assert!(d.code.0 == "E0619" && d.title.contains("`day`") && d.title.contains("dates"), "{d:?}");
    let d = fault("long.parquet");
    assert!(d.code.0 == "E0619" && d.title.contains("row 2") && d.title.contains("`id`"), "{d:?}");
}

/// A text file with a mistake: what its message must hold, and the line.
#[test]
fn faults_of_text_files_name_their_line() {
    let mtx = "%%MatrixMarket matrix coordinate real general\n";
    for (path, text, code, line, word) in [
        ("a.mtx", String::new(), "E0603", None, "empty"),
        ("a.mtx", "1 2 3\n".into(), "E0619", Some(1), "Matrix Market"),
        ("a.mtx", mtx.replace("real", "complex"), "E0619", Some(1), "complex"),
        ("a.mtx", mtx.replace("general", "hermitian"), "E0619", Some(1), "hermitian"),
        ("a.mtx", format!("{mtx}% only a comment\n"), "E0619", Some(3), "sizes"),
        ("a.mtx", format!("{mtx}2 2\n"), "E0619", Some(2), "`2 2`"),
        ("a.mtx", format!("{mtx}2 2 1\n1 x 3\n"), "E0619", Some(3), "`1 x 3`"),
        ("a.mtx", format!("{mtx}2 2 1\n1 1 3 4\n"), "E0619", Some(3), "`1 1 3 4`"),
        ("a.mtx", format!("{mtx}2 2 1\n0 1 3\n"), "E0619", Some(3), "row 0"),
        ("a.mtx", format!("{mtx}2 2 1\n\n1 3 3\n"), "E0619", Some(4), "column 3"),
        ("a.mtx", format!("{mtx}2 2 2\n1 1 3\n"), "E0619", Some(4), "after 1 of the 2"),
        ("a.mtx", format!("{mtx}2 2 1\n1 1 3\n1 2 3\n"), "E0619", Some(4), "more than the 1"),
        ("a.mtx", format!("{mtx}2 2 0\n"), "E0604", None, "without entries"),
        ("a.svm", String::new(), "E0603", None, "empty"),
        ("a.svm", "# nothing\n".into(), "E0604", None, "no rows"),
        ("a.svm", "1 1:2\nx 1:2\n".into(), "E0619", Some(2), "`x`"),
        ("a.svm", "1 1:2\n0 1:\n".into(), "E0619", Some(2), "`1:`"),
        ("a.svm", "1 qid:3 1:2\n".into(), "E0619", Some(1), "`qid:3`"),
        ("a.svm", "1 2:1 2:3\n".into(), "E0619", Some(1), "feature 2 comes after feature 2"),
        ("a.ldac", String::new(), "E0603", None, "empty"),
        ("a.ldac", "1 0:1\n3 0:1 4:2\n".into(), "E0619", Some(2), "announces 3 words and has 2"),
        ("a.ldac", "1 0-1\n".into(), "E0619", Some(1), "`0-1`"),
        ("a.ldac", "0\n".into(), "E0604", None, "no words"),
    ] {
        let files = MemoryFiles::new().with(path, &text);
        let d = data::read(&files, "t", path, None).map(|t| cells(&t)).expect_err(&text);
        assert_eq!((d.code.0, d.data.as_ref().map(|p| p.line)), (code, line), "{text:?}: {d:?}");
        assert!(d.title.contains(word), "{text:?}: {d:?}");
    }
}

#[test]
fn sparse_rows_become_columns_and_documents_rows() {
    let files = MemoryFiles::new()
        .with("a.svm", "# made by hand\n1 1:0.5 3:2 # the first\n\n-1 2:nan\n+2\n")
        .with("zero.svm", "1 0:4 2:5\n")
        .with("a.ldac", "2 0:1 7:3\n0\n1 2:2\n");
    let shown = |path: &str| {
        let t = data::read(&files, "t", path, None).unwrap_or_else(|d| panic!("{path}: {d:?}"));
        let lines: Vec<usize> = (0..t.rows).map(|r| t.place(r, None).expect("a line").line).collect();
        (
            cells(&t)
                .into_iter()
                .map(|(name, cells)| format!("{name}: {}", cells.join(" ")))
                .collect::<Vec<_>>()
                .join("; "),
            lines,
        )
    };
    assert_eq!(shown("a.svm"), ("label: 1 -1 2; 1: 0.5 0 0; 2: 0  0; 3: 2 0 0".into(), vec![2, 4, 5]));
    assert_eq!(shown("zero.svm"), ("label: 1; 0: 4; 1: 0; 2: 5".into(), vec![1]));
    assert_eq!(shown("a.ldac"), ("doc: 1 1 3; word: 0 7 2; count: 1 3 2".into(), vec![1, 1, 3]));
}

#[test]
fn binary_files_cut_anywhere_are_errors() {
    for path in ["rows.npy", "sequences_fortran.npy", "table_snappy.parquet", "table_zstd.parquet"] {
        let whole = fs::read(place(path)).expect("committed");
        for end in (0..whole.len()).step_by(7) {
            let files = MemoryFiles::new().with(path, &whole[..end]);
            let d = data::read(&files, "t", path, None).map(|t| cells(&t)).expect_err("cut");
            assert!(["E0603", "E0619"].contains(&d.code.0), "{path} cut at {end}: {d:?}");
        }
    }
    // Compressed by column inside, so not as a whole.
    let files = MemoryFiles::new().with("a.parquet.gz", b"");
    assert_eq!(data::read(&files, "t", "a.parquet.gz", None).expect_err("no seeking").code.0, "E0602");
}
