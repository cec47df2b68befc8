//! Which Gaussian variables meet in products, and how. Not here: who is kept with whom (`claims`).

use crate::{
    expfam::stat::Arithmetic,
    factorize::{blocks::Blocks, roles::Role},
    graph::{
        energy::{Element, Op, Source},
        factor_graph::FactorGraph,
    },
    shape::NodeId,
};
use std::collections::{HashMap, HashSet};

/// A meeting of two Gaussian variables in a product.
pub struct Meeting<'a> {
    /// The two operands.
    pub ops: [&'a Op; 2],
    /// Their nodes; one node may meet itself.
    pub nodes: [NodeId; 2],
    /// Whether a mean multiplies them.
    pub multiplied: bool,
    strength: usize,
}

/// All meetings, in the order of the products, and who is in which.
pub struct Meetings<'a> {
    list: Vec<Meeting<'a>>,
    of: HashMap<NodeId, Vec<usize>>,
}

impl<'a> Meetings<'a> {
    /// Those of nodes that are `free`; `steps`: also of different steps of one sequence.
    pub fn new(graph: &FactorGraph, blocks: &'a Blocks, free: &dyn Fn(NodeId) -> bool, steps: bool) -> Self {
        let gaussian = |o: &Op| match o.source {
            Source::Node(n) if o.part == 0 && blocks.roles[n.0] == Role::Latent => {
                (graph.nodes[n.0].spec.stat.arithmetic == Arithmetic::Sum && free(n)).then_some(n)
            }
            _ => None,
        };
        let mut list = vec![];
        for f in blocks.energy.factors() {
            let strength = if graph.nodes[f.node.0].observed.is_some() { 1000 } else { 1 };
            for t in &f.terms {
                let mine: Vec<(&Op, NodeId)> =
                    t.ops.iter().filter_map(|o| gaussian(o).map(|n| (o, n))).collect();
                for (i, &(a, x)) in mine.iter().enumerate() {
                    for &(b, y) in &mine[..i] {
                        if !steps && a.elements.iter().zip(&b.elements).any(|(x, y)| apart(*x, *y).is_some())
                        {
                            continue;
                        }
                        let multiplied = a.copy == b.copy;
                        list.push(Meeting { ops: [a, b], nodes: [x, y], multiplied, strength });
                    }
                }
            }
        }
        let mut of: HashMap<NodeId, Vec<usize>> = HashMap::new();
        for (i, m) in list.iter().enumerate() {
            of.entry(m.nodes[0]).or_default().push(i);
        }
        Self { list, of }
    }

    /// All, in the order of the products.
    pub fn all(&self) -> &[Meeting<'a>] {
        &self.list
    }

    /// Nodes that may be kept together because they meet: the strongest couplings first, those with the most
    /// factors of observed children, then file order. Which meeting it is, by its place.
    pub fn in_order(&self) -> Vec<&Meeting<'a>> {
        let mut order: Vec<&Meeting<'_>> =
            self.list.iter().filter(|m| !m.multiplied && m.nodes[0] != m.nodes[1]).collect();
        order.sort_by_key(|m| (std::cmp::Reverse(m.strength), m.nodes));
        order.dedup_by_key(|m| m.nodes);
        order
    }

    /// Those of nodes of a set with each other, in the order of the products.
    pub fn inside(&self, set: &[NodeId]) -> Vec<&Meeting<'a>> {
        let all: HashSet<NodeId> = set.iter().copied().collect();
        let mut at: Vec<usize> = set.iter().filter_map(|n| self.of.get(n)).flatten().copied().collect();
        at.retain(|&i| all.contains(&self.list[i].nodes[1]));
        at.sort_unstable();
        at.into_iter().map(|i| &self.list[i]).collect()
    }
}

/// How many steps apart two elements of one sequence are, if they are.
pub fn apart(x: Element, y: Element) -> Option<u32> {
    let step = |e| match e {
        Element::Label(label) => Some((label, 0)),
        Element::Before { label, lag } => Some((label, lag)),
        _ => None,
    };
    let ((a, i), (b, k)) = (step(x)?, step(y)?);
    (a == b && i != k).then(|| i.abs_diff(k))
}
