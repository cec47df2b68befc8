//! Numbers along one axis with the curve of each component: a histogram, or counts. Not here: planes
//! (`plane`).

use super::blob::{Blob, bars};
use crate::page::{
    number::percent,
    scale::{Scale, padded, range},
    svg::{Anchor, Svg, Taken, text_width, twice},
};

/// A histogram with the curve of each component.
pub fn line(values: &[f64], blobs: &[Blob], axis: &str, label: &str) -> String {
    twice(label, |w| draw_line(w, values, blobs, axis))
}

fn draw_line(width: f64, values: &[f64], blobs: &[Blob], axis: &str) -> Svg {
    const TOP: f64 = 46.0;
    const FLOOR: f64 = 230.0;
    let mut svg = Svg::new(width, FLOOR + 42.0);
    let x = Scale::new(padded(range(values.iter().copied()), 0.06), (2.0, width - 2.0));
    let (low, high) = x.domain();
    let of = bars(values, (low, high), if svg.narrow() { 30 } else { 48 });
    let grid: Vec<f64> = (0..=240).map(|i| low + (high - low) * f64::from(i) / 240.0).collect();
    let curves: Vec<Vec<(f64, f64)>> = blobs.iter().map(|b| b.along(0, &grid)).collect();
    let peak = of.iter().map(|b| b.2).chain(curves.iter().flatten().map(|p| p.1)).fold(0.0, f64::max);
    let y = Scale::new((0.0, peak), (FLOOR, TOP));
    for (a, b, h) in of {
        svg.rect((x.at(a) + 0.5, y.at(h)), (x.at(b) - x.at(a) - 1.0, FLOOR - y.at(h)), "bars", "");
    }
    let mut taken: Vec<Taken> = vec![];
    for (b, curve) in blobs.iter().zip(&curves) {
        let line: Vec<(f64, f64)> = curve.iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
        svg.through(&line, &format!("s{} nofill", b.colour), "stroke-width=\"1.7\"");
    }
    for (b, curve) in blobs.iter().zip(&curves) {
        let top = curve.iter().fold((0.0, 0.0), |m: (f64, f64), p| if p.1 > m.1 { *p } else { m });
        let text = format!("{}, {}", b.label, percent(b.share));
        let wide = text_width(&text, 13.0) * 1.07;
        let left = (x.at(top.0) - 0.5 * wide).clamp(0.0, (width - wide).max(0.0));
        let mut base = y.at(top.1) - 7.0;
        let around = |base: f64| Taken { sides: [left - 3.0, base - 12.0, left + wide + 3.0, base + 4.0] };
        while base > 14.0 && taken.iter().any(|t| t.shared(&around(base)) > 0.0) {
            base -= 5.0;
        }
        taken.push(around(base));
        svg.text((left + 0.5 * wide, base), Anchor::Middle, &format!("t{} b halo", b.colour), &text);
    }
    svg.line((0.0, FLOOR), (width, FLOOR), "axis");
    for (v, t) in x.ticks(if svg.narrow() { 5 } else { 9 }).labels() {
        svg.line((x.at(v), FLOOR), (x.at(v), FLOOR + 4.0), "axis");
        svg.text((x.at(v), FLOOR + 18.0), Anchor::Middle, "m s", &t);
    }
    svg.text((width, FLOOR + 36.0), Anchor::End, "b s", axis);
    svg
}

/// Counts: how often each is seen, and the probability that each component gives it, times its share.
pub fn counts(values: &[f64], laws: &[(Blob, Vec<f64>)], axis: &str, label: &str) -> String {
    twice(label, |w| draw_counts(w, values, laws, axis))
}

fn draw_counts(width: f64, values: &[f64], laws: &[(Blob, Vec<f64>)], axis: &str) -> Svg {
    const TOP: f64 = 40.0;
    const FLOOR: f64 = 220.0;
    let mut svg = Svg::new(width, FLOOR + 42.0);
    let (low, high) = range(values.iter().copied());
    let x = Scale::new((low - 0.6, high + 0.6), (2.0, width - 2.0));
    let total = values.iter().filter(|v| v.is_finite()).count().max(1) as f64;
    let share = |v: f64| values.iter().filter(|x| **x == v).count() as f64 / total;
    let all: Vec<f64> = (low as i64..=high as i64).map(|v| v as f64).collect();
    let p = |of: &[f64], v: f64| of.get(v as usize).copied().unwrap_or(0.0);
    let expected = laws.iter().flat_map(|(b, of)| all.iter().map(move |v| b.share * p(of, *v)));
    let peak = all.iter().map(|v| share(*v)).chain(expected).fold(0.0, f64::max).max(1e-300);
    let y = Scale::new((0.0, peak), (FLOOR, TOP));
    let half = 0.42 * (x.at(1.0) - x.at(0.0));
    for v in &all {
        let s = share(*v);
        svg.rect((x.at(*v) - half, y.at(s)), (2.0 * half, FLOOR - y.at(s)), "bars", "");
    }
    for (b, of) in laws {
        let line: Vec<(f64, f64)> = all.iter().map(|v| (x.at(*v), y.at(b.share * p(of, *v)))).collect();
        svg.through(&line, &format!("s{} nofill", b.colour), "stroke-width=\"1.2\" stroke-opacity=\".6\"");
        line.iter().for_each(|at| svg.dot(*at, 2.4, &format!("f{}", b.colour), "", ""));
        let top = line.iter().fold((0.0, f64::INFINITY), |m: (f64, f64), q| if q.1 < m.1 { *q } else { m });
        let text = format!("{}, {}", b.label, percent(b.share));
        svg.text((top.0, top.1 - 8.0), Anchor::Middle, &format!("t{} b halo", b.colour), &text);
    }
    svg.line((0.0, FLOOR), (width, FLOOR), "axis");
    for (v, t) in x.ticks(8).labels().filter(|(v, _)| v.fract() == 0.0 && *v >= low) {
        svg.text((x.at(v), FLOOR + 18.0), Anchor::Middle, "m s", &t);
    }
    svg.text((width, FLOOR + 36.0), Anchor::End, "b s", axis);
    svg
}
