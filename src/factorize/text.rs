//! Words for blocks: names in lists, indices in brackets, how an operand stands in a product. Not here: what
//! any kind of block says (`kinds`), nor letters' names (`letters`).

use super::roles::Role;
use crate::{
    graph::{
        energy::{Element, FactorEnergy, LabelId},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{NodeId, PlateId},
};

/// Names that a report gives to the letters of a product.
pub trait Names {
    /// A letter: `n`, `t+1`.
    fn letter(&self, l: LabelId) -> String;
    /// An element's index: `n`, `chapter[w]`, `t-1`.
    fn element(&self, e: Element) -> String;
    /// Is it an axis of a vector or matrix that is written without indices?
    fn is_axis(&self, l: LabelId) -> bool;
}

/// A product that an operand is written for.
#[allow(missing_debug_implementations)]
pub struct InProduct<'a> {
    /// The graph.
    pub graph: &'a FactorGraph,
    /// What each node is to inference.
    pub roles: &'a [Role],
    /// The factor.
    pub factor: &'a FactorEnergy,
    /// What its letters are called.
    pub names: &'a dyn Names,
}

impl InProduct<'_> {
    /// The indices of elements.
    pub fn at(&self, elements: &[Element]) -> Vec<String> {
        elements.iter().map(|e| self.names.element(*e)).collect()
    }
}

/// An operand as text.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// A probability, which weighs the product.
    Weight(String),
    /// A factor, with the letters of axes that are not written.
    Factor(String, Vec<LabelId>),
}

/// `` `a`, `b` and `c` ``.
pub fn listed(graph: &FactorGraph, nodes: &[NodeId], and: &str) -> String {
    let all: Vec<String> = nodes.iter().map(|n| format!("`{}`", graph.nodes[n.0].name)).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {and} {last}", rest.join(", ")),
        _ => all.join(""),
    }
}

/// `r`, or `r_kind` where there are several latent categories.
pub fn mark(graph: &FactorGraph, roles: &[Role], letter: &str, node: NodeId) -> String {
    let latent =
        |(i, n): (usize, &crate::graph::factor_graph::Node)| n.spec.stat.one_hot() && roles[i].has_q();
    let several = graph.nodes.iter().enumerate().filter(|x| latent(*x)).nth(1).is_some();
    let one = !several && graph.nodes.iter().enumerate().any(latent);
    if one { letter.into() } else { format!("{letter}_{}", graph.nodes[node.0].name) }
}

/// Is it a tree's plate?
pub fn is_tree(graph: &FactorGraph, plate: PlateId) -> bool {
    matches!(graph.plates[plate.0].kind, PlateKind::Tree { .. })
}

/// The step before, or the row above: `t-1`, `parent(n)`.
pub fn earlier(graph: &FactorGraph, plate: PlateId) -> String {
    let t = graph.plate_name(plate);
    if is_tree(graph, plate) { format!("parent({t})") } else { format!("{t}-1") }
}

/// How a chain or tree of categories is updated.
pub fn algorithm(graph: &FactorGraph, plate: PlateId) -> &'static str {
    if is_tree(graph, plate) { "a pass to the roots and back" } else { "forward–backward" }
}

/// `chain along t`, `tree over n`.
pub fn chain_text(graph: &FactorGraph, plate: PlateId) -> String {
    let chain = if is_tree(graph, plate) { "tree over" } else { "chain along" };
    format!("{chain} {}", graph.plate_name(plate))
}

/// `chain`, `tree`.
pub fn chain_name(graph: &FactorGraph, plate: PlateId) -> &'static str {
    if is_tree(graph, plate) { "tree" } else { "chain" }
}

/// The `Steps` or `Tree` plate of a category.
pub fn along(graph: &FactorGraph, node: NodeId) -> Option<PlateId> {
    let n = &graph.nodes[node.0];
    let steps =
        |p: &&PlateId| matches!(graph.plates[p.0].kind, PlateKind::Steps { .. } | PlateKind::Tree { .. });
    if n.spec.stat.one_hot() { n.plates.iter().find(steps).copied() } else { None }
}
