//! Sums and dot products in eight lanes: vectorised, more accurate than a running sum, and the same bits on
//! every run. No products of matrices.

use crate::num::wide::wide;

/// From this length on it pays to pick the machine's widest vectors.
const LONG: usize = 256;

/// Σ xs.
pub fn sum(xs: &[f64]) -> f64 {
    if xs.len() < LONG {
        return sum_plain(xs);
    }
    wide(
        #[inline(always)]
        || sum_plain(xs),
    )
}

/// [`sum`] for a loop that is compiled wide already; the same bits.
#[inline(always)]
pub(crate) fn sum_plain(xs: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (chunks, tail) = xs.as_chunks::<8>();
    for c in chunks {
        for (l, x) in lanes.iter_mut().zip(c) {
            *l += x;
        }
    }
    fold(lanes) + tail.iter().sum::<f64>()
}

/// Σ xs·ys over the shorter of the two lengths.
pub fn dot(xs: &[f64], ys: &[f64]) -> f64 {
    if xs.len() < LONG {
        return dot_plain(xs, ys);
    }
    wide(
        #[inline(always)]
        || dot_plain(xs, ys),
    )
}

/// [`dot`] for a loop that is compiled wide already; the same bits.
#[inline(always)]
pub(crate) fn dot_plain(xs: &[f64], ys: &[f64]) -> f64 {
    let len = xs.len().min(ys.len());
    let (xs, ys) = (&xs[..len], &ys[..len]);
    let mut lanes = [0.0; 8];
    let (a, a_tail) = xs.as_chunks::<8>();
    let (b, b_tail) = ys.as_chunks::<8>();
    for (c, d) in a.iter().zip(b) {
        for k in 0..8 {
            lanes[k] += c[k] * d[k];
        }
    }
    fold(lanes) + a_tail.iter().zip(b_tail).map(|(x, y)| x * y).sum::<f64>()
}

/// Σ |xs·ys| over the shorter of the two lengths.
pub fn dot_abs(xs: &[f64], ys: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    for (i, (x, y)) in xs.iter().zip(ys).enumerate() {
        lanes[i % 8] += (x * y).abs();
    }
    fold(lanes)
}

/// The largest element, −∞ for none. NaN is passed over.
pub fn max(xs: &[f64]) -> f64 {
    if xs.len() < LONG {
        return max_plain(xs);
    }
    wide(
        #[inline(always)]
        || max_plain(xs),
    )
}

/// [`max`] for a loop that is compiled wide already.
#[inline(always)]
pub(crate) fn max_plain(xs: &[f64]) -> f64 {
    let mut lanes = [f64::NEG_INFINITY; 8];
    let (chunks, tail) = xs.as_chunks::<8>();
    for c in chunks {
        for k in 0..8 {
            lanes[k] = if c[k] > lanes[k] { c[k] } else { lanes[k] };
        }
    }
    // As a tree, so that no comparison waits for all others.
    let larger = |a: f64, b: f64| if a > b { a } else { b };
    let mut half = [f64::NEG_INFINITY; 4];
    for k in 0..4 {
        half[k] = larger(lanes[k], lanes[k + 4]);
    }
    let (four, tail) = tail.as_chunks::<4>();
    for c in four {
        for k in 0..4 {
            half[k] = larger(c[k], half[k]);
        }
    }
    let m = larger(larger(half[0], half[2]), larger(half[1], half[3]));
    tail.iter().fold(m, |m, &x| if x > m { x } else { m })
}

/// Whether all elements are positive and finite. NaN is neither.
pub fn all_positive(xs: &[f64]) -> bool {
    wide(
        #[inline(always)]
        || xs.iter().fold(true, |all, x| all & (*x > 0.0) & (*x < f64::INFINITY)),
    )
}

/// Whether no element is NaN or infinite.
pub fn all_finite(xs: &[f64]) -> bool {
    // 0 · x is 0 but for those.
    wide(
        #[inline(always)]
        || {
            let mut lanes = [0.0; 8];
            let (chunks, tail) = xs.as_chunks::<8>();
            for c in chunks {
                for (l, x) in lanes.iter_mut().zip(c) {
                    *l += 0.0 * x;
                }
            }
            fold(lanes) + tail.iter().map(|x| 0.0 * x).sum::<f64>() == 0.0
        },
    )
}

/// Adds the lanes as a tree, so that the rounding does not depend on how the compiler vectorises.
#[inline(always)]
pub(crate) fn fold(l: [f64; 8]) -> f64 {
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_up_to_forty() {
        for n in 0..40u64 {
            let xs: Vec<f64> = (0..n).map(|i| (i * i % 17) as f64 - 8.0).collect();
            let ys: Vec<f64> = (0..n).map(|i| (i * 7 % 13) as f64).collect();
            assert_eq!(sum(&xs), xs.iter().sum::<f64>(), "sum, n = {n}");
            assert_eq!(dot(&xs, &ys), xs.iter().zip(&ys).map(|(x, y)| x * y).sum::<f64>(), "dot, n = {n}");
            assert_eq!(max(&xs), xs.iter().copied().fold(f64::NEG_INFINITY, f64::max), "max, n = {n}");
        }
    }

    #[test]
    fn what_is_not_finite_is_seen_wherever_it_stands() {
        for at in 0..21 {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut xs = [-1e300; 21];
                assert!(all_finite(&xs));
                xs[at] = bad;
                assert!(!all_finite(&xs), "{bad} at {at}");
            }
        }
    }

    #[test]
    fn lanes_lose_less_than_a_running_sum() {
        let xs = vec![0.1; 1 << 20];
        let exact = 0.1 * (1 << 20) as f64;
        let running: f64 = xs.iter().sum();
        assert!(
            (sum(&xs) - exact).abs() < (running - exact).abs() / 4.0,
            "{} and {running} for {exact}",
            sum(&xs)
        );
    }
}
