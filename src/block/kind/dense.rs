//! One Gaussian vector for each element, of the entries of all its members. Not here: the algorithm
//! (`gaussian_dense`), nor which variables are one vector (`factorize::kinds::gaussian`).

use super::{
    family::parameters,
    vector::{
        Entries, covariance, draw, entries_of, example_members, failure, layout_of, nudge, outer,
        put_together, share_out, start_member,
    },
};
use crate::{
    block::{
        element::{Failure, Which},
        example::{self, BlockKind, Example},
        gaussian_dense,
        marginal::Marginal,
        portable::Portable,
        shape::{BlockShape, Entry, Given},
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "Gaussian",
    doc: "sums of Gaussians kept together: one vector for each element, by a Cholesky factor",
    examples: || {
        let of = |members: Vec<Entries>, elements: usize| {
            let shape = DenseGaussian::new(members);
            let eta = (0..elements).flat_map(|e| example::gaussian(shape.d, e / 2 * 5)).collect();
            Example { shape: Box::new(shape), eta, along: None }
        };
        vec![of(example_members(), 3), of(example_members()[..1].to_vec(), 1)]
    },
    restore: Some(|layout, _| Some(Box::new(DenseGaussian::new(entries_of(layout)?)))),
};

/// Gaussian vectors, one for each element.
#[derive(Debug)]
pub struct DenseGaussian {
    d: usize,
    members: Vec<Entries>,
}

impl DenseGaussian {
    /// Of these members, whose entries stand one after the other.
    pub fn new(members: Vec<Entries>) -> Self {
        let d = members.iter().map(|m| m.count * m.each).sum();
        Self { d, members }
    }
}

impl BlockShape for DenseGaussian {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.d + self.d * self.d
    }

    fn describe(&self) -> String {
        format!("Gaussian of dimension {}", self.d)
    }

    fn work(&self, elements: usize) -> f64 {
        // A factor and an inverse.
        0.5 * (self.d as f64).powi(3) * elements as f64
    }

    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        moments.copy_from_slice(eta);
        log_norm.fill(0.0);
        let mut scratch = vec![0.0; gaussian_dense::scratch_len(self.d)];
        gaussian_dense::run(self.d, moments, log_norm, &mut scratch).map_err(|e| failure(e, which))
    }

    fn gaussian_vector(&self) -> Option<usize> {
        Some(self.d)
    }

    fn members(&self) -> usize {
        self.members.len()
    }

    fn marginal(&self, member: usize, _: Which<'_>, _: &[f64], moments: &[f64]) -> Marginal {
        self.members[member].marginal(self.d, self.width(), moments)
    }

    fn covariance(&self, of: [Entry; 2], _: &[f64], moments: &[f64]) -> f64 {
        covariance(self.d, of.map(|e| self.members[e.member].first + e.entry), moments)
    }

    fn parameters(&self, member: usize) -> Option<Vec<(&'static str, usize)>> {
        let m = &self.members[member];
        Some(parameters(m.family, m.each, m.width()))
    }

    fn start(
        &self,
        given: &[Given<'_>],
        which: Which<'_>,
        _: &mut [f64],
        moments: &mut [f64],
    ) -> Result<(), Failure> {
        given.iter().try_for_each(|g| {
            start_member(self.d, self.width(), &self.members[g.member], g.what, which, moments)
        })
    }

    fn nudge(&self, random: &mut Stream, moments: &mut [f64]) {
        nudge(self.d, self.width(), |_| 1.0, random, moments);
    }

    fn draw(
        &self,
        which: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        for (i, e) in eta.chunks_exact(self.width()).enumerate() {
            let (h, j) = e.split_at(self.d);
            let x = draw(self.d, h, j, random)
                .ok_or_else(|| Failure::of_element(which.at(i), "the precision is not positive definite"))?;
            share_out(&self.members, &x, out);
        }
        Ok(())
    }

    fn portable(&self, eta: &[f64]) -> Option<Portable> {
        Some(Portable::new(layout_of(&self.members), eta))
    }

    fn entry(&self, member: usize, number: usize) -> Option<usize> {
        Some(self.members.get(member)?.first + number)
    }

    fn middle(&self, moments: &[f64], entry: usize) -> f64 {
        moments[entry]
    }

    fn spread(&self, _: &[f64], moments: &[f64], entry: usize) -> Vec<f64> {
        let d = self.d;
        (0..d).map(|k| moments[d + entry * d + k] - moments[entry] * moments[k]).collect()
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let x = put_together(values);
        out[..self.d].copy_from_slice(&x);
        outer(&x, &x, &mut out[self.d..]);
    }
}
