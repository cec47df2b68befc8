//! What the graph says of the order in which blocks start, and of those that must not start where they meet. Not
//! here: the starts.

use crate::{
    graph::{FactorGraph, energy::Op},
    plan::{Plan, layout::VarId},
};
use std::collections::BTreeSet;

/// Blocks, parents first where the graph allows it; of those that could be next, the first.
pub fn order(plan: &Plan) -> Vec<VarId> {
    let energy = &plan.blocks.energy;
    let parents = |v: VarId| -> BTreeSet<VarId> {
        let lines = plan.vars[v].nodes.iter().flat_map(|n| energy.lines(*n));
        let ops = lines.flat_map(|&f| &energy.factor(f).terms).flat_map(|t| &t.ops);
        ops.filter_map(|o| plan.var_of(o.source)).filter(|&p| p != v).collect()
    };
    let mut children = plan.vars.map(|_| vec![]);
    let mut missing = plan.vars.map(|_| 0);
    for v in plan.vars.ids() {
        for p in parents(v) {
            children[p].push(v);
            missing[v] += 1;
        }
    }
    let mut open: BTreeSet<VarId> = plan.vars.ids().collect();
    let mut ready: BTreeSet<VarId> = plan.vars.ids().filter(|&v| missing[v] == 0).collect();
    let mut out = vec![];
    while let Some(v) = ready.first().or(open.first()).copied() {
        ready.remove(&v);
        open.remove(&v);
        out.push(v);
        for &c in &children[v] {
            missing[c] -= 1;
            if missing[c] == 0 && open.contains(&c) {
                ready.insert(c);
            }
        }
    }
    out
}

/// Is the block's Gaussian multiplied by another in some mean? At equal means such a product is a saddle that
/// no update leaves.
pub(super) fn multiplied(graph: &FactorGraph, plan: &Plan, v: VarId) -> bool {
    let gaussian = |o: &&Op| plan.blocks.is_gaussian(graph, o.source);
    let energy = &plan.blocks.energy;
    energy.holding(plan.source(v)).flat_map(|f| &energy.factor(f).terms).any(|t| {
        let mine = t.ops.iter().filter(gaussian).filter(|o| o.part == 0 && plan.var_of(o.source) == Some(v));
        mine.into_iter().any(|o| {
            t.ops.iter().filter(gaussian).any(|p| p.part == 0 && p.source != o.source && p.copy == o.copy)
        })
    })
}
