//! What a step does to its numbers beside the product with the pair table: one row each of a few arrays, read
//! and written once. Not here: products (`product`), which steps (`lanes`).

use super::padding::LANES;
use crate::num::{eight::Eight, reduce::fold};
use pulp::Simd;

/// Products of messages are taken larger by 2⁴⁵⁰, and those that are no more than the inverse of that then
/// are 0: numbers without full digits are slow.
const RAISED: f64 = f64::from_bits((1023 + 450) << 52);
const NOTHING: f64 = f64::from_bits((1023 - 450) << 52);

/// α_t = b_t ∘ y / c_{t−1}, where y is α_{t−1} A. Returns its sum, c_t.
#[inline(always)]
pub(super) fn ahead<S: Simd>(simd: S, y: &[f64], weights: &[f64], inverse: f64, now: &mut [f64]) -> f64 {
    let (scale, mut total) = (Eight::splat(simd, inverse), Eight::splat(simd, 0.0));
    let (y, weights) = (y.as_chunks::<LANES>().0, weights.as_chunks::<LANES>().0);
    for ((now, y), w) in now.as_chunks_mut::<LANES>().0.iter_mut().zip(y).zip(weights) {
        let x = Eight::load(simd, y).times(simd, Eight::load(simd, w).times(simd, scale));
        x.store(now);
        total = total.plus(simd, x);
    }
    fold(total.array())
}

/// What the way back knows of a sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// α · β as it was found at the last step, and what β has been multiplied by since, but for the norms: to
    /// make up for half of what was amiss.
    pub meet: f64,
    made_up: f64,
    /// The largest that was wanted of a state, perhaps of one whose weight has underflowed to 0.
    pub largest: [f64; LANES],
}

impl Behind {
    /// At a last step, where α · β is 1.
    pub(super) fn new() -> Self {
        Self { meet: 1.0, made_up: 1.0, largest: [0.0; LANES] }
    }
}

/// What a step reads on the way back, rows of padded numbers.
pub(super) struct Step<'a> {
    /// α_t.
    pub alpha: &'a [f64],
    /// β_t.
    pub beta: &'a [f64],
    /// b_t.
    pub weights: &'a [f64],
    /// 1 / c_{t−1}.
    pub norm: f64,
}

impl Step<'_> {
    /// Writes w_t, and α_t ∘ β_t to the marginals, a row that is not padded.
    #[inline(always)]
    pub(super) fn back<S: Simd>(&self, simd: S, w: &mut [f64], marginals: &mut [f64], behind: &mut Behind) {
        let made_up = 1.5 - 0.5 * behind.meet;
        let mut numbers = Numbers {
            simd,
            scale: Eight::splat(simd, self.norm * made_up),
            // The inverse of what α · β must be, to the last digit where that is as near to 1 as it must be.
            share: Eight::splat(simd, (2.0 - behind.meet * behind.made_up) * NOTHING),
            meet: Eight::splat(simd, 0.0),
            largest: Eight::load(simd, &behind.largest),
        };
        let (a, b) = (self.alpha.as_chunks::<LANES>().0, self.beta.as_chunks::<LANES>().0);
        let e = self.weights.as_chunks::<LANES>().0;
        let w = w.as_chunks_mut::<LANES>().0;
        let (whole, rest) = marginals.as_chunks_mut::<LANES>();
        for ((((a, b), e), w), m) in a.iter().zip(b).zip(e).zip(w.iter_mut()).zip(whole) {
            numbers.back(a, b, e, w).store(m);
        }
        if let (false, Some(a), Some(b), Some(e), Some(w)) =
            (rest.is_empty(), a.last(), b.last(), e.last(), w.last_mut())
        {
            rest.iter_mut().zip(numbers.back(a, b, e, w).array()).for_each(|(m, x)| *m = x);
        }
        *behind = Behind { meet: fold(numbers.meet.array()), made_up, largest: numbers.largest.array() };
    }
}

/// A step back in the middle of its row.
struct Numbers<S: Simd> {
    simd: S,
    /// What is wanted of a state is β times this.
    scale: Eight<S>,
    /// The marginals are α ∘ β, raised, times this.
    share: Eight<S>,
    meet: Eight<S>,
    largest: Eight<S>,
}

impl<S: Simd> Numbers<S> {
    #[inline(always)]
    fn back(
        &mut self,
        a: &[f64; LANES],
        b: &[f64; LANES],
        e: &[f64; LANES],
        w: &mut [f64; LANES],
    ) -> Eight<S> {
        let simd = self.simd;
        let (a, b, e) = (Eight::load(simd, a), Eight::load(simd, b), Eight::load(simd, e));
        self.meet = a.mul_add(simd, b, self.meet);
        let wanted = b.times(simd, self.scale);
        self.largest = wanted.or_larger(simd, self.largest);
        e.times(simd, wanted).store(w);
        let raised = a.times(simd, Eight::splat(simd, RAISED)).times(simd, b);
        raised.above(simd, Eight::splat(simd, NOTHING)).times(simd, self.share)
    }
}
