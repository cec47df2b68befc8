//! Odds of rows between two components, as a histogram of powers of ten. Not here: how they are found.

use super::blob::bars;
use crate::page::{
    scale::Scale,
    svg::{Anchor, Svg, n, twice},
};

/// Odds of each row between its likeliest component and the next, as powers of ten; signed where there are
/// two.
pub fn chart(powers: &[f64], ends: Option<[(String, usize); 2]>, label: &str) -> String {
    twice(label, |w| draw_odds(w, powers, ends.as_ref()))
}

fn draw_odds(width: f64, powers: &[f64], ends: Option<&[(String, usize); 2]>) -> Svg {
    const TOP: f64 = 26.0;
    const FLOOR: f64 = 142.0;
    const MOST: f64 = 12.0;
    let low = if ends.is_some() { -MOST } else { 0.0 };
    let mut svg = Svg::new(width, FLOOR + 54.0);
    let x = Scale::new((low, MOST), (2.0, width - 2.0));
    let settled = 19f64.log10();
    let (a, b) = (x.at(if low < 0.0 { -settled } else { 0.0 }), x.at(settled));
    svg.rect((a, TOP), (b - a, FLOOR - TOP), "bars", "fill-opacity=\".35\"");
    svg.text((0.5 * (a + b), TOP - 8.0), Anchor::Middle, "m s", "not settled");
    let count = if low < 0.0 { 48 } else { 24 };
    let clipped: Vec<f64> = powers.iter().map(|p| p.clamp(low, MOST)).collect();
    let of = bars(&clipped, (low, MOST), count);
    let peak = of.iter().map(|b| b.2).fold(0.0, f64::max).max(1e-300);
    for (a, b, h) in of {
        let size = (FLOOR - TOP - 10.0) * h / peak;
        let c = match ends {
            Some([first, second]) => {
                if 0.5 * (a + b) < 0.0 {
                    first.1
                } else {
                    second.1
                }
            }
            None => 1,
        };
        svg.rect(
            (x.at(a) + 0.5, FLOOR - size),
            (x.at(b) - x.at(a) - 1.0, size),
            &format!("f{c}"),
            "fill-opacity=\".8\"",
        );
    }
    svg.line((0.0, FLOOR), (width, FLOOR), "axis");
    let powers: &[i32] = if low < 0.0 { &[-12, -8, -4, 0, 4, 8, 12] } else { &[0, 4, 8, 12] };
    for &p in powers {
        let at = x.at(f64::from(p));
        svg.line((at, FLOOR), (at, FLOOR + 4.0), "axis");
        let (anchor, sign) = match p {
            12 => (Anchor::End, "≥ "),
            -12 => (Anchor::Start, "≥ "),
            _ => (Anchor::Middle, ""),
        };
        if p == 0 {
            svg.text((at, FLOOR + 18.0), anchor, "m s", "even");
            continue;
        }
        let (x, y) = (n(at.clamp(0.0, width)), n(FLOOR + 18.0));
        let word = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        svg.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" class=\"m s\" text-anchor=\"{word}\">{sign}10<tspan dy=\"-4\" \
             font-size=\"9\">{}</tspan><tspan dy=\"4\"> : 1</tspan></text>",
            p.abs()
        ));
    }
    if let Some([first, second]) = ends {
        svg.text((0.0, FLOOR + 42.0), Anchor::Start, &format!("t{} b s", first.1), &first.0);
        svg.text((width, FLOOR + 42.0), Anchor::End, &format!("t{} b s", second.1), &second.0);
    }
    svg
}
