//! Pieces of a page: figures, tables, folds. Not here: what they hold.

use std::fmt::Write;

pub use crate::report::draw::escaped;

/// A text with what stands between back quotes as code.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split('`').enumerate() {
        if i % 2 == 1 {
            let _ = write!(out, "<code>{}</code>", escaped(part));
        } else {
            out.push_str(&escaped(part));
        }
    }
    out
}

/// A figure: what to see, how to read it, the chart, and a caption. Texts may have code between back quotes.
pub fn figure(see: &str, how: &str, chart: &str, caption: &str) -> String {
    let line = |class: &str, text: &str| match text {
        "" => String::new(),
        _ => format!("<p class=\"{class}\">{}</p>", prose(text)),
    };
    let caption = match caption {
        "" => String::new(),
        _ => format!("<figcaption class=\"how\">{}</figcaption>", prose(caption)),
    };
    format!("<figure>{}{}{chart}{caption}</figure>\n", line("see", see), line("how", how))
}

/// What is folded until asked for.
pub fn fold(summary: &str, body: &str) -> String {
    format!("<details><summary>{}</summary>{body}</details>\n", prose(summary))
}

/// A table: words to the left, numbers to the right.
#[derive(Clone, Debug, Default)]
pub struct Table {
    head: Vec<(String, bool)>,
    rows: String,
    /// How many rows it has.
    pub count: usize,
}

impl Table {
    /// With these columns; those whose name begins with `<` hold words.
    pub fn new(head: &[&str]) -> Self {
        let column = |h: &&str| match h.strip_prefix('<') {
            Some(words) => (words.to_string(), true),
            None => ((*h).to_string(), false),
        };
        Self { head: head.iter().map(column).collect(), rows: String::new(), count: 0 }
    }
    /// Adds a row of texts.
    pub fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        self.rows.push_str("<tr>");
        for (cell, (_, words)) in cells.iter().zip(&self.head) {
            let class = if *words { " class=\"l\"" } else { "" };
            let _ = write!(self.rows, "<td{class}>{}</td>", prose(cell.as_ref()));
        }
        self.rows.push_str("</tr>");
        self.count += 1;
    }
    /// Adds a row of HTML.
    pub fn html(&mut self, cells: &str) {
        let _ = write!(self.rows, "<tr>{cells}</tr>");
        self.count += 1;
    }
    /// Says what was left out.
    pub fn left_out(&mut self, text: &str) {
        let _ = write!(
            self.rows,
            "<tr class=\"fold\"><td class=\"l\" colspan=\"{}\">{}</td></tr>",
            self.head.len(),
            prose(text)
        );
    }
    /// All of it.
    pub fn finish(&self) -> String {
        let mut out = String::from("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
        for (name, words) in &self.head {
            let class = if *words { " class=\"l\"" } else { "" };
            let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", prose(name));
        }
        let _ = write!(out, "</tr></thead><tbody>{}</tbody></table></div>", self.rows);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_escaped() {
        assert_eq!(prose("a `b<c>` & d"), "a <code>b&lt;c&gt;</code> &amp; d");
        let mut t = Table::new(&["<a", "b"]);
        t.row(&["<x>", "1"]);
        assert!(t.finish().contains("<td class=\"l\">&lt;x&gt;</td><td>1</td>"), "{}", t.finish());
    }
}
