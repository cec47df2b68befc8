//! Means that are sums: every expression affine in each random variable by itself, written out as products. A
//! square is the product of two copies of the sum. Not here: scaled or shifted single variables (`linear`),
//! which keep their own second moment.

use super::{
    terms::{Element, KnownMap, LabelId, Op, Source},
    writing::{ExpandError, Expansion, FIRST, LARGEST_EXPANSION, Piece, SECOND, contains},
};
use crate::{
    expfam::stat::{Arithmetic, PartShape, StatKind},
    graph::factor_graph::{Expr, ExprKind, Function, Ref, Target},
    syntax::expr::BinaryOp,
};

/// Can a slot that needs this statistic be a sum of random variables?
pub(super) fn carries(stat: &'static StatKind) -> bool {
    stat.arithmetic == Arithmetic::Sum
}

impl Expansion<'_> {
    /// Part `part` of t(sum) as products.
    pub(super) fn sum(
        &mut self,
        expr: &Expr,
        stat: &'static StatKind,
        part: usize,
        axes: &[LabelId],
    ) -> Result<Vec<Piece>, ExpandError> {
        let vector = stat.value == PartShape::Vector;
        let count = summands(expr);
        let products = match part {
            0 => count,
            _ if vector => count * count,
            _ => count * (count + 1.0) / 2.0,
        };
        if products > LARGEST_EXPANSION as f64 {
            return Err(ExpandError::TooLarge { span: expr.span, products });
        }
        if part == 0 {
            return self.summands(expr, axes, FIRST);
        }
        if vector {
            let (a, b) = (self.summands(expr, &axes[..1], FIRST)?, self.summands(expr, &axes[1..], SECOND)?);
            return Ok(a.iter().flat_map(|x| b.iter().map(|y| product(x, y))).collect());
        }
        let (a, b) = (self.summands(expr, &[], FIRST)?, self.summands(expr, &[], SECOND)?);
        let mut out = vec![];
        for (i, x) in a.iter().enumerate() {
            for (k, y) in b.iter().enumerate().skip(i) {
                let mut p = product(x, y);
                // x·y and y·x are one product, twice.
                p.number *= if k > i { 2.0 } else { 1.0 };
                out.push(p);
            }
        }
        Ok(out)
    }

    /// The summands of an expression, with `free` the letters of its axes.
    fn summands(&mut self, expr: &Expr, free: &[LabelId], copy: u8) -> Result<Vec<Piece>, ExpandError> {
        let no = |what: &str| Err(ExpandError::unsupported(expr.span, what));
        if !names_a_node(expr) {
            let axes = if expr.axes.is_empty() { &[] } else { free };
            return Ok(vec![self.known(expr, KnownMap::Value, self.slot, 0, axes)]);
        }
        match &expr.kind {
            ExprKind::Ref(r) => self.variable(expr, r, free, copy),
            ExprKind::Negate(a) => Ok(self
                .summands(a, free, copy)?
                .into_iter()
                .map(|p| Piece { number: -p.number, ..p })
                .collect()),
            ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) => {
                let mut out = self.summands(a, free, copy)?;
                let sign = if *op == BinaryOp::Sub { -1.0 } else { 1.0 };
                out.extend(
                    self.summands(b, free, copy)?.into_iter().map(|p| Piece { number: sign * p.number, ..p }),
                );
                Ok(out)
            }
            ExprKind::Binary(BinaryOp::Mul, a, b) => {
                let of = |e: &Expr| if e.axes.is_empty() { vec![] } else { free.to_vec() };
                let (x, y) = (self.summands(a, &of(a), copy)?, self.summands(b, &of(b), copy)?);
                Ok(x.iter().flat_map(|p| y.iter().map(|q| product(p, q))).collect())
            }
            ExprKind::Binary(BinaryOp::Div, a, b) => {
                if names_a_node(b) {
                    return no("a division by a random variable");
                }
                let one =
                    Expr { kind: ExprKind::Numbers(vec![1.0]), axes: vec![], random: false, span: b.span };
                let inverse =
                    Expr { kind: ExprKind::Binary(BinaryOp::Div, Box::new(one), b.clone()), ..(**b).clone() };
                let y = self.summands(&inverse, &[], copy)?;
                Ok(self
                    .summands(a, free, copy)?
                    .iter()
                    .flat_map(|p| y.iter().map(|q| product(p, q)))
                    .collect())
            }
            ExprKind::Call(Function::Dot, args) => {
                let [a, b] = args.as_slice() else { return no("`dot` of other than two arguments") };
                let Some(&last) = a.axes.last() else { return no("`dot` of a number") };
                let l = self.dummy(last);
                let (fa, fb) = free.split_at(a.axes.len() - 1);
                let (x, y) = (
                    self.summands(a, &[fa, &[l]].concat(), copy)?,
                    self.summands(b, &[fb, &[l]].concat(), copy)?,
                );
                Ok(x.iter().flat_map(|p| y.iter().map(|q| product(p, q))).collect())
            }
            ExprKind::Call(Function::MatrixVector, args) => {
                let [a, b] = args.as_slice() else { return no("a matrix times other than a vector") };
                let Some(&last) = a.axes.last() else { return no("a number where a matrix is needed") };
                let l = self.dummy(last);
                let (x, y) = (self.summands(a, &[free, &[l]].concat(), copy)?, self.summands(b, &[l], copy)?);
                Ok(x.iter().flat_map(|p| y.iter().map(|q| product(p, q))).collect())
            }
            ExprKind::Call(Function::Element(at), args) => {
                let [a] = args.as_slice() else { return no("an element of other than one vector") };
                let Some(&last) = a.axes.last() else { return no("an element of a number") };
                // The inner product with a vector that is 1 there: of a square, one entry of the second moment.
                let l = self.dummy(last);
                let unit = self.zeros_and_ones(Function::Unit(*at), expr.span, &[l]);
                let unit = Piece { number: 1.0, d_power: 0, ops: vec![unit], gates: vec![] };
                Ok(self.summands(a, &[l], copy)?.iter().map(|p| product(p, &unit)).collect())
            }
            ExprKind::Binary(..) | ExprKind::Call(..) => no("a function of random variables in a mean"),
            ExprKind::Numbers(_) => no("a number where a random variable is needed"),
        }
    }

    fn variable(
        &mut self,
        expr: &Expr,
        r: &Ref,
        free: &[LabelId],
        copy: u8,
    ) -> Result<Vec<Piece>, ExpandError> {
        let Target::Node(n) = r.target else {
            return Ok(vec![self.known(expr, KnownMap::Value, self.slot, 0, free)]);
        };
        let node = &self.graph.nodes[n.0];
        if !carries(node.spec.stat) {
            let what = format!("a {} in a mean", node.spec.stat.name);
            return Err(ExpandError::unsupported(expr.span, what));
        }
        let (mut elements, gates) = self.reference(r);
        let left = node.plates.len() - r.index.len();
        elements.extend(free[..left.min(free.len())].iter().map(|&l| Element::Label(l)));
        let mut op = Op::new(Source::Node(n), 0, elements, free[left.min(free.len())..].to_vec());
        op.copy = copy;
        Ok(vec![Piece { number: 1.0, d_power: 0, ops: vec![op], gates }])
    }
}

/// How many summands an expression is written out as.
fn summands(expr: &Expr) -> f64 {
    match &expr.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => 1.0,
        ExprKind::Negate(a) => summands(a),
        // What is known is one array, whatever is in it.
        _ if !names_a_node(expr) => 1.0,
        ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => summands(a) + summands(b),
        ExprKind::Binary(BinaryOp::Div, a, _) => summands(a),
        ExprKind::Binary(BinaryOp::Mul, a, b) => summands(a) * summands(b),
        // Of known numbers only.
        ExprKind::Binary(..) => 1.0,
        ExprKind::Call(_, args) => args.iter().map(summands).product(),
    }
}

/// Is a random variable among what an expression names, gates left out?
fn names_a_node(expr: &Expr) -> bool {
    contains(expr, &|e| matches!(&e.kind, ExprKind::Ref(Ref { target: Target::Node(_), .. })))
}

/// The product of two pieces. One variable times itself, the same element, is its second moment.
fn product(x: &Piece, y: &Piece) -> Piece {
    let mut ops = x.ops.clone();
    for o in &y.ops {
        let same = |p: &Op| {
            p.source == o.source
                && p.part == 0
                && o.part == 0
                && p.elements == o.elements
                && p.copy != o.copy
                && matches!(o.source, Source::Node(_))
        };
        match ops.iter().position(same) {
            Some(at) => {
                let axes = [ops[at].axes.as_slice(), &o.axes].concat();
                ops[at] = Op { part: 1, axes, ..ops[at].clone() };
            }
            None => ops.push(o.clone()),
        }
    }
    let mut gates = x.gates.clone();
    gates.extend(y.gates.iter().filter(|g| !x.gates.contains(g)));
    Piece { number: x.number * y.number, d_power: 0, ops, gates }
}
