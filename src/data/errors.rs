//! The codes of data errors; each constructor stands beside the check that finds the mistake.

use super::TableFile;
use crate::diag::{Code, Diagnostic};
use std::io::Error;

/// A file that cannot be opened or read to its end.
pub const UNREADABLE: Code = Code("E0601");
/// A file whose extension names no known format.
pub const FORMAT: Code = Code("E0602");
/// A file without bytes.
pub const EMPTY: Code = Code("E0603");
/// A header without rows.
pub const NO_ROWS: Code = Code("E0604");
/// Two columns of one name.
pub const REPEATED_COLUMN: Code = Code("E0605");
/// A column without a name.
pub const UNNAMED_COLUMN: Code = Code("E0606");
/// A row with too many or too few cells.
pub const RAGGED: Code = Code("E0607");
/// Text that is not UTF-8.
pub const NOT_UTF8: Code = Code("E0608");
/// A quote that is not closed, or closed too early.
pub const QUOTE: Code = Code("E0609");
/// Columns of different lengths in a table written in the model.
pub const UNEQUAL_LENGTHS: Code = Code("E0610");
/// A word in a column of numbers.
pub const WORD: Code = Code("E0611");
/// A column of text where numbers are asked for.
pub const TEXT: Code = Code("E0612");
/// A fraction in a column of categories.
pub const NOT_WHOLE: Code = Code("E0613");
/// An infinite cell.
pub const INFINITE: Code = Code("E0614");
/// A cell that is neither 0/1 nor true/false.
pub const NOT_BOOLEAN: Code = Code("E0615");
/// A cell that is no count.
pub const NOT_COUNT: Code = Code("E0616");
/// A missing cell where none may be.
pub const MISSING_CELL: Code = Code("E0617");
/// A weight that is not above zero.
pub const WEIGHT: Code = Code("E0618");
/// A file that is not what its extension says.
pub const BAD_FILE: Code = Code("E0619");

/// A file that cannot be opened.
pub(super) fn unopened(source: &TableFile<'_>, e: &Error) -> Diagnostic {
    Diagnostic::error(UNREADABLE, format!("`{}` cannot be opened: {e}", source.path))
        .note(format!("table `{}` is read from it", source.name))
        .help("a path is relative to the model file; `--data NAME=PATH` replaces it")
}

/// A file that cannot be read on.
pub(super) fn unread(path: &str, e: &Error) -> Diagnostic {
    let d = Diagnostic::error(UNREADABLE, format!("`{path}` cannot be read to its end: {e}"));
    if path.to_ascii_lowercase().ends_with(".gz") {
        return d
            .note("its name ends in `.gz`, so it is decompressed while it is read")
            .help("check it with `gzip --test`");
    }
    d
}

/// A file without bytes.
pub(super) fn empty(source: &TableFile<'_>) -> Diagnostic {
    Diagnostic::error(EMPTY, format!("`{}` is empty", source.path))
        .help("check that the file was written to its end")
}
