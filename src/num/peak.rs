//! What one thread of this machine can do at best, measured: the floor that a profile and the benchmark
//! compare with. Not here: anything that needs it to be right.

use super::reduce;
use pulp::{Arch, Simd, WithSimd};
use std::{hint::black_box, time::Instant};

/// Independent sums in registers, enough to hide the latency of a multiply-add.
const CHAINS: usize = 12;

/// x ← m x + c, so many times, in each number of each of the chains. Returns the sum of all, and how many
/// numbers there were.
struct Chains {
    times: usize,
    m: f64,
    c: f64,
}

impl WithSimd for Chains {
    type Output = (f64, usize);
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let (m, c) = (simd.splat_f64s(self.m), simd.splat_f64s(self.c));
        let mut a = [c; CHAINS];
        for _ in 0..self.times {
            for x in &mut a {
                *x = simd.mul_add_f64s(*x, m, c);
            }
        }
        (a.iter().map(|x| simd.reduce_sum_f64s(*x)).sum(), CHAINS * S::F64_LANES)
    }
}

/// The best of a few runs, in seconds.
fn best(runs: usize, mut f: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..runs {
        let t = Instant::now();
        f();
        least = least.min(t.elapsed().as_secs_f64());
    }
    least
}

/// Fused multiply-adds a second, in registers. Takes some ten milliseconds.
pub fn multiply_adds_per_second() -> f64 {
    let (times, mut numbers) = (200_000, 0);
    let t = best(20, || {
        numbers =
            black_box(Arch::new().dispatch(Chains { times, m: black_box(0.999_999), c: black_box(1e-9) })).1
    });
    (times * numbers) as f64 / t
}

/// Bytes a second read from memory, past what the caches hold. Takes some ten milliseconds and 64 MB.
pub fn bytes_per_second() -> f64 {
    let far = vec![1.5; 8_000_000];
    far.len() as f64 * size_of::<f64>() as f64 / best(5, || _ = black_box(reduce::sum(black_box(&far))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chains_are_sums_of_products() {
        let (mut x, m, c) = (2.0, 0.5, 2.0);
        (0..3).for_each(|_| x = x * m + c);
        let (sum, numbers) = Arch::new().dispatch(Chains { times: 3, m, c });
        assert_eq!(sum, x * numbers as f64);
    }
}
