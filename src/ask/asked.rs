//! What is asked of new rows, each by itself: their nodes, what is seen of them, and what a line says of one. Not
//! here: answers (`rows`, `alike`).

use super::{
    line::{Says, says},
    question::NoAnswer,
    shared::Shared,
};
use crate::{
    graph::{
        FactorGraph,
        bound::ObservedArray,
        evaluate::{self, Environment, Indices, Steps},
        factor_graph::{Factor, PlateKind, Ref, RowSet, Target},
    },
    num::numbers::Numbers,
    shape::{NodeId, PlateId},
};

/// A node of the rows.
pub(super) struct RowNode<'a> {
    pub node: NodeId,
    pub line: &'a Factor,
    /// Whether other lines of the row are picked by its category.
    pub selects: bool,
    pub category: bool,
    /// Elements in one row.
    pub inner: usize,
    /// Event dimension, and numbers of its value and of its mean.
    pub d: usize,
    pub value: usize,
    pub width: usize,
    /// Values of all elements, NaN where they are missing; one missing value of none that is bound to data.
    values: Numbers,
}

impl RowNode<'_> {
    /// The value of an element; NaN where it is missing.
    pub(super) fn observed(&self, element: usize) -> &[f64] {
        let at = element * self.value;
        self.values.get(at..at + self.value).unwrap_or(&self.values[..self.value])
    }
}

pub(super) struct Asked<'a> {
    pub of: &'a Shared<'a>,
    pub plate: PlateId,
    pub nodes: Vec<RowNode<'a>>,
    steps: Steps,
    numbers: Vec<Option<&'a [f64]>>,
}

/// Values of a node's elements, categories as numbers.
fn values(observed: Option<&ObservedArray>, width: usize) -> Numbers {
    match observed {
        Some(ObservedArray::Numbers { values, .. }) => values.clone(),
        Some(ObservedArray::Codes(codes)) => {
            codes.iter().map(|&c| if c == u32::MAX { f64::NAN } else { f64::from(c) }).collect()
        }
        None => vec![f64::NAN; width].into(),
    }
}

pub(super) fn no(graph: &FactorGraph, n: NodeId, why: &str) -> NoAnswer {
    NoAnswer::Form(format!("`{}` {why}", graph.nodes[n.0].name))
}

impl<'a> Asked<'a> {
    pub(super) fn new(of: &'a Shared<'a>, plate: PlateId) -> Result<Self, NoAnswer> {
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
                values: values(bound.observed(n), node.spec.stat.value.width(d)),
            });
        }
        let numbers = of.places.iter().map(Option::as_deref).collect();
        Ok(Self { of, plate, nodes, steps: Steps::new(bound), numbers })
    }

    /// Why a missing value has no answer.
    pub(super) fn no_law(&self, n: &RowNode<'_>) -> NoAnswer {
        no(self.of.graph, n.node, "has no predictive distribution in closed form")
    }

    /// What a node's line says of one of its elements, given the categories of the row.
    pub(super) fn says(
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
