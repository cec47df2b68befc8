//! A few sequences that advance side by side, a block of steps at a time: forward, then back. Not here: which sequences (`run`), nor the products.
//!
//! Going forward, α_t = b_t ∘ (α_{t−1} A) / c_{t−1} with c_t the sum of α_t: what is divided by is known a step ahead, so that no step waits for its own sum.
//! Going back, β_t is scaled so that α_t · β_t is 1: the marginals are their product, and with w_t = b_t ∘ β_t / c_{t−1} the message before is A w_t and the
//! pairs into t are A ∘ (α_{t−1} ⊗ w_t), summed by blocks as a product of matrices. Where that 1 is not met, underflow has eaten digits, and the steps from
//! there on back are done in log space.
//!
//! Messages of sequences side by side stand together, step by step; what `Steps` gives and is told stands sequence by sequence. Products with one table are
//! made for all sequences that have the step (`advance`).

use super::{
    ChainError, Cut, LANES, PairTables, SAFE_SUM, TOLERANCE,
    advance::{self, Behind, Step},
    cut::IN_COMMON,
    in_logs, padded, product,
    steps::Steps,
};
use crate::num::{reduce, special};
use pulp::{Simd, WithSimd};
use std::{ops::Range, slice::ChunksExact};

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
    /// Rows of all lanes: the messages before the first step of the block, or of all, and then of each step.
    alpha: Vec<f64>,
    /// Lane by lane.
    weights: Vec<f64>,
    /// 1 / c_{t−1} of all lanes, for the steps of `alpha`'s rows.
    norm: Vec<f64>,
    /// The messages before each block.
    points: Vec<f64>,
    /// The block's w_t of all lanes.
    w: Vec<f64>,
    /// The block's, lane by lane.
    marginals: Vec<f64>,
    /// All lanes' messages at a block's end, their products with a table, and what is wanted of the step before a block that was done.
    now: Vec<f64>,
    next: Vec<f64>,
    beta: Vec<f64>,
    /// M×kp×kp sums of outer products, over all groups.
    pub(super) outer: Vec<f64>,
}

/// What a zero may stand for, at most 10⁻³⁰⁸, times this is nothing.
const LARGEST: f64 = 1e290;

/// How long blocks are, and what is kept of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Steps in a block.
    pub block: usize,
    /// Numbers kept of a group, at most.
    pub kept: usize,
    /// Sequences in a group, at most.
    pub together: usize,
    /// Without the machine's vectors: to compare.
    pub portable: bool,
}

impl Layout {
    pub(super) fn new(k: usize) -> Self {
        Self { block: (BLOCK / padded(k)).clamp(8, 512), kept: KEPT, together: TOGETHER, portable: false }
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
    pub portable: bool,
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

    /// Runs a kernel in the machine's vectors, or in none.
    fn vectors(&self, kernel: impl WithSimd<Output = ()>) {
        if self.portable { kernel.with_simd(pulp::Scalar::new()) } else { pulp::Arch::new().dispatch(kernel) }
    }

    /// Numbers of all lanes' messages of one step.
    fn stride(&self) -> usize {
        self.lanes.len() * padded(self.tables.k)
    }

    fn rows(&self, kept: bool) -> usize {
        if kept { self.lanes[0].len } else { self.block }
    }

    /// Marginals to `steps`, pairs to `pair_sums` (in log space) and `scratch.outer`; returns Σ log norms.
    pub(super) fn run(&self, steps: &mut dyn Steps, pair_sums: &mut [f64], s: &mut Scratch) -> Result<f64, ChainError> {
        let (k, kp, count) = (self.tables.k, padded(self.tables.k), self.lanes.len());
        let blocks = self.lanes[0].len.div_ceil(self.block);
        let stride = self.stride();
        // A row more, so that all rows of a lane have a whole stride behind their start.
        room(&mut s.alpha, (self.rows(self.kept[0]) + 2) * stride);
        room(&mut s.norm, (self.rows(self.kept[0]) + 1) * count);
        room(&mut s.weights, count * self.rows(self.kept[1]) * kp);
        room(&mut s.points, if self.kept[0] { 0 } else { blocks * stride });
        room(&mut s.w, (self.block + 1) * stride);
        room(&mut s.marginals, count * self.block * k);
        room(&mut s.now, stride);
        room(&mut s.next, stride);
        room(&mut s.beta, stride);

        let mut bad = [false; TOGETHER];
        let mut norms = [0.0; TOGETHER];
        // Sums of the last messages.
        let mut sums = [1.0; TOGETHER];
        for b in 0..blocks {
            let at = self.at(b);
            self.weights(&at, steps, s, &mut norms)?;
            self.vectors(Forward { group: self, b, at: &at, s, sums: &mut sums, bad: &mut bad });
            for (l, norm) in norms[..self.active(at.from)].iter_mut().enumerate() {
                *norm -= self.logs_of_norms(l, &at, s);
            }
        }
        let ends = sums;
        norms.iter_mut().zip(ends).for_each(|(norm, end)| *norm += ln(end));
        // Where a step of the way forward has lost its digits, nothing of the sequence is of use.
        let mut lost = bad;
        for l in (0..count).filter(|&l| bad[l]) {
            norms[l] = self.again(l, self.lanes[l].len, steps, pair_sums)?;
        }
        let mut behind = [Behind::new(); TOGETHER];
        for b in (0..blocks).rev() {
            let at = self.at(b);
            let last = b + 1 == blocks;
            if !last && !self.kept[1] {
                self.weights(&at, steps, s, &mut [0.0; TOGETHER])?;
            }
            if !last && !self.kept[0] {
                let mut sums = self.restore(b, s);
                self.vectors(Forward { group: self, b, at: &at, s, sums: &mut sums, bad: &mut [false; TOGETHER] });
            }
            let mut bad = [false; TOGETHER];
            self.vectors(Backward { group: self, at: &at, ends: &ends, s, behind: &mut behind, bad: &mut bad });
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
                self.vectors(Pairs { group: self, l, at: &at, s });
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

    /// Takes the messages before a block from where they were put; returns their sums.
    fn restore(&self, b: usize, s: &mut Scratch) -> [f64; TOGETHER] {
        let (kp, stride) = (padded(self.tables.k), self.stride());
        let mut sums = [1.0; TOGETHER];
        if b > 0 {
            s.now[..stride].copy_from_slice(&s.points[b * stride..][..stride]);
            for (sum, row) in sums.iter_mut().zip(s.now[..stride].chunks_exact(kp)) {
                *sum = reduce::sum_plain(row);
            }
        }
        sums
    }

    /// One block forward: messages to `alpha`, what they were multiplied by to `norm`. `sums` are those of the messages before, and then of the last ones.
    #[inline(always)]
    fn forward<S: Simd>(&self, simd: S, b: usize, at: &At, s: &mut Scratch, sums: &mut [f64; TOGETHER], bad: &mut [bool; TOGETHER]) {
        let stride = self.stride();
        if !self.kept[0] && b > 0 {
            s.points[b * stride..][..stride].copy_from_slice(&s.now[..stride]);
            s.alpha[..stride].copy_from_slice(&s.now[..stride]);
        }
        let mut t = at.from;
        if t == 0 {
            self.enter(simd, at, s, sums, bad);
            t = 1;
        }
        while t < at.to {
            let active = self.active(t);
            let end = self.lanes[active - 1].len.min(at.to);
            match (self.index, active) {
                (None, 1) => self.ahead::<S, 1>(simd, 0, t..end, at, s, sums, bad),
                (None, 2) => self.ahead::<S, 2>(simd, 0, t..end, at, s, sums, bad),
                (None, 3) => self.ahead::<S, 3>(simd, 0, t..end, at, s, sums, bad),
                (None, _) => self.ahead::<S, TOGETHER>(simd, 0, t..end, at, s, sums, bad),
                (Some(_), _) => (0..active).for_each(|l| self.ahead::<S, 1>(simd, l, t..end, at, s, sums, bad)),
            }
            t = end;
        }
        for (bad, sum) in bad.iter_mut().zip(*sums).take(self.active(at.from)) {
            *bad |= unsafe_sum(sum);
        }
        if !self.kept[0] {
            s.now[..stride].copy_from_slice(&s.alpha[(at.to - at.from) * stride..][..stride]);
        }
    }

    /// First steps: told by the message at a cut, or nothing.
    #[inline(always)]
    fn enter<S: Simd>(&self, simd: S, at: &At, s: &mut Scratch, sums: &mut [f64; TOGETHER], bad: &mut [bool; TOGETHER]) {
        let (kp, stride) = (padded(self.tables.k), self.stride());
        for l in 0..self.lanes.len() {
            sums[l] = 1.0;
            if let [Some(cut), _] = self.cuts(l) {
                s.alpha[l * kp..][..kp].copy_from_slice(&cut.ahead);
                self.ahead::<S, 1>(simd, l, 0..1, at, s, sums, bad);
            } else {
                let weights = &s.weights[l * self.rows(self.kept[1]) * kp..][..kp];
                s.next[..kp].fill(1.0);
                sums[l] = advance::ahead(simd, &s.next[..kp], weights, 1.0, &mut s.alpha[stride + l * kp..][..kp]);
                s.norm[self.lanes.len() + l] = 1.0;
            }
        }
    }

    /// Steps forward of R lanes from lane `l` on.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what all lanes share, and what each has")]
    fn ahead<S: Simd, const R: usize>(
        &self,
        simd: S,
        l: usize,
        steps: Range<usize>,
        at: &At,
        s: &mut Scratch,
        sums: &mut [f64; TOGETHER],
        bad: &mut [bool; TOGETHER],
    ) {
        let (k, kp, stride, count) = (self.tables.k, padded(self.tables.k), self.stride(), self.lanes.len());
        let Scratch { alpha, weights, norm, next, .. } = s;
        let row = steps.start - at.base;
        let mut weights: [_; R] = self.weight_rows(l, &steps, at, weights);
        let mut norms = norm[(row + 1) * count..].chunks_exact_mut(count);
        let tables = self.tables_of(&self.tables.ahead, l);
        let (mut sum, mut lost): ([f64; R], [bool; R]) = (of_lanes(sums, l), of_lanes(bad, l));
        let (mut past, mut rest) = alpha[row * stride..].split_at_mut(stride);
        for t in steps {
            let (now, later) = rest.split_at_mut(stride);
            product::times::<S, R>(simd, k, &past[l * kp..], tables.into(t), next);
            let norm = norms.next().unwrap_or_default();
            for r in 0..R {
                let inverse = 1.0 / sum[r];
                norm[l + r] = inverse;
                let (y, now) = (&next[r * kp..][..kp], &mut now[(l + r) * kp..][..kp]);
                sum[r] = advance::ahead(simd, y, weights[r].next().unwrap_or_default(), inverse, now);
                lost[r] |= unsafe_sum(sum[r]);
            }
            (past, rest) = (now, later);
        }
        sums[l..l + R].copy_from_slice(&sum);
        bad[l..l + R].copy_from_slice(&lost);
    }

    /// The weights of some steps of R lanes from lane `l` on, row by row.
    fn weight_rows<'w, const R: usize>(&self, l: usize, steps: &Range<usize>, at: &At, weights: &'w [f64]) -> [ChunksExact<'w, f64>; R] {
        let (kp, rows) = (padded(self.tables.k), self.rows(self.kept[1]));
        std::array::from_fn(|r| weights[((l + r) * rows + steps.start - at.weights) * kp..][..steps.len() * kp].chunks_exact(kp))
    }

    /// The pair tables that lead into the steps of a lane.
    fn tables_of<'t>(&'t self, blocks: &'t [[f64; LANES]], l: usize) -> TablesInto<'t> {
        let square = padded(self.tables.k).pow(2) / LANES;
        TablesInto { blocks, square, first: &blocks[..square], index: self.index.map(|index| &index[self.lanes[l].lo..]) }
    }

    /// Σ ln of the inverse scales of a lane's block.
    fn logs_of_norms(&self, l: usize, at: &At, s: &Scratch) -> f64 {
        let count = self.lanes.len();
        let norms = s.norm[(at.from - at.base + 1) * count + l..].iter().step_by(count);
        // A logarithm of as many factors at once as stay far from the ends of the range.
        let (mut total, mut product) = (0.0, 1.0);
        for &r in norms.take(at.to.min(self.lanes[l].len) - at.from) {
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
    fn backward<S: Simd>(
        &self,
        simd: S,
        at: &At,
        ends: &[f64; TOGETHER],
        s: &mut Scratch,
        behind: &mut [Behind; TOGETHER],
        bad: &mut [bool; TOGETHER],
    ) {
        let (k, kp, stride) = (self.tables.k, padded(self.tables.k), self.stride());
        let first = (at.from - at.base) * stride;
        behind.iter_mut().for_each(|b| b.largest = [0.0; LANES]);
        // Lanes on their way, and the step that they have come to.
        let (mut active, mut t) = (0, at.to);
        while t > at.from {
            let now = self.active(t - 1);
            if now > active {
                self.back_together(simd, active, t - 1..t, at, s, behind, bad);
                for l in active..now {
                    if self.lanes[l].len == t {
                        behind[l] = Behind::new();
                        self.end(l, ends[l], &s.alpha[first + (t - at.from) * stride + l * kp..][..kp], &mut s.beta[l * kp..][..kp], bad);
                    }
                    self.back::<S, 1>(simd, l, true, t - 1..t, at, s, behind, bad);
                }
                (active, t) = (now, t - 1);
                continue;
            }
            // Down to where the next lane comes in.
            let begin = self.lanes.get(active).map_or(0, |lane| lane.len).max(at.from);
            self.back_together(simd, active, begin..t, at, s, behind, bad);
            t = begin;
        }
        for (l, bad) in bad.iter_mut().enumerate().take(self.active(at.from)) {
            *bad |= apart(behind[l].meet);
            // The message that follows is at most K times as large as what this step wanted.
            *bad |= reduce::max_plain(&behind[l].largest) * kp as f64 > LARGEST;
            // The pairs into the block's first step ask for the step before.
            if self.second(l, at.from) == at.from {
                let beta = &mut s.beta[l * kp..][..kp];
                product::times::<S, 1>(simd, k, &s.w[l * kp..], self.tables_of(&self.tables.back, l).into(at.from), beta);
                *bad |= apart(reduce::dot_plain(&s.alpha[first + l * kp..][..kp], beta));
            }
        }
    }

    /// Steps back of the first few lanes.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what all lanes share, and what each has")]
    fn back_together<S: Simd>(
        &self,
        simd: S,
        count: usize,
        steps: Range<usize>,
        at: &At,
        s: &mut Scratch,
        behind: &mut [Behind; TOGETHER],
        bad: &mut [bool; TOGETHER],
    ) {
        match (self.index, count) {
            (_, 0) => {}
            (None, 1) => self.back::<S, 1>(simd, 0, false, steps, at, s, behind, bad),
            (None, 2) => self.back::<S, 2>(simd, 0, false, steps, at, s, behind, bad),
            (None, 3) => self.back::<S, 3>(simd, 0, false, steps, at, s, behind, bad),
            (None, _) => self.back::<S, TOGETHER>(simd, 0, false, steps, at, s, behind, bad),
            (Some(_), _) => (0..count).for_each(|l| self.back::<S, 1>(simd, l, false, steps.clone(), at, s, behind, bad)),
        }
    }

    /// What is wanted of a lane's last step, whose message is `alpha` and sums to `sum`.
    fn end(&self, l: usize, sum: f64, alpha: &[f64], beta: &mut [f64], bad: &mut [bool; TOGETHER]) {
        match self.cuts(l) {
            [_, Some(cut)] => {
                let meet = reduce::dot_plain(alpha, &cut.back);
                // What past and future have in common must be far more than the little that either side of a cut leaves out.
                bad[l] |= meet.is_nan() || meet < sum * IN_COMMON;
                beta.iter_mut().zip(&cut.back).for_each(|(b, x)| *b = x / meet);
            }
            _ => beta.fill(1.0 / sum),
        }
    }

    /// Steps back of R lanes from lane `l` on. `given`: β_t of the last of them stands in `beta`, and there are no more.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what all lanes share, and what each has")]
    fn back<S: Simd, const R: usize>(
        &self,
        simd: S,
        l: usize,
        given: bool,
        steps: Range<usize>,
        at: &At,
        s: &mut Scratch,
        behind: &mut [Behind; TOGETHER],
        bad: &mut [bool; TOGETHER],
    ) {
        let (k, kp, stride, count) = (self.tables.k, padded(self.tables.k), self.stride(), self.lanes.len());
        let Scratch { alpha, weights, norm, w, marginals, beta, .. } = s;
        let (first, n) = (steps.start - at.from, steps.len());
        let mut weights: [_; R] = self.weight_rows(l, &steps, at, weights);
        let mut each = marginals.chunks_exact_mut(self.block * k).skip(l);
        let mut marginals: [_; R] =
            std::array::from_fn(|_| each.next().unwrap_or_default()[first * k..(first + n) * k].chunks_exact_mut(k));
        let mut norms = norm[(steps.start - at.base + 1) * count..][..n * count].chunks_exact(count);
        let mut alphas = alpha[(steps.start - at.base + 1) * stride..][..n * stride].chunks_exact(stride);
        let tables = self.tables_of(&self.tables.back, l);
        let (mut known, mut lost): ([Behind; R], [bool; R]) = (of_lanes(behind, l), of_lanes(bad, l));
        let (mut rest, mut later) = w[first * stride..][..(n + 1) * stride].split_at_mut(n * stride);
        for t in steps.rev() {
            let (earlier, now) = rest.split_at_mut(rest.len() - stride);
            let beta = &mut beta[l * kp..];
            if !given {
                product::times::<S, R>(simd, k, &later[l * kp..], tables.into(t + 1), beta);
            }
            let (alpha, norm) = (alphas.next_back().unwrap_or_default(), norms.next_back().unwrap_or_default());
            for r in 0..R {
                let step = Step {
                    alpha: &alpha[(l + r) * kp..][..kp],
                    beta: &beta[r * kp..][..kp],
                    weights: weights[r].next_back().unwrap_or_default(),
                    norm: norm[l + r],
                };
                step.back(simd, &mut now[(l + r) * kp..][..kp], marginals[r].next_back().unwrap_or_default(), &mut known[r]);
                lost[r] |= apart(known[r].meet);
            }
            (rest, later) = (earlier, now);
        }
        behind[l..l + R].copy_from_slice(&known);
        bad[l..l + R].copy_from_slice(&lost);
    }

    /// Adds the block's pairs of one lane.
    #[inline(always)]
    fn pairs<S: Simd>(&self, simd: S, l: usize, at: &At, s: &mut Scratch) {
        let (k, kp, stride) = (self.tables.k, padded(self.tables.k), self.stride());
        let Sequence { lo, len, .. } = self.lanes[l];
        let into: Range<usize> = self.second(l, at.from)..at.to.min(len);
        let first = (into.start - at.from) * stride + l * kp;
        let (a, w) = (&s.alpha[(at.from - at.base) * stride + first..], &s.w[first..]);
        match self.index {
            None => product::outer(simd, k, into.len(), stride, a, w, &mut s.outer),
            Some(index) => {
                for (t, (a, w)) in into.zip(a.chunks(stride).zip(w.chunks(stride))) {
                    let m = index[lo + t] as usize;
                    product::outer_one(simd, k, &a[..kp], &w[..kp], &mut s.outer[m * kp * kp..][..kp * kp]);
                }
            }
        }
    }
}

/// Pair tables of a lane by step.
#[derive(Clone, Copy)]
struct TablesInto<'t> {
    blocks: &'t [[f64; LANES]],
    square: usize,
    first: &'t [[f64; LANES]],
    index: Option<&'t [u32]>,
}

impl<'t> TablesInto<'t> {
    #[inline(always)]
    fn into(self, t: usize) -> &'t [[f64; LANES]] {
        match self.index {
            None => self.first,
            Some(index) => &self.blocks[index[t] as usize * self.square..][..self.square],
        }
    }
}

/// Those of R lanes from lane `l` on.
fn of_lanes<T: Copy, const R: usize>(all: &[T; TOGETHER], l: usize) -> [T; R] {
    std::array::from_fn(|r| all[l + r])
}

/// What is compiled for each kind of vectors.
struct Forward<'a> {
    group: &'a Group<'a>,
    b: usize,
    at: &'a At,
    s: &'a mut Scratch,
    sums: &'a mut [f64; TOGETHER],
    bad: &'a mut [bool; TOGETHER],
}

impl WithSimd for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.group.forward(simd, self.b, self.at, self.s, self.sums, self.bad);
    }
}

struct Backward<'a> {
    group: &'a Group<'a>,
    at: &'a At,
    ends: &'a [f64; TOGETHER],
    s: &'a mut Scratch,
    behind: &'a mut [Behind; TOGETHER],
    bad: &'a mut [bool; TOGETHER],
}

impl WithSimd for Backward<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.group.backward(simd, self.at, self.ends, self.s, self.behind, self.bad);
    }
}

struct Pairs<'a> {
    group: &'a Group<'a>,
    l: usize,
    at: &'a At,
    s: &'a mut Scratch,
}

impl WithSimd for Pairs<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.group.pairs(simd, self.l, self.at, self.s);
    }
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

/// May a message with this sum have lost digits?
#[inline(always)]
fn unsafe_sum(sum: f64) -> bool {
    !(sum > SAFE_SUM && sum.is_finite())
}
