//! What a node's answer is before its numbers: names, axes, and whether it runs over rows. Not here: the numbers.

use super::posterior::{Axis, NodePosterior};
use crate::{
    graph::{
        Bound, FactorGraph,
        bound::ObservedArray,
        factor_graph::{Node, PlateKind},
    },
    shape::{Extent, NodeId},
};

/// Has the node a plate with one element for each row or group of the data?
pub fn is_local(graph: &FactorGraph, node: &Node) -> bool {
    let data = |k: &PlateKind| {
        matches!(
            k,
            PlateKind::Rows { .. }
                | PlateKind::Steps { .. }
                | PlateKind::Groups { .. }
                | PlateKind::Tree { .. }
        )
    };
    node.plates.iter().any(|p| data(&graph.plates[p.0].kind))
}

pub fn axis(graph: &FactorGraph, bound: &Bound, extent: Extent) -> Axis {
    let name = match extent {
        Extent::Number(_) => String::new(),
        Extent::Plate(p) => graph.plates[p.0].name.clone(),
        Extent::Levels(c) => graph.columns[c.0].name.clone(),
    };
    Axis { name, size: bound.size(extent), labels: bound.labels(extent) }
}

/// Everything of a report but its numbers.
pub(super) fn frame(graph: &FactorGraph, bound: &Bound, node: NodeId) -> NodePosterior {
    let n = &graph.nodes[node.0];
    let rank = n.spec.stat.mean_shape().rank();
    let mut event = n.event.map_or(vec![], |e| vec![axis(graph, bound, e); rank]);
    if let Some(l) = &bound.event_labels[node.0] {
        event
            .iter_mut()
            .for_each(|a| (a.name, a.labels) = (graph.nodes[l.of.0].name.clone(), Some(l.names.clone())));
    }
    let family = n.spec.family.map_or(n.spec.name, |f| f.name()).to_string();
    NodePosterior {
        name: n.name.clone(),
        family,
        plates: n.plates.iter().map(|&p| axis(graph, bound, Extent::Plate(p))).collect(),
        event,
        parameters: vec![],
        mean: vec![],
        sd: None,
        quantiles: None,
        median: None,
        told: vec![],
        local: is_local(graph, n),
        observed: n.observed.is_some(),
        missing: bound.observed(node).map(ObservedArray::missing),
    }
}
