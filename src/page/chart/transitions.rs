//! States and the ways between them, as wide as they are likely. Not here: the matrix (`heat`).

use super::series::State;
use crate::page::{
    number::fixed,
    svg::{Anchor, Svg, n, text_width, twice},
};

/// Ways less likely than this are not drawn.
const LEAST: f64 = 0.01;

/// The chart: `p[i * k + j]` is the probability to go from state i to state j.
pub fn chart(states: &[State], p: &[f64], label: &str) -> String {
    twice(label, |w| draw(w, states, p))
}

fn draw(width: f64, states: &[State], p: &[f64]) -> Svg {
    let (k, narrow) = (states.len(), width < 500.0);
    let r = if narrow { 34.0 } else { 42.0 };
    let row = k <= 3;
    let spacing = if k > 1 { ((width - 2.0 * r - 8.0) / (k - 1) as f64).min(260.0) } else { 0.0 };
    let ring = if narrow { 118.0 } else { 170.0 };
    let rise = if k == 3 { 0.46 * spacing + 30.0 } else { 0.16 * spacing + 30.0 };
    let height = if row { 2.0 * (r.max(rise)) + 44.0 } else { 2.0 * (ring + r) + 16.0 };
    let mut svg = Svg::new(width, height);
    let middle = (0.5 * width, 0.5 * height);
    let place = |i: usize| -> (f64, f64) {
        if row {
            return (middle.0 + spacing * (i as f64 - 0.5 * (k - 1) as f64), middle.1);
        }
        let (sin, cos) = (std::f64::consts::TAU * i as f64 / k as f64).sin_cos();
        (middle.0 - ring * cos, middle.1 - ring * sin)
    };
    svg.raw("<defs>");
    for s in states {
        let c = s.colour;
        svg.raw(&format!(
            "<marker id=\"way{c}{}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"11\" \
             markerHeight=\"11\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0,.8 L8,4 \
             L0,7.2z\" class=\"f{c}\"/></marker>",
            if narrow { "n" } else { "w" }
        ));
    }
    svg.raw("</defs>");
    let mut labels = vec![];
    for i in 0..k {
        for j in (0..k).filter(|j| *j != i) {
            let share = p[i * k + j];
            if share < LEAST {
                continue;
            }
            let (a, b) = (place(i), place(j));
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = dx.hypot(dy).max(1.0);
            // To the left of the way: so the way back is on the other side.
            let off = if row && i.abs_diff(j) > 1 {
                0.9
            } else if row {
                0.34
            } else {
                0.2
            } * if row { spacing } else { length };
            let bend = (0.5 * (a.0 + b.0) + dy / length * off, 0.5 * (a.1 + b.1) - dx / length * off);
            let rim = |c: (f64, f64), gap: f64| {
                let (ex, ey) = (bend.0 - c.0, bend.1 - c.1);
                let l = ex.hypot(ey).max(1.0);
                (c.0 + ex / l * (r + gap), c.1 + ey / l * (r + gap))
            };
            let (from, to) = (rim(a, 1.0), rim(b, 3.0));
            let c = states[i].colour;
            svg.path(
                &format!("M{} {}Q{} {} {} {}", n(from.0), n(from.1), n(bend.0), n(bend.1), n(to.0), n(to.1)),
                &format!("s{c} nofill"),
                &format!(
                    "stroke-width=\"{:.1}\" marker-end=\"url(#way{c}{})\"",
                    1.0 + 7.0 * share.sqrt(),
                    if narrow { "n" } else { "w" }
                ),
            );
            let at = |t: f64| {
                let mix =
                    |a: f64, b: f64, c: f64| (1.0 - t) * (1.0 - t) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
                (mix(from.0, bend.0, to.0), mix(from.1, bend.1, to.1))
            };
            let spot = at(if row { 0.5 } else { 0.4 });
            let side = (dy / length, -dx / length);
            labels.push((
                (spot.0 + 13.0 * side.0, spot.1 + 11.0 * side.1 + 4.0),
                c,
                fixed(100.0 * share, 0) + "\u{a0}%",
            ));
        }
    }
    for (i, s) in states.iter().enumerate() {
        let at = place(i);
        svg.dot(at, r, "bgf", "", "");
        svg.dot(
            at,
            r,
            &format!("f{} s{}", s.colour, s.colour),
            "fill-opacity=\".15\" stroke-width=\"2\"",
            "",
        );
        let shown = !s.under.is_empty() && text_width(&s.under, 12.0) < 2.0 * r - 8.0;
        let y = at.1 + if shown { -12.0 } else { -4.0 };
        svg.text((at.0, y), Anchor::Middle, &format!("t{} b s", s.colour), &s.label);
        if shown {
            svg.text((at.0, y + 15.0), Anchor::Middle, "s", &s.under);
        }
        let stay = format!("{}\u{a0}% stay", fixed(100.0 * p[i * k + i], 0));
        svg.text((at.0, y + if shown { 30.0 } else { 16.0 }), Anchor::Middle, "s", &stay);
    }
    for (at, c, text) in labels {
        svg.text(at, Anchor::Middle, &format!("t{c} b s halo"), &text);
    }
    svg
}
