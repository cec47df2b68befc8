//! Densities of a few numbers on one axis, each with its mean and its interval under it. Not here: many
//! numbers (`dots`).

use super::dots::{Spread, decimals};
use crate::page::{
    number::fixed,
    scale::{Scale, padded, range},
    svg::{Anchor, Svg, Taken, path, text_width, twice},
};

/// A number and its density.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its mean and interval.
    pub spread: Spread,
    /// Its density, at numbers that increase.
    pub points: Vec<(f64, f64)>,
}

/// The chart; `axis` is its name.
pub fn chart(curves: &[Curve], axis: &str) -> String {
    let spreads: Vec<Spread> = curves.iter().map(|c| c.spread.clone()).collect();
    let decimals = decimals(&spreads);
    let said: Vec<String> = spreads
        .iter()
        .map(|s| format!("{} {}", s.label, fixed(s.mean, decimals)).trim().to_string())
        .collect();
    let label = format!("Density of {axis}: {}.", said.join(", "));
    twice(&label, |w| draw(w, curves, axis, decimals))
}

fn draw(width: f64, curves: &[Curve], axis: &str, decimals: usize) -> Svg {
    const TOP: f64 = 44.0;
    // One number needs less.
    let stand = if curves.len() == 1 { 112.0 } else { 150.0 };
    let narrow = width < 500.0;
    let levels = if narrow { curves.len() } else { 1 };
    let foot = stand + 14.0 + 13.0 * curves.len().min(6) as f64 + 4.0;
    let lift = 30.0 * (levels.saturating_sub(1)) as f64;
    let mut svg = Svg::new(width, foot + lift + 44.0);
    let domain = padded(range(curves.iter().flat_map(|c| c.points.iter().map(|p| p.0))), 0.02);
    let x = Scale::new(domain, (6.0, width - 6.0));
    let top = curves
        .iter()
        .flat_map(|c| c.points.iter().map(|p| p.1))
        .filter(|y| y.is_finite())
        .fold(0.0, f64::max);
    let floor = stand + lift;
    let y = Scale::new((0.0, top), (floor, TOP + lift));
    svg.line((0.0, foot + lift), (width, foot + lift), "axis");
    for (v, label) in x.ticks(if narrow { 4 } else { 7 }).labels() {
        svg.line((x.at(v), foot + lift), (x.at(v), foot + lift + 4.0), "axis");
        svg.text((x.at(v), foot + lift + 18.0), Anchor::Middle, "m s", &label);
    }
    svg.text((width, foot + lift + 36.0), Anchor::End, "b s", axis);
    let mut taken: Vec<Taken> = vec![];
    for (i, c) in curves.iter().enumerate() {
        let (s, k) = (&c.spread, c.spread.colour);
        let points: Vec<(f64, f64)> = c.points.iter().map(|p| (x.at(p.0), y.at(p.1.min(top)))).collect();
        let (Some(first), Some(last)) = (points.first(), points.last()) else { continue };
        let area = format!("{}L{:.1} {floor:.1}L{:.1} {floor:.1}Z", path(&points), last.0, first.0);
        svg.path(&area, &format!("f{k}"), "fill-opacity=\".2\"");
        svg.through(&points, &format!("s{k} nofill"), "stroke-width=\"1.5\"");
        let at = floor + 14.0 + 13.0 * i as f64;
        svg.stroke((x.inside(s.ends.0), at), (x.inside(s.ends.1), at), 1.5, &format!("s{k}"));
        if let Some((p, q)) = s.middle.filter(|(p, q)| x.at(*q) - x.at(*p) > 16.0) {
            svg.raw("<g stroke-opacity=\".5\">");
            svg.stroke((x.at(p), at), (x.at(q), at), 6.0, &format!("s{k}"));
            svg.raw("</g>");
        }
        svg.dot((x.inside(s.mean), at), 4.0, &format!("f{k}"), "", "");
        let peak = points.iter().fold((0.0, f64::INFINITY), |b, p| if p.1 < b.1 { *p } else { b });
        let bold =
            format!("{}{}{}", s.label, if s.label.is_empty() { "" } else { ": " }, fixed(s.mean, decimals));
        let under = format!("{} to {}", fixed(s.ends.0, decimals), fixed(s.ends.1, decimals));
        let wide = text_width(&bold, 13.0).max(text_width(&under, 12.0)) * 1.07;
        // Over its own peak, and above all that stands there already.
        let mut base = peak.1 - 8.0;
        let left = (peak.0 - 0.5 * wide).min(width - wide).max(0.0);
        let around = |base: f64| Taken { sides: [left - 4.0, base - 28.0, left + wide + 4.0, base + 3.0] };
        while base > 30.0 && taken.iter().any(|t| t.shared(&around(base)) > 0.0) {
            base -= 6.0;
        }
        taken.push(around(base));
        svg.text((left + 0.5 * wide, base - 15.0), Anchor::Middle, &format!("t{k} b halo"), &bold);
        svg.text((left + 0.5 * wide, base), Anchor::Middle, &format!("t{k} s halo"), &under);
    }
    svg
}
