//! A few sequences that advance side by side, a block of steps at a time: forward, then back. Not here: which sequences (`run`), nor the products.
//!
//! Going forward, α_t = b_t ∘ (α_{t−1} A) / c_{t−1} with c_t the sum of α_t: what is divided by is known a step ahead, so that no step waits for its own sum.
//! Going back, β_t is scaled so that α_t · β_t is 1: the marginals are their product, and with w_t = b_t ∘ β_t / c_{t−1} the message before is A w_t and the
//! pairs into t are A ∘ (α_{t−1} ⊗ w_t), summed by blocks as a product of matrices. Where that 1 is not met, underflow has eaten digits, and the steps from
//! there on back are done in log space.

use super::{
    ChainError, Cut, LANES, PairTables, SAFE_SUM, TOLERANCE,
    cut::IN_COMMON,
    in_logs, padded, product,
    steps::Steps,
};
use crate::num::{
    reduce, special,
    wide::{MulAdd, fused},
};
use std::ops::Range;

/// Sequences that advance together, at most.
pub(super) const TOGETHER: usize = 4;
/// Numbers of a sequence in a block of steps, about: what a few sequences need stays in the second-level cache.
const BLOCK: usize = 4096;
/// Numbers of messages and weights of a group that are kept from the way forward to the way back, at most. Longer sequences keep a message for each block,
/// and take each block forward again; their weights alone may be kept (`Steps::may_keep`).
const KEPT: usize = 1 << 20;

/// A sequence, or a piece of one: which, its first step and its length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequence {
    pub number: usize,
    pub lo: usize,
    pub len: usize,
}

/// Buffers, grown once.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(super) order: Vec<Sequence>,
    alpha: Vec<f64>,
    weights: Vec<f64>,
    /// The block's rows of `alpha`, read in the order of memory before they are wanted backward.
    near: Vec<f64>,
    norm: Vec<f64>,
    points: Vec<f64>,
    w: Vec<f64>,
    marginals: Vec<f64>,
    now: Vec<f64>,
    next: Vec<f64>,
    beta: Vec<f64>,
    /// M×kp×kp sums of outer products, over all groups.
    pub(super) outer: Vec<f64>,
}

/// What a zero may stand for, at most 10⁻³⁰⁸, times this is nothing.
const LARGEST: f64 = 1e290;
/// Products of messages are taken larger by 2⁴⁵⁰, and those that are no more than the inverse of that then are 0: numbers without full digits are slow.
const RAISED: f64 = f64::from_bits((1023 + 450) << 52);
const NOTHING: f64 = f64::from_bits((1023 - 450) << 52);

/// How long blocks are, and what is kept of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Steps in a block.
    pub block: usize,
    /// Numbers kept of a group, at most.
    pub kept: usize,
    /// Sequences in a group, at most.
    pub together: usize,
}

impl Layout {
    pub(super) fn new(k: usize) -> Self {
        Self { block: (BLOCK / padded(k)).clamp(8, 512), kept: KEPT, together: TOGETHER }
    }

    /// How many sequences of such a length advance together, and whether their messages, and their weights, are kept. `may_keep`: as [`Steps::may_keep`].
    pub(super) fn group(&self, k: usize, len: usize, may_keep: usize) -> (usize, [bool; 2]) {
        let (cheap, each) = (may_keep == 0, (len * padded(k)).max(1));
        let fit = self.kept / (each * if cheap { 1 } else { 2 });
        if fit >= 2 {
            return (fit.min(self.together), [true, !cheap]);
        }
        match may_keep / each {
            0 => (self.together, [len <= self.block, len <= self.block && !cheap]),
            fit => (fit.min(self.together), [len <= self.block, true]),
        }
    }
}

/// Sequences that advance together, the longest first.
pub(super) struct Group<'a> {
    pub tables: &'a PairTables,
    pub index: Option<&'a [u32]>,
    /// For the number of each sequence, and the one after, the cut that it begins or ends with.
    pub cuts: &'a [Option<&'a Cut>],
    pub lanes: &'a [Sequence],
    pub block: usize,
    /// Whether messages are kept, and whether weights are.
    pub kept: [bool; 2],
}

/// Where things of a block stand.
#[derive(Clone, Copy)]
struct At {
    from: usize,
    to: usize,
    /// The step whose message is the second row of `alpha` (the first is that of the step before).
    base: usize,
    /// The step whose weights are the first row.
    weights: usize,
}

fn room(v: &mut Vec<f64>, len: usize) {
    if v.len() < len {
        v.resize(len, 0.0);
    }
}

impl Group<'_> {
    fn at(&self, block: usize) -> At {
        let from = block * self.block;
        let to = (from + self.block).min(self.lanes[0].len);
        At { from, to, base: if self.kept[0] { 0 } else { from }, weights: if self.kept[1] { 0 } else { from } }
    }

    /// Lanes that have a step `t`.
    fn active(&self, t: usize) -> usize {
        self.lanes.iter().take_while(|s| s.len > t).count()
    }

    /// The cut before a lane, and that after it.
    fn cuts(&self, l: usize) -> [Option<&Cut>; 2] {
        let number = self.lanes[l].number;
        [number, number + 1].map(|i| self.cuts.get(i).copied().flatten())
    }

    /// The first step of a lane, of those from `from` on, that has one before it.
    fn second(&self, l: usize, from: usize) -> usize {
        if self.cuts(l)[0].is_some() { from } else { from.max(1) }
    }

    fn rows(&self, kept: bool) -> usize {
        if kept { self.lanes[0].len } else { self.block }
    }

    /// Marginals to `steps`, pairs to `pair_sums` (in log space) and `scratch.outer`; returns Σ log norms.
    pub(super) fn run(&self, steps: &mut dyn Steps, pair_sums: &mut [f64], s: &mut Scratch) -> Result<f64, ChainError> {
        let (k, kp, count) = (self.tables.k, padded(self.tables.k), self.lanes.len());
        let blocks = self.lanes[0].len.div_ceil(self.block);
        room(&mut s.alpha, count * (self.rows(self.kept[0]) + 1) * kp);
        room(&mut s.near, count * (self.block + 1) * kp);
        room(&mut s.norm, count * (self.rows(self.kept[0]) + 1));
        room(&mut s.weights, count * self.rows(self.kept[1]) * kp);
        room(&mut s.points, if self.kept[0] { 0 } else { count * blocks * kp });
        room(&mut s.w, count * self.block * kp);
        room(&mut s.marginals, count * self.block * k);
        room(&mut s.now, TOGETHER * kp);
        room(&mut s.next, TOGETHER * kp);
        room(&mut s.beta, TOGETHER * kp);

        let mut bad = [false; TOGETHER];
        let mut norms = [0.0; TOGETHER];
        // Sums of the last messages.
        let mut ends = [1.0; TOGETHER];
        for b in 0..blocks {
            let at = self.at(b);
            self.weights(&at, steps, s, &mut norms)?;
            fused!(A => self.forward::<A>(b, &at, s, &mut ends, &mut bad));
            for (l, norm) in norms[..self.active(at.from)].iter_mut().enumerate() {
                *norm -= self.logs_of_norms(l, &at, s);
            }
        }
        norms.iter_mut().zip(ends).for_each(|(norm, end)| *norm += ln(end));
        // Where a step of the way forward has lost its digits, nothing of the sequence is of use.
        let mut lost = bad;
        for l in (0..count).filter(|&l| bad[l]) {
            norms[l] = self.again(l, self.lanes[l].len, steps, pair_sums)?;
        }
        for b in (0..blocks).rev() {
            let at = self.at(b);
            let last = b + 1 == blocks;
            if !last && !self.kept[1] {
                self.weights(&at, steps, s, &mut [0.0; TOGETHER])?;
            }
            if !last && !self.kept[0] {
                let mut sums = self.restore(b, s);
                fused!(A => self.forward::<A>(b, &at, s, &mut sums, &mut [false; TOGETHER]));
            }
            let mut bad = [false; TOGETHER];
            fused!(A => self.backward::<A>(&at, &ends, s, &mut bad));
            for l in 0..self.active(at.from) {
                let Sequence { lo, len, .. } = self.lanes[l];
                let end = at.to.min(len);
                if lost[l] {
                    continue;
                }
                if bad[l] {
                    lost[l] = true;
                    norms[l] = self.again(l, end, steps, pair_sums)?;
                    continue;
                }
                fused!(A => self.pairs::<A>(l, &at, s));
                steps.take(lo + at.from..lo + end, &s.marginals[l * self.block * k..][..(end - at.from) * k]);
            }
        }
        Ok(norms[..count].iter().sum())
    }

    fn again(&self, l: usize, end: usize, steps: &mut dyn Steps, pair_sums: &mut [f64]) -> Result<f64, ChainError> {
        let Sequence { lo, len, .. } = self.lanes[l];
        if self.cuts(l).iter().any(Option::is_some) {
            return Err(ChainError::Cut);
        }
        in_logs(self.tables, self.index, (lo, lo + len, lo + end), steps, pair_sums)
    }

    /// Has the block's weights made; adds what they were scaled by, and the tables' largest potentials, to the lanes' norms.
    fn weights(&self, at: &At, steps: &mut dyn Steps, s: &mut Scratch, norms: &mut [f64; TOGETHER]) -> Result<(), ChainError> {
        let kp = padded(self.tables.k);
        for (l, &Sequence { lo, len, .. }) in self.lanes.iter().enumerate().take(self.active(at.from)) {
            let end = at.to.min(len);
            let to = (l * self.rows(self.kept[1]) + at.from - at.weights) * kp;
            norms[l] += steps.weights(lo + at.from..lo + end, &mut s.weights[to..][..(end - at.from) * kp])?;
            let into = self.second(l, at.from)..end;
            norms[l] += match self.index {
                None => into.len() as f64 * self.tables.top[0],
                Some(index) => into.map(|t| self.tables.top[index[lo + t] as usize]).sum(),
            };
        }
        Ok(())
    }

    /// Takes the message before a block from where it was put; returns the sums of the lanes' messages.
    fn restore(&self, b: usize, s: &mut Scratch) -> [f64; TOGETHER] {
        let kp = padded(self.tables.k);
        let blocks = self.lanes[0].len.div_ceil(self.block);
        let mut sums = [1.0; TOGETHER];
        for (l, sum) in sums[..self.lanes.len()].iter_mut().enumerate() {
            let point = &s.points[(l * blocks + b) * kp..][..kp];
            s.now[l * kp..][..kp].copy_from_slice(point);
            if b > 0 {
                *sum = reduce::sum_plain(point);
            }
        }
        sums
    }

    /// now ← now · table, for the lanes that have a step t.
    #[inline(always)]
    fn times<A: MulAdd>(&self, blocks: &[[f64; LANES]], t: usize, active: usize, x: &[f64], y: &mut [f64]) {
        let (k, kp) = (self.tables.k, padded(self.tables.k));
        match (self.index, active) {
            (None, 1) => product::times::<A, 1>(k, kp, x, blocks, y),
            (None, 2) => product::times::<A, 2>(k, kp, x, blocks, y),
            (None, 3) => product::times::<A, 3>(k, kp, x, blocks, y),
            (None, _) => product::times::<A, TOGETHER>(k, kp, x, blocks, y),
            (Some(index), _) => {
                let square = kp * kp / LANES;
                for (l, lane) in self.lanes[..active].iter().enumerate() {
                    let table = &blocks[index[lane.lo + t] as usize * square..][..square];
                    product::times::<A, 1>(k, kp, &x[l * kp..], table, &mut y[l * kp..]);
                }
            }
        }
    }

    /// One block forward: messages to `alpha`, what they were multiplied by to `norm`. `sums` are those of the messages before, and then of the last ones.
    #[inline(always)]
    fn forward<A: MulAdd>(&self, b: usize, at: &At, s: &mut Scratch, sums: &mut [f64; TOGETHER], bad: &mut [bool; TOGETHER]) {
        let kp = padded(self.tables.k);
        let (rows, weight_rows) = (self.rows(self.kept[0]) + 1, self.rows(self.kept[1]));
        let blocks = self.lanes[0].len.div_ceil(self.block);
        let Scratch { alpha, weights, norm, points, now, next, .. } = s;
        if !self.kept[0] && b > 0 {
            for l in 0..self.lanes.len() {
                let now = &now[l * kp..][..kp];
                points[(l * blocks + b) * kp..][..kp].copy_from_slice(now);
                alpha[l * rows * kp..][..kp].copy_from_slice(now);
            }
        }
        for t in at.from..at.to {
            let active = self.active(t);
            if t > 0 {
                self.times::<A>(&self.tables.ahead, t, active, now, next);
            } else {
                self.enter::<A>(alpha, now, next);
            }
            for l in 0..active {
                let row = l * rows + t - at.base + 1;
                let e = lanes_of(&weights[(l * weight_rows + t - at.weights) * kp..][..kp]);
                let y = lanes_of(&next[l * kp..][..kp]);
                let now = now[l * kp..][..kp].as_chunks_mut::<LANES>().0;
                let alpha = alpha[row * kp..][..kp].as_chunks_mut::<LANES>().0;
                let r = 1.0 / sums[l];
                let mut sum = [0.0; LANES];
                for (((y, e), now), alpha) in y.iter().zip(e).zip(now).zip(alpha) {
                    for i in 0..LANES {
                        let x = y[i] * (e[i] * r);
                        (now[i], alpha[i]) = (x, x);
                        sum[i] += x;
                    }
                }
                let c = reduce::fold(sum);
                bad[l] |= !(c > SAFE_SUM && c.is_finite());
                (sums[l], norm[row]) = (c, r);
            }
        }
    }

    /// What the lanes' first steps are told: by the message at a cut, or nothing.
    #[inline(always)]
    fn enter<A: MulAdd>(&self, alpha: &mut [f64], now: &mut [f64], next: &mut [f64]) {
        let (kp, rows) = (padded(self.tables.k), self.rows(self.kept[0]) + 1);
        for l in 0..self.lanes.len() {
            if let [Some(cut), _] = self.cuts(l) {
                now[l * kp..][..kp].copy_from_slice(&cut.ahead);
                alpha[l * rows * kp..][..kp].copy_from_slice(&cut.ahead);
            }
        }
        if self.cuts.is_empty() {
            next.fill(1.0);
            return;
        }
        self.times::<A>(&self.tables.ahead, 0, self.lanes.len(), now, next);
        for l in (0..self.lanes.len()).filter(|&l| self.cuts(l)[0].is_none()) {
            next[l * kp..][..kp].fill(1.0);
        }
    }

    /// Σ ln of the inverse scales of a lane's block.
    fn logs_of_norms(&self, l: usize, at: &At, s: &Scratch) -> f64 {
        let row = l * (self.rows(self.kept[0]) + 1) + at.from - at.base + 1;
        // A logarithm of as many factors at once as stay far from the ends of the range.
        let (mut total, mut product) = (0.0, 1.0);
        for &r in &s.norm[row..][..at.to.min(self.lanes[l].len) - at.from] {
            let more: f64 = product * r;
            if more > 1e-200 && more < 1e200 {
                product = more;
            } else {
                total += ln(product);
                product = r;
            }
        }
        total + ln(product)
    }

    /// One block back: marginals, and w_t for the pairs. `ends` are the sums of the lanes' last messages.
    #[inline(always)]
    fn backward<A: MulAdd>(&self, at: &At, ends: &[f64; TOGETHER], s: &mut Scratch, bad: &mut [bool; TOGETHER]) {
        let (k, kp) = (self.tables.k, padded(self.tables.k));
        let (rows, weight_rows) = (self.rows(self.kept[0]) + 1, self.rows(self.kept[1]));
        let Scratch { alpha, near, weights, norm, w, marginals, now, beta, .. } = s;
        let near_rows = self.block + 1;
        for (l, lane) in self.lanes.iter().enumerate().take(self.active(at.from)) {
            let (from, count) = ((l * rows + at.from - at.base) * kp, (at.to.min(lane.len) - at.from + 1) * kp);
            near[l * near_rows * kp..][..count].copy_from_slice(&alpha[from..from + count]);
        }
        let mut largest = [[0.0; LANES]; TOGETHER];
        for t in (at.from..at.to).rev() {
            let active = self.active(t);
            for l in 0..active {
                if self.lanes[l].len == t + 1 {
                    let beta = &mut beta[l * kp..][..kp];
                    beta.fill(1.0 / ends[l]);
                    if let [_, Some(cut)] = self.cuts(l) {
                        let a = &near[(l * near_rows + t - at.from + 1) * kp..][..kp];
                        let meet = reduce::dot_plain(a, &cut.back);
                        // What past and future have in common must be far more than the little that either side of a cut leaves out.
                        bad[l] |= meet.is_nan() || meet < ends[l] * IN_COMMON;
                        beta.iter_mut().zip(&cut.back).for_each(|(b, x)| *b = x / meet);
                    }
                }
                let place = l * self.block + t - at.from;
                let b = lanes_of(&beta[l * kp..][..kp]);
                let a = lanes_of(&near[(l * near_rows + t - at.from + 1) * kp..][..kp]);
                let e = lanes_of(&weights[(l * weight_rows + t - at.weights) * kp..][..kp]);
                let now = now[l * kp..][..kp].as_chunks_mut::<LANES>().0;
                let w = w[place * kp..][..kp].as_chunks_mut::<LANES>().0;
                let m = &mut marginals[place * k..][..k];
                let mut meet = [0.0; LANES];
                for (a, b) in a.iter().zip(b) {
                    for i in 0..LANES {
                        meet[i] = A::mul_add(a[i], b[i], meet[i]);
                    }
                }
                let meet = reduce::fold(meet);
                bad[l] |= apart(meet);
                // Its inverse, to the last digit where it is as near to 1 as it must be.
                let r = 2.0 - meet;
                let scale = r * norm[l * rows + t - at.base + 1];
                for ((((c, a), b), e), (now, w)) in a.iter().enumerate().zip(b).zip(e).zip(now.iter_mut().zip(w)) {
                    let mut product = [0.0; LANES];
                    for i in 0..LANES {
                        let wanted = b[i] * scale;
                        // A potential that underflowed to 0 may be wanted by a future that is this large.
                        largest[l][i] = if wanted > largest[l][i] { wanted } else { largest[l][i] };
                        let x = e[i] * wanted;
                        (now[i], w[i]) = (x, x);
                        let raised = (a[i] * RAISED) * b[i];
                        product[i] = (if raised > NOTHING { raised } else { 0.0 }) * (r * NOTHING);
                    }
                    match m.get_mut(c * LANES..(c + 1) * LANES) {
                        Some(m) => m.copy_from_slice(&product),
                        None => m[c * LANES..].iter_mut().zip(product).for_each(|(m, x)| *m = x),
                    }
                }
            }
            if t > 0 || !self.cuts.is_empty() {
                self.times::<A>(&self.tables.back, t, active, now, beta);
            }
        }
        // The message that follows is at most K times as large as what this step wanted.
        for (bad, largest) in bad.iter_mut().zip(largest) {
            *bad |= reduce::max_plain(&largest) * kp as f64 > LARGEST;
        }
        // The pairs into the block's first step ask for the step before.
        for (l, bad) in bad.iter_mut().enumerate().take(self.active(at.from)) {
            if self.second(l, at.from) == at.from {
                let (a, b) = (&near[l * near_rows * kp..][..kp], &beta[l * kp..][..kp]);
                *bad |= apart(reduce::dot_plain(a, b));
            }
        }
    }

    /// Adds the block's pairs of one lane.
    #[inline(always)]
    fn pairs<A: MulAdd>(&self, l: usize, at: &At, s: &mut Scratch) {
        let (k, kp) = (self.tables.k, padded(self.tables.k));
        let Sequence { lo, len, .. } = self.lanes[l];
        let into: Range<usize> = self.second(l, at.from)..at.to.min(len);
        let row = l * (self.block + 1) + into.start - at.from;
        let a = &s.near[row * kp..][..into.len() * kp];
        let w = &s.w[(l * self.block + into.start - at.from) * kp..][..into.len() * kp];
        match self.index {
            None => product::outer::<A>(k, kp, a, w, &mut s.outer),
            Some(index) => {
                for (t, (a, w)) in into.zip(a.chunks_exact(kp).zip(w.chunks_exact(kp))) {
                    let m = index[lo + t] as usize;
                    product::outer_one::<A>(k, kp, a, w, &mut s.outer[m * kp * kp..][..kp * kp]);
                }
            }
        }
    }
}

#[inline(always)]
fn lanes_of(row: &[f64]) -> &[[f64; LANES]] {
    row.as_chunks::<LANES>().0
}

fn ln(x: f64) -> f64 {
    let mut one = [x];
    special::ln_slice(&mut one);
    one[0]
}

/// Is the product of a step's messages, scaled, not 1? NaN is not, either.
#[inline(always)]
fn apart(meet: f64) -> bool {
    let off = (meet - 1.0).abs();
    off.is_nan() || off >= TOLERANCE
}
