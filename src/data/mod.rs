//! Tables, columns, levels, missing cells; one file per format. Opens no file by itself and knows no model.
//!
//! A format is one file here and one line in [`FORMATS`]. What a column is (numbers, categories, counts) is
//! decided by the use made of it: see the `as_…` functions of [`Column`].

// A diagnostic is made once, where a run ends: its size costs nothing.
#![allow(clippy::result_large_err)]

mod assembly;
pub mod category;
pub mod cell;
pub mod column;
pub mod csv;
pub mod errors;
mod excerpt;
pub mod files;
mod flip;
#[cfg(feature = "parquet")]
mod foreign;
pub mod groups;
pub mod header;
pub mod inline;
mod interner;
pub mod ldac;
mod limits;
mod lines;
pub mod mtx;
pub mod needs;
pub mod npy;
#[cfg(feature = "parquet")]
pub mod parquet;
#[cfg(not(feature = "parquet"))]
#[path = "no_parquet.rs"]
pub mod parquet;
mod readings;
pub mod records;
pub mod row_places;
pub mod sequences;
mod spelling;
pub mod strided;
pub mod svm;
pub mod table;
mod table_file;

use std::{
    io::{Read, SeekFrom},
    path::{Path, PathBuf},
};

use crate::diag::Diagnostic;

pub use category::{Category, MISSING, join_levels};
pub use column::{Cells, Column};
pub use files::{Files, MemoryFiles, Seekable};
pub use groups::Groups;
pub use header::Header;
pub use inline::{CellRef, TableBuilder};
pub use needs::{Needs, Wanted};
pub use row_places::RowPlaces;
pub use sequences::Sequences;
pub use strided::Strided;
pub use table::Table;
pub use table_file::TableFile;

/// One registered format.
#[derive(Clone, Copy, Debug)]
pub struct TableFormat {
    /// The end of the file name, with its dot.
    pub extension: &'static str,
    /// One line for `list` and the book.
    pub about: &'static str,
    /// Reads a table.
    pub read: fn(&TableFile<'_>) -> Result<Table, Diagnostic>,
}

/// Every format, by the extension that asks for it.
pub const FORMATS: &[TableFormat] = &[
    TableFormat {
        extension: ".csv",
        about: "cells between commas, or semicolons where the header shows them",
        read: csv::read_csv,
    },
    TableFormat { extension: ".tsv", about: "cells between tabs", read: csv::read_tsv },
    TableFormat {
        extension: ".npy",
        about: "a NumPy array of one, two or three axes; columns `1`, `2`, …",
        read: npy::read,
    },
    TableFormat { extension: ".parquet", about: parquet::ABOUT, read: parquet::read },
    TableFormat {
        extension: ".mtx",
        about: "a matrix of the Matrix Market; columns `row`, `column`, `value`",
        read: mtx::read,
    },
    TableFormat {
        extension: ".svm",
        about: "rows of a label and sparse features, as libsvm has them; columns `label`, `1`, `2`, …",
        read: svm::read,
    },
    TableFormat {
        extension: ".ldac",
        about: "word counts by document, as lda-c has them; columns `doc`, `word`, `count`",
        read: ldac::read,
    },
];

/// Reads the table `name` from `path`; the extension names the format, and `.gz` behind it is decompressed.
///
/// # Errors
/// Every mistake in the file, as a diagnostic of the E06 codes with the line; the caller adds the place in
/// the model.
pub fn read(
    files: &dyn Files,
    name: &str,
    path: impl AsRef<Path>,
    wanted: Option<Wanted<'_>>,
) -> Result<Table, Diagnostic> {
    let place = path.as_ref();
    // A path need not be text. Messages and the end of its name take what is.
    let shown = place.to_string_lossy();
    let path: &str = &shown;
    let (stem, _) = stem(path);
    let Some(format) = FORMATS.iter().find(|f| stem.ends_with(f.extension)) else {
        return Err(unknown_format(name, path));
    };
    let open = || open(files, place);
    let seek = || files.open_to_seek(place);
    let length = || length(files, place);
    (format.read)(&TableFile { name, path, open: &open, seek: &seek, length: &length, wanted })
        .map_err(|d| show_line_of(files, place, d))
}

/// Adds the text of the file's line to a diagnostic that names one, by reading the file up to there again.
/// [`read`] does so itself; the `as_…` functions of [`Column`] know no files.
#[must_use]
pub fn show_line(files: &dyn Files, d: Diagnostic) -> Diagnostic {
    let Some(path) = d.data.as_ref().map(|place| PathBuf::from(&place.path)) else { return d };
    show_line_of(files, &path, d)
}

fn show_line_of(files: &dyn Files, path: &Path, mut d: Diagnostic) -> Diagnostic {
    if let Some(place) = d.data.as_mut().filter(|p| p.excerpt.is_none()) {
        place.excerpt = open(files, path).ok().and_then(|input| excerpt::line_of(input, place.line));
    }
    d
}

/// The path in small letters without `.gz`, and whether it had that.
fn stem(path: &str) -> (String, bool) {
    let lower = path.to_ascii_lowercase();
    lower.strip_suffix(".gz").map(|stem| (stem.to_owned(), true)).unwrap_or((lower, false))
}

/// How many bytes a file has, decompressed; `None` for one that cannot be read twice.
fn length(files: &dyn Files, path: &Path) -> Option<u64> {
    if is_folded(path) {
        return std::io::copy(&mut open(files, path).ok()?, &mut std::io::sink()).ok();
    }
    files.open_to_seek(path).ok()?.seek(SeekFrom::End(0)).ok()
}

fn is_folded(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"))
}

fn open(files: &dyn Files, path: &Path) -> std::io::Result<Box<dyn Read>> {
    let raw = files.open(path)?;
    Ok(if is_folded(path) { Box::new(limits::Unfolded::new(raw)) } else { raw })
}

fn unknown_format(name: &str, path: &str) -> Diagnostic {
    let known: Vec<String> = FORMATS.iter().map(|f| format!("`{}`", f.extension)).collect();
    Diagnostic::error(errors::FORMAT, format!("the format of `{path}` is not known"))
        .note(format!("the end of a file's name says how table `{name}` is read"))
        .help(format!("use one of {}, or one of them with `.gz` behind it", known.join(", ")))
}

#[cfg(test)]
mod tests;
