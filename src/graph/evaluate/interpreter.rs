//! An expression's value, given what its names stand for. Not here: the names (`environment`), nor the functions.

use super::{
    environment::{Environment, Values},
    functions,
};
use crate::{
    graph::factor_graph::{Expr, ExprKind},
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
                    BinaryOp::Add => self.each_number(&a, &b, |x, y| x + y),
                    BinaryOp::Sub => self.each_number(&a, &b, |x, y| x - y),
                    BinaryOp::Mul => self.each_number(&a, &b, |x, y| x * y),
                    BinaryOp::Div => self.each_number(&a, &b, |x, y| x / y),
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
