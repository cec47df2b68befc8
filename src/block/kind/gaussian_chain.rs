//! Gaussian vectors along the steps of sequences, neighbours coupled by one matrix: a Kalman smoother. Not
//! here: the smoother (`block::gaussian_chain`), nor which variables form a chain
//! (`factorize::kinds::gaussian`).

use super::{
    categories::together,
    family::parameters,
    vector::{Entries, covariance, example_members, outer, put_together, share_out, start_member},
};
use crate::{
    block::{
        element::{Failure, Which},
        example::{self, Along, BlockKind, Example},
        forward_backward::WeightedSteps,
        gaussian_chain::{self, GaussianChains},
        marginal::Marginal,
        sequence::{Ready, Scratch, SequenceError, SequenceKernel, Sequences},
        shape::{BlockShape, Entry, Given},
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "Gaussian chain",
    doc: "Gaussian vectors along `Steps`: exact by a Kalman smoother",
    examples: || {
        let of = |members: Vec<Entries>| {
            let shape = GaussianChain::new(members);
            let d = shape.d;
            let along = Along::sequences_of(&[4, 1, 3], 2, d, |i| 0.3 * example::number(i));
            let eta = (0..8).flat_map(|t| example::gaussian(d, t)).collect();
            Example { shape: Box::new(shape), eta, along: Some(along) }
        };
        vec![of(example_members()), of(vec![Entries { count: 1, ..example_members()[0] }])]
    },
    restore: None,
};

/// A chain of Gaussian vectors of its members' entries.
#[derive(Debug)]
pub struct GaussianChain {
    d: usize,
    members: Vec<Entries>,
}

impl GaussianChain {
    /// Of these members, whose entries stand one after the other in each step.
    pub fn new(members: Vec<Entries>) -> Self {
        let d = members.iter().map(|m| m.count * m.each).sum();
        Self { d, members }
    }
}

impl BlockShape for GaussianChain {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.d + self.d * self.d
    }

    fn describe(&self) -> String {
        format!("Kalman smoother of dimension {}", self.d)
    }

    fn work(&self, elements: usize) -> f64 {
        // An inverse and three products of matrices each way.
        8.0 * (self.d as f64).powi(3) * elements as f64
    }

    fn evaluate(&self, _: Which<'_>, _: &[f64], _: &mut [f64], _: &mut [f64]) -> Result<(), Failure> {
        Err(together())
    }

    fn sequences(&self) -> Option<&dyn SequenceKernel> {
        Some(self)
    }

    fn rotates(&self) -> Option<usize> {
        Some(self.d)
    }

    fn members(&self) -> usize {
        self.members.len()
    }

    fn marginal(&self, member: usize, _: Which<'_>, _: &[f64], moments: &[f64]) -> Marginal {
        self.members[member].marginal(self.d, self.width(), moments)
    }

    fn marginal_about(&self, member: usize, moments: &[f64], covariances: &[f64]) -> Option<Marginal> {
        Some(self.members[member].marginal_about(self.d, self.width(), moments, covariances))
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

    fn draw(&self, _: Which<'_>, _: &[f64], _: &mut Stream, _: &mut [Vec<f64>]) -> Result<(), Failure> {
        Err(together())
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let x = put_together(values);
        out[..self.d].copy_from_slice(&x);
        outer(&x, &x, &mut out[self.d..]);
    }
}

impl SequenceKernel for GaussianChain {
    fn entries(&self) -> usize {
        self.d
    }

    fn by_blocks(&self) -> bool {
        true
    }

    fn gaussian_lags(&self) -> Option<usize> {
        Some(1)
    }

    fn prepare(&self, pair: &[f64]) -> Box<dyn Ready> {
        Box::new(Couplings { q: self.d, pair: pair.to_vec() })
    }

    fn statistic(&self, sequences: Sequences<'_>, drawn: &[f64], steps: &mut [f64], pairs: &mut [f64]) {
        let q = self.d;
        for (x, out) in drawn.chunks_exact(q).zip(steps.chunks_exact_mut(self.width())) {
            out[..q].copy_from_slice(x);
            outer(x, x, &mut out[q..]);
        }
        sequences.neighbours(|t, before, m| {
            let mut product = vec![0.0; q * q];
            outer(&drawn[before * q..][..q], &drawn[t * q..][..q], &mut product);
            pairs[m * q * q..].iter_mut().zip(product).for_each(|(p, x)| *p += x);
        });
    }

    fn split(&self, drawn: &[f64], out: &mut [Vec<f64>]) {
        drawn.chunks_exact(self.d.max(1)).for_each(|x| share_out(&self.members, x, out));
    }
}

/// M×Q×Q couplings of neighbours.
#[derive(Debug)]
struct Couplings {
    q: usize,
    pair: Vec<f64>,
}

impl Couplings {
    fn chains<'a>(&'a self, sequences: Sequences<'a>) -> GaussianChains<'a> {
        let Sequences { pair_index, starts, .. } = sequences;
        GaussianChains { pair: &self.pair, pair_index, starts }
    }
}

impl Ready for Couplings {
    fn run(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        pair_sums: &mut [f64],
        log_norm: &mut f64,
        scratch: &mut Scratch,
    ) -> Result<(), SequenceError> {
        let chains = self.chains(sequences);
        Ok(gaussian_chain::run(self.q, chains, steps, pair_sums, log_norm, scratch.of())?)
    }

    fn take_lost(&self, scratch: &mut Scratch) -> bool {
        std::mem::take(&mut scratch.of::<gaussian_chain::Scratch>().lost)
    }

    fn draw(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        random: &mut Stream,
    ) -> Result<Vec<f64>, SequenceError> {
        Ok(gaussian_chain::draw(self.q, self.chains(sequences), steps, random)?)
    }
}
