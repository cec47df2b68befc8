//! k-means: seeds far from each other, rounds, the nearest centre. Not here: what the numbers of a row are
//! (`features`).

use crate::num::stream::Stream as Random;

/// Rounds of k-means after k-means++.
const ROUNDS: usize = 10;

/// Rounds of k-means.
pub(super) fn rounds(sample: &[f64], w: usize, centres: &mut [f64]) {
    let k = centres.len() / w;
    for _ in 0..ROUNDS {
        let mut sums = vec![0.0; centres.len()];
        let mut counts = vec![0.0; k];
        for row in sample.chunks_exact(w) {
            let c = nearest(row, centres, w).0;
            counts[c] += 1.0;
            sums[c * w..(c + 1) * w].iter_mut().zip(row).for_each(|(s, x)| *s += x);
        }
        for c in (0..k).filter(|&c| counts[c] > 0.0) {
            centres[c * w..(c + 1) * w].iter_mut().zip(&sums[c * w..]).for_each(|(m, s)| *m = s / counts[c]);
        }
    }
}

/// k-means++: each next centre is a row drawn with probability proportional to its squared distance from the
/// nearest centre.
pub(super) fn seeds(sample: &[f64], w: usize, k: usize, random: &mut Random) -> Vec<f64> {
    let rows = sample.len() / w;
    let mut centres = Vec::with_capacity(k * w);
    let first = random.below(rows.max(1));
    centres.extend_from_slice(&sample[first * w..(first + 1) * w]);
    let mut distance: Vec<f64> = sample.chunks_exact(w).map(|r| squared(r, &centres[..w])).collect();
    while centres.len() < k * w {
        let next = if distance.iter().sum::<f64>() > 0.0 {
            random.categorical(&distance)
        } else {
            random.below(rows)
        };
        let from = centres.len();
        centres.extend_from_slice(&sample[next * w..(next + 1) * w]);
        for (d, r) in distance.iter_mut().zip(sample.chunks_exact(w)) {
            *d = d.min(squared(r, &centres[from..]));
        }
    }
    centres
}

/// The squared distance of two rows.
pub(super) fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// The nearest centre, and its squared distance.
pub(super) fn nearest(row: &[f64], centres: &[f64], w: usize) -> (usize, f64) {
    let each = centres.chunks_exact(w).map(|c| squared(row, c)).enumerate();
    each.fold((0, f64::INFINITY), |best, (i, d)| if d < best.1 { (i, d) } else { best })
}
