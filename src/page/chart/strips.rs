//! Shares of a few rows over many groups, as strips of four steps of one hue. Not here: small matrices
//! (`heat`).

use super::dots::shortened;
use crate::page::svg::{Anchor, SMALL, Svg, n, text_width, twice};
use std::fmt::Write;

/// Where steps begin, and how dark each is.
const STEPS: [(f64, f64); 4] = [(0.10, 0.22), (0.25, 0.45), (0.50, 0.7), (0.75, 1.0)];
/// More groups than this are means of bins.
const MOST: usize = 5000;

/// The chart: `shares[row * groups + group]`; `marks` stand where the groups' labels change.
pub fn chart(
    rows: &[String],
    shares: &[f64],
    groups: usize,
    marks: &[(usize, String)],
    label: &str,
) -> String {
    twice(label, |w| draw(w, rows, shares, groups, marks))
}

fn draw(width: f64, rows: &[String], shares: &[f64], groups: usize, marks: &[(usize, String)]) -> Svg {
    let narrow = width < 500.0;
    let named = rows.iter().map(|r| text_width(r, 12.0)).fold(0.0, f64::max) + 10.0;
    let left = named.min(if narrow { 84.0 } else { 150.0 });
    let (height, top) = (15.0, if marks.is_empty() { 4.0 } else { 46.0 });
    let mut svg = Svg::new(width, top + height * rows.len() as f64 + 34.0);
    let unit = (width - left) / groups.max(1) as f64;
    let foot = top + height * rows.len() as f64;
    let mut free = f64::NEG_INFINITY;
    for (g, name) in marks {
        let x = left + unit * *g as f64;
        if x - free < 11.0 {
            continue;
        }
        free = x;
        svg.line((x, top), (x, foot), "grid");
        let short = shortened(name, 44.0, SMALL);
        svg.raw(&format!(
            "<text transform=\"translate({} {}) rotate(-60)\" class=\"m s\">{}</text>",
            n(x + 4.0),
            n(top - 4.0),
            crate::page::html::escaped(&short)
        ));
    }
    let bins = groups.min(MOST);
    for (i, name) in rows.iter().enumerate() {
        let y = top + height * i as f64;
        svg.text((0.0, y + 11.5), Anchor::Start, "s", &shortened(name, left - 4.0, SMALL));
        let of = |b: usize| {
            let part = b * groups / bins..((b + 1) * groups / bins).max(b * groups / bins + 1);
            let all = &shares[i * groups..(i + 1) * groups][part];
            all.iter().sum::<f64>() / all.len() as f64
        };
        let mut paths = [const { String::new() }; 4];
        let step = |v: f64| STEPS.iter().rposition(|s| v >= s.0);
        let mut at = 0;
        while at < bins {
            let here = step(of(at));
            let mut end = at + 1;
            while end < bins && step(of(end)) == here {
                end += 1;
            }
            if let Some(s) = here {
                let wide = unit * groups as f64 / bins as f64;
                let _ = write!(
                    paths[s],
                    "M{} {}h{}",
                    n(left + wide * at as f64),
                    n(y + 0.5 * height),
                    n((wide * (end - at) as f64).max(0.7))
                );
            }
            at = end;
        }
        for (s, d) in paths.iter().enumerate().filter(|(_, d)| !d.is_empty()) {
            svg.path(d, "heat", &format!("stroke-width=\"12\" stroke-opacity=\"{}\"", STEPS[s].1));
        }
    }
    let mut x = left;
    for (from, dark) in STEPS {
        svg.rect((x, foot + 12.0), (14.0, 11.0), "heatf", &format!("fill-opacity=\"{dark}\""));
        let text = format!("from {:.0} %", 100.0 * from);
        svg.text((x + 19.0, foot + 22.0), Anchor::Start, "m s", &text);
        x += 19.0 + text_width(&text, 12.0) + 10.0;
    }
    svg
}
