//! What an argument carries to its slot: something known, one random variable (scaled, shifted), or more than
//! that.

use crate::{
    expfam::stat::{Arithmetic, StatKind},
    graph::factor_graph::{Expr, ExprKind, FactorGraph, Function, Index, Ref, Target},
    link,
    shape::{Extent, NodeId},
    source::Span,
    syntax::expr::BinaryOp,
};

/// What an expression comes down to.
#[derive(Clone, Debug)]
pub enum Carried<'g> {
    /// Known, up to gates.
    Known,
    /// One random variable.
    One(One<'g>),
    /// More than one, or a function of one, and what that is called.
    Many(&'static str, Span),
}

/// One random variable in an argument, with what is done to it.
#[derive(Clone, Debug)]
pub struct One<'g> {
    /// The variable.
    pub reference: &'g Ref,
    /// Which node that is.
    pub node: NodeId,
    /// Where it stands.
    pub span: Span,
    /// Known factors, each with its place; the place is the whole product.
    pub scales: Vec<(Scale<'g>, Span)>,
    /// Known terms, by the place of the whole sum.
    pub shifts: Vec<Span>,
}

/// A known factor.
#[derive(Clone, Copy, Debug)]
pub enum Scale<'g> {
    /// Times this.
    Times(&'g Expr),
    /// Divided by this.
    Over(&'g Expr),
    /// Times minus one.
    Minus,
    /// This divided by the variable: not affine in anything.
    Under,
}

/// Reads an expression.
pub fn carried(e: &Expr) -> Carried<'_> {
    match &e.kind {
        ExprKind::Numbers(_) => Carried::Known,
        ExprKind::Ref(r) => match r.target {
            Target::Node(node) => {
                Carried::One(One { reference: r, node, span: e.span, scales: vec![], shifts: vec![] })
            }
            _ => Carried::Known,
        },
        ExprKind::Negate(a) => scaled(carried(a), Scale::Minus, e.span),
        ExprKind::Binary(op, a, b) => match (op, carried(a), carried(b)) {
            (_, Carried::Known, Carried::Known) => Carried::Known,
            (_, many @ Carried::Many(..), _) | (_, _, many @ Carried::Many(..)) => many,
            (BinaryOp::Add | BinaryOp::Sub, Carried::One(one), Carried::Known) => shifted(one, e.span),
            (BinaryOp::Add, Carried::Known, Carried::One(one)) => shifted(one, e.span),
            (BinaryOp::Sub, Carried::Known, one) => match scaled(one, Scale::Minus, e.span) {
                Carried::One(one) => shifted(one, e.span),
                other => other,
            },
            (BinaryOp::Mul, Carried::Known, _) | (BinaryOp::Mul, _, Carried::Known)
                if a.axes.len() + b.axes.len() == 2 && matrix(a, b) =>
            {
                Carried::Many("a matrix scaled by a random variable", e.span)
            }
            (BinaryOp::Mul, Carried::Known, one) => scaled(one, Scale::Times(a), e.span),
            (BinaryOp::Mul, one, Carried::Known) => scaled(one, Scale::Times(b), e.span),
            (BinaryOp::Div, one, Carried::Known) => scaled(one, Scale::Over(b), e.span),
            (BinaryOp::Div, Carried::Known, one) => scaled(one, Scale::Under, e.span),
            (BinaryOp::Add | BinaryOp::Sub, _, _) => Carried::Many("a sum of random variables", e.span),
            (BinaryOp::Mul, _, _) => Carried::Many("a product of random variables", e.span),
            (BinaryOp::Div, _, _) => Carried::Many("a quotient of random variables", e.span),
            // What takes known numbers only was told when names were found.
            (_, _, _) => Carried::Many("a function of random variables", e.span),
        },
        ExprKind::Call(function, args) => {
            let known = args.iter().all(|a| matches!(carried(a), Carried::Known));
            match function {
                Function::Identity | Function::Earlier | Function::NotLast | Function::Unit(_) => {
                    Carried::Known
                }
                _ if known => Carried::Known,
                Function::Diag => Carried::Many("`diag` of a random variable", e.span),
                Function::Dot => Carried::Many("`dot`", e.span),
                Function::Scalar(_) => Carried::Many("a function of random variables", e.span),
                Function::Element(_) => Carried::Many("one number of a random vector", e.span),
                Function::MatrixVector => Carried::Many("a matrix times a vector", e.span),
                Function::Stick => Carried::Many("`stick`", e.span),
            }
        }
    }
}

/// Is one a known matrix and the other a random number?
fn matrix(a: &Expr, b: &Expr) -> bool {
    let (matrix, number) = if a.axes.len() == 2 { (a, b) } else { (b, a) };
    matrix.axes.len() == 2 && number.axes.is_empty() && matches!(carried(matrix), Carried::Known)
}

/// A random variable in a function of several, and the statistic that it must carry there.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// The variable.
    pub node: NodeId,
    /// Where it stands.
    pub span: Span,
    /// What it must carry.
    pub needs: &'static StatKind,
}

/// The random variables of a product, a `diag` or a `stick` where `stat` is needed, and the known factors
/// beside them; `None` where the expression has no such form.
pub fn function<'g>(e: &'g Expr, stat: &'static StatKind) -> Option<(Vec<Leaf>, Vec<Scale<'g>>)> {
    let (mut leaves, mut scales) = (vec![], vec![]);
    walk(e, stat, &mut leaves, &mut scales).then_some((leaves, scales))
}

fn walk<'g>(
    e: &'g Expr,
    stat: &'static StatKind,
    leaves: &mut Vec<Leaf>,
    scales: &mut Vec<Scale<'g>>,
) -> bool {
    if matches!(carried(e), Carried::Known) {
        scales.push(Scale::Times(e));
        return true;
    }
    let positive = stat.arithmetic == Arithmetic::Product;
    match &e.kind {
        ExprKind::Ref(Ref { target: Target::Node(node), .. }) => {
            leaves.push(Leaf { node: *node, span: e.span, needs: stat });
            true
        }
        ExprKind::Negate(a) if positive => {
            scales.push(Scale::Minus);
            walk(a, stat, leaves, scales)
        }
        ExprKind::Binary(BinaryOp::Mul, a, b) if positive => {
            let of = |e: &Expr| link::product::needs(e.axes.len());
            walk(a, of(a), leaves, scales) && walk(b, of(b), leaves, scales)
        }
        ExprKind::Binary(BinaryOp::Div, a, b) if positive && matches!(carried(b), Carried::Known) => {
            scales.push(Scale::Over(b));
            walk(a, stat, leaves, scales)
        }
        ExprKind::Call(Function::Diag, args) if link::diag::gives(stat) => {
            walk(&args[0], link::diag::NEEDS, leaves, scales)
        }
        ExprKind::Call(Function::Stick, args) if link::stick::gives(stat) => match &args[0].kind {
            ExprKind::Ref(Ref { target: Target::Node(node), .. }) => {
                leaves.push(Leaf { node: *node, span: args[0].span, needs: link::stick::NEEDS });
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn scaled<'g>(what: Carried<'g>, scale: Scale<'g>, span: Span) -> Carried<'g> {
    match what {
        Carried::One(mut one) => {
            one.scales.push((scale, span));
            Carried::One(one)
        }
        other => other,
    }
}

fn shifted(mut one: One<'_>, span: Span) -> Carried<'_> {
    one.shifts.push(span);
    Carried::One(one)
}

/// The first gate of an expression, with the place of the expression that holds it.
pub fn gate(e: &Expr) -> Option<(&Ref, Span)> {
    match &e.kind {
        ExprKind::Numbers(_) => None,
        ExprKind::Ref(r) => r.index.iter().find_map(|i| match i {
            Index::Gate(g) => Some((g, e.span)),
            _ => None,
        }),
        ExprKind::Negate(a) => gate(a),
        ExprKind::Binary(_, a, b) => gate(a).or_else(|| gate(b)),
        ExprKind::Call(_, args) => args.iter().find_map(gate),
    }
}

/// Every reference of an expression, gates included.
pub fn references<'g>(e: &'g Expr, out: &mut Vec<(&'g Ref, Span)>) {
    match &e.kind {
        ExprKind::Numbers(_) => {}
        ExprKind::Ref(r) => inside(r, e.span, out),
        ExprKind::Negate(a) => references(a, out),
        ExprKind::Binary(_, a, b) => {
            references(a, out);
            references(b, out);
        }
        ExprKind::Call(_, args) => args.iter().for_each(|a| references(a, out)),
    }
}

fn inside<'g>(r: &'g Ref, span: Span, out: &mut Vec<(&'g Ref, Span)>) {
    out.push((r, span));
    for i in &r.index {
        if let Index::Gate(g) = i {
            inside(g, span, out);
        }
    }
}

/// The length of an axis, where no data are needed to know it.
pub fn length(graph: &FactorGraph, x: Extent) -> Option<usize> {
    match x {
        Extent::Number(n) => Some(n),
        Extent::Plate(p) => match graph.plates[p.0].kind {
            crate::graph::factor_graph::PlateKind::Size(n) => Some(n),
            _ => None,
        },
        Extent::Levels(_) => None,
    }
}

/// The numbers of an expression that is written out, row-major; `None` if anything else is in it.
pub fn constant(graph: &FactorGraph, e: &Expr) -> Option<Vec<f64>> {
    match &e.kind {
        ExprKind::Numbers(n) => Some(n.clone()),
        ExprKind::Ref(_) => None,
        ExprKind::Negate(a) => Some(constant(graph, a)?.iter().map(|x| -x).collect()),
        ExprKind::Binary(op, a, b) => {
            let (a, b) = (constant(graph, a)?, constant(graph, b)?);
            let apply = |x: f64, y: f64| op.apply(x, y);
            match (&a[..], &b[..]) {
                ([x], _) => Some(b.iter().map(|&y| apply(*x, y)).collect()),
                (_, [y]) => Some(a.iter().map(|&x| apply(x, *y)).collect()),
                _ => Some(a.iter().zip(&b).map(|(&x, &y)| apply(x, y)).collect()),
            }
        }
        ExprKind::Call(Function::Identity, _) => {
            let d = length(graph, *e.axes.first()?).filter(|d| *d <= 4096)?;
            Some((0..d * d).map(|i| if i / d == i % d { 1.0 } else { 0.0 }).collect())
        }
        ExprKind::Call(Function::Diag, args) => {
            let v = constant(graph, args.first()?)?;
            let d = v.len();
            Some((0..d * d).map(|i| if i / d == i % d { v[i / d] } else { 0.0 }).collect())
        }
        ExprKind::Call(..) => None,
    }
}
