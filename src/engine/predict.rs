//! Predictions of missing leaves: the posterior predictive mean, with selectors and parents averaged under q.
//! Not here: latent cells that others depend on, which have a q of their own.
//!
//! Given a component, the mean of a child is its distribution's at the parameters' posterior means; this is
//! exact for the mean, since all means here are linear in the parameters. The standard deviation adds the
//! spread between components, and takes the parameters at their means: it leaves out what is not known of
//! them.

use crate::{
    expfam::{family::Summary, laws::message, spec::DistSpec, stat::PartShape},
    graph::{
        Bound, FactorGraph, evaluate,
        factor_graph::{Arg, Expr, ExprKind, Factor, Index, Ref, RowSet, Target},
    },
    shape::{Extent, NodeId, PlateId},
    syntax::expr::BinaryOp,
};

/// Posterior means of a node's elements, plates first, then the value's axes (probabilities of a category).
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// Row-major, file order.
    pub values: &'a [f64],
}

/// Responsibilities below this add nothing that could be seen.
const NEGLIGIBLE: f64 = 1e-12;

/// The nodes that a node's lines name, selectors included.
pub fn parents(graph: &FactorGraph, node: NodeId) -> Vec<NodeId> {
    let mut out = vec![];
    for f in graph.factors.iter().filter(|f| f.node == node) {
        written(f).1.iter().for_each(|a| named(&a.expr, &mut out));
    }
    out
}

/// A line as the model has it: its own auxiliary variable is averaged over by the distribution that was
/// called.
fn written(f: &Factor) -> (&'static DistSpec, &[Arg]) {
    f.written.as_ref().map_or((f.spec, &f.args), |w| (w.spec, &w.args))
}

fn named(expr: &Expr, out: &mut Vec<NodeId>) {
    match &expr.kind {
        ExprKind::Numbers(_) => {}
        ExprKind::Ref(r) => named_by_ref(r, out),
        ExprKind::Binary(_, a, b) => {
            named(a, out);
            named(b, out);
        }
        ExprKind::Negate(a) => named(a, out),
        ExprKind::Call(_, args) => args.iter().for_each(|a| named(a, out)),
    }
}

fn named_by_ref(r: &Ref, out: &mut Vec<NodeId>) {
    if let Target::Node(n) = r.target {
        out.push(n);
    }
    for i in &r.index {
        if let Index::Gate(g) = i {
            named_by_ref(g, out);
        }
    }
}

/// Mean and standard deviation of one missing element, given the means of its parents (by node).
pub fn element(
    graph: &FactorGraph,
    bound: &Bound,
    node: NodeId,
    element: usize,
    means: &[Option<Means<'_>>],
) -> Summary {
    let n = &graph.nodes[node.0];
    let mut at = vec![];
    let mut rest = element;
    for p in n.plates.iter().rev() {
        let size = bound.plate(*p).size;
        at.push((*p, rest % size));
        rest /= size;
    }
    let d = n.event.map_or(1, |e| bound.size(e));
    let width = n.spec.stat.mean_shape().width(d);
    let nothing = Summary { mean: vec![f64::NAN; width], sd: vec![f64::NAN; width] };
    let Some(factor) = graph.factors.iter().find(|f| f.node == node && speaks_of(bound, f, &at)) else {
        return nothing;
    };
    let mut selectors: Vec<Ref> = vec![];
    written(factor).1.iter().for_each(|a| gates(&a.expr, &mut selectors));
    let mut mix = Mix { first: vec![0.0; width], second: vec![0.0; width], sds: true };
    let mut env =
        Env { graph, bound, at: &at, means, selectors: &selectors, chosen: vec![0; selectors.len()] };
    env.each_choice(0, 1.0, &mut |env, weight| mix.add(weight, &given(env, factor, d)));
    let sd = mix.first.iter().zip(&mix.second).map(|(m, s)| (s - m * m).max(0.0).sqrt()).collect();
    let no_sd = || vec![f64::NAN; width];
    Summary { sd: if mix.sds { sd } else { no_sd() }, mean: mix.first }
}

/// First and second moments of a mixture.
struct Mix {
    first: Vec<f64>,
    second: Vec<f64>,
    sds: bool,
}

impl Mix {
    fn add(&mut self, weight: f64, part: &Summary) {
        self.sds &= part.sd.len() == part.mean.len();
        for (i, m) in part.mean.iter().enumerate() {
            let s = part.sd.get(i).copied().unwrap_or(0.0);
            self.first[i] += weight * m;
            self.second[i] += weight * (m * m + s * s);
        }
    }
}

/// Does the factor's line speak of this element?
fn speaks_of(bound: &Bound, f: &Factor, at: &[(PlateId, usize)]) -> bool {
    let step = || {
        at.iter().find_map(|&(p, i)| {
            let s = bound.plate(p).sequences.as_ref()?;
            let place = if s.in_file_order() { i } else { s.order.iter().position(|&r| r as usize == i)? };
            let start = s.starts[s.starts.partition_point(|&x| x as usize <= place) - 1];
            Some((place - start as usize) as u32)
        })
    };
    let root = || {
        at.iter()
            .find_map(|&(p, i)| bound.plate(p).parents.as_ref().map(|x| x[i] == u32::MAX))
            .unwrap_or(true)
    };
    match f.rows {
        RowSet::All => true,
        RowSet::Step(j) => step() == Some(j),
        RowSet::From(j) => step().is_some_and(|t| t >= j),
        RowSet::Roots => root(),
        RowSet::Below => !root(),
    }
}

/// Mean and standard deviation of the child at the parameters' means, for the chosen categories.
fn given(env: &Env<'_>, f: &Factor, d: usize) -> Summary {
    let (spec, args) = written(f);
    let mut values = vec![];
    for (i, a) in args.iter().enumerate() {
        let param = &spec.params[i];
        let mut v = env.value(&a.expr);
        if v.len() == 1 && param.stat.value == PartShape::Vector {
            v = vec![v[0]; d];
        }
        if let Some(s) = a.spelling {
            // Checked when the plan was made.
            let _ = (param.spellings[s].convert)(&mut v, d);
        }
        values.push(v);
    }
    match (spec.mean_given, spec.family) {
        (Some(mean_given), _) => {
            let refs: Vec<&[f64]> =
                std::iter::once(&[][..]).chain(values.iter().map(Vec::as_slice)).collect();
            Summary { mean: mean_given(&refs, d), sd: spec.sd_given.map_or(vec![], |sd| sd(&refs, d)) }
        }
        (None, Some(family)) => {
            // The message to the child is its η; the family's own parameters may be others (an Exponential's
            // q is a Gamma).
            let mut slots = vec![vec![]];
            for (p, v) in spec.params.iter().zip(&values) {
                let mut t = vec![0.0; p.stat.width(d)];
                if (p.stat.of_value)(v, d, &mut t).is_err() {
                    return Summary { mean: vec![f64::NAN; spec.stat.value.width(d)], sd: vec![] };
                }
                slots.push(t);
            }
            let refs: Vec<&[f64]> = slots.iter().map(Vec::as_slice).collect();
            family.summary(d, &message(spec, d, 0, &refs))
        }
        (None, None) => Summary { mean: vec![f64::NAN], sd: vec![] },
    }
}

fn gates(expr: &Expr, out: &mut Vec<Ref>) {
    let mut of_ref = |r: &Ref| {
        for i in &r.index {
            if let Index::Gate(g) = i
                && !out.contains(g)
            {
                out.push(g.clone());
            }
        }
    };
    match &expr.kind {
        ExprKind::Numbers(_) => {}
        ExprKind::Ref(r) => of_ref(r),
        ExprKind::Binary(_, a, b) => {
            gates(a, out);
            gates(b, out);
        }
        ExprKind::Negate(a) => gates(a, out),
        ExprKind::Call(_, args) => args.iter().for_each(|a| gates(a, out)),
    }
}

struct Env<'a> {
    graph: &'a FactorGraph,
    bound: &'a Bound,
    at: &'a [(PlateId, usize)],
    means: &'a [Option<Means<'a>>],
    selectors: &'a [Ref],
    chosen: Vec<usize>,
}

impl Env<'_> {
    /// Calls `f` for every choice of categories that has any probability.
    fn each_choice(&mut self, i: usize, weight: f64, f: &mut dyn FnMut(&Self, f64)) {
        if weight < NEGLIGIBLE {
            return;
        }
        let Some(selector) = self.selectors.get(i) else {
            f(self, weight);
            return;
        };
        let p = self.reference(selector);
        for (k, p) in p.iter().enumerate() {
            self.chosen[i] = k;
            self.each_choice(i + 1, weight * p, f);
        }
    }

    fn value(&self, expr: &Expr) -> Vec<f64> {
        match &expr.kind {
            ExprKind::Numbers(v) => v.clone(),
            ExprKind::Ref(r) => self.reference(r),
            ExprKind::Negate(a) => self.value(a).into_iter().map(|v| -v).collect(),
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                let pick = |v: &[f64], i: usize| {
                    if v.len() == 1 { v[0] } else { v.get(i).copied().unwrap_or(f64::NAN) }
                };
                (0..a.len().max(b.len()))
                    .map(|i| match op {
                        BinaryOp::Add => pick(&a, i) + pick(&b, i),
                        BinaryOp::Sub => pick(&a, i) - pick(&b, i),
                        BinaryOp::Mul => pick(&a, i) * pick(&b, i),
                        BinaryOp::Div => pick(&a, i) / pick(&b, i),
                    })
                    .collect()
            }
            ExprKind::Call(function, args) => {
                let sizes: Vec<usize> = expr.axes.iter().map(|&x| self.bound.size(x)).collect();
                let args: Vec<Vec<f64>> = args.iter().map(|a| self.value(a)).collect();
                evaluate::call(*function, &sizes, &args)
            }
        }
    }

    fn reference(&self, r: &Ref) -> Vec<f64> {
        let (sizes, values): (Vec<usize>, &[f64]) = match r.target {
            Target::Column(c) => {
                let row = r.index.first().map_or(0, |i| self.index(i, Extent::Number(0)));
                return vec![self.bound.columns[c.0].numbers.as_ref().map_or(f64::NAN, |n| n[row])];
            }
            Target::Node(n) => match self.means.get(n.0).copied().flatten() {
                Some(m) => (
                    self.graph.nodes[n.0].plates.iter().map(|p| self.bound.plate(*p).size).collect(),
                    m.values,
                ),
                None => return vec![f64::NAN],
            },
            Target::Input(i) => {
                let input = &self.graph.inputs[i.0];
                (input.plates.iter().map(|p| self.bound.plate(*p).size).collect(), &self.bound.inputs[i.0])
            }
        };
        let plates = match r.target {
            Target::Node(n) => &self.graph.nodes[n.0].plates,
            Target::Input(i) => &self.graph.inputs[i.0].plates,
            Target::Column(_) => return vec![],
        };
        let mut offset = 0;
        for (axis, index) in r.index.iter().enumerate() {
            offset = offset * sizes[axis] + self.index(index, Extent::Plate(plates[axis]));
        }
        let count: usize = sizes[..r.index.len()].iter().product();
        let width = values.len() / count.max(1);
        values.get(offset * width..(offset + 1) * width).map_or(vec![f64::NAN], <[f64]>::to_vec)
    }

    fn index(&self, index: &Index, of: Extent) -> usize {
        let plate = |p: PlateId| self.at.iter().find(|(q, _)| *q == p).map_or(0, |(_, i)| *i);
        match index {
            Index::Plate(p) => plate(*p),
            Index::Column { column, plate: p } => {
                self.bound.codes(*column, of).map_or(usize::MAX >> 32, |c| c[plate(*p)] as usize)
            }
            Index::At(i) => *i,
            Index::Gate(g) => {
                let at = self.selectors.iter().position(|s| s == g);
                at.map_or(0, |i| self.chosen[i])
            }
            Index::Before { plate: p, lag } => {
                let row = plate(*p);
                let Some(s) = &self.bound.plate(*p).sequences else { return row };
                if s.in_file_order() {
                    return row.saturating_sub(*lag as usize);
                }
                let place = s.order.iter().position(|&r| r as usize == row).unwrap_or(0);
                s.row(place.saturating_sub(*lag as usize))
            }
            Index::Parent(p) => self.bound.plate(*p).parents.as_ref().map_or(0, |x| x[plate(*p)] as usize),
        }
    }
}
