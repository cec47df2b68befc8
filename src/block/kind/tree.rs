//! Categories along the rows of trees, each row below another: the sum–product algorithm. Not here: the
//! algorithm (`block::tree`), nor which variables form a tree (`factorize::kinds::chain`).

use super::categories::{Along, Categories, examples_along};
use crate::{
    block::{
        example::{Along as Coupled, BlockKind, number},
        forward_backward::WeightedSteps,
        sequence::{Ready, Scratch, SequenceError, Sequences},
        tree::{self, TreeTables, Trees},
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "tree",
    doc: "categories on a `Tree` plate: exact by messages to the roots and back",
    examples: || {
        examples_along::<SumProduct>(|k| {
            let along = Coupled::sequences_of(&[8], 2, k, number);
            Coupled { above: vec![u32::MAX, 0, 0, 1, 1, u32::MAX, 5, 2], ..along }
        })
    },
    restore: None,
};

/// A tree of categories.
pub type Tree = Categories<SumProduct>;

/// The algorithm.
#[derive(Debug)]
pub struct SumProduct;

impl Along for SumProduct {
    const NAME: &'static str = "sum–product on trees";
    const BY_BLOCKS: bool = false;

    fn kind() -> &'static BlockKind {
        &KIND
    }

    fn prepare(states: usize, pair: &[f64]) -> Box<dyn Ready> {
        let mut tables = TreeTables::default();
        tables.prepare(states, pair);
        Box::new(tables)
    }
}

/// All nodes' log potentials, and buffers.
#[derive(Default)]
struct Buffers {
    node: Vec<f64>,
    scratch: Vec<f64>,
}

impl Ready for TreeTables {
    fn run(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        pair_sums: &mut [f64],
        log_norm: &mut f64,
        scratch: &mut Scratch,
    ) -> Result<(), SequenceError> {
        let (n, k) = (sequences.above.len(), self.states());
        let Buffers { node, scratch } = scratch.of();
        node.resize(n * k, 0.0);
        scratch.resize(tree::scratch_len(n, k), 0.0);
        steps.natural(0..n, node);
        let trees = Trees { pair_index: sequences.pair_index, node, above: sequences.above };
        tree::run(self, trees, pair_sums, log_norm, scratch)?;
        steps.take(0..n, node);
        Ok(())
    }

    fn draw(
        &self,
        sequences: Sequences<'_>,
        steps: &mut dyn WeightedSteps,
        random: &mut Stream,
    ) -> Result<Vec<f64>, SequenceError> {
        let (n, k) = (sequences.above.len(), self.states());
        let mut node = vec![0.0; n * k];
        steps.natural(0..n, &mut node);
        let trees = Trees { pair_index: sequences.pair_index, node: &mut node, above: sequences.above };
        let states = tree::draw(self, trees, random)?;
        Ok(states.into_iter().map(|s| s as f64).collect())
    }
}
