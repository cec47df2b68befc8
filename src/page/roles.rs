//! What parts of a graph do, by how they hang together: what picks what, what is a step of what. No name of a
//! node and no name of a model decides anything. Not here: numbers (`components`).

use crate::{
    graph::{
        FactorGraph,
        evaluate::{each_part, each_ref, selectors},
        factor_graph::{Arg, ExprKind, Factor, Function, Index, PlateKind, Ref, Target},
    },
    shape::{ColumnId, Extent, PlateId},
    syntax::expr::BinaryOp,
};

/// The arguments of a line as the model has them.
pub fn written(f: &Factor) -> &[Arg] {
    f.written.as_ref().map_or(&f.args, |w| &w.args)
}

/// A node of rows whose line a category of the row picks: an observed one, or what stands for it unseen.
#[derive(Clone, Debug)]
pub struct Emission {
    /// The node; an observed one, if there is any.
    pub child: usize,
    /// The node whose category picks.
    pub selector: usize,
    /// The nodes that have an element for each category.
    pub parts: Vec<usize>,
    /// What the categories are.
    pub over: Extent,
    /// Rows, or steps.
    pub rows: PlateId,
}

/// Nodes with one selector of their own row, observed ones first.
pub fn emissions(graph: &FactorGraph) -> Vec<Emission> {
    let mut out = vec![];
    let seen = |f: &&Factor| graph.nodes[f.node.0].observed.is_some();
    let unseen = |f: &&Factor| graph.nodes[f.node.0].observed.is_none();
    for f in graph.factors.iter().filter(seen).chain(graph.factors.iter().filter(unseen)) {
        let child = &graph.nodes[f.node.0];
        let Some(&rows) = child.plates.iter().find(|p| graph.plates[p.0].kind.rows_of().is_some()) else {
            continue;
        };
        if out.iter().any(|e: &Emission| e.child == f.node.0) {
            continue;
        }
        let mut gates = vec![];
        written(f).iter().for_each(|a| selectors(&a.expr, &mut gates));
        let Some(Target::Node(selector)) = gates.first().map(|g| g.target) else { continue };
        let own =
            |g: &&Ref| g.target == gates[0].target && g.index.iter().all(|i| matches!(i, Index::Plate(_)));
        let node = &graph.nodes[selector.0];
        if !gates.iter().all(own) || selector == f.node || node.plates != [rows] || node.observed.is_some() {
            continue;
        }
        let Some(over) = node.event else { continue };
        let mut parts = vec![];
        for a in written(f) {
            each_ref(&a.expr, &mut |r| {
                if let Target::Node(n) = r.target
                    && r.index.iter().any(|i| matches!(i, Index::Gate(_)))
                    && !parts.contains(&n.0)
                {
                    parts.push(n.0);
                }
            });
        }
        out.push(Emission { child: f.node.0, selector: selector.0, parts, over, rows });
    }
    out
}

/// Does a node depend on its own steps before, and which node's rows say how, if a gate picks them?
pub fn chain(graph: &FactorGraph, n: usize) -> Option<Option<usize>> {
    let mut found = None;
    for f in graph.factors.iter().filter(|f| f.node.0 == n) {
        for a in written(f) {
            each_ref(&a.expr, &mut |r| {
                let before = |r: &Ref| {
                    r.target == Target::Node(f.node)
                        && r.index.iter().any(|i| matches!(i, Index::Before { .. }))
                };
                if before(r) {
                    found = found.or(Some(None));
                }
                if let Target::Node(table) = r.target
                    && let Some(Index::Gate(g)) = r.index.last()
                    && before(g)
                    && graph.nodes[table.0].plates.len() == 1
                {
                    found = Some(Some(table.0));
                }
            });
        }
    }
    found
}

/// The node and the column by which a node's line picks an element of it: the mixture of a document.
pub fn picked_by_column(graph: &FactorGraph, n: usize) -> Option<(usize, ColumnId)> {
    let mut out = None;
    for f in graph.factors.iter().filter(|f| f.node.0 == n) {
        for a in written(f) {
            each_ref(&a.expr, &mut |r| {
                if let (Target::Node(m), [Index::Column { column, .. }]) = (r.target, r.index.as_slice()) {
                    out = out.or(Some((m.0, *column)));
                }
            });
        }
    }
    out
}

/// The known columns that stand in a node's lines, but as an index.
pub fn covariates(graph: &FactorGraph, n: usize) -> Vec<ColumnId> {
    let mut out = vec![];
    for f in graph.factors.iter().filter(|f| f.node.0 == n) {
        for a in written(f) {
            each_ref(&a.expr, &mut |r| {
                if let Target::Column(c) = r.target
                    && !out.contains(&c)
                {
                    out.push(c);
                }
            });
        }
    }
    out
}

/// Do a node's lines say the same of each row, given the category that picks them? So not if a row has
/// numbers of its own there, or a level that picks.
pub fn alike(graph: &FactorGraph, n: usize, rows: PlateId) -> bool {
    let mut alike = true;
    for f in graph.factors.iter().filter(|f| f.node.0 == n) {
        for a in written(f) {
            each_ref(&a.expr, &mut |r| {
                let of_row = match r.target {
                    Target::Column(_) => true,
                    Target::Input(i) => graph.inputs[i.0].plates.contains(&rows),
                    Target::Node(_) => false,
                };
                let own = |i: &Index| match i {
                    Index::Plate(p) => *p == rows,
                    Index::Column { .. } | Index::Before { .. } | Index::Parent(_) => true,
                    Index::Gate(_) | Index::At(_) => false,
                };
                alike &= !of_row && !r.index.iter().any(own);
            });
        }
    }
    alike
}

/// Nodes whose product with another node is a mean: loadings, factors, tastes.
pub fn multiplied(graph: &FactorGraph, n: usize) -> Vec<usize> {
    let mut out = vec![];
    for f in &graph.factors {
        for a in written(f) {
            each_part(&a.expr, &mut |e| {
                let ExprKind::Call(Function::Dot | Function::MatrixVector, args) = &e.kind else { return };
                let mut named = vec![];
                args.iter().for_each(|a| {
                    each_ref(a, &mut |r| {
                        if let Target::Node(m) = r.target {
                            named.push(m.0);
                        }
                    });
                });
                if named.len() == 2 && named.contains(&n) {
                    out.extend(named.into_iter().filter(|m| *m != n && !out.contains(m)).collect::<Vec<_>>());
                }
            });
        }
    }
    out
}

/// Is a node a precision somewhere, and nothing else?
pub fn is_precision(graph: &FactorGraph, n: usize) -> bool {
    let (mut is, mut other) = (false, false);
    for f in &graph.factors {
        let spec = f.written.as_ref().map_or(f.spec, |w| w.spec);
        for (a, p) in written(f).iter().zip(spec.params) {
            let mut raised = false;
            each_part(&a.expr, &mut |e| raised |= matches!(e.kind, ExprKind::Binary(BinaryOp::Power, ..)));
            each_ref(&a.expr, &mut |r| {
                if r.target == (Target::Node(crate::shape::NodeId(n))) {
                    if p.name == "precision" && a.spelling.is_none() && !raised {
                        is = true
                    } else {
                        other = true
                    }
                }
            });
        }
    }
    is && !other
}

/// The steps plate of a node, if it has one.
pub fn steps(graph: &FactorGraph, n: usize) -> Option<PlateId> {
    let of = |p: &&PlateId| matches!(graph.plates[p.0].kind, PlateKind::Steps { .. });
    graph.nodes[n].plates.iter().find(of).copied()
}
