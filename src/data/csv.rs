//! Comma, semicolon and tab separated tables. Not the splitting (see [`records`](super::records)) nor the typing of cells.
//!
//! A cell is kept as it stands, spaces included; around numbers, missing cells and column names spaces are ignored. In a
//! table of one column a blank line between others is a missing cell; blank lines at the end are ignored in every table.

use std::io::{Error, Read};

use super::{
    Source, Table, Wanted,
    column::{Builder, Flip},
    errors,
    records::{Broken, Records},
    table::{Lines, Places},
};
use crate::diag::{DataPlace, Diagnostic};

/// Reads cells between commas, or between semicolons where the header has more of them.
///
/// # Errors
/// Every mistake in the file, with its line.
pub fn read_csv(source: &Source<'_>) -> Result<Table, Diagnostic> {
    read(source, None)
}

/// Reads cells between tabs.
///
/// # Errors
/// Every mistake in the file, with its line.
pub fn read_tsv(source: &Source<'_>) -> Result<Table, Diagnostic> {
    read(source, Some(b'\t'))
}

fn read(source: &Source<'_>, delimiter: Option<u8>) -> Result<Table, Diagnostic> {
    let mut as_text = vec![];
    loop {
        match pass(source, delimiter, &as_text)? {
            Pass::Table(table) => return Ok(table),
            Pass::Again(columns) => as_text.extend(columns),
        }
    }
}

enum Pass {
    Table(Table),
    /// These columns turned out to hold text after numbers whose spelling was gone (`007`, then `bond`).
    Again(Vec<usize>),
}

fn pass(source: &Source<'_>, delimiter: Option<u8>, as_text: &[usize]) -> Result<Pass, Diagnostic> {
    let file = Place { path: source.path };
    let input = (source.open)().map_err(|e| unopened(source, &e))?;
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
    let (kept, mut builders) = builders(&header, source.wanted, as_text);

    let mut lines = Lines::default();
    let mut rows = 0;
    let mut blank: Vec<usize> = vec![];
    let mut flipped: Vec<usize> = vec![];
    let mut stop = usize::MAX;
    loop {
        if rows >= stop || !records.advance().map_err(|b| file.broken(b, records_line(rows, &lines)))? {
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
                builders.iter_mut().for_each(Builder::push_missing);
                rows += 1;
            }
        }
        if records.width() != width {
            return Err(ragged(&file, &records, &header));
        }
        if rows >= u32::MAX as usize - 1 {
            return Err(
                Diagnostic::error(errors::UNREADABLE, format!("`{}` has more than {rows} rows", source.path)).in_data(file.line(line))
            );
        }
        lines.push(rows, line);
        for (builder, &at) in builders.iter_mut().zip(&kept) {
            match builder.push(records.field(at)) {
                Ok(()) => {}
                Err(Flip::NotUtf8) => return Err(not_utf8(&file, line, Some(&header[at]))),
                Err(Flip::SpellingLost) => {
                    flipped.push(at);
                    // Other columns may flip soon after; looking as far again as it took keeps the passes few.
                    stop = stop.min(2 * rows + 1000);
                }
            }
        }
        rows += 1;
    }
    if !flipped.is_empty() {
        return Ok(Pass::Again(flipped));
    }
    if rows == 0 {
        return Err(Diagnostic::error(errors::NO_ROWS, format!("`{}` has a header and no rows", source.path))
            .in_data(file.line(1))
            .note("the first line of a table names its columns; the data begin on the next"));
    }
    let columns = builders.into_iter().zip(&kept).map(|(b, &at)| b.finish(&header[at])).collect();
    Ok(Pass::Table(Table { name: source.name.into(), path: Some(source.path.into()), rows, header, columns, places: Places::Lines(lines) }))
}

fn records_line(rows: usize, lines: &Lines) -> usize {
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

fn header<R: Read>(records: &Records<R>, file: &Place<'_>) -> Result<Vec<String>, Diagnostic> {
    let mut names: Vec<String> = vec![];
    for (i, field) in records.fields().enumerate() {
        let Ok(name) = std::str::from_utf8(field) else { return Err(not_utf8(file, records.line(), None)) };
        let name = name.trim();
        if name.is_empty() {
            return Err(unnamed(file, records.line(), i));
        }
        if let Some(first) = names.iter().position(|n| n == name) {
            return Err(repeated(file, records.line(), name, first, i));
        }
        names.push(name.into());
    }
    Ok(names)
}

fn builders(header: &[String], wanted: Option<Wanted<'_>>, as_text: &[usize]) -> (Vec<usize>, Vec<Builder>) {
    let kept: Vec<usize> = (0..header.len()).filter(|&i| wanted.is_none_or(|w| w(&header[i]))).collect();
    let builders = kept.iter().map(|i| if as_text.contains(i) { Builder::text() } else { Builder::new() }).collect();
    (kept, builders)
}

/// The file, for places in it.
struct Place<'a> {
    path: &'a str,
}

impl Place<'_> {
    fn line(&self, line: usize) -> DataPlace {
        DataPlace { path: self.path.into(), line, column: None, cell: None, excerpt: None }
    }

    fn unread(&self, line: usize, e: &Error) -> Diagnostic {
        let d = Diagnostic::error(errors::UNREADABLE, format!("`{}` cannot be read to its end: {e}", self.path)).in_data(self.line(line));
        if self.path.to_ascii_lowercase().ends_with(".gz") {
            return d.note("its name ends in `.gz`, so it is decompressed while it is read").help("check it with `gzip --test`");
        }
        d
    }

    fn broken(&self, broken: Broken, line: usize) -> Diagnostic {
        match broken {
            Broken::Io(e) => self.unread(line, &e),
            Broken::OpenQuote(line) => Diagnostic::error(errors::QUOTE, format!("a quote in `{}` is not closed", self.path))
                .in_data(self.line(line))
                .note("a cell that begins with `\"` goes on to the next single `\"`, over line ends too")
                .help("close the quote, or write `\"\"` for a quote inside a quoted cell"),
            Broken::AfterQuote(line) => Diagnostic::error(errors::QUOTE, format!("text follows a closing quote in `{}`", self.path))
                .in_data(self.line(line))
                .note("a cell that begins with `\"` ends with the next single `\"`")
                .help("write `\"\"` for a quote inside a quoted cell"),
        }
    }
}

fn unopened(source: &Source<'_>, e: &Error) -> Diagnostic {
    Diagnostic::error(errors::UNREADABLE, format!("`{}` cannot be opened: {e}", source.path))
        .note(format!("table `{}` is read from it", source.name))
        .help("a path is relative to the model file; `--data NAME=PATH` replaces it")
}

fn unnamed(file: &Place<'_>, line: usize, i: usize) -> Diagnostic {
    Diagnostic::error(errors::UNNAMED_COLUMN, format!("column {} of `{}` has no name", i + 1, file.path))
        .in_data(file.line(line))
        .note("the first line of a table names each of its columns")
        .help("name the column, or leave it out (R: `row.names = FALSE`, pandas: `index=False`)")
}

fn repeated(file: &Place<'_>, line: usize, name: &str, first: usize, second: usize) -> Diagnostic {
    let place = DataPlace { column: Some(name.into()), ..file.line(line) };
    Diagnostic::error(errors::REPEATED_COLUMN, format!("two columns of `{}` are named `{name}`", file.path))
        .in_data(place)
        .note(format!("columns {} and {} carry the name", first + 1, second + 1))
        .help("give each column a name of its own")
}

fn ragged<R: Read>(file: &Place<'_>, records: &Records<R>, header: &[String]) -> Diagnostic {
    let (found, width) = (records.width(), header.len());
    let cells = if found == 1 { "cell" } else { "cells" };
    Diagnostic::error(errors::RAGGED, format!("line {} of `{}` has {found} {cells}, the header has {width}", records.line(), file.path))
        .in_data(file.line(records.line()))
        .note("each row has one cell for each name in the header; an empty cell is a missing value")
        .help("put a cell that holds the separator into quotes")
}

fn blank_line(file: &Place<'_>, line: usize, next: usize) -> Diagnostic {
    Diagnostic::error(errors::RAGGED, format!("line {line} of `{}` is blank, and line {next} has data again", file.path))
        .in_data(file.line(line))
        .note("only the last lines of a table may be blank")
        .help("take the blank line out; a row of missing cells still has its separators")
}

fn not_utf8(file: &Place<'_>, line: usize, column: Option<&str>) -> Diagnostic {
    Diagnostic::error(errors::NOT_UTF8, format!("line {line} of `{}` is not UTF-8 text", file.path))
        .in_data(DataPlace { column: column.map(str::to_owned), ..file.line(line) })
        .help("save the file as UTF-8 (for example `iconv -f LATIN1 -t UTF-8`)")
}
