//! Keys: `z`, `z[n]`, `h[0,i]`, the left-hand side of a node or an input. Whether the plates exist is for
//! `graph` to find.

use std::fmt;

use super::ast::{Key, KeyIndex};
use super::codes::CODE_KEY;
use super::lexer::{Fault, Token, tokens};
use super::literal::Literal;
use crate::diag::{Diagnostics, Reported};
use crate::source::{Source, Span, Spanned};

/// Reads the key that the literal `text` holds.
pub(super) fn parse_key(
    text: &Spanned<String>,
    source: &Source,
    diags: &mut Diagnostics,
) -> Result<Key, Reported> {
    let literal = Literal::new(text, source);
    match read(&text.node) {
        Ok((mut name, mut indices)) => {
            name.span = literal.place(name.span);
            indices.iter_mut().for_each(|index| index.span = literal.place(index.span));
            Ok(Key { name, indices, span: text.span })
        }
        Err(fault) => Err(diags.error(literal.diagnostic(CODE_KEY, &fault).note(
            "a key is a name, or a name with plates: \"z\", \"z[n]\", \"z[t,i]\"; \"z[0]\" is a first step",
        ))),
    }
}

type Parts = (Spanned<String>, Vec<Spanned<KeyIndex>>);

fn read(text: &str) -> Result<Parts, Box<Fault>> {
    let whole = Span::new(0, text.len());
    let tokens = tokens(text).map_err(|fault| {
        Fault::new(fault.span, not_a_key(text), "a name is a letter or `_`, then letters, digits and `_`")
    })?;
    let mut tokens = tokens.into_iter().peekable();
    let mut next = || tokens.next().unwrap_or((Token::End, Span::new(text.len(), text.len())));
    let name = match next() {
        (Token::Ident(name), span) => Spanned::new(name, span),
        (Token::End, _) => return Err(Fault::new(whole, "a name may not be empty", "")),
        (_, span) => return Err(Fault::new(span, not_a_key(text), "a name begins with a letter or `_`")),
    };
    let open = match next() {
        (Token::End, _) => return Ok((name, vec![])),
        (Token::Mark('['), span) => span,
        (_, span) => return Err(Fault::new(span, not_a_key(text), "only `[` can follow the name")),
    };
    let mut indices = Vec::new();
    loop {
        indices.push(match next() {
            (Token::Ident(plate), span) => Spanned::new(KeyIndex::Plate(plate), span),
            (Token::Number(_), span) => match text[span.start..span.end].parse() {
                Ok(step) => Spanned::new(KeyIndex::Step(step), span),
                Err(_) => {
                    return Err(Fault::new(span, not_a_key(text), "a step is a whole number, such as 0"));
                }
            },
            (Token::End, _) => {
                return Err(Fault::new(
                    open,
                    format!("`{text}`: this `[` is never closed"),
                    "no `]` follows",
                ));
            }
            (_, span) => return Err(Fault::new(span, not_a_key(text), "expected the name of a plate")),
        });
        match next() {
            (Token::Mark(','), _) => {}
            (Token::Mark(']'), _) => break,
            (Token::End, _) => {
                return Err(Fault::new(
                    open,
                    format!("`{text}`: this `[` is never closed"),
                    "no `]` follows",
                ));
            }
            (Token::Mark('-' | '+'), span) => {
                return Err(Fault::new(span, not_a_key(text), "no arithmetic on this side")
                    .help("the key is \"z[t]\"; the step before stands among the parameters, as in \"trans[z[t-1]]\""));
            }
            (_, span) => return Err(Fault::new(span, not_a_key(text), "expected `,` or `]`")),
        }
    }
    match next() {
        (Token::End, _) => Ok((name, indices)),
        (Token::Mark('['), span) => Err(Fault::new(span, not_a_key(text), "a second bracket")
            .help("several plates share one bracket: \"z[n,k]\"")),
        (_, span) => Err(Fault::new(span, not_a_key(text), "nothing may follow the `]`")),
    }
}

fn not_a_key(text: &str) -> String {
    format!("`{}` is not a key", text.escape_debug())
}

/// As on paper: `h[0,i]`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.node)?;
        for (i, index) in self.indices.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "[" } else { "," }, index.node)?;
        }
        f.write_str(if self.indices.is_empty() { "" } else { "]" })
    }
}

impl fmt::Display for KeyIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plate(name) => f.write_str(name),
            Self::Step(step) => step.fmt(f),
        }
    }
}
