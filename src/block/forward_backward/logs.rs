//! Forward–backward of one sequence in log space: slow, right for potentials of any range, and the twin that
//! the fast way is tested against.

use super::{error::ChainError, steps::WeightedSteps, tables::PairTables, zeros::LN_ZERO};
use crate::num::{reduce, special};

/// What −∞ and ln 0 are here, so that no difference of infinities arises.
const ZERO: f64 = -1e200;

fn clip(x: f64) -> f64 {
    if x < LN_ZERO { ZERO } else { x }
}

/// Gives the sequence `lo..hi` the marginals of its steps before `end`, adds the pairs that lead into them,
/// and returns the whole sequence's log norm.
pub(super) fn in_logs(
    tables: &PairTables,
    index: Option<&[u32]>,
    (lo, hi, end): (usize, usize, usize),
    steps: &mut dyn WeightedSteps,
    pair_sums: &mut [f64],
) -> Result<f64, ChainError> {
    let k = tables.k;
    let count = hi - lo;
    let table = |t: usize| index.map_or(0, |ix| ix[lo + t] as usize);
    let square = |t: usize| &tables.log[table(t) * k * k..][..k * k];
    let (mut node, mut alpha, mut beta, mut work) =
        (vec![0.0; count * k], vec![0.0; count * k], vec![0.0; count * k], vec![0.0; k]);
    steps.natural(lo..hi, &mut node);
    node.iter_mut().for_each(|x| *x = clip(*x));
    // Messages are kept near 0, each step's largest in z: long sequences lose no digits.
    let mut z = 0.0;
    for t in 0..count {
        let (past, now) = alpha.split_at_mut(t * k);
        let now = &mut now[..k];
        now.copy_from_slice(&node[t * k..][..k]);
        if t > 0 {
            let a = square(t);
            for j in 0..k {
                (0..k).for_each(|i| work[i] = clip(past[(t - 1) * k + i] + a[i * k + j]));
                now[j] = clip(now[j] + special::log_sum_exp(&work));
            }
        }
        if now.iter().any(|x| x.is_nan() || *x == f64::INFINITY) {
            return Err(ChainError::NotFinite { step: lo + t });
        }
        let top = reduce::max(now);
        if top < LN_ZERO {
            return Err(ChainError::Impossible { step: lo + t });
        }
        now.iter_mut().for_each(|x| *x = clip(*x - top));
        z += top;
    }
    z += special::log_sum_exp(&alpha[(count - 1) * k..][..k]);
    for t in (0..count - 1).rev() {
        let a = square(t + 1);
        let (now, next) = beta.split_at_mut((t + 1) * k);
        let now = &mut now[t * k..];
        for i in 0..k {
            (0..k).for_each(|j| work[j] = clip(a[i * k + j] + node[(t + 1) * k + j] + next[j]));
            now[i] = clip(special::log_sum_exp(&work));
        }
        let top = reduce::max(now);
        now.iter_mut().for_each(|x| *x = clip(*x - top));
    }
    for t in 1..end - lo {
        let (a, m) = (square(t), table(t));
        let log_weight =
            |i: usize, j: usize| alpha[(t - 1) * k + i] + a[i * k + j] + node[t * k + j] + beta[t * k + j];
        let pairs = || (0..k * k).map(|e| (e, log_weight(e / k, e % k)));
        let top = pairs().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
        let norm: f64 = pairs().map(|p| (p.1 - top).exp()).sum();
        pairs().for_each(|(e, w)| pair_sums[m * k * k + e] += (w - top).exp() / norm);
    }
    node.truncate((end - lo) * k);
    for ((x, a), b) in node.iter_mut().zip(&alpha).zip(&beta) {
        *x = a + b;
    }
    node.chunks_exact_mut(k).for_each(|row| {
        special::softmax_in_place(row);
    });
    steps.take(lo..end, &node);
    Ok(z)
}
