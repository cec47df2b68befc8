//! Newton's method for the logarithm of a distribution function. Not here: any distribution.
//!
//! With a log-concave density f(u), ln of the lower tail and ln of the upper tail are concave. So a step from
//! the tail's side never passes the root, and one from the other side passes it once: no start can fail.

/// A quantile in some scale, and how many times the distribution function was worked out for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub at: f64,
    pub evaluations: usize,
}

/// More evaluations than these are not made; our starts need 11 at most.
const MOST: usize = 40;

/// From here on steps are halved at least, or have no digits left.
const SETTLED: usize = 12;

/// ln of a tail and its derivative, at a point.
pub(super) type Tail<'a> = &'a dyn Fn(f64) -> (f64, f64);

/// The u between `low` and `high` where the tail has the logarithm `goal`. `many` is the square of how fast
/// the derivative turns: what a last step leaves is about √many times its square.
pub(super) fn solve(start: f64, ends: (f64, f64), goal: f64, many: f64, tail: Tail<'_>) -> Found {
    let (low, high) = ends;
    let mut at = start.clamp(low, high);
    let mut last = f64::INFINITY;
    for evaluations in 1..=MOST {
        let (ln, slope) = tail(at);
        let next = at - (ln - goal) / slope;
        if next.is_nan() {
            return Found { at, evaluations };
        }
        let next = next.clamp(low, high);
        let step = (next - at).abs();
        at = next;
        if step * many.max(1.0).sqrt() < 1e-7 || step <= 1e-14 * at.abs() {
            return Found { at, evaluations };
        }
        // Where p is so near to 1 that its digits do not say which u, steps become noise.
        if evaluations >= SETTLED && step > 0.5 * last {
            return Found { at, evaluations };
        }
        last = step;
    }
    Found { at, evaluations: MOST }
}

/// ln p, with all the digits that p or 1 − p = q has.
pub(super) fn ln_tail(p: f64, q: f64) -> f64 {
    if p <= q { p.ln() } else { (-q).ln_1p() }
}
