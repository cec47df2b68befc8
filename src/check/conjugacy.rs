//! E0401: a slot names the statistic that it needs, a node carries one, and they are the same or not.

use super::{
    carried::{Carried, Leaf, carried, function},
    words::{a, arguments, spelled},
};
use crate::{
    diag::{Code, Diagnostic},
    dist::REGISTRY,
    expfam::{
        line::{LINE, stands_for},
        spec::DistSpec,
        stat::StatKind,
    },
    graph::factor_graph::{Arg, Factor, FactorGraph, Node},
    source::Span,
};

/// A node that does not carry what the slot needs.
pub const WRONG_STATISTIC: Code = Code("E0401");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (f, slot, arg) in arguments(graph) {
        let param = &f.spec.params[slot - 1];
        let one = match carried(&arg.expr) {
            Carried::One(one) => one,
            Carried::Many(..) if param.random && param.power(arg.spelling) == Some(1) => {
                let (leaves, _) = function(&arg.expr, param.stat).unwrap_or_default();
                for leaf in leaves.iter().filter(|l| !stands_for(graph.nodes[l.node.0].spec.stat, l.needs)) {
                    found.push(wrong_factor(graph, f, slot, arg, leaf));
                }
                continue;
            }
            _ => continue,
        };
        let node = &graph.nodes[one.node.0];
        // A slot for known values only is another mistake (`known`), a vector of Normals not yet carried
        // (`unsupported`).
        if !param.random
            || param.power(arg.spelling) != Some(1)
            || stands_for(node.spec.stat, param.stat)
            || vector_of_normals(node, param.stat)
        {
            continue;
        }
        found.push(wrong_statistic(node, f, slot, arg, one.span));
    }
}

/// A vector of Normal nodes where a vector Gaussian is asked for.
pub(super) fn vector_of_normals(node: &Node, slot: &StatKind) -> bool {
    slot.is_vector_of(node.spec.stat)
}

/// The distributions whose variables carry a statistic, `a Gamma, an Exponential`, and that others may have it on the
/// line.
pub(super) fn carriers(stat: &StatKind) -> Vec<String> {
    let (own, others): (Vec<&DistSpec>, Vec<&DistSpec>) =
        REGISTRY.iter().copied().filter(|s| s.carries(stat)).partition(|s| s.stat == stat || *stat == LINE);
    let mut list: Vec<String> = own.iter().map(|s| a(s.name)).collect();
    if !others.is_empty() {
        list.push("another positive distribution".into());
    }
    list
}

fn wrong_statistic(node: &Node, f: &Factor, slot: usize, arg: &Arg, span: Span) -> Diagnostic {
    let stat = f.spec.slot_stat(slot);
    let mut fitting = carriers(stat);
    fitting.push("a known value".into());
    Diagnostic::error(
        WRONG_STATISTIC,
        format!("`{}` cannot be the {} of {}", node.name, spelled(f, slot, arg), a(f.spec.name)),
    )
    .at(span, format!("carries {}", node.spec.stat.symbols()))
    .with(node.call, format!("`{}` is {}", node.name, node.spec.name))
    .note(format!(
        "`{}` needs a node that carries {}: {}",
        f.spec.params[slot - 1].name,
        stat.symbols(),
        or(&fitting)
    ))
    .help(format!("`elbow list {}` shows what each parameter accepts", f.spec.name))
}

/// The same of one of several variables.
fn wrong_factor(graph: &FactorGraph, f: &Factor, slot: usize, arg: &Arg, leaf: &Leaf) -> Diagnostic {
    let node = &graph.nodes[leaf.node.0];
    let whole = graph.expr_text(&arg.expr);
    Diagnostic::error(
        WRONG_STATISTIC,
        format!("`{}` does not fit into the {} of {}", node.name, spelled(f, slot, arg), a(f.spec.name)),
    )
    .at(leaf.span, format!("carries {}", node.spec.stat.symbols()))
    .with(node.call, format!("`{}` is {}", node.name, node.spec.name))
    .note(format!(
        "`{whole}` needs a node that carries {} here: {}",
        leaf.needs.symbols(),
        or(&carriers(leaf.needs))
    ))
    .help(format!("`elbow list {}` shows what each parameter accepts", f.spec.name))
}

/// `x, y or z`.
pub(super) fn or(list: &[String]) -> String {
    match list {
        [head @ .., last] if !head.is_empty() => format!("{} or {last}", head.join(", ")),
        all => all.concat(),
    }
}
