//! Predictions: the posterior predictive of everything that has no q, missing cells and elements that were
//! left out of inference, with q of all else as it is. Not here: one line at one element (`line`).

mod arguments;
mod beliefs;
mod form;
mod joint;
mod line;
mod order;
mod rows;

pub(super) use beliefs::BlockNumbers;

use super::{
    law::{self, Law},
    marginals::Elements,
    posterior::NodePosterior,
};
use crate::{
    expfam::stat::Arithmetic,
    graph::{
        Bound, FactorGraph,
        evaluate::{self, Environment, Steps},
        factor_graph::Factor,
    },
    plan::{Plan, layout::VarId},
    shape::NodeId,
};
use beliefs::{Belief, Beliefs};
use form::Atom;
use line::Told;
use order::Unit;
use rows::Rows;
use std::collections::HashMap;

/// Elements predicted at once: their numbers stay in cache.
const TOGETHER: usize = 1024;
/// What steps before add to one is summed up, as long as no later step asks for them one by one, or there are
/// so many.
const MOST_TERMS: usize = 512;

/// Has a node elements without a q that are no data?
fn has_holes(graph: &FactorGraph, plan: &Plan, n: usize) -> bool {
    plan.predicted.contains(&NodeId(n)) || graph.nodes[n].plates.iter().any(|p| plan.kept.plate(*p).is_some())
}

/// What q of all else says of the elements of an observed node, had they not been seen: what a line says of
/// an element, its parents as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The node.
    pub node: NodeId,
    /// The mean of a new value of each element, row-major like the data; NaN where there is none.
    pub mean: Vec<f64>,
    /// Its standard deviation.
    pub sd: Vec<f64>,
}

/// The nodes that have to be known where those of `wanted` are reported, and others `fitted`.
pub(super) fn needed(graph: &FactorGraph, plan: &Plan, wanted: &[bool], fitted: &[NodeId]) -> Vec<bool> {
    let mut needed = wanted.to_vec();
    for n in fitted {
        needed[n.0] = true;
        order::parents(graph, *n).iter().for_each(|p| needed[p.node.0] = true);
    }
    let mut open: Vec<usize> = (0..needed.len()).filter(|&n| needed[n]).collect();
    while let Some(n) = open.pop() {
        if !has_holes(graph, plan, n) {
            continue;
        }
        for p in order::parents(graph, NodeId(n)) {
            if !std::mem::replace(&mut needed[p.node.0], true) {
                open.push(p.node.0);
            }
        }
    }
    needed
}

/// Of each node, whether another's line names it.
pub(super) fn named(graph: &FactorGraph) -> Vec<bool> {
    let mut out = vec![false; graph.nodes.len()];
    for n in 0..out.len() {
        let others = order::parents(graph, NodeId(n)).into_iter().filter(|p| p.node.0 != n);
        others.for_each(|p| out[p.node.0] = true);
    }
    out
}

/// Fills in what is NaN in the reports, and says what is `fitted`.
pub(super) fn fill(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    (elements, homes, blocks): (&[Option<Elements<'_>>], &[Option<VarId>], &BlockNumbers<'_>),
    reports: &mut [Option<NodePosterior>],
    quantiles: &dyn Fn(usize, usize) -> bool,
    fitted: &[NodeId],
) -> Vec<Fitted> {
    let mut nodes = vec![];
    for (n, report) in reports.iter_mut().enumerate() {
        nodes.push(report.as_mut().map_or_else(Belief::default, |r| {
            let asked = r.sd.is_some() && quantiles(n, r.mean.len());
            let mut belief = belief(graph, bound, plan, n, elements[n].as_ref().zip(homes[n]), r);
            belief.laws = (asked && belief.hole.contains(&true)).then(HashMap::new);
            belief
        }));
    }
    let predicted: Vec<bool> = nodes.iter().map(|b| b.hole.contains(&true)).collect();
    let mut beliefs = Beliefs { plan, nodes, blocks };
    let filling = Filling(Rows { graph, bound, steps: Steps::new(bound) });
    for unit in order::units(graph, &predicted) {
        filling.unit(&mut beliefs, &unit);
    }
    let fitted = fitted.iter().map(|&n| filling.fitted(&beliefs, n)).collect();
    for (report, belief) in reports.iter_mut().zip(beliefs.nodes) {
        let Some(report) = report else { continue };
        if let Some(laws) = belief.laws {
            fill_quantiles(report, &belief.mean, &belief.hole, &laws);
        }
        if report.sd.is_some() {
            report.sd = Some(belief.sd);
        }
        report.mean = belief.mean;
        report.told = if belief.hole.contains(&true) { belief.hole } else { vec![] };
        // Probabilities of categories are all there is to say of them.
        if let [p] = &mut report.parameters[..]
            && p.values.len() == report.mean.len()
            && report.sd.is_none()
        {
            p.values.clone_from(&report.mean);
        }
    }
    fitted
}

/// Quantiles of predicted elements, those of values beside them where there are none.
fn fill_quantiles(
    report: &mut NodePosterior,
    mean: &[f64],
    hole: &[bool],
    laws: &HashMap<usize, Vec<(f64, Law)>>,
) {
    let width = mean.len() / hole.len().max(1);
    // What is no hole is known, where nothing has a q.
    let known = || (0..mean.len()).map(|i| if hole[i / width] { f64::NAN } else { mean[i] }).collect();
    let (low, high) = report.quantiles.get_or_insert_with(|| (known(), known()));
    let middle = report.median.get_or_insert_with(known);
    for (&e, parts) in laws {
        for (to, from) in [&mut *low, &mut *middle, &mut *high].into_iter().zip(law::told(parts).quantiles) {
            if from.len() == width {
                to[e * width..(e + 1) * width].copy_from_slice(&from);
            }
        }
    }
}

/// What is known of a node at first; its numbers are taken out of the report.
fn belief<'a>(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    n: usize,
    elements: Option<(&'a Elements<'a>, VarId)>,
    report: &mut NodePosterior,
) -> Belief<'a> {
    let node = &graph.nodes[n];
    let width = node.spec.stat.mean_shape().width(node.event.map_or(1, |e| bound.size(e)));
    let (mean, sd) = (std::mem::take(&mut report.mean), report.sd.clone().unwrap_or_default());
    let hole: Vec<bool> = match has_holes(graph, plan, n) {
        true => mean.chunks_exact(width.max(1)).map(|m| m.iter().any(|x| x.is_nan())).collect(),
        false => vec![],
    };
    let real = node.spec.stat.arithmetic == Arithmetic::Sum;
    let own = if real && hole.contains(&true) { vec![0.0; mean.len()] } else { vec![] };
    let gaussian = if own.is_empty() { vec![] } else { vec![false; hole.len()] };
    let places = plan.kept.elements(&node.plates).map(|kept| {
        let mut places = vec![u32::MAX; plan.kept.count(&node.plates)];
        kept.iter().zip(0..).for_each(|(&e, place)| places[e] = place);
        places
    });
    Belief {
        width,
        mean,
        sd,
        real,
        kept: elements.map(|(e, v)| (e, v, places)),
        hole,
        own,
        gaussian,
        ..Belief::default()
    }
}

/// Fills in what is predicted.
struct Filling<'a>(Rows<'a>);

/// Takes a line, which of the node's it is, its values, and the elements.
type Say<'s, 'a> = &'s mut dyn FnMut(&'a Factor, usize, Environment<'a>, &[usize]);

impl Filling<'_> {
    fn unit(&self, beliefs: &mut Beliefs<'_>, unit: &Unit) {
        let holes = |beliefs: &Beliefs<'_>, n: NodeId| -> Vec<usize> {
            let hole = &beliefs.nodes[n.0].hole;
            (0..hole.len()).filter(|&e| hole[e]).collect()
        };
        let along = unit
            .nodes
            .iter()
            .flat_map(|n| &self.0.graph.nodes[n.0].plates)
            .find_map(|&p| Some((p, order::depths(self.0.bound, &self.0.steps, p)?)));
        let Some((plate, depths)) = along.filter(|_| unit.back > 0) else {
            for &n in &unit.nodes {
                self.elements(beliefs, n, &holes(beliefs, n));
            }
            return;
        };
        // Elements with the row they are of, from the first steps down.
        let mut rows: Vec<(u32, usize, usize, usize)> = vec![];
        for (i, &n) in unit.nodes.iter().enumerate() {
            for e in holes(beliefs, n) {
                let row = self.0.index(n, plate, e);
                rows.push((depths[row], i, row, e));
            }
        }
        rows.sort_unstable();
        for step in rows.chunk_by(|a, b| a.0 == b.0) {
            for of_node in step.chunk_by(|a, b| a.1 == b.1) {
                let elements: Vec<usize> = of_node.iter().map(|x| x.3).collect();
                self.elements(beliefs, unit.nodes[of_node[0].1], &elements);
            }
            let mut step = step.to_vec();
            step.sort_unstable_by_key(|x| (x.2, x.1, x.3));
            for row in step.chunk_by(|a, b| a.2 == b.2) {
                let of_row: Vec<(NodeId, usize)> = row.iter().map(|x| (unit.nodes[x.1], x.3)).collect();
                self.sum_up(beliefs, unit, &of_row);
            }
        }
    }

    /// Predicts some elements of a node.
    fn elements(&self, beliefs: &mut Beliefs<'_>, n: NodeId, elements: &[usize]) {
        self.by_line(n, elements, &mut |line, d, env, elements| {
            let told = line::tell(&self.0, beliefs, env, line, d, &[]);
            elements.iter().zip(told).for_each(|(&e, told)| note(beliefs, n, e, told));
        });
    }

    /// What the lines of an observed node say of all its elements; no belief is changed.
    fn fitted(&self, beliefs: &Beliefs<'_>, n: NodeId) -> Fitted {
        let w = beliefs.nodes[n.0].width;
        let count = beliefs.nodes[n.0].mean.len() / w.max(1);
        let (mut mean, mut sd) = (vec![f64::NAN; count * w], vec![f64::NAN; count * w]);
        let all: Vec<usize> = (0..count).collect();
        self.by_line(n, &all, &mut |line, d, env, elements| {
            for (&e, told) in elements.iter().zip(line::tell(&self.0, beliefs, env, line, d, &[])) {
                let to = e * w..(e + 1) * w;
                if told.outlook.mean.len() == w && told.outlook.variance.len() == w {
                    mean[to.clone()].copy_from_slice(&told.outlook.mean);
                    sd[to].iter_mut().zip(&told.outlook.variance).for_each(|(s, v)| *s = v.max(0.0).sqrt());
                }
            }
        });
        Fitted { node: n, mean, sd }
    }

    /// Gives elements of a node, some at a time, with the line that speaks of them: the first that does.
    fn by_line<'a>(&'a self, n: NodeId, elements: &[usize], say: Say<'_, 'a>) {
        let node = &self.0.graph.nodes[n.0];
        let d = node.event.map_or(1, |e| self.0.bound.size(e));
        let sizes: Vec<usize> = node.plates.iter().map(|p| self.0.bound.plate(*p).size).collect();
        let lines: Vec<&Factor> = self.0.graph.factors.iter().filter(|f| f.node == n).collect();
        let mut of_line: Vec<Vec<usize>> = vec![vec![]; lines.len()];
        for &e in elements {
            if let Some(line) = lines.iter().position(|f| self.0.speaks_of(f, e)) {
                of_line[line].push(e);
            }
        }
        for (line, elements) in lines.iter().zip(&of_line) {
            for elements in elements.chunks(TOGETHER) {
                let mut env = Environment::new(self.0.graph, self.0.bound, &self.0.steps, elements.len());
                let here = evaluate::indices(&sizes, elements.iter().copied());
                node.plates.iter().zip(here).for_each(|(&p, at)| env.in_plate(p, at));
                say(line, d, env, elements);
            }
        }
    }

    /// What the steps before add to the real numbers of a row, as variables of the row's own: so a forecast
    /// costs the same at every step.
    fn sum_up(&self, beliefs: &mut Beliefs<'_>, unit: &Unit, row: &[(NodeId, usize)]) {
        let mut numbers: Vec<Atom> = vec![];
        for &(n, e) in row.iter().filter(|(n, _)| beliefs.nodes[n.0].real) {
            let w = beliefs.nodes[n.0].width;
            numbers.extend((e * w..(e + 1) * w).map(|k| (n.0, k)));
        }
        let inside = |beliefs: &Beliefs<'_>, a: &Atom| {
            let belief = &beliefs.nodes[a.0];
            unit.nodes.iter().any(|n| n.0 == a.0) && belief.hole.get(a.1 / belief.width.max(1)) == Some(&true)
        };
        let (mut noise, mut rest) = (vec![], vec![]);
        for a in &numbers {
            let all = beliefs.nodes[a.0].made_of.get(&a.1).map_or(&[][..], Vec::as_slice);
            let (own, other): (Vec<_>, Vec<_>) = all.iter().copied().partition(|(b, _)| inside(beliefs, b));
            noise.push(own.into_iter().chain([(*a, 1.0)]).collect::<Vec<_>>());
            rest.push(other);
        }
        let terms = noise.iter().map(Vec::len).max().unwrap_or(0);
        if terms <= 1 || unit.back > 1 && terms < MOST_TERMS {
            return;
        }
        let covariance = line::noise_of(&noise, &|a, b| beliefs.covariance(a, b));
        stand_alone(beliefs, &numbers, &covariance, rest);
    }
}

/// Notes what is predicted of an element.
fn note(beliefs: &mut Beliefs<'_>, n: NodeId, element: usize, told: Told) {
    let belief = &mut beliefs.nodes[n.0];
    let w = belief.width;
    let Told { outlook, around, laws, .. } = told;
    if let (Some(gaussian), [(_, Some(Law::Student { dof: f64::INFINITY, .. }))]) =
        (belief.gaussian.get_mut(element), laws.as_slice())
    {
        *gaussian = true;
    }
    if let Some(all) = &mut belief.laws
        && let Some(parts) = laws.into_iter().map(|(w, law)| Some((w, law?))).collect::<Option<Vec<_>>>()
        && !parts.is_empty()
    {
        all.insert(element, parts);
    }
    let to = element * w..(element + 1) * w;
    if outlook.mean.len() == w {
        belief.mean[to.clone()].copy_from_slice(&outlook.mean);
    }
    if belief.sd.len() == belief.mean.len() {
        for (k, sd) in belief.sd[to.clone()].iter_mut().enumerate() {
            *sd = outlook.variance.get(k).map_or(f64::NAN, |v| if *v < 0.0 { 0.0 } else { v.sqrt() });
        }
    }
    if !outlook.inverse.is_empty() {
        belief.inverse.insert(element, outlook.inverse);
    }
    if !belief.real {
        return;
    }
    let numbers: Vec<Atom> = to.clone().map(|k| (n.0, k)).collect();
    match around {
        Some((forms, mut noise)) if forms.len() == w && noise.len() == w * w => {
            let products: Vec<f64> = {
                let covariance = |a, b| beliefs.covariance(a, b);
                forms.iter().map(|f| f.variance_of_products(&covariance)).collect()
            };
            products.iter().enumerate().for_each(|(k, x)| noise[k * w + k] += x);
            stand_alone(beliefs, &numbers, &noise, forms.into_iter().map(|f| f.linear).collect());
        }
        _ => belief.own[to].iter_mut().zip(&outlook.variance).for_each(|(own, v)| *own = *v),
    }
}

/// Gives numbers an own share of this covariance, beside what else they are made of: Λ D Λᵀ, so that the
/// share of each is one variable of its own and multiples of those before it.
fn stand_alone(beliefs: &mut Beliefs<'_>, numbers: &[Atom], covariance: &[f64], rest: Vec<Vec<(Atom, f64)>>) {
    let d = numbers.len();
    let mut l = vec![0.0; d * d];
    let mut diagonal = vec![0.0; d];
    for i in 0..d {
        for k in 0..=i {
            let before: f64 = (0..k).map(|j| l[i * d + j] * l[k * d + j] * diagonal[j]).sum();
            let left = covariance[i * d + k] - before;
            if k == i {
                diagonal[i] = left.max(0.0);
            } else if diagonal[k] > 0.0 && diagonal[k].is_finite() {
                l[i * d + k] = left / diagonal[k];
            }
        }
        if !covariance[i * d + i].is_finite() {
            diagonal[i] = covariance[i * d + i];
        }
    }
    for (i, (&(n, k), mut made_of)) in numbers.iter().zip(rest).enumerate() {
        made_of.extend((0..i).filter(|j| l[i * d + j] != 0.0).map(|j| (numbers[j], l[i * d + j])));
        let belief = &mut beliefs.nodes[n];
        belief.own[k] = diagonal[i];
        if made_of.is_empty() {
            belief.made_of.remove(&k);
        } else {
            belief.made_of.insert(k, made_of);
        }
    }
}
