//! Gaussian vectors along the steps of sequences whose couplings reach over several steps, or are each step's
//! own: a Kalman smoother over several steps at a time.

use super::{
    categories::together,
    dense::{Entries, put_together, share_out},
};
use crate::{
    block::{
        element::{Failure, Which},
        gaussian_chain::GaussianSteps,
        lagged_gaussian_chain::{self, width},
        marginal::Marginal,
        sequence::{AnySteps, Ready, Scratch, SequenceError, SequenceKernel, Sequences},
        shape::BlockShape,
    },
    num::stream::Stream,
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

    fn draw(&self, _: Which<'_>, _: &[f64], _: &mut Stream, _: &mut [Vec<f64>]) -> Result<(), Failure> {
        Err(together())
    }

    /// Products with earlier steps are not one step's to say: they are 0 here.
    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let (d, x) = (self.d, put_together(values));
        out.fill(0.0);
        out[..d].copy_from_slice(&x);
        out[d..d + d * d].iter_mut().enumerate().for_each(|(i, o)| *o = x[i / d] * x[i % d]);
    }
}

impl SequenceKernel for LaggedChain {
    fn entries(&self) -> usize {
        self.d
    }

    fn by_blocks(&self) -> bool {
        false
    }

    /// Couplings are the steps' own parameters: no potentials.
    fn prepare(&self, _: &[f64]) -> Box<dyn Ready> {
        Box::new(self.clone())
    }

    fn split(&self, steps: &[f64], out: &mut [Vec<f64>]) {
        steps.chunks_exact(self.d.max(1)).for_each(|x| share_out(&self.members, x, out));
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
        steps: &mut dyn AnySteps,
        _: &mut [f64],
        log_norm: &mut f64,
        scratch: &mut Scratch,
    ) -> Result<(), SequenceError> {
        let Buffers { steps: all, work } = scratch.of();
        let count = sequences.steps();
        all.resize(count * self.width(), 0.0);
        steps.natural(0..count, all);
        lagged_gaussian_chain::run(self.d, self.lags, all, sequences.starts, log_norm, work)?;
        GaussianSteps::take(steps, 0..count, all);
        Ok(())
    }

    fn draw(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn AnySteps,
        random: &mut Stream,
    ) -> Result<Vec<f64>, SequenceError> {
        let count = sequences.steps();
        let mut all = vec![0.0; count * self.width()];
        steps.natural(0..count, &mut all);
        Ok(lagged_gaussian_chain::draw(self.d, self.lags, &all, sequences.starts, random)?)
    }
}
