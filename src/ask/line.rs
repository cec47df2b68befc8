//! What one line of the model says of a value of a row, given the categories of the row: linear in Gaussian
//! entries, a Student-t, or a message to one element of one block. Not here: several values together
//! (`combine`).
//!
//! A message m to natural parameters η integrates the parameters out: ∫ q(θ) p(x | θ) dθ = exp(A(η + m) −
//! A(η)), times what no statistic carries.

use super::{
    linear::{Linear, known_value, linear},
    shared::{Element, Place, Shared},
};
use crate::{
    block::element::Which,
    expfam::{
        family::Family,
        form::Measure,
        laws::{energy, message},
        outlook::{Expected, Predictive},
        spec::DistSpec,
        stat::{PartRole, PartShape},
    },
    graph::{
        evaluate::{self, Environment, Indices, Steps},
        factor_graph::{Arg, Expr, ExprKind, Factor, RowSet, Target},
    },
    shape::NodeId,
    syntax::expr::BinaryOp,
};

/// What a line says.
#[derive(Clone, Debug)]
pub(super) enum Says {
    /// Linear functions of Gaussian entries and a Gaussian noise of this covariance, d × d; both at a
    /// precision of 1 of the element's scaling member, if there is one.
    Gaussian { mean: Vec<Linear>, noise: Vec<f64>, scaled: Option<Element> },
    /// A Student-t with squared scales d × d, of what an element says.
    Student { element: Element, dof: f64, mean: Vec<f64>, scale: Vec<f64> },
    /// A message to one element, or none where all is known.
    Tilt(Tilt),
}

/// What messages go to.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// Nothing is unknown.
    None,
    /// An element of a kept block.
    Kept(Element),
    /// A new element: the node, its element, its family and its natural parameters.
    Fresh(NodeId, usize, &'static dyn Family, usize, Vec<f64>),
}

impl Base {
    /// Do messages go to the same?
    pub(super) fn same(&self, other: &Base) -> bool {
        match (self, other) {
            (Base::Kept(a), Base::Kept(b)) => a == b,
            (Base::Fresh(a, i, ..), Base::Fresh(b, k, ..)) => (a, i) == (b, k),
            (Base::None, Base::None) => true,
            _ => false,
        }
    }

    /// A(η + m) − A(η), in nats; −∞ where there is none.
    pub(super) fn ratio(&self, of: &Shared<'_>, m: &[f64]) -> f64 {
        let a = |eta: &[f64]| -> f64 {
            let (mut moments, mut norm) = (vec![0.0; eta.len()], [0.0]);
            let done = match self {
                Base::None => true,
                Base::Kept(e) => {
                    let shape = &of.blocks[e.block].shape;
                    shape.evaluate(Which::From(e.element), eta, &mut moments, &mut norm).is_ok()
                }
                Base::Fresh(_, _, family, d, _) => family.evaluate(*d, eta, &mut moments, &mut norm).is_ok(),
            };
            if done { norm[0] } else { f64::NEG_INFINITY }
        };
        let eta = match self {
            Base::None => return 0.0,
            Base::Kept(e) => of.eta(*e),
            Base::Fresh(.., eta) => eta,
        };
        let moved: Vec<f64> = eta.iter().zip(m).map(|(e, m)| e + m).collect();
        a(&moved) - a(eta)
    }
}

/// What is known of an unknown slot's value beside its mean; NaN, or nothing, where there is no closed form.
#[derive(Clone, Debug, Default)]
struct Beside {
    sd: Vec<f64>,
    inverse: [Vec<f64>; 2],
}

/// A line of which at most one slot is unknown.
#[derive(Clone, Debug)]
pub(super) struct Tilt {
    pub base: Base,
    spec: &'static DistSpec,
    pub d: usize,
    /// The unknown slot, and what its variable is multiplied by.
    unknown: Option<(usize, f64)>,
    /// Values and statistics of the known slots.
    values: Vec<Vec<f64>>,
    statistics: Vec<Vec<f64>>,
    /// The mean of the unknown slot's value.
    expected: Option<Vec<f64>>,
    /// Its spread, and E of one over it and over its square.
    beside: Beside,
}

impl Tilt {
    /// The message that a value sends, and what is beside it, in nats.
    pub(super) fn of(&self, x: &[f64]) -> Option<(Vec<f64>, f64)> {
        let (spec, d) = (self.spec, self.d);
        let mut statistics = self.statistics.clone();
        statistics[0] = vec![0.0; spec.stat.width(d)];
        (spec.stat.of_value)(x, d, &mut statistics[0]).ok()?;
        let all: Vec<&[f64]> = statistics.iter().map(Vec::as_slice).collect();
        let mut beside = energy(spec, Measure::Plain, d, &all);
        if let Some(base) = spec.log_base {
            let mut values: Vec<&[f64]> = self.values.iter().map(Vec::as_slice).collect();
            values[0] = x;
            for (s, _) in spec.params.iter().enumerate().filter(|(_, p)| p.gated) {
                values[s + 1] = &[];
            }
            beside += base(&values, d);
        }
        let Some((slot, times)) = self.unknown else { return Some((vec![], beside)) };
        let mut m = message(spec, Measure::Plain, d, slot, &all);
        if times != 1.0 {
            let kind = spec.slot_stat(slot);
            for (i, part) in kind.parts.iter().enumerate() {
                let at = kind.offset(i, d);
                let numbers = &mut m[at..at + part.shape.width(d)];
                match part.role {
                    PartRole::Value => numbers.iter_mut().for_each(|x| *x *= times),
                    PartRole::Log => {
                        let rows = if kind.value == PartShape::Matrix { d as f64 } else { 1.0 };
                        beside += numbers.iter().sum::<f64>() * rows * times.ln();
                    }
                    _ if numbers.iter().all(|x| *x == 0.0) => {}
                    _ => return None,
                }
            }
        }
        Some((m, beside))
    }

    /// ln p of a value by itself, in nats.
    pub(super) fn log_density(&self, of: &Shared<'_>, x: &[f64]) -> f64 {
        match self.of(x) {
            Some((m, beside)) => beside + self.base.ratio(of, &m),
            None => f64::NEG_INFINITY,
        }
    }

    /// Mean and standard deviation as the distribution's file tells them.
    pub(super) fn told(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let Some(Predictive::Moments(outlook)) = self.spec.predictive else { return None };
        let power = |slot: usize, p: i32| -> Vec<f64> {
            match (self.unknown, &self.expected) {
                (Some((unknown, times)), Some(mean)) if unknown == slot => match p {
                    1 => mean.clone(),
                    2 => mean.iter().zip(&self.beside.sd).map(|(m, s)| m * m + s * s).collect(),
                    -1 | -2 => {
                        let of = &self.beside.inverse[(-p - 1) as usize];
                        if of.is_empty() {
                            vec![f64::NAN]
                        } else {
                            of.iter().map(|x| x * times.powi(p)).collect()
                        }
                    }
                    _ => vec![f64::NAN],
                },
                _ => self.values[slot].iter().map(|x| x.powi(p)).collect(),
            }
        };
        let variance = |slot: usize| -> Vec<f64> {
            match self.unknown {
                Some((unknown, _)) if unknown == slot => self.beside.sd.iter().map(|s| s * s).collect(),
                _ => vec![0.0; self.values[slot].len()],
            }
        };
        let first = |x: Vec<f64>| x.first().copied().unwrap_or(f64::NAN);
        let real = |slot: usize| [first(power(slot, 1)), first(variance(slot))];
        let told = outlook(&Expected { power: &power, variance: &variance, real: &real }, self.d);
        let sd = told.variance.iter().map(|v| v.max(0.0).sqrt()).collect();
        (told.mean.iter().all(|m| !m.is_nan())).then_some((told.mean, sd))
    }

    /// Mean and standard deviations of a vector of counts with a known sum: that of so many exchangeable
    /// trials, of which one alone, and two together, say all.
    pub(super) fn counts(&self, of: &Shared<'_>) -> Option<(Vec<f64>, Vec<f64>)> {
        let mut values: Vec<&[f64]> = self.values.iter().map(Vec::as_slice).collect();
        if let (Some((slot, _)), Some(expected)) = (self.unknown, &self.expected) {
            values[slot] = expected;
        }
        let given = (self.spec.mean_given?)(&values, self.d);
        let total: f64 = given.iter().sum();
        let (mut mean, mut sd) = (vec![], vec![]);
        for i in 0..self.d {
            let trials = |n: f64| -> Option<f64> {
                let mut x = vec![0.0; self.d];
                x[i] = n;
                Some(self.base.ratio(of, &self.of(&x)?.0).exp())
            };
            let [one, two] = match self.base {
                Base::None => [given[i] / total, (given[i] / total).powi(2)],
                _ => [trials(1.0)?, trials(2.0)?],
            };
            mean.push(total * one);
            sd.push((total * (one - two) + total * total * (two - one * one)).max(0.0).sqrt());
        }
        Some((mean, sd))
    }
}

/// What a line says of its child at the elements of `env`; `None` where there is no closed form.
pub(super) fn says(of: &Shared<'_>, env: &Environment<'_>, line: &Factor, d: usize) -> Option<Says> {
    let (spec, args) = line.written.as_ref().map_or((line.spec, &line.args), |w| (w.spec, &w.args));
    if spec.location {
        return about(of, env, spec, args, d).or_else(|| pair(of, env, line, d));
    }
    tilt(of, env, spec, args, d).map(Says::Tilt)
}

/// A child that lies about its first parameter.
fn about(of: &Shared<'_>, env: &Environment<'_>, spec: &DistSpec, args: &[Arg], d: usize) -> Option<Says> {
    let mean = linear(of, env, &args[0].expr)?;
    let mean = if mean.len() == d { mean } else { vec![mean.first()?.clone(); d] };
    if let Some(precision) = known_value(env, spec, args, 2, d) {
        let noise = crate::num::cholesky::inverse_of(d, &precision)?;
        return Some(Says::Gaussian { mean, noise, scaled: None });
    }
    let (times, n, number) = multiple(env, &args[1].expr)?;
    let node = &of.graph.nodes[n.0];
    let width = node.spec.stat.value.width(node.event.map_or(1, |e| of.bound.size(e)));
    let Place::Kept(e, member, _) = of.place(n, number / width)? else { return None };
    let shape = &of.blocks[e.block].shape;
    let ours = mean.iter().all(|m| m.fresh.is_empty() && m.entries.iter().all(|x| x.0 == e));
    if shape.scales() == Some(member) && ours && d == 1 {
        return Some(Says::Gaussian { mean, noise: vec![1.0 / times], scaled: Some(e) });
    }
    None
}

/// A vector about the first member of a pair, with a multiple of the second as its precision.
fn pair(of: &Shared<'_>, env: &Environment<'_>, line: &Factor, d: usize) -> Option<Says> {
    let args = &line.args;
    if !line.spec.location || args.len() < 2 {
        return None;
    }
    let element = |expr: &Expr| -> Option<(f64, Element, usize, (NodeId, usize))> {
        let (times, n, number) = multiple(env, expr)?;
        let node = &of.graph.nodes[n.0];
        let width = node.spec.stat.value.width(node.event.map_or(1, |e| of.bound.size(e)));
        match of.place(n, number / width)? {
            Place::Kept(e, member, _) => Some((times, e, member, (n, number / width))),
            Place::Fresh => None,
        }
    };
    let ((one, e, 0, (n, at)), (times, other, 1, _)) = (element(&args[0].expr)?, element(&args[1].expr)?)
    else {
        return None;
    };
    if one != 1.0 || e != other || of.turn(e).is_some() {
        return None;
    }
    let (dof, mean, scale) = of.blocks[e.block].shape.ahead(of.eta(e), times)?;
    let mean = mean.iter().enumerate().map(|(i, m)| m + of.centre(n, at, d, i)).collect();
    (scale.len() == d * d).then_some(Says::Student { element: e, dof, mean, scale })
}

/// A known number times a variable: the number, the node, and where its first number stands.
fn multiple(env: &Environment<'_>, expr: &Expr) -> Option<(f64, NodeId, usize)> {
    let known = |e: &Expr| evaluate::known(e).then(|| env.value(e).at(0).to_vec()).filter(|v| v.len() == 1);
    match &expr.kind {
        ExprKind::Ref(r) => {
            let Target::Node(n) = r.target else { return None };
            Some((1.0, n, *env.reference(r).at(0).first()? as usize))
        }
        ExprKind::Binary(op, a, b) => {
            let (times, of) = match (op, known(a), known(b)) {
                (BinaryOp::Mul, Some(a), _) => (a[0], b),
                (BinaryOp::Mul, _, Some(b)) => (b[0], a),
                (BinaryOp::Div, _, Some(b)) => (1.0 / b[0], a),
                _ => return None,
            };
            let (inner, n, number) = multiple(env, of)?;
            Some((times * inner, n, number))
        }
        _ => None,
    }
}

/// A child of which at most one slot is unknown, and stands there itself or times a known number.
fn tilt(
    of: &Shared<'_>,
    env: &Environment<'_>,
    spec: &'static DistSpec,
    args: &[Arg],
    d: usize,
) -> Option<Tilt> {
    // No product of statistics is the density of a line by a link.
    if spec.site.is_some() {
        return None;
    }
    let (mut values, mut statistics) = (vec![vec![]], vec![vec![]]);
    let (mut unknown, mut base, mut expected) = (None, Base::None, None);
    let mut beside = Beside::default();
    for (s, param) in spec.params.iter().enumerate() {
        let mut statistic = vec![0.0; param.stat.width(d)];
        match known_value(env, spec, args, s + 1, d) {
            Some(value) => {
                (param.stat.of_value)(&value, d, &mut statistic).ok()?;
                values.push(value);
            }
            None if unknown.is_none() => {
                let (times, n, number) = multiple(env, &args[s].expr)?;
                let node = &of.graph.nodes[n.0];
                let width = node.spec.stat.value.width(node.event.map_or(1, |e| of.bound.size(e)));
                if number % width != 0 || !std::ptr::eq(node.spec.stat, param.stat) {
                    return None;
                }
                let (of_parameter, inverse);
                (base, of_parameter, inverse) = match of.place(n, number / width)? {
                    Place::Kept(e, 0, 0) if of.blocks[e.block].nodes.len() == 1 => {
                        let block = &of.blocks[e.block];
                        let marginal =
                            block.shape.marginal(0, Which::From(e.element), of.eta(e), of.moments(e));
                        let inverse = [1, 2].map(|p| marginal.law.inverse(&marginal.numbers, p));
                        (Base::Kept(e), marginal.law.summary(&marginal.numbers), inverse)
                    }
                    Place::Fresh => {
                        let (family, own, eta) = prior(of, n, number / width)?;
                        let summary = family.summary(own, &eta);
                        let inverse = [1, 2].map(|p| family.inverse(own, &eta, p));
                        (Base::Fresh(n, number / width, family, own, eta), summary, inverse)
                    }
                    Place::Kept(..) => return None,
                };
                let by = |x: &[f64]| x.iter().map(|x| x * times).collect();
                expected = Some(by(&of_parameter.mean));
                beside = Beside { sd: by(&of_parameter.sd), inverse };
                unknown = Some((s + 1, times));
                values.push(vec![]);
            }
            None => return None,
        }
        statistics.push(statistic);
    }
    Some(Tilt { base, spec, d, unknown, values, statistics, expected, beside })
}

/// Natural parameters of a new element, from its own line, all of which is known.
fn prior(of: &Shared<'_>, n: NodeId, element: usize) -> Option<(&'static dyn Family, usize, Vec<f64>)> {
    let node = &of.graph.nodes[n.0];
    let d = node.event.map_or(1, |e| of.bound.size(e));
    let line = of.graph.factors.iter().find(|f| f.node == n && f.rows == RowSet::All)?;
    let steps = Steps::new(of.bound);
    let mut env = Environment::new(of.graph, of.bound, &steps, 1);
    of.indices(n, element).into_iter().for_each(|(p, at)| env.in_plate(p, Indices::Same(at)));
    let mut statistics = vec![vec![]];
    for (s, param) in line.spec.params.iter().enumerate() {
        let value = known_value(&env, line.spec, &line.args, s + 1, d)?;
        let mut statistic = vec![0.0; param.stat.width(d)];
        (param.stat.of_value)(&value, d, &mut statistic).ok()?;
        statistics.push(statistic);
    }
    let all: Vec<&[f64]> = statistics.iter().map(Vec::as_slice).collect();
    Some((line.spec.family?, d, message(line.spec, Measure::Family, d, 0, &all)))
}
