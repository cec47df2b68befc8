//! Files that have broken something, or were made to: each ends in an error of its kind, or in a table, and
//! costs no more than what stands in it.

use crate::readers::read_all;
use elbow::data::{self, MemoryFiles};
use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

#[test]
fn seeds_of_the_fuzz_targets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds/readers");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let began = Instant::now();
        read_all(&name, &fs::read(&path).unwrap());
        assert!(began.elapsed() < Duration::from_secs(5), "{name} took {:?}", began.elapsed());
        count += 1;
    }
    assert!(count >= 5, "{count} seeds");
}

#[test]
fn a_damaged_parquet_file_is_an_error_that_names_it() {
    let whole =
        fs::read(format!("{}/tests/data/formats/table_snappy.parquet", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut errors = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        let files = MemoryFiles::new().with("d.parquet", &bytes);
        if let Err(d) = data::read(&files, "t", "d.parquet", None) {
            assert!(d.title.contains("d.parquet") || d.title.contains("`t`"), "byte {at}: {d:?}");
            errors += 1;
        }
    }
    assert!(errors > whole.len() / 4, "{errors} of {}", whole.len());
}

#[test]
fn a_wide_sparse_file_costs_what_is_written_in_it() {
    struct Label;
    impl data::Needs for Label {
        fn keeps(&self, column: &str) -> bool {
            column == "label"
        }
        fn names(&self) -> Option<Vec<&str>> {
            Some(vec!["label"])
        }
    }
    let files = MemoryFiles::new().with("w.svm", "1 16777215:1\n2 5:1\n");
    let began = Instant::now();
    let t = data::read(&files, "t", "w.svm", Some(&Label)).unwrap();
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    assert_eq!((t.rows, t.columns.len(), t.header.len()), (2, 1, 16_777_216));
    assert!(t.header.contains("16777215") && !t.header.contains("16777216"));
}

#[test]
fn a_bomb_ends_early() {
    // Half a gigabyte of one byte, in half a megabyte.
    let mut pack = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
    let block = vec![b'1'; 1 << 20];
    (0..512).for_each(|_| pack.write_all(&block).unwrap());
    let files = MemoryFiles::new().with("b.csv.gz", pack.finish().unwrap());
    let d = data::read(&files, "t", "b.csv.gz", None).unwrap_err();
    assert_eq!(d.code.0, "E0601", "{d:?}");
    assert!(d.title.contains("200 times"), "{d:?}");
}

#[test]
fn an_endless_line_is_an_error() {
    let long = "x".repeat((1 << 28) + 10);
    for path in ["l.csv", "l.svm", "l.ldac"] {
        let files = MemoryFiles::new().with(path, &long);
        let d = data::read(&files, "t", path, None).unwrap_err();
        assert_eq!(d.code.0, "E0619", "{path}: {}", d.title);
        assert!(d.title.contains("line 1"), "{path}: {}", d.title);
    }
    let files = MemoryFiles::new().with("c.csv", ",".repeat((1 << 22) + 10));
    let d = data::read(&files, "t", "c.csv", None).unwrap_err();
    assert_eq!(d.code.0, "E0619", "{}", d.title);
}
