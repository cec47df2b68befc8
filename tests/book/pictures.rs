//! The drawn graphs of the book are what `elbow draw` draws. `ELBOW_BLESS=1 cargo test --test book` writes them.
//!
//! Not here: whether a drawing is a good one.

use crate::pages::golden;
use std::path::Path;

#[test]
fn pictures_are_what_is_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src/pictures");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut count = 0;
    for path in entries.filter_map(Result::ok).map(|e| e.path()) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.svg"));
        let run =
            crate::common::elbow(&["draw", &format!("graphs/{name}.ron"), "--out", &drawn.to_string_lossy()]);
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let svg = std::fs::read_to_string(&drawn).unwrap_or_else(|e| panic!("{}: {e}", drawn.display()));
        golden(&format!("book/src/pictures/{name}.svg"), &svg);
        count += 1;
    }
    assert!(count >= 3, "there are {count} pictures: are they found?");
}
