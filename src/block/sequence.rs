//! The contract of blocks over sequences: neighbours couple through one matrix each, and all steps of a
//! sequence have their moments together. Not here: the algorithms (`forward_backward`, `gaussian_chain`,
//! `lagged_gaussian_chain`, `tree`), nor where steps' messages come from (`engine`).

use super::forward_backward::{ChainError, Cut, PairTables, WeightedSteps};
use crate::num::stream::Stream;
use std::{any::Any, fmt};

/// Which sequences, among the steps that are done together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequences<'a> {
    /// For each step, which potential leads into it; none: the first.
    pub pair_index: Option<&'a [u32]>,
    /// Where each starts, and the end.
    pub starts: &'a [u32],
    /// For each step, the one above or before, `u32::MAX` for none. Trees read it, chains do not.
    pub above: &'a [u32],
    /// For each of `starts` the cut that it is, if it is one; empty where there are none.
    pub cuts: &'a [Option<&'a Cut>],
}

impl Sequences<'_> {
    /// Calls with each step that has one before it, that one, and which potential leads into it.
    pub fn neighbours(&self, mut f: impl FnMut(usize, usize, usize)) {
        for (t, &before) in self.above.iter().enumerate().filter(|(_, b)| **b != u32::MAX) {
            f(t, before as usize, self.pair_index.map_or(0, |ix| ix[t] as usize));
        }
    }

    /// How many steps.
    pub fn steps(&self) -> usize {
        self.above.len().max(self.starts.last().map_or(0, |e| *e as usize))
    }
}

/// Why sequences have no moments.
#[derive(Clone, Debug, PartialEq)]
pub enum SequenceError {
    /// No category is possible at this step.
    Impossible(usize),
    /// A parameter is out of its domain; in words, with the step.
    Improper(String),
    /// A piece of a sequence has to be done with the whole.
    Whole,
}

impl From<ChainError> for SequenceError {
    fn from(e: ChainError) -> Self {
        match e {
            ChainError::Impossible { step } => Self::Impossible(step),
            ChainError::Cut => Self::Whole,
            e @ ChainError::NotFinite { .. } => Self::Improper(e.to_string()),
        }
    }
}

impl From<super::gaussian_chain::GaussianChainError> for SequenceError {
    fn from(e: super::gaussian_chain::GaussianChainError) -> Self {
        Self::Improper(e.to_string())
    }
}

/// Buffers of one thread for one block, of the type that its kernel wants.
#[derive(Default)]
pub struct Scratch(Option<Box<dyn Any + Send>>);

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "buffers" } else { "no buffers" })
    }
}

impl Scratch {
    /// The buffers, made if there are none of this type.
    pub fn of<T: Default + Send + 'static>(&mut self) -> &mut T {
        if !self.0.as_ref().is_some_and(|b| b.is::<T>()) {
            self.0 = Some(Box::<T>::default());
        }
        let any = self.0.as_mut().and_then(|b| b.downcast_mut());
        any.expect("it has just been made")
    }
}

/// What blocks over sequences can do beyond [`super::shape::BlockShape`].
pub trait SequenceKernel: fmt::Debug + Send + Sync {
    /// Numbers of a step that neighbours are coupled through: the first so many of its statistic.
    fn entries(&self) -> usize;

    /// Whether steps are asked for their parameters a block at a time, so that they need not all stand in
    /// memory.
    fn by_blocks(&self) -> bool;

    /// Over how many steps vectors are coupled, where they are Gaussian and can be done from the rows of their lines
    /// (`gaussian_rows`).
    fn gaussian_lags(&self) -> Option<usize> {
        None
    }

    /// Makes potentials between neighbours ready, M × entries × entries, `[m][before][after]`.
    fn prepare(&self, pair: &[f64]) -> Box<dyn Ready>;

    /// Adds what [`Ready::draw`] has drawn to lists of values, one for each member.
    fn split(&self, drawn: &[f64], out: &mut [Vec<f64>]);

    /// Writes the statistic of steps that have been drawn, and adds that of neighbours, laid out as potentials
    /// are.
    fn statistic(&self, sequences: Sequences<'_>, drawn: &[f64], steps: &mut [f64], pairs: &mut [f64]);
}

/// A kernel with its potentials.
pub trait Ready: Send + Sync {
    /// Tells the steps their moments, adds Σ of the moments of neighbours (M × entries × entries) into
    /// `pair_sums` and the sequences' log normalisers (nats) into `log_norm`.
    ///
    /// # Errors
    /// Sequences without moments. The outputs are then of no use.
    fn run(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        pair_sums: &mut [f64],
        log_norm: &mut f64,
        scratch: &mut Scratch,
    ) -> Result<(), SequenceError>;

    /// Draws the steps' values: a category, or the numbers of a vector, one step after the other.
    ///
    /// # Errors
    /// As `run`.
    fn draw(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        random: &mut Stream,
    ) -> Result<Vec<f64>, SequenceError>;

    /// The most probable categories of the steps together, as [`Ready::draw`] gives them; `None` of what has none.
    ///
    /// # Errors
    /// As `run`.
    fn likely(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
    ) -> Result<Option<Vec<f64>>, SequenceError> {
        let _ = (sequences, steps);
        Ok(None)
    }

    /// Whether the runs since this was last asked have lost more digits than is well.
    fn take_lost(&self, scratch: &mut Scratch) -> bool {
        let _ = scratch;
        false
    }

    /// The tables of a chain of categories, whose steps may be given as weights and cut where they have
    /// forgotten.
    fn tables(&self) -> Option<&PairTables> {
        None
    }
}
