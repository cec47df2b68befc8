//! A table: named columns of one length, and where each row stands. Not how it is read.

use super::column::Column;
use crate::{
    diag::{DataPlace, Diagnostic},
    source::Span,
};
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
    pub header: Vec<String>,
    /// The columns that were kept, in their order.
    pub columns: Vec<Column>,
    /// Where the column of a name stands: tables have thousands.
    index: HashMap<String, usize>,
    pub(super) places: Places,
}

/// Where a table's rows stand, without its cells: for messages about values that are made when the table is
/// gone.
#[derive(Clone, Debug)]
pub struct RowPlaces {
    path: Option<String>,
    columns: Vec<String>,
    places: Places,
}

impl RowPlaces {
    /// Adds the place of a cell to a diagnostic: file and line, or the span in the model. `cell` is the cell
    /// as printed.
    #[must_use]
    pub fn blame(&self, d: Diagnostic, row: usize, column: &str, cell: Option<String>) -> Diagnostic {
        match &self.places {
            Places::Lines(lines) => match &self.path {
                Some(path) => {
                    let line = lines.line(row);
                    d.in_data(DataPlace {
                        path: path.clone(),
                        line,
                        column: Some(column.to_owned()),
                        cell,
                        excerpt: None,
                    })
                }
                None => d,
            },
            Places::Numbered => match &self.path {
                Some(path) => {
                    d.note(format!("it stands in row {} of column `{column}` of `{path}`", row + 1))
                }
                None => d,
            },
            Places::Spans(spans) => {
                match self.columns.iter().position(|c| c == column).and_then(|at| spans[at].get(row)) {
                    Some(&span) => d.at(span, format!("row {} of `{column}`", row + 1)),
                    None => d,
                }
            }
        }
    }
}

/// Where the rows stand.
#[derive(Clone, Debug)]
pub(super) enum Places {
    /// In a file.
    Lines(Lines),
    /// In the model: a span for each kept column and row.
    Spans(Vec<Vec<Span>>),
    /// In a file without lines: rows are counted from 1.
    Numbered,
}

/// The line of each row, kept as the rows where the count does not simply go on by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    jumps: Vec<(usize, usize)>,
    /// Line less row since the last jump.
    ahead: usize,
}

impl Lines {
    /// Row `row` begins on `line`; rows come in order.
    #[inline]
    pub(super) fn push(&mut self, row: usize, line: usize) {
        if self.jumps.is_empty() || row.wrapping_add(self.ahead) != line {
            self.jumps.push((row, line));
            self.ahead = line.wrapping_sub(row);
        }
    }
    #[cfg(test)]
    pub(super) fn jumps(&self) -> usize {
        self.jumps.len()
    }
    /// The line of `row`, from 1.
    pub(super) fn line(&self, row: usize) -> usize {
        let after = self.jumps.partition_point(|&(first, _)| first <= row);
        self.jumps[..after].last().map_or(row + 1, |&(first, line)| line + (row - first))
    }
}

impl Table {
    pub(super) fn new(
        name: String,
        path: Option<String>,
        rows: usize,
        header: Vec<String>,
        columns: Vec<Column>,
        places: Places,
    ) -> Self {
        let index = columns.iter().map(|c| c.name.clone()).zip(0..).collect();
        Self { name, path, rows, header, columns, index, places }
    }

    /// The column of that name, if it was kept.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.index.get(name).map(|&i| &self.columns[i])
    }

    /// Where in its file a row stands, and one of its cells; `None` for a table written in the model. Numbers
    /// are printed as they were understood (`1.50` as `1.5`): the file's text is not kept.
    pub fn place(&self, row: usize, column: Option<&str>) -> Option<DataPlace> {
        let (Some(path), Places::Lines(lines)) = (&self.path, &self.places) else { return None };
        Some(DataPlace {
            path: path.clone(),
            line: lines.line(row),
            column: column.map(str::to_owned),
            cell: column.and_then(|c| self.column(c)).map(|c| c.cell(row)),
            excerpt: None,
        })
    }

    /// Adds the place of a cell to a diagnostic: file and line, or the span in the model.
    #[must_use]
    pub fn blame(&self, d: Diagnostic, row: usize, column: &str) -> Diagnostic {
        self.row_places().blame(d, row, column, self.column(column).map(|c| c.cell(row)))
    }

    /// Where the rows stand.
    pub fn row_places(&self) -> RowPlaces {
        let columns = self.columns.iter().map(|c| c.name.clone()).collect();
        RowPlaces { path: self.path.clone(), columns, places: self.places.clone() }
    }

    /// How to speak of a row in a message: `line 7`, or `row 6` for a table written in the model.
    pub(super) fn row_name(&self, row: usize) -> String {
        match &self.places {
            Places::Lines(lines) => format!("line {}", lines.line(row)),
            Places::Spans(_) | Places::Numbered => format!("row {}", row + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_are_kept_only_where_they_jump() {
        let mut lines = Lines::default();
        let want = [2, 3, 4, 7, 8, 12];
        for (row, &line) in want.iter().enumerate() {
            lines.push(row, line);
        }
        assert_eq!((0..want.len()).map(|r| lines.line(r)).collect::<Vec<_>>(), want);
        assert_eq!(lines.jumps(), 3, "one entry per jump: {lines:?}");
    }
}
