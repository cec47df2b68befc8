//! New rows, one after the other: the categories of each, ln p of what is observed in it, and what is
//! predicted of the rest. Not here: what a line says (`line`), nor several values together (`combine`).

use super::{
    combine::{law, log_density},
    line::{Says, says},
    prediction::{NodePrediction, Prediction},
    question::NoAnswer,
    shared::Shared,
};
use crate::{
    answer::{
        frame::axis,
        law::{Law, told},
        posterior::Axis,
    },
    graph::{
        Bound, FactorGraph,
        bound::ObservedArray,
        evaluate::{self, Environment, Indices, Steps},
        factor_graph::{Factor, PlateKind, Ref, RowSet, Target},
    },
    keep::{Kept, blocks::blocks},
    num::special::log_sum_exp,
    shape::{Extent, NodeId, PlateId},
};

/// Combinations of categories of one row, at most.
const MOST_CHOICES: usize = 100_000;

/// What the kept posterior says of the rows of a plate, each by itself; `bound` has the new data.
///
/// # Errors
/// A node of the rows has no closed form.
pub(super) fn closed(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    plate: PlateId,
) -> Result<Prediction, NoAnswer> {
    kept.about_one_centre().map_err(NoAnswer::Kept)?;
    let blocks = blocks(kept, graph).map_err(NoAnswer::Kept)?;
    let of = Shared::new(graph, bound, kept, &blocks);
    Asked::new(&of, plate)?.all()
}

/// A node of the rows.
struct RowNode<'a> {
    node: NodeId,
    line: &'a Factor,
    /// Whether other lines of the row are picked by its category.
    selects: bool,
    category: bool,
    /// Elements in one row.
    inner: usize,
    /// Event dimension, and numbers of its value and of its mean.
    d: usize,
    value: usize,
    width: usize,
}

struct Asked<'a> {
    of: &'a Shared<'a>,
    plate: PlateId,
    nodes: Vec<RowNode<'a>>,
    steps: Steps,
    numbers: Vec<Option<&'a [f64]>>,
}

fn no(graph: &FactorGraph, n: NodeId, why: &str) -> NoAnswer {
    NoAnswer::Form(format!("`{}` {why}", graph.nodes[n.0].name))
}

impl<'a> Asked<'a> {
    fn new(of: &'a Shared<'a>, plate: PlateId) -> Result<Self, NoAnswer> {
        let (graph, bound) = (of.graph, of.bound);
        let mut selectors: Vec<&Ref> = vec![];
        let mut named: Vec<(NodeId, NodeId)> = vec![];
        for f in &graph.factors {
            let args = f.written.as_ref().map_or(&f.args, |w| &w.args);
            for a in args {
                evaluate::selectors(&a.expr, &mut selectors);
                evaluate::each_ref(&a.expr, &mut |r| {
                    if let Target::Node(n) = r.target {
                        named.push((f.node, n));
                    }
                });
            }
        }
        let mut nodes = vec![];
        for (i, node) in graph.nodes.iter().enumerate() {
            let n = NodeId(i);
            if !node.plates.contains(&plate) || of.holds(n) {
                continue;
            }
            let mut lines = graph.factors.iter().filter(|f| f.node == n);
            let (Some(line), None) = (lines.next(), lines.next()) else {
                return Err(no(graph, n, "has lines for several steps of a sequence"));
            };
            let rows = |p: &PlateId| {
                matches!(
                    graph.plates[p.0].kind,
                    PlateKind::Rows { .. } | PlateKind::Steps { .. } | PlateKind::Tree { .. }
                )
            };
            if line.rows != RowSet::All || node.plates.iter().any(|p| *p != plate && rows(p)) {
                return Err(no(graph, n, "depends on other rows"));
            }
            if node.plates[0] != plate {
                return Err(no(graph, n, "has its rows behind another plate"));
            }
            let category = node.spec.stat.one_hot();
            let selects = selectors.iter().any(|s| s.target == Target::Node(n));
            if let Some((child, _)) = named.iter().find(|(_, parent)| *parent == n) {
                let why =
                    format!("is a variable of each row that `{}` depends on", graph.nodes[child.0].name);
                return Err(no(graph, n, &why));
            }
            if selects && node.plates.len() > 1 {
                return Err(no(graph, n, "selects, and has several elements in a row"));
            }
            let d = node.event.map_or(1, |e| bound.size(e));
            nodes.push(RowNode {
                node: n,
                line,
                selects,
                category,
                inner: node.plates[1..].iter().map(|p| bound.plate(*p).size).product(),
                d,
                value: node.spec.stat.value.width(d),
                width: node.spec.stat.mean_shape().width(d),
            });
        }
        let numbers = of.places.iter().map(Option::as_deref).collect();
        Ok(Self { of, plate, nodes, steps: Steps::new(bound), numbers })
    }

    /// The value of an element of a node; NaN where it is missing.
    fn observed(&self, n: &RowNode<'_>, element: usize) -> Vec<f64> {
        match self.of.bound.observed(n.node) {
            Some(ObservedArray::Numbers { width, values }) => values[element * width..][..*width].to_vec(),
            Some(ObservedArray::Codes(codes)) => {
                let code = codes[element];
                vec![if code == u32::MAX { f64::NAN } else { f64::from(code) }]
            }
            None => vec![f64::NAN; n.value],
        }
    }

    fn all(&self) -> Result<Prediction, NoAnswer> {
        let (graph, bound) = (self.of.graph, self.of.bound);
        let rows = bound.plate(self.plate).size;
        let mut out = Prediction {
            ids: bound.plate(self.plate).labels.as_ref().map(|l| l.to_vec()),
            ..Prediction::default()
        };
        for n in &self.nodes {
            let node = &graph.nodes[n.node.0];
            let event = node.event.filter(|_| n.width > 1 || n.category).map(|e| {
                let mut a: Axis = axis(graph, bound, e);
                if let Some(l) = &bound.event_labels[n.node.0] {
                    (a.name, a.labels) = (graph.nodes[l.of.0].name.clone(), Some(l.names.clone()));
                }
                a
            });
            out.nodes.push(NodePrediction {
                name: node.name.clone(),
                plates: node.plates.iter().map(|p| axis(graph, bound, Extent::Plate(*p))).collect(),
                event,
                category: n.category,
                mean: vec![],
                sd: vec![],
                quantiles: Default::default(),
                path: None,
            });
        }
        for row in 0..rows {
            let log = self.row(row, &mut out)?;
            out.log_predictive.push(log);
        }
        out.total = out.log_predictive.iter().flatten().sum();
        Ok(out)
    }

    /// One row: adds what is predicted of it, and gives ln p of what is observed in it.
    fn row(&self, row: usize, out: &mut Prediction) -> Result<Option<f64>, NoAnswer> {
        let graph = self.of.graph;
        let selectors: Vec<usize> = (0..self.nodes.len()).filter(|&i| self.nodes[i].selects).collect();
        let known: Vec<Vec<Vec<f64>>> = self
            .nodes
            .iter()
            .map(|n| (0..n.inner).map(|i| self.observed(n, row * n.inner + i)).collect())
            .collect();
        let states: Vec<Vec<usize>> = selectors
            .iter()
            .map(|&i| match known[i][0][0] {
                x if x.is_nan() => (0..self.nodes[i].d).collect(),
                x => vec![x as usize],
            })
            .collect();
        let count = states.iter().map(Vec::len).try_fold(1usize, |a, b| a.checked_mul(b));
        let Some(count) = count.filter(|c| *c <= MOST_CHOICES) else {
            return Err(no(
                graph,
                self.nodes[selectors[0]].node,
                "and others have too many categories together",
            ));
        };
        let mut weights = vec![];
        let mut laws: Vec<Vec<Vec<Law>>> = self.nodes.iter().map(|n| vec![vec![]; n.inner]).collect();
        let mut choices: Vec<Vec<usize>> = vec![];
        let any = known.iter().flatten().flatten().any(|x| !x.is_nan());
        for choice in 0..count {
            let mut rest = choice;
            let chosen: Vec<usize> = states
                .iter()
                .map(|s| {
                    let at = s[rest % s.len()];
                    rest /= s.len();
                    at
                })
                .collect();
            let mut said: Vec<(Says, Vec<f64>)> = vec![];
            for (i, n) in self.nodes.iter().enumerate() {
                for inner in 0..n.inner {
                    let s = self.says(n, row * n.inner + inner, row, &selectors, &chosen)?;
                    let x = &known[i][inner];
                    let missing = x.iter().any(|x| x.is_nan());
                    if let Some(at) = selectors.iter().position(|s| *s == i) {
                        said.push((s, vec![chosen[at] as f64]));
                        continue;
                    }
                    if missing {
                        let stat = graph.nodes[n.node.0].spec.stat;
                        let law = law(self.of, &s, stat.domain, stat.value, x).ok_or_else(|| {
                            no(graph, n.node, "has no predictive distribution in closed form")
                        })?;
                        laws[i][inner].push(law);
                    }
                    if x.iter().any(|x| !x.is_nan()) {
                        said.push((s, x.clone()));
                    }
                }
            }
            let all: Vec<(&Says, &[f64])> = said.iter().map(|(s, x)| (s, x.as_slice())).collect();
            let log = log_density(self.of, &all).ok_or_else(|| {
                NoAnswer::Form("the row's density has no closed form under the posterior".into())
            })?;
            weights.push(log);
            choices.push(chosen);
        }
        let total = log_sum_exp(&weights);
        let shares: Vec<f64> = weights.iter().map(|w| (w - total).exp()).collect();
        for (i, n) in self.nodes.iter().enumerate() {
            let to = &mut out.nodes[i];
            for inner in 0..n.inner {
                let x = &known[i][inner];
                if n.category {
                    let mut p = vec![0.0; n.d];
                    if let Some(at) = selectors.iter().position(|s| *s == i) {
                        shares.iter().zip(&choices).for_each(|(w, c)| p[c[at]] += w);
                    } else if x[0].is_nan() {
                        for (w, law) in shares.iter().zip(&laws[i][inner]) {
                            if let Law::Discrete(of) = law {
                                p.iter_mut().zip(of).for_each(|(p, q)| *p += w * q);
                            }
                        }
                    } else {
                        p[x[0] as usize] = 1.0;
                    }
                    to.mean.extend(p);
                    continue;
                }
                if !x.iter().any(|x| x.is_nan()) {
                    to.mean.extend(x);
                    to.sd.extend(x.iter().map(|_| 0.0));
                    to.quantiles.iter_mut().for_each(|q| q.extend(x));
                    continue;
                }
                let parts: Vec<(f64, Law)> =
                    shares.iter().copied().zip(std::mem::take(&mut laws[i][inner])).collect();
                let said = told(&parts);
                to.mean.extend(said.mean);
                to.sd.extend(said.sd);
                to.quantiles.iter_mut().zip(said.quantiles).for_each(|(q, x)| q.extend(x));
            }
        }
        Ok(any.then_some(total))
    }

    /// What a node's line says of one of its elements, given the categories of the row.
    fn says(
        &self,
        n: &RowNode<'_>,
        element: usize,
        row: usize,
        selectors: &[usize],
        chosen: &[usize],
    ) -> Result<Says, NoAnswer> {
        let (graph, bound) = (self.of.graph, self.of.bound);
        let mut env = Environment::new(graph, bound, &self.steps, 1);
        let mut rest = element - row * n.inner;
        for p in graph.nodes[n.node.0].plates[1..].iter().rev() {
            let size = bound.plate(*p).size;
            env.in_plate(*p, Indices::Same(rest % size));
            rest /= size;
        }
        env.in_plate(self.plate, Indices::Same(row));
        env.nodes(&self.numbers);
        let args = n.line.written.as_ref().map_or(&n.line.args, |w| &w.args);
        let mut gates = vec![];
        args.iter().for_each(|a| evaluate::selectors(&a.expr, &mut gates));
        for gate in gates {
            let at = selectors.iter().position(|&s| gate.target == Target::Node(self.nodes[s].node));
            let Some(at) = at else {
                return Err(no(graph, n.node, "is picked by a category of other rows"));
            };
            env.choose(gate, Indices::Same(chosen[at]));
        }
        says(self.of, &env, n.line, n.d)
            .ok_or_else(|| no(graph, n.node, "depends on the posterior in a way that has no closed form"))
    }
}
