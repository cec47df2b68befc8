//! A sparse Gaussian's statistic: the entries, their squares, then arrays of products of two entries, as the factors read them. Not here:
//! which entries meet (`factorize::sparse`), nor the algorithm (`block`).
//!
//! Several places of the statistic may be one product: those of w[i]·w[j] and of w[j]·w[i], or of two factors. Each gets messages of its
//! own; the natural parameter of the product is their sum, and all of them have its moment.

use crate::{
    block::sparse_gaussian::SparseGaussianError,
    factorize::sparse::{NONE, Pattern},
};
use std::sync::Arc;

/// Where things stand in a sparse Gaussian's statistic.
#[derive(Clone, Debug)]
pub struct SparseShape {
    /// The entries and the pairs that are joined.
    pub pattern: Arc<Pattern>,
    /// For each number after the entries: which square or pair it is; [`NONE`] for none.
    pub slots: Vec<u32>,
    /// For each member that is a vector: where the products of its elements' entries start, d × d for each element.
    pub seconds: Vec<Option<usize>>,
}

impl SparseShape {
    /// Entries, squares, and each vector's own products.
    pub fn new(pattern: Arc<Pattern>) -> Self {
        let places = &pattern.places;
        let n = places.len();
        let mut slots: Vec<u32> = (0..n as u32).collect();
        let mut seconds = vec![];
        for (m, &d) in places.each.iter().enumerate() {
            seconds.push((d > 1).then_some(n + slots.len()));
            if d > 1 {
                for first in (places.starts[m]..places.starts[m + 1]).step_by(d) {
                    let row = |a: usize| (first..first + d).map(move |b| (a as u32, b as u32));
                    slots.extend((first..first + d).flat_map(row).map(|(a, b)| pattern.slot(a, b)));
                }
            }
        }
        Self { pattern, slots, seconds }
    }

    /// Entries.
    pub fn entries(&self) -> usize {
        self.pattern.places.len()
    }

    /// Numbers in the statistic.
    pub fn width(&self) -> usize {
        self.entries() + self.slots.len()
    }

    /// Adds an array of products, and says where it starts.
    pub fn push(&mut self, slots: impl IntoIterator<Item = u32>) -> usize {
        let at = self.width();
        self.slots.extend(slots);
        at
    }

    /// η → moments and log normaliser (nats).
    ///
    /// # Errors
    /// If the precision is not positive definite or a parameter not finite, naming the entry.
    pub fn evaluate(&self, eta: &[f64], moments: &mut [f64], log_norm: &mut f64) -> Result<(), SparseGaussianError> {
        let n = self.entries();
        let kernel = &self.pattern.kernel;
        let (mut h, mut second) = (eta[..n].to_vec(), vec![0.0; n + self.pattern.pairs()]);
        for (&slot, x) in self.slots.iter().zip(&eta[n..]).filter(|x| *x.0 != NONE) {
            second[slot as usize] += x;
        }
        let (squares, pairs) = second.split_at_mut(n);
        *log_norm = 0.0;
        kernel.run(&mut h, squares, pairs, log_norm, &mut vec![0.0; kernel.scratch_len()])?;
        moments[..n].copy_from_slice(&h);
        self.spread(&second, moments);
        Ok(())
    }

    /// Moves the means by `by`, the covariances as they are.
    pub fn shift(&self, by: &[f64], moments: &mut [f64]) {
        let n = self.entries();
        let mut second = vec![0.0; n + self.pattern.pairs()];
        for (&slot, x) in self.slots.iter().zip(&moments[n..]).filter(|x| *x.0 != NONE) {
            second[slot as usize] = *x;
        }
        let (squares, pairs) = second.split_at_mut(n);
        let moved = |a: usize, b: usize| moments[a] * by[b] + by[a] * moments[b] + by[a] * by[b];
        squares.iter_mut().enumerate().for_each(|(a, x)| *x += moved(a, a));
        pairs.iter_mut().zip(self.pattern.kernel.pairs()).for_each(|(x, &(a, b))| *x += moved(a as usize, b as usize));
        moments.iter_mut().zip(by).for_each(|(m, b)| *m += b);
        self.spread(&second, moments);
    }

    fn spread(&self, second: &[f64], moments: &mut [f64]) {
        for (x, &slot) in moments[self.entries()..].iter_mut().zip(&self.slots) {
            *x = if slot == NONE { 0.0 } else { second[slot as usize] };
        }
    }

    /// The mean and the covariance (d × d) of the element of a member at `element`, and its entries' number d.
    pub fn element(&self, member: usize, element: usize, moments: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let places = &self.pattern.places;
        let d = places.each[member];
        let first = places.starts[member] + element * d;
        let mean = moments[first..first + d].to_vec();
        let at = self.seconds[member].map_or(self.entries() + first, |s| s + element * d * d);
        let covariance = (0..d * d).map(|i| moments[at + i] - mean[i / d] * mean[i % d]).collect();
        (mean, covariance)
    }
}
