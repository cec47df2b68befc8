//! E0407: what the language has and the engine does not carry yet, each by name and place.

use super::{
    carried::{Carried, carried, function, references},
    twice::squares,
    words::arguments,
};
use crate::{
    diag::Diagnostic,
    expfam::stat::{Arithmetic, StatKind},
    graph::{
        codes::NOT_YET,
        factor_graph::{Expr, ExprKind, FactorGraph, Function, Index, Target},
    },
    source::Span,
    syntax::expr::BinaryOp,
};

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (f, slot, arg) in arguments(graph) {
        let param = &f.spec.params[slot - 1];
        match carried(&arg.expr) {
            // A slot for known values, and a square, have been told as such.
            Carried::Many(..)
                if affine_mean(graph, param.stat, &arg.expr) || function(&arg.expr, param.stat).is_some() => {
            }
            Carried::Many(what, span) if param.random && arg.spelling.is_none() && !squares(&arg.expr) => {
                let help = match what {
                    "`stick`" => "`stick` takes the vector of one node: `stick(v)` for `\"v[k]\"`",
                    _ => "write one random variable, scaled or shifted by what is known",
                };
                found.push(not_yet(what, span).help(help));
            }
            _ => {}
        }
        let mut all = vec![];
        references(&arg.expr, &mut all);
        for (r, span) in all {
            let nested = r
                .index
                .iter()
                .any(|i| matches!(i, Index::Gate(g) if g.index.iter().any(|j| matches!(j, Index::Gate(_)))));
            if nested {
                found.push(not_yet("a category picked by another category", span));
            }
        }
    }
}

/// A sum, product, `dot` or matrix times a vector, of Gaussian variables, where a Gaussian mean is asked for.
fn affine_mean(graph: &FactorGraph, slot: &StatKind, e: &Expr) -> bool {
    let gaussian = |s: &StatKind| s.arithmetic == Arithmetic::Sum;
    let all = |parts: &[&Expr]| parts.iter().all(|p| affine_mean(graph, slot, p));
    gaussian(slot)
        && match &e.kind {
            ExprKind::Numbers(_) => true,
            ExprKind::Ref(r) => match r.target {
                Target::Node(n) => gaussian(graph.nodes[n.0].spec.stat),
                _ => true,
            },
            ExprKind::Negate(a) => all(&[a.as_ref()]),
            ExprKind::Binary(op, a, b) => {
                (*op != BinaryOp::Div || !b.random) && all(&[a.as_ref(), b.as_ref()])
            }
            ExprKind::Call(Function::Dot | Function::MatrixVector, args) => {
                args.iter().all(|a| affine_mean(graph, slot, a))
            }
            ExprKind::Call(..) => !e.random,
        }
}

/// The message for one construct.
fn not_yet(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(NOT_YET, format!("{what} is not supported yet")).at(span, "not supported yet")
}
