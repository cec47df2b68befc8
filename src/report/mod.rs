//! A posterior as text, JSON and CSV: one file per output format. Not here: which files are opened, and what
//! goes to the terminal (`cli`).

pub mod axes;
pub mod check;
pub mod comparison;
pub mod csv;
pub mod derived;
pub mod dir;
pub mod draw;
pub mod draws;
pub mod explain;
mod format;
pub mod json;
pub mod layout;
pub mod number;
pub mod prediction;
mod profile;
pub mod simulated;
pub mod sparkline;
pub mod starter;
mod starts;
pub mod table;
pub mod text;
pub mod trace;

pub use format::{Page, ReportFormat, Show, WIDTH};

/// Every output format; the first is the default.
pub static FORMATS: &[&dyn ReportFormat] = &[&text::Text, &json::Json, &csv::Csv];

/// The format called `name`.
pub fn find(name: &str) -> Option<&'static dyn ReportFormat> {
    FORMATS.iter().copied().find(|f| f.name() == name)
}

#[cfg(test)]
mod sample;
