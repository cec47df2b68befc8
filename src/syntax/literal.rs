//! From a place in a string's content to the place in the file, through the quotes of its literal.

use super::lexer::Fault;
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span, Spanned};

/// A string literal of the model.
pub(super) struct Literal {
    /// The literal with its quotes.
    whole: Span,
    /// Where the content starts, if it stands in the file byte for byte.
    content: Option<usize>,
}

impl Literal {
    /// The literal at `text.span`, whose content is `text.node`.
    pub fn new(text: &Spanned<String>, source: &Source) -> Self {
        let content = source.text.get(text.span.start..text.span.end).and_then(|written| {
            let quotes = written.find('"')? + 1;
            written[quotes..].starts_with(text.node.as_str()).then_some(())?;
            // `"ab\"` and raw strings: what closes must be what opened, or the content is only a prefix.
            let after = &written[quotes + text.node.len()..];
            let hashes = written[..quotes - 1].strip_prefix('r').unwrap_or("");
            (after.strip_prefix('"') == Some(hashes)).then_some(text.span.start + quotes)
        });
        Self { whole: text.span, content }
    }
    /// The place in the file of a place in the content; the whole literal where that cannot be told.
    pub fn place(&self, inner: Span) -> Span {
        match self.content {
            Some(start) => Span::new(start + inner.start, start + inner.end),
            None => self.whole,
        }
    }
    /// A fault in the content, as a diagnostic.
    pub fn diagnostic(&self, code: Code, fault: &Fault) -> Diagnostic {
        let mut d =
            Diagnostic::error(code, fault.title.clone()).at(self.place(fault.span), fault.label.clone());
        if let (Some((span, text)), Some(_)) = (&fault.context, self.content) {
            d = d.with(self.place(*span), text.clone());
        }
        match &fault.help {
            Some(help) => d.help(help.clone()),
            None => d,
        }
    }
}
