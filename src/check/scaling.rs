//! E0404: what a random variable may be multiplied by, and what may be added to it, before its slot still
//! knows its statistic.

use super::{
    carried::{Carried, One, Scale, carried, constant, function},
    words::{a, arguments, spelled},
};
use crate::{
    diag::{Code, Diagnostic},
    expfam::stat::Arithmetic,
    graph::factor_graph::{Arg, Factor, FactorGraph},
    source::Span,
};

/// A random variable scaled or shifted in a way that its statistic does not follow.
pub const BAD_SCALING: Code = Code("E0404");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (f, slot, arg) in arguments(graph) {
        let param = &f.spec.params[slot - 1];
        let one = match carried(&arg.expr) {
            Carried::One(one) => one,
            Carried::Many(_, span) if param.random && arg.spelling.is_none() => {
                let (_, scales) = function(&arg.expr, param.stat).unwrap_or_default();
                found.extend(scales.iter().find_map(|s| not_positive(graph, f, slot, arg, s, span)));
                continue;
            }
            _ => continue,
        };
        if !param.random || arg.spelling.is_some() || graph.nodes[one.node.0].spec.stat != param.stat {
            continue;
        }
        found.extend(fault(graph, f, slot, arg, &one));
    }
}

/// A known factor of a product of positive variables that is none itself.
fn not_positive(
    graph: &FactorGraph,
    f: &Factor,
    slot: usize,
    arg: &Arg,
    scale: &Scale<'_>,
    whole: Span,
) -> Option<Diagnostic> {
    let (span, value) = match scale {
        Scale::Times(e) | Scale::Over(e) => (e.span, constant(graph, e).filter(|_| e.axes.len() < 2)?),
        Scale::Minus | Scale::Under => (whole, vec![-1.0]),
    };
    value.iter().any(|v| *v <= 0.0).then(|| {
        Diagnostic::error(
            BAD_SCALING,
            format!(
                "`{}` cannot be the {} of {}",
                graph.expr_text(&arg.expr),
                spelled(f, slot, arg),
                a(f.spec.name)
            ),
        )
        .at(span, "not positive")
        .help("scale by positive numbers")
    })
}

/// The first thing done to the variable that may not be.
fn fault(graph: &FactorGraph, f: &Factor, slot: usize, arg: &Arg, one: &One<'_>) -> Option<Diagnostic> {
    let stat = f.spec.slot_stat(slot);
    let node = &graph.nodes[one.node.0];
    let refuse = |span: Span, why: &str, help: String| {
        Diagnostic::error(
            BAD_SCALING,
            format!(
                "`{}` cannot be the {} of {}",
                graph.expr_text(&arg.expr),
                spelled(f, slot, arg),
                a(f.spec.name)
            ),
        )
        .at(span, why)
        .with(node.call, format!("`{}` is {}", node.name, node.spec.name))
        .help(help)
    };
    if let (Some(span), false) = (one.shifts.first(), stat.arithmetic == Arithmetic::Sum) {
        let why = format!("a shifted {} does not carry {}", node.spec.name, stat.symbols());
        return Some(refuse(*span, &why, format!("write `{}` alone", node.name)));
    }
    for (scale, span) in &one.scales {
        if stat.arithmetic == Arithmetic::None {
            let why = format!("a scaled {} does not carry {}", node.spec.name, stat.symbols());
            return Some(refuse(*span, &why, format!("write `{}` alone", node.name)));
        }
        let value = match scale {
            Scale::Under => {
                return Some(refuse(
                    *span,
                    "nothing is affine in one over a random variable",
                    "divide by known values only".into(),
                ));
            }
            Scale::Minus => Some(-1.0),
            Scale::Times(e) | Scale::Over(e) => {
                if !e.axes.is_empty() {
                    return Some(refuse(
                        e.span,
                        "a variable is scaled by a number, not by a vector or a matrix",
                        "index it down to a number".into(),
                    ));
                }
                constant(graph, e).and_then(|v| v.first().copied())
            }
        };
        if let (Scale::Over(e), Some(0.0)) = (scale, value) {
            return Some(refuse(e.span, "division by zero", "divide by another number".into()));
        }
        if let (Arithmetic::Product, Some(v)) = (stat.arithmetic, value)
            && v <= 0.0
        {
            let why = format!("{} times {v} is not positive", node.name);
            return Some(refuse(*span, &why, "scale by a positive number".into()));
        }
    }
    None
}
