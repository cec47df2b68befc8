//! What `fit` prints of every model of `graphs`, on a narrow and on a wide page.

use elbow::{
    Model, Options,
    report::{FORMATS, Page},
};
use std::path::Path;

/// Enough for a settled page, and quick.
const ITERATIONS: usize = 30;

#[test]
fn reports_of_every_graph() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphs");
    let mut all: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|x| x == "ron"));
    all.sort();
    assert!(all.len() >= 20, "only {} models were found", all.len());
    for path in all {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let model = Model::from_file(&path).unwrap_or_else(|e| panic!("{e}"));
        let options = Options { max_iterations: ITERATIONS, restarts: 1, ..Options::default() };
        let posterior = model.fit(&options).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut both = String::new();
        for width in [80, 120] {
            let mut out = vec![];
            FORMATS[0].write(&posterior, &Page { width, ..Page::default() }, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let lines = text.lines().filter(|l| !l.contains('`') && !l.starts_with("best of"));
            let widest = lines.map(|l| l.chars().count()).max().unwrap_or(0);
            assert!(widest <= width, "{name}: a line of {widest} columns on a page of {width}\n{text}");
            both += &format!("{width} columns\n\n{text}\n");
        }
        insta::assert_snapshot!(format!("report_{name}"), both);
    }
}
