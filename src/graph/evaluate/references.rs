//! The references that stand in an expression. Not here: what they stand for (`environment`).

use crate::graph::factor_graph::{Expr, ExprKind, Index, Ref};

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

/// Calls `f` for every reference that stands in an expression, from left to right; not for those in the indices
/// of another.
pub fn each_ref<'e>(expr: &'e Expr, f: &mut impl FnMut(&'e Ref)) {
    match &expr.kind {
        ExprKind::Numbers(_) => {}
        ExprKind::Ref(r) => f(r),
        ExprKind::Binary(_, a, b) => {
            each_ref(a, f);
            each_ref(b, f);
        }
        ExprKind::Negate(a) => each_ref(a, f),
        ExprKind::Call(_, args) => args.iter().for_each(|a| each_ref(a, f)),
    }
}
