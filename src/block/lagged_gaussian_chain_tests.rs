//! Against a dense solve and against central differences.

use super::*;
use crate::num::stream::Stream;
use nalgebra::{DMatrix, DVector};

struct Case {
    q: usize,
    lags: usize,
    steps: Vec<f64>,
    starts: Vec<u32>,
}

impl Case {
    /// Diagonally dominant, with J not symmetric; couplings into the void are NaN.
    fn random(seed: u64, q: usize, lags: usize, lengths: &[u32]) -> Self {
        let mut s = Stream::new(seed, "lagged gaussian chain", 0);
        let mut starts = vec![0];
        lengths.iter().for_each(|l| starts.push(starts[starts.len() - 1] + l));
        let mut steps = vec![];
        for len in lengths {
            for t in 0..*len as usize {
                steps.extend((0..q).map(|_| 2.0 * s.normal()));
                for a in 0..q {
                    for b in 0..q {
                        let strong = -(1.0 + s.uniform() + (q * lags) as f64);
                        steps.push(if a == b { strong } else { 0.3 * (2.0 * s.uniform() - 1.0) });
                    }
                }
                for l in 1..=lags {
                    steps.extend((0..q * q).map(|_| if l > t { f64::NAN } else { 2.0 * s.uniform() - 1.0 }));
                }
            }
        }
        Self { q, lags, steps, starts }
    }

    fn solved(&self) -> Result<(Vec<f64>, f64), GaussianChainError> {
        let (mut out, mut z) = (self.steps.clone(), 0.0);
        run(self.q, self.lags, &mut out, &self.starts, &mut z, &mut Scratch::default())?;
        Ok((out, z))
    }

    /// All steps of all sequences as one Gaussian.
    fn dense(&self) -> (Vec<f64>, f64) {
        let (q, w) = (self.q, width(self.q, self.lags));
        let n = self.steps.len() / w;
        let step =
            |t: usize| t - self.starts.iter().filter(|s| **s as usize <= t).max().map_or(0, |s| *s as usize);
        let mut precision = DMatrix::<f64>::zeros(n * q, n * q);
        let mut h = DVector::<f64>::zeros(n * q);
        for t in 0..n {
            let row = &self.steps[t * w..];
            for a in 0..q {
                h[t * q + a] = row[a];
                for l in 0..=self.lags.min(step(t)) {
                    for b in 0..q {
                        let p = row[q + l * q * q + a * q + b];
                        precision[((t - l) * q + a, t * q + b)] -= p;
                        precision[(t * q + b, (t - l) * q + a)] -= p;
                    }
                }
            }
        }
        let covariance = precision.clone().cholesky().expect("positive definite").inverse();
        let mean = &covariance * &h;
        let second = &covariance + &mean * mean.transpose();
        let mut out = vec![];
        for t in 0..n {
            out.extend((0..q).map(|a| mean[t * q + a]));
            for l in 0..=self.lags {
                out.extend(
                    (0..q * q).map(|i| {
                        if l > step(t) { 0.0 } else { second[((t - l) * q + i / q, t * q + i % q)] }
                    }),
                );
            }
        }
        let log_det: f64 = precision
            .cholesky()
            .expect("positive definite")
            .l()
            .diagonal()
            .iter()
            .map(|x| 2.0 * x.ln())
            .sum();
        (out, 0.5 * (mean.dot(&h) - log_det + (n * q) as f64 * std::f64::consts::TAU.ln()))
    }
}

#[test]
fn equals_a_dense_solve() {
    let lengths: &[&[u32]] = &[&[1], &[2], &[7], &[1, 3, 1, 4, 2], &[2, 0, 5, 1]];
    for (seed, lengths) in lengths.iter().enumerate() {
        for q in [1, 2, 3] {
            for lags in [1, 2, 3, 5] {
                let case = Case::random(seed as u64, q, lags, lengths);
                let ((got, z), (want, log_norm)) = (case.solved().expect("proper"), case.dense());
                let what = format!("{lengths:?}, q = {q}, {lags} lags");
                assert!(
                    (z - log_norm).abs() < 1e-11 * log_norm.abs().max(1.0),
                    "{what}: {z} is not {log_norm}"
                );
                for (i, (g, w)) in got.iter().zip(&want).enumerate() {
                    assert!((g - w).abs() < 1e-11 * w.abs().max(1.0), "{what}, number {i}: {g} is not {w}");
                }
            }
        }
    }
}

#[test]
fn the_log_norm_has_the_moments_as_its_gradient() {
    let case = Case::random(9, 2, 2, &[5, 1, 2]);
    let (got, _) = case.solved().expect("proper");
    for (i, (own, got)) in case.steps.iter().zip(&got).enumerate() {
        let at = |by: f64| {
            let steps =
                case.steps.iter().enumerate().map(|(k, x)| if k == i { x + by } else { *x }).collect();
            Case { steps, starts: case.starts.clone(), ..case }.solved().expect("proper").1
        };
        if own.is_nan() {
            assert_eq!(*got, 0.0, "number {i} speaks of no step");
            continue;
        }
        let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((slope - got).abs() < 1e-7 * got.abs().max(1.0), "number {i}: {slope} is not {got}");
    }
}

#[test]
fn one_lag_is_the_chain_of_neighbours() {
    let case = Case::random(5, 3, 1, &[4, 1, 6]);
    let (got, z) = case.solved().expect("proper");
    let (q, w, n) = (3, width(3, 1), 11);
    let mut node: Vec<f64> = case.steps.chunks(w).flat_map(|r| r[..q + q * q].to_vec()).collect();
    let pair: Vec<f64> = case.steps.chunks(w).flat_map(|r| r[q + q * q..].to_vec()).collect();
    let (mut sums, mut log_norm, index) = (vec![0.0; pair.len()], 0.0, (0..n).collect::<Vec<u32>>());
    let chains = GaussianChains { pair: &pair, pair_index: Some(&index), starts: &case.starts };
    let mut steps = InPlace { width: q + q * q, node: &mut node };
    gaussian_chain::run(
        q,
        chains,
        &mut steps,
        &mut sums,
        &mut log_norm,
        &mut gaussian_chain::Scratch::default(),
    )
    .expect("proper");
    assert!((z - log_norm).abs() < 1e-12 * z.abs());
    for (t, row) in got.chunks(w).enumerate() {
        assert_eq!(row[..q + q * q], node[t * (q + q * q)..][..q + q * q]);
        assert_eq!(row[q + q * q..], sums[t * q * q..][..q * q]);
    }
}

#[test]
fn names_the_step_that_is_not_proper() {
    let mut case = Case::random(6, 1, 2, &[1, 6]);
    case.steps[5 * width(1, 2) + 1] = 30.0;
    assert_eq!(case.solved().expect_err("improper"), GaussianChainError::NotPositive { step: 5 });
}
