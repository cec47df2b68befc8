//! Draws diagnostics against the text they speak of, as rustc does. Decides no wording, and prints nothing.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{DataPlace, Diagnostic, Severity};
use crate::source::{Source, Span};

/// The longest line of a data file that is shown whole, in characters; of a longer one, the part around the cell.
const LONGEST_LINE: usize = 160;

/// One diagnostic, without a line end after it; `colour` adds ANSI escapes.
///
/// Places that do not lie in the text of `model` are moved to its nearest character.
pub fn render(d: &Diagnostic, model: &Source, colour: bool) -> String {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&d.title).id(d.code.0));
    // The first primary label names the place, so it is drawn first; without one, the first of all.
    if !d.labels.is_empty() {
        let all_context = d.labels.iter().all(|label| !label.primary);
        let marks = d.labels.iter().enumerate().map(|(i, label)| {
            let primary = label.primary || (all_context && i == 0);
            mark(clamp(label.span, &model.text), &label.text, primary)
        });
        group = group.element(Snippet::source(&*model.text).path(&model.name).annotations(marks));
    }
    let excerpt = d.data.as_ref().map(Excerpt::new);
    if let Some(excerpt) = &excerpt {
        group = excerpt.draw(group, d.labels.is_empty());
    }
    for note in &d.notes {
        group = group.element(Level::NOTE.message(note));
    }
    for help in &d.helps {
        group = group.element(Level::HELP.message(help));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

/// All diagnostics, with an empty line between two.
pub fn render_all(list: &[Diagnostic], model: &Source, colour: bool) -> String {
    let parts: Vec<_> = list.iter().map(|d| render(d, model, colour)).collect();
    parts.join("\n\n")
}

fn mark(span: Range<usize>, text: &str, primary: bool) -> Annotation<'_> {
    let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let mark = kind.span(span);
    if text.is_empty() { mark } else { mark.label(text) }
}

/// The span as a range of whole characters inside `text`.
fn clamp(span: Span, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    start..end
}

/// A line of a data file, cut to what can be shown.
struct Excerpt<'a> {
    place: &'a DataPlace,
    line: String,
    cell: Option<Range<usize>>,
}

impl<'a> Excerpt<'a> {
    fn new(place: &'a DataPlace) -> Self {
        let whole = place.excerpt.as_deref().unwrap_or("").lines().next().unwrap_or("");
        let cell = place.cell.as_deref().and_then(|cell| find_cell(whole, cell));
        let (line, cell) = cut(whole, cell);
        Self { place, line, cell }
    }

    fn draw<'b>(&'b self, group: Group<'b>, first: bool) -> Group<'b> {
        let path = &self.place.path;
        if self.line.trim().is_empty() {
            return group.element(Origin::path(path).line(self.place.line));
        }
        let label = match (&self.place.column, &self.cell) {
            (Some(column), Some(_)) => format!("column `{column}`"),
            (Some(column), None) => format!("see column `{column}`"),
            (None, _) => String::new(),
        };
        let span = self.cell.clone().unwrap_or(0..self.line.len());
        let kind = if first || self.cell.is_some() { AnnotationKind::Primary } else { AnnotationKind::Context };
        let mark = kind.span(span);
        let mark = if label.is_empty() { mark } else { mark.label(label) };
        group.element(Snippet::source(&*self.line).path(path).line_start(self.place.line).annotation(mark))
    }
}

/// The one field of `line` that is `cell`; nothing where several are, since their columns are not known here.
fn find_cell(line: &str, cell: &str) -> Option<Range<usize>> {
    let separates = |c: char| ",;\t".contains(c);
    let written = cell.trim();
    if written.is_empty() {
        return None;
    }
    let mut found = line.match_indices(written).map(|(at, text)| at..at + text.len()).filter(|range| {
        let before = line[..range.start].trim_end_matches([' ', '"']);
        let after = line[range.end..].trim_start_matches([' ', '"']);
        (before.is_empty() || before.ends_with(separates)) && (after.is_empty() || after.starts_with(separates))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A line of at most about [`LONGEST_LINE`] characters around `cell`, with `…` where something was left out.
fn cut(line: &str, cell: Option<Range<usize>>) -> (String, Option<Range<usize>>) {
    if line.chars().count() <= LONGEST_LINE {
        return (line.to_owned(), cell);
    }
    let back = |from: usize, n: usize| line[..from].char_indices().rev().take(n).last().map_or(from, |(at, _)| at);
    let forth = |from: usize, n: usize| line[from..].char_indices().nth(n).map_or(line.len(), |(at, _)| from + at);
    let focus = cell.clone().unwrap_or(0..0);
    let focus = focus.start..focus.end.min(forth(focus.start, LONGEST_LINE / 2));
    let from = back(focus.start, LONGEST_LINE / 4);
    let to = forth(focus.end, LONGEST_LINE / 4);
    let lead = if from > 0 { "…" } else { "" };
    let tail = if to < line.len() { "…" } else { "" };
    let shift = |at: usize| at - from + lead.len();
    (format!("{lead}{}{tail}", &line[from..to]), cell.map(|_| shift(focus.start)..shift(focus.end)))
}
