//! Where observed reals are centred, so that large offsets cost no digits: the mean of the data for every
//! node that moves with them. Not here: undoing it (the report adds the centre back exactly).
//!
//! Nodes tied by `mean` slots move together, as x and m do in Normal(x | m, τ): the density sees x − m only.
//! Of a sum, one summand that stands there as it is moves with the child: an intercept, say. A node that
//! enters anything else (a product, a sum beside another, a scaled mean) has an origin of its own, and so has
//! all that moves with it: no centre.

use crate::{
    graph::{
        bound::{Bound, ObservedArray},
        factor_graph::{Expr, ExprKind, FactorGraph, Target},
    },
    shape::NodeId,
    syntax::expr::BinaryOp,
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
            let tied = if moves { mover(graph, f.node, &arg.expr) } else { None };
            if let Some(m) = tied {
                let (a, b) = (root(&group, f.node.0), root(&group, m.0));
                group[a] = b;
                origin[b] |= origin[a];
            }
            let rest =
                named.iter().filter(|n| Some(**n) != tied || named.iter().filter(|m| m == n).count() > 1);
            let pinned: Vec<usize> = rest
                .map(|n| root(&group, n.0))
                .chain((moves && tied.is_none()).then(|| root(&group, f.node.0)))
                .collect();
            pinned.into_iter().for_each(|r| origin[r] = true);
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

/// The first observed number of a location whose square is no finite number: node, row, place in the row.
pub fn too_large(graph: &FactorGraph, bound: &Bound) -> Option<(NodeId, usize, usize, f64)> {
    let places = (0..graph.nodes.len()).map(NodeId).filter(|n| graph.nodes[n.0].spec.location);
    places.into_iter().find_map(|n| {
        let Some(ObservedArray::Numbers { width, values }) = bound.observed(n) else { return None };
        let at = values.iter().position(|x| x.is_finite() && !(x * x).is_finite())?;
        let width = (*width).max(1);
        Some((n, at / width, at % width, values[at]))
    })
}

/// The node that moves with the child: the mean itself, or a summand of it, as it stands.
fn mover(graph: &FactorGraph, child: NodeId, mean: &Expr) -> Option<NodeId> {
    let mut plain = vec![];
    summands(mean, &mut plain);
    let fits = |n: &NodeId| {
        let (node, child) = (&graph.nodes[n.0], &graph.nodes[child.0]);
        node.spec.location && node.spec.stat.value == child.spec.stat.value
    };
    let whole = plain.iter().filter(|(n, indices)| *indices == graph.nodes[n.0].plates.len()).map(|x| x.0);
    // What a datum lies about: the child's own step before, then an intercept or what has a mean of its own
    // to learn; else the first.
    let learned = |n: NodeId| {
        let mut named = vec![];
        graph
            .factors
            .iter()
            .filter(|f| f.node == n)
            .flat_map(|f| f.args.first())
            .for_each(|a| nodes(&a.expr, &mut named));
        !named.is_empty()
    };
    let key = |n: &NodeId| {
        let plates = graph.nodes[n.0].plates.len();
        (*n != child, plates > 0 && !learned(*n), plates, *n)
    };
    whole.filter(fits).min_by_key(key)
}

/// Nodes that are summands as they stand, each with the number of its indices.
fn summands(expr: &Expr, out: &mut Vec<(NodeId, usize)>) {
    match &expr.kind {
        ExprKind::Ref(r) => {
            if let Target::Node(n) = r.target {
                out.push((n, r.index.len()));
            }
        }
        ExprKind::Binary(BinaryOp::Add, a, b) => {
            summands(a, out);
            summands(b, out);
        }
        ExprKind::Binary(BinaryOp::Sub, a, _) => summands(a, out),
        _ => {}
    }
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
