//! One Gaussian over all entries of all members, of which few pairs are kept: entries, their squares, then
//! arrays of products of two entries, as the factors read them. Not here: which entries meet
//! (`factorize::sparse`), nor the algorithm (`sparse_gaussian`).
//!
//! Several places of the statistic may be one product: those of `w[i]·w[j]` and of `w[j]·w[i]`, or of two
//! factors. Each gets messages of its own; the natural parameter of the product is their sum, and all of them
//! have its moment.

use super::{dense::FAR, vector::natural};
use crate::{
    block::{
        element::{Failure, Which},
        example::{self, BlockKind, Example},
        marginal::{Law, Marginal},
        portable::{self, Portable},
        shape::{BlockShape, Entry},
        sparse_gaussian::{PatternError, SparseGaussian},
    },
    expfam::family::Family,
    num::stream::Stream,
};
use serde_json::json;
use std::sync::Arc;

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "sparse Gaussian",
    doc: "Gaussians of which few pairs meet: one sparse factor for all",
    examples: || {
        let shape = example_shape();
        let n = shape.entries();
        let number = |i: usize| match i {
            _ if i < n => 2.0 * example::number(i),
            _ if i < 2 * n => -3.0 + example::number(i),
            _ => 0.3 * example::number(i),
        };
        let eta = (0..shape.width()).map(number).collect();
        vec![Example { shape: Box::new(shape), eta, along: None }]
    },
    restore: Some(|layout, pairs| {
        let families: Option<_> = layout["families"].as_array()?.iter().map(portable::family_named).collect();
        let sizes: Option<_> = layout["sizes"].as_array()?.iter().map(portable::numbers).collect();
        let places = Places {
            starts: portable::numbers(&layout["starts"])?,
            sizes: sizes?,
            each: portable::numbers(&layout["each"])?,
        };
        let pattern = Pattern::new(places, pairs.to_vec(), usize::MAX).ok()?;
        let mut shape = SparseShape::new(Arc::new(pattern), families?);
        let (n, all) = (shape.entries(), shape.pattern.pairs());
        shape.push((n..n + all).map(|slot| slot as u32));
        Some(Box::new(shape))
    }),
};

/// Five variables of two kinds, with products that are asked for twice, a square, and a pair that is not joined.
fn example_shape() -> SparseShape {
    // Three scalars and two vectors of two: a scalar meets a vector's entry, scalars meet in a row.
    let places = Places { starts: vec![0, 3, 7], sizes: vec![vec![3], vec![2]], each: vec![1, 2] };
    let met = [(0, 1), (1, 2), (0, 3), (2, 5), (3, 4), (5, 6)];
    let mut pairs: Vec<u64> = met.iter().map(|&(a, b)| Pattern::key(a, b)).collect();
    pairs.sort_unstable();
    let pattern = Pattern::new(places, pairs, 100).expect("a small pattern");
    let families = vec![example::family("Normal").0, example::family("MvNormal").0];
    let mut shape = SparseShape::new(Arc::new(pattern), families);
    // The same products again, as other factors would ask for them; a square; and none.
    let slots = |list: &[(u32, u32)], s: &SparseShape| -> Vec<u32> {
        list.iter().map(|&(a, b)| s.pattern.slot(a, b)).collect()
    };
    let again = slots(&[(1, 0), (3, 0), (4, 4), (0, 6), (2, 5)], &shape);
    shape.push(again);
    shape
}

/// No pair, or no element.
pub const NONE: u32 = u32::MAX;

/// Where each member's entries stand: one member after the other, each row-major over its plates, then its
/// own axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// First entry of each member, and their number.
    pub starts: Vec<usize>,
    /// Sizes of each member's plates.
    pub sizes: Vec<Vec<usize>>,
    /// Entries of one element of each member: the length of a vector.
    pub each: Vec<usize>,
}

impl Places {
    /// How many entries.
    pub fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries between neighbours along each of a member's plates.
    pub fn strides(&self, member: usize) -> Vec<usize> {
        let sizes = &self.sizes[member];
        (0..sizes.len()).map(|i| sizes[i + 1..].iter().product::<usize>() * self.each[member]).collect()
    }
}

/// The entries, the pairs of them that are joined, and the algorithm.
#[derive(Debug)]
pub struct Pattern {
    /// Its entries.
    pub places: Places,
    /// Its algorithm.
    pub kernel: SparseGaussian,
    /// The pairs, ascending: the first entry in the upper half.
    pairs: Vec<u64>,
}

impl Pattern {
    /// Of pairs as [`Pattern::key`] writes them, ascending, each once.
    ///
    /// # Errors
    /// The factor would have more entries than `most`.
    pub fn new(places: Places, pairs: Vec<u64>, most: usize) -> Result<Self, PatternError> {
        let list: Vec<(u32, u32)> = pairs.iter().map(|p| ((p >> 32) as u32, *p as u32)).collect();
        let kernel = SparseGaussian::new(places.len(), &list, most)?;
        Ok(Self { places, kernel, pairs })
    }

    /// A pair of entries as one number.
    pub fn key(a: usize, b: usize) -> u64 {
        ((a.min(b) as u64) << 32) | a.max(b) as u64
    }

    /// Where the product of two entries stands: squares first, by entry, then the pairs.
    pub fn slot(&self, a: u32, b: u32) -> u32 {
        if a == NONE || b == NONE {
            return NONE;
        }
        if a == b {
            return a;
        }
        match self.pairs.binary_search(&Self::key(a as usize, b as usize)) {
            Ok(at) => (self.places.len() + at) as u32,
            Err(_) => NONE,
        }
    }

    /// How many pairs.
    pub fn pairs(&self) -> usize {
        self.pairs.len()
    }
}

/// A sparse Gaussian, with the products that its statistic holds.
#[derive(Clone, Debug)]
pub struct SparseShape {
    /// The entries and the pairs that are joined.
    pub pattern: Arc<Pattern>,
    /// For each number after the entries: which square or pair it is; [`NONE`] for none.
    slots: Vec<u32>,
    /// For each member that is a vector: where the products of its elements' entries start, d × d for each
    /// element.
    pub seconds: Vec<Option<usize>>,
    /// The family of each member's elements.
    families: Vec<&'static dyn Family>,
}

impl SparseShape {
    /// Entries, squares, and each vector's own products.
    pub fn new(pattern: Arc<Pattern>, families: Vec<&'static dyn Family>) -> Self {
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
        Self { pattern, slots, seconds, families }
    }

    /// Entries.
    pub fn entries(&self) -> usize {
        self.pattern.places.len()
    }

    /// Adds an array of products, and says where it starts.
    pub fn push(&mut self, slots: impl IntoIterator<Item = u32>) -> usize {
        let at = self.width();
        self.slots.extend(slots);
        at
    }

    /// Natural parameters of squares, then of pairs, each the sum of its places'.
    fn gathered(&self, eta: &[f64]) -> Vec<f64> {
        let n = self.entries();
        let mut second = vec![0.0; n + self.pattern.pairs()];
        for (&slot, x) in self.slots.iter().zip(&eta[n..]).filter(|x| *x.0 != NONE) {
            second[slot as usize] += x;
        }
        second
    }

    /// Moves the means by `by`, the covariances as they are.
    fn shift(&self, by: &[f64], moments: &mut [f64]) {
        let n = self.entries();
        let mut second = vec![0.0; n + self.pattern.pairs()];
        for (&slot, x) in self.slots.iter().zip(&moments[n..]).filter(|x| *x.0 != NONE) {
            second[slot as usize] = *x;
        }
        let (squares, pairs) = second.split_at_mut(n);
        let moved = |a: usize, b: usize| moments[a] * by[b] + by[a] * moments[b] + by[a] * by[b];
        squares.iter_mut().enumerate().for_each(|(a, x)| *x += moved(a, a));
        pairs
            .iter_mut()
            .zip(self.pattern.kernel.pairs())
            .for_each(|(x, &(a, b))| *x += moved(a as usize, b as usize));
        moments.iter_mut().zip(by).for_each(|(m, b)| *m += b);
        self.spread(&second, moments);
    }

    fn spread(&self, second: &[f64], moments: &mut [f64]) {
        for (x, &slot) in moments[self.entries()..].iter_mut().zip(&self.slots) {
            *x = if slot == NONE { 0.0 } else { second[slot as usize] };
        }
    }

    /// The mean and the covariance (d × d) of the element of a member at `element`, and its entries' number
    /// d.
    fn element(&self, member: usize, element: usize, moments: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let places = &self.pattern.places;
        let d = places.each[member];
        let first = places.starts[member] + element * d;
        let mean = moments[first..first + d].to_vec();
        let at = self.seconds[member].map_or(self.entries() + first, |s| s + element * d * d);
        let covariance = (0..d * d).map(|i| moments[at + i] - mean[i / d] * mean[i % d]).collect();
        (mean, covariance)
    }
}

fn failure(why: String) -> Failure {
    Failure { element: 0, impossible: false, why }
}

impl BlockShape for SparseShape {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.entries() + self.slots.len()
    }

    fn describe(&self) -> String {
        let (pairs, fill) = (self.pattern.pairs(), self.pattern.kernel.fill());
        let s = if pairs == 1 { "" } else { "s" };
        format!("sparse Gaussian of dimension {}, {pairs} pair{s} joined, {fill} of fill", self.entries())
    }

    fn work(&self, elements: usize) -> f64 {
        self.pattern.kernel.cost() * elements as f64
    }

    fn evaluate(
        &self,
        _: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        let n = self.entries();
        let kernel = &self.pattern.kernel;
        let (mut h, mut second) = (eta[..n].to_vec(), self.gathered(eta));
        let (squares, pairs) = second.split_at_mut(n);
        log_norm[0] = 0.0;
        let mut scratch = vec![0.0; kernel.scratch_len()];
        let done = kernel.run(&mut h, squares, pairs, &mut log_norm[0], &mut scratch);
        done.map_err(|e| failure(e.to_string()))?;
        moments[..n].copy_from_slice(&h);
        self.spread(&second, moments);
        Ok(())
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn members(&self) -> usize {
        self.families.len()
    }

    fn marginal(&self, member: usize, _: Which<'_>, eta: &[f64], moments: &[f64]) -> Marginal {
        let places = &self.pattern.places;
        let d = places.each[member];
        let mut numbers = vec![];
        let n = self.entries();
        let far = |i: usize| moments[i] * moments[i] > FAR * (moments[n + i] - moments[i] * moments[i]);
        // Without the means, second moments are covariances.
        let about = (0..n).any(far).then(|| {
            let (mut still, mut about) = (eta.to_vec(), vec![0.0; moments.len()]);
            still[..n].fill(0.0);
            self.evaluate(Which::From(0), &still, &mut about, &mut [0.0]).ok().map(|()| about)
        });
        let about = about.flatten();
        for element in 0..(places.starts[member + 1] - places.starts[member]) / d {
            let (mean, mut covariance) = self.element(member, element, moments);
            if let Some(about) = &about {
                covariance = self.element(member, element, about).1;
            }
            natural(&mean, |a, b| covariance[a * d + b], &mut numbers);
        }
        Marginal { law: Law::Family(self.families[member], d), width: d + d * d, numbers }
    }

    /// Of two entries that are not joined, from a solve of their own.
    fn covariance(&self, of: [Entry; 2], eta: &[f64], moments: &[f64]) -> f64 {
        let n = self.entries();
        let [a, b] = of.map(|e| self.pattern.places.starts[e.member] + e.entry);
        let slot = self.pattern.slot(a as u32, b as u32);
        if let Some(at) = self.slots.iter().position(|s| *s == slot && slot != NONE) {
            return moments[n + at] - moments[a] * moments[b];
        }
        // With the vector that has 1 at one of them in place of h, the mean is that column of the covariance.
        let (mut column, mut second) = (vec![0.0; n], self.gathered(eta));
        column[a] = 1.0;
        let (squares, pairs) = second.split_at_mut(n);
        let kernel = &self.pattern.kernel;
        let mut scratch = vec![0.0; kernel.scratch_len()];
        match kernel.run(&mut column, squares, pairs, &mut 0.0, &mut scratch) {
            Ok(()) => column[b],
            Err(_) => f64::NAN,
        }
    }

    fn means(&self, member: usize, _: &[f64], moments: &[f64]) -> Vec<f64> {
        let starts = &self.pattern.places.starts;
        moments[starts[member]..starts[member + 1]].to_vec()
    }

    fn nudge(&self, random: &mut Stream, moments: &mut [f64]) {
        let n = self.entries();
        let spread = |i: usize| (moments[n + i] - moments[i] * moments[i]).max(0.0).sqrt().min(1.0);
        let by: Vec<f64> = (0..n).map(|i| spread(i) * random.normal()).collect();
        self.shift(&by, moments);
    }

    fn draw(
        &self,
        _: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        let n = self.entries();
        let (second, kernel) = (self.gathered(eta), &self.pattern.kernel);
        let (mut x, mut scratch) = (vec![0.0; n], vec![0.0; kernel.scratch_len()]);
        let parameters = [&eta[..n], &second[..n], &second[n..]];
        kernel.draw(parameters, random, &mut x, &mut scratch).map_err(|e| failure(e.to_string()))?;
        let starts = &self.pattern.places.starts;
        out.iter_mut().zip(starts.windows(2)).for_each(|(o, w)| o.extend_from_slice(&x[w[0]..w[1]]));
        Ok(())
    }

    fn portable(&self, eta: &[f64]) -> Option<Portable> {
        let places = &self.pattern.places;
        let families: Vec<&str> = self.families.iter().map(|f| f.name()).collect();
        let layout = json!({
            "starts": places.starts, "sizes": places.sizes, "each": places.each, "families": families,
        });
        // Entries, their squares, nothing in the products of vectors' own entries, then every pair once.
        let (n, second) = (self.entries(), self.gathered(eta));
        let own: usize = (0..places.each.len())
            .filter(|&m| places.each[m] > 1)
            .map(|m| (places.starts[m + 1] - places.starts[m]) * places.each[m])
            .sum();
        let mut numbers = [&eta[..n], &second[..n]].concat();
        numbers.resize(2 * n + own, 0.0);
        numbers.extend_from_slice(&second[n..]);
        Some(Portable { layout, pairs: self.pattern.pairs.clone(), eta: numbers })
    }

    fn entry(&self, member: usize, number: usize) -> Option<usize> {
        Some(self.pattern.places.starts.get(member)? + number)
    }

    fn middle(&self, moments: &[f64], entry: usize) -> f64 {
        moments[entry]
    }

    /// With the vector that has 1 at the entry in place of h, the mean is that column of the covariance.
    fn spread(&self, eta: &[f64], _: &[f64], entry: usize) -> Vec<f64> {
        let n = self.entries();
        let (mut column, mut second) = (vec![0.0; n], self.gathered(eta));
        column[entry] = 1.0;
        let (squares, pairs) = second.split_at_mut(n);
        let kernel = &self.pattern.kernel;
        let mut scratch = vec![0.0; kernel.scratch_len()];
        match kernel.run(&mut column, squares, pairs, &mut 0.0, &mut scratch) {
            Ok(()) => column,
            Err(_) => vec![f64::NAN; n],
        }
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let (n, x) = (self.entries(), values.concat());
        let square = |a: usize| x[a] * x[a];
        let pair = |&(a, b): &(u32, u32)| x[a as usize] * x[b as usize];
        let second: Vec<f64> =
            (0..n).map(square).chain(self.pattern.kernel.pairs().iter().map(pair)).collect();
        out[..n].copy_from_slice(&x);
        self.spread(&second, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expfam::family::entropy;

    fn example() -> (SparseShape, Vec<f64>) {
        let shape = example_shape();
        assert!(shape.slots.contains(&NONE));
        (shape, (KIND.examples)().remove(0).eta)
    }

    fn evaluated(shape: &SparseShape, eta: &[f64]) -> (Vec<f64>, f64) {
        let (mut m, mut z) = (vec![f64::NAN; eta.len()], [f64::NAN]);
        shape.evaluate(Which::From(0), eta, &mut m, &mut z).unwrap();
        (m, z[0])
    }

    #[test]
    fn the_entropy_is_that_of_a_dense_gaussian() {
        let (shape, eta) = example();
        let (moments, z) = evaluated(&shape, &eta);
        let n = shape.entries();
        let mut precision = nalgebra::DMatrix::<f64>::zeros(n, n);
        for (&slot, x) in shape.slots.iter().zip(&eta[n..]).filter(|x| *x.0 != NONE) {
            let slot = slot as usize;
            let (a, b) = if slot < n {
                (slot, slot)
            } else {
                let p = shape.pattern.kernel.pairs()[slot - n];
                (p.0 as usize, p.1 as usize)
            };
            precision[(a, b)] -= x;
            precision[(b, a)] -= x;
        }
        let h = 0.5 * (n as f64 * (1.0 + std::f64::consts::TAU.ln()) - precision.determinant().ln());
        assert!((entropy(&eta, &moments, z) - h).abs() < 1e-10, "{} {h}", entropy(&eta, &moments, z));
    }

    #[test]
    fn a_shift_moves_means_and_leaves_covariances() {
        let (shape, eta) = example();
        let before = evaluated(&shape, &eta).0;
        let by: Vec<f64> = (0..shape.entries()).map(|i| i as f64 / 3.0 - 1.0).collect();
        let mut after = before.clone();
        shape.shift(&by, &mut after);
        for m in 0..shape.members() {
            let (old, new) = (shape.element(m, 0, &before), shape.element(m, 0, &after));
            let first = shape.pattern.places.starts[m];
            let moved = |(i, (a, b)): (usize, (&f64, &f64))| assert!((a + by[first + i] - b).abs() < 1e-12);
            old.0.iter().zip(&new.0).enumerate().for_each(moved);
            old.1.iter().zip(&new.1).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{a} {b}"));
        }
    }
}
