//! Random streams keyed by seed, name and index, and draws from them: the same numbers on every platform and
//! for any number of threads. Draws only; densities are elsewhere.

use crate::num::special::{self, ln_gamma};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers: ChaCha8 keyed by the seed, the index and two FNV-1a hashes of the name.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

/// FNV-1a, 64 bits (Fowler, Noll, Vo), from the given basis.
fn fnv1a(basis: u64, name: &str) -> u64 {
    name.bytes().fold(basis, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn ln(x: f64) -> f64 {
    // Our own, since the platform's may differ in the last bit.
    let mut s = [x];
    special::ln_slice(&mut s);
    s[0]
}

fn exp(x: f64) -> f64 {
    let mut s = [x];
    special::exp_slice(&mut s);
    s[0]
}

impl Stream {
    /// The stream of this seed, name and index. Streams that differ in any of them are independent.
    pub fn new(seed: u64, name: &str, index: u64) -> Self {
        let mut key = [0; 32];
        let words = [seed, index, fnv1a(0xcbf2_9ce4_8422_2325, name), fnv1a(0x6c62_272e_07bb_0142, name)];
        for (slot, word) in key.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *slot = word.to_le_bytes();
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on (0, 1), never an end.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Uniform on 0..n; 0 for n = 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Normal(0, 1), by Marsaglia's polar method.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * ln(s) / s).sqrt();
            }
        }
    }

    /// Exponential with rate 1.
    pub fn exponential(&mut self) -> f64 {
        -ln(self.uniform())
    }

    /// ln of a Gamma(shape, rate 1) draw, finite even where the draw itself would underflow. Marsaglia and
    /// Tsang (2000); shape > 0.
    pub fn ln_gamma_draw(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            // X = Y U^{1/shape} with Y of shape + 1.
            return self.ln_gamma_draw(shape + 1.0) + ln(self.uniform()) / shape;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let t = 1.0 + c * x;
            if t <= 0.0 {
                continue;
            }
            let v = t * t * t;
            if ln(self.uniform()) < 0.5 * x * x + d - d * v + d * ln(v) {
                return ln(d) + ln(v);
            }
        }
    }

    /// Gamma(shape, rate).
    pub fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        exp(self.ln_gamma_draw(shape) - ln(rate))
    }

    /// Beta(a, b).
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.ln_gamma_draw(a), self.ln_gamma_draw(b));
        1.0 / (1.0 + exp(y - x))
    }

    /// Writes a Dirichlet draw with these concentrations.
    pub fn dirichlet(&mut self, concentration: &[f64], out: &mut [f64]) {
        for (x, &a) in out.iter_mut().zip(concentration) {
            *x = self.ln_gamma_draw(a);
        }
        special::softmax_in_place(out);
    }

    /// An index with probability proportional to its weight (non-negative, not all zero); never one of weight
    /// 0.
    pub fn categorical(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        let mut last = 0;
        for (i, &w) in weights.iter().enumerate() {
            if w > 0.0 {
                last = i;
                left -= w;
                if left < 0.0 {
                    break;
                }
            }
        }
        last
    }

    /// An index with probability proportional to exp of its number (−∞ for none, not all).
    pub fn log_categorical(&mut self, logs: &[f64]) -> usize {
        let top = logs.iter().fold(f64::NEG_INFINITY, |t, x| t.max(*x));
        self.categorical(&logs.iter().map(|x| exp(x - top)).collect::<Vec<f64>>())
    }

    /// Poisson(rate), rate ≥ 0: by exponential gaps below 10, else by Hörmann's transformed rejection (PTRS,
    /// 1993).
    pub fn poisson(&mut self, rate: f64) -> f64 {
        if rate < 10.0 {
            let (mut n, mut t) = (0.0, self.exponential());
            while t < rate {
                t += self.exponential();
                n += 1.0;
            }
            return n;
        }
        let b = 0.931 + 2.53 * rate.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let (u, v) = (self.uniform() - 0.5, self.uniform());
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + rate + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            if ln(v * inverse_alpha / (a / (us * us) + b)) <= k * ln(rate) - rate - ln_gamma(k + 1.0) {
                return k;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws against the exact ones, within five standard errors of the mean and 5
    /// % of the variance.
    fn moments(name: &str, mean: f64, variance: f64, mut draw: impl FnMut(&mut Stream) -> f64) {
        let n = 40_000;
        let mut s = Stream::new(1, name, 0);
        let xs: Vec<f64> = (0..n).map(|_| draw(&mut s)).collect();
        let m = xs.iter().sum::<f64>() / n as f64;
        let v = xs.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / n as f64;
        assert!((m - mean).abs() < 5.0 * (variance / n as f64).sqrt(), "{name}: mean {m} for {mean}");
        assert!((v / variance - 1.0).abs() < 0.08, "{name}: variance {v} for {variance}");
    }

    #[test]
    fn draws_have_their_moments() {
        moments("uniform", 0.5, 1.0 / 12.0, Stream::uniform);
        moments("normal", 0.0, 1.0, Stream::normal);
        moments("exponential", 1.0, 1.0, Stream::exponential);
        for shape in [0.3, 1.0, 4.5] {
            moments("gamma", shape / 2.0, shape / 4.0, |s| s.gamma(shape, 2.0));
        }
        moments("beta", 0.2, 0.2 * 0.8 / 3.5, |s| s.beta(0.5, 2.0));
        for rate in [0.4, 7.0, 10.0, 45.0, 3000.0] {
            moments("poisson", rate, rate, |s| s.poisson(rate));
        }
        moments("categorical", 0.7 + 0.2 * 3.0, 0.7 + 0.2 * 9.0 - 1.69, |s| {
            s.categorical(&[0.1, 0.7, 0.0, 0.2]) as f64
        });
        moments("below", 2.0, 2.0, |s| s.below(5) as f64);
        moments("dirichlet", 0.25, 0.25 * 0.75 / 5.0, |s| {
            let mut p = [0.0; 3];
            s.dirichlet(&[1.0, 2.0, 1.0], &mut p);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            p[0]
        });
    }

    #[test]
    fn tiny_concentrations_stay_probabilities() {
        let mut s = Stream::new(0, "sparse", 0);
        let mut p = [0.0; 50];
        for _ in 0..100 {
            s.dirichlet(&[1e-4; 50], &mut p);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{p:?}");
        }
    }

    #[test]
    fn streams_differ_by_every_key_and_never_change() {
        let first = |seed, name, index| Stream::new(seed, name, index).bits();
        let base = first(0, "z", 0);
        assert!([first(1, "z", 0), first(0, "y", 0), first(0, "z", 1)].iter().all(|&b| b != base));
        assert_eq!(base, first(0, "z", 0));
        assert_eq!(fnv1a(0xcbf2_9ce4_8422_2325, "a"), 0xaf63_dc4c_8601_ec8c, "the published value of FNV-1a");
    }
}
