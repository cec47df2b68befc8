//! E0410: what the vector of a `stick` may be. Its last element is 1 and no random variable, so it stands in
//! `stick` only.

use super::{carried::references, words::arguments};
use crate::{
    diag::{Code, Diagnostic},
    graph::factor_graph::{Expr, ExprKind, FactorGraph, Function, PlateKind, Ref, RowSet, Target},
    link,
    shape::NodeId,
    source::Span,
};

/// The vector of a `stick` used in another way.
pub const STICK: Code = Code("E0410");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (n, node) in
        graph.nodes.iter().enumerate().filter(|(_, node)| node.stick && node.spec.stat == link::stick::NEEDS)
    {
        let id = NodeId(n);
        let mut inside = vec![];
        let mut all = vec![];
        for (_, _, arg) in arguments(graph) {
            sticks(&arg.expr, id, &mut inside);
            references(&arg.expr, &mut all);
        }
        let refuse = |span: Span, label: &str| {
            Diagnostic::error(STICK, format!("`{}` is the vector of a `stick`", node.name))
                .at(span, label)
                .note("its last component takes what is left of the stick: its element is 1, and not random")
        };
        let Some(&first) = inside.first() else { continue };
        if let Some((_, span)) =
            all.iter().find(|(r, s)| matches!(r.target, Target::Node(m) if m == id) && !inside.contains(s))
        {
            let d = refuse(*span, "used otherwise").with(first, "broken here");
            found.push(d.help("give what stands here a node of its own"));
        }
        let rows = |kind: &PlateKind| {
            matches!(kind, PlateKind::Rows { .. } | PlateKind::Steps { .. } | PlateKind::Tree { .. })
        };
        let whole = graph.factors.iter().filter(|f| f.node == id).all(|f| f.rows == RowSet::All);
        if let Some(p) = node.plates.last().filter(|p| rows(&graph.plates[p.0].kind) || !whole) {
            let d = refuse(first, "broken into rows of data")
                .with(graph.plates[p.0].span, "not a plate of components");
            found.push(d.help("let it run over a `Size`"));
        }
    }
}

/// The places of a node inside of `stick`.
fn sticks(e: &Expr, node: NodeId, out: &mut Vec<Span>) {
    match &e.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => {}
        ExprKind::Negate(a) => sticks(a, node, out),
        ExprKind::Binary(_, a, b) => {
            sticks(a, node, out);
            sticks(b, node, out);
        }
        ExprKind::Call(f, args) => match (f, args.as_slice()) {
            (
                Function::Stick,
                [Expr { kind: ExprKind::Ref(Ref { target: Target::Node(n), .. }), span, .. }],
            ) if *n == node => out.push(*span),
            _ => args.iter().for_each(|a| sticks(a, node, out)),
        },
    }
}
