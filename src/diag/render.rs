//! Draws diagnostics against the text they speak of, as rustc does. Decides no wording, and prints nothing.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Code, DataPlace, Diagnostic, Severity};
use crate::source::{Source, Span};

/// The longest line of a data file that is shown whole, in characters; of a longer one, the part around the
/// cell.
const LONGEST_LINE: usize = 160;

/// One diagnostic, without a line end after it; `colour` adds ANSI escapes.
///
/// Places that do not lie in the text of `model` are moved to its nearest character.
pub fn render(d: &Diagnostic, model: &Source, colour: bool) -> String {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&d.title);
    let mut group = Group::with_title(if d.code == Code::NONE { title } else { title.id(d.code.0) });
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
    let drawn = renderer.render(&[group]);
    match &excerpt {
        Some(excerpt) => excerpt.without_false_column(drawn),
        None => drawn,
    }
}

/// All diagnostics, with an empty line between two.
pub fn render_all(list: &[Diagnostic], model: &Source, colour: bool) -> String {
    let parts: Vec<_> = list.iter().map(|d| render(d, model, colour)).collect();
    parts.join("\n\n")
}

/// All diagnostics of a stage that failed; where there are several errors, a last line counts them, since the
/// first may have scrolled away.
pub fn failed(list: &[Diagnostic], model: &Source, colour: bool) -> String {
    let count = match list.iter().filter(|d| d.severity == Severity::Error).count() {
        0 | 1 => String::new(),
        n => format!("\n\n{n} errors"),
    };
    render_all(list, model, colour) + &count
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

    /// Takes the column off the place's head where it is not the cell's in the file: nothing was found, or
    /// the line was cut.
    fn without_false_column(&self, drawn: String) -> String {
        let head = format!("{}:{}:", self.place.path, self.place.line);
        let true_column = self.cell.is_some() && !self.line.starts_with('…');
        match drawn.split_once(&head) {
            Some((before, after)) if !true_column => {
                format!(
                    "{before}{}{}",
                    &head[..head.len() - 1],
                    after.trim_start_matches(|c: char| c.is_ascii_digit())
                )
            }
            _ => drawn,
        }
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
        let kind =
            if first || self.cell.is_some() { AnnotationKind::Primary } else { AnnotationKind::Context };
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
        (before.is_empty() || before.ends_with(separates))
            && (after.is_empty() || after.starts_with(separates))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A line of at most about [`LONGEST_LINE`] characters around `cell`, with `…` where something was left out.
fn cut(line: &str, cell: Option<Range<usize>>) -> (String, Option<Range<usize>>) {
    if line.chars().count() <= LONGEST_LINE {
        return (line.to_owned(), cell);
    }
    let back =
        |from: usize, n: usize| line[..from].char_indices().rev().take(n).last().map_or(from, |(at, _)| at);
    let forth =
        |from: usize, n: usize| line[from..].char_indices().nth(n).map_or(line.len(), |(at, _)| from + at);
    let focus = cell.clone().unwrap_or(0..0);
    let focus = focus.start..focus.end.min(forth(focus.start, LONGEST_LINE / 2));
    let from = back(focus.start, LONGEST_LINE / 4);
    let to = forth(focus.end, LONGEST_LINE / 4);
    let lead = if from > 0 { "…" } else { "" };
    let tail = if to < line.len() { "…" } else { "" };
    let shift = |at: usize| at - from + lead.len();
    (format!("{lead}{}{tail}", &line[from..to]), cell.map(|_| shift(focus.start)..shift(focus.end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use proptest::prelude::*;

    const MODEL: &str = "Model(\n    nodes: {\n        \"mu\": Normal(mean: 0.0, precision: 1e-3),\n        \"tau\": Gamma(shape: 1.0, rate: \"mu\"),\n    },\n)\n";

    fn place(cell: Option<&str>, excerpt: Option<&str>) -> DataPlace {
        let owned = |text: &str| text.to_owned();
        DataPlace {
            path: "data.csv".into(),
            line: 17,
            column: Some("waiting".into()),
            cell: cell.map(owned),
            excerpt: excerpt.map(owned),
        }
    }

    fn drawn(d: &Diagnostic) -> String {
        render(d, &Source::new("model.ron", MODEL), false)
    }

    fn at(text: &str) -> Span {
        let start = MODEL.find(text).expect("in the model");
        Span::new(start, start + text.len())
    }

    #[test]
    fn as_the_design_shows() {
        let d = Diagnostic::error(Code("E0401"), "`mu` cannot be the rate of a Gamma")
            .at(at("\"mu\")"), "carries (x, x²)")
            .with(at("Normal(mean: 0.0, precision: 1e-3)"), "`mu` is Normal")
            .note("`rate` needs a node that carries (x, ln x): a Gamma, or a number")
            .help("`elbow list Gamma` shows what each parameter accepts");
        insta::assert_snapshot!("model_place", drawn(&d));
        let coloured = render(&d, &Source::new("model.ron", MODEL), true);
        assert!(coloured.contains('\u{1b}') && !drawn(&d).contains('\u{1b}'));
    }

    #[test]
    fn a_place_in_data() {
        let error = |place: DataPlace| {
            Diagnostic::error(Code("E0603"), "`six` is not a number").in_data(place).help("mend the cell")
        };
        let long = format!("{},six,{}", "3.25,".repeat(400), "1,".repeat(400));
        let parts = [
            drawn(&error(place(Some("six"), Some("3.6,six,7")))),
            drawn(&error(place(Some("6"), Some("6,6,7")))),
            drawn(&error(place(None, None))),
            drawn(&error(place(Some("six"), Some(&long)))),
            drawn(&error(place(Some("six"), Some("3.6,six,7"))).at(at("\"mu\")"), "asks for numbers")),
            drawn(&Diagnostic::warning(Code("W01"), "no place at all")),
            drawn(&Diagnostic::error(Code("E0101"), "only context").with(at("nodes"), "see here")),
        ];
        insta::assert_snapshot!("data_places", parts.join("\n--------\n"));
    }

    #[test]
    fn the_cell_is_found_as_a_whole_field() {
        for (line, cell, want) in [
            ("a,NA,b", "NA", Some("NA")),
            ("NAN;\"NA\";b", "NA", Some("NA")),
            ("NA,NA", "NA", None),
            ("xNA", "NA", None),
            ("a\t é \tb", "é", Some("é")),
            ("a,,b", "", None),
        ] {
            assert_eq!(find_cell(line, cell).map(|r| &line[r]), want, "{cell:?} in {line:?}");
        }
    }

    #[test]
    fn two_are_parted_by_an_empty_line() {
        let d = Diagnostic::error(Code("E0101"), "one");
        let source = Source::new("m", "");
        assert_eq!(render_all(&[d.clone(), d], &source, false), "error[E0101]: one\n\nerror[E0101]: one");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn any_span_of_any_text_can_be_drawn(
            text in "([ -~]|[\t\r\n]|\r\n|[é漢🦀\u{301}\u{202e}\u{feff}\u{0}]){0,40}",
            spans in prop::collection::vec((0usize..60, 0usize..60, any::<bool>(), "(|word|two\nlines|é\t)"), 0..5),
            cell in "(|a|é|[ -~]{0,4})",
            line in 0usize..5,
            colour in any::<bool>(),
        ) {
            let mut d = Diagnostic::error(Code("E0101"), text.clone());
            for (start, end, primary, label) in spans {
                d.labels.push(crate::diag::Label { span: Span::new(start, end), text: label, primary });
            }
            let source = Source::new("m", text.clone());
            let out = render(&d, &source, colour);
            prop_assert!(out.contains("E0101"));
            let place = DataPlace { path: "d".into(), line, column: Some(cell.clone()), cell: Some(cell), excerpt: Some(text.repeat(9)) };
            render(&d.in_data(place), &source, colour);
        }
    }
}
