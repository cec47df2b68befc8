//! What was observed against what is expected of it, and residuals. Not here: numbers along steps (`series`).

use crate::page::{
    scale::{Scale, padded, range},
    svg::{Anchor, Svg, TITLED, text_width, twice},
};

/// An observed number and what is expected of it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Expected.
    pub mean: f64,
    /// Its standard deviation, as a new value.
    pub sd: f64,
    /// Observed.
    pub seen: f64,
    /// What a pointer shows.
    pub title: String,
}

impl Pair {
    /// How far off it is, in standard deviations.
    pub fn residual(&self) -> f64 {
        (self.seen - self.mean) / self.sd
    }
}

/// Observed against expected, with the 90 % interval of each.
pub fn against(pairs: &[Pair], axis: &str, label: &str) -> String {
    twice(label, |w| draw_against(w, pairs, axis))
}

fn draw_against(width: f64, pairs: &[Pair], axis: &str) -> Svg {
    let narrow = width < 500.0;
    let (y0, y1) = (24.0, if narrow { 270.0 } else { 400.0 });
    let both = padded(range(pairs.iter().flat_map(|p| [p.mean, p.seen])), 0.03);
    let y = Scale::new(both, (y1, y0));
    let ticks = y.ticks(6);
    let left = ticks.labels().map(|l| text_width(&l.1, 12.0)).fold(0.0, f64::max) + 10.0;
    let x = Scale::new(padded(range(pairs.iter().map(|p| p.mean)), 0.04), (left, width - 4.0));
    let mut svg = Svg::new(width, y1 + 42.0);
    svg.text((0.0, 11.0), Anchor::Start, "b s", &format!("{axis}, observed"));
    for (v, t) in ticks.labels() {
        svg.line((left, y.at(v)), (width - 4.0, y.at(v)), "grid");
        svg.text((left - 6.0, y.at(v) + 4.0), Anchor::End, "m s", &t);
    }
    svg.line((left, y1), (width - 4.0, y1), "axis");
    for (v, t) in x.ticks(if narrow { 5 } else { 8 }).labels() {
        svg.line((x.at(v), y1), (x.at(v), y1 + 4.0), "axis");
        svg.text((x.at(v), y1 + 18.0), Anchor::Middle, "m s", &t);
    }
    svg.text((width - 4.0, y1 + 36.0), Anchor::End, "b s", &format!("{axis}, expected"));
    if pairs.len() <= TITLED {
        svg.raw("<g stroke-opacity=\".55\">");
        for p in pairs {
            let (a, b) = (y.inside(p.mean - 1.645 * p.sd), y.inside(p.mean + 1.645 * p.sd));
            svg.stroke((x.at(p.mean), a), (x.at(p.mean), b), 1.0, "barss");
        }
        svg.raw("</g>");
    }
    let (low, high) = x.domain();
    let (low, high) = (low.max(both.0), high.min(both.1));
    svg.stroke((x.at(low), y.at(low)), (x.at(high), y.at(high)), 1.2, "mutes dash");
    let r = if pairs.len() > 600 { 1.6 } else { 2.4 };
    let place = |p: &Pair| (x.at(p.mean), y.at(p.seen));
    let class = |p: &Pair| if p.residual().abs() > 1.645 { 2 } else { 1 };
    if pairs.len() > TITLED {
        for c in [1, 2] {
            let of: Vec<(f64, f64)> = pairs.iter().filter(|p| class(p) == c).map(place).collect();
            svg.dots(&of, r, &format!("s{c}"), "stroke-opacity=\".75\"");
        }
    } else {
        for p in pairs {
            svg.dot(place(p), r, &format!("f{}", class(p)), "fill-opacity=\".75\"", &p.title);
        }
    }
    svg
}

/// How far off they are, in standard deviations of a new value.
pub fn residuals(pairs: &[Pair], label: &str) -> String {
    twice(label, |w| draw_residuals(w, pairs))
}

fn draw_residuals(width: f64, pairs: &[Pair]) -> Svg {
    const TOP: f64 = 14.0;
    const FLOOR: f64 = 130.0;
    let mut svg = Svg::new(width, FLOOR + 42.0);
    let x = Scale::new((-4.5, 4.5), (2.0, width - 2.0));
    let count = if svg.narrow() { 27 } else { 45 };
    let step = 9.0 / f64::from(count);
    let mut counts = vec![0.0; count as usize];
    for p in pairs {
        let at = ((p.residual() + 4.5) / step).floor().clamp(0.0, f64::from(count) - 1.0);
        counts[at as usize] += 1.0 / (pairs.len() as f64 * step);
    }
    let normal = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let peak = counts.iter().copied().fold(normal(0.0), f64::max);
    let y = Scale::new((0.0, peak), (FLOOR, TOP));
    for (i, h) in counts.iter().enumerate() {
        let (a, b) = (x.at(-4.5 + step * i as f64), x.at(-4.5 + step * (i + 1) as f64));
        svg.rect((a + 0.5, y.at(*h)), (b - a - 1.0, FLOOR - y.at(*h)), "bars", "");
    }
    let line: Vec<(f64, f64)> =
        (0..=120).map(|i| -4.5 + 9.0 * f64::from(i) / 120.0).map(|z| (x.at(z), y.at(normal(z)))).collect();
    svg.through(&line, "s1 nofill", "stroke-width=\"1.5\"");
    svg.line((0.0, FLOOR), (width, FLOOR), "axis");
    for v in -4..=4 {
        let v = f64::from(v);
        svg.text((x.at(v), FLOOR + 18.0), Anchor::Middle, "m s", &crate::page::number::fixed(v, 0));
    }
    svg.text((width, FLOOR + 36.0), Anchor::End, "b s", "observed less expected, in sd");
    svg
}
