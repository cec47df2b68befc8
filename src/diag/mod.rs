//! Diagnostics as data, and their rendering. Knows no model.
//!
//! A stage reports into [`Diagnostics`] and goes on; it stops between stages. A function that fails after
//! reporting returns [`Reported`], a token that only [`Diagnostics`] makes.

pub mod codes;
pub mod render;
pub mod suggest;

use crate::source::Span;

/// A code of the closed set in [`codes`], such as `E0401` or `W01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

impl Code {
    /// Of what a run finds, which is no mistake of the model's text and has no page.
    pub const NONE: Code = Code("");
}

/// Whether the model can still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The model or its data are at fault.
    Error,
    /// Worth a look; nothing stops.
    Warning,
}

/// A marked place in the model's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What to say beside it; may be empty.
    pub text: String,
    /// The place itself (`^^^`), or context for it (`---`).
    pub primary: bool,
}

/// A place in a data file: shown as an excerpt of one line.
#[derive(Clone, Debug, PartialEq)]
pub struct DataPlace {
    /// The file as the user named it.
    pub path: String,
    /// Line of the file, from 1 (a quoted field may hold line breaks; the record's first line counts).
    pub line: usize,
    /// Name of the column, where one is at fault.
    pub column: Option<String>,
    /// The cell as it stands in the file, where one is at fault.
    pub cell: Option<String>,
    /// The text of the line, where known.
    pub excerpt: Option<String>,
}

/// One mistake: what was found, what was expected, what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Which mistake.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// One line, lower case, names in backticks.
    pub title: String,
    /// Places in the model; the first primary one is the place of the error.
    pub labels: Vec<Label>,
    /// A place in a data file.
    pub data: Option<DataPlace>,
    /// What was expected, and why.
    pub notes: Vec<String>,
    /// What to write instead.
    pub helps: Vec<String>,
}

impl Diagnostic {
    /// An error with nothing but its title.
    pub fn error(code: Code, title: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            title: title.into(),
            labels: vec![],
            data: None,
            notes: vec![],
            helps: vec![],
        }
    }
    /// A warning with nothing but its title.
    pub fn warning(code: Code, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, title) }
    }
    /// Marks the place itself.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: true });
        self
    }
    /// Marks a place that explains the other.
    #[must_use]
    pub fn with(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }
    /// Names a place in a data file.
    #[must_use]
    pub fn in_data(mut self, place: DataPlace) -> Self {
        self.data = Some(place);
        self
    }
    /// Adds what was expected, or why.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }
}

/// Proof that at least one error was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported(());

/// What a run of the pipeline has found so far.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    failed: Option<Reported>,
}

impl Diagnostics {
    /// Keeps a diagnostic; an error gives the token that a failed function returns.
    pub fn error(&mut self, d: Diagnostic) -> Reported {
        debug_assert_eq!(d.severity, Severity::Error);
        self.list.push(d);
        *self.failed.insert(Reported(()))
    }
    /// Keeps a warning.
    pub fn warn(&mut self, d: Diagnostic) {
        debug_assert_eq!(d.severity, Severity::Warning);
        self.list.push(d);
    }
    /// Takes over what another run of a stage has found, each put through `finish`.
    pub fn absorb(&mut self, found: Self, finish: impl FnMut(Diagnostic) -> Diagnostic) {
        self.list.extend(found.list.into_iter().map(finish));
        self.failed = self.failed.or(found.failed);
    }
    /// `Err` if any error was reported: the gate between two stages.
    pub fn gate(&self) -> Result<(), Reported> {
        self.failed.map_or(Ok(()), Err)
    }
    /// All that was found, in order.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }
}
