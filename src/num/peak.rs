//! What one thread of this machine can do at best, measured: the floor that a profile and the benchmark compare with. Not here: anything
//! that needs it to be right.

use super::{reduce, wide::wide};
use std::{hint::black_box, time::Instant};

/// Independent sums, enough to hide the latency of a multiply-add.
const CHAINS: usize = 6;
const LANES: usize = 8;

#[inline(always)]
fn chains(times: usize, m: f64, c: f64) -> f64 {
    let mut a = [[c; LANES]; CHAINS];
    for _ in 0..times {
        for chain in &mut a {
            chain.iter_mut().for_each(|x| *x = x.mul_add(m, c));
        }
    }
    a.iter().flatten().sum()
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
    let times = 500_000;
    let t = best(4, || {
        let (m, c) = black_box((0.999_999, 1e-9));
        black_box(wide(
            #[inline(always)]
            || chains(times, m, c),
        ));
    });
    (times * LANES * CHAINS) as f64 / t
}

/// Bytes a second read from memory, past what the caches hold. Takes some ten milliseconds and 64 MB.
pub fn bytes_per_second() -> f64 {
    let far = vec![1.5; 8_000_000];
    far.len() as f64 * size_of::<f64>() as f64 / best(3, || _ = black_box(reduce::sum(black_box(&far))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chains_are_sums_of_products() {
        let (mut x, m, c) = (2.0, 0.5, 2.0);
        (0..3).for_each(|_| x = x * m + c);
        assert_eq!(chains(3, m, c), x * (LANES * CHAINS) as f64);
    }
}
