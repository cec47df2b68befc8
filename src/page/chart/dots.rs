//! Means with their intervals, a row each: shares, effects, centres. Not here: densities (`density`).

use crate::page::{
    number::fixed,
    scale::{Scale, padded, range},
    svg::{Anchor, LABEL, Svg, text_width, twice},
};

/// A number that is known up to its spread.
#[derive(Clone, Debug)]
pub struct Spread {
    /// What it is of.
    pub label: String,
    /// Mean.
    pub mean: f64,
    /// 5 % and 95 %.
    pub ends: (f64, f64),
    /// 25 % and 75 %, where they are known.
    pub middle: Option<(f64, f64)>,
    /// Its colour.
    pub colour: usize,
}

/// Where the axis begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// From 0 to 1.
    Share,
    /// As the intervals are.
    Data,
    /// The same, and 0, where a line stands.
    WithZero,
}

/// The chart: rows in the order given; `axis` is its name.
pub fn chart(rows: &[Spread], axis: &str, domain: Domain) -> String {
    twice(&label(rows, axis), |w| draw(w, rows, axis, domain))
}

fn label(rows: &[Spread], axis: &str) -> String {
    let decimals = decimals(rows);
    let said: Vec<String> = rows
        .iter()
        .take(6)
        .map(|r| {
            let (a, b) = (fixed(r.ends.0, decimals), fixed(r.ends.1, decimals));
            format!("{} {} ({a} to {b})", r.label, fixed(r.mean, decimals))
        })
        .collect();
    let more = if rows.len() > 6 { format!(", and {} more", rows.len() - 6) } else { String::new() };
    format!("Means and 90 % intervals of {axis}: {}{more}.", said.join(", "))
}

/// Decimals that the intervals need.
pub fn decimals(rows: &[Spread]) -> usize {
    let widths = rows.iter().map(|r| r.ends.1 - r.ends.0).filter(|w| *w > 0.0 && w.is_finite());
    let narrowest = widths.fold(f64::INFINITY, f64::min);
    let largest = rows.iter().map(|r| r.mean.abs()).fold(0.0, f64::max);
    let by_width = (1.0 - narrowest.log10().floor()).clamp(0.0, 8.0);
    // Not more than five significant digits of the largest.
    let most = if largest > 0.0 { (4.0 - largest.log10().floor()).max(0.0) } else { 8.0 };
    if narrowest.is_finite() { by_width.min(most) as usize } else { most.min(3.0) as usize }
}

/// From row to row.
fn pitch(count: usize, narrow: bool) -> f64 {
    match (narrow, count > 12) {
        (true, false) => 42.0,
        (true, true) => 38.0,
        (false, false) => 30.0,
        (false, true) => 20.0,
    }
}

fn draw(width: f64, rows: &[Spread], axis: &str, domain: Domain) -> Svg {
    let narrow = width < 500.0;
    let (pitch, decimals) = (pitch(rows.len(), narrow), decimals(rows));
    let said = |r: &Spread| {
        format!("{} [{}, {}]", fixed(r.mean, decimals), fixed(r.ends.0, decimals), fixed(r.ends.1, decimals))
    };
    let labels = rows.iter().map(|r| text_width(&r.label, 13.0)).fold(0.0, f64::max);
    let numbers = rows.iter().map(|r| text_width(&said(r), 12.0)).fold(0.0, f64::max);
    let (left, right) =
        if narrow { (2.0, width - 6.0) } else { (labels.min(190.0) + 18.0, width - numbers - 24.0) };
    let foot = 8.0 + pitch * rows.len() as f64;
    let mut svg = Svg::new(width, foot + 36.0);
    let ends = match domain {
        Domain::Share => (0.0, 1.0),
        Domain::Data => padded(range(rows.iter().flat_map(|r| [r.ends.0, r.ends.1, r.mean])), 0.04),
        Domain::WithZero => padded(range(rows.iter().flat_map(|r| [r.ends.0, r.ends.1, r.mean, 0.0])), 0.04),
    };
    let x = Scale::new(ends, (left, right));
    let ticks = x.ticks(if narrow { 4 } else { 6 });
    let widest = ticks.labels().map(|l| text_width(&l.1, 12.0)).fold(0.0, f64::max) + 12.0;
    let fits = ticks.at.len() as f64 * widest <= right - left;
    for (i, (v, label)) in ticks.labels().enumerate() {
        svg.line((x.at(v), 4.0), (x.at(v), foot), "grid");
        if fits || i % 2 == 0 {
            svg.text((x.at(v), foot + 16.0), Anchor::Middle, "m s", &label);
        }
    }
    if domain == Domain::WithZero {
        svg.line((x.at(0.0), 4.0), (x.at(0.0), foot), "axis");
    }
    svg.text((right, foot + 32.0), Anchor::End, "b s", axis);
    for (i, r) in rows.iter().enumerate() {
        let y = 4.0 + pitch * (i as f64 + if narrow { 0.72 } else { 0.5 });
        let c = r.colour;
        let over = if narrow { y - 14.0 } else { y + 4.0 };
        svg.text(
            (0.0, over),
            Anchor::Start,
            "b",
            &shortened(&r.label, if narrow { 150.0 } else { 190.0 }, LABEL),
        );
        svg.text((width, over), Anchor::End, "s", &said(r));
        let (a, b) = (x.inside(r.ends.0), x.inside(r.ends.1));
        svg.stroke((a, y), (b.max(a + 1.0), y), 1.5, &format!("s{c}"));
        if let Some((p, q)) = r.middle.map(|(p, q)| (x.inside(p), x.inside(q)))
            && q - p > 16.0
        {
            svg.raw("<g stroke-opacity=\".5\">");
            svg.stroke((p, y), (q, y), 6.0, &format!("s{c}"));
            svg.raw("</g>");
        }
        svg.dot((x.inside(r.mean), y), 4.2, &format!("f{c}"), "", &format!("{}: {}", r.label, said(r)));
    }
    svg
}

/// A label cut to a width, at a size of text.
pub fn shortened(label: &str, width: f64, size: f64) -> String {
    if text_width(label, size) <= width {
        return label.into();
    }
    let mut out: String = label.into();
    while text_width(&out, size) > width - 10.0 && out.pop().is_some() {}
    out.trim_end().to_string() + "…"
}
