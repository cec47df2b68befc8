//! Which line speaks of an element, and where it stands in its plates. Not here: what the line says (`line`).

use crate::{
    expfam::spec::DistSpec,
    graph::{
        Bound, FactorGraph,
        evaluate::{self, Steps},
        factor_graph::{Arg, Factor},
    },
    shape::{NodeId, PlateId},
};

/// A line as the model has it: its own auxiliary variable is averaged over by the distribution that was
/// called.
pub(super) fn written(f: &Factor) -> (&'static DistSpec, &[Arg]) {
    f.written.as_ref().map_or((f.spec, &f.args), |w| (w.spec, &w.args))
}

/// What all predictions ask of the graph and its data.
pub(super) struct Rows<'a> {
    pub(super) graph: &'a FactorGraph,
    pub(super) bound: &'a Bound,
    pub(super) steps: Steps,
}

impl Rows<'_> {
    /// A node's index in one of its plates.
    pub(super) fn index(&self, n: NodeId, plate: PlateId, element: usize) -> usize {
        let mut rest = element;
        for p in self.graph.nodes[n.0].plates.iter().rev() {
            let size = self.bound.plate(*p).size.max(1);
            if *p == plate {
                return rest % size;
            }
            rest /= size;
        }
        0
    }

    /// The line that speaks of an element.
    pub(super) fn line_of(&self, n: NodeId, element: usize) -> Option<&Factor> {
        self.graph.factors.iter().find(|f| f.node == n && self.speaks_of(f, element))
    }

    /// Does the factor's line speak of this element?
    pub(super) fn speaks_of(&self, f: &Factor, element: usize) -> bool {
        let at = self.graph.nodes[f.node.0].plates.iter().map(|&p| (p, self.index(f.node, p, element)));
        evaluate::speaks_of(self.bound, &self.steps, f.rows, at)
    }
}
