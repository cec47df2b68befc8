//! An expression's value, given what its names stand for. Not here: the names (`environment`), nor the functions.

use super::{
    environment::{Environment, Values},
    functions,
};
use crate::{
    graph::factor_graph::{Expr, ExprKind, Function},
    source::Span,
    syntax::expr::BinaryOp,
};
use std::borrow::Cow;

impl<'a> Environment<'a> {
    /// An expression's value at each element, row-major over the expression's axes. What has no value is NaN.
    pub fn value(&self, expr: &'a Expr) -> Values<'a> {
        match &expr.kind {
            ExprKind::Numbers(v) => Values::once(Cow::Borrowed(v)),
            ExprKind::Ref(r) => self.reference(r),
            ExprKind::Negate(a) => {
                let mut v = self.value(a);
                v.numbers.to_mut().iter_mut().for_each(|x| *x = -*x);
                v
            }
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                match op {
                    // The loops that are run most, each by itself.
                    BinaryOp::Add => self.each_number(&a, &b, |x, y| x + y),
                    BinaryOp::Sub => self.each_number(&a, &b, |x, y| x - y),
                    BinaryOp::Mul => self.each_number(&a, &b, |x, y| x * y),
                    BinaryOp::Div => self.each_number(&a, &b, |x, y| x / y),
                    op => self.each_number(&a, &b, |x, y| op.apply(x, y)),
                }
            }
            ExprKind::Call(function, args) => {
                let sizes: Vec<usize> = expr.axes.iter().map(|&x| self.bound.size(x)).collect();
                let args: Vec<Values<'_>> = args.iter().map(|a| self.value(a)).collect();
                let each = args.iter().any(|a| a.each);
                let mut numbers = vec![];
                let mut at = Vec::with_capacity(args.len());
                for i in 0..if each { self.count() } else { 1 } {
                    at.clear();
                    at.extend(args.iter().map(|a| a.at(i)));
                    numbers.extend(functions::call(*function, &sizes, &at, &self.bound.labelled));
                }
                let width = sizes.iter().product();
                Values { numbers: numbers.into(), width, each }
            }
        }
    }

    /// Where an expression asks at element `i` for what is no finite number, of numbers that are: the operation in
    /// words. Known values only.
    pub fn no_number(&self, expr: &'a Expr, i: usize) -> Option<(String, Span)> {
        let parts: Vec<&Expr> = match &expr.kind {
            ExprKind::Numbers(_) | ExprKind::Ref(_) => vec![],
            ExprKind::Negate(a) => vec![a.as_ref()],
            ExprKind::Binary(_, a, b) => vec![a.as_ref(), b.as_ref()],
            ExprKind::Call(_, args) => args.iter().collect(),
        };
        if let Some(found) = parts.iter().find_map(|p| self.no_number(p, i)) {
            return Some(found);
        }
        let finite = |e: &'a Expr| self.value(e).at(i).iter().all(|x| x.is_finite());
        if finite(expr) || !parts.iter().all(|p| finite(p)) {
            return None;
        }
        let value = self.value(expr);
        let at = value.at(i).iter().position(|x| !x.is_finite())?;
        let number = |e: &'a Expr| {
            let v = self.value(e);
            let v = v.at(i);
            v.get(if v.len() == 1 { 0 } else { at }).copied().unwrap_or(f64::NAN)
        };
        let words = match &expr.kind {
            ExprKind::Call(Function::Scalar(f), args) => format!("{}({})", f.name(), number(&args[0])),
            ExprKind::Binary(op, a, b) => format!("{} {} {}", number(a), op.sign(), number(b)),
            _ => return None,
        };
        Some((words, expr.span))
    }

    /// A number beside a list stands for every number of it.
    fn each_number(&self, a: &Values<'_>, b: &Values<'_>, f: impl Fn(f64, f64) -> f64) -> Values<'a> {
        let (width, each) = (a.width.max(b.width), a.each || b.each);
        let rows = if each { self.count() } else { 1 };
        let mut out = Vec::with_capacity(rows * width);
        let pick =
            |v: &[f64], i: usize| if v.len() == 1 { v[0] } else { v.get(i).copied().unwrap_or(f64::NAN) };
        for row in 0..rows {
            let (x, y) = (a.at(row), b.at(row));
            out.extend((0..width).map(|i| f(pick(x, i), pick(y, i))));
        }
        Values { numbers: out.into(), width, each }
    }
}
