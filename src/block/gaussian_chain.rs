//! Chains of Gaussian vectors: natural parameters in, moments, summed pair moments and log norm out. Knows nothing of graphs, of dynamics or of where the
//! parameters come from.
//!
//! The precision of a chain is block tridiagonal. Its Cholesky factor is taken block by block going forward (Golub and Van Loan, section 4.5.1, with the
//! Schur complement S_t as the new diagonal block), and moments come back from the last step as in Rauch, Tung and Striebel's smoother, here in
//! information form: x_{t−1} given x_t has covariance S_{t−1}⁻¹ and mean S_{t−1}⁻¹ (g_{t−1} + P_t x_t). No matrix but the S_t is ever inverted, so a step
//! without a proper distribution of its own (a diffuse start, a missing observation) is no special case.

use crate::num::{cholesky, matmul};
use std::fmt;

/// Why the chains have no posterior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaussianChainError {
    /// The precision of this step, given all before it, is not positive definite.
    NotPositive {
        /// Row of the node parameters.
        step: usize,
    },
    /// A natural parameter is NaN or infinite, or overflows.
    NotFinite {
        /// Row of the node parameters where it was seen.
        step: usize,
    },
}

impl fmt::Display for GaussianChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPositive { step } => write!(f, "the precision at step {} is not positive definite", step + 1),
            Self::NotFinite { step } => write!(f, "a natural parameter is not a finite number at step {}", step + 1),
        }
    }
}

impl std::error::Error for GaussianChainError {}

/// The chains of one chunk, with exponent Σ_t h_t·x_t + ⟨J_t, x_t x_tᵀ⟩ + Σ_t ⟨P_t, x_{t−1} x_tᵀ⟩, the last sum over all but first steps.
#[derive(Debug)]
pub struct GaussianChains<'a> {
    /// M×Q×Q couplings P, `[m][from][to]`.
    pub pair: &'a [f64],
    /// For each step, which coupling leads into it (not read at first steps); none: coupling 0.
    pub pair_index: Option<&'a [u32]>,
    /// T×(Q + Q²): a step's h, then its J (only the symmetric part of which counts). Overwritten by `E[x]` and `E[x xᵀ]`.
    pub node: &'a mut [f64],
    /// Where each sequence starts among the T steps, and T at the end: one more than there are sequences.
    pub starts: &'a [u32],
}

/// How many `f64`s of scratch [`run`] takes for vectors of `q` components, however long the chains are.
pub fn scratch_len(q: usize) -> usize {
    5 * q * q + 2 * q
}

/// Overwrites node parameters by moments, adds `Σ_t E[x_{t−1} x_tᵀ]` into `pair_sums` (M×Q×Q) and the sequences' log normalisers (nats) into `log_norm`.
///
/// # Errors
/// If a precision is not positive definite or a parameter not finite, naming the step. The outputs are then of no use.
pub fn run(
    q: usize,
    chains: GaussianChains<'_>,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut [f64],
) -> Result<(), GaussianChainError> {
    // Loops of known length are unrolled; 0 stands for a length known only now.
    let run = match q {
        0 => return Ok(()),
        1 => run_sized::<1>,
        2 => run_sized::<2>,
        3 => run_sized::<3>,
        4 => run_sized::<4>,
        5 => run_sized::<5>,
        6 => run_sized::<6>,
        7 => run_sized::<7>,
        8 => run_sized::<8>,
        _ => run_sized::<0>,
    };
    run(q, chains, pair_sums, log_norm, scratch)
}

fn run_sized<const N: usize>(
    q: usize,
    chains: GaussianChains<'_>,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut [f64],
) -> Result<(), GaussianChainError> {
    let q = if N > 0 { N } else { q };
    let (square, width) = (q * q, q + q * q);
    let GaussianChains { pair, pair_index, node, starts } = chains;
    let coupling = |t: usize| pair_index.map_or(0, |ix| ix[t] as usize) * square;
    let (s, rest) = scratch.split_at_mut(square);
    let (w, rest) = rest.split_at_mut(square);
    let (v, rest) = rest.split_at_mut(square);
    let (cross, rest) = rest.split_at_mut(square);
    let (gain, rest) = rest.split_at_mut(square);
    let (mean, rest) = rest.split_at_mut(q);
    let centre = &mut rest[..q];
    let (mut quadratic, mut log_det, mut steps) = (0.0, 0.0, 0);

    for ends in starts.windows(2) {
        let (lo, hi) = (ends[0] as usize, ends[1] as usize);
        steps += hi - lo;
        // Forward: h becomes u = K g and J becomes K, where S = L Lᵀ and K = L⁻¹.
        for t in lo..hi {
            let (past, now) = node.split_at_mut(t * width);
            let (h, j) = now[..width].split_at_mut(q);
            for a in 0..q {
                for b in 0..q {
                    s[a * q + b] = -(j[a * q + b] + j[b * q + a]);
                }
            }
            if t > lo {
                let (u, k) = past[(t - 1) * width..].split_at(q);
                product::<N>(q, k, &pair[coupling(t)..][..square], w);
                transposed_product::<N>(q, w, w, cross);
                s.iter_mut().zip(&*cross).for_each(|(s, x)| *s -= x);
                for (row, u) in w.chunks_exact(q).zip(u) {
                    h.iter_mut().zip(row).for_each(|(h, w)| *h += u * w);
                }
            }
            if let Err(e) = cholesky::factor(q, s) {
                let finite = s[e.pivot * q..][..=e.pivot].iter().all(|x| x.is_finite());
                return Err(if finite { GaussianChainError::NotPositive { step: t } } else { GaussianChainError::NotFinite { step: t } });
            }
            log_det += half_log_det(q, s);
            invert_lower(q, s, j);
            // From the last on, since u_a reads g_b for b ≤ a.
            for a in (0..q).rev() {
                h[a] = (0..=a).map(|b| j[a * q + b] * h[b]).sum();
            }
            let size: f64 = h.iter().map(|u| u * u).sum();
            if !size.is_finite() {
                return Err(GaussianChainError::NotFinite { step: t });
            }
            quadratic += size;
        }
        // Backward: x_t has mean `mean` and covariance `v`; `gain` is (S_{t−1}⁻¹ P_t)ᵀ and `cross` Cov(x_{t−1}, x_t).
        for t in (lo..hi).rev() {
            let (u, k) = node[t * width..][..width].split_at_mut(q);
            if t + 1 < hi {
                let m = coupling(t + 1);
                product::<N>(q, k, &pair[m..][..square], w);
                for (u, row) in u.iter_mut().zip(w.chunks_exact(q)) {
                    *u += row.iter().zip(&*mean).map(|(w, m)| w * m).sum::<f64>();
                }
                transposed_product::<N>(q, w, k, gain);
                transposed_product::<N>(q, gain, v, cross);
                transposed_product::<N>(q, k, k, v);
                product::<N>(q, cross, gain, w);
                for a in 0..q {
                    for b in 0..q {
                        v[a * q + b] += 0.5 * (w[a * q + b] + w[b * q + a]);
                    }
                }
                lower_transpose_times(q, k, u, centre);
                let sums = &mut pair_sums[m..][..square];
                for a in 0..q {
                    for b in 0..q {
                        sums[a * q + b] += cross[a * q + b] + centre[a] * mean[b];
                    }
                }
            } else {
                transposed_product::<N>(q, k, k, v);
                lower_transpose_times(q, k, u, centre);
            }
            mean.copy_from_slice(centre);
            u.copy_from_slice(centre);
            for a in 0..q {
                for b in 0..q {
                    k[a * q + b] = v[a * q + b] + mean[a] * mean[b];
                }
            }
        }
    }
    *log_norm += 0.5 * quadratic - log_det + 0.5 * (steps * q) as f64 * std::f64::consts::TAU.ln();
    Ok(())
}

/// Vectors of this many components and more are worth a call of the blocked product.
const BLOCKED: usize = 12;

/// C = A B, all row-major q × q.
#[inline(always)]
fn product<const N: usize>(q: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    if N > 0 {
        rows::<N>(a, N, 1, b, c);
    } else {
        general(q, a, q, 1, b, c);
    }
}

/// C = Aᵀ B, all row-major q × q.
#[inline(always)]
fn transposed_product<const N: usize>(q: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    if N > 0 {
        rows::<N>(a, 1, N, b, c);
    } else {
        general(q, a, 1, q, b, c);
    }
}

/// A row of C at a time, held in registers.
#[inline(always)]
fn rows<const N: usize>(a: &[f64], row: usize, col: usize, b: &[f64], c: &mut [f64]) {
    let (a, b, c) = (&a[..N * N], &b[..N * N], &mut c[..N * N]);
    for i in 0..N {
        let mut r = [0.0; N];
        for k in 0..N {
            let x = a[i * row + k * col];
            for j in 0..N {
                r[j] += x * b[k * N + j];
            }
        }
        c[i * N..][..N].copy_from_slice(&r);
    }
}

fn general(q: usize, a: &[f64], row: usize, col: usize, b: &[f64], c: &mut [f64]) {
    c.fill(0.0);
    if q >= BLOCKED {
        let plain = matmul::Strides { offset: 0, row: q, col: 1 };
        matmul::gemm(q, q, q, 1.0, a, matmul::Strides { offset: 0, row, col }, b, plain, c, plain);
        return;
    }
    for (i, c) in c.chunks_exact_mut(q).enumerate() {
        for (k, b) in b.chunks_exact(q).enumerate() {
            let x = a[i * row + k * col];
            c.iter_mut().zip(b).for_each(|(c, b)| *c += x * b);
        }
    }
}

/// Σ ln Lᵢᵢ. One logarithm of the product, unless that leaves the range of `f64`.
#[inline(always)]
fn half_log_det(q: usize, l: &[f64]) -> f64 {
    let diagonal = || (0..q).map(|i| l[i * q + i]);
    let product: f64 = diagonal().product();
    if product.is_normal() { product.ln() } else { diagonal().map(f64::ln).sum() }
}

/// Writes L⁻¹, zeros above its diagonal, into `k`: row i is (eᵢ − Σ_{j<i} Lᵢⱼ rowⱼ) / Lᵢᵢ.
#[inline(always)]
fn invert_lower(q: usize, l: &[f64], k: &mut [f64]) {
    for i in 0..q {
        let (above, row) = k.split_at_mut(i * q);
        let row = &mut row[..q];
        row.fill(0.0);
        row[i] = 1.0;
        for j in 0..i {
            let x = l[i * q + j];
            row.iter_mut().zip(&above[j * q..][..q]).for_each(|(r, a)| *r -= x * a);
        }
        let r = 1.0 / l[i * q + i];
        row.iter_mut().for_each(|x| *x *= r);
    }
}

/// y = Kᵀ u for a lower triangular K with zeros above.
#[inline(always)]
fn lower_transpose_times(q: usize, k: &[f64], u: &[f64], y: &mut [f64]) {
    y.fill(0.0);
    for (row, u) in k.chunks_exact(q).zip(u) {
        y.iter_mut().zip(row).for_each(|(y, k)| *y += u * k);
    }
}

#[cfg(test)]
#[path = "gaussian_chain_tests.rs"]
mod tests;
