//! Rows clustered by where they lie and how they spread: a Gaussian with a full covariance for each cluster, and
//! whole windows of a sequence in one cluster. So components are found that differ in direction or spread, and
//! states that differ in how they move. Not here: clusters by distance alone (`features`), nor which is tried
//! when (`draw`).

use super::means::{nearest, rounds, seeds};
use crate::num::{cholesky, stream::Stream as Random};
use std::ops::Range;

/// Rounds of clustering by Gaussians.
const ROUNDS: usize = 12;
/// Windows of so many rows have a spread of their own.
const SPREAD: usize = 4;
/// The share of a column's variance that a cluster without rows has.
const NARROW: f64 = 0.2;

/// Clusters of windows of rows: `rows` has `w` numbers each.
pub(super) fn cluster(
    rows: &[f64],
    w: usize,
    windows: &[Range<usize>],
    k: usize,
    random: &mut Random,
) -> Vec<u32> {
    let row = |i: usize| &rows[i * w..(i + 1) * w];
    let all: Vec<f64> = {
        let count = windows.iter().map(Range::len).sum::<usize>().max(1) as f64;
        let mut moments = vec![0.0; 2 * w];
        for i in windows.iter().cloned().flatten() {
            for (c, x) in row(i).iter().enumerate() {
                moments[c] += x / count;
                moments[w + c] += x * x / count;
            }
        }
        (0..w).map(|c| (moments[w + c] - moments[c] * moments[c]).max(1e-12)).collect()
    };
    let mut labels = first(rows, w, windows, k, random);
    for _ in 0..ROUNDS {
        let gaussians = fit(rows, w, windows, &labels, k, &all);
        let mut scratch = vec![0.0; w];
        let next: Vec<u32> = windows
            .iter()
            .map(|window| {
                let score =
                    |g: &Gaussian| window.clone().map(|i| g.density(row(i), &mut scratch)).sum::<f64>();
                let scores = gaussians.iter().map(score).enumerate();
                scores.fold((0, f64::NEG_INFINITY), |best, s| if s.1 > best.1 { s } else { best }).0 as u32
            })
            .collect();
        if next == labels {
            break;
        }
        labels = next;
    }
    labels
}

/// Clusters by the windows' means, and by their spread where they have one.
fn first(rows: &[f64], w: usize, windows: &[Range<usize>], k: usize, random: &mut Random) -> Vec<u32> {
    let spread = windows.iter().any(|x| x.len() >= SPREAD);
    let width = if spread { 2 * w } else { w };
    let mut features = vec![0.0; windows.len() * width];
    for (window, out) in windows.iter().zip(features.chunks_exact_mut(width)) {
        let n = window.len().max(1) as f64;
        for c in 0..w {
            let column = || window.clone().map(|i| rows[i * w + c]);
            let mean = column().sum::<f64>() / n;
            out[c] = mean;
            if spread {
                let variance = column().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
                out[w + c] = 0.5 * (variance + 1e-6).ln();
            }
        }
    }
    let mut centres = seeds(&features, width, k, random);
    rounds(&features, width, &mut centres);
    features.chunks_exact(width).map(|row| nearest(row, &centres, width).0 as u32).collect()
}

/// A Gaussian with its share of the rows.
struct Gaussian {
    mean: Vec<f64>,
    /// Lower triangle of its covariance's factor.
    factor: Vec<f64>,
    log_scale: f64,
}

impl Gaussian {
    /// ln of share and density, but for a constant.
    fn density(&self, x: &[f64], scratch: &mut [f64]) -> f64 {
        scratch.iter_mut().zip(x).zip(&self.mean).for_each(|((s, x), m)| *s = x - m);
        cholesky::forward(self.mean.len(), &self.factor, scratch);
        self.log_scale - 0.5 * scratch.iter().map(|s| s * s).sum::<f64>()
    }
}

/// The Gaussians of clusters. Each leans on the columns' own variances by as many rows as it has columns.
fn fit(
    rows: &[f64],
    w: usize,
    windows: &[Range<usize>],
    labels: &[u32],
    k: usize,
    all: &[f64],
) -> Vec<Gaussian> {
    let total = windows.iter().map(Range::len).sum::<usize>() as f64;
    let lean = (w + 1) as f64;
    let mut out = vec![];
    for cluster in 0..k {
        let mine = || windows.iter().zip(labels).filter(|(_, l)| **l as usize == cluster);
        let places = || mine().flat_map(|(window, _)| window.clone());
        let n = mine().map(|(window, _)| window.len()).sum::<usize>() as f64;
        let mut mean = vec![0.0; w];
        for i in places() {
            mean.iter_mut().zip(&rows[i * w..]).for_each(|(m, x)| *m += x / n);
        }
        let mut factor = vec![0.0; w * w];
        let mut off = vec![0.0; w];
        for i in places() {
            off.iter_mut().zip(&rows[i * w..]).zip(&mean).for_each(|((o, x), m)| *o = x - m);
            for a in 0..w {
                for b in 0..=a {
                    factor[a * w + b] += off[a] * off[b];
                }
            }
        }
        for a in 0..w {
            factor[a * w + a] += lean * NARROW * all[a];
            for b in 0..=a {
                factor[a * w + b] /= n + lean;
                factor[b * w + a] = factor[a * w + b];
            }
        }
        // A cluster without rows takes none.
        let share = n / total;
        let log_scale = match cholesky::factor(w, &mut factor) {
            Ok(()) if n > 0.0 => share.ln() - 0.5 * cholesky::log_det(w, &factor),
            _ => f64::NEG_INFINITY,
        };
        out.push(Gaussian { mean, factor, log_scale });
    }
    out
}

/// Windows of about `length` rows that cross no start of a sequence.
pub(super) fn windows(rows: usize, starts: Option<&[u32]>, length: usize) -> Vec<Range<usize>> {
    let whole = [0, rows as u32];
    let starts = starts.unwrap_or(&whole);
    let of = |w: &[u32]| {
        let (from, end) = (w[0] as usize, w[1] as usize);
        (from..end).step_by(length.max(1)).map(move |at| at..end.min(at + length.max(1)))
    };
    starts.windows(2).flat_map(of).collect()
}

/// Each row beside the one before it; the first of a sequence beside itself.
pub(super) fn lagged(rows: &[f64], w: usize, starts: Option<&[u32]>) -> (Vec<f64>, usize) {
    let mut both = Vec::with_capacity(2 * rows.len());
    let mut first = starts.into_iter().flatten().peekable();
    for (place, row) in rows.chunks_exact(w).enumerate() {
        let begins = first.next_if(|s| **s as usize == place).is_some();
        let before = if begins { place } else { place.saturating_sub(1) };
        both.extend_from_slice(row);
        both.extend_from_slice(&rows[before * w..(before + 1) * w]);
    }
    (both, 2 * w)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds about one centre, long in different directions.
    #[test]
    fn clusters_that_differ_in_direction_are_told_apart() {
        let mut random = Random::new(5, "rows", 0);
        let mut rows = vec![];
        for i in 0..400 {
            let (a, b) = (5.0 * random.normal(), 0.3 * random.normal());
            rows.extend(if i % 2 == 0 { [a, a + b] } else { [a, b - a] });
        }
        let singles = windows(400, None, 1);
        let right = |seed: u64| {
            let labels = cluster(&rows, 2, &singles, 2, &mut Random::new(seed, "z", 0));
            let same = labels.iter().enumerate().filter(|(i, l)| **l as usize == i % 2).count();
            same.max(400 - same)
        };
        assert!((0..6).map(right).max() > Some(350));
    }

    /// A series whose spread changes, about one mean.
    #[test]
    fn windows_that_differ_in_spread_are_told_apart() {
        let mut random = Random::new(7, "rows", 0);
        let rows: Vec<f64> =
            (0..600).map(|t| if t / 100 % 2 == 0 { 0.2 } else { 3.0 } * random.normal()).collect();
        let parts = windows(600, Some(&[0, 250, 600]), 20);
        assert!(parts.iter().all(|w| !w.contains(&249) || !w.contains(&250)));
        let labels = cluster(&rows, 1, &parts, 2, &mut random);
        let quiet = labels[0];
        let right = parts.iter().zip(&labels).filter(|(w, l)| (w.start / 100 % 2 == 0) == (**l == quiet));
        assert!(right.count() * 10 > parts.len() * 8);
    }
}
