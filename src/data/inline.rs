//! Tables that are not read from a file: built by a caller, column by column.

use super::{
    Table,
    column::{Cells, Column, Oddities},
    errors,
    header::Header,
    interner::Interner,
    row_places::RowOrigin,
};
use crate::{diag::Diagnostic, source::Span};

/// One cell of a table that is not read from a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellRef<'a> {
    /// A number; NaN is missing.
    Number(f64),
    /// A text: a word even where it looks like a number, but `""`, `"NA"` and `"NaN"` are missing, as in a
    /// file.
    Text(&'a str),
    /// A truth value: the level `true` or `false`.
    Bool(bool),
    /// No value.
    Missing,
}

/// Builds a table column by column.
#[derive(Clone, Debug)]
pub struct TableBuilder {
    name: String,
    columns: Vec<Column>,
    name_spans: Vec<Option<Span>>,
    spans: Vec<Vec<Span>>,
}

impl TableBuilder {
    /// A table without columns.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), columns: vec![], name_spans: vec![], spans: vec![] }
    }

    /// Adds a column that stands nowhere.
    pub fn push_column<'a>(&mut self, name: &str, cells: impl IntoIterator<Item = CellRef<'a>>) {
        self.push(name, None, cells.into_iter().map(|c| (c, None)));
    }

    /// Adds a column whose name and cells stand in the model.
    pub fn push_spanned<'a>(
        &mut self,
        name: &str,
        at: Span,
        cells: impl IntoIterator<Item = (CellRef<'a>, Span)>,
    ) {
        self.push(name, Some(at), cells.into_iter().map(|(c, span)| (c, Some(span))));
    }

    fn push<'a>(
        &mut self,
        name: &str,
        at: Option<Span>,
        cells: impl Iterator<Item = (CellRef<'a>, Option<Span>)>,
    ) {
        let mut taken = ColumnBuilder::default();
        let mut spans = vec![];
        for (cell, span) in cells {
            match cell {
                CellRef::Number(x) => taken.number(x),
                CellRef::Text("" | "NA" | "NaN") | CellRef::Missing => taken.number(f64::NAN),
                CellRef::Text(text) => taken.word(text),
                CellRef::Bool(b) => taken.word(if b { "true" } else { "false" }),
            }
            spans.extend(span);
        }
        self.columns.push(taken.finish(name));
        self.name_spans.push(at);
        self.spans.push(spans);
    }

    /// The table.
    ///
    /// # Errors
    /// Columns of different lengths, two columns of one name, a column without a name, a table without
    /// columns or rows.
    pub fn finish(self) -> Result<Table, Diagnostic> {
        let Self { name, columns, name_spans, spans } = self;
        let Some(first) = columns.first() else {
            return Err(Diagnostic::error(errors::EMPTY, format!("table `{name}` has no columns")));
        };
        for (i, column) in columns.iter().enumerate() {
            if column.name.trim().is_empty() {
                let d = Diagnostic::error(
                    errors::UNNAMED_COLUMN,
                    format!("column {} of table `{name}` has no name", i + 1),
                );
                return Err(mark(d, name_spans[i], "a name goes here"));
            }
            if let Some(twin) = columns[..i].iter().position(|c| c.name == column.name) {
                let d = Diagnostic::error(
                    errors::REPEATED_COLUMN,
                    format!("two columns of table `{name}` are named `{}`", column.name),
                );
                let d = mark(d, name_spans[i], "the same name again");
                return Err(match name_spans[twin] {
                    Some(first) => d.with(first, "first here"),
                    None => d,
                });
            }
            if column.len() != first.len() {
                return Err(unequal(&name, (first, name_spans[0]), (column, name_spans[i])));
            }
        }
        if first.is_empty() {
            let d = Diagnostic::error(errors::NO_ROWS, format!("table `{name}` has no rows"));
            return Err(mark(d, name_spans[0], "a column without cells"));
        }
        let header = Header::Written(columns.iter().map(|c| c.name.clone()).collect());
        Ok(Table::new(name, None, first.len(), header, columns, RowOrigin::Spans(spans)))
    }
}

/// One column: numbers until a word comes.
#[derive(Default)]
struct ColumnBuilder {
    numbers: Vec<f64>,
    text: Option<Interner>,
    rows: usize,
    found: Oddities,
}

impl ColumnBuilder {
    /// A number that never had another spelling; NaN is missing.
    fn number(&mut self, x: f64) {
        self.found.look(self.rows, x);
        match &mut self.text {
            None => self.numbers.push(x),
            Some(text) if x.is_nan() => text.missing(self.rows),
            Some(text) => text.number(self.rows, x),
        }
        self.rows += 1;
    }

    /// A cell that is a word whatever it looks like.
    fn word(&mut self, word: &str) {
        if self.found.words == 0 {
            self.found.first_word = self.rows;
        }
        self.found.words += 1;
        let text = self.text.get_or_insert_with(|| {
            let mut text = Interner::default();
            for (row, x) in std::mem::take(&mut self.numbers).into_iter().enumerate() {
                if x.is_nan() { text.missing(row) } else { text.number(row, x) }
            }
            text
        });
        text.known(self.rows, word);
        self.rows += 1;
    }

    fn finish(self, name: &str) -> Column {
        let cells = match self.text {
            None => Cells::Numeric(self.numbers.into()),
            Some(text) => Cells::Text(text.finish().0),
        };
        Column::new(name, cells, self.found)
    }
}

fn mark(d: Diagnostic, at: Option<Span>, text: &str) -> Diagnostic {
    match at {
        Some(span) => d.at(span, text),
        None => d,
    }
}

fn unequal(
    table: &str,
    (a, a_at): (&Column, Option<Span>),
    (b, b_at): (&Column, Option<Span>),
) -> Diagnostic {
    let cells = |c: &Column| if c.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", c.len()) };
    let title = format!(
        "columns `{}` and `{}` of table `{table}` have {} and {}",
        a.name,
        b.name,
        cells(a),
        cells(b)
    );
    let mut d = mark(Diagnostic::error(errors::UNEQUAL_LENGTHS, title), b_at, &format!("has {}", cells(b)));
    if let Some(a_at) = a_at {
        d = d.with(a_at, format!("has {}", cells(a)));
    }
    d.note("each column of a table has one cell for each row").help("write `\"NA\"` for a missing cell")
}
