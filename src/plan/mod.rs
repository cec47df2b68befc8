//! A factor graph, its blocks and its data lowered to arrays, tables and an order of steps. Not here: the
//! numbers of a run (`engine`).
//!
//! The energy is a sum of products. For each factor the products are sorted by what they hold of the streamed
//! rows; the rest of a product, shared moments and known numbers, is contracted into a [`table::Table`] once
//! an iteration. A pass over the rows then needs only tables, and gives back one accumulated statistic of the
//! table's shape: the slope of the energy in the table. Energy of the products: ⟨table, statistic⟩. Messages
//! to shared variables: the statistic contracted with the other shared moments. Messages to a row's own
//! variables: the row's other numbers times the table, which is the gate's matrix product.

pub mod alike;
pub mod arrays;
pub mod centre;
mod classes;
pub mod known;
pub mod layout;
pub mod lookup;
pub mod lower;
pub mod messages;
pub mod show;
pub mod streams;
pub mod table;
pub mod turns;
pub mod var;

use crate::{
    factorize::{Block, Blocks},
    graph::energy::Source,
    shape::NodeId,
};
use arrays::RowArrays;
use layout::{Id, List, StreamId, TableId, VarId};
use messages::MessageFrom;
use streams::Stream;
use table::Table;
use var::Var;

pub use lower::{LowerError, element_order, has_missing, lower, what_is_missing};

/// All that a run needs. Immutable.
#[derive(Debug)]
pub struct Plan {
    /// One for each block of q, in the order of [`Blocks::list`].
    pub vars: List<VarId, Var>,
    /// Plates whose rows are streamed in chunks.
    pub streams: List<StreamId, Stream>,
    /// Products by what they hold of the rows.
    pub tables: List<TableId, Table>,
    /// Where each block's messages come from, in the order in which they are added.
    pub messages: List<VarId, Vec<MessageFrom>>,
    /// Known numbers by row.
    pub rows: RowArrays,
    /// Known numbers not by row.
    pub known: Vec<known::KnownArray>,
    /// Share of the bound that never changes (base measures), by node.
    pub constants: Vec<f64>,
    /// Stored blocks in the order they are updated.
    pub stored: Vec<VarId>,
    /// Centre of each node's values, in its value's shape; what inference sees is the value less this.
    pub centres: Vec<Vec<f64>>,
    /// Selectors and blocks that take turns within a pass.
    pub turns: Vec<turns::Turns>,
    /// Gaussian blocks whose rows share a covariance.
    pub alike: Vec<alike::Alike>,
    /// Names of the nodes.
    pub names: Vec<String>,
    /// The blocks.
    pub blocks: Blocks,
    /// Nodes that are predictions or have missing cells to predict.
    pub predicted: Vec<NodeId>,
}

impl Plan {
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
}
