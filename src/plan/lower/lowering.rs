//! The state of a lowering: what is made so far, and where things stand. Not here: how factors (`factor`) and
//! blocks (`blocks`) are lowered.

use super::drafts::{ByPlace, Combinations, Port};
use crate::{
    block::kind::{cross_network::CrossNetwork, sparse::SparseShape},
    factorize::{Blocks, contract::Member},
    graph::{
        bound::Bound,
        energy::{Element, FactorEnergy, LabelId, Op, Source, View},
        factor_graph::{FactorGraph, PlateKind},
    },
    plan::{
        arrays::RowArrays,
        known::KnownArray,
        layout::{Id, List, StreamId, TableId, VarId},
        streams::Stream,
        table::Table,
        var::Var,
    },
    shape::{NodeId, PlateId},
};
use std::{collections::HashMap, sync::Arc};

pub(super) struct Lowering<'a> {
    pub(super) graph: &'a FactorGraph,
    pub(super) bound: &'a Bound,
    pub(super) blocks: &'a Blocks,
    pub(super) centres: &'a [Vec<f64>],
    pub(super) demoted: &'a [bool],
    /// Blocks of rows whose statistics keep all their letters, by block.
    pub(super) opened: &'a [bool],
    pub(super) streams: List<StreamId, Stream>,
    pub(super) vars: List<VarId, Var>,
    pub(super) tables: List<TableId, Table>,
    pub(super) rows: RowArrays,
    pub(super) known: Vec<KnownArray>,
    /// Index into `known` of each array of the energy.
    pub(super) evaluated: HashMap<usize, usize>,
    pub(super) dense: HashMap<(usize, Op), usize>,
    pub(super) codes: HashMap<(usize, Op), usize>,
    pub(super) bases: HashMap<(usize, Op), Arc<[u32]>>,
    pub(super) values: HashMap<(usize, NodeId, Vec<Element>), ByPlace>,
    pub(super) constants: Vec<f64>,
    /// Of each block, where its members' entries start in its vector, and the end.
    pub(super) starts: Vec<Vec<usize>>,
    /// Arrays inside the statistics of sparse Gaussians; an operand's part counts them.
    pub(super) ports: Vec<Port>,
    /// By variable, the sparse Gaussians, whose statistics grow while factors are lowered.
    pub(super) sparse: List<VarId, Option<SparseShape>>,
    /// By variable, the networks over elements, whose tables grow likewise.
    pub(super) crossing: List<VarId, Option<CrossNetwork>>,
    pub(super) port_of: HashMap<(usize, Source, Vec<View>), usize>,
    pub(super) lists: Vec<Combinations>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        graph: &'a FactorGraph,
        bound: &'a Bound,
        blocks: &'a Blocks,
        centres: &'a [Vec<f64>],
        (demoted, opened): (&'a [bool], &'a [bool]),
    ) -> Self {
        let mut streams = List::default();
        for (p, plate) in graph.plates.iter().enumerate() {
            if is_row_plate(&plate.kind) {
                streams.push(Stream::new(PlateId(p), bound.plate(PlateId(p))));
            }
        }
        Self {
            graph,
            bound,
            blocks,
            centres,
            demoted,
            opened,
            streams,
            vars: List::default(),
            tables: List::default(),
            rows: RowArrays::default(),
            known: vec![],
            evaluated: HashMap::new(),
            dense: HashMap::new(),
            codes: HashMap::new(),
            bases: HashMap::new(),
            values: HashMap::new(),
            constants: vec![0.0; graph.nodes.len()],
            starts: blocks.list.iter().map(|b| member_starts(graph, bound, b.kind.members())).collect(),
            ports: vec![],
            port_of: HashMap::new(),
            lists: vec![],
            sparse: List::default(),
            crossing: List::default(),
        }
    }

    /// The plate whose rows a node's elements are streamed along.
    pub(super) fn row_plate(&self, node: NodeId) -> Option<PlateId> {
        let steps = self.blocks.of(node).and_then(|b| self.blocks.list[b].kind.steps());
        if steps.is_some() {
            return steps;
        }
        self.graph.nodes[node.0].plates.iter().copied().find(|p| is_row_plate(&self.graph.plates[p.0].kind))
    }

    pub(super) fn stream(&self, plate: PlateId) -> StreamId {
        self.streams.find(|s| s.plate == plate).expect("every row plate has a stream")
    }

    pub(super) fn var_of(&self, source: Source) -> Option<VarId> {
        self.blocks.of_source(source).map(VarId::new)
    }

    pub(super) fn d(&self, node: NodeId) -> usize {
        self.graph.nodes[node.0].event.map_or(1, |e| self.bound.size(e))
    }

    pub(super) fn letter_of(&self, f: &FactorEnergy, plate: PlateId) -> Option<LabelId> {
        let axis = self.graph.nodes[f.node.0].plates.iter().position(|&p| p == plate)?;
        Some(f.child[axis])
    }
}

/// Where each member's entries start in a block's vector, and its length.
fn member_starts(graph: &FactorGraph, bound: &Bound, members: &[Member]) -> Vec<usize> {
    let mut out = vec![0];
    let mut end = 0;
    for m in members {
        let inner: usize = m.inner.iter().map(|p| bound.plate(*p).size).product();
        let event = graph.nodes[m.node.0].event.filter(|_| m.vector);
        end += inner * event.map_or(1, |e| bound.size(e));
        out.push(end);
    }
    out
}

fn is_row_plate(kind: &PlateKind) -> bool {
    matches!(kind, PlateKind::Rows { .. } | PlateKind::Steps { .. } | PlateKind::Tree { .. })
}
