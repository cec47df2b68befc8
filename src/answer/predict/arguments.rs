//! Expectations of a line's arguments, element by element: real ones as forms, others as powers. Not here:
//! names and indices (`graph::evaluate`), nor what the child makes of them (`line`).

use super::{
    beliefs::Beliefs,
    form::{Covariance, Form},
};
use crate::{
    graph::{
        evaluate::{Environment, known},
        factor_graph::{Expr, ExprKind, Function, Ref, Target},
    },
    num::cholesky,
    shape::Extent,
    syntax::expr::BinaryOp,
};

/// The arguments of a line, at some elements.
pub(super) struct Arguments<'a, 'b> {
    pub(super) beliefs: &'b Beliefs<'a>,
    pub(super) env: &'b Environment<'b>,
    pub(super) size: &'b dyn Fn(Extent) -> usize,
    /// Places of elements that the model calls by a label.
    pub(super) labelled: &'b [usize],
}

impl Arguments<'_, '_> {
    pub(super) fn covariance(&self) -> impl Fn((usize, usize), (usize, usize)) -> f64 {
        |a, b| self.beliefs.covariance(a, b)
    }

    /// Is it the same at all elements?
    pub(super) fn same(&self, expr: &Expr) -> bool {
        let mut same = true;
        crate::graph::evaluate::each_ref(expr, &mut |r| same &= self.env.element(r).is_same());
        same
    }

    /// The numbers of a node that a reference names at element `i`: the first, and how many.
    fn numbers(&self, r: &Ref, node: usize, i: usize) -> (usize, usize) {
        let all = self.beliefs.nodes[node].mean.len();
        let each = all / self.env.elements_of(r).max(1);
        (self.env.element(r).at(i) * each, each)
    }

    /// A real expression at element `i`, row-major over its axes.
    pub(super) fn real(&self, expr: &Expr, i: usize) -> Vec<Form> {
        if known(expr) {
            return self.env.value(expr).at(i).iter().map(|x| Form::known(*x)).collect();
        }
        match &expr.kind {
            ExprKind::Ref(r @ Ref { target: Target::Node(n), .. }) => {
                let (first, count) = self.numbers(r, n.0, i);
                (first..first + count).map(|k| self.beliefs.form((n.0, k))).collect()
            }
            ExprKind::Negate(a) => self.real(a, i).iter().map(|x| x.scaled(-1.0)).collect(),
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.real(a, i), self.real(b, i));
                each(&a, &b, |x, y| match op {
                    BinaryOp::Add => x.plus(y),
                    BinaryOp::Sub => x.plus(&y.scaled(-1.0)),
                    BinaryOp::Mul => x.times(y),
                    BinaryOp::Div => x.scaled(1.0 / y.mean),
                    // Of known numbers only.
                    _ => Form::known(f64::NAN),
                })
            }
            ExprKind::Call(Function::Element(at), args) => {
                let all = self.real(&args[0], i);
                all.into_iter().nth(at.settled(self.labelled)).into_iter().collect()
            }
            ExprKind::Call(Function::Dot | Function::MatrixVector, args) => {
                let [a, b] = &args[..] else { return vec![] };
                let (a, b) = (self.real(a, i), self.real(b, i));
                let count: usize = expr.axes.iter().map(|&x| (self.size)(x)).product();
                let length = a.len().min(b.len()).max(1);
                let rows = |x: &[Form], row: usize| if x.len() == length { 0 } else { row * length };
                let row = |k: usize| {
                    let pairs = a[rows(&a, k)..][..length].iter().zip(&b[rows(&b, k)..][..length]);
                    pairs.fold(Form::default(), |sum, (x, y)| sum.plus(&x.times(y)))
                };
                (0..count).map(row).collect()
            }
            _ => vec![Form::known(f64::NAN)],
        }
    }

    /// Mean and variance of a real expression of one number.
    pub(super) fn moments(&self, expr: &Expr, i: usize) -> [f64; 2] {
        let covariance = self.covariance();
        let covariance: Covariance<'_> = &covariance;
        self.real(expr, i).first().map_or([f64::NAN; 2], |f| [f.expected(covariance), f.variance(covariance)])
    }

    /// The variance of each number of an expression that is not real.
    pub(super) fn variance(&self, expr: &Expr, i: usize) -> Vec<f64> {
        match &expr.kind {
            ExprKind::Ref(r) => match r.target {
                Target::Node(n) => {
                    let (first, count) = self.numbers(r, n.0, i);
                    (first..first + count).map(|k| self.beliefs.variance((n.0, k))).collect()
                }
                _ => vec![f64::NAN],
            },
            // What is known scales.
            ExprKind::Binary(BinaryOp::Mul, a, b) if known(a) || known(b) => {
                let (scale, other) = if known(b) { (b, a) } else { (a, b) };
                each(&self.power(scale, i, 2, false), &self.variance(other, i), |x, y| x * y)
            }
            ExprKind::Binary(BinaryOp::Div, a, b) if known(b) => {
                each(&self.variance(a, i), &self.power(b, i, -2, false), |x, y| x * y)
            }
            _ => each(&self.power(expr, i, 2, false), &self.power(expr, i, 1, false), |x, y| x - y * y),
        }
    }

    /// E x^p of each number of an expression at element `i`; of a matrix, E X^±1.
    pub(super) fn power(&self, expr: &Expr, i: usize, p: i32, matrix: bool) -> Vec<f64> {
        if known(expr) {
            let value = self.env.value(expr);
            let value = value.at(i);
            return match matrix && p < 0 {
                true => inverse(value),
                false => value.iter().map(|x| x.powi(p)).collect(),
            };
        }
        match &expr.kind {
            ExprKind::Ref(r @ Ref { target: Target::Node(n), .. }) => {
                let (first, count) = self.numbers(r, n.0, i);
                if matrix && p < 0 && count == self.beliefs.nodes[n.0].width {
                    return self.beliefs.inverse(n.0, first / count.max(1));
                }
                (first..first + count).map(|k| self.beliefs.power((n.0, k), p)).collect()
            }
            ExprKind::Binary(op @ (BinaryOp::Mul | BinaryOp::Div), a, b) => {
                let q = if *op == BinaryOp::Mul { p } else { -p };
                let of = |e: &Expr, p: i32| self.power(e, i, p, matrix && !e.axes.is_empty());
                each(&of(a, p), &of(b, q), |x, y| x * y)
            }
            ExprKind::Binary(BinaryOp::Power, base, exponent) => match &exponent.kind {
                ExprKind::Numbers(of) if of.len() == 1 && of[0].fract() == 0.0 => {
                    self.power(base, i, p * of[0] as i32, matrix)
                }
                _ => vec![f64::NAN],
            },
            ExprKind::Call(Function::Diag, args) => {
                let v = self.power(&args[0], i, p, false);
                let d = v.len();
                (0..d * d).map(|k| if k / d == k % d { v[k / d] } else { 0.0 }).collect()
            }
            // A share of what is left: shares are independent.
            ExprKind::Call(Function::Stick, args) if p > 0 => {
                let (v, v2) = (self.power(&args[0], i, 1, false), self.power(&args[0], i, 2, false));
                let mut left = 1.0;
                let last = v.len().saturating_sub(1);
                (0..v.len())
                    .map(|k| {
                        let (share, rest) =
                            if p == 1 { (v[k], 1.0 - v[k]) } else { (v2[k], 1.0 - 2.0 * v[k] + v2[k]) };
                        let taken = if k == last { left } else { left * share };
                        left *= rest;
                        taken
                    })
                    .collect()
            }
            _ => vec![f64::NAN],
        }
    }
}

/// A number beside a list stands for every number of it.
fn each<T, R>(a: &[T], b: &[T], f: impl Fn(&T, &T) -> R) -> Vec<R> {
    if a.is_empty() || b.is_empty() {
        return vec![];
    }
    let pick = |x: &'_ [T], i: usize| if x.len() == 1 { 0 } else { i.min(x.len() - 1) };
    (0..a.len().max(b.len())).map(|i| f(&a[pick(a, i)], &b[pick(b, i)])).collect()
}

/// The inverse of a positive definite matrix; NaN of any other.
pub(super) fn inverse(x: &[f64]) -> Vec<f64> {
    let d = x.len().isqrt();
    cholesky::inverse_of(d, x).unwrap_or_else(|| vec![f64::NAN; x.len()])
}
