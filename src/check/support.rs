//! E0408: known values that are written out must lie where the parameter lives.

use super::{
    carried::{constant, length},
    words::{a, arguments, spelled},
};
use crate::{
    diag::{Code, Diagnostic},
    graph::factor_graph::{Arg, ExprKind, Factor, FactorGraph, InputSource, Target},
    source::Span,
};

/// A written value that the parameter cannot have.
pub const OUT_OF_RANGE: Code = Code("E0408");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (f, slot, arg) in arguments(graph) {
        if let Some(value) = constant(graph, &arg.expr) {
            if let Err(why) = value_fits(graph, f, slot, arg, &value) {
                found.push(out_of_range(f, slot, arg, &value, why, None));
            }
            continue;
        }
        // An input that is written out, by itself.
        let ExprKind::Ref(r) = &arg.expr.kind else { continue };
        let Target::Input(i) = r.target else { continue };
        let input = &graph.inputs[i.0];
        let InputSource::Numbers(numbers) = &input.source else { continue };
        let width: usize = input.sizes.iter().skip(r.index.len()).product();
        for value in numbers.chunks_exact(width.max(1)) {
            if let Err(why) = value_fits(graph, f, slot, arg, value) {
                found.push(out_of_range(f, slot, arg, value, why, Some(input.span)));
                break;
            }
        }
    }
}

fn value_fits(
    graph: &FactorGraph,
    f: &Factor,
    slot: usize,
    arg: &Arg,
    value: &[f64],
) -> Result<(), &'static str> {
    let (param, stat) = (&f.spec.params[slot - 1], f.spec.slot_stat(slot));
    let own = match stat.value.rank() {
        0 => None,
        1 => Some(value.len()),
        // A matrix has its axes by now, and they are equal.
        _ => Some((1..=value.len()).find(|d| d * d >= value.len()).unwrap_or(1)),
    };
    let event = graph.nodes[f.node.0].event.and_then(|x| length(graph, x));
    let d = own.or(event).unwrap_or(1);
    if stat.value.width(d) != value.len() || d > 4096 {
        return Ok(());
    }
    if value.iter().any(|v| !v.is_finite()) {
        return Err("is not finite");
    }
    let mut value = value.to_vec();
    if let Some(s) = arg.spelling {
        (param.spellings[s].convert)(&mut value, d)?;
    }
    (stat.of_value)(&value, d, &mut vec![0.0; stat.width(d)])
}

fn out_of_range(
    f: &Factor,
    slot: usize,
    arg: &Arg,
    value: &[f64],
    why: &str,
    input: Option<Span>,
) -> Diagnostic {
    let shown: Vec<_> = value.iter().take(6).map(ToString::to_string).collect();
    let shown = if value.len() == 1 {
        shown.concat()
    } else {
        format!("[{}{}]", shown.join(", "), if value.len() > 6 { ", …" } else { "" })
    };
    let name = spelled(f, slot, arg);
    let d = Diagnostic::error(OUT_OF_RANGE, format!("the {name} of {} cannot be {shown}", a(f.spec.name)))
        .at(arg.expr.span, why)
        .note(format!("`{name}` needs {}", f.spec.slot_stat(slot).support));
    match input {
        Some(span) => d.with(span, "written out here"),
        None => d,
    }
}
