//! Which nodes may have other centres. Not here: which ones.

use super::affine::multiplied;
use crate::{
    factorize::roles::Role,
    graph::{
        bound::{Bound, BoundPlate, ObservedArray},
        evaluate::each_ref,
        factor_graph::{Factor, FactorGraph, Index, Ref, Target},
    },
    shape::NodeId,
};

/// What of a model may move.
#[derive(Clone, Debug)]
pub struct Movable {
    /// By node.
    pub nodes: Vec<bool>,
    /// By node, the axes along which selectors that are not all known pick an element.
    gated: Vec<Vec<usize>>,
}

impl Movable {
    /// Of a graph whose nodes have these roles.
    pub fn new(graph: &FactorGraph, bound: &Bound, roles: &[Role]) -> Self {
        let mut nodes: Vec<bool> = graph.nodes.iter().map(|n| n.spec.location).collect();
        let mut gated = vec![vec![]; graph.nodes.len()];
        for f in &graph.factors {
            for arg in &f.args {
                let mut pinned = vec![];
                multiplied(&arg.expr, graph, &mut pinned);
                each_ref(&arg.expr, &mut |r| {
                    let Target::Node(n) = r.target else { return };
                    for (axis, index) in r.index.iter().enumerate() {
                        match index {
                            Index::Before { .. } | Index::Parent(_) if roles[n.0] != Role::Observed => {
                                pinned.push(n);
                            }
                            Index::Gate(g) if codes(bound, g).is_none() && !gated[n.0].contains(&axis) => {
                                gated[n.0].push(axis);
                            }
                            _ => {}
                        }
                    }
                });
                pinned.into_iter().for_each(|n| nodes[n.0] = false);
            }
        }
        Self { nodes, gated }
    }

    /// How many cells a line speaks of, at most, a row for as many as it stands for.
    pub fn cells(graph: &FactorGraph, bound: &Bound, f: &Factor) -> f64 {
        let size = |p: &BoundPlate| p.weight.as_ref().map_or(p.size as f64, |w| w.iter().sum());
        graph.nodes[f.node.0].plates.iter().map(|&p| size(bound.plate(p))).product()
    }

    /// Whether selectors pick among any elements that could have a centre each.
    pub fn can_split(&self) -> bool {
        self.nodes.iter().zip(&self.gated).any(|(moves, gated)| *moves && !gated.is_empty())
    }

    /// Whether a line names a node that may move, or speaks of one that is not known.
    pub fn in_line(&self, graph: &FactorGraph, f: &Factor) -> bool {
        let mut any = self.nodes[f.node.0] && graph.nodes[f.node.0].observed.is_none();
        f.args.iter().for_each(|a| {
            each_ref(&a.expr, &mut |r| any |= matches!(r.target, Target::Node(n) if self.nodes[n.0]));
        });
        any
    }

    /// Gives all that a selector picks among one centre: the median.
    pub fn join(&self, graph: &FactorGraph, bound: &Bound, node: NodeId, centre: &mut [f64]) {
        let sizes: Vec<usize> = graph.nodes[node.0].plates.iter().map(|&p| bound.plate(p).size).collect();
        for &axis in &self.gated[node.0] {
            let inner = centre.len() / sizes[..=axis].iter().product::<usize>().max(1);
            let size = sizes[axis];
            for block in centre.chunks_exact_mut((inner * size).max(1)) {
                for i in 0..inner {
                    let mut all: Vec<f64> = (0..size).map(|k| block[k * inner + i]).collect();
                    all.sort_by(f64::total_cmp);
                    (0..size).for_each(|k| block[k * inner + i] = all[size / 2]);
                }
            }
        }
    }
}

/// The categories of a selector, where all of them are known.
pub(super) fn codes<'b>(bound: &'b Bound, selector: &Ref) -> Option<&'b [u32]> {
    let Target::Node(n) = selector.target else { return None };
    match bound.observed(n) {
        Some(ObservedArray::Codes(codes)) if !codes.contains(&u32::MAX) => Some(codes),
        _ => None,
    }
}
