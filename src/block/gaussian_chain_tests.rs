//! Against a dense solve, against central differences, and against published numbers for the Nile.

use super::*;
use crate::num::stream::Stream;
use nalgebra::{DMatrix, DVector};

/// Overwrites the parameters by the moments.
fn in_place(
    layout: Layout,
    q: usize,
    chains: GaussianChains<'_>,
    node: &mut [f64],
    pair: &mut [f64],
    z: &mut f64,
) -> Result<(), GaussianChainError> {
    run_laid_out(layout, q, chains, &mut InPlace { width: q + q * q, node }, pair, z, &mut Scratch::default())
}

struct Case {
    q: usize,
    pair: Vec<f64>,
    index: Option<Vec<u32>>,
    node: Vec<f64>,
    starts: Vec<u32>,
}

#[derive(Debug)]
struct Answer {
    node: Vec<f64>,
    pair: Vec<f64>,
    z: f64,
}

impl Case {
    /// Diagonally dominant, with J not symmetric.
    fn random(seed: u64, q: usize, lengths: &[u32], tables: usize) -> Self {
        let mut s = Stream::new(seed, "gaussian chain", 0);
        let mut starts = vec![0];
        lengths.iter().for_each(|l| starts.push(starts[starts.len() - 1] + l));
        let steps = starts[lengths.len()] as usize;
        let pair: Vec<f64> = (0..tables * q * q).map(|_| 0.7 * s.normal()).collect();
        let index = (tables > 1).then(|| {
            (0..steps).map(|t| if tables == steps { t as u32 } else { (t * 7 % tables) as u32 }).collect()
        });
        let widest = pair.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let mut node = Vec::new();
        for _ in 0..steps {
            node.extend((0..q).map(|_| 2.0 * s.normal()));
            for a in 0..q {
                for b in 0..q {
                    let strong = -(1.5 + s.uniform() + q as f64 * (widest + 0.3));
                    node.push(if a == b { strong } else { 0.3 * (2.0 * s.uniform() - 1.0) });
                }
            }
        }
        Self { q, pair, index, node, starts }
    }

    fn run(&self) -> Result<Answer, GaussianChainError> {
        self.run_as(Layout::new(self.q))
    }

    fn run_as(&self, layout: Layout) -> Result<Answer, GaussianChainError> {
        let mut a = Answer { node: self.node.clone(), pair: vec![0.0; self.pair.len()], z: 0.0 };
        let chains =
            GaussianChains { pair: &self.pair, pair_index: self.index.as_deref(), starts: &self.starts };
        in_place(layout, self.q, chains, &mut a.node, &mut a.pair, &mut a.z)?;
        Ok(a)
    }

    fn table(&self, t: usize) -> usize {
        self.index.as_ref().map_or(0, |ix| ix[t] as usize)
    }

    /// All steps of all sequences as one Gaussian.
    fn dense(&self) -> Answer {
        let (q, width) = (self.q, self.q + self.q * self.q);
        let steps = self.node.len() / width;
        let first = |t: usize| self.starts.contains(&(t as u32));
        let mut precision = DMatrix::<f64>::zeros(steps * q, steps * q);
        let mut h = DVector::<f64>::zeros(steps * q);
        for t in 0..steps {
            let row = &self.node[t * width..];
            for a in 0..q {
                h[t * q + a] = row[a];
                for b in 0..q {
                    precision[(t * q + a, t * q + b)] -= row[q + a * q + b];
                    precision[(t * q + b, t * q + a)] -= row[q + a * q + b];
                    if !first(t) {
                        let p = self.pair[self.table(t) * q * q + a * q + b];
                        precision[((t - 1) * q + a, t * q + b)] -= p;
                        precision[(t * q + b, (t - 1) * q + a)] -= p;
                    }
                }
            }
        }
        let covariance = precision.clone().cholesky().expect("positive definite").inverse();
        let mean = &covariance * &h;
        let second = &covariance + &mean * mean.transpose();
        let mut a = Answer { node: vec![], pair: vec![0.0; self.pair.len()], z: 0.0 };
        for t in 0..steps {
            a.node.extend((0..q).map(|i| mean[t * q + i]));
            a.node.extend((0..q * q).map(|i| second[(t * q + i / q, t * q + i % q)]));
            for i in (0..q * q).filter(|_| !first(t)) {
                a.pair[self.table(t) * q * q + i] += second[((t - 1) * q + i / q, t * q + i % q)];
            }
        }
        a.z = 0.5 * mean.dot(&h) - 0.5 * precision.determinant().ln()
            + 0.5 * (steps * q) as f64 * std::f64::consts::TAU.ln();
        a
    }
}

fn close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!((g - w).abs() <= tolerance * w.abs().max(1.0), "{what}, number {i}: {g} is not {w}");
    }
}

#[test]
fn equals_a_dense_solve() {
    let lengths: &[&[u32]] = &[&[1], &[2], &[6], &[1, 3, 1, 4], &[2, 0, 5, 1]];
    for (seed, lengths) in lengths.iter().enumerate() {
        let steps = lengths.iter().sum::<u32>() as usize;
        // Every unrolled size, the plain loops and the blocked product.
        for q in [1, 2, 3, 4, 5, 6, 7, 8, 9, 13] {
            for tables in [1, 2, steps] {
                let case = Case::random(seed as u64, q, lengths, tables);
                let (got, want) = (case.run().expect("proper"), case.dense());
                let what = format!("q = {q}, lengths {lengths:?}, {tables} tables");
                close(&format!("node moments, {what}"), &got.node, &want.node, 1e-11);
                close(&format!("pair moments, {what}"), &got.pair, &want.pair, 1e-11);
                close(&format!("log norm, {what}"), &[got.z], &[want.z], 1e-11);
            }
        }
    }
}

#[test]
fn the_log_norm_has_the_moments_as_its_gradient() {
    for q in [1, 2, 3] {
        let case = Case::random(7, q, &[4, 1, 3], 2);
        let answer = case.run().expect("proper");
        let eps = 1e-5;
        let slope = |nudge: &dyn Fn(&mut Case, f64)| {
            let at = |by: f64| {
                let mut c = Case {
                    index: case.index.clone(),
                    node: case.node.clone(),
                    pair: case.pair.clone(),
                    starts: case.starts.clone(),
                    q,
                };
                nudge(&mut c, by);
                c.run().expect("proper").z
            };
            (at(eps) - at(-eps)) / (2.0 * eps)
        };
        for (i, want) in answer.node.iter().enumerate() {
            close(&format!("node {i}, q = {q}"), &[slope(&|c, by| c.node[i] += by)], &[*want], 1e-7);
        }
        for (i, want) in answer.pair.iter().enumerate() {
            close(&format!("pair {i}, q = {q}"), &[slope(&|c, by| c.pair[i] += by)], &[*want], 1e-7);
        }
    }
}

#[test]
fn outputs_that_sum_are_added_to() {
    let case = Case::random(3, 2, &[3], 1);
    let want = case.run().expect("proper");
    let (mut node, mut sums, mut z) = (case.node.clone(), vec![1.0; 4], 10.0);
    let chains = GaussianChains { pair: &case.pair, pair_index: None, starts: &case.starts };
    in_place(Layout::new(2), 2, chains, &mut node, &mut sums, &mut z).expect("proper");
    assert!((z - 10.0 - want.z).abs() < 1e-13);
    sums.iter().zip(&want.pair).for_each(|(s, w)| assert!((s - 1.0 - w).abs() < 1e-13));
}

#[test]
fn chains_without_couplings_are_single_gaussians() {
    let mut case = Case::random(5, 2, &[3, 2], 1);
    case.pair.fill(0.0);
    let whole = case.run().expect("proper");
    case.starts = vec![0, 1, 2, 3, 4, 5];
    let singles = case.run().expect("proper");
    assert_eq!(whole.node, singles.node);
    close("log norm", &[whole.z], &[singles.z], 1e-14);
}

/// A level that walks, seen under noise: Durbin and Koopman, "Time Series Analysis by State Space Methods",
/// section 2.2. Returns the log evidence and the moments. `skip` says which observations are missing.
fn local_level(first_variance: f64, step: f64, noise: f64, skip: impl Fn(usize) -> bool) -> (f64, Vec<f64>) {
    let flow: Vec<f64> = include_str!("../../graphs/data/nile.csv")
        .lines()
        .skip(1)
        .map(|l| l.split(',').nth(1).and_then(|x| x.parse().ok()).expect("a number"))
        .collect();
    let (mut node, mut z) = (vec![0.0; 2 * flow.len()], 0.0);
    let variance = |z: &mut f64, v: f64| *z -= 0.5 * (std::f64::consts::TAU * v).ln();
    for (t, y) in flow.iter().enumerate() {
        if !skip(t) {
            node[2 * t] += y / noise;
            node[2 * t + 1] -= 0.5 / noise;
            z -= 0.5 * y * y / noise;
            variance(&mut z, noise);
        }
        if t == 0 {
            node[1] -= 0.5 / first_variance;
            variance(&mut z, first_variance);
        } else {
            node[2 * t + 1] -= 0.5 / step;
            node[2 * t - 1] -= 0.5 / step;
            variance(&mut z, step);
        }
    }
    let chains = GaussianChains { pair: &[1.0 / step], pair_index: None, starts: &[0, flow.len() as u32] };
    in_place(Layout::new(1), 1, chains, &mut node, &mut [0.0], &mut z).expect("proper");
    (z, node)
}

#[test]
fn the_nile_has_its_published_likelihood_and_smoothed_states() {
    let (z, node) = local_level(1e7, 1469.1, 15099.0, |_| false);
    let last = node.len() - 2;
    assert!((z - -641.585_578_459_415_3).abs() < 1e-9, "log evidence {z}");
    close("smoothed means", &[node[0], node[last]], &[1_111.220_257_57, 798.370_292_61], 1e-11);
    let variances = [node[1] - node[0] * node[0], node[last + 1] - node[last] * node[last]];
    close("smoothed variances", &variances, &[4_030.532_767_34, 4_032.157_941_81], 1e-10);
}

#[test]
fn a_diffuse_start_that_nothing_observes_keeps_its_digits() {
    // Without the first ten observations the level is known only from later ones, and from a prior of
    // standard deviation 3162.
    let (_, with) = local_level(1e7, 1469.1, 15099.0, |t| t < 10);
    let (_, flat) = local_level(1e13, 1469.1, 15099.0, |t| t < 10);
    let variance = |node: &[f64], t: usize| node[2 * t + 1] - node[2 * t] * node[2 * t];
    // A flat prior makes the walk backward from step 11 free: the mean stays and the variance grows by one
    // step's.
    close("mean", &[flat[0]], &[flat[20]], 1e-7);
    close("variance", &[variance(&flat, 0)], &[variance(&flat, 10) + 10.0 * 1469.1], 1e-6);
    // By Bayes' rule the proper prior shrinks that towards 0 with a precision of 1e−7.
    let v = 1.0 / (1.0 / variance(&flat, 0) + 1e-7);
    close("with a prior", &[with[0], variance(&with, 0)], &[flat[0] * v / variance(&flat, 0), v], 1e-6);
}

#[test]
fn twenty_thousand_steps_settle_and_agree_with_the_stationary_chain() {
    // x_t = A x_{t−1} + e with a rotation that shrinks little: no observations, so the marginals are the
    // prior's, Cov = I / (1 − 0.995²).
    let steps = 20_000;
    let (c, s) = (0.995 * 0.3f64.cos(), 0.995 * 0.3f64.sin());
    let a = [c, -s, s, c];
    // E[x_{t−1} x_tᵀ] pairs with P[from][to] = Aᵀ.
    let pair = [a[0], a[2], a[1], a[3]];
    let stationary = 1.0 - 0.995f64.powi(2);
    let mut node = vec![0.0; 6 * steps];
    for t in 0..steps {
        let own = if t == 0 { stationary } else { 1.0 };
        let next = if t + 1 < steps { 0.995f64.powi(2) } else { 0.0 };
        node[6 * t + 2] = -0.5 * (own + next);
        node[6 * t + 5] = -0.5 * (own + next);
    }
    let (mut sums, mut z) = (vec![0.0; 4], 0.0);
    let chains = GaussianChains { pair: &pair, pair_index: None, starts: &[0, steps as u32] };
    in_place(Layout::new(2), 2, chains, &mut node, &mut sums, &mut z).expect("proper");
    let v = 1.0 / stationary;
    for row in node.chunks_exact(6) {
        close("marginal", row, &[0.0, 0.0, v, 0.0, 0.0, v], 1e-9);
    }
    let n = (steps - 1) as f64;
    close("pairs", &sums, &[n * c * v, n * s * v, -n * s * v, n * c * v], 1e-9);
    let want = steps as f64 * std::f64::consts::TAU.ln() - stationary.ln();
    close("log norm", &[z], &[want], 1e-11);
}

#[test]
fn names_the_step_that_is_not_proper() {
    let mut case = Case::random(1, 3, &[2, 4], 1);
    let good = case.node.clone();
    case.node[4 * 12 + 3] = 50.0;
    assert_eq!(case.run().expect_err("improper"), GaussianChainError::NotPositive { step: 4 });
    for (at, value) in [
        (3 * 12, f64::NAN),
        (3 * 12 + 1, f64::INFINITY),
        (3 * 12 + 4, f64::NAN),
        (3 * 12 + 7, f64::NEG_INFINITY),
    ] {
        case.node.copy_from_slice(&good);
        case.node[at] = value;
        assert_eq!(
            case.run().expect_err("not finite"),
            GaussianChainError::NotFinite { step: 3 },
            "number {at}"
        );
    }
    case.node.copy_from_slice(&good);
    case.pair[2] = f64::NAN;
    assert_eq!(case.run().expect_err("not finite"), GaussianChainError::NotFinite { step: 1 });
    // Each step alone is proper, both together are not.
    let (mut node, mut z) = (vec![0.0, -0.5, 0.0, -0.5], 0.0);
    let chains = GaussianChains { pair: &[1.0], pair_index: None, starts: &[0, 2] };
    let error = in_place(Layout::new(1), 1, chains, &mut node, &mut [0.0], &mut z).expect_err("singular");
    assert_eq!(error.to_string(), "the precision at step 2 is not positive definite");
}

/// Equal steps but for h, and a few that differ: what most time series are.
fn settled(q: usize, steps: u32) -> Case {
    let mut case = Case::random(4, q, &[steps, 1, 40], 1);
    let width = q + q * q;
    for t in 1..case.node.len() / width {
        if ![70, 71, 90].contains(&t) {
            let (first, rest) = case.node.split_at_mut(width);
            rest[(t - 1) * width + q..t * width].copy_from_slice(&first[q..]);
        }
    }
    case
}

#[test]
fn blocks_and_what_is_kept_of_them_do_not_matter() {
    for q in [1, 2, 4, 9] {
        for case in [settled(q, 200), Case::random(2, q, &[37, 1, 12], 2)] {
            let plain = case.run_as(Layout { block: 1000, kept: usize::MAX, hold: true }).expect("proper");
            for (block, kept) in [(1, 0), (7, 0), (7, usize::MAX), (64, 0)] {
                let a = case.run_as(Layout { block, kept, hold: true }).expect("proper");
                assert_eq!(
                    (&a.node, &a.pair),
                    (&plain.node, &plain.pair),
                    "q = {q}, block {block}, kept {kept}"
                );
                // A sum of one term a step, added up in another order.
                close("log norm", &[a.z], &[plain.z], 1e-12);
            }
        }
    }
}

#[test]
fn holding_what_has_settled_changes_no_more_than_rounding_does() {
    for q in [1, 2, 4, 9] {
        let case = settled(q, 200);
        let layout = Layout::new(q);
        let (held, plain) =
            (case.run().expect("proper"), case.run_as(Layout { hold: false, ..layout }).expect("proper"));
        close("node moments", &held.node, &plain.node, 1e-13);
        close("pair moments", &held.pair, &plain.pair, 1e-13);
        close("log norm", &[held.z], &[plain.z], 1e-13);
        // And it does happen: covariances in the middle are equal, bit for bit.
        let mut scratch = Scratch::default();
        let mut moments = case.node.clone();
        let chains = GaussianChains { pair: &case.pair, pair_index: None, starts: &[0, 60] };
        let mut steps = InPlace { width: q + q * q, node: &mut moments };
        run(q, chains, &mut steps, &mut vec![0.0; q * q], &mut 0.0, &mut scratch).expect("proper");
        assert!(scratch.steps_held() > 20, "q = {q}: {} of 60", scratch.steps_held());
    }
}

#[test]
#[ignore = "a timing"]
fn time_of_a_step() {
    for q in [1, 2, 3, 4, 6, 8, 12, 24] {
        let steps = 20_000;
        let case = Case::random(1, q, &[steps], 1);
        let mut best = f64::INFINITY;
        let (mut sums, mut z, mut scratch) = (vec![0.0; q * q], 0.0, Scratch::default());
        for _ in 0..5 {
            let mut moments = case.node.clone();
            let start = std::time::Instant::now();
            let chains = GaussianChains { pair: &case.pair, pair_index: None, starts: &case.starts };
            let mut steps = InPlace { width: q + q * q, node: &mut moments };
            run(q, chains, &mut steps, &mut sums, &mut z, &mut scratch).expect("proper");
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("q = {q}: {:.0} ns a step", best / steps as f64 * 1e9);
    }
}
