//! E0407: what the language has and the engine does not carry yet, each by name and place.

use super::{
    arguments,
    carried::{Carried, carried, references},
    conjugacy::vector_of_normals,
    twice::squares,
};
use crate::{
    diag::Diagnostic,
    graph::{
        codes::NOT_YET,
        factor_graph::{FactorGraph, Index},
    },
    source::Span,
};

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (f, slot, arg) in arguments(graph) {
        let param = &f.spec.params[slot - 1];
        match carried(&arg.expr) {
            // A slot for known values, and a square, have been told as such.
            Carried::Many(what, span) if param.random && arg.spelling.is_none() && !squares(&arg.expr) => {
                found.push(not_yet(what, span).help("write one random variable, scaled or shifted by what is known"));
            }
            Carried::One(one) if vector_of_normals(&graph.nodes[one.node.0], param.stat) => {
                found.push(not_yet("a vector of Normal nodes as one vector", one.span).help("make it a MvNormal node"));
            }
            _ => {}
        }
        let mut all = vec![];
        references(&arg.expr, &mut all);
        for (r, span) in all {
            let nested = r.index.iter().any(|i| matches!(i, Index::Gate(g) if g.index.iter().any(|j| matches!(j, Index::Gate(_)))));
            if nested {
                found.push(not_yet("a category picked by another category", span));
            }
        }
    }
}

/// The message for one construct.
fn not_yet(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(NOT_YET, format!("{what} is not supported yet")).at(span, "not supported yet")
}
