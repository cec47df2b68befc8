//! Where observed reals are centred, so that large offsets cost no digits: the mean of the data for every node that moves with them.
//! Not here: undoing it (the report adds the centre back exactly).
//!
//! Nodes tied by `mean` slots move together, as x and m do in Normal(x | m, τ): the density sees x − m only. A node that enters
//! anything else (a product, a sum, a scaled mean) has an origin of its own, and so has all that moves with it: no centre.

use crate::{
    graph::{
        bound::{Bound, ObservedArray},
        energy::linear::linear,
        factor_graph::{Expr, ExprKind, FactorGraph, Target},
    },
    shape::NodeId,
};

/// The centre of each node's value, in the value's shape; empty for nodes that have none.
pub fn centres(graph: &FactorGraph, bound: &Bound) -> Vec<Vec<f64>> {
    let n = graph.nodes.len();
    let mut group: Vec<usize> = (0..n).collect();
    let mut origin: Vec<bool> = graph.nodes.iter().map(|node| !node.spec.location).collect();
    fn root(group: &[usize], mut i: usize) -> usize {
        while group[i] != i {
            i = group[i];
        }
        i
    }
    for f in &graph.factors {
        for (slot, arg) in f.args.iter().enumerate() {
            let mut named = vec![];
            nodes(&arg.expr, &mut named);
            if named.is_empty() {
                continue;
            }
            let moves = f.spec.location && slot == 0;
            match linear(&arg.expr) {
                Ok(l) if moves && l.scale.is_none() && l.offset.is_none() && l.base.index.len() == graph.nodes[named[0].0].plates.len() => {
                    let (a, b) = (root(&group, f.node.0), root(&group, named[0].0));
                    group[a] = b;
                    origin[b] |= origin[a];
                }
                _ => {
                    let pinned: Vec<usize> = named.iter().map(|m| root(&group, m.0)).chain(moves.then(|| root(&group, f.node.0))).collect();
                    pinned.into_iter().for_each(|r| origin[r] = true);
                }
            }
        }
    }
    let mut sums: Vec<(Vec<f64>, f64)> = vec![(vec![], 0.0); n];
    for node in 0..n {
        if let Some(ObservedArray::Numbers { width, values }) = bound.observed(NodeId(node)) {
            let (sum, count) = &mut sums[root(&group, node)];
            sum.resize(*width, 0.0);
            for row in values.chunks_exact(*width).filter(|r| r.iter().all(|v| v.is_finite())) {
                sum.iter_mut().zip(row).for_each(|(s, v)| *s += v);
                *count += 1.0;
            }
        }
    }
    (0..n)
        .map(|node| {
            let r = root(&group, node);
            let (sum, count) = &sums[r];
            let pinned = (0..n).any(|m| root(&group, m) == r && origin[m]);
            if pinned || *count == 0.0 { vec![] } else { sum.iter().map(|s| s / count).collect() }
        })
        .collect()
}

/// Nodes an expression's value depends on, selectors left out.
fn nodes(expr: &Expr, out: &mut Vec<NodeId>) {
    match &expr.kind {
        ExprKind::Ref(r) => {
            if let Target::Node(n) = r.target {
                out.push(n);
            }
        }
        ExprKind::Numbers(_) => {}
        ExprKind::Binary(_, a, b) => {
            nodes(a, out);
            nodes(b, out);
        }
        ExprKind::Negate(a) => nodes(a, out),
        ExprKind::Call(_, args) => args.iter().for_each(|a| nodes(a, out)),
    }
}
