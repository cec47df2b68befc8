//! The arguments of a distribution's call: each parameter once, in one spelling, in slot order.

use super::{
    lines::{asks_for_tangent, whole},
    resolver::Resolver,
};
use crate::{
    diag::{Diagnostic, Reported, suggest::nearest},
    dist,
    expfam::spec::DistSpec,
    graph::{
        codes::{BAD_OVER, BAD_VALUE, MISSING_PARAMETER, RAGGED_LIST, TWO_SPELLINGS, UNKNOWN_PARAMETER},
        factor_graph::{Arg, Expr, ExprKind, Factor, RowSet, Target},
        resolve::names::list,
    },
    shape::{Extent, NodeId, PlateId},
    source::{Span, Spanned},
    syntax::ast::{Call, Key, NodeDecl, Value},
};

/// A line whose expressions are being resolved.
#[derive(Clone, Copy)]
pub(super) struct Line<'k> {
    pub plates: &'k [PlateId],
    pub rows: RowSet,
    pub key: &'k Key,
    /// Whether nothing is inferred by it: random variables may stand wherever known numbers may.
    pub derived: bool,
}

impl Resolver<'_> {
    pub(super) fn factor(&mut self, decl: &NodeDecl, node: NodeId, rows: RowSet) -> Result<Factor, Reported> {
        let call = &*whole(&decl.call);
        // The header has found it once already.
        let spec = dist::called(&call.name.node, &|arg| call.arg(arg).is_some());
        let spec = spec.unwrap_or(self.headers[node.0].spec);
        let tangent = asks_for_tangent(call);
        let spec = spec.tangent.filter(|_| tangent).unwrap_or(spec);
        let plates = self.headers[node.0].plates.clone();
        let line = Line { plates: &plates, rows, key: &decl.key, derived: false };
        let mut slots: Vec<Option<(Arg, Span)>> = vec![None; spec.params.len()];
        let mut failed = Ok(());
        for (i, (name, value)) in call.args.iter().enumerate() {
            let whole = if name.node.is_empty() { value.span } else { name.span.join(value.span) };
            if name.node == "over" && spec.has_dim() {
                if call.args[..i].iter().any(|(n, _)| n.node == "over") {
                    failed = Err(self.given_twice(name));
                }
                continue;
            }
            if name.node == "bound" && tangent && spec.site.is_some_and(|s| s.convex()) {
                continue;
            }
            let Some((slot, spelling)) = spec.param(&name.node) else {
                failed = Err(self.unknown_parameter(spec, name, value));
                continue;
            };
            if let Some((_, before)) = &slots[slot - 1] {
                let before = *before;
                let d = if call.args[..i].iter().any(|(n, _)| n.node == name.node) {
                    Diagnostic::error(UNKNOWN_PARAMETER, format!("`{}` is given twice", name.node))
                } else {
                    let d = Diagnostic::error(
                        TWO_SPELLINGS,
                        format!("the {} of a {} is given twice", spec.params[slot - 1].name, spec.name),
                    );
                    let all: Vec<_> = std::iter::once(spec.params[slot - 1].name)
                        .chain(spec.params[slot - 1].spellings.iter().map(|s| s.name))
                        .collect();
                    d.help(format!("give one of {}", list(all)))
                };
                failed = Err(self.fail(d.at(name.span, "the second time").with(before, "first here")));
                continue;
            }
            let spelling =
                spelling.and_then(|s| spec.params[slot - 1].spellings.iter().position(|t| t.name == s.name));
            match self.value(value, line) {
                Ok(expr) => {
                    slots[slot - 1] = Some((Arg { expr, spelling, span: whole, from: None }, name.span))
                }
                Err(e) => {
                    failed = Err(e);
                    // Not also "missing".
                    let expr = Expr {
                        kind: ExprKind::Numbers(vec![]),
                        axes: vec![],
                        random: false,
                        span: value.span,
                    };
                    slots[slot - 1] = Some((Arg { expr, spelling, span: whole, from: None }, name.span));
                }
            }
        }
        // A misspelt parameter is not also a missing one.
        let strangers: Vec<&str> = call
            .args
            .iter()
            .map(|(n, _)| n.node.as_str())
            .filter(|n| spec.param(n).is_none() && !["over", "bound"].contains(n))
            .collect();
        for (param, slot) in spec.params.iter().zip(&slots) {
            let misspelt = strangers.iter().any(|s| nearest(s, [param.name]).is_some());
            if slot.is_none() && !misspelt {
                let names: Vec<_> =
                    std::iter::once(param.name).chain(param.spellings.iter().map(|s| s.name)).collect();
                let d = Diagnostic::error(MISSING_PARAMETER, format!("`{}` needs {}", spec.name, or(&names)))
                    .at(call.span, "left out")
                    .note(format!("{}: {}", param.name, param.doc));
                failed = Err(self.fail(d));
            }
        }
        failed?;
        let args: Vec<Arg> = slots.into_iter().flatten().map(|(arg, _)| arg).collect();
        let spec = form(spec, &args);
        Ok(Factor { node, rows, spec, args, key: decl.key.span, span: call.span, written: None })
    }

    fn given_twice(&mut self, name: &Spanned<String>) -> Reported {
        self.fail(
            Diagnostic::error(UNKNOWN_PARAMETER, format!("`{}` is given twice", name.node))
                .at(name.span, "the second time"),
        )
    }

    fn unknown_parameter(
        &mut self,
        spec: &DistSpec,
        name: &Spanned<String>,
        value: &Spanned<Value>,
    ) -> Reported {
        let mut known: Vec<_> = spec
            .params
            .iter()
            .flat_map(|p| std::iter::once(p.name).chain(p.spellings.iter().map(|s| s.name)))
            .collect();
        if spec.has_dim() {
            known.push("over");
        }
        if name.node.is_empty() {
            let d =
                Diagnostic::error(UNKNOWN_PARAMETER, format!("which parameter of `{}` is this?", spec.name))
                    .at(value.span, "a value without a name")
                    .help(format!(
                        "name it: `{}: …`; the parameters are {}",
                        known[0],
                        list(known.iter().copied())
                    ));
            return self.fail(d);
        }
        let d =
            Diagnostic::error(UNKNOWN_PARAMETER, format!("`{}` has no parameter `{}`", spec.name, name.node))
                .at(name.span, "unknown parameter");
        let d = match nearest(&name.node, known.iter().copied()) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None => d.note(format!("its parameters are {}", list(known.iter().copied()))),
        };
        self.fail(d)
    }

    /// A number, a list of numbers or an expression.
    pub(super) fn value(&mut self, value: &Spanned<Value>, line: Line<'_>) -> Result<Expr, Reported> {
        match &value.node {
            Value::Number(x) => {
                Ok(Expr { kind: ExprKind::Numbers(vec![*x]), axes: vec![], random: false, span: value.span })
            }
            Value::List(_) => {
                let (numbers, sizes) = self.numbers(value)?;
                let axes = sizes.into_iter().map(Extent::Number).collect();
                Ok(Expr { kind: ExprKind::Numbers(numbers), axes, random: false, span: value.span })
            }
            Value::Text(_) => {
                let Some(expr) = value.expr(self.source, self.diags)? else {
                    return Err(self.wrong_value(value, "an expression"));
                };
                self.expr(&expr, line)
            }
            Value::Bool(_) | Value::Call(_) => Err(self.wrong_value(value, "a value")),
        }
    }

    /// A number or a list (of lists) of numbers, row-major, with the lengths, outermost first.
    pub(super) fn numbers(&mut self, value: &Spanned<Value>) -> Result<(Vec<f64>, Vec<usize>), Reported> {
        let items = match &value.node {
            Value::Number(x) => return Ok((vec![*x], vec![])),
            Value::List(items) => items,
            _ => return Err(self.wrong_value(value, "a list of numbers")),
        };
        let (mut out, mut inner): (Vec<f64>, Option<(Vec<usize>, Span)>) = (vec![], None);
        for item in items {
            let (numbers, sizes) = self.numbers(item)?;
            match &inner {
                Some((expected, first)) if *expected != sizes => {
                    let d = Diagnostic::error(RAGGED_LIST, "the rows of this list differ in length")
                        .at(item.span, shape_words(&sizes))
                        .with(*first, shape_words(expected));
                    return Err(self.fail(d));
                }
                Some(_) => {}
                None => inner = Some((sizes, item.span)),
            }
            out.extend(numbers);
        }
        let Some((sizes, _)) = inner else {
            let d = Diagnostic::error(RAGGED_LIST, "this list is empty").at(value.span, "expected numbers");
            return Err(self.fail(d));
        };
        Ok((out, std::iter::once(items.len()).chain(sizes).collect()))
    }

    fn wrong_value(&mut self, value: &Spanned<Value>, expected: &str) -> Reported {
        let (found, help) = match &value.node {
            Value::Bool(_) => ("true or false", "write 1 or 0"),
            Value::Call(_) => (
                "a call outside of quotes",
                "put expressions in quotes: `\"identity(2)\"`; a random argument is a node of its own",
            ),
            Value::Text(_) => ("a string", "a list holds numbers only"),
            Value::Number(_) | Value::List(_) => ("not that", "see the language page"),
        };
        let d = Diagnostic::error(BAD_VALUE, format!("{expected} is expected here"))
            .at(value.span, found)
            .note("a value is a number, a list (of lists) of numbers, or an expression in quotes")
            .help(help);
        self.fail(d)
    }

    /// What the call's `over` names.
    pub(super) fn over(&mut self, call: &Call) -> Result<Option<(Extent, Span)>, Reported> {
        let Some(value) = call.arg("over") else { return Ok(None) };
        let extent = match &value.node {
            Value::Number(n) if n.fract() == 0.0 && (1.0..=4_294_967_296.0).contains(n) => {
                Extent::Number(*n as usize)
            }
            Value::Text(name) => match self.plate_named(name) {
                Some(p) => {
                    self.used_plates[p.0] = true;
                    Extent::Plate(p)
                }
                None if self.broken.contains(name) => return Ok(None),
                None if self.node_named(name).is_some() || !name.contains('.') && self.tables.len() != 1 => {
                    let d = Diagnostic::error(BAD_OVER, format!("`over` cannot be `{name}`"))
                        .at(value.span, "not a plate, a column or a number");
                    let d = match nearest(name, self.plates.iter().map(|p| p.name.as_str())) {
                        Some(meant) => d.help(format!("did you mean the plate `{meant}`?")),
                        None => d.help("write a plate `\"k\"`, a column `\"table.column\"` or a number"),
                    };
                    return Err(self.fail(d));
                }
                None => {
                    let c = self.column_path(name, value.span, None)?;
                    self.levels(c)
                }
            },
            _ => {
                let d = Diagnostic::error(BAD_OVER, "`over` names what the vector runs over")
                    .at(value.span, "expected a plate, a column or a whole number")
                    .help("write `over: \"k\"`, `over: \"table.column\"` or `over: 3`");
                return Err(self.fail(d));
            }
        };
        Ok(Some((extent, value.span)))
    }
}

/// The distribution, or the other form of it that has room for what is random in a call, where it has none
/// itself. A known value that a category picks is worth another form only if that one's price is paid.
fn form(spec: &'static DistSpec, args: &[Arg]) -> &'static DistSpec {
    let fits = |s: &DistSpec| {
        s.params
            .iter()
            .zip(args)
            .all(|(p, a)| (p.random || !names_a_node(&a.expr)) && (p.gated || !a.expr.random))
    };
    let one = |a: &Arg| matches!(&a.expr.kind, ExprKind::Numbers(n) if n == &[1.0]);
    let paid = |s: &DistSpec| s.params.iter().zip(args).all(|(p, a)| p.random || one(a));
    let random = args.iter().any(|a| names_a_node(&a.expr));
    if fits(spec) {
        return spec;
    }
    spec.cases.iter().copied().find(|s| fits(s) && (random || paid(s))).unwrap_or(spec)
}

/// Is a random variable among what an expression names, gates left out?
pub(in crate::graph) fn names_a_node(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Numbers(_) => false,
        ExprKind::Ref(r) => matches!(r.target, Target::Node(_)),
        ExprKind::Binary(_, a, b) => names_a_node(a) || names_a_node(b),
        ExprKind::Negate(a) => names_a_node(a),
        ExprKind::Call(_, args) => args.iter().any(names_a_node),
    }
}

fn or(names: &[&str]) -> String {
    match names {
        [one] => format!("`{one}`"),
        [head @ .., last] => format!("{} or `{last}`", list(head.iter().copied())),
        [] => String::new(),
    }
}

fn shape_words(sizes: &[usize]) -> String {
    match sizes {
        [] => "a number".to_owned(),
        [1] => "1 number".to_owned(),
        [n] => format!("{n} numbers"),
        more => more.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × "),
    }
}
