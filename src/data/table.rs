//! A table: named columns of one length. Not how it is read, nor where its rows stand (`row_places`).

use super::{
    column::Column,
    header::Header,
    row_places::{RowOrigin, RowPlaces},
};
use crate::diag::{DataPlace, Diagnostic};
use std::collections::HashMap;

/// Named columns of one length.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name in the model.
    pub name: String,
    /// The file as the user named it; `None` for a table written in the model.
    pub path: Option<String>,
    /// Number of rows.
    pub rows: usize,
    /// The names of all columns in their order, with those whose cells were not kept.
    pub header: Header,
    /// The columns that were kept, in their order.
    pub columns: Vec<Column>,
    /// The line of the first of the blank lines that a file of one column ends in: each was taken as a
    /// missing cell.
    pub blank_end: Option<usize>,
    /// Where the column of a name stands: tables have thousands.
    index: HashMap<String, usize>,
    pub(super) origin: RowOrigin,
}

impl Table {
    pub(super) fn new(
        name: String,
        path: Option<String>,
        rows: usize,
        header: Header,
        columns: Vec<Column>,
        origin: RowOrigin,
    ) -> Self {
        let index = columns.iter().map(|c| c.name.clone()).zip(0..).collect();
        Self { name, path, rows, header, columns, blank_end: None, index, origin }
    }

    /// The column of that name, if it was kept.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.index.get(name).map(|&i| &self.columns[i])
    }

    /// Where in its file a row stands, and one of its cells; `None` for a table written in the model. Numbers
    /// are printed as they were understood (`1.50` as `1.5`): the file's text is not kept.
    pub fn place(&self, row: usize, column: Option<&str>) -> Option<DataPlace> {
        let (Some(path), RowOrigin::Lines(lines)) = (&self.path, &self.origin) else { return None };
        Some(DataPlace {
            path: path.clone(),
            line: lines.line(row),
            column: column.map(str::to_owned),
            cell: column.and_then(|c| self.column(c)).map(|c| c.cell(row)),
            excerpt: None,
        })
    }

    /// A line of its file.
    pub fn line(&self, line: usize) -> Option<DataPlace> {
        let path = self.path.clone()?;
        Some(DataPlace { path, line, column: None, cell: None, excerpt: None })
    }

    /// Adds the place of a cell to a diagnostic: file and line, or the span in the model.
    #[must_use]
    pub fn blame(&self, d: Diagnostic, row: usize, column: &str) -> Diagnostic {
        self.row_places().blame(d, row, column, self.column(column).map(|c| c.cell(row)))
    }

    /// Where the rows stand.
    pub fn row_places(&self) -> RowPlaces {
        let columns = self.columns.iter().map(|c| c.name.clone()).collect();
        RowPlaces { rows: None, path: self.path.clone(), columns, origin: self.origin.clone() }
    }

    /// How to speak of a row in a message: `line 7`, or `row 6` for a table written in the model.
    pub(super) fn row_name(&self, row: usize) -> String {
        match &self.origin {
            RowOrigin::Lines(lines) => format!("line {}", lines.line(row)),
            RowOrigin::Spans(_) | RowOrigin::Numbered => format!("row {}", row + 1),
        }
    }
}
