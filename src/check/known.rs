//! E0402 and E0403: parameters that must be known, and parameters that may not depend on a category.

use super::{
    carried::{Carried, carried, gate},
    conjugacy::{carriers, or},
    words::{a, arguments, spelled},
};
use crate::{
    diag::{Code, Diagnostic},
    graph::factor_graph::{Arg, Factor, FactorGraph, Ref, Target},
    source::Span,
};

/// A random variable where only a known value fits.
pub const MUST_BE_KNOWN: Code = Code("E0402");
/// A gate where the value may not depend on a category.
pub const NO_GATE: Code = Code("E0403");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (f, slot, arg) in arguments(graph) {
        let param = &f.spec.params[slot - 1];
        let random = match carried(&arg.expr) {
            Carried::Known => None,
            Carried::One(one) => {
                Some((graph.nodes[one.node.0].name.clone(), one.span, Some(graph.nodes[one.node.0].call)))
            }
            Carried::Many(_, span) => Some((graph.expr_text(&arg.expr), span, None)),
        };
        if let (Some((name, span, call)), true) = (random, !param.random || arg.spelling.is_some()) {
            found.push(must_be_known(&name, span, call, f, slot, arg));
        } else if let (Some((g, span)), false) = (gate(&arg.expr), param.gated) {
            found.push(no_gate(graph, g, span, f, slot, arg));
        }
    }
}

fn must_be_known(
    name: &str,
    span: Span,
    call: Option<Span>,
    f: &Factor,
    slot: usize,
    arg: &Arg,
) -> Diagnostic {
    let written = spelled(f, slot, arg);
    let param = &f.spec.params[slot - 1];
    let d = Diagnostic::error(MUST_BE_KNOWN, format!("the {written} of {} must be known", a(f.spec.name)))
        .at(span, "random");
    let d = match call {
        Some(call) => d.with(call, format!("`{name}` is a random variable")),
        None => d,
    };
    if arg.spelling.is_some() && param.random {
        return d.note(format!("`{written}` is a spelling of `{}` for known values", param.name)).help(
            format!("write `{}: \"{name}\"`, with `{name}` {}", param.name, or(&carriers(param.stat))),
        );
    }
    // Another form of the density has room for it, where what that form fixes is known.
    if let Some(case) = f.spec.cases.iter().find(|c| c.params[slot - 1].random) {
        let fixed: Vec<&str> = case.params.iter().filter(|p| !p.random).map(|p| p.name).collect();
        let fixed = fixed.join(" and ");
        return d
            .note(format!(
                "the {written} of {} may be random where {fixed} is known to be 1: otherwise no distribution is conjugate to it",
                a(f.spec.name)
            ))
            .help(format!("write `{fixed}: 1`, or a known {written}"));
    }
    let d = d.note(format!("no distribution is conjugate to the {written} of {}", a(f.spec.name)));
    let open: Vec<_> = f.spec.params.iter().filter(|p| p.random).collect();
    match open.first() {
        Some(p) => d.help(format!(
            "write a known {written}, and let `{}` be random: {}",
            p.name,
            or(&carriers(p.stat))
        )),
        None => d.help(format!("write a known {written}, or an input that a category picks from")),
    }
}

fn no_gate(graph: &FactorGraph, g: &Ref, span: Span, f: &Factor, slot: usize, arg: &Arg) -> Diagnostic {
    let name = match g.target {
        Target::Node(n) => &graph.nodes[n.0],
        _ => &graph.nodes[f.node.0],
    };
    Diagnostic::error(
        NO_GATE,
        format!("the {} of {} cannot depend on `{}`", spelled(f, slot, arg), a(f.spec.name), name.name),
    )
    .at(span, "picked by a category")
    .with(name.call, format!("`{}` is a random variable", name.name))
    .note("it is part of the base measure, which every component shares")
    .help("write a number, a column or an input by row")
}
