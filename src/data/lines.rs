//! A text read line by line, for formats of numbers between spaces. Not for cells that may hold line ends
//! (`records`).

use super::{TableFile, cell, cell::Scan, errors, limits::LONGEST_RECORD};
use crate::diag::{DataPlace, Diagnostic};
use std::io::{BufRead, BufReader, Read};

/// The lines of a file.
pub(super) struct Lines<'a> {
    source: &'a TableFile<'a>,
    input: BufReader<Box<dyn Read>>,
    text: Vec<u8>,
    /// Number of the line that was read last, from 1.
    pub(super) line: usize,
}

impl<'a> Lines<'a> {
    /// Opens the file.
    pub(super) fn open(source: &'a TableFile<'a>) -> Result<Self, Diagnostic> {
        let input = (source.open)().map_err(|e| errors::unopened(source, &e))?;
        Ok(Self { source, input: BufReader::with_capacity(1 << 17, input), text: vec![], line: 0 })
    }

    /// The next line without its end and the spaces around it; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Diagnostic> {
        self.text.clear();
        let most = LONGEST_RECORD as u64;
        let got = self.input.by_ref().take(most).read_until(b'\n', &mut self.text);
        self.line += 1;
        match got {
            Ok(n) if n as u64 == most => Err(self.fault(format!(
                "line {} of `{}` is longer than {LONGEST_RECORD} bytes",
                self.line, self.source.path
            ))),
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(self.text.trim_ascii())),
            Err(e) => Err(errors::unread(self.source.path, &e).in_data(self.place())),
        }
    }

    /// The line that was read last, in messages.
    pub(super) fn place(&self) -> DataPlace {
        DataPlace { path: self.source.path.into(), line: self.line, column: None, cell: None, excerpt: None }
    }

    /// A mistake in the line that was read last.
    pub(super) fn fault(&self, title: impl Into<String>) -> Diagnostic {
        Diagnostic::error(errors::BAD_FILE, title).in_data(self.place())
    }
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty())
}

/// A whole number.
pub(super) fn whole(word: &[u8]) -> Option<usize> {
    std::str::from_utf8(word).ok().filter(|w| w.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// Up to here every whole number is an f64.
pub(super) const EXACT: usize = 1 << 53;

/// What is wrong with a whole number past that: two of them could be one.
pub(super) fn too_long(n: usize) -> String {
    format!("`{n}` is an integer that a number of 64 bits does not hold exactly")
}

/// A number as a cell of a table spells it; infinite and missing ones too.
pub(super) fn number(word: &[u8]) -> Option<f64> {
    let (read, length) = cell::number(word);
    if let (Scan::Number { value, .. }, true) = (read, length == word.len()) {
        return Some(value);
    }
    let text = std::str::from_utf8(word).ok()?;
    if cell::scan(word) == Scan::Missing { Some(f64::NAN) } else { text.parse().ok() }
}

/// Bytes of a file for a message.
pub(super) fn shown(word: &[u8]) -> String {
    String::from_utf8_lossy(&word[..word.len().min(40)]).into_owned()
}
