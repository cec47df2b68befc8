//! Statistics of simulated data, and where that of the data lies among them. Not here: which statistics
//! (`check`).

use crate::page::{
    number::{fixed, percent},
    scale::{Scale, padded, range},
    svg::{Anchor, Svg, text_width, twice},
};

/// One statistic.
#[derive(Clone, Debug)]
pub struct Statistic {
    /// Its name, in two lines.
    pub name: [String; 2],
    /// Of the data.
    pub observed: f64,
    /// Of each simulated data set.
    pub simulated: Vec<f64>,
    /// Decimals.
    pub decimals: usize,
}

impl Statistic {
    /// The part of simulated ones at or above the observed one.
    pub fn above(&self) -> f64 {
        let all = self.simulated.len().max(1) as f64;
        self.simulated.iter().filter(|s| **s >= self.observed).count() as f64 / all
    }
    /// The part at or below.
    pub fn below(&self) -> f64 {
        let all = self.simulated.len().max(1) as f64;
        self.simulated.iter().filter(|s| **s <= self.observed).count() as f64 / all
    }
    /// Does the observed one lie between 2.5 % and 97.5 % of them?
    pub fn among(&self) -> bool {
        self.above() >= 0.025 && self.below() >= 0.025
    }
}

/// The chart: small multiples, four a row; two on a phone.
pub fn chart(all: &[Statistic], label: &str) -> String {
    twice(label, |w| draw(w, all))
}

fn draw(width: f64, all: &[Statistic]) -> Svg {
    const HEIGHT: f64 = 182.0;
    let columns = if width < 500.0 { 2 } else { 4 };
    let gap = 22.0;
    let each = (width - gap * (columns - 1) as f64) / columns as f64;
    let rows = all.len().div_ceil(columns);
    let mut svg = Svg::new(width, HEIGHT * rows as f64);
    for (i, s) in all.iter().enumerate() {
        one(&mut svg, s, ((each + gap) * (i % columns) as f64, HEIGHT * (i / columns) as f64), each);
    }
    svg
}

fn one(svg: &mut Svg, s: &Statistic, (x0, y0): (f64, f64), width: f64) {
    let (top, floor) = (y0 + 52.0, y0 + 132.0);
    svg.text((x0, y0 + 13.0), Anchor::Start, "b s", &s.name[0]);
    svg.text((x0, y0 + 28.0), Anchor::Start, "b s", &s.name[1]);
    let both = s.simulated.iter().copied().chain([s.observed]);
    let x = Scale::new(padded(range(both), 0.04), (x0, x0 + width));
    let (low, high) = x.domain();
    let whole = s.decimals == 0 && s.simulated.iter().all(|v| v.fract() == 0.0);
    let step = if whole { ((high - low) / 26.0).ceil().max(1.0) } else { (high - low) / 24.0 };
    let first = if whole { low.floor() - 0.5 } else { low };
    let bins = ((high - first) / step).ceil().max(1.0) as usize + 1;
    let mut counts = vec![0usize; bins];
    for v in s.simulated.iter().filter(|v| v.is_finite()) {
        counts[(((v - first) / step).floor().max(0.0) as usize).min(bins - 1)] += 1;
    }
    let peak = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    for (i, c) in counts.iter().enumerate().filter(|(_, c)| **c > 0) {
        let (a, b) = (x.inside(first + step * i as f64), x.inside(first + step * (i + 1) as f64));
        let size = (floor - top) * *c as f64 / peak;
        svg.rect((a + 0.4, floor - size), (b - a - 0.8, size), "bars", "");
    }
    svg.line((x0, floor), (x0 + width, floor), "axis");
    let ticks = x.ticks(3);
    let room = ticks.labels().map(|l| text_width(&l.1, 12.0)).fold(0.0, f64::max) + 8.0;
    let fits = room * ticks.at.len() as f64 <= width;
    for (i, (v, t)) in ticks.labels().enumerate() {
        if fits || i % 2 == 0 {
            svg.text((x.at(v), floor + 17.0), Anchor::Middle, "m s", &t);
        }
    }
    let at = x.at(s.observed);
    svg.stroke((at, top - 6.0), (at, floor), 2.4, "s2");
    let (anchor, by) = if at > x0 + 0.6 * width { (Anchor::End, -5.0) } else { (Anchor::Start, 5.0) };
    svg.text((at + by, top - 6.0), anchor, "t2 b s halo", &fixed(s.observed, s.decimals));
    svg.text(
        (x0, floor + 38.0),
        Anchor::Start,
        "m s",
        &format!("{} of simulated ≥ this", percent(s.above())),
    );
}
