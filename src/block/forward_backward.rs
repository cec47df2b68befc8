//! Forward–backward over discrete chains: log potentials in, marginals, summed pair marginals and log norm out. Knows nothing of graphs or of where the
//! potentials come from.
//!
//! Works on exponentiated potentials, scaled at every step (Rabiner 1989, section V.A). The largest entry of each row of a pair table is moved into the
//! node potential before it, so a row keeps its digits wherever it lies. The two directions do not wait for each other: one loop takes a step of both,
//! each with a scale of its own. Where the states that the past leaves and those that the future wants are further apart than underflow can hide, the
//! sequence is done again in log space. A log potential under −1e100 stands for ln 0: marginals there are exactly 0.

use crate::num::{matmul, reduce, special, wide::wide};
use std::fmt;

/// Log potentials under this are ln 0.
const LN_ZERO: f64 = -1e100;

/// What a step of either message loses to underflow is under 1e−300 beside potentials of 1. It is judged by what the past, the step and the future have in
/// common, c_t s_t: with an inverse under this, all that was lost is under 1e−50 of it.
const LARGEST_SCALE: f64 = 1e250;

/// Messages whose sum is smaller have lost digits.
const SAFE_SUM: f64 = 1e-280;

/// Messages are computed so many numbers at a time, and padded with zeros to whole blocks.
const LANES: usize = 8;

fn padded(k: usize) -> usize {
    k.next_multiple_of(LANES)
}

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
    /// exp(log − row's largest).
    scaled: Vec<f64>,
    /// The same by blocks of columns, each block's rows one after the other, padded with zeros: for products from the left.
    ahead: Vec<[f64; LANES]>,
    /// The same of the transposed tables.
    back: Vec<[f64; LANES]>,
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
        let kp = padded(k);
        for (blocks, flip) in [(&mut self.ahead, false), (&mut self.back, true)] {
            blocks.clear();
            blocks.resize(self.scaled.len() / (k * k) * kp * kp / LANES, [0.0; LANES]);
            for (table, blocks) in self.scaled.chunks_exact(k * k).zip(blocks.chunks_exact_mut(kp * kp / LANES)) {
                for (e, &x) in table.iter().enumerate() {
                    let (row, col) = if flip { (e % k, e / k) } else { (e / k, e % k) };
                    blocks[col / LANES * kp + row][col % LANES] = x;
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
    let kp = padded(k);
    2 * steps * kp + longest * kp + steps + tables * k * k + kp
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
    let kp = padded(k);
    let steps = node.len() / k;
    let longest = starts.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0);
    let (alpha, rest) = scratch.split_at_mut(steps * kp);
    let (b, rest) = rest.split_at_mut(steps * kp);
    let (beta, rest) = rest.split_at_mut(longest * kp);
    let (norm, rest) = rest.split_at_mut(steps);
    let (outer, rest) = rest.split_at_mut(tables.log.len());
    let work = &mut rest[..kp];
    let table = |t: usize| pair_index.map_or(0, |ix| ix[t] as usize);

    wide(
        #[inline(always)]
        || weigh(tables, initial, &table, node, starts, b, norm),
    )?;
    outer.fill(0.0);
    let mut total = 0.0;
    for w in starts.windows(2) {
        let (lo, hi) = (w[0] as usize, w[1] as usize);
        if lo == hi {
            continue;
        }
        let (part, padded_part) = (lo * k..hi * k, lo * kp..hi * kp);
        let (a, e, n) = (&mut alpha[padded_part.clone()], &mut b[padded_part.clone()], &mut norm[lo..hi]);
        let beta = &mut beta[..(hi - lo) * kp];
        let log_norm = wide(
            #[inline(always)]
            || {
                let z = messages(tables, &table, lo, a, e, beta, n, work)?;
                join(kp, a, e, beta, n).then_some(z)
            },
        );
        match log_norm {
            Some(z) => {
                total += z;
                for (node, marginal) in node[part].chunks_exact_mut(k).zip(beta.chunks_exact(kp)) {
                    node.copy_from_slice(&marginal[..k]);
                }
                // No pair leads into a first step: its row adds nothing to the product below.
                b[lo * kp..][..kp].fill(0.0);
            }
            None => {
                let (a, z) = (&mut a[..part.len()], &mut beta[..part.len()]);
                total += in_logs(tables, initial, &table, lo, &mut node[part], a, z, &mut work[..k], pair_sums)?;
                alpha[padded_part.clone()].fill(0.0);
                b[padded_part].fill(0.0);
            }
        }
    }

    // Σ_t α_{t−1} ⊗ w_t, for all sequences in one product, times the tables once.
    match pair_index {
        None if steps > 1 => {
            let view = |offset, row, col| matmul::Strides { offset, row, col };
            matmul::gemm(k, k, steps - 1, 1.0, alpha, view(0, 1, kp), b, view(kp, kp, 1), outer, view(0, k, 1));
        }
        None => {}
        Some(_) => wide(
            #[inline(always)]
            || {
                for w in starts.windows(2) {
                    for t in w[0] as usize + 1..w[1] as usize {
                        let sums = &mut outer[table(t) * k * k..][..k * k];
                        for (row, a) in sums.chunks_exact_mut(k).zip(&alpha[(t - 1) * kp..][..k]) {
                            row.iter_mut().zip(&b[t * kp..][..k]).for_each(|(x, w)| *x += a * w);
                        }
                    }
                }
            },
        ),
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

/// All node weights of the chunk, padded: with first steps' potentials and the rows' largest pair potentials, less each step's largest (kept in `tops`),
/// then exp.
#[inline(always)]
fn weigh(
    tables: &PairTables,
    initial: Option<&[f64]>,
    table: &impl Fn(usize) -> usize,
    node: &[f64],
    starts: &[u32],
    b: &mut [f64],
    tops: &mut [f64],
) -> Result<(), ChainError> {
    let k = tables.k;
    let kp = padded(k);
    for w in starts.windows(2) {
        let (lo, hi) = (w[0] as usize, w[1] as usize);
        for t in lo..hi {
            let (row, rest) = b[t * kp..][..kp].split_at_mut(k);
            row.copy_from_slice(&node[t * k..][..k]);
            rest.fill(f64::NEG_INFINITY);
            if let (true, Some(initial)) = (t == lo, initial) {
                row.iter_mut().zip(initial).for_each(|(x, a)| *x += a);
            }
            if t + 1 < hi {
                row.iter_mut().zip(&tables.top[table(t + 1) * k..][..k]).for_each(|(x, a)| *x += a);
            }
            let top = reduce::max_plain(row);
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
            tops[t] = top;
        }
    }
    special::exp_slice_plain(b);
    Ok(())
}

/// y = w ∘ (xᵀ A) for padded numbers and a table by blocks of columns; returns Σ y.
#[inline(always)]
fn times(kp: usize, x: &[f64], blocks: &[[f64; LANES]], w: Option<&[f64]>, y: &mut [f64]) -> f64 {
    let mut sum = [0.0; LANES];
    let (x, _) = x.as_chunks::<4>();
    for (c, (block, y)) in blocks.chunks_exact(kp).zip(y.as_chunks_mut::<LANES>().0).enumerate() {
        // Four sums at a time, so that an addition need not wait for the one before.
        let mut at = [[0.0; LANES]; 4];
        for (x, rows) in x.iter().zip(block.as_chunks::<4>().0) {
            for i in 0..4 {
                for l in 0..LANES {
                    at[i][l] += x[i] * rows[i][l];
                }
            }
        }
        for l in 0..LANES {
            y[l] = (at[0][l] + at[1][l]) + (at[2][l] + at[3][l]);
        }
        if let Some(w) = w {
            for (y, w) in y.iter_mut().zip(&w[c * LANES..]) {
                *y *= w;
            }
        }
        for l in 0..LANES {
            sum[l] += y[l];
        }
    }
    reduce::fold(sum)
}

/// Both directions of one sequence. Leaves forward messages in `alpha`, their inverse scales in `norm` (which holds the steps' largest potentials before)
/// and backward messages in `beta`, all but the last step's with sum 1; returns the log normaliser, or nothing where digits are lost.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the arrays of `run`, cut to one sequence")]
fn messages(
    tables: &PairTables,
    table: &impl Fn(usize) -> usize,
    lo: usize,
    alpha: &mut [f64],
    b: &[f64],
    beta: &mut [f64],
    norm: &mut [f64],
    work: &mut [f64],
) -> Option<f64> {
    let kp = padded(tables.k);
    let square = kp * kp / LANES;
    let steps = norm.len();
    let good = |sum: f64| sum > SAFE_SUM && sum.is_finite();
    let mut total = reduce::sum_plain(norm);
    beta[(steps - 1) * kp..].fill(1.0);
    for t in 0..steps {
        let (past, now) = alpha.split_at_mut(t * kp);
        let (now, e) = (&mut now[..kp], &b[t * kp..][..kp]);
        let c = if t == 0 {
            now.copy_from_slice(e);
            reduce::sum_plain(now)
        } else {
            times(kp, &past[(t - 1) * kp..], &tables.ahead[table(lo + t) * square..][..square], Some(e), now)
        };
        if !good(c) {
            return None;
        }
        let r = 1.0 / c;
        now.iter_mut().for_each(|x| *x *= r);
        norm[t] = r;

        let u = steps - 1 - t;
        if u > 0 {
            let (before, now) = beta.split_at_mut(u * kp);
            let before = &mut before[(u - 1) * kp..];
            for ((w, e), m) in work.iter_mut().zip(&b[u * kp..]).zip(now) {
                *w = e * *m;
            }
            let c = times(kp, work, &tables.back[table(lo + u) * square..][..square], None, before);
            if !good(c) {
                return None;
            }
            let r = 1.0 / c;
            before.iter_mut().for_each(|x| *x *= r);
        }
    }
    // Σ ln c, the logarithms taken many at a time.
    let mut logs = [0.0; 64];
    for r in norm.chunks(logs.len()) {
        logs[..r.len()].copy_from_slice(r);
        special::ln_slice_plain(&mut logs[..r.len()]);
        total -= reduce::sum_plain(&logs[..r.len()]);
    }
    Some(total)
}

/// Marginals over `beta`, and w_t = b_t β_t / (c_t s_t) over b_t, with s_t the overlap of a step's messages; false where an overlap is too small.
#[inline(always)]
fn join(kp: usize, alpha: &[f64], b: &mut [f64], beta: &mut [f64], norm: &[f64]) -> bool {
    let mut safe = true;
    let rows = alpha.chunks_exact(kp).zip(b.chunks_exact_mut(kp)).zip(beta.chunks_exact_mut(kp)).zip(norm);
    for (((a, b), m), norm) in rows {
        let s = reduce::dot_plain(a, m);
        let r = 1.0 / s;
        let scale = r * norm;
        // NaN is not safe either.
        safe &= scale < LARGEST_SCALE;
        for ((b, m), a) in b.iter_mut().zip(m).zip(a) {
            *b *= *m * scale;
            *m *= a * r;
        }
    }
    safe
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
