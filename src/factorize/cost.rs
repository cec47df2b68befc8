//! What an update of a block costs, as a sentence. Not here: whether that is too much, which is for each
//! kind's claims.

use super::{Blocks, Kind, network::Sizes, sparse::rounded};
use crate::{
    block::junction_tree::JunctionTree,
    expfam::stat::StatKind,
    factorize::network::LARGEST_CLIQUE,
    graph::factor_graph::{FactorGraph, PlateKind},
    shape::{Extent, NodeId, PlateId},
};

/// The cost of one update of each block's element, messages left out.
pub fn cost(graph: &FactorGraph, blocks: &Blocks, i: usize, sizes: Sizes<'_>) -> String {
    let block = &blocks.list[i];
    let event = |n: NodeId| graph.nodes[n.0].event;
    let length = |n: NodeId| event(n).map_or_else(|| "1".to_string(), |x| size(graph, x, sizes));
    let of_stat = |stat: &StatKind, n: NodeId| {
        let rank = stat.parts.iter().map(|p| p.shape.rank()).max().unwrap_or(0);
        match rank {
            0 => "a few operations".to_string(),
            1 => format!("some {} operations", length(n)),
            _ => format!("some {} operations", power(&length(n), 3)),
        }
    };
    let (what, steps) = match block.kind {
        Kind::Single => (of_stat(graph.nodes[block.nodes[0].0].spec.stat, block.nodes[0]), None),
        Kind::Joint(j) => (of_stat(blocks.joints[j].spec.stat, block.nodes[0]), None),
        Kind::Chain(p) => (format!("some {} operations", power(&length(block.nodes[0]), 2)), Some(p)),
        Kind::Network(n) => {
            let network = &blocks.networks[n];
            let of: Option<Vec<usize>> =
                network.members.iter().map(|n| event(*n).map_or(Some(1), sizes)).collect();
            match (network.chain, of) {
                (Some(p), Some(k)) => (format!("some {}² operations", k.iter().product::<usize>()), Some(p)),
                (Some(p), None) => ("the square of the product of the states".to_string(), Some(p)),
                (None, k) => {
                    let tree = k.and_then(|k| JunctionTree::new(&k, &network.scopes, LARGEST_CLIQUE).ok());
                    let entries =
                        |t: JunctionTree| format!("a few operations for each of {} entries", t.table_len());
                    (
                        tree.map_or_else(
                            || "a few operations for each entry of its tables".to_string(),
                            entries,
                        ),
                        None,
                    )
                }
            }
        }
        Kind::Gaussian(g) => {
            let joint = &blocks.gaussians[g];
            if joint.sparse {
                return match &joint.pattern {
                    Some(p) => {
                        let (n, pairs) = (rounded(p.places.len() as f64), rounded(p.pairs() as f64));
                        let (fill, cost) = (rounded(p.kernel.fill() as f64), rounded(p.kernel.cost()));
                        format!(
                            "An update costs about {cost} multiplications: {n} entries, of which {pairs} pairs meet, and {fill} entries of the factor."
                        )
                    }
                    None => {
                        "What an update costs, the data say: it grows with the pairs that they join.".into()
                    }
                };
            }
            let mut all: Vec<String> = vec![];
            let mut known = Some(0);
            for m in &joint.members {
                let mut extents: Vec<Extent> = m.inner.iter().map(|p| Extent::Plate(*p)).collect();
                extents.extend(event(m.node).filter(|_| m.vector));
                let product = extents.iter().try_fold(1, |a, x| Some(a * sizes(*x)?));
                known = known.zip(product).map(|(a, b): (usize, usize)| a + b);
                let names: Vec<String> = extents.iter().map(|x| size(graph, *x, sizes)).collect();
                all.push(if names.is_empty() { "1".into() } else { names.join("·") });
            }
            let dimension = known.map_or_else(|| all.join(" + "), |n| n.to_string());
            // Couplings over several steps fill a band.
            let band = if joint.lags > 1 { format!("{}²·", joint.lags) } else { String::new() };
            (format!("some {band}{} operations", power(&dimension, 3)), joint.chain)
        }
    };
    let over = blocks.over(graph, i);
    let mut each: Vec<String> = over.clone();
    if let Some(p) = steps {
        each.insert(0, place(graph, p));
    }
    let each = if each.is_empty() { String::new() } else { format!(" for each {}", each.join(", ")) };
    format!("An update costs {what}{each}.")
}

/// A step of `t`, a row of a tree.
fn place(graph: &FactorGraph, p: PlateId) -> String {
    let name = graph.plate_name(p);
    match graph.plates[p.0].kind {
        PlateKind::Tree { .. } => format!("row {name}"),
        _ => format!("step {name}"),
    }
}

/// A size as a number, or what it is the size of.
fn size(graph: &FactorGraph, x: Extent, sizes: Sizes<'_>) -> String {
    sizes(x).map_or_else(|| format!("|{}|", graph.extent_name(x)), |n| n.to_string())
}

fn power(base: &str, to: u32) -> String {
    let sign = if to == 2 { "²" } else { "³" };
    if base.contains([' ', '·']) { format!("({base}){sign}") } else { format!("{base}{sign}") }
}
