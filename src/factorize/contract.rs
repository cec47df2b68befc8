//! The contract of a claimed block: what the plan and the report ask of it. Not here: what is claimed
//! (`claim`), any kind of block (`kinds`), its numbers (`block`).

use super::{
    message::Update,
    roles::Role,
    text::{InProduct, Written},
};
use crate::{
    block::{
        held::Held,
        kind::{
            cross_network::CrossNetwork,
            sparse::{Pattern, SparseShape},
        },
        shape::BlockShape,
    },
    expfam::{joint::JointSpec, site::Site, stat::StatKind},
    graph::{
        bound::Bound,
        energy::{Energy, LabelId, Op, Source},
        factor_graph::FactorGraph,
    },
    shape::{Extent, NodeId, PlateId},
    source::Span,
};
use std::{fmt, sync::Arc};

/// Sizes of axes; `None` for those that only data give.
pub type Sizes<'a> = &'a dyn Fn(Extent) -> Option<usize>;

/// One node of a block whose entries stand one after the other in a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The node.
    pub node: NodeId,
    /// Plates whose elements are entries of the vector, in the node's order.
    pub inner: Vec<PlateId>,
    /// Whether each element is itself a vector.
    pub vector: bool,
}

/// What the layout of a block's numbers needs to know.
#[allow(missing_debug_implementations)]
pub struct Laying<'a> {
    /// The graph.
    pub graph: &'a FactorGraph,
    /// Its data.
    pub bound: &'a Bound,
    /// What each node is to inference.
    pub roles: &'a [Role],
    /// What is known of a partly observed node, in the order in which the block's elements are stored.
    pub known: &'a dyn Fn(NodeId) -> KnownElements,
}

impl Laying<'_> {
    /// The event dimension of a node.
    pub fn d(&self, node: NodeId) -> usize {
        self.graph.nodes[node.0].event.map_or(1, |e| self.bound.size(e))
    }
}

/// What is known of a partly observed node.
#[derive(Clone, Debug)]
pub struct KnownElements {
    /// Elements.
    pub held: Held,
    /// Cells of vectors.
    pub cells: Vec<bool>,
    /// Elements that are missing as a whole and weigh nothing.
    pub absent: Vec<bool>,
}

/// A block that has no numbers here: where it stands, and what it is.
#[derive(Clone, Debug)]
pub struct Unshaped {
    /// The place in the model.
    pub span: Span,
    /// In words.
    pub what: String,
}

/// What a report asks a block about itself.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The graph.
    pub graph: &'a FactorGraph,
    /// The energy in the statistics of all blocks.
    pub energy: &'a Energy,
    /// What each node is to inference.
    pub roles: &'a [Role],
    /// The name of its moments in the energy.
    pub source: Source,
}

/// A claimed block: one for each element of its plates.
pub trait ClaimedBlock: fmt::Debug + Send + Sync {
    /// `joint (Normal–Wishart)`.
    fn text(&self, graph: &FactorGraph) -> String;

    /// As the JSON report names its kind: `independent`, `chain`, `tree`, `joint`.
    fn report_name(&self, graph: &FactorGraph) -> &'static str;

    /// The cost of an update of one element, messages left out: a sentence.
    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String;

    /// Plates with an element each, in the order of an operand's elements; of a chain, its steps too.
    fn plates<'a>(&'a self, graph: &'a FactorGraph) -> &'a [PlateId];

    /// The statistic that an operand's part counts.
    fn stat(&self, graph: &FactorGraph) -> &'static StatKind;

    /// The numbers, laid out.
    ///
    /// # Errors
    /// A block that has none.
    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped>;

    /// What it gets, and how that becomes moments.
    fn update(&self, of: Asked<'_>) -> Update;

    /// The `Steps` or `Tree` plate along which neighbours are coupled, if it is a chain or tree.
    fn steps(&self) -> Option<PlateId> {
        None
    }

    /// Is it one node, each element by itself?
    fn alone(&self) -> bool {
        false
    }

    /// What stands for lines here, if it is no variable of q.
    fn site(&self) -> Option<&'static dyn Site> {
        None
    }

    /// Do products name its node, and not the block?
    fn named_by_node(&self) -> bool {
        false
    }

    /// Are two operands of the block a step and the one before it, kept together?
    fn keeps_pair(&self, graph: &FactorGraph, a: &Op, b: &Op) -> bool {
        let _ = (graph, a, b);
        false
    }

    /// Nodes whose entries stand in one vector, which an operand's views count.
    fn members(&self) -> &[Member] {
        &[]
    }

    /// Is it of Gaussian variables, so that its part 0 is a mean?
    fn gaussian(&self) -> bool {
        false
    }

    /// Which joint statistic it has, if it is a pair of two nodes.
    fn pair(&self) -> Option<&'static JointSpec> {
        None
    }

    /// Which pairs of entries its statistic lists, where it lists pairs and the data are known.
    fn pattern(&self) -> Option<&Arc<Pattern>> {
        None
    }

    /// The layout of a statistic that lists pairs, to which products of entries are added as factors ask for
    /// them.
    fn listed(&self, of: &Laying<'_>) -> Option<SparseShape> {
        let _ = of;
        None
    }

    /// The layout of a network over elements, to which tables are added as factors ask for them.
    fn crossing(&self, of: &Laying<'_>) -> Option<CrossNetwork> {
        let _ = of;
        None
    }

    /// Could data make it another block? `known` gives the sizes that the model says.
    fn data_decide(&self, graph: &FactorGraph, known: Sizes<'_>) -> bool {
        let _ = (graph, known);
        false
    }

    /// The letter of a member's category in an operand of the block.
    fn letter(&self, op: &Op, node: NodeId) -> Option<LabelId> {
        let _ = (op, node);
        None
    }

    /// An operand of the block in a product, where products name the block.
    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written;

    /// Two operands that it keeps together, the earlier step first.
    fn written_pair(&self, of: &InProduct<'_>, before: &Op, now: &Op) -> Written {
        let _ = now;
        self.written(of, before)
    }
}
