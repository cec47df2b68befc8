//! Data drawn from a model: every variable after those that it depends on, which may be given. Not here: draws of a
//! kept posterior (`draws`), which rows there are (`cli`), nor how tables are written (`report`).

use super::draws::Drawn;
use crate::{
    expfam::{
        form::Measure,
        laws::{energy, message},
        spec::DistSpec,
        stat::{Domain, PartShape},
    },
    graph::{
        Bound, FactorGraph,
        evaluate::{self, Environment, Indices, Steps},
        factor_graph::{Factor, Index, Ref, Target},
    },
    num::stream::Stream,
    shape::{NodeId, PlateId},
};

/// The most values of a count that are gone through for one draw.
const MOST_VALUES: usize = 10_000_000;

/// Draws all nodes that `drawn` has no values of yet.
///
/// # Errors
/// A node that cannot be drawn; in words.
pub fn simulate(
    graph: &FactorGraph,
    bound: &Bound,
    mut drawn: Drawn,
    seed: u64,
    draw: u64,
) -> Result<Drawn, String> {
    let steps = Steps::new(bound);
    let mut done: Vec<bool> = drawn.iter().map(|v| !v.is_empty()).collect();
    while let Some(n) =
        (0..done.len()).find(|&n| !done[n] && parents(graph, n).iter().all(|&p| done[p] || p == n))
    {
        let node = &graph.nodes[n];
        let d = node.event.map_or(1, |e| bound.size(e));
        let count: usize = node.plates.iter().map(|p| bound.plate(*p).size).product();
        let width = node.spec.stat.value.width(d);
        drawn[n] = vec![f64::NAN; count * width];
        let mut random = Stream::new(seed, &node.name, draw);
        let lines: Vec<&Factor> = graph.factors.iter().filter(|f| f.node.0 == n).collect();
        for e in order(graph, bound, &steps, NodeId(n), count) {
            let at = indices(graph, bound, n, e);
            let speaks = |f: &&&Factor| evaluate::speaks_of(bound, &steps, f.rows, at.iter().copied());
            // The end of a stick has no line, and is 1.
            let line = lines
                .iter()
                .find(speaks)
                .ok_or_else(|| format!("no line speaks of an element of `{}`", node.name))?;
            let value = one(graph, bound, &steps, &drawn, line, &at, d, &mut random)
                .ok_or_else(|| format!("`{}` cannot be drawn", node.name))?;
            drawn[n][e * width..(e + 1) * width].copy_from_slice(&value);
        }
        done[n] = true;
    }
    match done.iter().position(|d| !d) {
        Some(n) => Err(format!("`{}` and others depend on each other's steps before", graph.nodes[n].name)),
        None => Ok(drawn),
    }
}

/// The nodes that a node's lines name, selectors included.
fn parents(graph: &FactorGraph, n: usize) -> Vec<usize> {
    fn named(r: &Ref, out: &mut Vec<usize>) {
        if let Target::Node(n) = r.target {
            out.push(n.0);
        }
        for i in &r.index {
            if let Index::Gate(g) = i {
                named(g, out);
            }
        }
    }
    let mut out = vec![];
    for f in graph.factors.iter().filter(|f| f.node.0 == n) {
        f.args.iter().for_each(|a| evaluate::each_ref(&a.expr, &mut |r| named(r, &mut out)));
    }
    out
}

/// Elements of a node, each after those that stand before it in its sequence or above it in its tree.
fn order(graph: &FactorGraph, bound: &Bound, steps: &Steps, n: NodeId, count: usize) -> Vec<usize> {
    let mut out: Vec<usize> = (0..count).collect();
    let depth = |e: &usize| -> usize {
        let of = |(p, row): (PlateId, usize)| match &bound.plate(p).parents {
            Some(parents) => {
                let (mut at, mut deep) = (row, 0);
                while parents[at] != u32::MAX && deep <= parents.len() {
                    (at, deep) = (parents[at] as usize, deep + 1);
                }
                deep
            }
            None => steps.step(bound, p, row).unwrap_or(0),
        };
        indices(graph, bound, n.0, *e).into_iter().map(of).max().unwrap_or(0)
    };
    out.sort_by_cached_key(depth);
    out
}

/// The index along each plate of an element of a node.
fn indices(graph: &FactorGraph, bound: &Bound, n: usize, element: usize) -> Vec<(PlateId, usize)> {
    let mut rest = element;
    let mut out = vec![];
    for &p in graph.nodes[n].plates.iter().rev() {
        let size = bound.plate(p).size.max(1);
        out.push((p, rest % size));
        rest /= size;
    }
    out.reverse();
    out
}

/// A draw of one element given all that its line names.
#[expect(clippy::too_many_arguments, reason = "a line, its element, and what is known")]
fn one(
    graph: &FactorGraph,
    bound: &Bound,
    steps: &Steps,
    drawn: &Drawn,
    line: &Factor,
    at: &[(PlateId, usize)],
    d: usize,
    random: &mut Stream,
) -> Option<Vec<f64>> {
    let numbers: Vec<Option<&[f64]>> =
        drawn.iter().map(|v| (!v.is_empty()).then_some(v.as_slice())).collect();
    let mut env = Environment::new(graph, bound, steps, 1);
    at.iter().for_each(|&(p, i)| env.in_plate(p, Indices::Same(i)));
    env.nodes(&numbers);
    let mut gates = vec![];
    line.args.iter().for_each(|a| evaluate::selectors(&a.expr, &mut gates));
    for gate in gates {
        let category = *env.reference(gate).at(0).first()?;
        env.choose(gate, Indices::Same(category as usize));
    }
    let spec = line.spec;
    let (mut values, mut statistics) = (vec![vec![]], vec![vec![0.0; spec.stat.width(d)]]);
    for (arg, param) in line.args.iter().zip(spec.params) {
        let mut value = env.value(&arg.expr).at(0).to_vec();
        if value.len() == 1 && param.stat.value == PartShape::Vector {
            value = vec![value[0]; d];
        }
        if let Some(s) = arg.spelling {
            (param.spellings[s].convert)(&mut value, d).ok()?;
        }
        let mut statistic = vec![0.0; param.stat.width(d)];
        (param.stat.of_value)(&value, d, &mut statistic).ok()?;
        values.push(value);
        statistics.push(statistic);
    }
    if let Some(family) = spec.family.filter(|_| spec.prior.is_none()) {
        let all: Vec<&[f64]> = statistics.iter().map(Vec::as_slice).collect();
        return Some(family.sample(d, &message(spec, Measure::Family, d, 0, &all), random));
    }
    counted(spec, d, &values, &mut statistics, random)
}

/// A draw of a distribution that has no family: of counts and truth values.
fn counted(
    spec: &DistSpec,
    d: usize,
    values: &[Vec<f64>],
    statistics: &mut [Vec<f64>],
    random: &mut Stream,
) -> Option<Vec<f64>> {
    let all: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
    match (spec.stat.domain, spec.stat.value) {
        (Domain::Binary | Domain::Count, PartShape::Scalar) => {
            let (mut left, last) =
                (random.uniform(), if spec.stat.domain == Domain::Binary { 1 } else { MOST_VALUES });
            for x in 0..=last {
                let value = [x as f64];
                (spec.stat.of_value)(&value, d, &mut statistics[0]).ok()?;
                let told: Vec<&[f64]> = statistics.iter().map(Vec::as_slice).collect();
                let base = spec.log_base.map_or(0.0, |base| {
                    let mut with = all.clone();
                    with[0] = &value;
                    for (s, _) in spec.params.iter().enumerate().filter(|(_, p)| p.gated) {
                        with[s + 1] = &[];
                    }
                    base(&with, d)
                });
                let ln = match spec.site {
                    // Its η are what its parts are multiplied by.
                    Some(site) => {
                        let eta = message(spec, Measure::Plain, d, 0, &told);
                        site.evaluate(d, &value, &eta, &mut vec![0.0; eta.len()]).ok()?
                    }
                    None => energy(spec, Measure::Plain, d, &told),
                };
                left -= (ln + base).exp();
                if left <= 0.0 || x == last {
                    return Some(value.to_vec());
                }
            }
            None
        }
        // A vector of counts has the sum of its means, and falls one by one.
        (Domain::Count, PartShape::Vector) => {
            let means = (spec.mean_given?)(&all, d);
            let total: f64 = means.iter().sum();
            let mut out = vec![0.0; d];
            for _ in 0..total.round() as usize {
                let mut left = random.uniform() * total;
                let at = means.iter().position(|m| {
                    left -= m;
                    left <= 0.0
                });
                out[at.unwrap_or(d - 1)] += 1.0;
            }
            Some(out)
        }
        _ => None,
    }
}
