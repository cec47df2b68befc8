//! Categories along the steps of sequences: forward–backward. Not here: the algorithm (`forward_backward`),
//! nor which variables form a chain (`factorize::kinds::chain`).

use super::categories::{Along, Categories, examples_along};
use crate::{
    block::{
        example::{Along as Coupled, BlockKind, number},
        forward_backward::{self, Chains, PairTables, WeightedSteps},
        sequence::{Ready, Scratch, SequenceError, Sequences},
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "chain",
    doc: "categories along `Steps`, several where they meet: exact by forward-backward",
    examples: || examples_along::<ForwardBackward>(|k| Coupled::sequences_of(&[4, 1, 3], 2, k, number)),
    restore: None,
};

/// A chain of categories.
pub type Chain = Categories<ForwardBackward>;

/// The algorithm.
#[derive(Debug)]
pub struct ForwardBackward;

impl Along for ForwardBackward {
    const NAME: &'static str = "forward–backward";
    const BY_BLOCKS: bool = true;

    fn kind() -> &'static BlockKind {
        &KIND
    }

    fn prepare(states: usize, pair: &[f64]) -> Box<dyn Ready> {
        let mut tables = PairTables::default();
        tables.prepare(states, pair);
        Box::new(tables)
    }
}

impl Ready for PairTables {
    fn run(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        pair_sums: &mut [f64],
        log_norm: &mut f64,
        scratch: &mut Scratch,
    ) -> Result<(), SequenceError> {
        let Sequences { pair_index, starts, cuts, .. } = sequences;
        let chains = Chains { pair_index, starts, cuts };
        Ok(forward_backward::run(self, chains, steps, pair_sums, log_norm, scratch.of())?)
    }

    fn draw(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        random: &mut Stream,
    ) -> Result<Vec<f64>, SequenceError> {
        let Sequences { pair_index, starts, .. } = sequences;
        let chains = Chains { pair_index, starts, cuts: &[] };
        let states = forward_backward::draw(self, chains, steps, random)?;
        Ok(states.into_iter().map(|s| s as f64).collect())
    }

    fn likely(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
    ) -> Result<Option<Vec<f64>>, SequenceError> {
        let Sequences { pair_index, starts, .. } = sequences;
        let chains = Chains { pair_index, starts, cuts: &[] };
        let states = forward_backward::likely(self, chains, steps)?;
        Ok(Some(states.into_iter().map(|s| s as f64).collect()))
    }

    fn tables(&self) -> Option<&PairTables> {
        Some(self)
    }
}
