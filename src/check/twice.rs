//! E0405: a random variable that meets itself in one factor, so that the factor is no longer affine in its
//! statistic.

use super::words::arguments;
use crate::{
    diag::{Code, Diagnostic},
    graph::factor_graph::{Expr, ExprKind, FactorGraph, Target},
    shape::NodeId,
    syntax::expr::BinaryOp,
};

/// A random variable multiplied by itself.
pub const TIMES_ITSELF: Code = Code("E0405");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (_, _, arg) in arguments(graph) {
        product(graph, &arg.expr, found);
    }
}

/// Whether an argument multiplies a variable by itself.
pub(super) fn squares(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Binary(op, a, b) => {
            (matches!(op, BinaryOp::Mul | BinaryOp::Div) && shared(a, b).is_some())
                || squares(a)
                || squares(b)
        }
        ExprKind::Negate(a) => squares(a),
        ExprKind::Call(_, args) => {
            matches!(&args[..], [a, b] if shared(a, b).is_some()) || args.iter().any(squares)
        }
        _ => false,
    }
}

/// A node that both expressions name as a value. A category that picks on both sides is no product.
fn shared(a: &Expr, b: &Expr) -> Option<NodeId> {
    let (mut left, mut right) = (vec![], vec![]);
    values(a, &mut left);
    values(b, &mut right);
    left.into_iter().find(|n| right.contains(n))
}

/// Nodes that an expression names as values, not as gates.
fn values(e: &Expr, out: &mut Vec<NodeId>) {
    match &e.kind {
        ExprKind::Ref(r) => {
            if let Target::Node(n) = r.target {
                out.push(n);
            }
        }
        ExprKind::Negate(a) => values(a, out),
        ExprKind::Binary(_, a, b) => {
            values(a, out);
            values(b, out);
        }
        ExprKind::Call(_, args) => args.iter().for_each(|a| values(a, out)),
        ExprKind::Numbers(_) => {}
    }
}

fn product(graph: &FactorGraph, e: &Expr, found: &mut Vec<Diagnostic>) {
    match &e.kind {
        ExprKind::Binary(op, a, b) => {
            if let (BinaryOp::Mul | BinaryOp::Div, Some(n)) = (op, shared(a, b)) {
                found.push(times_itself(graph, e, a, b, n));
                return;
            }
            product(graph, a, found);
            product(graph, b, found);
        }
        ExprKind::Negate(a) => product(graph, a, found),
        ExprKind::Call(_, args) => {
            if let [a, b] = &args[..]
                && let Some(n) = shared(a, b)
            {
                found.push(times_itself(graph, e, a, b, n));
                return;
            }
            args.iter().for_each(|a| product(graph, a, found));
        }
        _ => {}
    }
}

fn times_itself(graph: &FactorGraph, e: &Expr, a: &Expr, b: &Expr, n: NodeId) -> Diagnostic {
    let name = &graph.nodes[n.0].name;
    Diagnostic::error(TIMES_ITSELF, format!("`{name}` is multiplied by itself"))
        .at(a.span, "here")
        .at(b.span, "and here")
        .note(format!("`{}` is not affine in {}", graph.expr_text(e), graph.nodes[n.0].spec.stat.symbols()))
        .help("a product takes two different random variables")
}
