//! Where a long sequence may be cut: at a step whose message does not depend on what came long before it, nor
//! what is wanted of it on what comes long after. Its pieces then go side by side like sequences, or on
//! several threads. Not here: where cuts are tried (the engine), nor the recursion (`lanes`).
//!
//! A message is x P with P the product of the pair tables and weights of the steps before, x ≥ 0 whatever
//! came before these. Where P is a column times a row to the last digits, x P is that row, up to a factor,
//! for every x: the chain has forgotten x (Seneta, Non-negative Matrices and Markov Chains, section 3.3).

use super::{
    error::ChainError,
    padding::{LANES, padded},
    product,
    steps::WeightedSteps,
    tables::PairTables,
};
use crate::num::reduce;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Differences between rows that are no more than rounding.
const ALIKE: f64 = 1e-13;
/// What is left of states that nobody asks for must be no smaller, beside the largest: all are compared digit
/// by digit.
const COMPARED: f64 = 1e-150;
/// Entries that are smaller, beside the largest, are 0 at a cut.
const FLUSHED: f64 = 1e-100;
/// Σ of a message times what is wanted of it, beside the largest of both, must not be smaller, or the piece
/// before the cut says that it was none: what is 0 at the cut could count.
pub(super) const IN_COMMON: f64 = 1e-80;
/// Steps between two looks at whether the past is forgotten.
const LOOK: usize = 8;

/// What a sequence's pieces on both sides of a cut tell each other. Rows of K, padded with zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cut {
    /// The message of the last step before the cut; sums to 1.
    pub(super) ahead: Vec<f64>,
    /// What is wanted of that step by those after the cut; the largest is 1.
    pub(super) back: Vec<f64>,
}

/// Looks for a cut between steps `at − 1` and `at` of one sequence, of which no more than the steps `within`
/// are looked at. `None` where these do not forget enough. Also says how many steps were looked at: each
/// costs K times as much as its message.
///
/// # Errors
/// As `WeightedSteps::weights`.
pub fn cut(
    tables: &PairTables,
    index: Option<&[u32]>,
    at: usize,
    within: Range<usize>,
    steps: &mut dyn WeightedSteps,
) -> Result<(Option<Cut>, usize), ChainError> {
    let (ahead, before) = Window::new(tables, index).before(at, within.start + 1, steps)?;
    let Some(ahead) = ahead else { return Ok((None, before)) };
    let (back, after) = Window::new(tables, index).after(at, within.end, steps)?;
    Ok((back.map(|back| Cut { ahead, back }), before + after))
}

/// A product of steps' tables and weights. Its rows are the states that are asked about, its columns those at
/// the far end, by which it grows.
struct Window<'a> {
    tables: &'a PairTables,
    index: Option<&'a [u32]>,
    /// K rows of padded numbers, and room for as many.
    product: Vec<f64>,
    next: Vec<f64>,
    /// What the next weights are multiplied by, so that the product stays near 1.
    scale: f64,
    weights: Vec<f64>,
}

impl<'a> Window<'a> {
    fn new(tables: &'a PairTables, index: Option<&'a [u32]>) -> Self {
        let (k, kp) = (tables.k, padded(tables.k));
        let mut product = vec![0.0; k * kp];
        (0..k).for_each(|i| product[i * kp + i] = 1.0);
        Self { tables, index, next: product.clone(), product, scale: 1.0, weights: vec![0.0; LOOK * kp] }
    }

    /// The message of step `at − 1` from the steps from `first` on, the earliest of which has one before it.
    fn before(
        mut self,
        at: usize,
        first: usize,
        steps: &mut dyn WeightedSteps,
    ) -> Result<(Option<Vec<f64>>, usize), ChainError> {
        let kp = padded(self.tables.k);
        let mut weights = std::mem::take(&mut self.weights);
        let mut hi = at;
        while hi > first {
            let lo = hi.saturating_sub(LOOK).max(first);
            steps.weights(lo..hi, &mut weights[..(hi - lo) * kp])?;
            for t in (lo..hi).rev() {
                self.grow(t, Some(&weights[(t - lo) * kp..][..kp]), &self.tables.back);
            }
            if let Some(mut message) = self.rank_one() {
                let sum: f64 = message.iter().sum();
                message.iter_mut().for_each(|x| *x /= sum);
                return Ok((Some(message), at - lo));
            }
            hi = lo;
        }
        Ok((None, at - hi))
    }

    /// What is wanted of step `at − 1` from the steps before `end`. The weight of the last of them is left
    /// out: it might hide states from the comparison.
    fn after(
        mut self,
        at: usize,
        end: usize,
        steps: &mut dyn WeightedSteps,
    ) -> Result<(Option<Vec<f64>>, usize), ChainError> {
        let kp = padded(self.tables.k);
        let (mut weights, mut last) = (std::mem::take(&mut self.weights), vec![]);
        let mut lo = at;
        while lo < end {
            let hi = (lo + LOOK).min(end);
            steps.weights(lo..hi, &mut weights[..(hi - lo) * kp])?;
            for (t, row) in (lo..hi).zip(weights.chunks_exact(kp)) {
                self.grow(t, (t > at).then_some(last.as_slice()), &self.tables.ahead);
                last.clear();
                last.extend_from_slice(row);
            }
            if let Some(mut wanted) = self.rank_one() {
                let top = reduce::max(&wanted);
                wanted.iter_mut().for_each(|x| *x /= top);
                return Ok((Some(wanted), hi - at));
            }
            lo = hi;
        }
        Ok((None, lo - at))
    }

    /// Multiplies the columns by a step's weights, and the product by the table that leads into step `t`.
    fn grow(&mut self, t: usize, weights: Option<&[f64]>, blocks: &[[f64; LANES]]) {
        let (k, kp) = (self.tables.k, padded(self.tables.k));
        let square = kp * kp / LANES;
        let table = &blocks[self.index.map_or(0, |index| index[t] as usize) * square..][..square];
        let Self { product, next, scale, .. } = self;
        pulp::Arch::new().dispatch(Grow { k, product, next, weights, scale: *scale, table });
        let sum = reduce::sum(next);
        *scale = 1.0 / sum;
        std::mem::swap(product, next);
    }

    /// The product's column, padded, if it is one times a row.
    fn rank_one(&self) -> Option<Vec<f64>> {
        let (k, kp) = (self.tables.k, padded(self.tables.k));
        let (mut column, mut row) = (vec![0.0; kp], vec![0.0; kp]);
        for (x, r) in self.product.chunks_exact(kp).zip(&mut column) {
            *r = reduce::sum(x);
            row.iter_mut().zip(x).for_each(|(c, x)| *c += x);
        }
        let (top, total) = (reduce::max(&column), reduce::sum(&column));
        let least = COMPARED * reduce::max(&row);
        if !row[..k].iter().all(|x| *x >= least) {
            return None;
        }
        for (x, r) in self.product.chunks_exact(kp).zip(&mut column) {
            if *r < FLUSHED * top {
                *r = 0.0;
            } else if !x.iter().zip(&row).all(|(x, c)| (x - *r / total * c).abs() <= ALIKE * x) {
                return None;
            }
        }
        Some(column)
    }
}

/// next = product · diag(weights · scale) · table.
struct Grow<'a> {
    k: usize,
    product: &'a mut [f64],
    next: &'a mut [f64],
    weights: Option<&'a [f64]>,
    scale: f64,
    table: &'a [[f64; LANES]],
}

impl WithSimd for Grow<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        /// Rows at a time.
        const ROWS: usize = 4;
        let Self { k, product, next, weights, scale, table } = self;
        let kp = padded(k);
        if let Some(weights) = weights {
            for row in product.chunks_exact_mut(kp) {
                row.iter_mut().zip(weights).for_each(|(x, w)| *x *= w * scale);
            }
        }
        let whole = k / ROWS * ROWS;
        for r in (0..whole).step_by(ROWS) {
            product::times::<S, ROWS>(simd, k, &product[r * kp..], table, &mut next[r * kp..]);
        }
        for r in whole..k {
            product::times::<S, 1>(simd, k, &product[r * kp..], table, &mut next[r * kp..]);
        }
    }
}
