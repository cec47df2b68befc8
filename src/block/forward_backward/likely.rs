//! The most probable path of each sequence (Viterbi 1967). Not here: marginals, nor draws.

use super::{ChainError, Chains, PairTables, zeros::LN_ZERO};
use crate::block::steps::Steps;

/// The path of the largest Σ of log potentials, with the exponents of [`super::run`]; of equals the one whose last
/// states come first.
///
/// # Errors
/// If no path is possible, or a potential is NaN or +∞.
pub fn likely(
    tables: &PairTables,
    chains: Chains<'_>,
    steps: &mut dyn Steps,
) -> Result<Vec<usize>, ChainError> {
    let k = tables.k;
    let count = chains.starts.last().map_or(0, |e| *e as usize);
    let mut states = vec![0; count];
    let table = |t: usize| &tables.log[chains.pair_index.map_or(0, |ix| ix[t] as usize) * k * k..][..k * k];
    let possible = |x: f64| if x < LN_ZERO { f64::NEG_INFINITY } else { x };
    let bad = |x: &f64| x.is_nan() || *x == f64::INFINITY;
    let (mut best, mut next) = (vec![0.0; k], vec![0.0; k]);
    for ends in chains.starts.windows(2).filter(|w| w[0] < w[1]) {
        let (lo, hi) = (ends[0] as usize, ends[1] as usize);
        let mut own = vec![0.0; (hi - lo) * k];
        steps.natural(lo..hi, &mut own);
        // Where the best path into each state comes from.
        let mut from = vec![0_u32; (hi - lo) * k];
        for (step, own) in (lo..hi).zip(own.chunks_exact(k)) {
            if own.iter().any(bad) || step > lo && table(step).iter().any(bad) {
                return Err(ChainError::NotFinite { step });
            }
            for (j, next) in next.iter_mut().enumerate() {
                *next = possible(own[j]);
                if step == lo {
                    continue;
                }
                let into = |i: usize| best[i] + possible(table(step)[i * k + j]);
                let i = first_largest((0..k).map(into));
                from[(step - lo) * k + j] = i as u32;
                *next += into(i);
            }
            std::mem::swap(&mut best, &mut next);
            if best.iter().all(|x| *x == f64::NEG_INFINITY) {
                return Err(ChainError::Impossible { step });
            }
        }
        let mut at = first_largest(best.iter().copied());
        for step in (lo..hi).rev() {
            states[step] = at;
            at = from[(step - lo) * k + at] as usize;
        }
    }
    Ok(states)
}

/// The place of the largest number, the first of equals.
fn first_largest(of: impl Iterator<Item = f64>) -> usize {
    let pick = |a: (usize, f64), b: (usize, f64)| if b.1 > a.1 { b } else { a };
    of.enumerate().reduce(pick).map_or(0, |x| x.0)
}
