//! A sparse Gaussian's statistic: the entries, their squares, then arrays of products of two entries, as the
//! factors read them. Not here: which entries meet (`factorize::sparse`), nor the algorithm (`block`).
//!
//! Several places of the statistic may be one product: those of `w[i]·w[j]` and of `w[j]·w[i]`, or of two
//! factors. Each gets messages of its own; the natural parameter of the product is their sum, and all of them
//! have its moment.

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
    /// For each member that is a vector: where the products of its elements' entries start, d × d for each
    /// element.
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
    pub fn evaluate(
        &self,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut f64,
    ) -> Result<(), SparseGaussianError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diag::Diagnostics, expfam::family::entropy, source::Source};

    /// Crossed effects, vectors and differences: every way that a statistic has of holding a product.
    fn shape(text: &str) -> SparseShape {
        let source = Source::new("test.ron", text);
        let mut diags = Diagnostics::default();
        let model = crate::syntax::parse(&source, &mut diags).unwrap();
        let graph = crate::pipeline::graph(&model, &source, &mut diags).unwrap();
        let files = crate::data::MemoryFiles::default();
        let bound = crate::pipeline::bind(&model, &graph, &files, &|_| None, &source, &mut diags).unwrap();
        let plan = crate::pipeline::plan(&graph, &bound, &mut diags).unwrap();
        plan.vars.into_iter().find_map(|v| v.sparse).expect("a sparse block")
    }

    const MODELS: [&str; 2] = [
        r#"Model(
            data: { "d": { "g": ["a", "b", "a", "c"], "h": ["p", "q", "q", "p"], "x": [1, 2, -1, 0.5], "y": [1, 2, 3, 4] } },
            plates: { "n": Rows(table: "d"), "g": Groups(column: "d.g"), "h": Groups(column: "d.h"), "j": Size(2) },
            inputs: { "X[n]": ["x", "y"] },
            nodes: {
                "w[j]": Normal(mean: 0, precision: 1),
                "a[g]": Normal(mean: 0, precision: 1),
                "b[h]": Normal(mean: 0, precision: 1),
                "y[n]": Normal(mean: "dot(w, X[n]) + a[d.g[n]] + b[d.h[n]]", precision: 1),
            },
            observe: { "y": "y" },
        )"#,
        r#"Model(
            data: { "d": { "g": ["a", "b", "a", "c"], "h": ["c", "a", "b", "a"], "x": [1, 2, -1, 0.5], "y": [1, 2, 3, 4] } },
            plates: { "n": Rows(table: "d"), "g": Groups(columns: ["d.g", "d.h"]) },
            inputs: { "X[n]": ["x", "y"] },
            nodes: {
                "m":    MvNormal(mean: [0, 0], precision: [[1, 0], [0, 1]]),
                "c[g]": MvNormal(mean: "m", precision: [[1, 0], [0, 1]]),
                "y[n]": Normal(mean: "dot(c[d.g[n]], X[n]) - dot(c[d.h[n]], X[n])", precision: 1),
            },
            observe: { "y": "y" },
        )"#,
    ];

    /// Natural parameters of a proper Gaussian: squares dominate.
    fn eta(shape: &SparseShape) -> Vec<f64> {
        let n = shape.entries();
        let number = |i: usize| ((i * 7 + 3) % 11) as f64 / 10.0 - 0.5;
        (0..shape.width())
            .map(|i| {
                if i < n {
                    2.0 * number(i)
                } else if i < 2 * n {
                    -6.0 + number(i)
                } else {
                    0.3 * number(i)
                }
            })
            .collect()
    }

    #[test]
    fn the_gradient_of_the_log_norm_is_the_moments() {
        for model in MODELS {
            let shape = shape(model);
            let eta = eta(&shape);
            let run = |eta: &[f64]| {
                let (mut m, mut z) = (vec![f64::NAN; eta.len()], f64::NAN);
                shape.evaluate(eta, &mut m, &mut z).unwrap();
                (m, z)
            };
            let (moments, z) = run(&eta);
            for i in 0..eta.len() {
                let step = |by: f64| {
                    let mut x = eta.clone();
                    x[i] += by;
                    run(&x).1
                };
                let slope = (step(1e-5) - step(-1e-5)) / 2e-5;
                assert!((slope - moments[i]).abs() < 1e-9, "{i} of {}: {slope} {}", eta.len(), moments[i]);
            }
            // The entropy is that of a Gaussian of these covariances.
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
    }

    #[test]
    fn a_shift_moves_means_and_leaves_covariances() {
        for model in MODELS {
            let shape = shape(model);
            let (n, eta) = (shape.entries(), eta(&shape));
            let (mut before, mut z) = (vec![0.0; eta.len()], 0.0);
            shape.evaluate(&eta, &mut before, &mut z).unwrap();
            let by: Vec<f64> = (0..n).map(|i| i as f64 / 3.0 - 1.0).collect();
            let mut after = before.clone();
            shape.shift(&by, &mut after);
            for m in 0..shape.pattern.places.each.len() {
                let (old, new) = (shape.element(m, 0, &before), shape.element(m, 0, &after));
                let first = shape.pattern.places.starts[m];
                old.0
                    .iter()
                    .zip(&new.0)
                    .enumerate()
                    .for_each(|(i, (a, b))| assert!((a + by[first + i] - b).abs() < 1e-12));
                old.1.iter().zip(&new.1).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{a} {b}"));
            }
        }
    }
}
