//! In which order nodes are predicted: each after those that it depends on; together, step by step, where
//! they depend on each other's steps before. Not here: predictions (`line`).

use super::rows::written;
use crate::{
    graph::{
        Bound, FactorGraph,
        evaluate::{self, Steps},
        factor_graph::{Index, Ref, Target},
    },
    shape::{NodeId, PlateId},
};

/// A node that another's lines name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parent {
    pub(super) node: NodeId,
    /// How many steps or rows of a tree before; 0 for none.
    pub(super) back: u32,
}

/// The nodes that a node's lines name, selectors included.
pub(super) fn parents(graph: &FactorGraph, node: NodeId) -> Vec<Parent> {
    let mut out = vec![];
    for f in graph.factors.iter().filter(|f| f.node == node) {
        let args = written(f).1.iter();
        args.for_each(|a| evaluate::each_ref(&a.expr, &mut |r| named(r, &mut out)));
    }
    out
}

fn named(r: &Ref, out: &mut Vec<Parent>) {
    let back = |i: &Index| match i {
        Index::Before { lag, .. } => *lag,
        Index::Parent(_) => 1,
        _ => 0,
    };
    if let Target::Node(node) = r.target {
        out.push(Parent { node, back: r.index.iter().map(back).max().unwrap_or(0) });
    }
    for i in &r.index {
        if let Index::Gate(g) = i {
            named(g, out);
        }
    }
}

/// Nodes that are predicted together.
#[derive(Debug)]
pub(super) struct Unit {
    /// Each after those of the same step that it depends on.
    pub(super) nodes: Vec<NodeId>,
    /// The farthest step before that one of them depends on; 0 where none depends on another.
    pub(super) back: u32,
}

/// Units of the nodes that are to be predicted, each after those that it depends on.
pub(super) fn units(graph: &FactorGraph, predicted: &[bool]) -> Vec<Unit> {
    let of = |n: usize| -> Vec<Parent> {
        let all = if predicted[n] { parents(graph, NodeId(n)) } else { vec![] };
        all.into_iter().filter(|p| predicted[p.node.0]).collect()
    };
    let parents: Vec<Vec<Parent>> = (0..graph.nodes.len()).map(of).collect();
    let above: Vec<Vec<bool>> = (0..parents.len()).map(|n| reached(&parents, n)).collect();
    let mut done = vec![false; parents.len()];
    let mut out = vec![];
    while let Some(n) = (0..parents.len()).find(|&n| {
        let ready = |m: usize| !above[n][m] || done[m] || above[m][n];
        predicted[n] && !done[n] && (0..parents.len()).all(ready)
    }) {
        let mut rest: Vec<usize> =
            (0..parents.len()).filter(|&m| m == n || above[n][m] && above[m][n]).collect();
        let inside = rest.clone();
        let among = |p: &&Parent| inside.contains(&p.node.0);
        let back = inside.iter().flat_map(|&m| parents[m].iter().filter(among)).map(|p| p.back).max();
        let mut nodes = vec![];
        while !rest.is_empty() {
            let free = |m: &usize| !parents[*m].iter().any(|p| p.back == 0 && rest.contains(&p.node.0));
            let at = rest.iter().position(free).unwrap_or(0);
            nodes.push(NodeId(rest.remove(at)));
        }
        inside.iter().for_each(|&m| done[m] = true);
        out.push(Unit { nodes, back: back.unwrap_or(0) });
    }
    out
}

/// What a node depends on, near and far.
fn reached(parents: &[Vec<Parent>], from: usize) -> Vec<bool> {
    let (mut seen, mut open) = (vec![false; parents.len()], vec![from]);
    while let Some(n) = open.pop() {
        for p in &parents[n] {
            if !std::mem::replace(&mut seen[p.node.0], true) {
                open.push(p.node.0);
            }
        }
    }
    seen
}

/// How far down rows of a plate are: their step, or how many rows of the tree are above them.
pub(super) fn depths(bound: &Bound, steps: &Steps, p: PlateId) -> Option<Vec<u32>> {
    let plate = bound.plate(p);
    if plate.sequences.is_some() {
        return Some((0..plate.size).map(|row| steps.step(bound, p, row).unwrap_or(0) as u32).collect());
    }
    let parents = plate.parents.as_ref()?;
    let mut depths = vec![u32::MAX; plate.size];
    for row in 0..plate.size {
        let (mut at, mut way) = (row, vec![]);
        while depths[at] == u32::MAX {
            way.push(at);
            match parents[at] {
                u32::MAX => break,
                up => at = up as usize,
            }
        }
        while let Some(row) = way.pop() {
            depths[row] = match parents[row] {
                u32::MAX => 0,
                up => depths[up as usize] + 1,
            };
        }
    }
    Some(depths)
}
