//! Where a kept run had moved to, for the plan of other data: centres by element, as those data count them, and blocks
//! in other coordinates. Not here: how a model is written about them (`plan::recentre`).

use super::kept::Kept;
use crate::{
    engine::Moved,
    factorize::Block,
    graph::{Bound, FactorGraph, factor_graph::Node},
    plan::{
        Plan,
        recentre::{Centres, Turn},
    },
};

/// The centres that the kept run has come to, for a plan of the same model and of `bound`, which inference sees as the
/// plan says; `None` of a run that has not been moved.
pub fn moved(kept: &Kept, graph: &FactorGraph, bound: &Bound, plan: &Plan) -> Option<Moved> {
    let &[split, moves, last] = kept.real("moved") else { return None };
    let nodes = graph.nodes.iter().map(|n| centres(kept, graph, bound, plan, n)).collect();
    let turns = (0..kept.document.blocks.len()).filter_map(|b| turn(kept, graph, plan, b)).collect();
    Some(Moved { centres: Centres { nodes, split: split != 0.0, turns }, moves: moves as usize, last })
}

/// A node's centres: of rows one for all, since these are others; of what is new, where the others lie on average.
fn centres(kept: &Kept, graph: &FactorGraph, bound: &Bound, plan: &Plan, node: &Node) -> Vec<f64> {
    let all = kept.centre(&node.name);
    if all.is_empty() {
        return vec![];
    }
    let width = node.spec.stat.value.width(node.event.map_or(1, |e| bound.size(e))).max(1);
    let mut mean = vec![0.0; width];
    let count = all.len() / width;
    all.chunks_exact(width).for_each(|c| mean.iter_mut().zip(c).for_each(|(m, c)| *m += c / count as f64));
    let rows = node.plates.iter().any(|p| graph.plates[p.0].kind.rows_of().is_some());
    let elements = plan.kept.elements(&node.plates);
    let elements =
        elements.unwrap_or_else(|| (0..node.plates.iter().map(|p| bound.plate(*p).size).product()).collect());
    let then = |element: usize| -> Option<usize> {
        let (mut rest, mut at, mut stride) = (element, 0, 1);
        for p in node.plates.iter().rev() {
            let (now, then) = (bound.plate(*p).size.max(1), kept.document.plates[p.0].size);
            let i = rest % now;
            rest /= now;
            if i >= then {
                return None;
            }
            at += i * stride;
            stride *= then;
        }
        (!rows && at < count).then_some(at)
    };
    let of = |&e: &usize| then(e).map_or(mean.as_slice(), |at| &all[at * width..(at + 1) * width]);
    elements.iter().flat_map(of).copied().collect()
}

/// The coordinates of a block, by its place then, at its place now.
fn turn(kept: &Kept, graph: &FactorGraph, plan: &Plan, then: usize) -> Option<Turn> {
    let mut turn = kept.turn(then)?;
    let names = &kept.document.blocks[then].nodes;
    let same = |b: &Block| b.nodes.iter().map(|n| &graph.nodes[n.0].name).eq(names.iter());
    turn.block = plan.blocks.list.iter().position(same)?;
    Some(turn)
}
