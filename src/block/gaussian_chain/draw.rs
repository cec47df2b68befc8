//! Draws of whole sequences: filtered forward, drawn back. Not here: moments (`smoother`).

use super::{error::GaussianChainError, steps::GaussianChains};
use crate::{
    block::steps::Steps,
    num::{cholesky, stream::Stream},
};

/// Draws the vectors of all steps, with the exponents of [`super::run`]. Going forward, S_t is the precision
/// of x_t given the steps before it and g_t its linear term; going back, x_t given x_{t+1} has precision S_t
/// and mean S_t⁻¹ (g_t + P x_{t+1}) (Frühwirth-Schnatter 1994, in information form).
///
/// # Errors
/// As [`super::run`].
pub fn draw(
    q: usize,
    chains: GaussianChains<'_>,
    steps: &mut dyn Steps,
    random: &mut Stream,
) -> Result<Vec<f64>, GaussianChainError> {
    let (square, width) = (q * q, q + q * q);
    let count = chains.starts.last().map_or(0, |e| *e as usize);
    let mut out = vec![0.0; count * q];
    let pair = |t: usize| &chains.pair[chains.pair_index.map_or(0, |ix| ix[t] as usize) * square..][..square];
    for ends in chains.starts.windows(2).filter(|w| w[0] < w[1]) {
        let (lo, hi) = (ends[0] as usize, ends[1] as usize);
        let mut node = vec![0.0; (hi - lo) * width];
        steps.natural(lo..hi, &mut node);
        let mut column = vec![0.0; q];
        for t in 0..hi - lo {
            let (past, now) = node.split_at_mut(t * width);
            let (g, s) = now[..width].split_at_mut(q);
            // From J to its precision.
            let j = s.to_vec();
            (0..square).for_each(|i| s[i] = -(j[i] + j[i % q * q + i / q]));
            if t > 0 {
                let (h, l) = past[(t - 1) * width..].split_at(q);
                let p = pair(lo + t);
                let mut mean = h.to_vec();
                cholesky::solve(q, l, &mut mean);
                for b in 0..q {
                    (0..q).for_each(|a| column[a] = p[a * q + b]);
                    g[b] += column.iter().zip(&mean).map(|(p, m)| p * m).sum::<f64>();
                    cholesky::solve(q, l, &mut column);
                    for c in 0..q {
                        s[c * q + b] -= (0..q).map(|a| p[a * q + c] * column[a]).sum::<f64>();
                    }
                }
            }
            let finite = g.iter().chain(&*s).all(|x| x.is_finite());
            cholesky::factor(q, s).map_err(|_| match finite {
                true => GaussianChainError::NotPositive { step: lo + t },
                false => GaussianChainError::NotFinite { step: lo + t },
            })?;
            if !finite {
                return Err(GaussianChainError::NotFinite { step: lo + t });
            }
        }
        for t in (0..hi - lo).rev() {
            let (g, l) = node[t * width..(t + 1) * width].split_at(q);
            let mut x = g.to_vec();
            if lo + t + 1 < hi {
                let (p, next) = (pair(lo + t + 1), &out[(lo + t + 1) * q..][..q]);
                x.iter_mut()
                    .zip(p.chunks_exact(q))
                    .for_each(|(x, row)| *x += row.iter().zip(next).map(|(p, n)| p * n).sum::<f64>());
            }
            cholesky::forward(q, l, &mut x);
            x.iter_mut().for_each(|x| *x += random.normal());
            cholesky::back(q, l, &mut x);
            out[(lo + t) * q..][..q].copy_from_slice(&x);
        }
    }
    Ok(out)
}
