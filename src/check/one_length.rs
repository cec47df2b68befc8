//! E0407: ln Γ(dc) of a concentration is one function of it, so all vectors that share a random concentration have one
//! length d. Not here: whether a concentration may be random at all (`known`).

use super::{
    carried::{length, references},
    words::{a, arguments},
};
use crate::{
    diag::Diagnostic,
    expfam::line::TIMES,
    graph::{
        codes::NOT_YET,
        factor_graph::{FactorGraph, Target},
    },
    shape::{Extent, NodeId},
    source::Span,
};

/// Are two axes as long as each other, whatever the data?
fn same(graph: &FactorGraph, a: Extent, b: Extent) -> bool {
    a == b || length(graph, a).is_some_and(|n| length(graph, b) == Some(n))
}

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    let mut lengths: Vec<(NodeId, Extent, Span)> = vec![];
    for (f, slot, arg) in arguments(graph) {
        let times = f.spec.terms.iter().flat_map(|t| t.factors).any(|p| (p.slot, p.part) == (slot, TIMES));
        let Some(event) = graph.nodes[f.node.0].event.filter(|_| times) else { continue };
        let mut all = vec![];
        references(&arg.expr, &mut all);
        for (r, span) in all {
            let Target::Node(node) = r.target else { continue };
            match lengths.iter().find(|(n, other, _)| *n == node && !same(graph, *other, event)) {
                Some((_, _, first)) => found.push(
                    Diagnostic::error(
                        NOT_YET,
                        format!(
                            "`{}` is the concentration of vectors of two lengths",
                            graph.nodes[node.0].name
                        ),
                    )
                    .at(span, format!("of {} here", a(f.spec.name)))
                    .with(*first, "of another length here")
                    .help("give each a concentration of its own"),
                ),
                None => lengths.push((node, event, span)),
            }
        }
    }
}
