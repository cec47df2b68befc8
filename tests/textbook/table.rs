//! Reading the numbers of a test table. Not for files as people have them.

/// The rows of a CSV file of numbers with a header, relative to the package.
pub fn read(path: &str) -> Vec<Vec<f64>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.trim().parse().expect("a number")).collect())
        .collect()
}
