//! Topics on a map: near ones share words. Not here: lists of words (`topics`).

use crate::page::svg::{Anchor, Svg, Taken, text_width, twice};

/// A topic.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Two words.
    pub words: [String; 2],
    /// Its share of all words.
    pub share: f64,
}

/// Principal coordinates of distances: two for each, and the part of squared distance they keep.
pub fn coordinates(distances: &[f64], k: usize) -> (Vec<(f64, f64)>, f64) {
    // Squares, centred on both sides.
    let mut b: Vec<f64> = distances.iter().map(|d| -0.5 * d * d).collect();
    let rows: Vec<f64> = (0..k).map(|i| b[i * k..(i + 1) * k].iter().sum::<f64>() / k as f64).collect();
    let all = rows.iter().sum::<f64>() / k as f64;
    for i in 0..k {
        for j in 0..k {
            b[i * k + j] += all - rows[i] - rows[j];
        }
    }
    let trace: f64 = (0..k).map(|i| b[i * k + i]).sum();
    let mut out = vec![(0.0, 0.0); k];
    let mut kept = 0.0;
    for axis in 0..2 {
        let (value, vector) = largest(&b, k);
        kept += value.max(0.0);
        let scale = value.max(0.0).sqrt();
        for i in 0..k {
            if axis == 0 {
                out[i].0 = scale * vector[i]
            } else {
                out[i].1 = scale * vector[i]
            }
            for j in 0..k {
                b[i * k + j] -= value * vector[i] * vector[j];
            }
        }
    }
    (out, if trace > 0.0 { kept / trace } else { 0.0 })
}

/// The largest eigenvalue of a symmetric matrix and its vector, by powers.
pub fn largest(a: &[f64], k: usize) -> (f64, Vec<f64>) {
    let mut v: Vec<f64> = (0..k).map(|i| 1.0 + 0.37 * ((i * 7919) % 101) as f64 / 101.0).collect();
    let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    v.iter_mut().for_each(|x| *x /= length);
    let mut value = 0.0;
    for _ in 0..2000 {
        let next: Vec<f64> = (0..k).map(|i| (0..k).map(|j| a[i * k + j] * v[j]).sum()).collect();
        let norm = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm == 0.0 {
            break;
        }
        let unit: Vec<f64> = next.iter().map(|x| x / norm).collect();
        let along: f64 = unit.iter().zip(&v).map(|(a, b)| a * b).sum();
        v = unit;
        value = norm * along.signum();
        if 1.0 - along.abs() < 1e-13 {
            break;
        }
    }
    // One sign for all machines: the largest entry is positive.
    let top = v.iter().copied().fold(0.0f64, |m, x| if x.abs() > m.abs() + 1e-12 { x } else { m });
    if top < 0.0 {
        v.iter_mut().for_each(|x| *x = -*x);
    }
    (value, v)
}

/// The chart.
pub fn chart(spots: &[Spot], at: &[(f64, f64)], label: &str) -> String {
    twice(label, |w| draw(w, spots, at))
}

fn draw(width: f64, spots: &[Spot], at: &[(f64, f64)]) -> Svg {
    let narrow = width < 500.0;
    let (side, up) = (if narrow { 44.0 } else { 96.0 }, 26.0);
    let range = |of: fn(&(f64, f64)) -> f64| crate::page::scale::range(at.iter().map(of));
    let ((x0, x1), (y0, y1)) = (range(|p| p.0), range(|p| p.1));
    let unit = (width - 2.0 * side) / (x1 - x0).max(1e-9);
    let unit = unit.min(if narrow { 330.0 } else { 430.0 } / (y1 - y0).max(1e-9));
    let height = ((y1 - y0) * unit + 2.0 * up + 20.0).max(150.0);
    let mut svg = Svg::new(width, height);
    let middle = (0.5 * (x0 + x1), 0.5 * (y0 + y1));
    let place =
        |p: &(f64, f64)| (0.5 * width + (p.0 - middle.0) * unit, 0.5 * height - (p.1 - middle.1) * unit);
    let top = spots.iter().map(|s| s.share).fold(0.0, f64::max).max(1e-9);
    let radius = |s: &Spot| (if narrow { 15.0 } else { 22.0 }) * (s.share / top).sqrt().max(0.18);
    let mut taken: Vec<Taken> = vec![];
    for (s, p) in spots.iter().zip(at) {
        let (c, r) = (place(p), radius(s));
        svg.dot(c, r, "f1 s1", "fill-opacity=\".22\"", &s.words.join(", "));
        taken.push(Taken { sides: [c.0 - 0.8 * r, c.1 - 0.8 * r, c.0 + 0.8 * r, c.1 + 0.8 * r] });
    }
    let mut order: Vec<usize> = (0..spots.len()).collect();
    order.sort_by(|&a, &b| spots[b].share.total_cmp(&spots[a].share));
    for i in order {
        let (c, r) = (place(&at[i]), radius(&spots[i]));
        let text = if narrow { spots[i].words[0].clone() } else { spots[i].words.join(", ") };
        let w = text_width(&text, 12.0) + 2.0;
        let mut best: Option<(f64, f64, (f64, f64))> = None;
        for ring in 0..7 {
            let far = r + 5.0 + 13.0 * f64::from(ring);
            for turn in 0..12 {
                let (sin, cos) = (f64::from(turn) * std::f64::consts::TAU / 12.0).sin_cos();
                let (x, y) = (c.0 + far * cos, c.1 + far * sin);
                let left = x - 0.5 * w + 0.5 * w * cos;
                let left = left.clamp(0.0, (width - w).max(0.0));
                let base = (y + 4.0).clamp(11.0, height - 4.0);
                let around = Taken { sides: [left - 2.0, base - 11.0, left + w + 2.0, base + 4.0] };
                let cost = taken.iter().map(|t| t.shared(&around)).sum::<f64>() + 2.0 * f64::from(ring);
                if best.is_none_or(|b| cost < b.0 - 1e-9) {
                    best = Some((cost, far, (left, base)));
                }
            }
        }
        let Some((_, far, (left, base))) = best else { continue };
        if far > r + 30.0 {
            // Thin, from the rim to the nearer end of the text.
            let end = (
                if left > c.0 {
                    left - 2.0
                } else if left + w < c.0 {
                    left + w + 2.0
                } else {
                    left + 0.5 * w
                },
                base - 4.0,
            );
            let (dx, dy) = (end.0 - c.0, end.1 - c.1);
            let l = dx.hypot(dy).max(1.0);
            svg.line((c.0 + dx / l * r, c.1 + dy / l * r), end, "mutes thin");
        }
        taken.push(Taken { sides: [left - 2.0, base - 11.0, left + w + 2.0, base + 4.0] });
        svg.text((left, base), Anchor::Start, "s halo", &text);
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_a_plane_come_back() {
        let at = [(0.0, 0.0), (3.0, 0.0), (0.0, 1.0), (3.0, 1.5)];
        let far = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
        let d: Vec<f64> = at.iter().flat_map(|a| at.iter().map(move |b| far(*a, *b))).collect();
        let (found, kept) = coordinates(&d, 4);
        assert!((kept - 1.0).abs() < 1e-9, "{kept}");
        for i in 0..4 {
            for j in 0..4 {
                assert!((far(found[i], found[j]) - d[i * 4 + j]).abs() < 1e-6);
            }
        }
    }
}
