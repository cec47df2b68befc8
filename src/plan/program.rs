//! The plan: what there is to work off, by which ways, and in which order. A value: what prints of it is what
//! runs. Not here: the numbers of a run (`state`), nor how it is printed (`show`).

use super::{
    layout::{Id, List, StreamId, VarId},
    lowered::Lowered,
    paths::{self, RowPass, local_ascent::AscentRule},
    recentre::Turn,
    rotation::Rotation,
    row_names::RowNames,
    schedule::{self, Step},
    sums::SumLayout,
    support::Support,
};
use crate::{
    factorize::{Block, Blocks},
    graph::{barren::Kept, energy::Source},
    shape::NodeId,
};
use std::{ops::Deref, sync::Arc};

/// All that a run needs. Immutable.
#[derive(Debug)]
pub struct Plan {
    /// Arrays.
    pub lowered: Lowered,
    /// Of each stream, how its rows are gone over.
    pub passes: List<StreamId, RowPass>,
    /// Where each sum over rows stands.
    pub sums: SumLayout,
    /// An iteration.
    pub schedule: Vec<Step>,
    /// Stored blocks in the order they are updated.
    pub stored: Vec<VarId>,
    /// Centre of each node's values: one in its value's shape for all elements, or one for each of them in the
    /// order of the file; empty for 0. What inference sees is the value less this.
    pub centres: Vec<Vec<f64>>,
    /// Gaussian blocks in other coordinates than their nodes' values.
    pub turns: Vec<Turn>,
    /// Gaussian blocks that may be rotated against each other.
    pub rotations: Vec<Rotation>,
    /// Whether a node without all of its data is a category: a run then chooses among optima.
    pub chooses: bool,
    /// Names of the nodes.
    pub names: Vec<String>,
    /// The blocks.
    pub blocks: Blocks,
    /// Nodes that are predictions or have missing cells to predict.
    pub predicted: Vec<NodeId>,
    /// The elements of the data that the plan is made of; the others are predicted as well.
    pub kept: Kept,
    /// What a start has to respect, if categories of different blocks meet in tables with zeros.
    pub support: Option<Arc<Support>>,
    /// What rows and levels are called in messages.
    pub row_names: RowNames,
}

impl Deref for Plan {
    type Target = Lowered;
    fn deref(&self) -> &Lowered {
        &self.lowered
    }
}

/// The centre of one element, of one for all or one for each; nothing for 0.
pub fn of_element(centres: &[f64], element: usize, width: usize) -> &[f64] {
    match centres.len() {
        0 => centres,
        len => &centres[element * width % len..][..width.min(len)],
    }
}

impl Plan {
    /// The coordinates of a block, where they are others than its nodes' values.
    pub fn turn(&self, v: VarId) -> Option<&Turn> {
        self.turns.iter().find(|t| t.block == v.index())
    }
    /// What is taken off the value of a node's element, `width` numbers; nothing for 0.
    pub fn centre(&self, node: NodeId, element: usize, width: usize) -> &[f64] {
        of_element(&self.centres[node.0], element, width)
    }
    /// The block of q that a variable is.
    pub fn block(&self, v: VarId) -> &Block {
        &self.blocks.list[v.index()]
    }
    /// The source by which the energy names a variable.
    pub fn source(&self, v: VarId) -> Source {
        self.blocks.source(v.index())
    }
    /// The variable that holds an energy's latent source.
    pub fn var_of(&self, source: Source) -> Option<VarId> {
        self.blocks.of_source(source).map(VarId::new)
    }
    /// Where a stream's rows and a block of theirs go up together, if they do.
    pub fn local_ascent(&self, s: StreamId) -> Option<&AscentRule> {
        self.passes[s].local_ascent()
    }
    /// All of them.
    pub fn local_ascents(&self) -> impl Iterator<Item = &AscentRule> {
        self.passes.iter().filter_map(paths::RowPass::local_ascent)
    }
    /// How many blocks have rows that share a covariance.
    pub fn shared_covariances(&self) -> usize {
        self.passes.iter().flat_map(|p| &p.ways).filter(|w| w.path.shares_covariance()).count()
    }
    /// Groups that go up together give what they have summed after about so many rows. The posterior does not
    /// depend on it but for rounding; tests see to that.
    pub fn set_span(&mut self, rows: usize) {
        for way in self.passes.iter_mut().flat_map(|p| &mut p.ways) {
            if let paths::PathRule::LocalAscent(ascent) = &mut way.path {
                ascent.span = rows;
            }
        }
    }
    /// Splits no sequence. The same holds.
    pub fn keep_sequences_whole(&mut self) {
        for way in self.passes.iter_mut().flat_map(|p| &mut p.ways) {
            if let paths::PathRule::Chain(chain) = &mut way.path {
                chain.split = None;
            }
        }
    }
    /// Takes the general way over all rows. The posterior does not depend on it but for rounding; tests see
    /// to that.
    pub fn go_generally(&mut self) {
        self.passes = self.lowered.streams.ids().map(|s| paths::general(&self.lowered, s)).collect();
        self.sums = SumLayout::new(&self.lowered, &self.passes);
        self.schedule = schedule::iteration(&self.lowered, &self.stored, &self.passes);
    }
}
