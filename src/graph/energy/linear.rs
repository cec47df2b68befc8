//! Reads an argument as `scale · node + offset` with known scale and offset. Not here: what that does to a
//! statistic (`link`).

use crate::{
    expfam::stat::StatKind,
    graph::factor_graph::{Expr, ExprKind, FactorGraph, Ref, Target},
    source::Span,
    syntax::expr::BinaryOp,
};

/// `scale · base + offset`; `None` stands for 1 and 0.
#[derive(Clone, Debug)]
pub struct Linear {
    /// The random array.
    pub base: Ref,
    /// Where it is named.
    pub span: Span,
    /// Known.
    pub scale: Option<Expr>,
    /// Known.
    pub offset: Option<Expr>,
}

impl Linear {
    /// The statistic of the random array, if it is one.
    pub fn carried_by(&self, graph: &FactorGraph) -> Option<&'static StatKind> {
        match self.base.target {
            Target::Node(n) => Some(graph.nodes[n.0].spec.stat),
            _ => None,
        }
    }
}

/// An argument that is not of this form.
#[derive(Clone, Debug, PartialEq)]
pub struct NotLinear {
    /// The part that breaks it.
    pub span: Span,
    /// What that part is: `a sum of random variables`.
    pub what: &'static str,
}

/// Reads `expr`, which must be random.
pub fn linear(expr: &Expr) -> Result<Linear, NotLinear> {
    let no = |what| Err(NotLinear { span: expr.span, what });
    match &expr.kind {
        ExprKind::Ref(r) if matches!(r.target, Target::Node(_)) => {
            Ok(Linear { base: r.clone(), span: expr.span, scale: None, offset: None })
        }
        ExprKind::Ref(_) => no("a known array indexed by a selector, inside arithmetic"),
        ExprKind::Numbers(_) => no("a number where a random variable is needed"),
        ExprKind::Negate(inner) => Ok(scaled(linear(inner)?, &number(-1.0, expr.span), BinaryOp::Mul)),
        ExprKind::Binary(op, left, right) => match (op, left.random, right.random) {
            (BinaryOp::Add | BinaryOp::Sub, true, true) => no("a sum of random variables"),
            (BinaryOp::Mul | BinaryOp::Div, true, true) => no("a product of random variables"),
            (BinaryOp::Div, false, true) => no("a division by a random variable"),
            (BinaryOp::Mul, true, false) => Ok(scaled(linear(left)?, right, BinaryOp::Mul)),
            (BinaryOp::Mul, false, true) => Ok(scaled(linear(right)?, left, BinaryOp::Mul)),
            (BinaryOp::Div, true, false) => Ok(scaled(linear(left)?, right, BinaryOp::Div)),
            (BinaryOp::Add, true, false) => Ok(shifted(linear(left)?, right, BinaryOp::Add)),
            (BinaryOp::Add, false, true) => Ok(shifted(linear(right)?, left, BinaryOp::Add)),
            (BinaryOp::Sub, true, false) => Ok(shifted(linear(left)?, right, BinaryOp::Sub)),
            (BinaryOp::Sub, false, true) => Ok(shifted(
                scaled(linear(right)?, &number(-1.0, expr.span), BinaryOp::Mul),
                left,
                BinaryOp::Add,
            )),
            (_, false, false) => no("a known expression"),
            _ => no("a function of random variables"),
        },
        ExprKind::Call(..) => no("a function of random variables"),
    }
}

fn number(value: f64, span: Span) -> Expr {
    Expr { kind: ExprKind::Numbers(vec![value]), axes: vec![], random: false, span }
}

fn join(op: BinaryOp, left: Expr, right: &Expr) -> Expr {
    let axes = if left.axes.is_empty() { right.axes.clone() } else { left.axes.clone() };
    let span = left.span.join(right.span);
    Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right.clone())), axes, random: false, span }
}

fn scaled(linear: Linear, by: &Expr, op: BinaryOp) -> Linear {
    let scale = match (linear.scale, op) {
        (None, BinaryOp::Mul) => by.clone(),
        (None, _) => join(op, number(1.0, by.span), by),
        (Some(s), _) => join(op, s, by),
    };
    Linear { scale: Some(scale), offset: linear.offset.map(|o| join(op, o, by)), ..linear }
}

fn shifted(linear: Linear, by: &Expr, op: BinaryOp) -> Linear {
    let offset = match (linear.offset, op) {
        (None, BinaryOp::Sub) => Expr { kind: ExprKind::Negate(Box::new(by.clone())), ..by.clone() },
        (None, _) => by.clone(),
        (Some(o), _) => join(op, o, by),
    };
    Linear { offset: Some(offset), ..linear }
}
