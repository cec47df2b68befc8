//! Rows about the lines of their components. Not here: components without lines (`plane`).

use super::blob::{Blob, Point};
use crate::page::{
    number::percent,
    scale::{Scale, padded, range, rounded},
    svg::{Anchor, Svg, text_width, twice},
};

/// Points about lines: what each component says along a covariate.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The component.
    pub blob: Blob,
    /// Covariate and expected value, in order.
    pub line: Vec<(f64, f64)>,
}

/// The chart of a mixture of lines.
pub fn chart(points: &[Point], fits: &[Fit], axes: [&str; 2], label: &str) -> String {
    twice(label, |w| draw_lines(w, points, fits, axes))
}

fn draw_lines(width: f64, points: &[Point], fits: &[Fit], axes: [&str; 2]) -> Svg {
    let narrow = width < 500.0;
    let (y0, y1) = (24.0, if narrow { 264.0 } else { 384.0 });
    let dy = rounded(range(points.iter().map(|p| p.at.1)), 6);
    let y = Scale::new(dy, (y1, y0));
    let ticks = y.ticks(6);
    let left = ticks.labels().map(|l| text_width(&l.1, 12.0)).fold(0.0, f64::max) + 10.0;
    let right = width - if narrow { 4.0 } else { 96.0 };
    let x = Scale::new(padded(range(points.iter().map(|p| p.at.0)), 0.03), (left, right));
    let mut svg = Svg::new(width, y1 + 42.0);
    svg.text((0.0, 11.0), Anchor::Start, "b s", axes[1]);
    for (v, t) in ticks.labels() {
        svg.line((left, y.at(v)), (right, y.at(v)), "grid");
        svg.text((left - 6.0, y.at(v) + 4.0), Anchor::End, "m s", &t);
    }
    svg.line((left, y1), (right, y1), "axis");
    for (v, t) in x.ticks(if narrow { 5 } else { 8 }).labels() {
        svg.text((x.at(v), y1 + 18.0), Anchor::Middle, "m s", &t);
    }
    svg.text((right, y1 + 36.0), Anchor::End, "b s", axes[0]);
    for p in points {
        let c = fits.get(p.blob).map_or(1, |f| f.blob.colour);
        let at = (x.at(p.at.0), y.at(p.at.1));
        if p.open {
            svg.dot(at, 3.6, "ink nofill", "stroke-width=\"1.6\"", &p.title);
        } else {
            svg.dot(at, 2.5, &format!("f{c}"), "fill-opacity=\".62\"", &p.title);
        }
    }
    for f in fits {
        let c = f.blob.colour;
        let line: Vec<(f64, f64)> = f.line.iter().map(|p| (x.at(p.0), y.inside(p.1))).collect();
        svg.through(&line, &format!("s{c} nofill"), "stroke-width=\"2\"");
        if let Some(end) = line.last() {
            let text = format!("{}, {}", f.blob.label, percent(f.blob.share));
            let (anchor, at) = if narrow {
                (Anchor::End, (right, end.1 - 8.0))
            } else {
                (Anchor::Start, (right + 4.0, end.1 + 4.0))
            };
            svg.text(at, anchor, &format!("t{c} b halo"), &text);
        }
    }
    svg
}
