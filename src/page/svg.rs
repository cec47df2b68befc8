//! One chart as SVG: lines, areas and texts in the page's classes, which give them their colours in light and
//! in dark. Not here: what a chart shows (`chart`).

use super::html::escaped;
use std::fmt::Write;

/// The width of a chart on a page of full width, and on a phone.
pub const WIDTHS: [f64; 2] = [704.0, 335.0];

/// More dots than this are drawn as one mark, without words for a pointer that rests on one.
pub const TITLED: usize = 400;

/// Size of labels, and of ticks.
pub const LABEL: f64 = 13.0;
/// Size of ticks and of small labels.
pub const SMALL: f64 = 12.0;

/// Where a text is tied to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// A rectangle that a text or a mark takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// Left, top, right, bottom.
    pub sides: [f64; 4],
}

impl Taken {
    /// The area that the two share.
    pub fn shared(&self, other: &Taken) -> f64 {
        let [a, b, c, d] = self.sides;
        let [e, f, g, h] = other.sides;
        (c.min(g) - a.max(e)).max(0.0) * (d.min(h) - b.max(f)).max(0.0)
    }
}

/// A chart being drawn.
#[derive(Clone, Debug)]
pub struct Svg {
    /// Units across.
    pub width: f64,
    /// Units down: what is drawn below is cut off.
    pub height: f64,
    body: String,
    /// Places of the texts so far.
    pub texts: Vec<Taken>,
}

/// A coordinate with one digit.
pub fn n(x: f64) -> String {
    if !x.is_finite() {
        return "0".into();
    }
    let text = format!("{x:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.into() }
}

/// The width of a text of a font size, about.
pub fn text_width(text: &str, size: f64) -> f64 {
    let each = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | '\'' | '|' | '\u{a0}' | ' ' => 0.3,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.88,
        c if c.is_uppercase() => 0.68,
        _ => 0.56,
    };
    text.chars().map(each).sum::<f64>() * size
}

impl Svg {
    /// An empty one.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new(), texts: vec![] }
    }

    /// Is it the one for phones?
    pub fn narrow(&self) -> bool {
        self.width < 500.0
    }

    /// A text as it is.
    pub fn raw(&mut self, text: &str) {
        self.body.push_str(text);
    }

    /// A line.
    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let (x1, y1, x2, y2) = (n(x1), n(y1), n(x2), n(y2));
        let _ =
            write!(self.body, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" class=\"{class}\"/>");
    }

    /// A line of some width.
    pub fn stroke(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), width: f64, class: &str) {
        let (x1, y1, x2, y2, w) = (n(x1), n(y1), n(x2), n(y2), n(width));
        let _ = write!(
            self.body,
            "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" class=\"{class}\" stroke-width=\"{w}\"/>"
        );
    }

    /// A rectangle; `more` are attributes.
    pub fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), class: &str, more: &str) {
        let (x, y, w, h) = (n(x), n(y), n(w.max(0.0)), n(h.max(0.0)));
        let _ = write!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" class=\"{class}\" {more}/>"
        );
    }

    /// A dot; `title` is shown by a pointer that rests on it.
    pub fn dot(&mut self, (x, y): (f64, f64), r: f64, class: &str, more: &str, title: &str) {
        let (x, y, r) = (n(x), n(y), n(r));
        let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" class=\"{class}\" {more}");
        if title.is_empty() {
            self.body.push_str("/>");
        } else {
            let _ = write!(self.body, "><title>{}</title></circle>", escaped(title));
        }
    }

    /// Many dots as one mark, which takes a fifth of the room; `class` is that of a line.
    pub fn dots(&mut self, at: &[(f64, f64)], r: f64, class: &str, more: &str) {
        if at.is_empty() {
            return;
        }
        let mut d = String::new();
        for (x, y) in at {
            let _ = write!(d, "M{} {}h0", n(*x), n(*y));
        }
        let more = format!("stroke-width=\"{}\" stroke-linecap=\"round\" {more}", n(2.0 * r));
        self.path(&d, &format!("{class} nofill"), &more);
    }

    /// A path from its commands.
    pub fn path(&mut self, d: &str, class: &str, more: &str) {
        let _ = write!(self.body, "<path d=\"{d}\" class=\"{class}\" {more}/>");
    }

    /// A line through points.
    pub fn through(&mut self, points: &[(f64, f64)], class: &str, more: &str) {
        if !points.is_empty() {
            self.path(&path(points), class, more);
        }
    }

    /// A text. It is moved sideways as far as it must be to stand inside.
    pub fn text(&mut self, at: (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let size = if class.split(' ').any(|c| c == "s") { SMALL } else { LABEL };
        let place = self.place(at, anchor, size, text, class.contains('b'));
        let [left, _, right, _] = place.sides;
        let x = match anchor {
            Anchor::Start => left,
            Anchor::Middle => 0.5 * (left + right),
            Anchor::End => right,
        };
        let word = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.texts.push(place);
        let (x, y) = (n(x), n(at.1));
        let _ = write!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" text-anchor=\"{word}\">{}</text>",
            escaped(text)
        );
    }

    /// Where a text would stand.
    pub fn place(&self, (x, y): (f64, f64), anchor: Anchor, size: f64, text: &str, bold: bool) -> Taken {
        let w = text_width(text, size) * if bold { 1.07 } else { 1.0 };
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - 0.5 * w,
            Anchor::End => x - w,
        };
        let left = left.min(self.width - w).max(0.0);
        Taken { sides: [left, y - 0.8 * size, left + w, y + 0.25 * size] }
    }

    /// All of it. `label` says in words what is to be seen.
    pub fn finish(self, label: &str) -> String {
        let class = if self.narrow() { "narrow" } else { "wide" };
        self.titled(label, class)
    }

    /// The same, in a class of its own.
    pub fn titled(self, label: &str, class: &str) -> String {
        format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>\n",
            n(self.width),
            n(self.height),
            escaped(label),
            self.body
        )
    }
}

/// The commands of a line through points.
pub fn path(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if i == 0 { "M" } else { "L" }, n(*x), n(*y));
    }
    d
}

/// A chart at both widths, by one function of its width.
pub fn twice(label: &str, draw: impl Fn(f64) -> Svg) -> String {
    WIDTHS.iter().map(|&w| draw(w).finish(label)).collect()
}

/// The class of a mark, of a line, of a text in the colour of a class; past six there is one colour.
pub fn colour(i: usize, of: usize) -> usize {
    if of > 6 { 1 } else { i % 6 + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_inside() {
        let mut svg = Svg::new(100.0, 20.0);
        svg.text((98.0, 12.0), Anchor::Start, "s", "a label");
        svg.text((2.0, 12.0), Anchor::End, "", "another");
        for t in &svg.texts {
            assert!(t.sides[0] >= 0.0 && t.sides[2] <= 100.0, "{t:?}");
        }
        assert!(svg.clone().finish("x < y").contains("aria-label=\"x &lt; y\""));
    }
}
