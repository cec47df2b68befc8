//! Coordinates of vectors that q keeps with their precision matrices, in which what the matrix is made of lies along
//! the axes. A prior far from the data, or a row far from the others, adds c cᵀ to the sum of squares that the
//! precision is the inverse of: where c is far longer than the rest is wide, nothing is left of the rest across c.
//! With v = L v' and L the shear that puts c on an axis, it is one large number on the diagonal. Not here: a model
//! written in them (`write`), nor when that is needed (`engine::recentre`).

use super::{
    centres::{Turn, TurnMember},
    movable::{Movable, codes},
};
use crate::{
    expfam::stat::PartShape,
    factorize::roles::{Role, has_children},
    graph::{
        bound::Bound,
        evaluate::{Environment, Steps, each_ref, indices},
        factor_graph::{Expr, ExprKind, Factor, FactorGraph, Index, Ref, Target},
    },
    num::{double::Double, double_matrix, square::identity},
    plan::{
        Plan,
        layout::{Id, VarId},
    },
    shape::NodeId,
    syntax::expr::BinaryOp,
};

/// Where what is left of an entry given the others is a smaller share of it, its digits are at stake.
const SKEW: f64 = 1e-4;
/// What is left is no more than rounding below this share.
const NOISE: f64 = 1e-9;
/// Dimensions of a vector, at most.
const LARGEST: usize = 128;

/// A vector and its precision matrix that may have other coordinates.
#[derive(Clone, Debug)]
pub struct Shearable {
    /// Their block.
    pub block: VarId,
    /// The vector.
    pub vector: NodeId,
    /// Its precision.
    pub matrix: NodeId,
    /// Entries of the vector.
    pub d: usize,
    /// Whether a selector picks among them: then each needs a centre of its own before.
    pub gated: bool,
    /// The known matrix of each precision's own density, in the order of the key.
    known: Vec<Vec<Double>>,
}

/// The pairs of a plan that may.
pub fn shearable(graph: &FactorGraph, bound: &Bound, plan: &Plan, movable: &Movable) -> Vec<Shearable> {
    let of = |v: VarId| {
        let &[vector, matrix] = plan.vars[v].nodes.as_slice() else { return None };
        let (x, m) = (&graph.nodes[vector.0], &graph.nodes[matrix.0]);
        let shapes = [x, m].map(|n| n.spec.stat.value);
        if shapes != [PartShape::Vector, PartShape::Matrix] || !movable.nodes[vector.0] {
            return None;
        }
        let d = x.event.map(|e| bound.size(e)).filter(|d| (2..=LARGEST).contains(d))?;
        let mut gated = false;
        for f in graph.factors.iter().filter(|f| plan.blocks.roles[f.node.0] != Role::Predicted) {
            gated |= fits(graph, bound, plan, f, (vector, matrix))?;
        }
        let f = graph.factors.iter().find(|f| f.node == matrix)?;
        let known = known_matrices(graph, bound, f).filter(|k| k.iter().all(|v| v.len() == d * d))?;
        Some(Shearable { block: v, vector, matrix, d, gated, known })
    };
    plan.vars.ids().filter_map(of).collect()
}

/// The known matrix that goes with a line's child, of each element.
pub(super) fn known_matrices(graph: &FactorGraph, bound: &Bound, f: &Factor) -> Option<Vec<Vec<Double>>> {
    let node = &graph.nodes[f.node.0];
    let expr = &f.args.get(f.spec.congruent?.checked_sub(1)?)?.expr;
    let sizes: Vec<usize> = node.plates.iter().map(|&p| bound.plate(p).size).collect();
    let (count, steps) = (sizes.iter().product(), Steps::new(bound));
    let mut env = Environment::new(graph, bound, &steps, count);
    node.plates.iter().zip(indices(&sizes, 0..count)).for_each(|(&p, at)| env.in_plate(p, at));
    let value = env.exact(expr);
    Some((0..count).map(|e| value.at(e).to_vec()).collect())
}

/// Lᵀ V L.
pub(super) fn congruent(d: usize, l: &[f64], v: &[Double]) -> Vec<f64> {
    let l: Vec<Double> = l.iter().map(|&x| x.into()).collect();
    let half = double_matrix::product(d, &double_matrix::transposed(d, &l), v);
    double_matrix::product(d, &half, &l).into_iter().map(Double::rounded).collect()
}

/// Whether a selector picks the pair's element in a line; `None` where the line can't be written in other
/// coordinates.
fn fits(graph: &FactorGraph, bound: &Bound, plan: &Plan, f: &Factor, pair: (NodeId, NodeId)) -> Option<bool> {
    let (vector, matrix) = pair;
    let names = |e: &Expr, n: NodeId| {
        let mut any = false;
        each_ref(e, &mut |r| any |= r.target == Target::Node(n));
        any
    };
    let of_pair = f.args.iter().any(|a| names(&a.expr, vector) || names(&a.expr, matrix));
    let known = |e: &Expr| {
        let mut all = true;
        each_ref(e, &mut |r| all &= !matches!(r.target, Target::Node(_)));
        all
    };
    if f.node == matrix {
        let slot = f.spec.congruent?.checked_sub(1)?;
        let arg = f.args.get(slot)?;
        let fits = f.args.iter().all(|a| known(&a.expr)) && arg.expr.axes.len() == 2;
        return (fits && arg.spelling.is_none()).then_some(false);
    }
    if !of_pair {
        return (f.node != vector).then_some(false);
    }
    let [mean, precision] = f.args.as_slice() else { return None };
    let matrices = f.spec.params.get(1).is_some_and(|p| p.stat.value == PartShape::Matrix);
    let leaf = || plan.blocks.roles[f.node.0] == Role::Observed && !has_children(&plan.blocks.energy, f.node);
    if !f.spec.location || !matrices || f.node != vector && !leaf() {
        return None;
    }
    let picked = matrix_of(&precision.expr, matrix)?;
    let mut alike = true;
    each_ref(&mean.expr, &mut |r| {
        if let Target::Node(n) = r.target {
            alike &= n == vector && r.index == picked.index;
        }
    });
    let only = scales_only(graph, &precision.expr, matrix) && multiple(&mean.expr, &|e| names(e, vector));
    let gate = |i: &Index| matches!(i, Index::Gate(g) if codes(bound, g).is_none());
    (alike && only).then(|| picked.index.iter().any(gate))
}

/// The one reference to a node in an expression.
pub(super) fn matrix_of(expr: &Expr, matrix: NodeId) -> Option<&Ref> {
    let mut found: Vec<&Ref> = vec![];
    each_ref(expr, &mut |r| {
        if r.target == Target::Node(matrix) {
            found.push(r);
        }
    });
    match found.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether it is the matrix times numbers.
fn scales_only(graph: &FactorGraph, expr: &Expr, matrix: NodeId) -> bool {
    let number = |e: &Expr| {
        let mut plain = e.axes.is_empty();
        each_ref(e, &mut |r| {
            plain &= !matches!(r.target, Target::Node(n) if graph.nodes[n.0].event.is_some())
        });
        plain
    };
    match &expr.kind {
        ExprKind::Ref(r) => r.target == Target::Node(matrix),
        ExprKind::Binary(BinaryOp::Mul, a, b) => {
            scales_only(graph, a, matrix) && number(b) || number(a) && scales_only(graph, b, matrix)
        }
        ExprKind::Binary(BinaryOp::Div, a, b) => scales_only(graph, a, matrix) && number(b),
        _ => false,
    }
}

/// Whether it is known numbers and multiples of the vector, which is what `named` says of an expression.
fn multiple(expr: &Expr, named: &dyn Fn(&Expr) -> bool) -> bool {
    if !named(expr) {
        return true;
    }
    match &expr.kind {
        ExprKind::Ref(_) => true,
        ExprKind::Negate(a) => multiple(a, named),
        ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => multiple(a, named) && multiple(b, named),
        ExprKind::Binary(BinaryOp::Mul, a, b) => {
            let number = |e: &Expr| e.axes.is_empty() && !named(e);
            number(a) && multiple(b, named) || number(b) && multiple(a, named)
        }
        ExprKind::Binary(BinaryOp::Div, a, b) => b.axes.is_empty() && !named(b) && multiple(a, named),
        _ => false,
    }
}

/// Coordinates of all elements in which their sums of `squares` (in the order of the key, d × d each) are no longer
/// skew, on top of those that they have; `None` where none is skew.
pub fn sheared(of: &Shearable, outer: usize, squares: &[f64], now: Option<&Turn>) -> Option<Turn> {
    let d = of.d;
    let mut any = false;
    let mut matrices = vec![];
    for (e, w) in squares.chunks_exact(d * d).enumerate() {
        let known = of.known.get(e)?;
        let known = congruent(d, now.map_or(&identity(d), |turn| turn.of(e)), known);
        let found = shear(d, w, &(0..d).map(|i| known[i * d + i]).collect::<Vec<_>>());
        any |= found.is_some();
        let more = found.unwrap_or_else(|| identity(d));
        match now {
            None => matrices.extend(more),
            Some(turn) => {
                let [a, b] =
                    [turn.of(e), &more].map(|m| m.iter().map(|&x| x.into()).collect::<Vec<Double>>());
                matrices.extend(double_matrix::product(d, &a, &b).into_iter().map(Double::rounded));
            }
        }
    }
    let members = vec![TurnMember { node: of.vector, first: 0, count: d, outer }];
    any.then(|| Turn { block: of.block.index(), members, d, matrix: matrices.into() })
}

/// By how much an entry of a vector varies more by itself than given the others, in the worst of the elements.
pub fn skew(of: &Shearable, squares: &[f64]) -> f64 {
    let one = vec![1.0; of.d];
    let least = |w: &[f64]| eliminated(of.d, w, &one).map_or(1.0, |x| x.1);
    squares.chunks_exact(of.d * of.d).map(|w| 1.0 / least(w).max(f64::EPSILON)).fold(0.0, f64::max)
}

/// L with ones on its diagonal, triangular but for the order of its rows, such that L⁻¹ W L⁻ᵀ is diagonal as far as
/// W has digits. `None` where W is not skew.
fn shear(d: usize, w: &[f64], known: &[f64]) -> Option<Vec<f64>> {
    let (l, least) = eliminated(d, w, known)?;
    (least < SKEW && l.iter().all(|x| x.is_finite())).then_some(l)
}

/// Elimination: L, and the smallest share that has been left of an entry. `None` where a square is none.
///
/// By what is largest in the units of the precision's own density, of which `known` is the diagonal: so L is small in
/// these, and nothing of that density is lost.
fn eliminated(d: usize, w: &[f64], known: &[f64]) -> Option<(Vec<f64>, f64)> {
    let square: Vec<f64> = (0..d).map(|i| w[i * d + i]).collect();
    if square.iter().any(|s| !(*s > 0.0 && s.is_finite())) {
        return None;
    }
    let mut left = w.to_vec();
    let mut l = identity(d);
    let mut open: Vec<usize> = (0..d).collect();
    let mut least = 1.0_f64;
    loop {
        let share = |k: usize, left: &[f64]| left[k * d + k] / square[k];
        open.iter().for_each(|&k| least = least.min(share(k, &left)));
        let told = open.iter().enumerate().filter(|(_, k)| share(**k, &left) > NOISE);
        let size = |k: usize| left[k * d + k] * known[k];
        let Some((at, _)) = told.max_by(|a, b| size(*a.1).total_cmp(&size(*b.1))) else { break };
        let k = open.swap_remove(at);
        for &i in &open {
            let of_k = left[i * d + k] / left[k * d + k];
            l[i * d + k] = of_k;
            for &j in &open {
                left[i * d + j] -= of_k * left[k * d + j];
            }
        }
    }
    Some((l, least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_far_in_all_directions_comes_to_lie_on_an_axis() {
        // Two sentinels, in different columns, of rows that vary by 1.
        let far = [[1e5, -2e5, 3e5, 0.5], [0.0, 4e6, 4e6, -1e6]];
        let d = 4;
        let w: Vec<f64> = (0..d * d)
            .map(|i| {
                far.iter().map(|c| c[i / d] * c[i % d]).sum::<f64>() + f64::from(u8::from(i / d == i % d))
            })
            .collect();
        let l = shear(d, &w, &[1.0; 4]).expect("it is skew");
        let back = double_matrix::inverse(d, &l).expect("it is triangular");
        let w: Vec<Double> = w.into_iter().map(Double::from).collect();
        let half = double_matrix::product(d, &back, &w);
        let left = double_matrix::product(d, &half, &double_matrix::transposed(d, &back));
        for (i, j) in (0..d).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let of = |i: usize, j: usize| left[i * d + j].rounded();
            let share = of(i, j) / (of(i, i) * of(j, j)).sqrt();
            assert!(share.abs() < 0.5, "{i}, {j}: {share}");
        }
        // Columns of other units alone are not skew, nor are ordinary correlations.
        let one = [1.0; 2];
        assert!(shear(2, &[1e-12, 0.0, 0.0, 1e12], &one).is_none());
        assert!(shear(2, &[1.0, 0.99, 0.99, 1.0], &one).is_none());
        assert!(shear(2, &[f64::NAN, 0.0, 0.0, 1.0], &one).is_none());
        // In its own units no entry of L is large, whichever column is far.
        for far in [[1e9, 1.0], [1e6, 1e3]] {
            let (c, unit) = ([far[0], far[1]], [1.0, 1e-6]);
            let at = |i: usize| {
                c[i / 2] * c[i % 2] + if i.is_multiple_of(3) { unit[i / 2] * unit[i / 2] } else { 0.0 }
            };
            let known = unit.map(|u: f64| 1.0 / (u * u));
            let l = shear(2, &[at(0), at(1), at(2), at(3)], &known).expect("it is skew");
            assert!(
                (l[1] * unit[1] / unit[0]).abs() <= 1.0 && (l[2] * unit[0] / unit[1]).abs() <= 1.0,
                "{l:?}"
            );
        }
    }
}
