//! Numbers along steps: what was observed, what is expected with its band, and the probability of each state
//! below. Not here: where the numbers come from (`picture`).

use crate::page::{
    number::{fixed, significant},
    scale::{Scale, padded, range},
    svg::{Anchor, Svg, n, text_width, twice},
};

/// More steps than this, of all sequences together, are drawn as the range of each pixel.
const MOST_STEPS: usize = 2000;

/// One sequence of one number.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// What stands over it.
    pub name: String,
    /// Where steps stand.
    pub x: Vec<f64>,
    /// Observed; NaN where missing, empty where nothing is.
    pub seen: Vec<f64>,
    /// Expected; empty where nothing is.
    pub mean: Vec<f64>,
    /// 5 % and 95 %.
    pub band: Vec<(f64, f64)>,
    /// The likeliest state of each step, with its level; empty where there are no states.
    pub path: Vec<(usize, f64)>,
    /// The probability of each state in the order shown, step by step; empty where there are none.
    pub states: Vec<Vec<f64>>,
}

/// A state: its name, its level in words, its colour.
#[derive(Clone, Debug)]
pub struct State {
    /// Its name.
    pub label: String,
    /// Its level, in words.
    pub under: String,
    /// Its level; NaN where it has none.
    pub level: f64,
    /// Its colour.
    pub colour: usize,
}

/// The chart: a panel for each sequence, on one scale.
pub fn chart(tracks: &[Track], states: &[State], axes: [&str; 2], label: &str) -> String {
    let small: Vec<Track> = tracks.iter().map(|t| thinned(t, tracks.len())).collect();
    twice(label, |w| draw(w, &small, states, axes))
}

/// A long sequence as few points: means of bins, and the range of what was observed.
fn thinned(t: &Track, of: usize) -> Track {
    let count = t.x.len();
    if count <= MOST_STEPS / of.max(1) {
        return t.clone();
    }
    let bins = (1000 / of.max(1)).clamp(150, 340);
    let mut out = Track { name: t.name.clone(), ..Track::default() };
    for b in 0..bins {
        let of = b * count / bins..(b + 1) * count / bins;
        let mean = |v: &[f64]| {
            let all: Vec<f64> = v[of.clone()].iter().copied().filter(|x| x.is_finite()).collect();
            if all.is_empty() { f64::NAN } else { all.iter().sum::<f64>() / all.len() as f64 }
        };
        let x = mean(&t.x);
        // Both ends of what was observed there, one after the other.
        let ends = match t.seen.is_empty() {
            true => vec![f64::NAN],
            false => {
                let part = t.seen[of.clone()].iter().copied().filter(|v| v.is_finite());
                let (a, b) = part.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
                if a <= b { vec![a, b] } else { vec![f64::NAN] }
            }
        };
        let middle = of.start + of.len() / 2;
        for seen in ends {
            out.x.push(x);
            if !t.seen.is_empty() {
                out.seen.push(seen);
            }
            if !t.mean.is_empty() {
                out.mean.push(mean(&t.mean));
            }
            if !t.band.is_empty() {
                let low: Vec<f64> = t.band.iter().map(|b| b.0).collect();
                let high: Vec<f64> = t.band.iter().map(|b| b.1).collect();
                out.band.push((mean(&low), mean(&high)));
            }
            if !t.path.is_empty() {
                out.path.push(t.path[middle]);
            }
            if !t.states.is_empty() {
                let k = t.states[middle].len();
                let all = of.len().max(1) as f64;
                out.states.push(
                    (0..k).map(|i| t.states[of.clone()].iter().map(|s| s[i]).sum::<f64>() / all).collect(),
                );
            }
        }
    }
    out
}

fn draw(width: f64, tracks: &[Track], states: &[State], axes: [&str; 2]) -> Svg {
    let narrow = width < 500.0;
    let several = tracks.len() > 1;
    let shown = |t: &Track| t.seen.iter().chain(&t.mean).any(|v| v.is_finite());
    let empty = !tracks.iter().any(shown);
    let height = match (several, narrow) {
        _ if empty => 0.0,
        (false, false) => 250.0,
        (false, true) => 190.0,
        (true, false) => 120.0,
        (true, true) => 104.0,
    };
    let with_states = tracks.iter().any(|t| !t.states.is_empty());
    let below = if with_states { if several { 52.0 } else { 110.0 } } else { 0.0 };
    let (top, foot) = (22.0, 26.0);
    let panel = top + height + below + foot;
    let mut svg = Svg::new(width, panel * tracks.len() as f64 + 22.0);
    let numbers = || {
        let band = tracks.iter().flat_map(|t| t.band.iter().flat_map(|b| [b.0, b.1]));
        tracks.iter().flat_map(|t| t.seen.iter().chain(&t.mean).copied()).chain(band)
    };
    let domain = padded(range(numbers()), 0.05);
    let lowest = range(numbers()).0;
    // Counts and other numbers from 0 stand on 0.
    let domain = if lowest >= 0.0 && lowest < 0.4 * domain.1 { (0.0, domain.1) } else { domain };
    let ticks = Scale::new(domain, (0.0, 1.0)).ticks(if several { 3 } else { 5 });
    let left = ticks.labels().map(|l| text_width(&l.1, 12.0)).fold(18.0, f64::max) + 10.0;
    let labels = states
        .iter()
        .map(|s| text_width(&s.under, 12.0).max(text_width(&s.label, 13.0) * 1.07))
        .fold(0.0, f64::max);
    let right = if states.is_empty() || narrow { width - 4.0 } else { width - labels - 14.0 };
    for (i, t) in tracks.iter().enumerate() {
        let y0 = panel * i as f64 + top;
        let y = Scale::new(domain, (y0 + height, y0));
        let half =
            if t.x.len() > 1 { 0.5 * (t.x[t.x.len() - 1] - t.x[0]) / (t.x.len() - 1) as f64 } else { 0.5 };
        let ends = range(t.x.iter().copied());
        let x = Scale::new((ends.0 - half, ends.1 + half), (left, right));
        let name = if t.name.is_empty() { axes[1].to_string() } else { t.name.clone() };
        svg.text((0.0, y0 - 9.0), Anchor::Start, "b s", &name);
        if !empty {
            one(&mut svg, t, states, (&x, &y), (y0, y0 + height), half);
        }
        for (v, label) in ticks.labels().filter(|_| !empty) {
            svg.text((left - 6.0, y.at(v) + 4.0), Anchor::End, "m s", &label);
        }
        if i == 0 && !narrow {
            let y = if empty { Scale::new((0.0, 1.0), (y0 + below, y0)) } else { y };
            names(&mut svg, states, &y, right);
        }
        let mut bottom = y0 + height;
        if with_states {
            let (a, b) = (bottom + if several || empty { 12.0 } else { 30.0 }, bottom + below);
            if !several && !empty {
                svg.text((0.0, a - 8.0), Anchor::Start, "b s", "probability of each state");
                svg.text((left - 6.0, a + 6.0), Anchor::End, "m s", "1");
                svg.text((left - 6.0, b + 3.0), Anchor::End, "m s", "0");
            }
            areas(&mut svg, t, states, &x, (a, b), half);
            bottom = b;
        }
        svg.line((left, bottom), (right, bottom), "axis");
        let whole = t.x.iter().all(|v| v.fract() == 0.0);
        for (v, _) in x.ticks(if narrow { 4 } else { 8 }).labels().filter(|(v, _)| !whole || v.fract() == 0.0)
        {
            svg.line((x.at(v), bottom), (x.at(v), bottom + 4.0), "axis");
            // Years have no commas.
            let label = if whole && (1000.0..2500.0).contains(&v) {
                format!("{v:.0}")
            } else {
                fixed(v, x.ticks(8).decimals)
            };
            svg.text((x.at(v), bottom + 18.0), Anchor::Middle, "m s", &label);
        }
    }
    svg.text((right, panel * tracks.len() as f64 + 14.0), Anchor::End, "b s", axes[0]);
    if narrow && !states.is_empty() {
        let mut at = 0.0;
        let line = panel * tracks.len() as f64 + 14.0;
        for s in states.iter().take(4) {
            svg.text((at, line), Anchor::Start, &format!("t{} b s", s.colour), &s.label);
            at += text_width(&s.label, 12.0) * 1.07 + 12.0;
        }
    }
    svg
}

/// Names of states to the right of their levels, none over another.
fn names(svg: &mut Svg, states: &[State], y: &Scale, right: f64) {
    let mut places: Vec<(f64, &State)> = states
        .iter()
        .enumerate()
        .map(|(i, s)| {
            (
                if s.level.is_finite() {
                    y.inside(s.level)
                } else {
                    y.at(y.domain().1) + 14.0 + 32.0 * i as f64
                },
                s,
            )
        })
        .collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut floor = f64::NEG_INFINITY;
    for (at, s) in places {
        let at = at.max(floor);
        floor = at + 33.0;
        svg.text((right + 8.0, at), Anchor::Start, &format!("t{} b", s.colour), &s.label);
        svg.text((right + 8.0, at + 15.0), Anchor::Start, &format!("t{} s", s.colour), &s.under);
    }
}

/// What was observed and expected of one sequence.
fn one(
    svg: &mut Svg,
    t: &Track,
    states: &[State],
    (x, y): (&Scale, &Scale),
    (top, foot): (f64, f64),
    half: f64,
) {
    let (left, right) = (x.at(x.domain().0), x.at(x.domain().1));
    // The likeliest state, as bands behind.
    for run in runs(&t.path) {
        let c = states.get(t.path[run.0].0).map_or(1, |s| s.colour);
        let (a, b) = (x.at(t.x[run.0] - half), x.at(t.x[run.1] + half));
        svg.rect((a, top), (b - a, foot - top), &format!("f{c}"), "fill-opacity=\".11\"");
    }
    for v in y.ticks(if foot - top < 150.0 { 3 } else { 5 }).at {
        svg.line((left, y.at(v)), (right, y.at(v)), "grid");
    }
    let banded: Vec<usize> =
        (0..t.band.len()).filter(|&i| t.band[i].0.is_finite() && t.band[i].1.is_finite()).collect();
    for part in stretches(&banded) {
        let mut around: Vec<(f64, f64)> =
            part.iter().map(|&i| (x.at(t.x[i]), y.inside(t.band[i].1))).collect();
        around.extend(part.iter().rev().map(|&i| (x.at(t.x[i]), y.inside(t.band[i].0))));
        svg.path(&(crate::page::svg::path(&around) + "Z"), "bars", "fill-opacity=\".42\"");
    }
    let known: Vec<usize> = (0..t.mean.len()).filter(|&i| t.mean[i].is_finite()).collect();
    for part in stretches(&known) {
        let line: Vec<(f64, f64)> = part.iter().map(|&i| (x.at(t.x[i]), y.inside(t.mean[i]))).collect();
        svg.through(&line, "s1 nofill", "stroke-width=\"1.5\"");
    }
    let seen: Vec<usize> = (0..t.seen.len()).filter(|&i| t.seen[i].is_finite()).collect();
    if !t.path.is_empty() {
        for part in stretches(&seen) {
            let line: Vec<(f64, f64)> = part.iter().map(|&i| (x.at(t.x[i]), y.at(t.seen[i]))).collect();
            svg.through(&line, "mutes nofill", "stroke-width=\".8\" stroke-opacity=\".7\"");
        }
        for run in runs(&t.path) {
            let (state, level) = t.path[run.0];
            if level.is_finite() {
                let c = states.get(state).map_or(1, |s| s.colour);
                let (a, b) = (x.at(t.x[run.0] - half), x.at(t.x[run.1] + half));
                svg.stroke((a, y.inside(level)), (b, y.inside(level)), 3.0, &format!("s{c}"));
            }
        }
    }
    let r = match seen.len() {
        0..=130 => 2.6,
        131..=400 => 1.8,
        _ => 1.1,
    };
    let colour = |i: usize| t.path.get(i).and_then(|p| states.get(p.0)).map_or(0, |s| s.colour);
    let place = |i: usize| (x.at(t.x[i]), y.at(t.seen[i]));
    if seen.len() > 130 {
        for c in 0..=6 {
            let of: Vec<(f64, f64)> = seen.iter().filter(|i| colour(**i) == c).map(|&i| place(i)).collect();
            svg.dots(&of, r, &if c == 0 { "ink".into() } else { format!("s{c}") }, "");
        }
        return;
    }
    for &i in &seen {
        let class = if colour(i) == 0 { "inkf".into() } else { format!("f{}", colour(i)) };
        svg.dot(place(i), r, &class, "", &format!("{}: {}", n(t.x[i]), significant(t.seen[i], 4)));
    }
}

/// The probability of each state as areas, one on the other.
fn areas(svg: &mut Svg, t: &Track, states: &[State], x: &Scale, (top, foot): (f64, f64), half: f64) {
    let mut below = vec![0.0; t.states.len()];
    for (k, s) in states.iter().enumerate() {
        let above: Vec<f64> =
            t.states.iter().zip(&below).map(|(p, b)| b + p.get(k).copied().unwrap_or(0.0)).collect();
        let y = |v: f64| foot - (foot - top) * v.clamp(0.0, 1.0);
        let step = |of: &[f64], back: bool| -> Vec<(f64, f64)> {
            let mut out = vec![];
            for i in 0..of.len() {
                let i = if back { of.len() - 1 - i } else { i };
                let (a, b) = (x.at(t.x[i] - half), x.at(t.x[i] + half));
                let ends = if back { [b, a] } else { [a, b] };
                out.extend(ends.map(|at| (at, y(of[i]))));
            }
            out
        };
        let mut around = step(&above, false);
        around.extend(step(&below, true));
        svg.path(
            &(crate::page::svg::path(&around) + "Z"),
            &format!("f{} bgs", s.colour),
            "fill-opacity=\".82\" stroke-width=\"1.2\"",
        );
        below = above;
    }
}

/// Stretches of one state: first and last.
fn runs(path: &[(usize, f64)]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = vec![];
    for i in 0..path.len() {
        match out.last_mut() {
            Some((first, last)) if path[*first].0 == path[i].0 => *last = i,
            _ => out.push((i, i)),
        }
    }
    out
}

/// Indices that follow each other.
fn stretches(of: &[usize]) -> Vec<Vec<usize>> {
    let mut out: Vec<Vec<usize>> = vec![];
    for &i in of {
        match out.last_mut() {
            Some(part) if part.last() == Some(&(i.wrapping_sub(1))) => part.push(i),
            _ => out.push(vec![i]),
        }
    }
    out
}
