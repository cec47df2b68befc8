//! A few sequences that advance side by side, a block of steps at a time: forward, then back. Not here: which
//! sequences (`run`), how many and what is kept (`layout`), nor the products.
//!
//! Going forward, α_t = b_t ∘ (α_{t−1} A) / c_{t−1} with c_t the sum of α_t: what is divided by is known a
//! step ahead, so that no step waits for its own sum. Going back, β_t is scaled so that α_t · β_t is 1: the
//! marginals are their product, and with w_t = b_t ∘ β_t / c_{t−1} the message before is A w_t and the pairs
//! into t are A ∘ (α_{t−1} ⊗ w_t), summed by blocks as a product of matrices. Where that 1 is not met,
//! underflow has eaten digits, and the steps from there on back are done in log space.
//!
//! Messages of sequences side by side stand together, step by step; what `Steps` gives and is told stands
//! sequence by sequence. Products with one table are made for all sequences that have the step (`advance`).

mod ahead;
mod back;
mod group;

pub(super) use group::Group;
pub use group::Scratch;

use super::{
    advance::Behind,
    error::ChainError,
    layout::{Sequence, TOGETHER},
    logs::in_logs,
    padding::padded,
    steps::WeightedSteps,
};
use crate::num::reduce;
use ahead::Forward;
use back::{Backward, Pairs};
use group::{At, ln, room};

impl Group<'_> {
    /// Marginals to `steps`, pairs to `pair_sums` (in log space) and `scratch.outer`; returns Σ log norms.
    pub(super) fn run(
        &self,
        steps: &mut dyn WeightedSteps,
        pair_sums: &mut [f64],
        s: &mut Scratch,
    ) -> Result<f64, ChainError> {
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
                self.vectors(Forward {
                    group: self,
                    b,
                    at: &at,
                    s,
                    sums: &mut sums,
                    bad: &mut [false; TOGETHER],
                });
            }
            let mut bad = [false; TOGETHER];
            self.vectors(Backward {
                group: self,
                at: &at,
                ends: &ends,
                s,
                behind: &mut behind,
                bad: &mut bad,
            });
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

    fn again(
        &self,
        l: usize,
        end: usize,
        steps: &mut dyn WeightedSteps,
        pair_sums: &mut [f64],
    ) -> Result<f64, ChainError> {
        let Sequence { lo, len, .. } = self.lanes[l];
        if self.cuts(l).iter().any(Option::is_some) {
            return Err(ChainError::Cut);
        }
        in_logs(self.tables, self.index, (lo, lo + len, lo + end), steps, pair_sums)
    }

    /// Has the block's weights made; adds what they were scaled by, and the tables' largest potentials, to
    /// the lanes' norms.
    fn weights(
        &self,
        at: &At,
        steps: &mut dyn WeightedSteps,
        s: &mut Scratch,
        norms: &mut [f64; TOGETHER],
    ) -> Result<(), ChainError> {
        let kp = padded(self.tables.k);
        for (l, &Sequence { lo, len, .. }) in self.lanes.iter().enumerate().take(self.active(at.from)) {
            let end = at.to.min(len);
            let to = (l * self.rows(self.kept[1]) + at.from - at.weights) * kp;
            norms[l] +=
                steps.weights(lo + at.from..lo + end, &mut s.weights[to..][..(end - at.from) * kp])?;
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
}
