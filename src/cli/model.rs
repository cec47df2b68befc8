//! A model file taken through the stages of the pipeline, its mistakes rendered.

use super::{Exit, Stop, terminal::Terminal};
use crate::{
    diag::{Diagnostics, Reported, Severity, render},
    source::Source,
    syntax,
};
use std::path::Path;

/// A model file on its way through the pipeline.
#[derive(Debug)]
pub(super) struct Opened<'t> {
    pub source: Source,
    pub diags: Diagnostics,
    terminal: &'t Terminal,
}

impl<'t> Opened<'t> {
    /// Reads the file.
    ///
    /// # Errors
    /// It is not there, or not text.
    pub fn open(path: &Path, terminal: &'t Terminal) -> Result<Self, Stop> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|e| {
            Stop::fault(
                terminal,
                format!("cannot read the model file `{shown}`: {}", plain(&e)),
                "name a file that is there, such as `graphs/gmm.ron`",
            )
        })?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            Stop::fault(terminal, format!("the model file `{shown}` is not UTF-8 text: byte {at} is no character"), "save it as UTF-8")
        })?;
        Ok(Self { source: Source::new(shown.to_string(), text), diags: Diagnostics::default(), terminal })
    }

    /// The syntax tree.
    ///
    /// # Errors
    /// All mistakes of form, rendered.
    pub fn parse(&mut self) -> Result<syntax::Model, Stop> {
        let parsed = syntax::parse(&self.source, &mut self.diags);
        self.passed(parsed)
    }

    /// What a stage gave, or all that it reported.
    pub fn passed<T>(&self, result: Result<T, Reported>) -> Result<T, Stop> {
        result.map_err(|_| Stop {
            exit: Exit::Fault,
            message: render::render_all(self.diags.list(), &self.source, self.terminal.colour) + &self.count(),
        })
    }

    /// A last line where the first mistake may have scrolled away.
    fn count(&self) -> String {
        match self.diags.list().iter().filter(|d| d.severity == Severity::Error).count() {
            0 | 1 => String::new(),
            n => format!("\n\n{n} errors"),
        }
    }

    /// Prints the warnings of all stages.
    pub fn warn(&self) {
        if !self.diags.list().is_empty() {
            self.terminal.complain(&render::render_all(self.diags.list(), &self.source, self.terminal.colour));
        }
    }
}

/// An error of the system without its number.
pub(super) fn plain(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_string(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_string(),
        _ => e.to_string(),
    }
}
