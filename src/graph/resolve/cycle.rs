//! Refuses nodes that depend on each other in a circle. A step before and a node above break a circle.

use super::resolver::Resolver;
use crate::{
    diag::Diagnostic,
    graph::{
        codes::CYCLE,
        factor_graph::{Expr, ExprKind, Factor, Index, Node, Ref, Target},
    },
    shape::NodeId,
};
use petgraph::{algo::tarjan_scc, graph::DiGraph, visit::EdgeRef};

impl Resolver<'_> {
    pub(super) fn cycles(&mut self, nodes: &[Node], factors: &[Factor]) {
        let mut graph = DiGraph::<NodeId, usize>::new();
        let at: Vec<_> = (0..nodes.len()).map(|n| graph.add_node(NodeId(n))).collect();
        for (f, factor) in factors.iter().enumerate() {
            let mut parents = vec![];
            for arg in &factor.args {
                same_row(&arg.expr, &mut parents);
            }
            for p in parents {
                graph.add_edge(at[p.0], at[factor.node.0], f);
            }
        }
        for mut ring in tarjan_scc(&graph) {
            if ring.len() == 1 && graph.find_edge(ring[0], ring[0]).is_none() {
                continue;
            }
            let inside: Vec<_> = graph
                .edge_references()
                .filter(|e| ring.contains(&e.source()) && ring.contains(&e.target()))
                .collect();
            ring.sort();
            let names: Vec<_> = ring.iter().map(|n| format!("`{}`", nodes[graph[*n].0].name)).collect();
            let title = match &names[..] {
                [one] => format!("{one} depends on itself"),
                more => format!("{} depend on each other in a circle", more.join(", ")),
            };
            let mut d = Diagnostic::error(CYCLE, title);
            let mut lines: Vec<usize> = inside.iter().map(|e| *e.weight()).collect();
            lines.sort_unstable();
            lines.dedup();
            for (i, f) in lines.iter().enumerate() {
                d = if i == 0 {
                    d.at(factors[*f].span, "in this line")
                } else {
                    d.with(factors[*f].span, "and this one")
                };
            }
            d = d.note("a random variable is drawn from those before it; only a step before (`t-1`) or a node above (`parent(n)`) may have the same name");
            self.fail(d);
        }
    }
}

/// Nodes that must be drawn before this expression has a value in the same row.
fn same_row(e: &Expr, out: &mut Vec<NodeId>) {
    match &e.kind {
        ExprKind::Numbers(_) => {}
        ExprKind::Ref(r) => in_reference(r, out),
        ExprKind::Negate(a) => same_row(a, out),
        ExprKind::Binary(_, a, b) => {
            same_row(a, out);
            same_row(b, out);
        }
        ExprKind::Call(_, args) => args.iter().for_each(|a| same_row(a, out)),
    }
}

fn in_reference(r: &Ref, out: &mut Vec<NodeId>) {
    let earlier = r.index.iter().any(|i| matches!(i, Index::Before { .. } | Index::Parent(_)));
    if let (Target::Node(n), false) = (r.target, earlier) {
        out.push(n);
    }
    for i in &r.index {
        if let Index::Gate(g) = i {
            in_reference(g, out);
        }
    }
}
