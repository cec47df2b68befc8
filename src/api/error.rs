//! The one error of the library. Not here: how a diagnostic is laid out (`diag::render`).

use crate::{
    answer::{FitError, posterior::Posterior},
    diag::{Diagnostic, Severity, render},
    source::Source,
};
use std::fmt;

/// Why a model can't be read, checked or fitted, or why a posterior has not what was asked of it.
///
/// It displays, and debugs, as the command `elbow` shows it: the place in the model or the file, what was found,
/// what was expected, what to do. A `main` that returns it prints that.
#[derive(Clone)]
pub struct Error(Box<Inside>);

#[derive(Clone)]
struct Inside {
    /// Without a line end.
    text: String,
    codes: Vec<&'static str>,
    last_good: Option<Box<Posterior>>,
}

impl Error {
    /// The codes of the mistakes that were found, such as `E0401`, in order; `elbow code E0401` and the book
    /// explain them. Empty where the call is at fault, or where the numbers broke down.
    pub fn codes(&self) -> &[&'static str] {
        &self.0.codes
    }

    /// Where the numbers of a fit broke down after at least one good iteration: the posterior as the last good
    /// one left it.
    pub fn last_good(&self) -> Option<&Posterior> {
        self.0.last_good.as_deref()
    }

    /// What a stage reported.
    pub(super) fn reported(list: &[Diagnostic], source: &Source) -> Self {
        let errors = list.iter().filter(|d| d.severity == Severity::Error);
        Self(Box::new(Inside {
            text: render::failed(list, source, false),
            codes: errors.map(|d| d.code.0).collect(),
            last_good: None,
        }))
    }

    /// The call is at fault.
    pub(crate) fn call(title: impl fmt::Display, help: impl fmt::Display) -> Self {
        let text = format!("error: {title}\n  = help: {help}");
        Self(Box::new(Inside { text, codes: vec![], last_good: None }))
    }

    /// The numbers broke down.
    pub(super) fn broke_down(mut e: FitError, source: &Source) -> Self {
        let last_good = e.last_good.take();
        let more = last_good
            .as_ref()
            .map(|p| format!("iteration {} was the last good one; `Error::last_good` has it", p.iterations));
        let text = render::render(&e.diagnostic(more), source, false);
        Self(Box::new(Inside { text, codes: vec![], last_good }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl std::error::Error for Error {}
