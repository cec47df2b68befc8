//! Splits delimited text into records (RFC 4180), knowing the line of each. Not what the cells mean.
//!
//! Not the `csv` crate: it skips blank lines (in a table of one column that loses rows), takes a quote that
//! is never closed for the end of the last cell, and does not count the lines of a file with lone carriage
//! returns. The tests use it as the writer to agree with.

use super::limits::{LONGEST_RECORD, MOST_COLUMNS};
use std::io::{ErrorKind, Read};

/// Why a record could not be split off.
#[derive(Debug)]
pub enum Broken {
    /// The file could not be read on.
    Io(std::io::Error),
    /// A quote opened on this line is never closed.
    OpenQuote(usize),
    /// On this line, text follows a closing quote.
    AfterQuote(usize),
    /// The record that begins on this line has too many bytes.
    TooLong(usize),
    /// The record that begins on this line has too many cells.
    TooMany(usize),
}

/// One field of the current record.
#[derive(Clone, Copy, Debug)]
struct Field {
    start: usize,
    end: usize,
    /// The bytes stand in `unescaped`, not in `buffer`.
    escaped: bool,
}

/// A reader of records.
pub struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    /// The unread part of the buffer.
    start: usize,
    end: usize,
    at_eof: bool,
    /// Why the input ends, where it should not; told once what came before is split.
    failed: Option<std::io::Error>,
    delimiter: u8,
    /// Line of the next record, from 1.
    next_line: usize,
    /// The current record.
    fields: Vec<Field>,
    unescaped: Vec<u8>,
    line: usize,
    quoted: bool,
}

impl<R> std::fmt::Debug for Records<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Records(line {})", self.next_line)
    }
}

/// Read at a time.
const BLOCK: usize = 1 << 18;

/// No header is looked at further than this: an odd quote in it would have the whole file held in memory.
const PEEK: usize = 1 << 20;

/// How an attempt to split a record off the buffer ended.
enum Split {
    /// The record and its line end take this many bytes and lines.
    Done { bytes: usize, lines: usize },
    /// The buffer ends too early.
    More,
    /// See [`Broken::TooMany`].
    TooMany,
    /// See [`Broken::AfterQuote`], as lines after the record's first.
    AfterQuote(usize),
    /// See [`Broken::OpenQuote`], as lines after the record's first.
    OpenQuote(usize),
}

impl<R: Read> Records<R> {
    /// Records of `input`; a UTF-8 byte-order mark is skipped.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn new(input: R) -> Result<Self, std::io::Error> {
        let mut new = Self {
            input,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            at_eof: false,
            failed: None,
            delimiter: b',',
            next_line: 1,
            fields: vec![],
            unescaped: vec![],
            line: 1,
            quoted: false,
        };
        while new.end < 3 && !new.at_eof {
            new.fill()?;
        }
        if new.buffer[..new.end].starts_with(b"\xef\xbb\xbf") {
            new.start = 3;
        }
        Ok(new)
    }

    /// Sets the byte between two cells; a comma until then.
    pub fn delimit(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// The first line, without moving on: the text up to a line end outside quotes, or its first part.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn peek_line(&mut self) -> Result<&[u8], std::io::Error> {
        loop {
            let mut inside = false;
            let text = &self.buffer[self.start..self.end];
            let found = text.iter().position(|&b| {
                inside ^= b == b'"';
                !inside && matches!(b, b'\n' | b'\r')
            });
            match found {
                Some(length) => return Ok(&self.buffer[self.start..self.start + length]),
                None if self.at_eof || self.end - self.start > PEEK => {
                    return Ok(&self.buffer[self.start..self.end]);
                }
                None => self.fill()?,
            }
        }
    }

    /// Moves to the next record; `false` at the end of the input. A blank line is a record of one empty
    /// field.
    ///
    /// # Errors
    /// The input cannot be read, or a quote is wrong.
    pub fn advance(&mut self) -> Result<bool, Broken> {
        self.line = self.next_line;
        loop {
            if self.start == self.end && self.at_eof {
                return Ok(false);
            }
            match self.split() {
                Split::Done { bytes, .. } if bytes > LONGEST_RECORD => {
                    return Err(Broken::TooLong(self.next_line));
                }
                Split::Done { bytes, lines } => {
                    self.start += bytes;
                    self.next_line += lines;
                    return Ok(true);
                }
                Split::More if self.end - self.start > LONGEST_RECORD => {
                    return Err(Broken::TooLong(self.next_line));
                }
                Split::More => self.fill().map_err(Broken::Io)?,
                Split::AfterQuote(lines) => return Err(Broken::AfterQuote(self.next_line + lines)),
                Split::TooMany => return Err(Broken::TooMany(self.next_line)),
                Split::OpenQuote(lines) => return Err(Broken::OpenQuote(self.next_line + lines)),
            }
        }
    }

    /// What is read of the file and not split yet.
    #[inline]
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }
    /// Moves past a record of one line that the caller has split from [`unread`](Self::unread).
    #[inline]
    pub fn skip_line(&mut self, bytes: usize) {
        self.start += bytes;
        self.next_line += 1;
    }
    /// The line on which the next record begins.
    #[inline]
    pub fn next_line(&self) -> usize {
        self.next_line
    }
    /// The line on which the current record begins.
    pub fn line(&self) -> usize {
        self.line
    }
    /// Number of fields of the current record.
    pub fn width(&self) -> usize {
        self.fields.len()
    }
    /// Whether the current record is a blank line.
    pub fn is_blank(&self) -> bool {
        self.fields.len() == 1 && !self.quoted && self.field(0).trim_ascii().is_empty()
    }
    /// A field of the current record, quotes taken off.
    pub fn field(&self, i: usize) -> &[u8] {
        let Field { start, end, escaped } = self.fields[i];
        if escaped { &self.unescaped[start..end] } else { &self.buffer[start..end] }
    }
    /// All fields of the current record.
    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.width()).map(|i| self.field(i))
    }

    /// Reads until the buffer is full or the input ends, moving what is unread to the front and growing the
    /// buffer where a record needs it: a long record is looked at again each time it doubles, not each time
    /// that a slow input gives a little.
    fn fill(&mut self) -> Result<(), std::io::Error> {
        if let Some(e) = self.failed.take() {
            return Err(e);
        }
        let had = self.end - self.start;
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_eof = true;
                    return Ok(());
                }
                Ok(n) => self.end += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if self.end > had => {
                    self.failed = Some(e);
                    return Ok(());
                }
                Err(e) => return Err(e),
            }
            if self.end == self.buffer.len() {
                return Ok(());
            }
        }
    }

    fn split(&mut self) -> Split {
        self.fields.clear();
        self.unescaped.clear();
        self.quoted = false;
        let text = &self.buffer[..self.end];
        let mut at = self.start;
        let mut lines = 0;
        loop {
            if at < text.len() && text[at] == b'"' {
                self.quoted = true;
                let opened = lines;
                at += 1;
                let first = at;
                let from = self.unescaped.len();
                let mut copied = first;
                let mut escaped = false;
                // To the closing quote; `""` stands for one.
                loop {
                    let Some(&b) = text.get(at) else {
                        return if self.at_eof { Split::OpenQuote(opened) } else { Split::More };
                    };
                    at += 1;
                    if b == b'"' {
                        match text.get(at) {
                            Some(b'"') => {
                                self.unescaped.extend_from_slice(&text[copied..at]);
                                escaped = true;
                                at += 1;
                                copied = at;
                            }
                            None if !self.at_eof => return Split::More,
                            _ => break,
                        }
                    } else if b == b'\n' || (b == b'\r' && text.get(at) != Some(&b'\n')) {
                        lines += 1;
                    }
                }
                let last = at - 1;
                if escaped {
                    self.unescaped.extend_from_slice(&text[copied..last]);
                    self.fields.push(Field { start: from, end: self.unescaped.len(), escaped });
                } else {
                    self.fields.push(Field { start: first, end: last, escaped });
                }
                // Spaces may follow, as in hand-aligned files; anything else is a quote gone wrong.
                while text.get(at) == Some(&b' ') && self.delimiter != b' ' {
                    at += 1;
                }
                match text.get(at) {
                    Some(&b) if b != self.delimiter && b != b'\n' && b != b'\r' => {
                        return Split::AfterQuote(lines);
                    }
                    _ => {}
                }
            } else {
                let first = at;
                let delimiter = self.delimiter;
                at += memchr::memchr3(delimiter, b'\n', b'\r', &text[at..]).unwrap_or(text.len() - at);
                self.fields.push(Field { start: first, end: at, escaped: false });
            }
            if self.fields.len() > MOST_COLUMNS {
                return Split::TooMany;
            }
            match text.get(at) {
                None if self.at_eof => return Split::Done { bytes: at - self.start, lines: lines + 1 },
                None => return Split::More,
                Some(b'\n') => return Split::Done { bytes: at + 1 - self.start, lines: lines + 1 },
                Some(b'\r') => match text.get(at + 1) {
                    None if !self.at_eof => return Split::More,
                    next => {
                        let end = at + 1 + usize::from(next == Some(&b'\n'));
                        return Split::Done { bytes: end - self.start, lines: lines + 1 };
                    }
                },
                Some(_) => at += 1,
            }
        }
    }
}
