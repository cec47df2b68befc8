//! The way forward: messages of a block's steps.

use super::group::{At, Group, Scratch, ln, of_lanes};
use crate::block::forward_backward::{advance, layout::TOGETHER, padding::padded, product, zeros::SAFE_SUM};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// A block forward, compiled for each kind of vectors.
pub(super) struct Forward<'a> {
    pub group: &'a Group<'a>,
    pub b: usize,
    pub at: &'a At,
    pub s: &'a mut Scratch,
    pub sums: &'a mut [f64; TOGETHER],
    pub bad: &'a mut [bool; TOGETHER],
}

impl WithSimd for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.group.forward(simd, self.b, self.at, self.s, self.sums, self.bad);
    }
}

impl Group<'_> {
    /// One block forward: messages to `alpha`, what they were multiplied by to `norm`. `sums` are those of
    /// the messages before, and then of the last ones.
    #[inline(always)]
    fn forward<S: Simd>(
        &self,
        simd: S,
        b: usize,
        at: &At,
        s: &mut Scratch,
        sums: &mut [f64; TOGETHER],
        bad: &mut [bool; TOGETHER],
    ) {
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
                (Some(_), _) => {
                    (0..active).for_each(|l| self.ahead::<S, 1>(simd, l, t..end, at, s, sums, bad))
                }
            }
            t = end;
        }
        if !self.kept[0] {
            s.now[..stride].copy_from_slice(&s.alpha[(at.to - at.from) * stride..][..stride]);
        }
    }

    /// First steps: told by the message at a cut, or nothing.
    #[inline(always)]
    fn enter<S: Simd>(
        &self,
        simd: S,
        at: &At,
        s: &mut Scratch,
        sums: &mut [f64; TOGETHER],
        bad: &mut [bool; TOGETHER],
    ) {
        let (kp, stride) = (padded(self.tables.k), self.stride());
        for l in 0..self.lanes.len() {
            sums[l] = 1.0;
            if let [Some(cut), _] = self.cuts(l) {
                s.alpha[l * kp..][..kp].copy_from_slice(&cut.ahead);
                self.ahead::<S, 1>(simd, l, 0..1, at, s, sums, bad);
            } else {
                let weights = &s.weights[l * self.rows(self.kept[1]) * kp..][..kp];
                s.next[..kp].fill(1.0);
                sums[l] =
                    advance::ahead(simd, &s.next[..kp], weights, 1.0, &mut s.alpha[stride + l * kp..][..kp]);
                s.norm[self.lanes.len() + l] = 1.0;
                bad[l] |= unsafe_sum(sums[l]);
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
            product::times::<S, R>(simd, k, &past[l * kp..], tables.at(t), next);
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

    /// Σ ln of the inverse scales of a lane's block.
    pub(super) fn logs_of_norms(&self, l: usize, at: &At, s: &Scratch) -> f64 {
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
}

/// May a message with this sum have lost digits?
#[inline(always)]
fn unsafe_sum(sum: f64) -> bool {
    !(sum > SAFE_SUM && sum.is_finite())
}
