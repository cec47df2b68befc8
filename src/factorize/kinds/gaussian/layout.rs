//! The dense block or chain that a set of nodes makes, or why there is none. Not here: which sets are tried
//! (`claims`).

use super::{
    meetings::{Meetings, apart},
    sets::{is_entry, may_be_inside},
    vector::Vector,
};
use crate::{
    block::lagged_gaussian_chain::LONGEST_LAG,
    expfam::stat::PartShape,
    factorize::contract::Member,
    graph::{
        energy::{Element, Energy, Op, Source},
        factor_graph::{FactorGraph, RowSet},
    },
    shape::{NodeId, PlateId},
};
use std::collections::{BTreeSet, HashSet};

/// The block of a set of nodes, or why there can be none.
pub fn layout(
    graph: &FactorGraph,
    energy: &Energy,
    meetings: &Meetings<'_>,
    set: &[NodeId],
) -> Result<Vector, String> {
    let name = |n: NodeId| format!("`{}`", graph.nodes[n.0].name);
    let inside = meetings.inside(set);
    if let Some(m) = inside.iter().find(|m| m.multiplied) {
        return Err(format!(
            "{} and {} multiply each other, so no Gaussian holds them both.",
            name(m.nodes[0]),
            name(m.nodes[1])
        ));
    }
    let plates = |n: NodeId| graph.nodes[n.0].plates.as_slice();
    let mut outer: Vec<PlateId> =
        plates(set[0]).iter().copied().filter(|p| set.iter().all(|&n| plates(n).contains(p))).collect();
    let mut chain = None;
    let mut lags = 0;
    for m in &inside {
        let at = |i: usize, p: PlateId| {
            plates(m.nodes[i]).iter().position(|q| *q == p).map(|axis| m.ops[i].elements[axis])
        };
        let steps = |p: PlateId| at(0, p).zip(at(1, p)).and_then(|(x, y)| apart(x, y));
        for &p in &outer {
            // Steps of one sequence: a chain keeps them exactly.
            let Some(lag) = steps(p) else { continue };
            if lag as usize > LONGEST_LAG {
                return Err(format!(
                    "A chain keeps couplings over at most {LONGEST_LAG} steps: {} is coupled {lag} steps apart.",
                    name(m.nodes[0])
                ));
            }
            if chain.is_some_and(|c| c != p) {
                return Err("Neighbours are coupled along two plates, so they are no chain.".into());
            }
            chain = Some(p);
            lags = lags.max(lag as usize);
        }
        outer.retain(|&p| {
            at(0, p).is_some() && (at(0, p) == at(1, p) || chain == Some(p) && steps(p).is_some())
        });
    }
    if let Some(p) = chain.filter(|p| !outer.contains(p)) {
        return Err(format!(
            "Steps along {} are coupled in other ways than by neighbours, so they are no chain.",
            graph.plates[p.0].name
        ));
    }
    if lags == 1 && !chain.is_some_and(|p| differ(graph, energy, set, p)) {
        lags = 0;
    }
    let mut members = vec![];
    for &node in set {
        let inner: Vec<PlateId> = plates(node).iter().copied().filter(|p| !outer.contains(p)).collect();
        if let Some(p) = inner.iter().find(|p| !may_be_inside(graph, **p)) {
            let p = &graph.plates[p.0].name;
            let others: Vec<String> = set.iter().filter(|&&n| n != node).map(|&n| name(n)).collect();
            let with =
                if others.is_empty() { format!("{} at other {p}", name(node)) } else { others.join(", ") };
            return Err(format!(
                "One dense block of all {}[{p}] with {with} would grow with the square of the data.",
                graph.nodes[node.0].name
            ));
        }
        let mut ops = energy.places(Source::Node(node)).map(|at| energy.operand(at).1);
        // A vector's entries are read by letter or by number.
        let picked = ops.find_map(|o| {
            let mut at = plates(node).iter().zip(&o.elements);
            at.find(|(p, e)| inner.contains(p) && !is_entry(e))
        });
        if let Some((p, _)) = picked {
            let p = &graph.plates[p.0].name;
            return Err(format!(
                "The data pick elements of {} along {p}, so they can't be the entries of one Gaussian vector.",
                name(node)
            ));
        }
        members.push(Member {
            node,
            inner,
            vector: graph.nodes[node.0].spec.stat.value == PartShape::Vector,
        });
    }
    Ok(Vector { members, outer, chain, lags })
}

/// Are neighbours coupled by other than one matrix, or one for each level of one column? Then each step keeps
/// its own moments with the one before.
fn differ(graph: &FactorGraph, energy: &Energy, set: &[NodeId], chain: PlateId) -> bool {
    let all: HashSet<NodeId> = set.iter().copied().collect();
    let mine = |o: &&Op| matches!(o.source, Source::Node(n) if all.contains(&n));
    let step = |o: &Op| match o.source {
        Source::Node(n) => {
            graph.nodes[n.0].plates.iter().position(|p| *p == chain).map(|axis| o.elements[axis])
        }
        _ => None,
    };
    let holding: BTreeSet<usize> = set.iter().flat_map(|n| energy.holding(Source::Node(*n))).collect();
    holding.into_iter().any(|i| {
        let (factor, f) = (&graph.factors[i], energy.factor(i));
        let mut column = None;
        f.terms.iter().any(|t| {
            let ours: Vec<Element> = t.ops.iter().filter(mine).filter_map(step).collect();
            let [x, y] = ours.as_slice() else { return false };
            if apart(*x, *y).is_none() {
                return false;
            }
            let label = x.label();
            // A missing cell of a child leaves its coupling out.
            let of_step = (factor.rows == RowSet::From(1) || factor.rows == RowSet::All)
                && graph.nodes[f.node.0].observed.is_none()
                && ours.iter().any(|e| matches!(e, Element::Label(_)));
            !of_step
                || t.ops.iter().filter(|o| !mine(o)).any(|o| {
                    o.axes.iter().any(|l| Some(*l) == label)
                        || o.elements.iter().filter(|e| e.label() == label).any(|e| match e {
                            Element::Column { column: c, .. } => *column.get_or_insert(*c) != *c,
                            _ => true,
                        })
                })
        })
    })
}
