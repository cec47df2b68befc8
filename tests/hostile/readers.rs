//! Mutated files of each format, read, and every column of what was read taken as everything.

use crate::mutate::try_all;
use elbow::data::{self, MemoryFiles};
use std::{fs, io::Write};

fn kept(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/formats/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Reads a file, and takes each of its columns as all that a column can be taken as.
pub fn read_all(path: &str, bytes: &[u8]) {
    let files = MemoryFiles::new().with(path, bytes);
    let table = match data::read(&files, "t", path, None) {
        Ok(table) => table,
        Err(d) => {
            assert!(d.code.0.starts_with("E06") && !d.title.is_empty(), "{d:?}");
            return;
        }
    };
    assert_eq!(table.header.len(), table.columns.len());
    for column in &table.columns {
        assert_eq!(column.len(), table.rows);
        let _ = column.as_numbers(&table);
        let _ = column.as_known(&table, "a covariate");
        let _ = column.as_weights(&table);
        let _ = column.as_bool01(&table);
        let _ = column.as_counts(&table);
        let _ = column.cell(table.rows - 1);
        if let Ok(category) = column.as_category(&table) {
            assert!(
                category.codes.iter().all(|&c| c == data::MISSING || (c as usize) < category.levels.len())
            );
        }
    }
}

#[test]
fn csv() {
    let sound = [
        "a,b,c\n1,x,2.5\n-3,y,NA\n007,\"z, \"\"q\"\"\",1e5\n",
        "a;b\r\n1;2\r\n;3\r\n",
        "one\n1\n\n2\n\"\"\n\n",
        "\u{feff}id,name\n9007199254740993,\u{e9}\n9007199254740992, b \n",
        "x\n1.50\n2\nword\n",
    ];
    try_all(6000, &sound.map(|s| s.as_bytes().to_vec()), |bytes| {
        read_all("t.csv", bytes);
        read_all("t.tsv", bytes);
    });
}

#[test]
fn sparse_texts() {
    let svm = ["1 1:0.5 3:2\n-1 2:1e3 # note\n", "0 0:1 7:2\n", "3.5 16777215:1\n"];
    try_all(3000, &svm.map(|s| s.as_bytes().to_vec()), |bytes| read_narrow("t.svm", bytes));
    let ldac = ["2 0:1 5:2\n1 3:1\n", "1 4:7\n\n2 1:1 9007199254740991:1\n"];
    try_all(3000, &ldac.map(|s| s.as_bytes().to_vec()), |bytes| read_all("t.ldac", bytes));
    let mtx = [
        "%%MatrixMarket matrix coordinate real general\n% note\n3 4 2\n1 1 0.5\n3 4 -2\n",
        "%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n3\n",
        "%%MatrixMarket matrix array integer skew-symmetric\n3 3\n1\n2\n3\n",
        "%%MatrixMarket matrix coordinate pattern general\n9 9 1\n9 9\n",
    ];
    try_all(3000, &mtx.map(|s| s.as_bytes().to_vec()), |bytes| read_all("t.mtx", bytes));
}

/// Of a wide file only a few columns, as a model would.
fn read_narrow(path: &str, bytes: &[u8]) {
    struct Two;
    impl data::Needs for Two {
        fn keeps(&self, column: &str) -> bool {
            ["label", "2"].contains(&column)
        }
        fn names(&self) -> Option<Vec<&str>> {
            Some(vec!["label", "2"])
        }
    }
    let files = MemoryFiles::new().with(path, bytes);
    if let Ok(table) = data::read(&files, "t", path, Some(&Two)) {
        assert!(table.columns.len() <= 2);
    }
}

#[test]
fn numpy() {
    let names = ["rows.npy", "rows_fortran.npy", "whole_i2.npy", "whole_f4_big.npy", "sequences_fortran.npy"];
    let sound: Vec<Vec<u8>> = names.iter().map(|n| kept(n)).collect();
    try_all(6000, &sound, |bytes| read_all("t.npy", bytes));
}

#[test]
fn parquet() {
    let names = [
        "table_none.parquet",
        "table_snappy.parquet",
        "table_zstd.parquet",
        "table_gzip.parquet",
        "refused.parquet",
    ];
    let sound: Vec<Vec<u8>> = names.iter().map(|n| kept(n)).collect();
    try_all(6000, &sound, |bytes| read_all("t.parquet", bytes));
}

#[test]
fn gzip() {
    let pack = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    };
    let sound = [pack(b"a,b\n1,2\n3,x\n"), pack(&b"a\n1\n".repeat(200))];
    try_all(3000, &sound, |bytes| read_all("t.csv.gz", bytes));
    try_all(1500, &[pack(&kept("rows.npy")), pack(&kept("rows_fortran.npy"))], |bytes| {
        read_all("t.npy.gz", bytes);
    });
    // What is inside is mutated, too.
    try_all(1500, &[kept("rows_fortran.npy")], |bytes| read_all("t.npy.gz", &pack(bytes)));
}
