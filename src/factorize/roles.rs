//! What each node is to inference: known, partly known, latent, or a prediction. Not here: blocks.

use crate::{
    graph::{
        energy::{Energy, Op, Source},
        factor_graph::FactorGraph,
    },
    shape::NodeId,
};

/// What a node is to inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Bound to data. Missing cells of a leaf weigh nothing and are predicted.
    Observed,
    /// Bound to data, with missing cells, and others depend on it, or they are some of the cells of a vector:
    /// the missing cells are latent.
    Mixed,
    /// Bound to data by a link: a site stands for its lines. Missing cells weigh nothing and are predicted.
    Site,
    /// A random variable with a q of its own.
    Latent,
    /// Nothing observed hangs on it and its parents are random, or it is a known function of them: its q is p
    /// given its parents, and it adds nothing to any message.
    Predicted,
}

impl Role {
    /// Does some block hold it? A site stands where a block does.
    pub fn has_q(self) -> bool {
        matches!(self, Role::Latent | Role::Mixed | Role::Site)
    }
}

/// Does anything depend on the node?
pub fn has_children(energy: &Energy, node: NodeId) -> bool {
    let mut last = None;
    energy.places(Source::Node(node)).any(|at| {
        // A step before is the node itself: a chain is not a leaf.
        let again = last.replace((at.factor, at.term)) == Some((at.factor, at.term));
        again || !energy.lines(node).contains(&at.factor)
    })
}

/// What is missing of a node's data, and of its descendants'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing.
    Nothing,
    /// Whole values only.
    Values,
    /// Some of the cells of a vector whose other cells are known.
    Cells,
    /// Everything that hangs on it, and all of its own data.
    Everything,
}

/// The role of each node, given what is missing of its data.
pub fn roles(graph: &FactorGraph, energy: &Energy, missing: &[Missing]) -> Vec<Role> {
    let random_parents = |node: NodeId| {
        let parent = |o: &Op| matches!(o.source, Source::Node(n) if n != node);
        energy.lines(node).iter().any(|&f| energy.factor(f).terms.iter().any(|t| t.ops.iter().any(parent)))
    };
    (0..graph.nodes.len())
        .map(|i| {
            let node = NodeId(i);
            if graph.function(node).is_some() {
                return Role::Predicted;
            }
            let given = || random_parents(node) || graph.nodes[i].spec.family.is_none();
            if missing[i] == Missing::Everything && given() {
                return Role::Predicted;
            }
            match (&graph.nodes[i].observed, has_children(energy, node)) {
                (Some(_), _) if graph.nodes[i].spec.site.is_some() => Role::Site,
                (Some(_), true) if missing[i] != Missing::Nothing => Role::Mixed,
                (Some(_), _) if missing[i] == Missing::Cells => Role::Mixed,
                (Some(_), _) => Role::Observed,
                (None, false) if given() => Role::Predicted,
                (None, _) => Role::Latent,
            }
        })
        .collect()
}
