//! What an expression is made of, and the references that stand in it. Not here: what they stand for (`environment`).

use crate::graph::factor_graph::{Expr, ExprKind, Index, Ref, Target};

/// The selectors of an expression, each once, as they are met from left to right.
pub fn selectors<'e>(expr: &'e Expr, out: &mut Vec<&'e Ref>) {
    each_ref(expr, &mut |r| {
        for index in &r.index {
            if let Index::Gate(g) = index
                && !out.contains(&g)
            {
                out.push(g);
            }
        }
    });
}

/// Is it made of numbers, inputs and columns, whatever selectors pick of them?
pub fn known(expr: &Expr) -> bool {
    let mut known = true;
    each_ref(expr, &mut |r| known &= !matches!(r.target, Target::Node(_)));
    known
}

/// Calls `f` for every reference that stands in an expression, from left to right; not for those in the indices
/// of another.
pub fn each_ref<'e>(expr: &'e Expr, f: &mut impl FnMut(&'e Ref)) {
    each_part(expr, &mut |part| {
        if let ExprKind::Ref(r) = &part.kind {
            f(r);
        }
    });
}

/// Calls `f` for an expression and all that it is made of, from left to right, a whole after its parts.
pub fn each_part<'e>(expr: &'e Expr, f: &mut impl FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => {}
        ExprKind::Binary(_, a, b) => {
            each_part(a, f);
            each_part(b, f);
        }
        ExprKind::Negate(a) => each_part(a, f),
        ExprKind::Call(_, args) => args.iter().for_each(|a| each_part(a, f)),
    }
    f(expr);
}
