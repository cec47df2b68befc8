//! Against a dense solve, against central differences, and on stars, trees and crossed effects of real size.

use super::*;
use crate::num::stream::Stream;
use nalgebra::{DMatrix, DVector};

#[derive(Clone, Debug)]
struct Case {
    pairs: Vec<(u32, u32)>,
    h: Vec<f64>,
    j: Vec<f64>,
    p: Vec<f64>,
    z: f64,
}

impl Case {
    /// Diagonally dominant, on given pairs.
    fn random(seed: u64, n: usize, pairs: Vec<(u32, u32)>) -> Self {
        let mut s = Stream::new(seed, "sparse gaussian", 0);
        let p: Vec<f64> = pairs.iter().map(|_| s.normal()).collect();
        let mut j: Vec<f64> = (0..n).map(|_| -0.2 - s.uniform()).collect();
        for (&(i, k), p) in pairs.iter().zip(&p) {
            j[i as usize] -= 0.5 * p.abs();
            j[k as usize] -= 0.5 * p.abs();
        }
        Self { h: (0..n).map(|_| 3.0 * s.normal()).collect(), j, p, pairs, z: 0.0 }
    }

    fn pattern(&self) -> SparseGaussian {
        SparseGaussian::new(self.h.len(), &self.pairs, usize::MAX).expect("a pattern")
    }

    fn run(&self) -> Result<Case, SparseGaussianError> {
        let (pattern, mut a) = (self.pattern(), self.clone());
        let mut scratch = vec![f64::NAN; pattern.scratch_len()];
        pattern.run(&mut a.h, &mut a.j, &mut a.p, &mut a.z, &mut scratch)?;
        Ok(a)
    }

    fn dense(&self) -> Case {
        let n = self.h.len();
        let mut precision = DMatrix::<f64>::zeros(n, n);
        (0..n).for_each(|i| precision[(i, i)] = -2.0 * self.j[i]);
        for (&(i, k), p) in self.pairs.iter().zip(&self.p) {
            precision[(i as usize, k as usize)] = -p;
            precision[(k as usize, i as usize)] = -p;
        }
        let factor = precision.cholesky().expect("positive definite");
        let h = DVector::from_vec(self.h.clone());
        let (mean, covariance) = (factor.solve(&h), factor.inverse());
        let log_det = 2.0 * factor.l().diagonal().iter().map(|x| x.ln()).sum::<f64>();
        let second = |i: usize, k: usize| covariance[(i, k)] + mean[i] * mean[k];
        Case {
            pairs: self.pairs.clone(),
            h: mean.iter().copied().collect(),
            j: (0..n).map(|i| second(i, i)).collect(),
            p: self.pairs.iter().map(|&(i, k)| second(i as usize, k as usize)).collect(),
            z: 0.5 * (mean.dot(&h) - log_det + n as f64 * std::f64::consts::TAU.ln()),
        }
    }
}

fn random_pairs(seed: u64, n: usize, density: f64) -> Vec<(u32, u32)> {
    let mut s = Stream::new(seed, "pattern", 0);
    let all = (0..n as u32).flat_map(|k| (0..k).map(move |i| (i, k)));
    all.filter(|_| s.uniform() < density).collect()
}

/// The first `rows` variables crossed with the next `columns`, all beside one more that all meet.
fn crossed(rows: u32, columns: u32) -> Vec<(u32, u32)> {
    let cells = (0..rows).flat_map(|r| (0..columns).map(move |c| (r, rows + c)));
    cells.chain((0..rows + columns).map(|v| (v, rows + columns))).collect()
}

fn close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!((g - w).abs() <= tolerance * w.abs().max(1.0), "{what}, number {i}: {g} is not {w}");
    }
}

fn same(what: &str, got: &Case, want: &Case, tolerance: f64) {
    close(&format!("E x, {what}"), &got.h, &want.h, tolerance);
    close(&format!("E x², {what}"), &got.j, &want.j, tolerance);
    close(&format!("E x x, {what}"), &got.p, &want.p, tolerance);
    close(&format!("log norm, {what}"), &[got.z], &[want.z], tolerance);
}

#[test]
fn equals_a_dense_solve_on_random_patterns() {
    for (n, density) in
        [(1, 0.0), (2, 1.0), (5, 0.5), (12, 0.2), (30, 0.1), (30, 0.0), (40, 0.3), (25, 1.0), (90, 0.03)]
    {
        for seed in 0..6 {
            let case = Case::random(seed, n, random_pairs(seed, n, density));
            same(
                &format!("n = {n}, density {density}, seed {seed}"),
                &case.run().expect("proper"),
                &case.dense(),
                1e-10,
            );
        }
    }
}

#[test]
fn equals_a_dense_solve_on_stars_trees_and_crossed_effects() {
    let star: Vec<_> = (0..60).map(|v| (v, 60)).collect();
    let tree: Vec<_> = (1..60u32).map(|v| ((v - 1) / 2, v)).collect();
    // Intercept and slope of 20 groups, and of the whole.
    let slopes = (0..20u32).flat_map(|g| {
        [(2, 3), (0, 2), (0, 3), (1, 2), (1, 3)]
            .map(|(a, b)| if a > 1 { (a + 2 * g, b + 2 * g) } else { (a, b + 2 * g) })
    });
    for (what, n, pairs) in [
        ("star", 61, star),
        ("tree", 60, tree),
        ("slopes", 42, slopes.collect()),
        ("crossed", 91, crossed(50, 40)),
    ] {
        let case = Case::random(1, n, pairs);
        same(what, &case.run().expect("proper"), &case.dense(), 1e-10);
    }
}

#[test]
fn fill_is_as_small_as_the_graph_allows() {
    let fill = |n, pairs: &[(u32, u32)]| SparseGaussian::new(n, pairs, usize::MAX).expect("a pattern").fill();
    let star: Vec<_> = (1..5000).map(|v| (0, v)).collect();
    assert_eq!(fill(5000, &star), 4999);
    let tree: Vec<_> = (1..5000u32).map(|v| ((v - 1) / 3, v)).collect();
    assert_eq!(fill(5000, &tree), 4999);
    let line: Vec<_> = (1..5000u32).map(|v| (v - 1, v)).collect();
    assert_eq!(fill(5000, &line), 4999);
    // The larger factor goes first and leaves the smaller one dense.
    assert_eq!(fill(90, &crossed(50, 40)[..2000]), 50 * 40 + 40 * 39 / 2);
}

#[test]
fn the_log_norm_has_the_moments_as_its_gradient() {
    let case = Case::random(3, 9, random_pairs(11, 9, 0.4));
    let answer = case.run().expect("proper");
    let eps = 1e-5;
    let slope = |nudge: &dyn Fn(&mut Case, f64)| {
        let at = |by: f64| {
            let mut c = case.clone();
            nudge(&mut c, by);
            c.run().expect("proper").z
        };
        (at(eps) - at(-eps)) / (2.0 * eps)
    };
    for i in 0..9 {
        close(&format!("E x {i}"), &[slope(&|c, by| c.h[i] += by)], &[answer.h[i]], 1e-7);
        close(&format!("E x² {i}"), &[slope(&|c, by| c.j[i] += by)], &[answer.j[i]], 1e-6);
    }
    assert!(case.pairs.len() > 8, "few pairs: {}", case.pairs.len());
    for e in 0..case.pairs.len() {
        close(&format!("pair {e}"), &[slope(&|c, by| c.p[e] += by)], &[answer.p[e]], 1e-6);
    }
}

#[test]
fn eight_schools_with_known_spread_has_its_closed_form() {
    // y_i ~ N(θ_i, s_i²), θ_i ~ N(μ, 5²), μ ~ N(0, 100²): Gelman et al., "Bayesian Data Analysis", section
    // 5.4, equation 5.20 and a proper prior.
    let y = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];
    let se = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0];
    let (within, prior) = (25.0, 1e4);
    let mut case = Case {
        pairs: (0..8).map(|v| (v, 8)).collect(),
        h: vec![0.0; 9],
        j: vec![0.0; 9],
        p: vec![1.0 / within; 8],
        z: 0.0,
    };
    for i in 0..8 {
        case.h[i] = y[i] / (se[i] * se[i]);
        case.j[i] = -0.5 * (1.0 / (se[i] * se[i]) + 1.0 / within);
    }
    case.j[8] = -0.5 * (1.0 / prior + 8.0 / within);
    let got = case.run().expect("proper");
    let w: Vec<f64> = se.iter().map(|s| 1.0 / (s * s + within)).collect();
    let precision = w.iter().sum::<f64>() + 1.0 / prior;
    let mu = w.iter().zip(&y).map(|(w, y)| w * y).sum::<f64>() / precision;
    close("E μ", &[got.h[8], got.j[8]], &[mu, mu * mu + 1.0 / precision], 1e-12);
    for i in 0..8 {
        let shrink = within * w[i];
        let (own, cov) = (mu + shrink * (y[i] - mu), (1.0 - shrink) / precision);
        close("E θ", &[got.h[i], got.p[i]], &[own, own * mu + cov], 1e-12);
    }
}

#[test]
fn refuses_what_is_no_pattern() {
    let new = |n, pairs: &[(u32, u32)]| SparseGaussian::new(n, pairs, usize::MAX).map(|g| g.fill());
    assert_eq!(new(3, &[(0, 1), (2, 1)]), Err(PatternError::Pair { pair: 1 }));
    assert_eq!(new(3, &[(1, 1)]), Err(PatternError::Pair { pair: 0 }));
    assert_eq!(new(3, &[(0, 1), (1, 3)]), Err(PatternError::Pair { pair: 1 }));
    assert_eq!(new(3, &[(0, 1), (1, 2), (0, 1)]), Err(PatternError::Pair { pair: 2 }));
    assert_eq!(new(0, &[]), Ok(0));
    assert_eq!(
        SparseGaussian::new(90, &crossed(50, 39), 2000).map(|g| g.fill()),
        Err(PatternError::Fill { limit: 2000 })
    );
}

#[test]
fn names_the_variable_that_is_not_proper() {
    let good = Case::random(1, 5, vec![(0, 4), (1, 4), (2, 4)]);
    let mut case = good.clone();
    case.j[3] = 0.0;
    assert_eq!(case.run().expect_err("improper"), SparseGaussianError::NotPositive { variable: 3 });
    for (variable, nudge) in [
        (1, (|c| c.h[1] = f64::NAN) as fn(&mut Case)),
        (2, |c| c.j[2] = f64::NEG_INFINITY),
        (1, |c| c.p[1] = f64::NAN),
    ] {
        let mut case = good.clone();
        nudge(&mut case);
        assert_eq!(case.run().expect_err("not finite"), SparseGaussianError::NotFinite { variable });
    }
    let pair = Case { pairs: vec![(0, 1)], h: vec![0.0; 2], j: vec![-0.5; 2], p: vec![1.0], z: 0.0 };
    assert!(matches!(pair.run(), Err(SparseGaussianError::NotPositive { .. })));
}

#[test]
#[ignore = "a timing"]
fn time_of_large_graphs() {
    let leaves = 100_000u32;
    let star: Vec<_> = (0..leaves).map(|v| (v, leaves)).collect();
    let tree: Vec<_> = (1..leaves).map(|v| ((v - 1) / 10, v)).collect();
    // Pairs (intercept, slope) of a group, both with both of the whole.
    let slopes = (1..leaves)
        .flat_map(|g| [(2 * g, 2 * g + 1), (0, 2 * g), (0, 2 * g + 1), (1, 2 * g), (1, 2 * g + 1)]);
    let mut s = Stream::new(1, "ratings", 0);
    let mut ratings: Vec<_> =
        (0..50_000).map(|_| (s.below(10_000) as u32, 10_000 + s.below(300) as u32)).collect();
    ratings.sort_unstable();
    ratings.dedup();
    let cases = [
        ("star", leaves + 1, star),
        ("tree", leaves, tree),
        ("slopes", 2 * leaves, slopes.collect()),
        ("ratings", 10_300, ratings),
        ("crossed 50×40", 91, crossed(50, 40)),
        ("crossed 500×400", 901, crossed(500, 400)),
    ];
    for (what, n, pairs) in cases {
        let case = Case::random(1, n as usize, pairs);
        let start = std::time::Instant::now();
        let pattern = case.pattern();
        let symbolic = start.elapsed();
        let mut scratch = vec![0.0; pattern.scratch_len()];
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let mut a = case.clone();
            let start = std::time::Instant::now();
            pattern.run(&mut a.h, &mut a.j, &mut a.p, &mut a.z, &mut scratch).expect("proper");
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!(
            "{what}: {n} variables, fill {}, pattern {symbolic:.1?}, numbers {:.3} ms",
            pattern.fill(),
            best * 1e3
        );
    }
}
