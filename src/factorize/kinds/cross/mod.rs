//! Categories of different plates that meet in known tables with zeros, kept together: a group's category and its
//! rows', a step's and its sequence's, two rows that a row names. Chains and trees of which rows of another table
//! pick the steps, too. Not here: which of their elements meet (`tables`), what is told of the block (`network`), nor its numbers (`block::kind::cross_network`).
//!
//! Kept apart, each would be certain of what the others leave possible, and no update could take that back.

mod network;
mod tables;
mod zeros;

pub use network::Crossing;
pub use tables::{ElementTables, places};
pub use zeros::Zeros;

use super::network::LARGEST_CLIQUE;
use crate::{
    block::junction_tree::{JunctionTree, TreeError},
    factorize::{
        blocks::Blocks,
        claim::Claim,
        claims::Claims,
        text::{along, listed},
    },
    graph::{
        bound::Bound,
        energy::{Element, EnergyTerm, Op, Source},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{BlockId, NodeId, PlateId},
};

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// The registry's entry.
pub static CROSS: CrossNetworks = CrossNetworks;

/// Claims categories that meet in tables with zeros, elements of different plates.
pub struct CrossNetworks;

/// Entries of all its tables, and numbers of the statistic, at most.
const LARGEST_NETWORK: usize = 1 << 23;

impl Claim for CrossNetworks {
    fn claim(&self, claims: &mut Claims<'_>) {
        if claims.wishes.mean_field {
            return;
        }
        let mut sets = crossing(claims);
        let zeros = sets.clone();
        let picked = claims.free_nodes().into_iter().filter(|n| referred_to(claims, *n));
        sets.extend(picked.map(|n| BTreeSet::from([n])).collect::<Vec<_>>());
        sets.retain(|nodes| claims.wishes.together(&nodes.iter().copied().collect::<Vec<_>>()));
        for set in together(&sets) {
            let all = closure(claims, &set);
            let taken = match fits(claims, &all) {
                Ok(()) => vec![all],
                Err(_) => as_far_as_it_goes(claims, &sets, &set),
            };
            for members in taken {
                let with_zeros = zeros.iter().any(|z| z.is_subset(&members));
                let members: Vec<NodeId> = members.into_iter().collect();
                let network = Crossing::new(claims.graph, &members);
                let why = claims.reasons.beside(network.why(claims.graph, with_zeros), &members);
                let rewritten = network.rewritten(&claims.blocks.energy, claims.next());
                claims.add(members, Arc::new(network), why, rewritten);
            }
        }
    }
}

/// The node of an operand that is a latent category which nobody has claimed.
fn category(claims: &Claims<'_>, op: &Op) -> Option<NodeId> {
    match op.source {
        Source::Node(n)
            if claims.blocks.roles[n.0].has_q()
                && claims.graph.nodes[n.0].spec.stat.one_hot()
                && claims.is_free(n) =>
        {
            Some(n)
        }
        _ => None,
    }
}

/// Categories that meet in a known table with zeros and that no network of one plate and no chain holds, by product.
fn crossing(claims: &Claims<'_>) -> Vec<BTreeSet<NodeId>> {
    let zeros = Zeros::new(claims.graph, &claims.blocks.energy, claims.bound);
    let mut out: Vec<BTreeSet<NodeId>> = vec![];
    let mut seen = HashSet::new();
    for t in claims.blocks.energy.factors().iter().flat_map(|f| &f.terms) {
        let held: Vec<(NodeId, &Op)> = t.ops.iter().filter_map(|o| Some((category(claims, o)?, o))).collect();
        if held.len() < 2 || alike(claims.graph, &held) || !zeros.any(t) {
            continue;
        }
        let nodes: BTreeSet<NodeId> = held.iter().map(|h| h.0).collect();
        if seen.insert(nodes.clone()) {
            out.push(nodes);
        }
    }
    out
}

/// Does a category depend on the step before or the row above, while others pick its steps out of their turn? No
/// chain holds that.
fn referred_to(claims: &Claims<'_>, node: NodeId) -> bool {
    let (graph, energy) = (claims.graph, &claims.blocks.energy);
    let Some(steps) = along(graph, node) else { return false };
    let Some(axis) = graph.nodes[node.0].plates.iter().position(|p| *p == steps) else { return false };
    let me = Source::Node(node);
    let at = |fits: fn(&Element) -> bool| {
        energy.places(me).any(|at| energy.operand(at).1.elements.get(axis).is_some_and(fits))
    };
    at(|e| e.is_before()) && at(|e| matches!(e, Element::Column { .. }))
}

/// Do they all stand at one element of the same plates, or at it and the step before or the row above?
fn alike(graph: &FactorGraph, held: &[(NodeId, &Op)]) -> bool {
    let plates: &[PlateId] = &graph.nodes[held[0].0.0].plates;
    let same = held.iter().all(|h| graph.nodes[h.0.0].plates == plates);
    let mut places: Vec<&[Element]> = held.iter().map(|h| h.1.elements.as_slice()).collect();
    places.sort_by_key(|p| p.iter().any(|e| e.is_before()));
    places.dedup();
    let linked = |(p, (x, y)): (&PlateId, (&Element, &Element))| {
        let along = matches!(graph.plates[p.0].kind, PlateKind::Steps { .. } | PlateKind::Tree { .. });
        x == y || along && x.linked(*y)
    };
    same && match places.as_slice() {
        [_] => true,
        [now, before] => plates.iter().zip(now.iter().zip(before.iter())).all(linked),
        _ => false,
    }
}

/// Sets that share nodes, joined.
fn together(sets: &[BTreeSet<NodeId>]) -> Vec<BTreeSet<NodeId>> {
    let mut out: Vec<BTreeSet<NodeId>> = vec![];
    for set in sets {
        let (mut near, apart): (Vec<_>, Vec<_>) = out.into_iter().partition(|o| !o.is_disjoint(set));
        near.push(set.clone());
        out = apart;
        out.push(near.into_iter().flatten().collect());
    }
    out
}

/// With all categories that meet one of them in some product, and those that meet these.
fn closure(claims: &Claims<'_>, set: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let (mut all, mut open) = (set.clone(), set.iter().copied().collect::<Vec<_>>());
    let energy = &claims.blocks.energy;
    while let Some(n) = open.pop() {
        let terms = energy.holding(Source::Node(n)).flat_map(|f| &energy.factor(f).terms);
        let here = |t: &&EnergyTerm| t.ops.iter().any(|o| o.source == Source::Node(n));
        for m in terms.filter(here).flat_map(|t| &t.ops).filter_map(|o| category(claims, o)) {
            if claims.wishes.together(&[n, m]) && all.insert(m) {
                open.push(m);
            }
        }
    }
    all
}

/// Joins the sets of one component one after the other, as long as what comes of it is small enough.
fn as_far_as_it_goes(
    claims: &mut Claims<'_>,
    sets: &[BTreeSet<NodeId>],
    component: &BTreeSet<NodeId>,
) -> Vec<BTreeSet<NodeId>> {
    let mut taken: Vec<BTreeSet<NodeId>> = vec![];
    for set in sets.iter().filter(|s| s.is_subset(component)) {
        let near = || taken.iter().filter(|t| !t.is_disjoint(set));
        let union: BTreeSet<NodeId> = near().flatten().chain(set).copied().collect();
        match fits(claims, &union) {
            Ok(()) => {
                taken.retain(|t| t.is_disjoint(set));
                taken.push(union);
            }
            Err(why) => set.iter().for_each(|n| claims.reasons.add(*n, why.clone())),
        }
    }
    taken
}

/// Can these be one network?
///
/// # Errors
/// A sentence: why not.
fn fits(claims: &Claims<'_>, nodes: &BTreeSet<NodeId>) -> Result<(), String> {
    let graph = claims.graph;
    let members: Vec<NodeId> = nodes.iter().copied().collect();
    let names = || listed(graph, &members, "and");
    let weighted = |p: &&PlateId| matches!(graph.plates[p.0].kind, PlateKind::Rows { weight: Some(_), .. });
    if let Some(p) = members.iter().flat_map(|n| &graph.nodes[n.0].plates).find(weighted) {
        return Err(format!(
            "Rows of {} have weights, and each stands for several: {} are no one network.",
            graph.plate_name(*p),
            names()
        ));
    }
    let Some(bound) = claims.bound else { return Ok(()) };
    let factors = factors(graph, &claims.blocks, bound, &members)?;
    let places = tables::places(graph, bound, &members);
    match JunctionTree::new(&places.sizes(), &factors, LARGEST_CLIQUE) {
        Ok(tree) if tree.table_len() <= LARGEST_NETWORK => Ok(()),
        Ok(tree) => Err(too_many(&names(), tree.table_len())),
        Err(TreeError::Clique { variables, .. }) => Err(format!(
            "{} of the elements of {} need a joint table, and {LARGEST_CLIQUE} entries are the most.",
            variables.len(),
            names()
        )),
        Err(e) => Err(format!("A network of {} has no junction tree: {e}.", names())),
    }
}

fn too_many(names: &str, numbers: usize) -> String {
    format!("A network of {names} needs tables of {numbers} numbers, and {LARGEST_NETWORK} are the most.")
}

/// The tables that a network of these has, each by its elements.
fn factors(
    graph: &FactorGraph,
    blocks: &Blocks,
    bound: &Bound,
    members: &[NodeId],
) -> Result<Vec<Vec<usize>>, String> {
    let network = Crossing::new(graph, members);
    let places = tables::places(graph, bound, members);
    let mut numbers = places.single(members.len());
    let mut arrays: Vec<ElementTables> = vec![];
    let me = BlockId(usize::MAX);
    for (i, f) in network.rewritten(&blocks.energy, me) {
        let mut met = HashSet::new();
        let mine = |o: &&Op| o.views.len() > 1 && o.source == Source::Block(me);
        for op in f.terms.iter().flat_map(|t| &t.ops).filter(mine) {
            if met.insert(&op.views) {
                let tables = ElementTables::new(
                    graph,
                    bound,
                    &blocks.roles,
                    (i, &f),
                    &network.members,
                    &places,
                    &op.views,
                )?;
                numbers = numbers.saturating_add(tables.numbers());
                if numbers > LARGEST_NETWORK {
                    return Err(too_many(&listed(graph, members, "and"), numbers));
                }
                arrays.push(tables);
            }
        }
    }
    Ok(places.factors(arrays.iter().map(|t| (t.members.len(), &t.elements[..]))))
}
