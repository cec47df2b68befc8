//! Against closed forms at the corners, and against the kernel that sums.

use super::*;
use crate::block::gaussian_chain::{self, GaussianChains, InPlace, Scratch};

/// A level of first variance `p`, steps `a` x + spread of variance `q`, seen with variance `r` where there is
/// a number.
fn level(p: f64, a: f64, q: f64, r: f64, seen: &[Option<f64>]) -> [LineRows; 3] {
    let mut lines: [LineRows; 3] = Default::default();
    lines.iter_mut().for_each(LineRows::clear);
    for (t, y) in seen.iter().enumerate() {
        let precision = |v: f64| 1.0 / v;
        if t == 0 {
            assert!(lines[0].push(2, &[precision(p), 0.0, 0.0, 0.0], &[0.0; 2]));
        } else {
            let w = precision(q);
            assert!(lines[1].push(2, &[w, -a * w, -a * w, a * a * w], &[0.0; 2]));
        }
        if let Some(y) = y {
            assert!(lines[2].push(2, &[precision(r), 0.0, 0.0, 0.0], &[y * precision(r), 0.0]));
        }
        lines.iter_mut().for_each(|l| l.end_step(2));
    }
    lines
}

#[track_caller]
fn near(what: &str, a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs(), "{what}: {a} is not {b}");
}

#[test]
fn a_meter_without_error_and_a_level_that_is_frozen() {
    let y = [Some(0.8), Some(-0.5), None, Some(2.0)];
    // Seen exactly: means are the data, spreads those of the meter.
    let lines = level(1e7, 1.0, 1.0, 1e-20, &y);
    let m = run(1, 1, &lines, &[0, 4]).unwrap();
    for (t, y) in y.iter().enumerate() {
        let Some(y) = y else { continue };
        near("mean", m.means[t], *y);
        near("variance", m.covariances[t], 1e-20);
    }
    near("between two steps", m.means[2], 0.75);
    // Three steps that nobody moves: the mean of the data.
    let lines = level(1e20, 1.0, 1e-30, 0.5, &y);
    let m = run(1, 1, &lines, &[0, 4]).unwrap();
    (0..4).for_each(|t| near("mean", m.means[t], 2.3 / 3.0));
    (0..4).for_each(|t| near("variance", m.covariances[t], 0.5 / 3.0));
    // Each transition's own spread, though it is 10³⁰ times smaller than what it is made of.
    near("what is left of the transitions", m.residuals[1], 3.0);
}

/// A level that grows, seen once: later steps are predictions of known spread.
#[test]
fn growth_that_nobody_sees() {
    let y: Vec<Option<f64>> = std::iter::once(Some(2.0)).chain((0..400).map(|_| None)).collect();
    let lines = level(1.0, 1.5, 1.0, 1.0, &y);
    let m = run(1, 1, &lines, &[0, 401]).unwrap();
    let (mut mean, mut variance) = (1.0, 0.5);
    for t in 0..401 {
        near("mean", m.means[t], mean);
        near("variance", m.covariances[t], variance);
        (mean, variance) = (1.5 * mean, 2.25 * variance + 1.0);
    }
    let exact = -0.25 * 4.0 - 0.5 * 2f64.ln();
    near("the evidence", m.log_norm - 0.5 * 401.0 * std::f64::consts::TAU.ln(), exact);
}

/// Where sums lose nothing, both kernels say the same.
#[test]
fn the_same_as_the_kernel_that_sums() {
    let y: Vec<Option<f64>> =
        (0..40).map(|t| (t % 7 != 3).then(|| f64::from(t).sin() + 0.1 * f64::from(t))).collect();
    let (p, a, q, r) = (3.0, 0.9, 0.4, 0.7);
    let starts = [0, 25, 40];
    let mut lines: [LineRows; 3] = Default::default();
    lines.iter_mut().for_each(LineRows::clear);
    let mut node = vec![];
    let mut rhs = 0.0;
    for t in 0..40 {
        let first = starts.contains(&t);
        let last = starts.contains(&(t + 1));
        let mut precision = if first { 1.0 / p } else { 1.0 / q };
        precision += if last { 0.0 } else { a * a / q };
        let h = y[t as usize].map_or(0.0, |y| y / r);
        rhs += h * h * r;
        node.extend([h, -0.5 * (precision + y[t as usize].map_or(0.0, |_| 1.0 / r))]);
        match first {
            true => lines[0].push(2, &[1.0 / p, 0.0, 0.0, 0.0], &[0.0; 2]),
            false => lines[1].push(2, &[1.0 / q, -a / q, -a / q, a * a / q], &[0.0; 2]),
        };
        if y[t as usize].is_some() {
            lines[2].push(2, &[1.0 / r, 0.0, 0.0, 0.0], &[h, 0.0]);
        }
        lines.iter_mut().for_each(|l| l.end_step(2));
    }
    let m = run(1, 1, &lines, &starts).unwrap();
    let chains = GaussianChains { pair: &[a / q], pair_index: None, starts: &starts };
    let (mut pairs, mut z) = ([0.0], 0.0);
    let mut steps = InPlace { width: 2, node: &mut node };
    gaussian_chain::run(1, chains, &mut steps, &mut pairs, &mut z, &mut Scratch::default()).unwrap();
    let mut sum = 0.0;
    for t in 0..40 {
        near("mean", m.means[t], node[2 * t]);
        near("second moment", m.covariances[t] + m.means[t] * m.means[t], node[2 * t + 1]);
        sum += if t == 0 || t == 25 { 0.0 } else { m.cross[t] + m.means[t - 1] * m.means[t] };
    }
    near("neighbours", sum, pairs[0]);
    near("log norm", m.log_norm + 0.5 * rhs, z);
}

/// Two steps back as a chain of its own, against the same in one vector of two.
#[test]
fn two_steps_back() {
    let y: Vec<f64> = (0..9).map(|t| f64::from(t).cos()).collect();
    // Rows of x_t − 1.5 x_{t−1} + 0.5 x_{t−2}, and of what is seen.
    let mut lines: [LineRows; 2] = Default::default();
    lines.iter_mut().for_each(LineRows::clear);
    let mut both: [LineRows; 2] = Default::default();
    both.iter_mut().for_each(LineRows::clear);
    for (t, y) in y.iter().enumerate() {
        let c = if t < 2 { [0.5, 0.0, 0.0] } else { [1e4, -1.5e4, 0.5e4] };
        lines[0].numbers.extend(c.iter().chain(&[0.0]).map(|x| Double::from(*x)));
        lines[1].numbers.extend([1.0, 0.0, 0.0, *y].map(Double::from));
        lines.iter_mut().for_each(|l| l.end_step(3));
        if t % 2 == 1 {
            continue;
        }
        // Steps t and t + 1 as one, the last alone with a second that is fixed.
        let two = if t == 0 { [0.5, 0.0, 0.0, 0.0, 0.0] } else { [1e4, 0.0, 0.5e4, -1.5e4, 0.0] };
        both[0].numbers.extend(two.map(Double::from));
        let next = if t == 0 { [0.0, 0.5, 0.0, 0.0, 0.0] } else { [-1.5e4, 1e4, 0.0, 0.5e4, 0.0] };
        let next = if t == 8 { [0.0, 1.0, 0.0, 0.0, 0.0] } else { next };
        both[0].numbers.extend(next.map(Double::from));
        both[1].numbers.extend([1.0, 0.0, 0.0, 0.0, *y].map(Double::from));
        if t < 8 {
            both[1].numbers.extend([0.0, 1.0, 0.0, 0.0, f64::cos(t as f64 + 1.0)].map(Double::from));
        }
        both.iter_mut().for_each(|l| l.end_step(4));
    }
    let (a, b) = (run(1, 2, &lines, &[0, 9]).unwrap(), run(2, 1, &both, &[0, 5]).unwrap());
    for t in 0..9 {
        near("mean", a.means[t], b.means[t]);
        near("variance", a.covariances[t], b.covariances[t / 2 * 4 + t % 2 * 3]);
    }
    near("log norm", a.log_norm, b.log_norm - 0.5 * std::f64::consts::TAU.ln());
    near("neighbours", a.cross[2 * 3], b.covariances[4 + 1]);
    near("two steps apart", a.cross[2 * 4 + 1], b.cross[4 * 2]);
    near("what is left", a.residuals[0] + 1.0, b.residuals[0]);
}

#[test]
fn what_nobody_determines_is_an_error() {
    let mut lines = level(1.0, 1.0, 1.0, 1.0, &[None, None]);
    lines[0].numbers.clear();
    lines[0].starts.fill(0);
    assert_eq!(run(1, 1, &lines, &[0, 2]).unwrap_err(), GaussianChainError::NotPositive { step: 1 });
}
