//! Rows as points in a plane, with the ellipses of components. Not here: how more dimensions come to be two
//! (`page::axes`).

use super::blob::{Blob, Point, bars};
use crate::page::{
    number::{fixed, percent},
    scale::{Scale, padded, range},
    svg::{Anchor, Svg, TITLED, Taken, path, text_width, twice},
};

/// Points with ellipses; `axes` are the names of the two.
pub fn chart(points: &[Point], blobs: &[Blob], axes: [&str; 2], label: &str) -> String {
    twice(label, |w| draw_plane(w, points, blobs, axes))
}

fn draw_plane(width: f64, points: &[Point], blobs: &[Blob], axes: [&str; 2]) -> Svg {
    let narrow = width < 500.0;
    let (side, top) = (if narrow { 58.0 } else { 96.0 }, if narrow { 58.0 } else { 86.0 });
    let height = if narrow { 250.0 } else { 420.0 };
    let xs = || points.iter().map(|p| p.at.0).chain(blobs.iter().flat_map(|b| b.ellipse(0.9)).map(|p| p.0));
    let ys = || points.iter().map(|p| p.at.1).chain(blobs.iter().flat_map(|b| b.ellipse(0.9)).map(|p| p.1));
    let (dx, dy) = (padded(range(xs()), 0.03), padded(range(ys()), 0.03));
    let (y0, y1) = (top + 26.0, top + 26.0 + height);
    let y = Scale::new(dy, (y1, y0));
    let ticks = y.ticks(if narrow { 5 } else { 7 });
    let left = ticks.labels().map(|l| text_width(&l.1, 12.0)).fold(0.0, f64::max) + 10.0;
    let right = width - side - 8.0;
    let x = Scale::new(dx, (left, right));
    let mut svg = Svg::new(width, y1 + 44.0);
    svg.text((0.0, y0 - 10.0), Anchor::Start, "b s", axes[1]);
    for (v, t) in ticks.labels() {
        svg.line((left, y.at(v)), (right, y.at(v)), "grid");
        svg.text((left - 6.0, y.at(v) + 4.0), Anchor::End, "m s", &t);
    }
    svg.line((left, y1), (right, y1), "axis");
    for (v, t) in x.ticks(if narrow { 4 } else { 8 }).labels() {
        svg.line((x.at(v), y1), (x.at(v), y1 + 4.0), "axis");
        svg.text((x.at(v), y1 + 18.0), Anchor::Middle, "m s", &t);
    }
    svg.text((right, y1 + 36.0), Anchor::End, "b s", axes[0]);
    margins(&mut svg, points, blobs, (&x, &y), (top, right + 6.0, width));
    for b in blobs {
        let c = b.colour;
        for (share, fill) in [(0.9, ".08"), (0.5, ".14")] {
            let around: Vec<(f64, f64)> = b.ellipse(share).iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
            let more = format!("fill-opacity=\"{fill}\" stroke-width=\"1.5\"");
            svg.path(&(path(&around) + "Z"), &format!("f{c} s{c}"), &more);
        }
    }
    let r = if points.len() > 600 { 1.7 } else { 2.5 };
    let place = |p: &Point| (x.at(p.at.0), y.at(p.at.1));
    let colour = |p: &Point| blobs.get(p.blob).map_or(1, |b| b.colour);
    if points.len() > TITLED {
        for c in 1..=6 {
            let of = points.iter().filter(|p| !p.open && colour(p) == c).map(place);
            svg.dots(&of.collect::<Vec<_>>(), r, &format!("s{c}"), "stroke-opacity=\".62\"");
        }
    }
    for p in points.iter().filter(|p| p.open || points.len() <= TITLED) {
        if p.open {
            svg.dot(place(p), r + 1.5, "ink nofill", "stroke-width=\"1.8\"", &p.title);
        } else {
            svg.dot(place(p), r, &format!("f{}", colour(p)), "fill-opacity=\".62\"", &p.title);
        }
    }
    let mut taken: Vec<Taken> = points
        .iter()
        .map(|p| (x.at(p.at.0), y.at(p.at.1)))
        .map(|(a, b)| Taken { sides: [a - 3.0, b - 3.0, a + 3.0, b + 3.0] })
        .collect();
    for b in blobs {
        let (cx, cy) = (x.at(b.centre[0]), y.at(b.centre[1]));
        svg.stroke((cx - 6.0, cy), (cx + 6.0, cy), 1.8, "ink");
        svg.stroke((cx, cy - 6.0), (cx, cy + 6.0), 1.8, "ink");
    }
    for b in blobs {
        let around: Vec<(f64, f64)> = b.ellipse(0.9).iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
        let bold = format!("{}, {}", b.label, percent(b.share));
        let under = format!("{}, {}", fixed(b.centre[0], two(dx)), fixed(b.centre[1], two(dy)));
        let wide = text_width(&bold, 13.0).max(text_width(&under, 12.0)) * 1.07;
        let ((l, r), (t, d)) = (range(around.iter().map(|p| p.0)), range(around.iter().map(|p| p.1)));
        let spots = [
            (r + 6.0, t + 12.0),
            (l - wide - 6.0, t + 12.0),
            (r + 6.0, d - 20.0),
            (l - wide - 6.0, d - 20.0),
            (0.5 * (l + r - wide), t - 22.0),
            (0.5 * (l + r - wide), d + 14.0),
            (r + 6.0, 0.5 * (t + d)),
            (l - wide - 6.0, 0.5 * (t + d)),
        ];
        let clamp = |(a, b): (f64, f64)| {
            (a.clamp(left + 2.0, (right - wide - 2.0).max(left + 2.0)), b.clamp(y0 + 12.0, y1 - 22.0))
        };
        let around = |(a, b): (f64, f64)| Taken { sides: [a, b - 11.0, a + wide, b + 19.0] };
        let cost = |s: (f64, f64)| taken.iter().map(|t| t.shared(&around(s))).sum::<f64>();
        let best =
            spots.map(clamp).into_iter().min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(spots[0]);
        // A label counts more than a dot.
        (0..3).for_each(|_| taken.push(around(best)));
        svg.text(best, Anchor::Start, &format!("t{} b halo", b.colour), &bold);
        svg.text((best.0, best.1 + 15.0), Anchor::Start, &format!("t{} s halo", b.colour), &under);
    }
    svg
}

/// Decimals of a centre on an axis.
fn two((low, high): (f64, f64)) -> usize {
    (2.0 - (high - low).log10().floor()).clamp(0.0, 6.0) as usize
}

/// Histograms of the rows and densities of the components along both edges.
fn margins(
    svg: &mut Svg,
    points: &[Point],
    blobs: &[Blob],
    (x, y): (&Scale, &Scale),
    (top, side, width): (f64, f64, f64),
) {
    let count = if svg.narrow() { 22 } else { 32 };
    for axis in 0..2 {
        let (scale, room) = if axis == 0 { (x, top - 4.0) } else { (y, width - side - 2.0) };
        let values: Vec<f64> = points.iter().map(|p| if axis == 0 { p.at.0 } else { p.at.1 }).collect();
        let (low, high) = scale.domain();
        let of = bars(&values, (low, high), count);
        let grid: Vec<f64> = (0..=90).map(|i| low + (high - low) * f64::from(i) / 90.0).collect();
        let curves: Vec<(usize, Vec<(f64, f64)>)> =
            blobs.iter().map(|b| (b.colour, b.along(axis, &grid))).collect();
        let peak = of.iter().map(|b| b.2).chain(curves.iter().flat_map(|c| c.1.iter().map(|p| p.1)));
        let peak = peak.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        for (a, b, h) in of {
            let size = h / peak * room;
            let (a, b) = (scale.at(a), scale.at(b));
            if axis == 0 {
                svg.rect((a + 0.5, top - size), (b - a - 1.0, size), "bars", "fill-opacity=\".7\"");
            } else {
                svg.rect((side, b + 0.5), (size, a - b - 1.0), "bars", "fill-opacity=\".7\"");
            }
        }
        for (c, curve) in curves {
            let line: Vec<(f64, f64)> = curve
                .iter()
                .map(|(v, h)| {
                    let size = h / peak * room;
                    if axis == 0 { (scale.at(*v), top - size) } else { (side + size, scale.at(*v)) }
                })
                .collect();
            svg.through(&line, &format!("s{c} nofill"), "stroke-width=\"1.5\"");
        }
    }
}
