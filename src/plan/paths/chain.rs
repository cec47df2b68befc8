//! Sequences and trees: whole chunks of steps at a time, or, where a chain is all that its rows have, a block
//! of steps at a time, so that nothing of a whole sequence stands in memory. Not here: the kernels (`block`),
//! nor the ways (`engine::paths`).

use super::{
    gather::GatherRule, pairs::Couplings, split_sequences::SplitRule, stacked_product::StackedProduct,
};
use crate::{
    block::sequence::SequenceKernel,
    plan::{
        layout::{TableId, VarId},
        lowered::Lowered,
        table::Sent,
        var::{Storage, Var},
    },
};

/// How a chain's steps are gone over.
#[derive(Debug)]
pub struct ChainRule {
    /// What couples neighbours.
    pub pairs: Couplings,
    /// Rows are those of trees.
    pub tree: bool,
    /// All tables whose rows hold known numbers, as one product.
    pub product: Option<StackedProduct>,
    /// A block of steps at a time.
    pub by_blocks: bool,
    /// All that steps are sent are rows of tables.
    pub gather: Option<GatherRule>,
    /// Long sequences are done in pieces.
    pub split: Option<SplitRule>,
}

impl ChainRule {
    /// Whole chunks at a time.
    pub fn whole(lowered: &Lowered, v: VarId) -> Self {
        let tree = lowered.vars[v].stream().is_some_and(|s| lowered.streams[s].parent.is_some());
        let pairs = Couplings::of(lowered, v);
        Self { pairs, tree, product: None, by_blocks: false, gather: None, split: None }
    }

    /// The way in words, and why it is taken.
    pub fn describe(&self, lowered: &Lowered, v: VarId) -> String {
        let var = &lowered.vars[v];
        let mut out = String::from(if self.by_blocks {
            "a block of steps at a time, as it is all that its rows have, and steps share their couplings"
        } else if self.tree {
            "whole trees"
        } else if self.pairs.entries == 0 {
            "whole sequences, as each step has its own coupling"
        } else if self.pairs.by_row {
            "whole sequences, as couplings differ by row"
        } else if var.inner() > 1 {
            "whole sequences, as there are several side by side"
        } else {
            "whole sequences, as other blocks of the same rows are updated with it"
        });
        if self.by_blocks && self.gather.is_some() {
            out += "; a gather, as all that steps are sent is looked up in tables";
        }
        if let Some(product) = &self.product {
            out += &format!("; {}", product.describe());
        }
        if let Some(split) = &self.split {
            out += &format!(
                "; sequences are split at up to {} places where they have forgotten what came before",
                split.places.len()
            );
        }
        out
    }
}

impl ChainRule {
    /// Chooses blocks of steps for a stream's only block, where the chain is one for all rows, no other block
    /// waits for it, and its steps share their pair potentials, or those of a level; `pass` are the tables that
    /// its pass sums.
    pub fn by_blocks(&mut self, lowered: &Lowered, v: VarId, messages: &[Sent], pass: &[TableId]) {
        let var = &lowered.vars[v];
        let Storage::Streamed { stream, kept } = var.storage else { return };
        self.gather = GatherRule::of(lowered, v, messages, pass);
        self.by_blocks = var.shape.sequences().is_some_and(SequenceKernel::by_blocks)
            && var.inner() == 1
            && !kept
            && !self.pairs.by_row;
        if self.by_blocks && splits(var, &self.pairs) {
            self.split = SplitRule::of(&lowered.streams[stream], var.d);
        }
    }
}

/// Can sequences of its steps be split where they have forgotten? Those of categories can.
fn splits(var: &Var, pairs: &Couplings) -> bool {
    let none = vec![0.0; pairs.levels * pairs.entries * pairs.entries];
    var.shape.sequences().is_some_and(|kernel| kernel.prepare(&none).tables().is_some())
}
