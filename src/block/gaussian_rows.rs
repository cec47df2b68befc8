//! Chains of Gaussian vectors as a least-squares problem: rows in, moments, log norm and what is left of each
//! line out, with some 30 digits on the way. For chains whose precisions are too far apart to be summed in
//! one `f64`. Knows nothing of graphs. Not here: the kernel that sums them, which is faster by far
//! (`gaussian_chain`).
//!
//! Every line of the model (a transition, an observation, a first step) says that some combinations of a few
//! neighbouring steps are some numbers, with unit spread: rows c·x = b. The exponent is −½ Σ (c·x − b)². Rows
//! are rotated into a triangle step by step (Givens; Golub and Van Loan, section 5.1.8), the oldest step of
//! the triangle is set aside, and means and covariances come back from the last step by substitution
//! (Bierman, "Factorization Methods for Discrete Sequential Estimation" (1977), chapters V and X). No two
//! matrices are subtracted: a level that nobody sees for hundreds of steps, or that is known to twenty
//! digits, keeps all of its own. What is left of a row's right side after rotation is its share of the
//! residual, so log norms of y² · 10²⁰ never stand there to cancel.

use super::gaussian_chain::GaussianChainError;
use crate::num::double::Double;

/// Of a matrix that is a sum of a few products: a pivot smaller than this share of what stood there, for each
/// row, is rounding.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// Of sums of products in two `f64`s each: how much of the sum without signs is rounding.
const DOUBLE_ROUNDING: f64 = 1e-31;

/// How large the rounding of what is left of a row may be: it is at most 1, and the mean's part.
const UNSEEN: f64 = 1e-11;

/// The rows of one line of the model, step after step. A row has (lags + 1) · q numbers, those of its own
/// step first, then those of each step before, and its right side.
#[derive(Clone, Debug, Default)]
pub struct LineRows {
    /// Where each step's rows start, counted in rows, and their number at the end.
    pub starts: Vec<usize>,
    /// All rows.
    pub numbers: Vec<Double>,
}

impl LineRows {
    /// No steps.
    pub fn clear(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        self.numbers.clear();
    }

    /// Adds a step's rows: the factor of its precision `gram` (n × n, n the numbers of some neighbouring
    /// steps), with its linear term `h`. A pivot that is no more than rounding is none: what a line says of
    /// fewer combinations than it names leaves exactly such pivots.
    ///
    /// Returns whether they say all that is given.
    pub fn push(&mut self, n: usize, gram: &[f64], h: &[f64]) -> bool {
        let whole = |i: usize| gram[i * n + i];
        let said = |i: usize| whole(i) >= 0.0 && whole(i).is_finite() && h[i].is_finite();
        if (0..n).any(|i| !said(i) || whole(i) == 0.0 && h[i] != 0.0) {
            return false;
        }
        let mut rest: Vec<Double> = gram.iter().map(|x| (*x).into()).collect();
        let mut side: Vec<Double> = h.iter().map(|x| (*x).into()).collect();
        let mut left: Vec<usize> = (0..n).filter(|i| whole(*i) > 0.0).collect();
        loop {
            // What is least rounded comes first; where equal, the step's own numbers.
            let share = |i: usize| rest[i * n + i].high / whole(i);
            let next = (0..left.len()).rev().max_by(|&a, &b| share(left[a]).total_cmp(&share(left[b])));
            let Some(at) = next.filter(|&at| share(left[at]) > ROUNDING * n as f64) else { return true };
            let j = left.remove(at);
            let pivot = square_root(rest[j * n + j]);
            let from = self.numbers.len();
            self.numbers.resize(from + n + 1, Double::default());
            let row = &mut self.numbers[from..];
            left.iter().for_each(|&k| row[k] = rest[j * n + k] / pivot);
            (row[j], row[n]) = (pivot, side[j] / pivot);
            for &a in &left {
                side[a] = side[a] - row[a] * row[n];
                left.iter().for_each(|&b| rest[a * n + b] = rest[a * n + b] - row[a] * row[b]);
            }
        }
    }

    /// Ends a step.
    pub fn end_step(&mut self, n: usize) {
        self.starts.push(self.numbers.len() / (n + 1));
    }

    fn of_step(&self, n: usize, t: usize) -> impl Iterator<Item = &[Double]> {
        self.numbers[self.starts[t] * (n + 1)..self.starts[t + 1] * (n + 1)].chunks_exact(n + 1)
    }
}

/// Moments of steps, and what is left of lines.
#[derive(Debug, Default)]
pub struct RowMoments {
    /// E x of each step.
    pub means: Vec<f64>,
    /// Cov x of each step, q × q.
    pub covariances: Vec<f64>,
    /// Cov(x_{t−l}, x_t) of each step for l = 1, 2, … lags, `[from][to]`; 0 where there is no such step.
    pub cross: Vec<f64>,
    /// ln ∫ exp(−½ Σ (c·x − b)²) dx of all sequences, in nats.
    pub log_norm: f64,
    /// Σ E(c·x − b)² of each line.
    pub residuals: Vec<f64>,
    /// Σ |E c·x − b| (Σ |c E x| + |b|) of each line: how much a share of its numbers that rounding takes
    /// moves it.
    pub sizes: Vec<f64>,
    /// The largest product of a step's variance with the precisions that stand at it in the rows: how many
    /// times over the digits of a sum of these are lost.
    pub condition: f64,
}

/// All sequences of vectors of `q` numbers, whose rows reach `lags` ≥ 1 steps back; `starts` says where each
/// sequence starts, and the end.
///
/// # Errors
/// A step that no row determines, or that is not finite.
pub fn run(
    q: usize,
    lags: usize,
    lines: &[LineRows],
    starts: &[u32],
) -> Result<RowMoments, GaussianChainError> {
    let steps = starts.last().map_or(0, |e| *e as usize);
    let mut out = RowMoments {
        means: vec![0.0; steps * q],
        covariances: vec![0.0; steps * q * q],
        cross: vec![0.0; steps * lags * q * q],
        residuals: vec![0.0; lines.len()],
        sizes: vec![0.0; lines.len()],
        ..RowMoments::default()
    };
    for ends in starts.windows(2).filter(|w| w[0] < w[1]) {
        let sequence = Sequence { q, lags, lines, lo: ends[0] as usize, hi: ends[1] as usize };
        let steps = sequence.forward(&mut out)?;
        sequence.back(&steps, &mut out)?;
    }
    Ok(out)
}

/// One sequence.
struct Sequence<'a> {
    q: usize,
    lags: usize,
    lines: &'a [LineRows],
    lo: usize,
    hi: usize,
}

impl Sequence<'_> {
    /// Numbers of the steps that a row names.
    fn n(&self) -> usize {
        (self.lags + 1) * self.q
    }

    /// Where the number `i` of a row, own step first, stands where the oldest step is first.
    fn oldest_first(&self, i: usize) -> usize {
        (self.lags - i / self.q) * self.q + i % self.q
    }

    /// The triangle's rows of each step, q × (n + 1), in the numbers of the step and those after it.
    fn forward(&self, out: &mut RowMoments) -> Result<Vec<Double>, GaussianChainError> {
        let (q, n) = (self.q, self.n());
        let (w, zero) = (n + 1, Double::default());
        let mut triangle = vec![zero; n * w];
        let mut kept = Vec::with_capacity((self.hi - self.lo) * q * w);
        let mut row = vec![zero; w];
        let (mut left, mut log_det) = (zero, 0.0);
        for t in self.lo..self.hi + self.lags {
            for numbers in self.lines.iter().filter(|_| t < self.hi).flat_map(|l| l.of_step(n, t)) {
                numbers[..n].iter().enumerate().for_each(|(i, c)| row[self.oldest_first(i)] = *c);
                row[n] = numbers[n];
                if rotate_in(w, &mut triangle, &mut row) {
                    left = left + row[n] * row[n];
                }
            }
            if t >= self.lo + self.lags {
                for i in 0..q {
                    let pivot = triangle[i * w + i].high.abs();
                    if !pivot.is_finite() {
                        return Err(GaussianChainError::NotFinite { step: t - self.lags });
                    }
                    if pivot == 0.0 {
                        return Err(GaussianChainError::NotPositive { step: t - self.lags });
                    }
                    log_det += pivot.ln();
                }
                kept.extend_from_slice(&triangle[..q * w]);
            }
            // The next step comes in at the end.
            for i in 0..n - q {
                for j in 0..n - q {
                    triangle[i * w + j] = triangle[(i + q) * w + j + q];
                }
                (n - q..n).for_each(|j| triangle[i * w + j] = zero);
                triangle[i * w + n] = triangle[(i + q) * w + n];
            }
            triangle[(n - q) * w..].fill(zero);
        }
        let steps = (self.hi - self.lo) as f64;
        out.log_norm += 0.5 * steps * q as f64 * std::f64::consts::TAU.ln() - log_det - 0.5 * left.rounded();
        Ok(kept)
    }

    /// Moments of each step from those of the steps after it, and what is left of rows whose oldest step it
    /// is.
    fn back(&self, kept: &[Double], out: &mut RowMoments) -> Result<(), GaussianChainError> {
        let (q, n, lags) = (self.q, self.n(), self.lags);
        let (w, zero) = (n + 1, Double::default());
        // Of a step and those after it, the step first.
        let (mut mean, mut covariance) = (vec![zero; n], vec![zero; n * n]);
        let (mut next_mean, mut next) = (vec![zero; n], vec![zero; n * n]);
        let mut gain = vec![zero; q * n];
        for s in (self.lo..self.hi).rev() {
            let rows = &kept[(s - self.lo) * q * w..][..q * w];
            // R⁻¹ of the step's own triangle, then the gain −R⁻¹ S toward later steps.
            let mut own = vec![zero; q * q];
            for c in 0..q {
                for i in (0..=c).rev() {
                    let one = if i == c { Double::from(1.0) } else { zero };
                    let sum = (i + 1..=c).fold(one, |sum, k| sum - rows[i * w + k] * own[k * q + c]);
                    own[i * q + c] = sum / rows[i * w + i];
                }
            }
            let solved = |i: usize, column: usize| {
                (i..q).fold(zero, |sum, k| sum + own[i * q + k] * rows[k * w + column])
            };
            for i in 0..q {
                (q..n).for_each(|j| gain[i * n + j] = -solved(i, j));
                let later = (q..n).fold(zero, |sum, j| sum + gain[i * n + j] * mean[j - q]);
                next_mean[i] = solved(i, n) + later;
            }
            next_mean[q..].copy_from_slice(&mean[..n - q]);
            let at = |a: usize, b: usize| covariance[(a - q) * n + b - q];
            for i in 0..q {
                for j in q..n {
                    let x = (q..n).fold(zero, |sum, k| sum + gain[i * n + k] * at(k, j));
                    (next[i * n + j], next[j * n + i]) = (x, x);
                }
            }
            for i in 0..q {
                for j in i..q {
                    let spread = (j..q).fold(zero, |sum, k| sum + own[i * q + k] * own[j * q + k]);
                    let x = (q..n).fold(spread, |sum, k| sum + next[i * n + k] * gain[j * n + k]);
                    (next[i * n + j], next[j * n + i]) = (x, x);
                }
            }
            (q..n).for_each(|i| (q..n).for_each(|j| next[i * n + j] = at(i, j)));
            std::mem::swap(&mut mean, &mut next_mean);
            std::mem::swap(&mut covariance, &mut next);
            for i in 0..q {
                out.means[s * q + i] = mean[i].rounded();
                for j in 0..q {
                    let x = covariance[i * n + j].rounded();
                    if !x.is_finite() || i == j && x <= 0.0 {
                        return Err(GaussianChainError::NotFinite { step: s });
                    }
                    out.covariances[(s * q + i) * q + j] = x;
                }
            }
            for l in 1..=lags.min(self.hi - 1 - s) {
                let to = &mut out.cross[((s + l) * lags + l - 1) * q * q..][..q * q];
                for (i, to) in to.iter_mut().enumerate() {
                    *to = covariance[i / q * n + l * q + i % q].rounded();
                }
            }
            let read =
                if s == self.lo { s..self.hi.min(s + lags + 1) } else { s + lags..self.hi.min(s + lags + 1) };
            for t in read {
                self.left(t, t - s, &mean, &covariance, out);
            }
        }
        Ok(())
    }

    /// Adds E(c·x − b)² of the rows of step `t`, which stands `at` steps after the first of these moments.
    ///
    /// The spread of a row is at most its own, 1, and 1 where nothing else is known of what it speaks of.
    /// Where that is so much less known that its moments have no digits of the row, that is what is left of
    /// it.
    fn left(&self, t: usize, at: usize, mean: &[Double], covariance: &[Double], out: &mut RowMoments) {
        let (q, n) = (self.q, self.n());
        let mut named: Vec<(usize, Double)> = vec![];
        for (line, rows) in self.lines.iter().enumerate() {
            let mut sum = Double::default();
            for row in rows.of_step(n, t) {
                named.clear();
                let numbers = row[..n].iter().enumerate().filter(|(i, c)| c.high != 0.0 && i / q <= at);
                named.extend(numbers.map(|(i, c)| ((at - i / q) * q + i % q, *c)));
                let (mut error, mut size) = (-row[n], 0.0);
                for &(i, c) in &named {
                    let part = c * mean[i];
                    (error, size) = (error + part, size + part.high.abs());
                }
                if size * DOUBLE_ROUNDING < UNSEEN {
                    sum = sum + error * error;
                    out.sizes[line] += error.high.abs() * (size + row[n].high.abs());
                }
                let (mut spread, mut size) = (Double::default(), 0.0);
                for &(i, c) in &named {
                    for &(j, d) in &named {
                        let part = c * d * covariance[i * n + j];
                        (spread, size) = (spread + part, size + part.high.abs());
                    }
                    let share = c * c * covariance[i * n + i];
                    out.condition = out.condition.max(share.high);
                }
                sum = sum + if size * DOUBLE_ROUNDING < UNSEEN { spread } else { 1.0.into() };
            }
            out.residuals[line] += sum.rounded();
        }
    }
}

/// Rotates a row into a triangle, rows of `w` numbers of which the last is the right side; `row` is written
/// over. True if something of its right side is left.
fn rotate_in(w: usize, triangle: &mut [Double], row: &mut [Double]) -> bool {
    let zero = Double::default();
    for j in 0..w - 1 {
        if row[j] == zero {
            continue;
        }
        let of = &mut triangle[j * w..(j + 1) * w];
        if of[j] == zero {
            of.copy_from_slice(row);
            return false;
        }
        let size = hypotenuse(of[j], row[j]);
        let (c, s) = (of[j] / size, row[j] / size);
        for k in j..w {
            let (a, b) = (of[k], row[k]);
            of[k] = c * a + s * b;
            row[k] = c * b - s * a;
        }
        row[j] = zero;
    }
    true
}

/// √(a² + b²).
fn hypotenuse(a: Double, b: Double) -> Double {
    let scale = a.high.abs().max(b.high.abs());
    // A power of two scales without rounding.
    let by = Double::from(2f64.powi(scale.log2().floor().clamp(-1000.0, 1000.0) as i32));
    let (a, b) = (a / by, b / by);
    square_root(a * a + b * b) * by
}

fn square_root(x: Double) -> Double {
    let near = Double::from(x.high.sqrt());
    near + (x - near * near) / (near + near)
}

#[cfg(test)]
#[path = "gaussian_rows_tests.rs"]
mod tests;
