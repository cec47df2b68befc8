//! What an update of a block costs, as a sentence. Not here: whether that is too much, which is for each
//! kind's claims.

use super::{contract::Sizes, text::is_tree};
use crate::{
    expfam::stat::StatKind,
    graph::factor_graph::FactorGraph,
    shape::{Extent, NodeId, PlateId},
};

/// `An update costs some 8³ operations for each step t, k.`: one for each element of these plates, of which
/// `steps` is named as such.
pub fn sentence(graph: &FactorGraph, what: &str, plates: &[PlateId], steps: Option<PlateId>) -> String {
    let over = plates.iter().filter(|p| Some(**p) != steps).map(|p| graph.plates[p.0].name.clone());
    let each: Vec<String> = steps.map(|p| place(graph, p)).into_iter().chain(over).collect();
    let each = if each.is_empty() { String::new() } else { format!(" for each {}", each.join(", ")) };
    format!("An update costs {what}{each}.")
}

/// The cost by a statistic's largest part.
pub fn of_stat(graph: &FactorGraph, stat: &StatKind, node: NodeId, sizes: Sizes<'_>) -> String {
    let length = length(graph, node, sizes);
    match stat.parts.iter().map(|p| p.shape.rank()).max().unwrap_or(0) {
        0 => "a few operations".to_string(),
        1 => format!("some {length} operations"),
        _ => format!("some {} operations", power(&length, 3)),
    }
}

/// The length of a node's event axis.
pub fn length(graph: &FactorGraph, node: NodeId, sizes: Sizes<'_>) -> String {
    graph.nodes[node.0].event.map_or_else(|| "1".to_string(), |x| size(graph, x, sizes))
}

/// A step of `t`, a row of a tree.
fn place(graph: &FactorGraph, p: PlateId) -> String {
    let name = graph.plate_name(p);
    if is_tree(graph, p) { format!("row {name}") } else { format!("step {name}") }
}

/// A size as a number, or what it is the size of.
pub fn size(graph: &FactorGraph, x: Extent, sizes: Sizes<'_>) -> String {
    sizes(x).map_or_else(|| format!("|{}|", graph.extent_name(x)), |n| n.to_string())
}

/// A size to a power.
pub fn power(base: &str, to: u32) -> String {
    let sign = if to == 2 { "²" } else { "³" };
    if base.contains([' ', '·']) { format!("({base}){sign}") } else { format!("{base}{sign}") }
}
