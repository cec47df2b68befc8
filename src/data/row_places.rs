//! Where the rows of a table stand: on lines of a file, in the model, or nowhere but in their order. Not the
//! table.

use crate::{
    diag::{DataPlace, Diagnostic},
    source::Span,
};
use std::sync::Arc;

/// Where a table's rows stand, without its cells: for messages about values that are made when the table is
/// gone.
#[derive(Clone, Debug)]
pub struct RowPlaces {
    /// Where not all rows of the table are there: which are.
    pub(super) rows: Option<Arc<[u32]>>,
    pub(super) path: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) origin: RowOrigin,
}

impl RowPlaces {
    /// Those of some rows only.
    pub fn only(&self, rows: &Arc<[u32]>) -> Self {
        Self { rows: Some(rows.clone()), ..self.clone() }
    }

    /// "line 7 of `d.csv`", where the table is a file with lines.
    pub fn line(&self, row: usize) -> Option<String> {
        let RowOrigin::Lines(lines) = &self.origin else { return None };
        Some(format!("line {} of `{}`", lines.line(self.row(row)), self.path.as_ref()?))
    }

    /// The row of the table, from 0, that `row` is.
    pub fn row(&self, row: usize) -> usize {
        self.rows.as_ref().map_or(row, |rows| rows[row] as usize)
    }

    /// Adds the place of a cell to a diagnostic: file and line, or the span in the model. `cell` is the cell
    /// as printed.
    #[must_use]
    pub fn blame(&self, d: Diagnostic, row: usize, column: &str, cell: Option<String>) -> Diagnostic {
        let row = self.row(row);
        match &self.origin {
            RowOrigin::Lines(lines) => match &self.path {
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
            RowOrigin::Numbered => match &self.path {
                Some(path) => {
                    d.note(format!("it stands in row {} of column `{column}` of `{path}`", row + 1))
                }
                None => d,
            },
            RowOrigin::Spans(spans) => {
                match self.columns.iter().position(|c| c == column).and_then(|at| spans[at].get(row)) {
                    Some(&span) => d.at(span, format!("row {} of `{column}`", row + 1)),
                    None => d.note(format!("it stands in row {} of column `{column}`", row + 1)),
                }
            }
        }
    }
}

/// Where the rows stand.
#[derive(Clone, Debug)]
pub(super) enum RowOrigin {
    /// In a file.
    Lines(LineNumbers),
    /// In the model: a span for each kept column and row.
    Spans(Vec<Vec<Span>>),
    /// In a file without lines: rows are counted from 1.
    Numbered,
}

/// The line of each row, kept as the rows where the count does not simply go on by one.
#[derive(Clone, Debug, Default)]
pub(super) struct LineNumbers {
    jumps: Vec<(usize, usize)>,
    /// Line less row since the last jump.
    ahead: usize,
}

impl LineNumbers {
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

#[cfg(test)]
mod tests {
    use super::LineNumbers;

    #[test]
    fn lines_are_kept_only_where_they_jump() {
        let mut lines = LineNumbers::default();
        let want = [2, 3, 4, 7, 8, 12];
        for (row, &line) in want.iter().enumerate() {
            lines.push(row, line);
        }
        assert_eq!((0..want.len()).map(|r| lines.line(r)).collect::<Vec<_>>(), want);
        assert_eq!(lines.jumps(), 3, "one entry per jump: {lines:?}");
    }
}
