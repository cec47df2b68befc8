//! Comma, semicolon and tab separated tables. Not the splitting (see [`records`](super::records)) nor the
//! typing of cells.
//!
//! A cell is kept as it stands, spaces included; around numbers, missing cells and column names spaces are
//! ignored. In a table of one column a blank line is a missing cell, wherever it stands; in others blank
//! lines at the end are ignored.

use std::{
    collections::HashSet,
    io::{Error, Read},
};

use super::{
    Table, TableFile,
    assembly::Assembly,
    cell, errors,
    flip::Flip,
    limits::{LONGEST_RECORD, MOST_COLUMNS},
    records::{Broken, Records},
    row_places::{LineNumbers, RowOrigin},
};
use crate::diag::{DataPlace, Diagnostic};

/// Reads cells between commas, or between semicolons where the header has more of them.
///
/// # Errors
/// Every mistake in the file, with its line.
pub fn read_csv(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    read(source, None)
}

/// Reads cells between tabs.
///
/// # Errors
/// Every mistake in the file, with its line.
pub fn read_tsv(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    read(source, Some(b'\t'))
}

fn read(source: &TableFile<'_>, delimiter: Option<u8>) -> Result<Table, Diagnostic> {
    let mut as_text = vec![];
    loop {
        match pass(source, delimiter, &as_text)? {
            Reading::Table(table) => return Ok(table),
            Reading::Again(columns) => as_text.extend(columns),
        }
    }
}

enum Reading {
    Table(Table),
    /// These columns turned out to hold text after numbers whose spelling was gone (`007`, then `bond`).
    Again(Vec<usize>),
}

fn pass(source: &TableFile<'_>, delimiter: Option<u8>, as_text: &[usize]) -> Result<Reading, Diagnostic> {
    let file = CellPlace { path: source.path };
    let input = (source.open)().map_err(|e| errors::unopened(source, &e))?;
    let mut records = Records::new(input).map_err(|e| file.unread(1, &e))?;
    let delimiter = match delimiter {
        Some(d) => d,
        None => separator(records.peek_line().map_err(|e| file.unread(1, &e))?),
    };
    records.delimit(delimiter);
    if !records.advance().map_err(|b| file.broken(b, 1))? {
        return Err(Diagnostic::error(errors::EMPTY, format!("`{}` is empty", source.path))
            .note("a table begins with a line that names its columns")
            .help("check that the file was written to its end"));
    }
    let header = header(&records, &file)?;
    let width = header.len();
    let mut assembly = Assembly::new(header, source.wanted, as_text);
    let plain = Plain::new(&assembly, delimiter);

    let mut lines = LineNumbers::default();
    let mut rows = 0;
    let mut blank: Vec<usize> = vec![];
    let mut flipped: Vec<usize> = vec![];
    let mut stop = usize::MAX;
    // Records to go until a plain one is looked for again: a file without any costs little more.
    let (mut wait, mut patience) = (0, 1);
    while rows < stop {
        if wait > 0 {
            wait -= 1;
        } else if blank.is_empty() && rows < LAST_ROW {
            assembly.begin(rows);
            if let Some(bytes) = plain.record(records.unread(), rows, &mut assembly) {
                lines.push(rows, records.next_line());
                records.skip_line(bytes);
                rows += 1;
                patience = 1;
                continue;
            }
            wait = patience - 1;
            patience = (2 * patience).min(64);
        }
        if !records.advance().map_err(|b| file.broken(b, records_line(rows, &lines)))? {
            break;
        }
        let line = records.line();
        if records.is_blank() {
            blank.push(line);
            continue;
        }
        if !blank.is_empty() {
            if width > 1 {
                return Err(blank_line(&file, blank[0], line));
            }
            for line in blank.drain(..) {
                lines.push(rows, line);
                assembly.begin(rows);
                (0..assembly.kept().len()).for_each(|i| assembly.missing(i, rows));
                rows += 1;
            }
        }
        if records.width() != width {
            return Err(ragged(&file, &records, width));
        }
        if rows >= LAST_ROW {
            return Err(Diagnostic::error(
                errors::UNREADABLE,
                format!("`{}` has more than {rows} rows", source.path),
            )
            .in_data(file.line(line)));
        }
        lines.push(rows, line);
        assembly.begin(rows);
        for i in 0..assembly.kept().len() {
            let at = assembly.kept()[i];
            match assembly.cell(i, rows, records.field(at)) {
                Ok(()) => {}
                Err(Flip::NotUtf8) => return Err(not_utf8(&file, line, Some(&assembly.header()[at]))),
                Err(Flip::SpellingLost) => {
                    flipped.push(at);
                    // Other columns may flip soon after; looking as far again as it took keeps the passes
                    // few.
                    stop = stop.min(2 * rows + 1000);
                }
            }
        }
        rows += 1;
    }
    // One missing cell looks like a line too many: what is made of it is told (`Table::blank_end`).
    let blank_end = blank.first().copied().filter(|_| width == 1 && rows > 0);
    if blank_end.is_some() {
        for line in blank.drain(..) {
            lines.push(rows, line);
            assembly.begin(rows);
            (0..assembly.kept().len()).for_each(|i| assembly.missing(i, rows));
            rows += 1;
        }
    }
    if let (Some(wanted), true) = (source.wanted, flipped.is_empty()) {
        flipped = assembly.spelling_lost(|name| wanted.names_levels(name));
    }
    if !flipped.is_empty() {
        return Ok(Reading::Again(flipped));
    }
    if rows == 0 {
        return Err(Diagnostic::error(
            errors::NO_ROWS,
            format!("`{}` has a header and no rows", source.path),
        )
        .in_data(file.line(1))
        .note("the first line of a table names its columns; the data begin on the next"));
    }
    let mut table = assembly.finish(source.name, source.path, rows, RowOrigin::Lines(lines));
    table.blank_end = blank_end;
    Ok(Reading::Table(table))
}

/// Rows are counted in 32 bits.
const LAST_ROW: usize = u32::MAX as usize - 1;

/// Takes in records as most are: one line, no quotes, plain numbers. Cells are split and read in one go, with
/// what is seldom left to [`Records`] and [`Assembly::cell`], which read every record alike and the plain
/// ones to the same table.
struct Plain {
    /// For each column of the file, which kept column it is.
    kept: Vec<Option<usize>>,
    delimiter: u8,
}

impl Plain {
    fn new(assembly: &Assembly, delimiter: u8) -> Self {
        Self { kept: assembly.place().to_vec(), delimiter }
    }

    /// The length of the record that `text` begins with, its cells taken in as `row`; `None` if it is not
    /// plain, or ends beyond `text`. What was taken in by then is written over when the row comes again.
    fn record(&self, text: &[u8], row: usize, assembly: &mut Assembly) -> Option<usize> {
        let last = self.kept.len() - 1;
        let mut at = 0;
        for (c, kept) in self.kept.iter().enumerate() {
            let rest = text.get(at..)?;
            // A cell counts only once it is seen to end as it must: a blank line is no row.
            match *kept {
                Some(i) if assembly.is_numeric(i) => match cell::number(rest) {
                    (cell::Scan::Number { value, faithful }, length) => {
                        at += length + self.end(&rest[length..], c == last)?;
                        assembly.number(i, row, value, faithful);
                    }
                    // Nothing between two separators is missing. Of one column it is a blank line.
                    (_, 0) if last > 0 => {
                        let length = if rest.starts_with(b"NaN") {
                            3
                        } else {
                            2 * usize::from(rest.starts_with(b"NA"))
                        };
                        at += length + self.end(&rest[length..], c == last)?;
                        assembly.missing(i, row);
                    }
                    _ => return None,
                },
                kept => {
                    if rest.first() == Some(&b'"') {
                        return None;
                    }
                    let ends = |b: &u8| *b == self.delimiter || *b == b'\n' || *b == b'\r';
                    let length = rest.iter().take(SHORT).position(ends).or_else(|| {
                        let from = SHORT.min(rest.len());
                        memchr::memchr3(self.delimiter, b'\n', b'\r', &rest[from..]).map(|l| from + l)
                    })?;
                    let cell = &rest[..length];
                    at += length + self.end(&rest[length..], c == last)?;
                    if last == 0 && cell.trim_ascii().is_empty() {
                        return None;
                    }
                    if let Some(i) = kept {
                        assembly.cell(i, row, cell).ok()?;
                    }
                }
            }
        }
        Some(at)
    }

    /// The length of what ends a cell, the record's last or another; `None` where something else stands.
    #[inline]
    fn end(&self, text: &[u8], last: bool) -> Option<usize> {
        match *text.first()? {
            b if b == self.delimiter => (!last).then_some(1),
            b'\n' => last.then_some(1),
            b'\r' => (last && text.get(1) == Some(&b'\n')).then_some(2),
            _ => None,
        }
    }
}

/// Cells of up to so many bytes are quicker looked through than searched.
const SHORT: usize = 16;

fn records_line(rows: usize, lines: &LineNumbers) -> usize {
    rows.checked_sub(1).map_or(2, |last| lines.line(last) + 1)
}

/// A comma, or a semicolon where the header shows more of them outside quotes.
fn separator(header: &[u8]) -> u8 {
    let mut inside = false;
    let mut more = 0_i64;
    for &b in header {
        match b {
            b'"' => inside = !inside,
            b';' if !inside => more += 1,
            b',' if !inside => more -= 1,
            _ => {}
        }
    }
    if more > 0 { b';' } else { b',' }
}

fn header<R: Read>(records: &Records<R>, file: &CellPlace<'_>) -> Result<Vec<String>, Diagnostic> {
    let mut names: Vec<String> = vec![];
    let mut seen = HashSet::new();
    for (i, field) in records.fields().enumerate() {
        let Ok(name) = std::str::from_utf8(field) else { return Err(not_utf8(file, records.line(), None)) };
        let name = name.trim();
        if name.is_empty() {
            return Err(unnamed(file, records.line(), i));
        }
        if !seen.insert(name.to_owned()) {
            let first = names.iter().position(|n| n == name).unwrap_or(0);
            return Err(repeated(file, records.line(), name, first, i));
        }
        names.push(name.into());
    }
    Ok(names)
}

/// The file, for places in it.
struct CellPlace<'a> {
    path: &'a str,
}

impl CellPlace<'_> {
    fn line(&self, line: usize) -> DataPlace {
        DataPlace { path: self.path.into(), line, column: None, cell: None, excerpt: None }
    }

    fn unread(&self, line: usize, e: &Error) -> Diagnostic {
        errors::unread(self.path, e).in_data(self.line(line))
    }

    fn broken(&self, broken: Broken, line: usize) -> Diagnostic {
        match broken {
            Broken::Io(e) => self.unread(line, &e),
            Broken::OpenQuote(line) => {
                Diagnostic::error(errors::QUOTE, format!("a quote in `{}` is not closed", self.path))
                    .in_data(self.line(line))
                    .note("a cell that begins with `\"` goes on to the next single `\"`, over line ends too")
                    .help("close the quote, or write `\"\"` for a quote inside a quoted cell")
            }
            Broken::TooLong(line) => Diagnostic::error(
                errors::BAD_FILE,
                format!("line {line} of `{}` goes on for more than {LONGEST_RECORD} bytes", self.path),
            )
            .in_data(self.line(line))
            .note("a quote that is not closed takes all that follows into its cell")
            .help("check that the file is a table of text"),
            Broken::TooMany(line) => Diagnostic::error(
                errors::BAD_FILE,
                format!("line {line} of `{}` has more than {MOST_COLUMNS} cells", self.path),
            )
            .in_data(self.line(line))
            .help("check that the file is a table of text"),
            Broken::AfterQuote(line) => {
                Diagnostic::error(errors::QUOTE, format!("text follows a closing quote in `{}`", self.path))
                    .in_data(self.line(line))
                    .note("a cell that begins with `\"` ends with the next single `\"`")
                    .help("write `\"\"` for a quote inside a quoted cell")
            }
        }
    }
}

fn unnamed(file: &CellPlace<'_>, line: usize, i: usize) -> Diagnostic {
    Diagnostic::error(errors::UNNAMED_COLUMN, format!("column {} of `{}` has no name", i + 1, file.path))
        .in_data(file.line(line))
        .note("the first line of a table names each of its columns")
        .help("name the column, or leave it out (R: `row.names = FALSE`, pandas: `index=False`)")
}

fn repeated(file: &CellPlace<'_>, line: usize, name: &str, first: usize, second: usize) -> Diagnostic {
    let place = DataPlace { column: Some(name.into()), ..file.line(line) };
    Diagnostic::error(errors::REPEATED_COLUMN, format!("two columns of `{}` are named `{name}`", file.path))
        .in_data(place)
        .note(format!("columns {} and {} carry the name", first + 1, second + 1))
        .help("give each column a name of its own")
}

fn ragged<R: Read>(file: &CellPlace<'_>, records: &Records<R>, width: usize) -> Diagnostic {
    let found = records.width();
    let cells = if found == 1 { "cell" } else { "cells" };
    Diagnostic::error(
        errors::RAGGED,
        format!("line {} of `{}` has {found} {cells}, the header has {width}", records.line(), file.path),
    )
    .in_data(file.line(records.line()))
    .note("each row has one cell for each name in the header; an empty cell is a missing value")
    .help("put a cell that holds the separator into quotes")
}

fn blank_line(file: &CellPlace<'_>, line: usize, next: usize) -> Diagnostic {
    Diagnostic::error(
        errors::RAGGED,
        format!("line {line} of `{}` is blank, and line {next} has data again", file.path),
    )
    .in_data(file.line(line))
    .note("only the last lines of a table may be blank")
    .help("take the blank line out; a row of missing cells still has its separators")
}

fn not_utf8(file: &CellPlace<'_>, line: usize, column: Option<&str>) -> Diagnostic {
    Diagnostic::error(errors::NOT_UTF8, format!("line {line} of `{}` is not UTF-8 text", file.path))
        .in_data(DataPlace { column: column.map(str::to_owned), ..file.line(line) })
        .help("save the file as UTF-8 (for example `iconv -f LATIN1 -t UTF-8`)")
}
