//! Reads RON into a tree. What a model may hold is not known here.
//!
//! ron reads blanks, comments, strings and numbers, and has the last word on the whole text. Only the
//! brackets between them are walked here: ron tells no place of a value, its `RawValue` reads every value
//! once per level, and both stop at the first mistake and at a nesting of their own.

use std::fmt;

use ron::de::Deserializer as RonReader;
use ron::error::{Error as RonError, Position, SpannedError};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::codes::{CODE_DEPTH, CODE_FINITE, CODE_RON};
use super::lexer::{begins_name, continues_name};
use super::limits::MAX_DEPTH;
use super::tree::{Tree, TreeKind};
use crate::diag::{Diagnostic, Diagnostics, Reported};
use crate::source::{Source, Span, Spanned};

/// Reads the whole text as one value.
///
/// # Errors
/// Text that is not RON, or nested too deep. A missing comma is reported and reading goes on; the value is
/// returned so that more can be found wrong with it, so look at [`Diagnostics::gate`] before using it.
pub(super) fn read_tree(source: &Source, diags: &mut Diagnostics) -> Result<Tree, Reported> {
    let start = if source.text.starts_with('\u{feff}') { 3 } else { 0 };
    let before = diags.list().len();
    let mut walker = Walker { text: &source.text, at: start, open: vec![], long_string: None, diags };
    let found = walker.document();
    if walker.diags.list().len() == before {
        // The last word on what RON is.
        let options = ron::Options::default()
            .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
            .without_recursion_limit();
        if let Err(error) = options.from_str::<IgnoredAny>(&source.text[start..]) {
            return Err(walker.refused(start, &error));
        }
    }
    found
}

struct Walker<'a, 'd> {
    text: &'a str,
    at: usize,
    /// The brackets open here, outermost first.
    open: Vec<(char, usize)>,
    /// The last string that runs over a line end: perhaps its closing quote is missing.
    long_string: Option<Span>,
    diags: &'d mut Diagnostics,
}

impl<'a> Walker<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    fn since(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }
    /// The next character, or nothing at the end of the text.
    fn here(&self) -> Span {
        Span::new(self.at, self.at + self.peek().map_or(0, char::len_utf8))
    }
    /// The word or the character that stands here.
    fn word(&self) -> Span {
        let len = self.rest().find(|c| !continues_name(c)).unwrap_or(self.rest().len());
        if len == 0 { self.here() } else { Span::new(self.at, self.at + len) }
    }

    /// Steps over blanks and comments; ron knows what these are.
    fn blanks(&mut self) -> Result<(), Reported> {
        // Attributes such as `#![enable(…)]` stand before the value only.
        if !self.open.is_empty() && self.rest().starts_with('#') {
            return Ok(());
        }
        match RonReader::from_str(self.rest()) {
            Ok(reader) => {
                self.at = self.text.len() - reader.remainder().len();
                Ok(())
            }
            Err(error) if error.code == RonError::UnclosedBlockComment => {
                let start = self.at + self.rest().find("/*").unwrap_or(0);
                Err(self.diags.error(
                    Diagnostic::error(CODE_RON, "this comment is never closed")
                        .at(Span::new(start, start + 2), "no `*/` follows")
                        .note("comments nest: each `/*` needs its own `*/`"),
                ))
            }
            Err(error) => Err(self.refused(self.at, &error)),
        }
    }

    fn document(&mut self) -> Result<Tree, Reported> {
        self.blanks()?;
        if self.rest().is_empty() {
            return Err(self.diags.error(
                Diagnostic::error(CODE_RON, "the model file is empty")
                    .at(self.here(), "")
                    .help("a model is `Model(plates: {…}, nodes: {…}, observe: {…})`"),
            ));
        }
        let tree = self.value()?;
        self.blanks()?;
        if let Some(c) = self.peek() {
            let last = self.text[..tree.span.end].char_indices().next_back().map_or(0, |(at, _)| at);
            let d =
                Diagnostic::error(CODE_RON, format!("`{}` follows the end of the model", c.escape_debug()))
                    .at(self.word(), "nothing may stand here")
                    .with(Span::new(last, tree.span.end), "the model ends here");
            return Err(self.structural(d));
        }
        Ok(tree)
    }

    fn value(&mut self) -> Result<Tree, Reported> {
        let start = self.at;
        let rest = self.rest();
        let kind = match self.peek() {
            None => return Err(self.unclosed()),
            Some('[') => TreeKind::List(self.bracket('[', Self::item)?),
            Some('{') => TreeKind::Map(self.bracket('{', Self::entry)?),
            Some('(') => TreeKind::Call {
                name: Spanned::new(String::new(), Span::new(start, start)),
                args: self.arguments()?,
                parentheses: true,
            },
            Some('"') => TreeKind::Text(self.string()?),
            Some('r') if rest.starts_with("r\"") || rest.starts_with("r#") => TreeKind::Text(self.string()?),
            Some('\'') => self.single_quoted()?,
            Some(c) if c.is_ascii_digit() || "+-.".contains(c) => self.number(),
            Some(c) if begins_name(c) => self.word_or_call()?,
            Some(c) => {
                let d =
                    Diagnostic::error(CODE_RON, format!("expected a value, found `{}`", c.escape_debug()))
                        .at(self.here(), "not the start of a value");
                return Err(self.structural(d));
            }
        };
        Ok(Spanned::new(kind, self.since(start)))
    }

    fn word_or_call(&mut self) -> Result<TreeKind, Reported> {
        let name = self.bare_word();
        match name.node.as_str() {
            "true" => return Ok(TreeKind::Bool(true)),
            "false" => return Ok(TreeKind::Bool(false)),
            "None" => return Ok(TreeKind::Nothing),
            "inf" | "inff32" | "inff64" => return Ok(TreeKind::Number(f64::INFINITY)),
            "NaN" | "NaNf32" | "NaNf64" => return Ok(TreeKind::Number(f64::NAN)),
            _ => {}
        }
        let end = self.at;
        self.blanks()?;
        match self.peek() {
            Some('(') => return Ok(TreeKind::Call { name, args: self.arguments()?, parentheses: true }),
            Some('[') if self.rest().lines().next().is_some_and(|line| line.contains(']')) => {
                // `x[n]` as a key or a value: names with indices stand in quotes.
                self.at += self.rest().find(']').map_or(1, |n| n + 1);
                let whole = self.since(name.span.start);
                let written = self.text[whole.start..whole.end].trim_end().to_owned();
                let d = Diagnostic::error(CODE_RON, format!("`{written}` stands in quotes"))
                    .at(whole, "a name with an index")
                    .help(format!("write \"{written}\""));
                self.structural(d);
                return Ok(TreeKind::Bad);
            }
            Some(c @ ('{' | '[')) => {
                let d = Diagnostic::error(CODE_RON, format!("`{c}` cannot follow a name"))
                    .at(self.here(), "expected `(`")
                    .help(format!("write `{}(…)`", name.node));
                return Err(self.structural(d));
            }
            _ => {}
        }
        self.at = end;
        Ok(TreeKind::Call { name, args: vec![], parentheses: false })
    }

    fn bare_word(&mut self) -> Spanned<String> {
        let span = self.word();
        self.at = span.end;
        Spanned::new(self.text[span.start..span.end].to_owned(), span)
    }

    fn arguments(&mut self) -> Result<Vec<(Spanned<String>, Tree)>, Reported> {
        let args = self.bracket('(', Self::argument)?;
        let named = |(name, _): &&(Spanned<String>, Tree)| !name.node.is_empty();
        if let (Some(with), Some(without)) = (args.iter().find(named), args.iter().find(|arg| !named(arg))) {
            let d = Diagnostic::error(CODE_RON, "this argument has no name, and others have one")
                .at(without.1.span, "expected `name: value`")
                .with(with.0.span, "this one is named");
            self.diags.error(d);
        }
        Ok(args)
    }

    fn item(&mut self) -> Result<Tree, Reported> {
        self.value()
    }

    fn entry(&mut self) -> Result<(Tree, Tree), Reported> {
        let key = self.value()?;
        self.blanks()?;
        if self.peek() != Some(':') {
            let d = Diagnostic::error(CODE_RON, "expected `:` after this key")
                .at(self.word(), "expected `:`")
                .with(key.span, "the key");
            let d = match &key.node {
                TreeKind::Text(text) if text.contains(':') => {
                    d.help("is the closing quote of the key missing?")
                }
                _ => d,
            };
            return Err(self.structural(d));
        }
        self.at += 1;
        self.blanks()?;
        Ok((key, self.value()?))
    }

    fn argument(&mut self) -> Result<(Spanned<String>, Tree), Reported> {
        let start = self.at;
        if self.peek().is_some_and(begins_name)
            && !self.rest().starts_with("r\"")
            && !self.rest().starts_with("r#")
        {
            let name = self.bare_word();
            self.blanks()?;
            if self.peek() == Some(':') {
                self.at += 1;
                self.blanks()?;
                return Ok((name, self.value()?));
            }
            self.at = start;
        }
        let value = self.value()?;
        let end = self.at;
        self.blanks()?;
        if let (Some(':'), TreeKind::Text(_)) = (self.peek(), &value.node) {
            let d = Diagnostic::error(CODE_RON, "a string cannot name an argument")
                .at(value.span, "expected a bare word")
                .help("in `( )` names take no quotes; names in quotes stand in `{ }`");
            return Err(self.structural(d));
        }
        self.at = end;
        Ok((Spanned::new(String::new(), Span::new(start, start)), value))
    }

    /// What stands between `opener` and its partner, with commas between, the last one optional.
    fn bracket<T>(
        &mut self,
        opener: char,
        element: impl Fn(&mut Self) -> Result<T, Reported>,
    ) -> Result<Vec<T>, Reported> {
        let closer = closer(opener);
        if self.open.len() == MAX_DEPTH {
            let d = Diagnostic::error(CODE_DEPTH, format!("brackets may be nested at most {MAX_DEPTH} deep"))
                .at(self.here(), "one too deep");
            return Err(self.diags.error(d));
        }
        self.open.push((opener, self.at));
        self.at += 1;
        let mut out = Vec::new();
        loop {
            self.blanks()?;
            if self.peek() == Some(closer) {
                self.at += 1;
                self.open.pop();
                return Ok(out);
            }
            self.wrong_closer()?;
            out.push(element(self)?);
            let end = self.at;
            self.blanks()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some(c) if c == closer => {}
                None => return Err(self.unclosed()),
                Some(c) => {
                    self.wrong_closer()?;
                    // Reading goes on where another element seems to begin.
                    let go_on = match opener {
                        '{' => c == '"',
                        '(' => begins_name(c) || c == '"',
                        _ => begins_name(c) || c.is_ascii_digit() || "\"[+-.".contains(c),
                    };
                    let d = if go_on {
                        Diagnostic::error(CODE_RON, "a comma is missing")
                            .at(Span::new(end, end), "expected `,` here")
                    } else {
                        Diagnostic::error(
                            CODE_RON,
                            format!("expected `,` or `{closer}`, found `{}`", c.escape_debug()),
                        )
                        .at(self.here(), "")
                    };
                    let d = match (opener, c) {
                        ('(', '=') => d.help("an argument is written `name: value`"),
                        ('(', '+' | '-' | '*' | '/') => {
                            d.help("an expression stands in quotes: `mean: \"2 * a + b\"`")
                        }
                        _ => d,
                    };
                    let reported = self.structural(d);
                    // After a string that swallowed lines the rest makes no sense.
                    if !go_on || self.long_string.is_some() {
                        return Err(reported);
                    }
                }
            }
        }
    }

    /// An error if a closing bracket stands here: the caller has looked for the right one.
    fn wrong_closer(&mut self) -> Result<(), Reported> {
        match (self.peek(), self.open.last()) {
            (Some(found @ (')' | ']' | '}')), Some(&(opener, at))) => {
                let d = Diagnostic::error(CODE_RON, format!("`{opener}` is closed by `{found}`"))
                    .at(self.here(), format!("expected `{}`", closer(opener)))
                    .with(Span::new(at, at + 1), "opened here");
                Err(self.structural(d))
            }
            _ => Ok(()),
        }
    }

    fn unclosed(&mut self) -> Reported {
        let d = match self.open.last() {
            Some(&(opener, at)) => Diagnostic::error(CODE_RON, format!("this `{opener}` is never closed"))
                .at(Span::new(at, at + 1), format!("no `{}` follows", closer(opener))),
            None => {
                Diagnostic::error(CODE_RON, "the text ends where a value is expected").at(self.here(), "")
            }
        };
        self.structural(d)
    }

    fn structural(&mut self, d: Diagnostic) -> Reported {
        let d = match self.long_string {
            Some(span) => {
                let first_line =
                    self.text[span.start..span.end].find('\n').map_or(span.end, |n| span.start + n);
                d.with(
                    Span::new(span.start, first_line),
                    "this string runs over the end of its line: is its closing quote missing?",
                )
            }
            None => d,
        };
        self.diags.error(d)
    }

    fn string(&mut self) -> Result<String, Reported> {
        let start = self.at;
        let read =
            RonReader::from_str(self.rest()).and_then(|mut reader| match String::deserialize(&mut reader) {
                Ok(text) => Ok((text, reader.remainder().len())),
                Err(error) => Err(reader.span_error(error)),
            });
        match read {
            Ok((text, left)) => {
                self.at = self.text.len() - left;
                if text.contains('\n') {
                    self.long_string = Some(self.since(start));
                }
                Ok(text)
            }
            Err(SpannedError { code: RonError::ExpectedStringEnd | RonError::Eof, .. }) => {
                let line = self.rest().find(['\n', '\r']).map_or(self.text.len(), |n| start + n);
                let d = Diagnostic::error(CODE_RON, "this string is never closed")
                    .at(Span::new(start, line), "no closing quote follows");
                Err(self.diags.error(d))
            }
            Err(SpannedError { code: RonError::InvalidEscape(what), .. }) => {
                let end = self.rest()[1..].find('"').map_or(self.text.len(), |n| start + n + 2);
                let d = Diagnostic::error(CODE_RON, "this string holds an escape that RON does not know")
                    .at(Span::new(start, end), lower_first(what))
                    .help("write a backslash as `\\\\`, or use a raw string: r\"…\"");
                Err(self.diags.error(d))
            }
            Err(error) => Err(self.refused(start, &error)),
        }
    }

    /// `'…'`: read past, so that the rest is looked at too.
    fn single_quoted(&mut self) -> Result<TreeKind, Reported> {
        let start = self.at;
        let line = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
        let closed = self.rest()[1..line].find('\'');
        self.at = closed.map_or(start + line, |n| start + n + 2);
        let inner = &self.text[start + 1..closed.map_or(self.at, |n| start + 1 + n)];
        let d = Diagnostic::error(CODE_RON, "strings stand in double quotes")
            .at(self.since(start), "in single quotes")
            .help(format!("write \"{inner}\""));
        let reported = self.diags.error(d);
        closed.map(|_| TreeKind::Bad).ok_or(reported)
    }

    /// A number; one that cannot be read is reported and stepped over.
    fn number(&mut self) -> TreeKind {
        let start = self.at;
        let read = RonReader::from_str(self.rest()).and_then(|mut reader| {
            match reader.deserialize_any(NumberVisitor) {
                Ok(x) => Ok((x, reader.remainder().len())),
                Err(error) => Err(reader.span_error(error)),
            }
        });
        let len =
            self.rest().find(|c| !(continues_name(c) || ".+-".contains(c))).unwrap_or(self.rest().len());
        let whole = Span::new(start, start + len);
        let written = &self.text[start..start + len];
        let d = match read {
            Ok((x, left)) => {
                self.at = self.text.len() - left;
                if self.at >= whole.end && x.is_infinite() && !written.contains("inf") {
                    Diagnostic::error(CODE_FINITE, format!("`{written}` is too large for a number"))
                        .at(whole, "")
                } else if self.at >= whole.end {
                    return TreeKind::Number(x);
                } else {
                    Diagnostic::error(CODE_RON, format!("`{written}` is not a number")).at(whole, "")
                }
            }
            Err(error) => Diagnostic::error(CODE_RON, format!("`{written}` is not a number"))
                .at(whole, "")
                .note(ron_words(&error.code)),
        };
        self.at = whole.end;
        self.diags.error(d);
        TreeKind::Bad
    }

    /// An error of ron's, whose positions count from byte `base`.
    fn refused(&mut self, base: usize, error: &SpannedError) -> Reported {
        let text = &self.text[base..];
        let start = base + offset(text, error.span.start);
        let end = base + offset(text, error.span.end);
        let d = Diagnostic::error(CODE_RON, "this is not RON")
            .at(Span::new(start.min(end), end), ron_words(&error.code));
        self.diags.error(d)
    }
}

fn closer(opener: char) -> char {
    match opener {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The byte that a line and a column of ron's stand for.
fn offset(text: &str, position: Position) -> usize {
    let line: usize = text.split_inclusive('\n').take(position.line.saturating_sub(1)).map(str::len).sum();
    text[line..].char_indices().nth(position.col.saturating_sub(1)).map_or(text.len(), |(n, _)| line + n)
}

/// ron's words for a mistake, in the form of ours.
fn ron_words(error: &RonError) -> String {
    lower_first(&error.to_string())
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// Takes any number that RON can write.
struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
    fn visit_f32<E>(self, x: f32) -> Result<f64, E> {
        Ok(x.into())
    }
    fn visit_f64<E>(self, x: f64) -> Result<f64, E> {
        Ok(x)
    }
    #[allow(clippy::cast_precision_loss)] // a whole number past 2^53 is rounded, as every number here
    fn visit_i64<E>(self, x: i64) -> Result<f64, E> {
        Ok(x as f64)
    }
    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, x: u64) -> Result<f64, E> {
        Ok(x as f64)
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<f64, A::Error> {
        Err(serde::de::Error::custom("A range is not a number"))
    }
}
