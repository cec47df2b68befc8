//! Cuts the text of an expression or a key into tokens, with places counted from its first byte. Not RON:
//! that is ron's.

use super::expr::BinaryOp;
use crate::source::Span;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Ident(String),
    /// `'F'`: the label of an element.
    Label(String),
    Mark(char),
    Sign(BinaryOp),
    End,
}

/// What is wrong, and where, counted from the first byte of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub span: Span,
    pub title: String,
    pub label: String,
    pub context: Option<(Span, String)>,
    pub help: Option<String>,
    pub kind: FaultKind,
}

/// Which code a fault gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    Form,
    Depth,
    NotFinite,
}

impl Fault {
    pub fn new(span: Span, title: impl Into<String>, label: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            span,
            title: title.into(),
            label: label.into(),
            context: None,
            help: None,
            kind: FaultKind::Form,
        })
    }
    pub fn help(mut self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.help = Some(text.into());
        self
    }
    pub fn context(mut self: Box<Self>, span: Span, text: impl Into<String>) -> Box<Self> {
        self.context = Some((span, text.into()));
        self
    }
    pub fn kind(mut self: Box<Self>, kind: FaultKind) -> Box<Self> {
        self.kind = kind;
        self
    }
}

/// Whether a name may begin with `c`.
pub(super) fn begins_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

/// Whether a name may go on with `c`.
pub(super) fn continues_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Whether `text` is a name: a letter or `_`, then letters, digits and `_`.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(continues_name)
}

/// All tokens of `text`, the last one [`Token::End`] with an empty span.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, Box<Fault>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (token, len) = if begins_name(c) {
            let len = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
            (Token::Ident(rest[..len].to_owned()), len)
        } else if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            number(rest, at)?
        } else if c == '\'' {
            label(rest, at)?
        } else if let Some(found) = sign(rest) {
            found
        } else if "()[],.".contains(c) {
            (Token::Mark(c), 1)
        } else {
            return Err(stray(c, Span::new(at, at + c.len_utf8())));
        };
        out.push((token, Span::new(at, at + len)));
        at += len;
    }
    out.push((Token::End, Span::new(text.len(), text.len())));
    Ok(out)
}

/// An operator at the start of `rest`, the longer of two, and its length.
fn sign(rest: &str) -> Option<(Token, usize)> {
    [2, 1].into_iter().find_map(|len| Some((Token::Sign(BinaryOp::from_sign(rest.get(..len)?)?), len)))
}

/// A label in single quotes at the start of `rest`, and its length. A quote inside is written twice.
fn label(rest: &str, at: usize) -> Result<(Token, usize), Box<Fault>> {
    let (mut text, mut len) = (String::new(), 1);
    loop {
        let Some(c) = rest[len..].chars().next() else {
            return Err(Fault::new(
                Span::new(at, at + 1),
                "this quote is never closed",
                "no second `'` follows",
            ));
        };
        len += c.len_utf8();
        match c {
            '\'' if rest[len..].starts_with('\'') => {
                text.push(c);
                len += 1;
            }
            '\'' => return Ok((Token::Label(text), len)),
            c => text.push(c),
        }
    }
}

/// A decimal number at the start of `rest`, and its length.
fn number(rest: &str, at: usize) -> Result<(Token, usize), Box<Fault>> {
    let digits = |from: usize| {
        from + rest[from..].find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(rest.len() - from)
    };
    let mut len = digits(0);
    if rest[len..].starts_with('.') {
        len = digits(len + 1);
    }
    if rest[len..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[len + 1..].starts_with(['+', '-']));
        if rest[len + 1 + sign..].starts_with(|c: char| c.is_ascii_digit()) {
            len = digits(len + 1 + sign);
        }
    }
    let written = &rest[..len];
    let tail = rest[len..].find(|c| !(continues_name(c) || c == '.')).map_or(rest.len(), |n| len + n);
    let whole = Span::new(at, at + tail);
    if tail > len {
        let after = &rest[len..tail];
        let fault = Fault::new(whole, format!("`{}` is neither a number nor a name", &rest[..tail]), "");
        return Err(if is_name(after) {
            fault.help(format!("a product is written with `*`: `{written} * {after}`"))
        } else {
            fault.help("a number has one decimal point, such as `0.5` or `1e-3`")
        });
    }
    match written.replace('_', "").parse::<f64>() {
        Ok(x) if x.is_finite() => Ok((Token::Number(x), len)),
        Ok(_) => Err(Fault::new(whole, format!("`{written}` is too large for a number"), "")
            .kind(FaultKind::NotFinite)),
        Err(_) => Err(Fault::new(whole, format!("`{written}` is not a number"), "")),
    }
}

/// A character that no expression holds, with what to write in its place.
fn stray(c: char, span: Span) -> Box<Fault> {
    let help = match c {
        '−' | '–' | '—' => Some("the minus sign is `-`"),
        '×' | '·' | '∗' | '⋅' => Some("a product is written with `*`"),
        '÷' | ':' => Some("a quotient is written with `/`"),
        '{' | '}' => Some("an index stands in `[ ]`, grouping in `( )`"),
        '=' | '~' => Some(
            "write only the right-hand side: the node's name is the key; two numbers are compared with `==`",
        ),
        '&' | '|' | '!' => {
            Some("comparisons are 0 or 1: both hold where their product is 1, `(a > 1) * (b > 1)`")
        }
        '"' => Some(
            "names inside an expression take no quotes; the label of an element takes single ones: `b['F']`",
        ),
        _ => None,
    };
    let fault = Fault::new(span, format!("`{}` has no meaning in an expression", c.escape_debug()), "");
    match help {
        Some(help) => fault.help(help),
        None => fault,
    }
}
