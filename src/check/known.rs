//! E0402 and E0403: parameters that must be known, and parameters that may not depend on a category.

use super::{
    carried::{Carried, Scale, carried, function, gate},
    conjugacy::{carriers, or},
    words::{a, arguments, spelled},
};
use crate::{
    diag::{Code, Diagnostic},
    expfam::{
        line::{LINE, stands_for},
        spec::Param,
    },
    graph::factor_graph::{Arg, Expr, ExprKind, Factor, FactorGraph, Ref, Target},
    shape::NodeId,
    source::Span,
};

/// A random variable where only a known value fits.
pub const MUST_BE_KNOWN: Code = Code("E0402");
/// A gate where the value may not depend on a category.
pub const NO_GATE: Code = Code("E0403");

pub(super) fn check(graph: &FactorGraph, found: &mut Vec<Diagnostic>) {
    for (f, slot, arg) in arguments(graph) {
        let param = &f.spec.params[slot - 1];
        let what = carried(&arg.expr);
        let random = match &what {
            Carried::Known => None,
            Carried::One(one) => {
                Some((graph.nodes[one.node.0].name.clone(), one.span, Some(graph.nodes[one.node.0].call)))
            }
            Carried::Many(_, span) => Some((graph.expr_text(&arg.expr), *span, None)),
        };
        if let (Some((name, span, call)), true) =
            (random, !param.random || !may_be_random(graph, param, arg, &what))
        {
            let d = must_be_known(&name, span, call, f, slot, arg);
            found.push(match arg.spelling.is_some() && param.random {
                true => respelled(graph, d, &what, f, slot, arg),
                false => unpaired(d, f, slot, arg),
            });
        } else if let (Some((g, span)), false) = (gate(&arg.expr), param.gated) {
            found.push(no_gate(graph, g, span, f, slot, arg));
        }
    }
}

/// May what is written be random: in the parameter's own spelling, or in one that is a power of it, where every factor
/// is on the line?
fn may_be_random(graph: &FactorGraph, param: &Param, arg: &Arg, what: &Carried<'_>) -> bool {
    let positive = |node: NodeId| stands_for(graph.nodes[node.0].spec.stat, &LINE);
    match (param.power(arg.spelling), what) {
        (Some(1), _) => true,
        (None, _) => false,
        (Some(_), Carried::One(one)) => {
            let scaled = |s: &(Scale<'_>, Span)| matches!(s.0, Scale::Times(_) | Scale::Over(_));
            positive(one.node) && one.shifts.is_empty() && one.scales.iter().all(scaled)
        }
        (Some(_), _) => {
            function(&arg.expr, param.stat).is_some_and(|(leaves, _)| leaves.iter().all(|l| positive(l.node)))
        }
    }
}

/// Why some parameters have no prior in the language: distribution, parameter, reason.
const WHY: [(&str, &str, &str); 2] = [
    (
        "Wishart",
        "dof",
        "ln Γ of it stands in its density, and no distribution of the language is conjugate to it",
    ),
    (
        "Wishart",
        "scale",
        "its density is linear in scale⁻¹ and ln |scale|: a prior on scale⁻¹ would be conjugate, but the language has no parameter for it",
    ),
];

fn must_be_known(
    name: &str,
    span: Span,
    call: Option<Span>,
    f: &Factor,
    slot: usize,
    arg: &Arg,
) -> Diagnostic {
    let written = spelled(f, slot, arg);
    let d = Diagnostic::error(MUST_BE_KNOWN, format!("the {written} of {} must be known", a(f.spec.name)))
        .at(span, "random");
    match call {
        Some(call) => d.with(call, format!("`{name}` is a random variable")),
        None => d,
    }
}

/// `variance`, `sd` and `covariance`, which stand for the parameter that takes a prior: of known values, and of powers of
/// positive variables.
fn respelled(
    graph: &FactorGraph,
    d: Diagnostic,
    what: &Carried<'_>,
    f: &Factor,
    slot: usize,
    arg: &Arg,
) -> Diagnostic {
    let written = spelled(f, slot, arg);
    let param = &f.spec.params[slot - 1];
    let inverse = match written {
        "sd" => "1 / sd²".into(),
        "covariance" => "the inverse of the covariance".into(),
        other => format!("1 / {other}"),
    };
    let takes = match arg.spelling.and_then(|s| param.spellings[s].power) {
        Some(_) => "known values and positive variables, by themselves or multiplied",
        None => "known values",
    };
    let d = d.note(format!("`{written}` takes {takes}; priors are conjugate to `{}`, {inverse}", param.name));
    let known = format!("write a known {written}");
    match what {
        Carried::One(one) if one.shifts.is_empty() => {
            let name = graph.nodes[one.node.0].name.as_str();
            let written_out = graph.expr_text(&Expr {
                kind: ExprKind::Ref(one.reference.clone()),
                axes: vec![],
                random: true,
                span: one.span,
            });
            if let ([(Scale::Under, _)], "variance") = (&one.scales[..], written)
                && let ExprKind::Binary(_, over, _) = &arg.expr.kind
            {
                let over = match over.kind {
                    ExprKind::Binary(..) => format!("({})", graph.expr_text(over)),
                    _ => graph.expr_text(over),
                };
                let precision = if over == "1" { written_out } else { format!("{written_out} / {over}") };
                return d.help(format!("write `{}: \"{precision}\"`: it is the same model", param.name));
            }
            d.help(format!(
                "write a model in which `{name}` is the {}, `{}: \"{written_out}\"`, with `{name}` {}: that is another model, since the prior of `{name}` is then that of {inverse}",
                param.name,
                param.name,
                or(&carriers(param.stat)),
            ))
        }
        Carried::Many("a product of random variables", _) => d.help(format!(
            "{known}, or build another model on a `{}` that is a product: each factor {}, as the prior of {inverse}",
            param.name,
            or(&carriers(param.stat)),
        )),
        _ => d
            .note(format!("{inverse} has no closed form where the {written} is a sum or another function of random variables"))
            .help(format!(
                "{known}; where it is the sum of the variances of independent terms, give each term a line of its own: `\"e[n]\": Normal(mean: …, precision: …)` and `mean: \"e[n]\"`"
            )),
    }
}

/// A parameter without a conjugate prior.
fn unpaired(d: Diagnostic, f: &Factor, slot: usize, arg: &Arg) -> Diagnostic {
    let written = spelled(f, slot, arg);
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
    let param = f.spec.params[slot - 1].name;
    let d = d.note(match WHY.iter().find(|(spec, name, _)| (*spec, *name) == (f.spec.name, param)) {
        Some((_, _, why)) => (*why).to_owned(),
        None => {
            format!("no distribution of the language is conjugate to the {written} of {}", a(f.spec.name))
        }
    });
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
