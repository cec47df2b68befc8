//! A sum of products at numbers, with twice the digits: what a mean comes to, so that a datum less it keeps all
//! that is left. Not here: anything but arithmetic and dots, which has the digits that it has.

use super::environment::{Environment, Values};
use crate::{
    graph::factor_graph::{Expr, ExprKind, Function},
    num::double::Double,
    syntax::expr::BinaryOp,
};

/// A value at each of some elements.
#[derive(Clone, Debug)]
pub struct Exact {
    numbers: Vec<Double>,
    /// Numbers in one value.
    pub width: usize,
    /// Whether there is one for each element.
    each: bool,
}

impl From<Values<'_>> for Exact {
    fn from(v: Values<'_>) -> Self {
        let numbers = v.numbers.iter().map(|&x| x.into()).collect();
        Self { numbers, width: v.width, each: v.each }
    }
}

impl Exact {
    /// The value at element `i`.
    pub fn at(&self, i: usize) -> &[Double] {
        if self.each { &self.numbers[i * self.width..(i + 1) * self.width] } else { &self.numbers }
    }

    /// Number by number; a number beside a list stands for every number of it.
    fn with(&self, b: &Self, count: usize, f: impl Fn(Double, Double) -> Double) -> Self {
        let (width, each) = (self.width.max(b.width), self.each || b.each);
        let pick = |v: &[Double], i: usize| {
            if v.len() == 1 { v[0] } else { v.get(i).copied().unwrap_or(f64::NAN.into()) }
        };
        let rows = if each { count } else { 1 };
        let numbers = (0..rows)
            .flat_map(|row| (0..width).map(move |i| (row, i)))
            .map(|(row, i)| f(pick(self.at(row), i), pick(b.at(row), i)))
            .collect();
        Self { numbers, width, each }
    }
}

/// Σ over the shared last axis; one of the two is a vector, the other has as many rows as the value.
fn dot(a: &[Double], b: &[Double], all: usize) -> Vec<Double> {
    let length = a.len().min(b.len());
    if length == 0 || a.len() * b.len() != all * length * length {
        return vec![f64::NAN.into(); all];
    }
    let rows = |x: &[Double], i: usize| if x.len() == length { 0 } else { i * length };
    (0..all)
        .map(|i| {
            let pairs = a[rows(a, i)..][..length].iter().zip(&b[rows(b, i)..][..length]);
            pairs.fold(Double::default(), |sum, (&x, &y)| sum + x * y)
        })
        .collect()
}

impl<'a> Environment<'a> {
    /// An expression's value at each element, as [`Environment::value`] has it, with some 32 digits.
    pub fn exact(&self, expr: &'a Expr) -> Exact {
        match &expr.kind {
            ExprKind::Negate(a) => {
                let mut v = self.exact(a);
                v.numbers.iter_mut().for_each(|x| *x = -*x);
                v
            }
            ExprKind::Binary(op, a, b) => {
                let both = || (self.exact(a), self.exact(b));
                let with = |f: fn(Double, Double) -> Double| {
                    let (a, b) = both();
                    a.with(&b, self.count(), f)
                };
                match op {
                    BinaryOp::Add => with(|x, y| x + y),
                    BinaryOp::Sub => with(|x, y| x - y),
                    BinaryOp::Mul => with(|x, y| x * y),
                    BinaryOp::Div => with(|x, y| x / y),
                    _ => self.value(expr).into(),
                }
            }
            ExprKind::Call(Function::Dot | Function::MatrixVector, args) if args.len() == 2 => {
                let width = expr.axes.iter().map(|&x| self.bound.size(x)).product();
                let (a, b) = (self.exact(&args[0]), self.exact(&args[1]));
                let each = a.each || b.each;
                let rows = if each { self.count() } else { 1 };
                let numbers = (0..rows).flat_map(|i| dot(a.at(i), b.at(i), width)).collect();
                Exact { numbers, width, each }
            }
            _ => self.value(expr).into(),
        }
    }
}
