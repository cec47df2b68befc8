//! Means as linear functions of Gaussian entries of the shared variables: what `mu + slope * x[n] +
//! u[school[n]]` is at a row. Not here: what is made of them (`line`).

use super::shared::{Element, Place, Shared};
use crate::{
    expfam::{spec::DistSpec, stat::PartShape},
    graph::{
        evaluate::{self, Environment, Indices, Steps},
        factor_graph::{Arg, Expr, ExprKind, Function, RowSet, Target},
    },
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

impl Linear {
    fn known(x: f64) -> Self {
        Self { constant: x, ..Self::default() }
    }
    pub(super) fn is_known(&self) -> bool {
        self.entries.is_empty() && self.fresh.is_empty()
    }
    fn times(mut self, by: f64) -> Self {
        self.constant *= by;
        self.entries.iter_mut().for_each(|e| e.2 *= by);
        self.fresh.iter_mut().for_each(|f| f.2 *= by);
        self
    }
    fn plus(mut self, other: Self) -> Self {
        self.constant += other.constant;
        self.entries.extend(other.entries);
        self.fresh.extend(other.fresh);
        self
    }

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
pub(super) fn linear(of: &Shared<'_>, env: &Environment<'_>, expr: &Expr) -> Option<Vec<Linear>> {
    if evaluate::known(expr) {
        return Some(env.value(expr).at(0).iter().map(|x| Linear::known(*x)).collect());
    }
    match &expr.kind {
        ExprKind::Ref(r) => {
            let read = env.reference(r);
            let Target::Node(n) = r.target else { return None };
            // The numbers of nodes are their places: what is read says where it stands.
            read.at(0).iter().map(|place| entry(of, n, *place as usize)).collect()
        }
        ExprKind::Negate(a) => Some(linear(of, env, a)?.into_iter().map(|x| x.times(-1.0)).collect()),
        ExprKind::Binary(op, a, b) => {
            let (a, b) = (linear(of, env, a)?, linear(of, env, b)?);
            let width = a.len().max(b.len());
            let pick = |x: &[Linear], i: usize| x.get(if x.len() == 1 { 0 } else { i }).cloned();
            (0..width)
                .map(|i| {
                    let (x, y) = (pick(&a, i)?, pick(&b, i)?);
                    match op {
                        BinaryOp::Add => Some(x.plus(y)),
                        BinaryOp::Sub => Some(x.plus(y.times(-1.0))),
                        BinaryOp::Mul if x.is_known() => Some(y.times(x.constant)),
                        BinaryOp::Mul if y.is_known() => Some(x.times(y.constant)),
                        BinaryOp::Div if y.is_known() => Some(x.times(1.0 / y.constant)),
                        _ => None,
                    }
                })
                .collect()
        }
        ExprKind::Call(Function::Dot | Function::MatrixVector, args) => {
            let [a, b] = args.as_slice() else { return None };
            let (a, b) = (linear(of, env, a)?, linear(of, env, b)?);
            let length = a.len().min(b.len()).max(1);
            let rows = a.len().max(b.len()) / length;
            let row = |x: &[Linear], i: usize, k: usize| {
                x[if x.len() == length { k } else { i * length + k }].clone()
            };
            (0..rows)
                .map(|i| {
                    (0..length).try_fold(Linear::default(), |sum, k| {
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
            Some(vec![linear(of, env, vector)?.get(at)?.clone()])
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
fn entry(of: &Shared<'_>, n: NodeId, number: usize) -> Option<Linear> {
    let node = &of.graph.nodes[n.0];
    let width = node.spec.stat.value.width(node.event.map_or(1, |e| of.bound.size(e)));
    let (element, component) = (number / width, number % width);
    match of.place(n, element)? {
        Place::Kept(e, member, inside) => {
            let block = &of.blocks[e.block];
            let at = block.shape.entry(member, inside * width + component)?;
            Some(Linear { constant: of.centre(n, component), entries: vec![(e, at, 1.0)], fresh: vec![] })
        }
        Place::Fresh if node.spec.stat.value == PartShape::Scalar => fresh(of, n, element),
        Place::Fresh => None,
    }
}

/// A new element: its own line's mean, and what the line adds to it.
fn fresh(of: &Shared<'_>, n: NodeId, element: usize) -> Option<Linear> {
    let line = of.graph.factors.iter().find(|f| f.node == n && f.rows == RowSet::All)?;
    let steps = Steps::new(of.bound);
    let numbers: Vec<Option<&[f64]>> = of.places.iter().map(Option::as_deref).collect();
    let mut env = Environment::new(of.graph, of.bound, &steps, 1);
    of.indices(n, element).into_iter().for_each(|(p, at)| env.in_plate(p, Indices::Same(at)));
    env.nodes(&numbers);
    let [mean] = <[Linear; 1]>::try_from(linear(of, &env, &line.args.first()?.expr)?).ok()?;
    let precision = known_value(&env, line.spec, &line.args, 2, 1)?;
    let mut out = mean;
    out.fresh.push((n, element, 1.0, 1.0 / precision.first()?));
    Some(out)
}
