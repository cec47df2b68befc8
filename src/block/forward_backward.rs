//! Forward–backward over discrete chains: log potentials in, marginals, summed pair marginals and log norm out. Knows nothing of graphs or of where the
//! potentials come from.
//!
//! Works on exponentiated potentials, scaled at every step (Rabiner 1989, section V.A). The largest entry of each row of a pair table is moved into the
//! node potential before it, so a row keeps its digits wherever it lies. A sequence whose backward messages grow past what underflow can hide is
//! done again in log space. A log potential under −1e100 stands for ln 0: marginals there are exactly 0.

use crate::num::{matmul, reduce, special};
use std::fmt;

/// Log potentials under this are ln 0.
const LN_ZERO: f64 = -1e100;

/// What was lost to underflow is under 1e−300 of its step; a backward message below this cannot bring it back to 1e−50.
const SAFE_MESSAGE: f64 = 1e250;

/// Why the chains have no posterior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// Every state has probability zero at this step, given the steps up to it.
    Impossible {
        /// Row of the node potentials.
        step: usize,
    },
    /// A potential is NaN or +∞.
    NotFinite {
        /// Row of the node potentials where it was seen.
        step: usize,
    },
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible { step } => write!(f, "no state is possible at step {}", step + 1),
            Self::NotFinite { step } => write!(f, "a potential is not a finite number at step {}", step + 1),
        }
    }
}

impl std::error::Error for ChainError {}

/// M pair tables made ready once an iteration and shared by all chunks.
#[derive(Clone, Debug, Default)]
pub struct PairTables {
    k: usize,
    /// Log potentials, M×K×K, `[m][from][to]`.
    log: Vec<f64>,
    /// exp(log − row's largest), and the same transposed.
    scaled: Vec<f64>,
    transposed: Vec<f64>,
    /// M×K: each row's largest log potential; 0 where the row is impossible.
    top: Vec<f64>,
}

impl PairTables {
    /// Takes M×K×K log potentials `[m][from][to]`; allocates only where it has not held as many before.
    pub fn prepare(&mut self, k: usize, pair: &[f64]) {
        self.k = k;
        self.log.clear();
        self.log.extend_from_slice(pair);
        self.top.clear();
        self.scaled.clear();
        self.scaled.extend_from_slice(pair);
        self.transposed.clear();
        self.transposed.resize(pair.len(), 0.0);
        if k == 0 {
            return;
        }
        for row in self.scaled.chunks_exact_mut(k) {
            let top = reduce::max(row);
            let top = if top < LN_ZERO { 0.0 } else { top };
            row.iter_mut().for_each(|x| *x -= top);
            self.top.push(top);
        }
        special::exp_slice(&mut self.scaled);
        for (table, flipped) in self.scaled.chunks_exact(k * k).zip(self.transposed.chunks_exact_mut(k * k)) {
            for i in 0..k {
                for j in 0..k {
                    flipped[j * k + i] = table[i * k + j];
                }
            }
        }
    }
}

/// The chains of one chunk.
#[derive(Debug)]
pub struct Chains<'a> {
    /// K log potentials of a first step, the same for all sequences.
    pub initial: Option<&'a [f64]>,
    /// For each step, which table leads into it (not read at first steps); none: table 0.
    pub pair_index: Option<&'a [u32]>,
    /// T×K log potentials, overwritten by the marginals.
    pub node: &'a mut [f64],
    /// Where each sequence starts among the T steps, and T at the end: one more than there are sequences.
    pub starts: &'a [u32],
}

/// How many `f64`s of scratch [`run`] takes for T steps, the longest sequence being `longest`, with K states and M tables.
pub fn scratch_len(steps: usize, longest: usize, k: usize, tables: usize) -> usize {
    2 * steps * k + longest * k + steps + tables * k * k + k
}

/// Overwrites node potentials by marginals, adds Σ_t of the pair marginals into `pair_sums` (M×K×K) and the sequences' log normalisers into `log_norm`.
///
/// # Errors
/// If no path is possible, or a potential is NaN or +∞. The outputs are then of no use.
pub fn run(
    tables: &PairTables,
    chains: Chains<'_>,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut [f64],
) -> Result<(), ChainError> {
    let k = tables.k;
    let Chains { initial, pair_index, node, starts } = chains;
    if k == 0 || starts.len() < 2 {
        return Ok(());
    }
    let steps = node.len() / k;
    let longest = starts.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0);
    let (alpha, rest) = scratch.split_at_mut(steps * k);
    let (b, rest) = rest.split_at_mut(steps * k);
    let (gamma, rest) = rest.split_at_mut(longest * k);
    let (norm, rest) = rest.split_at_mut(steps);
    let (outer, rest) = rest.split_at_mut(tables.log.len());
    let beta = &mut rest[..k];
    let table = |t: usize| pair_index.map_or(0, |ix| ix[t] as usize);

    // All node potentials of the chunk at once: first steps, the rows' largest pair potentials, then exp.
    b.copy_from_slice(node);
    let mut total = 0.0;
    for w in starts.windows(2) {
        let (lo, hi) = (w[0] as usize, w[1] as usize);
        for t in lo..hi {
            let row = &mut b[t * k..][..k];
            if let (true, Some(initial)) = (t == lo, initial) {
                row.iter_mut().zip(initial).for_each(|(x, a)| *x += a);
            }
            if t + 1 < hi {
                row.iter_mut().zip(&tables.top[table(t + 1) * k..][..k]).for_each(|(x, a)| *x += a);
            }
            let top = reduce::max(row);
            if top.is_nan() || top == f64::INFINITY {
                return Err(ChainError::NotFinite { step: t });
            }
            if top < LN_ZERO {
                return Err(if row.iter().any(|x| x.is_nan()) {
                    ChainError::NotFinite { step: t }
                } else {
                    ChainError::Impossible { step: t }
                });
            }
            row.iter_mut().for_each(|x| *x -= top);
            // Held here until the scale of the forward message joins it.
            norm[t] = top;
        }
    }
    special::exp_slice(b);

    outer.fill(0.0);
    for w in starts.windows(2) {
        let (lo, hi) = (w[0] as usize, w[1] as usize);
        if lo == hi {
            continue;
        }
        let before = total;
        let mut safe = true;
        for t in lo..hi {
            let (past, now) = alpha.split_at_mut(t * k);
            let (now, e) = (&mut now[..k], &b[t * k..][..k]);
            if t == lo {
                now.copy_from_slice(e);
            } else {
                times(k, &past[(t - 1) * k..], &tables.scaled[table(t) * k * k..], now);
                now.iter_mut().zip(e).for_each(|(x, e)| *x *= e);
            }
            let c = reduce::sum(now);
            if !(c > 1e-280 && c.is_finite()) {
                safe = false;
                break;
            }
            let r = 1.0 / c;
            now.iter_mut().for_each(|x| *x *= r);
            total += norm[t] + c.ln();
            norm[t] = r;
        }
        if safe {
            // w_t = b_t β_t / c_t overwrites b_t.
            beta.fill(1.0);
            for t in (lo..hi).rev() {
                let (now, e) = (&alpha[t * k..][..k], &mut b[t * k..][..k]);
                let g = &mut gamma[(t - lo) * k..][..k];
                for i in 0..k {
                    g[i] = now[i] * beta[i];
                    e[i] *= beta[i] * norm[t];
                }
                if t > lo {
                    times(k, e, &tables.transposed[table(t) * k * k..], beta);
                    // Written so that NaN, born of ∞ · 0, counts as too large.
                    safe &= reduce::sum(beta) < SAFE_MESSAGE;
                }
            }
        }
        if safe {
            node[lo * k..hi * k].copy_from_slice(&gamma[..(hi - lo) * k]);
            // No pair leads into a first step: its row adds nothing to the product below.
            b[lo * k..][..k].fill(0.0);
        } else {
            let part = lo * k..hi * k;
            let (a, z) = (&mut alpha[part.clone()], &mut gamma[..(hi - lo) * k]);
            total = before + in_logs(tables, initial, &table, lo, &mut node[part.clone()], a, z, beta, pair_sums)?;
            alpha[part.clone()].fill(0.0);
            b[part].fill(0.0);
        }
    }

    // Σ_t α_{t−1} ⊗ w_t, for all sequences in one product, times the tables once.
    match pair_index {
        None if steps > 1 => {
            let view = |offset, row, col| matmul::Strides { offset, row, col };
            matmul::gemm(k, k, steps - 1, 1.0, alpha, view(0, 1, k), b, view(k, k, 1), outer, view(0, k, 1));
        }
        None => {}
        Some(_) => {
            for w in starts.windows(2) {
                for t in w[0] as usize + 1..w[1] as usize {
                    let sums = &mut outer[table(t) * k * k..][..k * k];
                    for (row, a) in sums.chunks_exact_mut(k).zip(&alpha[(t - 1) * k..][..k]) {
                        row.iter_mut().zip(&b[t * k..][..k]).for_each(|(x, w)| *x += a * w);
                    }
                }
            }
        }
    }
    for ((sum, x), a) in pair_sums.iter_mut().zip(&*outer).zip(&tables.scaled) {
        // An impossible pair has an exact 0, whatever the messages beside it are.
        if *a > 0.0 {
            *sum += x * a;
        }
    }
    *log_norm += total;
    Ok(())
}

/// y = xᵀ A for K numbers x and a row-major K×K table.
fn times(k: usize, x: &[f64], table: &[f64], y: &mut [f64]) {
    y.fill(0.0);
    for (row, &x) in table.chunks_exact(k).zip(&x[..k]) {
        y.iter_mut().zip(row).for_each(|(y, a)| *y += x * a);
    }
}

/// One sequence in log space: slow, and right for potentials of any range. Returns its log norm.
#[expect(clippy::too_many_arguments, reason = "the arrays of `run`, cut to one sequence")]
fn in_logs(
    tables: &PairTables,
    initial: Option<&[f64]>,
    table: &impl Fn(usize) -> usize,
    lo: usize,
    node: &mut [f64],
    alpha: &mut [f64],
    beta: &mut [f64],
    work: &mut [f64],
    pair_sums: &mut [f64],
) -> Result<f64, ChainError> {
    let k = tables.k;
    let steps = node.len() / k;
    let square = |t: usize| &tables.log[table(lo + t) * k * k..][..k * k];
    if let Some(initial) = initial {
        node[..k].iter_mut().zip(initial).for_each(|(x, a)| *x += a);
    }
    // −∞ and ln 0 alike, so that no difference of infinities arises.
    node.iter_mut().for_each(|x| *x = if *x < LN_ZERO { -1e200 } else { *x });
    let clip = |x: f64| if x < LN_ZERO { -1e200 } else { x };
    // Messages are kept near 0, each step's largest in z: long sequences lose no digits.
    let mut z = 0.0;
    for t in 0..steps {
        let (past, now) = alpha.split_at_mut(t * k);
        let now = &mut now[..k];
        now.copy_from_slice(&node[t * k..][..k]);
        if t > 0 {
            let a = square(t);
            for j in 0..k {
                (0..k).for_each(|i| work[i] = clip(past[(t - 1) * k + i] + a[i * k + j]));
                now[j] = clip(now[j] + special::log_sum_exp(work));
            }
        }
        if now.iter().any(|x| x.is_nan()) {
            return Err(ChainError::NotFinite { step: lo + t });
        }
        let top = reduce::max(now);
        if top < LN_ZERO {
            return Err(ChainError::Impossible { step: lo + t });
        }
        now.iter_mut().for_each(|x| *x = clip(*x - top));
        z += top;
    }
    z += special::log_sum_exp(&alpha[(steps - 1) * k..][..k]);
    beta[(steps - 1) * k..][..k].fill(0.0);
    for t in (0..steps - 1).rev() {
        let a = square(t + 1);
        let (now, next) = beta.split_at_mut((t + 1) * k);
        let now = &mut now[t * k..];
        for i in 0..k {
            (0..k).for_each(|j| work[j] = clip(a[i * k + j] + node[(t + 1) * k + j] + next[j]));
            now[i] = clip(special::log_sum_exp(work));
        }
        let top = reduce::max(now);
        now.iter_mut().for_each(|x| *x = clip(*x - top));
    }
    for t in 1..steps {
        let (a, m) = (square(t), table(lo + t));
        let log_weight = |i: usize, j: usize| alpha[(t - 1) * k + i] + a[i * k + j] + node[t * k + j] + beta[t * k + j];
        let pairs = || (0..k * k).map(|e| (e, log_weight(e / k, e % k)));
        let top = pairs().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
        let norm: f64 = pairs().map(|p| (p.1 - top).exp()).sum();
        pairs().for_each(|(e, w)| pair_sums[m * k * k + e] += (w - top).exp() / norm);
    }
    for ((x, a), b) in node.iter_mut().zip(alpha).zip(beta) {
        *x = *a + *b;
    }
    node.chunks_exact_mut(k).for_each(|row| {
        special::softmax_in_place(row);
    });
    Ok(z)
}

#[cfg(test)]
#[path = "forward_backward_tests.rs"]
mod tests;
