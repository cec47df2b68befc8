//! What a mean's expression is made of. Not here: what it comes to (`graph::evaluate`).

use crate::{
    graph::{
        evaluate::each_ref,
        factor_graph::{Expr, ExprKind, FactorGraph, Function, Target},
    },
    shape::NodeId,
    syntax::expr::BinaryOp,
};

/// The locations that some product holds together with another random variable.
pub(super) fn multiplied(expr: &Expr, graph: &FactorGraph, out: &mut Vec<NodeId>) {
    match &expr.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => {}
        ExprKind::Negate(a) => multiplied(a, graph, out),
        ExprKind::Binary(op, a, b) => {
            if !matches!(op, BinaryOp::Add | BinaryOp::Sub) {
                pair(a, b, graph, out);
            }
            multiplied(a, graph, out);
            multiplied(b, graph, out);
        }
        ExprKind::Call(_, args) => {
            if let [a, b] = args.as_slice() {
                pair(a, b, graph, out);
            }
            args.iter().for_each(|a| multiplied(a, graph, out));
        }
    }
}

fn pair(a: &Expr, b: &Expr, graph: &FactorGraph, out: &mut Vec<NodeId>) {
    let (a, b) = (locations(a, graph), locations(b, graph));
    if !a.is_empty() && !b.is_empty() {
        out.extend(a);
        out.extend(b);
    }
}

pub(super) fn locations(expr: &Expr, graph: &FactorGraph) -> Vec<NodeId> {
    let mut out = vec![];
    each_ref(expr, &mut |r| match r.target {
        Target::Node(n) if graph.nodes[n.0].spec.location => out.push(n),
        _ => {}
    });
    out
}

/// The summands of an affine expression that hold nodes to `keep`; `Ok(None)` where none does. An error where some
/// product of random variables has a known summand inside.
pub(super) fn part_of(expr: &Expr, keep: &dyn Fn(NodeId) -> bool) -> Result<Option<Expr>, ()> {
    let named = |e: &Expr| {
        let mut any = false;
        each_ref(e, &mut |r| any |= matches!(r.target, Target::Node(n) if keep(n)));
        any
    };
    if !named(expr) {
        return Ok(None);
    }
    let again = |kind| Ok(Some(Expr { kind, ..expr.clone() }));
    match &expr.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => Ok(Some(expr.clone())),
        ExprKind::Negate(a) => match part_of(a, keep)? {
            Some(a) => again(ExprKind::Negate(Box::new(a))),
            None => Ok(None),
        },
        ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) => {
            match (part_of(a, keep)?, part_of(b, keep)?) {
                (Some(a), Some(b)) => again(ExprKind::Binary(*op, Box::new(a), Box::new(b))),
                (Some(a), None) => wide(a, expr),
                (None, Some(b)) if *op == BinaryOp::Add => wide(b, expr),
                (None, Some(b)) => {
                    let b = Expr { kind: ExprKind::Negate(Box::new(b.clone())), ..b };
                    wide(b, expr)
                }
                (None, None) => Ok(None),
            }
        }
        ExprKind::Binary(op, a, b) => match (named(a), named(b)) {
            (true, false) => match part_of(a, keep)? {
                Some(a) => again(ExprKind::Binary(*op, Box::new(a), b.clone())),
                None => Ok(None),
            },
            (false, true) if *op == BinaryOp::Mul => match part_of(b, keep)? {
                Some(b) => again(ExprKind::Binary(*op, a.clone(), Box::new(b))),
                None => Ok(None),
            },
            (true, true) if plain(a) && plain(b) => Ok(Some(expr.clone())),
            _ => Err(()),
        },
        ExprKind::Call(function @ (Function::Dot | Function::MatrixVector), args) => match args.as_slice() {
            [a, b] if named(a) != named(b) => {
                let of = |e: &Expr| if named(e) { part_of(e, keep) } else { Ok(Some(e.clone())) };
                match (of(a)?, of(b)?) {
                    (Some(a), Some(b)) => again(ExprKind::Call(*function, vec![a, b])),
                    _ => Ok(None),
                }
            }
            [a, b] if plain(a) && plain(b) => Ok(Some(expr.clone())),
            _ => Err(()),
        },
        ExprKind::Call(function @ Function::Element(_), args) if args.len() == 1 => {
            match part_of(&args[0], keep)? {
                Some(a) => again(ExprKind::Call(*function, vec![a])),
                None => Ok(None),
            }
        }
        ExprKind::Call(..) => Err(()),
    }
}

/// A summand that is left of a sum has the sum's axes, or there is no saying what it is.
fn wide(part: Expr, whole: &Expr) -> Result<Option<Expr>, ()> {
    if part.axes == whole.axes { Ok(Some(part)) } else { Err(()) }
}

/// A product of variables as they stand.
fn plain(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Ref(r) => matches!(r.target, Target::Node(_)),
        ExprKind::Negate(a) => plain(a),
        ExprKind::Binary(BinaryOp::Mul, a, b) => plain(a) && plain(b),
        ExprKind::Call(Function::Dot | Function::MatrixVector, args) => args.iter().all(plain),
        _ => false,
    }
}
