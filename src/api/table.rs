//! A table made of vectors. Not here: tables read from files (`data`).

use crate::{
    data::{self, CellRef, TableBuilder},
    diag::Diagnostic,
};

/// A table made of vectors, to stand in the place of one that a model names: named columns, one cell for each
/// row.
///
/// ```
/// let table = elbow::Table::new()
///     .numbers("height", [1.81, 1.67, f64::NAN])
///     .texts("group", ["a", "b", "b"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<(String, Column)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Column {
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

impl Table {
    /// Without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of numbers: of a `Vec<f64>`, an array or a slice, by value or by reference. NaN is a missing
    /// cell. Counts and truth values are numbers, too.
    #[must_use]
    pub fn numbers(mut self, name: impl Into<String>, cells: impl AsRef<[f64]>) -> Self {
        self.columns.push((name.into(), Column::Numbers(cells.as_ref().to_vec())));
        self
    }

    /// Adds a column of texts: names of groups, categories, sequences. An empty one is a missing cell.
    #[must_use]
    pub fn texts<S: AsRef<str>>(
        mut self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = S>,
    ) -> Self {
        self.columns
            .push((name.into(), Column::Texts(cells.into_iter().map(|c| c.as_ref().to_owned()).collect())));
        self
    }

    /// The table that a model calls `name`.
    // A diagnostic is made once, where a run ends: its size costs nothing.
    #[allow(clippy::result_large_err)]
    pub(super) fn build(&self, name: &str) -> Result<data::Table, Diagnostic> {
        let mut builder = TableBuilder::new(name);
        for (name, column) in &self.columns {
            match column {
                Column::Numbers(cells) => {
                    builder.push_column(name, cells.iter().map(|&x| CellRef::Number(x)));
                }
                Column::Texts(cells) => builder.push_column(name, cells.iter().map(|t| CellRef::Text(t))),
            }
        }
        builder.finish()
    }
}
