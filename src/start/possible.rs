//! A start inside what tables with zeros leave possible, where the categories stand in different blocks: one state
//! for each element, as near as may be to what would be drawn. Not here: what is possible (`plan::support`).

use super::draw::{Drawn, soft};
use crate::{
    graph::FactorGraph,
    num::stream::Stream as Random,
    plan::{
        Plan, element_order,
        layout::{List, VarId},
    },
    shape::NodeId,
};

/// Where a node's elements stand in its variable: which variable and member, and the element in the order of the
/// file at each place.
type Standing = (VarId, usize, Vec<usize>);

fn standing(graph: &FactorGraph, plan: &Plan, node: NodeId) -> Option<Standing> {
    let v = plan.vars.find(|v| v.nodes.contains(&node))?;
    let var = &plan.vars[v];
    let member = var.nodes.iter().position(|n| *n == node)?;
    let file = var.stream().and_then(|s| plan.streams[s].order.as_deref());
    Some((v, member, element_order(&graph.nodes[node.0].plates, &var.plates_of(member), file)))
}

/// Puts possible states in the place of what was drawn; what the caller gives is kept, and the rest fits it as far
/// as it can be fitted.
pub(super) fn respect(
    graph: &FactorGraph,
    plan: &Plan,
    (seed, restart): (u64, usize),
    given: &dyn Fn(VarId, usize) -> bool,
    drawn: &mut List<VarId, Vec<Option<Drawn>>>,
) {
    let Some(support) = &plan.support else { return };
    let mut random = Random::new(seed, "what is possible", restart as u64);
    let places: Option<Vec<Standing>> = support.nodes.iter().map(|n| standing(graph, plan, *n)).collect();
    let Some(places) = places else { return };
    let mut constraints = support.constraints.clone();
    let mut likes = vec![];
    let mut element = 0;
    for (&count, (v, member, order)) in support.counts.iter().zip(&places) {
        let (var, k) = (&plan.vars[*v], plan.vars[*v].shape.states(*member));
        let mut own = vec![0.0; count * k];
        match &drawn[*v][*member] {
            None | Some(Drawn::Even | Drawn::Soft) => soft(k, &mut random, &mut own),
            Some(some) => {
                let rows = count / var.inner().max(1);
                some.write(plan, 0..rows, var.inner(), k, &mut own);
            }
        }
        let mut by_file = vec![0.0; own.len()];
        for (place, &e) in order.iter().enumerate() {
            by_file[e * k..(e + 1) * k].copy_from_slice(&own[place * k..(place + 1) * k]);
        }
        if given(*v, *member) {
            for (e, p) in by_file.chunks_exact(k).enumerate().filter(|(_, p)| p.contains(&0.0)) {
                constraints.tables.push(p.iter().map(|p| *p > 0.0).collect());
                constraints.joined.push(([(element + e) as u32].into(), constraints.tables.len() as u32 - 1));
            }
        }
        likes.extend(by_file);
        element += count;
    }
    // Where there is none, the run says what is impossible.
    let Some(states) = constraints.solve(&likes, &mut random) else { return };
    let mut first = 0;
    for (&count, (v, member, order)) in support.counts.iter().zip(&places) {
        let k = plan.vars[*v].shape.states(*member);
        if !given(*v, *member) {
            let mut rows = vec![0.0; count * k];
            for (row, &e) in rows.chunks_exact_mut(k).zip(order) {
                row[states[first + e]] = 1.0;
            }
            drawn[*v][*member] = Some(Drawn::Rows(rows.into()));
        }
        first += count;
    }
}
