//! Means as linear functions of Gaussian entries of the shared variables: what `mu + slope * x[n] +
//! u[school[n]]` is at a row. Not here: what is made of them (`line`).

use super::shared::{Element, Place, Shared};
use crate::{
    expfam::{spec::DistSpec, stat::PartShape},
    graph::{
        evaluate::{self, Environment, Indices, Steps},
        factor_graph::{Arg, Expr, ExprKind, Function, RowSet, Target},
    },
    num::double::Double,
    shape::NodeId,
    syntax::expr::BinaryOp,
};

/// A linear function.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Linear {
    /// What no variable changes, centres included.
    pub constant: f64,
    /// Entries of kept blocks, with their coefficients.
    pub entries: Vec<(Element, usize, f64)>,
    /// What is new: the node and its number, the coefficient, and the variance.
    pub fresh: Vec<(NodeId, usize, f64, f64)>,
}

/// The same while it is made: what cancels in it leaves what is left. A variable far from 0, or one that others of its
/// block are taken off, has coefficients that are small differences of large numbers.
#[derive(Clone, Debug, Default)]
struct Sum {
    constant: Double,
    entries: Vec<(Element, usize, Double)>,
    fresh: Vec<(NodeId, usize, Double, f64)>,
}

impl Sum {
    fn known(constant: Double) -> Self {
        Self { constant, ..Self::default() }
    }
    fn is_known(&self) -> bool {
        self.entries.is_empty() && self.fresh.is_empty()
    }
    fn times(mut self, by: Double) -> Self {
        self.constant = self.constant * by;
        self.entries.iter_mut().for_each(|e| e.2 = e.2 * by);
        self.fresh.iter_mut().for_each(|f| f.2 = f.2 * by);
        self
    }
    fn plus(mut self, other: Self) -> Self {
        self.constant = self.constant + other.constant;
        self.entries.extend(other.entries);
        self.fresh.extend(other.fresh);
        self
    }
    /// Each entry once, rounded.
    fn gathered(mut self) -> Linear {
        self.entries.sort_by_key(|e| (e.0, e.1));
        self.entries.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 = kept.2 + next.2;
            }
            same
        });
        Linear {
            constant: self.constant.rounded(),
            entries: self.entries.into_iter().map(|(e, i, c)| (e, i, c.rounded())).collect(),
            fresh: self.fresh.into_iter().map(|(n, i, c, v)| (n, i, c.rounded(), v)).collect(),
        }
    }
}

impl Linear {
    /// E of it, centres included.
    pub(super) fn mean(&self, of: &Shared<'_>) -> f64 {
        self.constant + self.entries.iter().map(|(e, i, c)| c * of.mean(*e, *i)).sum::<f64>()
    }

    /// How two of them vary together: by kept entries, and by what is new.
    pub(super) fn covariance(&self, other: &Self, of: &Shared<'_>) -> [f64; 2] {
        let mut kept = 0.0;
        for (e, i, c) in &self.entries {
            let spread = of.spread(*e, *i);
            let same = other.entries.iter().filter(|o| o.0 == *e);
            kept += same.map(|(_, k, d)| c * d * spread[*k]).sum::<f64>();
        }
        let met = |a: &(NodeId, usize, f64, f64)| {
            let same = other.fresh.iter().filter(|b| (a.0, a.1) == (b.0, b.1));
            same.map(|b| a.2 * b.2 * a.3).sum::<f64>()
        };
        [kept, self.fresh.iter().map(met).sum()]
    }
}

/// The numbers of an expression as linear functions; `None` where they are none.
pub(super) fn linear<'a>(of: &Shared<'_>, env: &Environment<'a>, expr: &'a Expr) -> Option<Vec<Linear>> {
    Some(sums(of, env, expr)?.into_iter().map(Sum::gathered).collect())
}

fn sums<'a>(of: &Shared<'_>, env: &Environment<'a>, expr: &'a Expr) -> Option<Vec<Sum>> {
    if evaluate::known(expr) {
        return Some(env.exact(expr).at(0).iter().map(|x| Sum::known(*x)).collect());
    }
    match &expr.kind {
        ExprKind::Ref(r) => {
            let read = env.reference(r);
            let Target::Node(n) = r.target else { return None };
            // The numbers of nodes are their places: what is read says where it stands.
            read.at(0).iter().map(|place| entry(of, n, *place as usize)).collect()
        }
        ExprKind::Negate(a) => {
            Some(sums(of, env, a)?.into_iter().map(|x| x.times(Double::from(-1.0))).collect())
        }
        ExprKind::Binary(op, a, b) => {
            let (a, b) = (sums(of, env, a)?, sums(of, env, b)?);
            let width = a.len().max(b.len());
            let pick = |x: &[Sum], i: usize| x.get(if x.len() == 1 { 0 } else { i }).cloned();
            (0..width)
                .map(|i| {
                    let (x, y) = (pick(&a, i)?, pick(&b, i)?);
                    match op {
                        BinaryOp::Add => Some(x.plus(y)),
                        BinaryOp::Sub => Some(x.plus(y.times(Double::from(-1.0)))),
                        BinaryOp::Mul if x.is_known() => Some(y.times(x.constant)),
                        BinaryOp::Mul if y.is_known() => Some(x.times(y.constant)),
                        BinaryOp::Div if y.is_known() => Some(x.times(Double::from(1.0) / y.constant)),
                        _ => None,
                    }
                })
                .collect()
        }
        ExprKind::Call(Function::Dot | Function::MatrixVector, args) => {
            let [a, b] = args.as_slice() else { return None };
            let (a, b) = (sums(of, env, a)?, sums(of, env, b)?);
            let length = a.len().min(b.len()).max(1);
            let rows = a.len().max(b.len()) / length;
            let row =
                |x: &[Sum], i: usize, k: usize| x[if x.len() == length { k } else { i * length + k }].clone();
            (0..rows)
                .map(|i| {
                    (0..length).try_fold(Sum::default(), |sum, k| {
                        let (x, y) = (row(&a, i, k), row(&b, i, k));
                        match (x.is_known(), y.is_known()) {
                            (true, _) => Some(sum.plus(y.times(x.constant))),
                            (_, true) => Some(sum.plus(x.times(y.constant))),
                            _ => None,
                        }
                    })
                })
                .collect()
        }
        ExprKind::Call(Function::Element(at), args) => {
            let [vector] = args.as_slice() else { return None };
            let at = at.settled(&of.bound.labelled);
            Some(vec![sums(of, env, vector)?.get(at)?.clone()])
        }
        ExprKind::Numbers(_) | ExprKind::Call(..) => None,
    }
}

/// The value of a slot that no random variable stands in, spelled as the slot has it.
pub(super) fn known_value(
    env: &Environment<'_>,
    spec: &DistSpec,
    args: &[Arg],
    slot: usize,
    d: usize,
) -> Option<Vec<f64>> {
    let (param, arg) = (&spec.params[slot - 1], args.get(slot - 1)?);
    if !evaluate::known(&arg.expr) {
        return None;
    }
    let mut value = env.value(&arg.expr).at(0).to_vec();
    if value.len() == 1 && param.stat.value == PartShape::Vector {
        value = vec![value[0]; d];
    }
    if let Some(s) = arg.spelling {
        (param.spellings[s].convert)(&mut value, d).ok()?;
    }
    Some(value)
}

/// A number of a shared node.
fn entry(of: &Shared<'_>, n: NodeId, number: usize) -> Option<Sum> {
    let node = &of.graph.nodes[n.0];
    let width = node.spec.stat.value.width(node.event.map_or(1, |e| of.bound.size(e)));
    let (element, component) = (number / width, number % width);
    match of.place(n, element)? {
        Place::Kept(e, member, inside) => {
            let at = of.blocks[e.block].shape.entry(member, inside * width + component)?;
            let entries = match of.turn(e) {
                Some(turn) if at < turn.d => {
                    let row = turn.row(at).iter().enumerate().filter(|(_, l)| **l != 0.0);
                    row.map(|(i, l)| (e, i, Double::from(*l))).collect()
                }
                _ => vec![(e, at, Double::from(1.0))],
            };
            let constant = of.centre(n, element, width, component).into();
            Some(Sum { constant, entries, fresh: vec![] })
        }
        Place::Fresh if node.spec.stat.value == PartShape::Scalar => fresh(of, n, element),
        Place::Fresh => None,
    }
}

/// A new element: its own line's mean, and what the line adds to it.
fn fresh(of: &Shared<'_>, n: NodeId, element: usize) -> Option<Sum> {
    let line = of.graph.factors.iter().find(|f| f.node == n && f.rows == RowSet::All)?;
    let steps = Steps::new(of.bound);
    let numbers: Vec<Option<&[f64]>> = of.places.iter().map(Option::as_deref).collect();
    let mut env = Environment::new(of.graph, of.bound, &steps, 1);
    of.indices(n, element).into_iter().for_each(|(p, at)| env.in_plate(p, Indices::Same(at)));
    env.nodes(&numbers);
    let [mean] = <[Sum; 1]>::try_from(sums(of, &env, &line.args.first()?.expr)?).ok()?;
    let precision = known_value(&env, line.spec, &line.args, 2, 1)?;
    let mut out = mean;
    out.fresh.push((n, element, Double::from(1.0), 1.0 / precision.first()?));
    Some(out)
}
