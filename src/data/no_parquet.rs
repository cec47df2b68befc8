//! What a `.parquet` file meets in a build without the feature `parquet`. Not here: reading one.

use super::{Table, TableFile, errors};
use crate::diag::Diagnostic;

/// One line for `list`.
pub const ABOUT: &str = "a Parquet table; this build does not read it (feature `parquet`)";

/// Says how to get a build that reads the table.
///
/// # Errors
/// Always.
pub fn read(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    let title = format!("`{}` is a Parquet file, which this build of elbow does not read", source.path);
    Err(Diagnostic::error(errors::FORMAT, title)
        .note("it was built without the feature `parquet`")
        .help("build it with `--features parquet`, or write the table as `.csv`"))
}

#[cfg(test)]
mod tests {
    use crate::data::{MemoryFiles, read};

    #[test]
    fn says_how_to_build_one_that_reads_it() {
        let files = MemoryFiles::new().with("a.parquet", b"PAR1");
        let d = read(&files, "t", "a.parquet", None).expect_err("not read");
        assert_eq!(d.code.0, "E0602");
        assert!(d.helps.iter().any(|h| h.contains("--features parquet")), "{d:?}");
    }
}
