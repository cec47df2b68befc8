//! E0406: a latent variable needs a q; some distributions have none, and can only be observed or predicted.

use super::{carried::references, words::a};
use crate::{
    diag::{Code, Diagnostic},
    graph::factor_graph::{FactorGraph, Target},
};

/// A latent variable of a distribution without a q, with children.
pub const NO_FAMILY: Code = Code("E0406");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (n, node) in graph.nodes.iter().enumerate() {
        if node.spec.may_be_latent() || node.observed.is_some() {
            continue;
        }
        let mut uses = vec![];
        graph.factors.iter().flat_map(|f| &f.args).for_each(|arg| references(&arg.expr, &mut uses));
        let child = uses.iter().find(|(r, _)| matches!(r.target, Target::Node(m) if m.0 == n));
        if let Some((_, span)) = child {
            found.push(
                Diagnostic::error(NO_FAMILY, format!("`{}` cannot be latent", node.name))
                    .at(node.call, format!("{} has no q", a(node.spec.name)))
                    .with(*span, "others depend on it")
                    .note(format!(
                        "{} can be observed, or predicted where nothing depends on it",
                        a(node.spec.name)
                    ))
                    .help(format!("bind it to data: `observe: {{ \"{}\": \"column\" }}`", node.name)),
            );
        }
    }
}
