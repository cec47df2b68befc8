//! Draws of whole paths: filtered forward, drawn back. Not here: marginals.

use super::{ChainError, Chains, PairTables, zeros::LN_ZERO};
use crate::{block::steps::Steps, num::stream::Stream};

/// Draws a state for each step, with the exponents of [`super::run`]: the last given the whole sequence, then
/// each given the one after it and all before (Scott 2002, "Bayesian methods for hidden Markov models",
/// section 2.2).
///
/// # Errors
/// If no path is possible, or a potential is NaN or +∞.
pub fn draw(
    tables: &PairTables,
    chains: Chains<'_>,
    steps: &mut dyn Steps,
    random: &mut Stream,
) -> Result<Vec<usize>, ChainError> {
    let k = tables.k;
    let count = chains.starts.last().map_or(0, |e| *e as usize);
    let mut states = vec![0; count];
    let mut ahead = vec![0.0; count * k];
    let table = |t: usize| &tables.log[chains.pair_index.map_or(0, |ix| ix[t] as usize) * k * k..][..k * k];
    for ends in chains.starts.windows(2).filter(|w| w[0] < w[1]) {
        let (lo, hi) = (ends[0] as usize, ends[1] as usize);
        steps.natural(lo..hi, &mut ahead[lo * k..hi * k]);
        for step in lo..hi {
            let (past, now) = ahead.split_at_mut(step * k);
            let now = &mut now[..k];
            let bad = |x: &f64| x.is_nan() || *x == f64::INFINITY;
            if now.iter().any(bad) || step > lo && table(step).iter().any(bad) {
                return Err(ChainError::NotFinite { step });
            }
            now.iter_mut().filter(|x| **x < LN_ZERO).for_each(|x| *x = f64::NEG_INFINITY);
            if step > lo {
                let past = &past[(step - 1) * k..];
                for (j, x) in now.iter_mut().enumerate() {
                    *x += log_sum((0..k).map(|i| past[i] + possible(table(step)[i * k + j])));
                }
            }
            let top = now.iter().fold(f64::NEG_INFINITY, |t, x| t.max(*x));
            if top == f64::NEG_INFINITY {
                return Err(ChainError::Impossible { step });
            }
            now.iter_mut().for_each(|x| *x -= top);
        }
        for step in (lo..hi).rev() {
            let mut logs = ahead[step * k..(step + 1) * k].to_vec();
            if step + 1 < hi {
                let to = states[step + 1];
                logs.iter_mut().enumerate().for_each(|(i, x)| *x += possible(table(step + 1)[i * k + to]));
            }
            states[step] = random.log_categorical(&logs);
        }
    }
    Ok(states)
}

fn possible(x: f64) -> f64 {
    if x < LN_ZERO { f64::NEG_INFINITY } else { x }
}

fn log_sum(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY { top } else { top + terms.map(|x| (x - top).exp()).sum::<f64>().ln() }
}
