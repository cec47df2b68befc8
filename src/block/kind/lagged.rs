//! Gaussian vectors along the steps of sequences whose couplings reach over several steps, or are each
//! step's own: a Kalman smoother over several steps at a time. Not here: the smoother
//! (`lagged_gaussian_chain`), nor which variables form a chain (`factorize::kinds::gaussian`).

use super::{
    categories::together,
    vector::{Entries, covariance, outer, put_together, share_out},
};
use crate::{
    block::{
        element::{Failure, Which},
        example::{self, Along, BlockKind, Example},
        forward_backward::WeightedSteps,
        lagged_gaussian_chain::{self, width},
        marginal::Marginal,
        sequence::{Ready, Scratch, SequenceError, SequenceKernel, Sequences},
        shape::{BlockShape, Entry},
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "lagged chain",
    doc: "Gaussian vectors coupled over several `Steps`, or each by its own matrix",
    examples: || {
        let of = |lags: usize| {
            let scalar = example::family("Normal").0;
            let shape = LaggedChain::new(vec![Entries { first: 0, count: 2, each: 1, family: scalar }], lags);
            let mut along = Along::sequences_of(&[5, 1, 3], 1, shape.d, |_| 0.0);
            along.pair.clear();
            let couplings = |t: usize| (0..lags * 4).map(move |i| 0.2 * example::number(t + 2 * i));
            let eta = (0..9).flat_map(|t| example::gaussian(2, t).into_iter().chain(couplings(t))).collect();
            Example { shape: Box::new(shape), eta, along: Some(along) }
        };
        vec![of(1), of(2), of(3)]
    },
    restore: None,
};

/// A chain whose steps keep their products with earlier ones.
#[derive(Clone, Debug)]
pub struct LaggedChain {
    d: usize,
    lags: usize,
    members: Vec<Entries>,
}

impl LaggedChain {
    /// Of these members, whose entries stand one after the other in each step, coupled over so many steps.
    pub fn new(members: Vec<Entries>, lags: usize) -> Self {
        let d = members.iter().map(|m| m.count * m.each).sum();
        Self { d, lags, members }
    }
}

impl BlockShape for LaggedChain {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        width(self.d, self.lags)
    }

    fn describe(&self) -> String {
        if self.lags == 1 {
            format!("Kalman smoother of dimension {}, each step with its own coupling", self.d)
        } else {
            format!("Kalman smoother of dimension {}, over {} steps at a time", self.d, self.lags)
        }
    }

    fn work(&self, elements: usize) -> f64 {
        // As a chain of so many steps taken as one.
        let wide = (self.lags * self.d) as f64;
        8.0 * wide.powi(3) * elements as f64 / self.lags as f64
    }

    fn evaluate(&self, _: Which<'_>, _: &[f64], _: &mut [f64], _: &mut [f64]) -> Result<(), Failure> {
        Err(together())
    }

    fn sequences(&self) -> Option<&dyn SequenceKernel> {
        Some(self)
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

    fn covariance_back(&self, lag: usize, of: [Entry; 2], [first, then]: [&[f64]; 2]) -> f64 {
        if lag > self.lags {
            return 0.0;
        }
        let [a, b] = of.map(|e| self.members[e.member].first + e.entry);
        then[self.d + (lag * self.d + a) * self.d + b] - first[a] * then[b]
    }

    fn draw(&self, _: Which<'_>, _: &[f64], _: &mut Stream, _: &mut [Vec<f64>]) -> Result<(), Failure> {
        Err(together())
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let (d, x) = (self.d, put_together(values));
        out.fill(0.0);
        out[..d].copy_from_slice(&x);
        outer(&x, &x, &mut out[d..d + d * d]);
    }
}

impl SequenceKernel for LaggedChain {
    fn entries(&self) -> usize {
        self.d
    }

    fn by_blocks(&self) -> bool {
        false
    }

    fn gaussian_lags(&self) -> Option<usize> {
        Some(self.lags)
    }

    /// Couplings are the steps' own parameters: no potentials.
    fn prepare(&self, _: &[f64]) -> Box<dyn Ready> {
        Box::new(self.clone())
    }

    fn statistic(&self, sequences: Sequences<'_>, drawn: &[f64], steps: &mut [f64], _: &mut [f64]) {
        let q = self.d;
        let step = |t: usize| &drawn[t * q..][..q];
        steps.fill(0.0);
        for (t, out) in steps.chunks_exact_mut(self.width()).enumerate() {
            let (first, products) = out.split_at_mut(q);
            first.copy_from_slice(step(t));
            let mut earlier = Some(t);
            for product in products.chunks_exact_mut(q * q) {
                let Some(s) = earlier else { break };
                outer(step(s), step(t), product);
                earlier = sequences.above.get(s).filter(|b| **b != u32::MAX).map(|b| *b as usize);
            }
        }
    }

    fn split(&self, drawn: &[f64], out: &mut [Vec<f64>]) {
        drawn.chunks_exact(self.d.max(1)).for_each(|x| share_out(&self.members, x, out));
    }
}

/// All steps' parameters, and the kernel's buffers.
#[derive(Default)]
struct Buffers {
    steps: Vec<f64>,
    work: lagged_gaussian_chain::Scratch,
}

impl Ready for LaggedChain {
    fn run(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        _: &mut [f64],
        log_norm: &mut f64,
        scratch: &mut Scratch,
    ) -> Result<(), SequenceError> {
        let Buffers { steps: all, work } = scratch.of();
        let count = sequences.steps();
        all.resize(count * self.width(), 0.0);
        steps.natural(0..count, all);
        lagged_gaussian_chain::run(self.d, self.lags, all, sequences.starts, log_norm, work)?;
        steps.take(0..count, all);
        Ok(())
    }

    fn take_lost(&self, scratch: &mut Scratch) -> bool {
        scratch.of::<Buffers>().work.take_lost()
    }

    fn draw(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        random: &mut Stream,
    ) -> Result<Vec<f64>, SequenceError> {
        let count = sequences.steps();
        let mut all = vec![0.0; count * self.width()];
        steps.natural(0..count, &mut all);
        Ok(lagged_gaussian_chain::draw(self.d, self.lags, &all, sequences.starts, random)?)
    }
}
