//! Names for event axes that are bare numbers: the columns of an observed vector name its axis, and that of
//! every node whose axis is the same one. Not here: labels of plates and of levels (`plates`).

use crate::{
    expfam::stat::PartShape,
    graph::{
        bound::EventLabels,
        factor_graph::{Expr, ExprKind, FactorGraph, Node, ObservedValues, Target},
    },
    shape::{Extent, NodeId},
};

/// For each node the names of its event axis, where columns give it any. What two observed nodes name unlike
/// keeps the first's names.
pub(super) fn event_labels(graph: &FactorGraph) -> Vec<Option<EventLabels>> {
    let mut labels: Vec<Option<EventLabels>> =
        graph.nodes.iter().enumerate().map(|(n, node)| own(graph, NodeId(n), node)).collect();
    // A child and its parameters share the axis, so names travel along factors until they reach no further.
    loop {
        let mut changed = false;
        for f in &graph.factors {
            let child = f.node;
            for arg in &f.args {
                let mut same = vec![];
                parents(graph, &arg.expr, &mut same);
                for p in same.into_iter().filter(|p| {
                    axis(&graph.nodes[p.0]).is_some()
                        && axis(&graph.nodes[p.0]) == axis(&graph.nodes[child.0])
                }) {
                    match (labels[child.0].clone(), labels[p.0].clone()) {
                        (Some(l), None) => labels[p.0] = Some(l),
                        (None, Some(l)) => labels[child.0] = Some(l),
                        _ => continue,
                    }
                    changed = true;
                }
            }
        }
        if !changed {
            return labels;
        }
    }
}

/// The length of a node's event axis, where the model gives it as a number: other axes have names of their
/// own.
fn axis(node: &Node) -> Option<usize> {
    match node.event {
        Some(Extent::Number(d)) if !node.spec.stat.one_hot() && node.spec.stat.value != PartShape::Scalar => {
            Some(d)
        }
        _ => None,
    }
}

fn own(graph: &FactorGraph, id: NodeId, node: &Node) -> Option<EventLabels> {
    let ObservedValues::Columns(columns) = &node.observed.as_ref()?.values else { return None };
    let names: Vec<String> = columns.iter().map(|c| graph.columns[c.0].name.clone()).collect();
    (axis(node)? == names.len()).then(|| EventLabels { of: id, names: names.into() })
}

/// Nodes whose event axis is that of the expression: those that stand in it whole, scaled or shifted.
fn parents(graph: &FactorGraph, e: &Expr, out: &mut Vec<NodeId>) {
    match &e.kind {
        ExprKind::Ref(r) => {
            if let Target::Node(n) = r.target
                && r.index.len() == graph.nodes[n.0].plates.len()
            {
                out.push(n);
            }
        }
        ExprKind::Negate(a) => parents(graph, a, out),
        ExprKind::Binary(_, a, b) => {
            parents(graph, a, out);
            parents(graph, b, out);
        }
        // The axes of a product of matrices, or of a sum over an axis, are not those of its operands.
        ExprKind::Call(..) | ExprKind::Numbers(_) => {}
    }
}
