//! The way back: marginals of a block's steps, and the sums of their pairs.

use super::group::{At, Group, Scratch, of_lanes};
use crate::{
    block::forward_backward::{
        advance::{Behind, Step},
        cut::IN_COMMON,
        layout::{Sequence, TOGETHER},
        padding::{LANES, padded},
        product,
        zeros::TOLERANCE,
    },
    num::reduce,
};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// What a zero may stand for, at most 10⁻³⁰⁸, times this is nothing.
const LARGEST: f64 = 1e290;

/// A block back, compiled for each kind of vectors.
pub(super) struct Backward<'a> {
    pub group: &'a Group<'a>,
    pub at: &'a At,
    pub ends: &'a [f64; TOGETHER],
    pub s: &'a mut Scratch,
    pub behind: &'a mut [Behind; TOGETHER],
    pub bad: &'a mut [bool; TOGETHER],
}

impl WithSimd for Backward<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.group.backward(simd, self.at, self.ends, self.s, self.behind, self.bad);
    }
}

/// The pairs of a block and a lane.
pub(super) struct Pairs<'a> {
    pub group: &'a Group<'a>,
    pub l: usize,
    pub at: &'a At,
    pub s: &'a mut Scratch,
}

impl WithSimd for Pairs<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.group.pairs(simd, self.l, self.at, self.s);
    }
}

impl Group<'_> {
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
                        self.end(
                            l,
                            ends[l],
                            &s.alpha[first + (t - at.from) * stride + l * kp..][..kp],
                            &mut s.beta[l * kp..][..kp],
                            bad,
                        );
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
            // The message that follows is at most K times as large as what this step wanted.
            *bad |= reduce::max_plain(&behind[l].largest) * kp as f64 > LARGEST;
            // The pairs into the block's first step ask for the step before.
            if self.second(l, at.from) == at.from {
                let beta = &mut s.beta[l * kp..][..kp];
                product::times::<S, 1>(
                    simd,
                    k,
                    &s.w[l * kp..],
                    self.tables_of(&self.tables.back, l).at(at.from),
                    beta,
                );
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
            (Some(_), _) => {
                (0..count).for_each(|l| self.back::<S, 1>(simd, l, false, steps.clone(), at, s, behind, bad))
            }
        }
    }

    /// What is wanted of a lane's last step, whose message is `alpha` and sums to `sum`.
    fn end(&self, l: usize, sum: f64, alpha: &[f64], beta: &mut [f64], bad: &mut [bool; TOGETHER]) {
        match self.cuts(l) {
            [_, Some(cut)] => {
                let meet = reduce::dot_plain(alpha, &cut.back);
                // What past and future have in common must be far more than the little that either side of a
                // cut leaves out.
                bad[l] |= meet.is_nan() || meet < sum * IN_COMMON;
                beta.iter_mut().zip(&cut.back).for_each(|(b, x)| *b = x / meet);
            }
            _ => beta.fill(1.0 / sum),
        }
    }

    /// Steps back of R lanes from lane `l` on. `given`: β_t of the last of them stands in `beta`, and there
    /// are no more.
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
        let mut marginals: [_; R] = std::array::from_fn(|_| {
            each.next().unwrap_or_default()[first * k..(first + n) * k].chunks_exact_mut(k)
        });
        let mut norms = norm[(steps.start - at.base + 1) * count..][..n * count].chunks_exact(count);
        let mut alphas = alpha[(steps.start - at.base + 1) * stride..][..n * stride].chunks_exact(stride);
        let tables = self.tables_of(&self.tables.back, l);
        let (mut known, mut lost): ([Behind; R], [bool; R]) = (of_lanes(behind, l), of_lanes(bad, l));
        let (mut rest, mut later) = w[first * stride..][..(n + 1) * stride].split_at_mut(n * stride);
        for t in steps.rev() {
            let (earlier, now) = rest.split_at_mut(rest.len() - stride);
            let beta = &mut beta[l * kp..];
            if !given {
                product::times::<S, R>(simd, k, &later[l * kp..], tables.at(t + 1), beta);
            }
            let (alpha, norm) =
                (alphas.next_back().unwrap_or_default(), norms.next_back().unwrap_or_default());
            for r in 0..R {
                let step = Step {
                    alpha: &alpha[(l + r) * kp..][..kp],
                    beta: &beta[r * kp..][..kp],
                    weights: weights[r].next_back().unwrap_or_default(),
                    norm: norm[l + r],
                };
                step.back(
                    simd,
                    &mut now[(l + r) * kp..][..kp],
                    marginals[r].next_back().unwrap_or_default(),
                    &mut known[r],
                );
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

/// Is the product of a step's messages, scaled, not 1? NaN is not, either.
#[inline(always)]
fn apart(meet: f64) -> bool {
    let off = (meet - 1.0).abs();
    off.is_nan() || off >= TOLERANCE
}
