//! Lowers factors to tables: which operands are read row by row, which are shared, and the contractions
//! between them. Not here: the order of a run (`engine`).

mod assemble;
mod axes;
mod base;
mod blocks;
mod by_row;
mod cut;
mod drafts;
mod error;
mod factor;
mod lowering;
mod missing;
mod open;
mod ports;
mod shared;

pub use blocks::element_order;
pub use error::LowerError;
pub use missing::{has_missing, what_is_missing};

use super::{
    centre::{centres, too_large},
    colours,
    layout::{Id, List, StreamId, VarId},
    lowered::Lowered,
    memory,
    paths::{self, local_ascent, local_ascent::AscentRule, shared_covariance},
    program::Plan,
    rotation,
    row_names::RowNames,
    schedule,
    streams::Stream,
    sums::SumLayout,
    support,
    var::Storage,
};
use crate::{
    factorize::{Blocks, kinds::LARGEST_CLIQUE, roles::Role},
    graph::{barren::Kept, bound::Bound, factor_graph::FactorGraph},
    shape::NodeId,
};
use lowering::Lowering;
use std::sync::Arc;

/// Lowers a bound graph and its blocks, if its arrays need no more than `limit` bytes. `kept` says what of
/// the data the bound has; `given` are centres of the nodes' values instead of those that the data suggest.
pub fn lower(
    graph: &FactorGraph,
    bound: &Bound,
    blocks: Blocks,
    (kept, limit): (Kept, u64),
    given: Option<&[Vec<f64>]>,
) -> Result<Plan, LowerError> {
    let room = |needs| memory::check(needs, limit).map_err(LowerError::NoRoom);
    room(memory::by_sizes(graph, bound, &blocks.energy.knowns))?;
    // Before centring, so that the number is told as it was written.
    if let Some((node, row, column, value)) = too_large(graph, bound) {
        return Err(LowerError::TooLarge { node, row, column, value });
    }
    let centres = given.map_or_else(|| centres(graph, bound), <[_]>::to_vec);
    about(graph, bound, blocks, &centres, (kept, limit))
}

/// The same, with these centres taken off observed values and known means.
pub(super) fn about(
    graph: &FactorGraph,
    bound: &Bound,
    blocks: Blocks,
    centres: &[Vec<f64>],
    (kept, limit): (Kept, u64),
) -> Result<Plan, LowerError> {
    let row_names = RowNames::new(graph, bound);
    let room = |needs| memory::check(needs, limit).map_err(LowerError::NoRoom);
    let mut demoted = vec![false; blocks.list.len()];
    let mut opened = vec![false; blocks.list.len()];
    let mut orders: Vec<(StreamId, Vec<u32>)> = vec![];
    loop {
        let mut l = Lowering::new(graph, bound, &blocks, centres, (&demoted, &opened));
        for (s, order) in &orders {
            l.streams[*s] = Stream::in_order(l.streams[*s].plate, bound.plate(l.streams[*s].plate), order);
        }
        l.vars()?;
        room(memory::of_variables(graph, l.vars.iter(), &|_| false))?;
        for f in 0..graph.factors.len() {
            l.factor(f)?;
        }
        let mixed: Vec<VarId> = l
            .tables
            .iter()
            .filter(|t| t.gathers_stored)
            .flat_map(|t| &t.operands)
            .filter_map(cut::streamed)
            .collect();
        if mixed.is_empty() {
            let predicted = (0..graph.nodes.len())
                .map(NodeId)
                .filter(|n| {
                    blocks.roles[n.0] == Role::Predicted
                        || missing::to_predict(graph, bound, &blocks, *n)
                        || l.absent(*n)
                })
                .collect();
            let Lowering { mut vars, streams, tables, rows, known, constants, sparse, crossing, .. } = l;
            for (var, sparse) in vars.iter_mut().zip(sparse.iter()) {
                if let Some(sparse) = sparse {
                    var.shape = Box::new(sparse.clone());
                }
            }
            for (var, network) in vars.iter_mut().zip(crossing.iter()) {
                if let Some(network) = network {
                    let span = graph.nodes[var.nodes[0].0].call;
                    let broken = |e| LowerError::Unsupported { span, what: format!("a network whose {e}") };
                    var.shape = Box::new(network.clone().finished(LARGEST_CLIQUE).map_err(broken)?);
                }
            }
            let mut lowered = Lowered::new(vars, streams, tables, rows, known, constants);
            colours::colour(&mut lowered).map_err(|p| LowerError::SelfPair {
                node: p.node,
                factor: p.factor,
                row: p.row,
            })?;
            cut::keep(&mut lowered);
            let (rotations, closed) = rotation::find(&lowered);
            if closed.iter().any(|v| !opened[v.index()]) {
                closed.into_iter().for_each(|v| opened[v.index()] = true);
                continue;
            }
            let ascent = local_ascent::find(&lowered);
            if let Some(order) = local_ascent::regroup(&lowered, &ascent) {
                orders.push(order);
                continue;
            }
            let support = support::find(graph, bound, &blocks).map(Arc::new);
            let mut plan = program(graph, lowered, ascent, &blocks, centres, predicted, (kept, row_names));
            plan.rotations = rotations;
            plan.support = support;
            return Ok(plan);
        }
        mixed.into_iter().for_each(|v| demoted[v.index()] = true);
    }
}

/// Ways over rows, chunks, and the order of work.
fn program(
    graph: &FactorGraph,
    mut lowered: Lowered,
    mut ascent: Vec<AscentRule>,
    blocks: &Blocks,
    centres: &[Vec<f64>],
    predicted: Vec<NodeId>,
    (kept, row_names): (Kept, RowNames),
) -> Plan {
    let mut shared = shared_covariance::find(&lowered);
    cut::cut(&mut lowered, &ascent, &shared);
    let mut passes = List::default();
    for s in lowered.streams.ids() {
        let ascent = ascent.iter().position(|a| a.stream == s).map(|at| ascent.swap_remove(at));
        passes.push(paths::choose(&lowered, s, ascent, &mut shared));
    }
    let stored: Vec<VarId> =
        lowered.vars.enumerate().filter(|(_, v)| v.storage == Storage::Stored).map(|(v, _)| v).collect();
    Plan {
        sums: SumLayout::new(&lowered, &passes),
        schedule: schedule::iteration(&lowered, &stored, &passes),
        passes,
        lowered,
        stored,
        centres: centres.to_vec(),
        turns: vec![],
        rotations: vec![],
        chooses: blocks.list.iter().flat_map(|b| &b.nodes).any(|n| graph.nodes[n.0].spec.stat.one_hot()),
        names: graph.nodes.iter().map(|n| n.name.clone()).collect(),
        blocks: blocks.clone(),
        predicted,
        kept,
        support: None,
        row_names,
    }
}
