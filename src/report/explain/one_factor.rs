//! One factor of the energy, and what its products are asked about. Not here: any text.

use crate::{
    expfam::stat::PartShape,
    factorize::{Blocks, roles::Role as NodeRole},
    graph::{
        energy::{Element, FactorEnergy, LabelId, Op, Role, Source},
        factor_graph::FactorGraph,
    },
    shape::NodeId,
};

/// One factor of the energy, and all that its products name.
#[derive(Clone, Copy, Debug)]
pub struct OneFactor<'a> {
    /// The graph.
    pub graph: &'a FactorGraph,
    /// The blocks, for what is random and what is kept together.
    pub blocks: &'a Blocks,
    /// The factor, by index.
    pub factor: usize,
}

impl<'a> OneFactor<'a> {
    /// Its energy.
    pub fn energy(&self) -> &'a FactorEnergy {
        self.blocks.energy.factor(self.factor)
    }

    /// Is a letter the axis of a vector or matrix that is written without indices?
    pub fn is_axis(&self, l: LabelId) -> bool {
        let spec = self.graph.factors[self.factor].spec;
        let matrices = (0..=spec.params.len())
            .any(|s| spec.slot_stat(s).parts.iter().any(|p| p.shape == PartShape::Matrix));
        let event = |l: LabelId| self.energy().labels[l].role == Role::Event;
        // A matrix made of scalar variables, such as A of A h, has indices: then all is written with indices.
        let index = |e: &Element| matches!(e, Element::Label(l) if event(*l));
        let indexed = |o: &Op| o.elements.iter().chain(o.views.iter().flat_map(|v| &v.elements)).any(index);
        matrices && event(l) && !self.energy().terms.iter().flat_map(|t| &t.ops).any(indexed)
    }

    pub(super) fn has_q(&self, n: NodeId) -> bool {
        self.blocks.roles[n.0].has_q()
    }

    pub(super) fn is_category(&self, n: NodeId) -> bool {
        self.graph.nodes[n.0].spec.stat.one_hot() && self.blocks.roles[n.0] != NodeRole::Site
    }

    pub(super) fn is_responsibility(&self, op: &Op) -> bool {
        matches!(op.source, Source::Node(n) if self.is_category(n) && self.has_q(n))
    }
}
