//! The state of the claims: who is free, what is claimed, and why no more. Not here: who claims (`kinds`), in
//! which order (`factorize`).

use super::{
    blocks::{Block, Blocks},
    contract::{ClaimedBlock, Sizes},
    reasons::Reasons,
    roles::Role,
    wishes::Wishes,
};
use crate::{
    graph::{
        bound::Bound,
        energy::{Energy, FactorEnergy, Rewritten},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, NodeId},
};
use std::sync::Arc;

/// What is claimed so far, and what decides about more.
#[allow(missing_debug_implementations)]
pub struct Claims<'a> {
    /// The graph.
    pub graph: &'a FactorGraph,
    /// Sizes of axes, as far as they are known.
    pub sizes: Sizes<'a>,
    /// The data, if there are any: how large a sparse block would be.
    pub bound: Option<&'a Bound>,
    /// What the user asks.
    pub wishes: &'a Wishes,
    /// The blocks that are claimed, and the energy in their statistics.
    pub blocks: Blocks,
    /// Why others were not.
    pub reasons: Reasons,
}

impl<'a> Claims<'a> {
    /// Nothing claimed. A prediction adds nothing to any message: its factor leaves the energy, and q of it is p
    /// given its parents.
    pub fn new(
        graph: &'a FactorGraph,
        (sizes, bound): (Sizes<'a>, Option<&'a Bound>),
        wishes: &'a Wishes,
        energy: Energy,
        roles: Vec<Role>,
    ) -> Self {
        let mut blocks = Blocks::new(energy, roles);
        let predicted = (0..graph.nodes.len()).map(NodeId).filter(|n| blocks.roles[n.0] == Role::Predicted);
        let lines = predicted.flat_map(|n| blocks.energy.lines(n)).copied();
        let silent = |i: usize| (i, FactorEnergy { terms: vec![], ..blocks.energy.factor(i).clone() });
        let changes = lines.map(silent).collect();
        blocks.energy.rewrite(changes);
        Self { graph, sizes, bound, wishes, blocks, reasons: Reasons::new(graph) }
    }

    /// Is a node's q still nobody's?
    pub fn is_free(&self, node: NodeId) -> bool {
        self.blocks.of(node).is_none()
    }

    /// Nodes with a q that nobody has claimed, in file order.
    pub fn free_nodes(&self) -> Vec<NodeId> {
        let all = (0..self.graph.nodes.len()).map(NodeId);
        all.filter(|n| self.blocks.roles[n.0].has_q() && self.is_free(*n)).collect()
    }

    /// The number of the block that is claimed next.
    pub fn next(&self) -> BlockId {
        BlockId(self.blocks.list.len())
    }

    /// Claims nodes for a block, and writes its statistic into the energy.
    pub fn add(
        &mut self,
        nodes: Vec<NodeId>,
        kind: Arc<dyn ClaimedBlock>,
        why: Vec<String>,
        rewritten: Rewritten,
    ) {
        self.blocks.energy.rewrite(rewritten);
        self.blocks.push(Block { nodes, kind, why });
    }
}
