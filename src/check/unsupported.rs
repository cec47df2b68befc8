//! E0407: what can be written and is not carried, since it has no closed form or is to come, each by name and
//! place.

use super::{
    carried::{Carried, carried, function, references},
    twice::squares,
    words::{a, arguments},
};
use crate::{
    diag::Diagnostic,
    expfam::{
        line::LINE,
        stat::{Arithmetic, StatKind},
    },
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
            // On the line, ln Γ is of the variable itself.
            Carried::One(one) if param.stat == &LINE && !(one.scales.is_empty() && one.shifts.is_empty()) => {
                let what = format!(
                    "a multiple of a random variable has no closed form as a parameter of {}",
                    a(f.spec.name)
                );
                found.push(
                    Diagnostic::error(NOT_YET, what)
                        .at(arg.expr.span, "ln Γ of it stands in the density")
                        .help("write the variable by itself, and its scale into its prior: half of a HalfNormal(sd: 4) is a HalfNormal(sd: 2)"),
                );
            }
            Carried::Many(what, span)
                if param.random && param.power(arg.spelling) == Some(1) && !squares(&arg.expr) =>
            {
                found.push(many(what, span, param.stat, &a(f.spec.name)));
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

/// More than one random variable, or a function of one, where the slot has no update for it.
fn many(what: &str, span: Span, slot: &StatKind, spec: &str) -> Diagnostic {
    let positive = slot.arithmetic == Arithmetic::Product;
    let gaussian = slot.arithmetic == Arithmetic::Sum;
    // Why the expectation that an update needs is not to be had, and what to write instead.
    let (why, help) = match what {
        "`stick`" => (
            "the weights of a stick are products of the shares of one vector, each a Beta of its own",
            "`stick` takes the vector of one node: `stick(v)` for `\"v[k]\"`",
        ),
        "`diag` of a random variable" => (
            "ln |diag(a)| is the sum of the ln a: `diag` is conjugate to a vector of Gammas, as a precision",
            "write `precision: \"diag(a)\"` of an MvNormal, with `\"a[j]\": Gamma(…)`",
        ),
        "a matrix scaled by a random variable" => (
            "what scales a matrix enters by its logarithm as well: only a positive variable carries that",
            "write `\"tau * identity(d)\"` with `tau` a Gamma, in a precision; in a mean, a vector of Normals",
        ),
        "one number of a random vector" => (
            "what a vector carries is of the whole of it: only a mean is linear in one number of a Gaussian vector",
            "let the numbers be variables of their own over a plate, `\"p[j]\": Beta(…)`, and write `p[2]`; of probabilities that sum to 1, observe a Categorical with `p` as a whole",
        ),
        "a sum of random variables" | "`dot`" | "a matrix times a vector" if positive => (
            "the expected logarithm of a sum of random variables has no closed form",
            "write a product, `a * b`, or one random variable scaled by what is known; counts that add up may be two Poisson nodes",
        ),
        "a quotient of random variables" if positive => (
            "what divides would enter as 1 / b, to which its own distribution is not conjugate",
            "let the node be the inverse, with a Gamma prior, and write a product: `a * b`; that prior is then of 1 / b",
        ),
        "a quotient of random variables" if gaussian => (
            "what divides would enter as 1 / b, to which no distribution of the language is conjugate",
            "write a product with a Normal, `a * b`, or divide by what is known",
        ),
        "a sum of random variables" | "a product of random variables" | "`dot`" if gaussian => (
            "the sum of squares of a mean is conjugate to Normals alone",
            "write a mean of Normals: sums, products and `dot` of them are carried",
        ),
        "a sum of random variables" | "a product of random variables" | "a quotient of random variables" => (
            "the logarithm of the density is not linear in what the variables carry",
            "write one random variable, or pick one by a category",
        ),
        _ => (
            "the logarithm of the density is not linear in what the variables carry",
            "write one random variable, scaled or shifted by what is known",
        ),
    };
    Diagnostic::error(NOT_YET, format!("{what} has no closed form as a parameter of {spec}"))
        .at(span, "no update is exact")
        .note(why)
        .help(help)
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
            ExprKind::Call(Function::Dot | Function::MatrixVector | Function::Element(_), args) => {
                args.iter().all(|a| affine_mean(graph, slot, a))
            }
            ExprKind::Call(..) => !e.random,
        }
}

/// The message for one construct.
fn not_yet(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(NOT_YET, format!("{what} is not supported yet")).at(span, "not supported yet")
}
