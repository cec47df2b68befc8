//! What a node's answer is before its numbers: names, axes, how far it runs over the data, what it is taken for, and
//! what is not shown. Not here: the numbers.

use super::posterior::{Axis, NodePosterior, Reach, Unshown};
use crate::{
    graph::{
        Bound, FactorGraph,
        bound::ObservedArray,
        evaluate::{each_part, each_ref},
        factor_graph::{ExprKind, Function, Index, Node, PlateKind, Ref, RowSet, Target},
    },
    shape::{Extent, NodeId, PlateId},
    syntax::expr::BinaryOp,
};

/// A component with a smaller share of the rows is empty: another order of such is no other posterior.
pub const EMPTY: f64 = 0.001;
/// Groups past so many are shown in part.
pub const FEW_GROUPS: usize = 30;

/// How far a node goes over the data.
pub fn reach(graph: &FactorGraph, bound: &Bound, node: &Node) -> Reach {
    let kinds = || node.plates.iter().map(|p| (&graph.plates[p.0].kind, bound.plate(*p).size));
    let many =
        |(kind, size): (&PlateKind, usize)| matches!(kind, PlateKind::Groups { .. }) && size > FEW_GROUPS;
    if over_rows(graph, node) {
        Reach::Rows
    } else if kinds().any(many) {
        Reach::Groups
    } else {
        Reach::Shared
    }
}

/// Has the node an element for each row of a table?
pub fn over_rows(graph: &FactorGraph, node: &Node) -> bool {
    node.plates.iter().any(|p| graph.plates[p.0].kind.rows_of().is_some())
}

/// What the lines of a model take nodes for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uses {
    /// In the place of a precision, or in a product that is.
    pub precision: bool,
    /// For the shares of all rows among components.
    pub components: bool,
}

/// What each node is taken for.
pub fn uses(graph: &FactorGraph) -> Vec<Uses> {
    let mut out = vec![Uses::default(); graph.nodes.len()];
    for f in &graph.factors {
        for (param, arg) in f.spec.params.iter().zip(&f.args) {
            let scales = param.spellings.iter().any(|s| ["sd", "covariance"].contains(&s.name));
            // A chain's first step says nothing of the others.
            let child = &graph.nodes[f.node.0];
            let shares = f.spec.stat.one_hot() && f.rows == RowSet::All && over_rows(graph, child);
            // A scale that is raised to a power is no precision itself.
            let mut raised = false;
            each_part(&arg.expr, &mut |e| raised |= matches!(e.kind, ExprKind::Binary(BinaryOp::Power, ..)));
            each_ref(&arg.expr, &mut |r| {
                if let Target::Node(n) = r.target {
                    out[n.0].precision |= scales && !raised;
                    out[n.0].components |= shares && r.index.is_empty();
                }
            });
        }
    }
    out
}

/// Has the bound many optima as a rule? Where a category that is not known picks what is not known either, or where
/// two variables are multiplied.
pub fn many_optima(graph: &FactorGraph) -> bool {
    let latent = |r: &Ref| matches!(r.target, Target::Node(n) if graph.nodes[n.0].observed.is_none());
    let mut many = false;
    for arg in graph.factors.iter().flat_map(|f| &f.args) {
        each_ref(&arg.expr, &mut |r| {
            many |= latent(r) && r.index.iter().any(|i| matches!(i, Index::Gate(g) if latent(g)));
        });
        each_part(&arg.expr, &mut |e| {
            if let ExprKind::Call(Function::Dot | Function::MatrixVector, parts) = &e.kind {
                many |= parts.iter().all(|p| p.random);
            }
        });
    }
    many
}

/// Rows of each table that plates go over.
pub fn rows(graph: &FactorGraph, bound: &Bound) -> Vec<(String, usize)> {
    let mut out: Vec<(String, usize)> = vec![];
    for (plate, of) in graph.plates.iter().zip(&bound.plates) {
        if let Some(t) = plate.kind.rows_of()
            && !out.iter().any(|(name, _)| name == graph.table_name(t))
        {
            out.push((graph.table_name(t).to_string(), of.size));
        }
    }
    out
}

/// Nodes that have a posterior and are not reported.
pub fn unshown(graph: &FactorGraph, bound: &Bound, shown: &[NodePosterior]) -> Vec<Unshown> {
    let mut out = vec![];
    for (i, n) in graph.nodes.iter().enumerate() {
        let known = match (&n.observed, bound.observed(NodeId(i))) {
            (Some(_), Some(values)) => values.missing().is_empty(),
            (observed, _) => observed.is_some(),
        };
        if !known && !shown.iter().any(|s| s.name == n.name) {
            let plate = |p: &PlateId| (graph.plate_name(*p).to_string(), bound.plate(*p).size);
            out.push(Unshown { name: n.name.clone(), plates: n.plates.iter().map(plate).collect() });
        }
    }
    out
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
        reach: reach(graph, bound, n),
        precision: false,
        components: false,
        stick: n.stick,
        observed: n.observed.is_some(),
        missing: bound.observed(node).map(ObservedArray::missing),
    }
}
