//! Coordinates of a Gaussian block in which the columns of its covariates are orthogonal: Gram and Schmidt's, those
//! that vary least against their size first (an intercept, then Unix seconds), each less what those before it say of
//! it. Not here: a model written in them (`write`).

use super::{
    affine::locations,
    centres::{Turn, TurnMember},
    design::coefficients,
    movable::Movable,
};
use crate::{
    factorize::roles::Role,
    graph::{bound::Bound, factor_graph::FactorGraph},
    num::{double::Double, reduce::dot},
    plan::{Plan, layout::Id},
};

/// Entries of a block, at most.
const ENTRIES: usize = 128;
/// Numbers of its covariates, at most.
const LARGEST: usize = 1 << 25;
/// Rounds: each takes off what rounding has left of the one before.
const ROUNDS: usize = 3;
/// A column of which no more is left than that is a combination of others.
const NOTHING: f64 = 1e-14;

/// The blocks of a plan that can be turned, turned.
pub fn turns(graph: &FactorGraph, bound: &Bound, plan: &Plan, movable: &Movable) -> Vec<Turn> {
    let of = |v| turn(graph, bound, plan, movable, v);
    plan.vars.ids().filter_map(of).collect()
}

fn turn(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    movable: &Movable,
    v: crate::plan::layout::VarId,
) -> Option<Turn> {
    let var = &plan.vars[v];
    let d = var.shape.entries().filter(|d| (2..=ENTRIES).contains(d))?;
    let mut members = vec![];
    let mut first = 0;
    for (&node, inside) in var.nodes.iter().zip(&var.inside) {
        let n = &graph.nodes[node.0];
        if !n.spec.location {
            continue;
        }
        let count = inside.iter().map(|p| p.1).product();
        let outer = n.plates.len().checked_sub(inside.len())?;
        let last = n.plates[outer..].iter().eq(inside.iter().map(|p| &p.0));
        if !movable.nodes[node.0] || n.event.is_some() || !last || inside.len() > 1 {
            return None;
        }
        members.push(TurnMember { node, first, count, outer });
        first += count;
    }
    if first != d {
        return None;
    }
    let mut columns: Vec<Vec<f64>> = vec![vec![]; d];
    for f in graph.factors.iter().filter(|f| f.spec.location && plan.blocks.roles[f.node.0] == Role::Observed)
    {
        let named = locations(&f.args[0].expr, graph);
        if !members.iter().any(|m| named.contains(&m.node)) {
            continue;
        }
        let cells: usize = graph.nodes[f.node.0].plates.iter().map(|&p| bound.plate(p).size).product();
        if (columns[0].len() + cells).saturating_mul(d) > LARGEST {
            return None;
        }
        let rows = coefficients(graph, bound, f, &f.args[0].expr, &members, d)?;
        for row in rows.chunks_exact(d) {
            columns.iter_mut().zip(row).for_each(|(c, x)| c.push(*x));
        }
    }
    let matrix = orthogonal(&columns)?.into();
    Some(Turn { block: v.index(), members, d, matrix })
}

/// L with ones on its diagonal such that the columns of X L are orthogonal; `None` where X is so already.
fn orthogonal(columns: &[Vec<f64>]) -> Option<Vec<f64>> {
    let (d, n) = (columns.len(), columns[0].len() as f64);
    let varies = |c: &Vec<f64>| {
        let mean = c.iter().sum::<f64>() / n;
        c.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / dot(c, c).max(f64::MIN_POSITIVE)
    };
    let mut order: Vec<(f64, usize)> = columns.iter().map(varies).zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut done: Vec<(Vec<f64>, Vec<f64>)> = vec![];
    let mut matrix = vec![0.0; d * d];
    let mut any = false;
    for (_, i) in order {
        let mut of = vec![0.0; d];
        of[i] = 1.0;
        let mut column = columns[i].clone();
        for _ in 0..ROUNDS {
            for (other, its) in &done {
                let square = dot(other, other);
                let share = if square > 0.0 { dot(other, &column) / square } else { 0.0 };
                column.iter_mut().zip(other).for_each(|(x, o)| *x -= share * o);
                of.iter_mut().zip(its).for_each(|(a, b)| *a -= share * b);
            }
            for (row, x) in column.iter_mut().enumerate() {
                let terms = of.iter().zip(columns).filter(|(a, _)| **a != 0.0);
                let sum = terms.fold(Double::default(), |s, (a, c)| s + Double::product(*a, c[row]));
                *x = sum.rounded();
            }
        }
        if dot(&column, &column) <= NOTHING * NOTHING * dot(&columns[i], &columns[i]) {
            column.clone_from(&columns[i]);
            of.fill(0.0);
            of[i] = 1.0;
        }
        any |= of.iter().enumerate().any(|(j, a)| j != i && *a != 0.0);
        of.iter().enumerate().for_each(|(j, a)| matrix[j * d + i] = *a);
        done.push((column, of));
    }
    (any && matrix.iter().all(|x| x.is_finite())).then_some(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_since_1970_and_their_squares_are_orthogonal_to_an_intercept() {
        let hours: Vec<f64> = (0..20).map(|i| 4.4e5 + f64::from(i)).collect();
        let squares: Vec<f64> = hours.iter().map(|x| x * x).collect();
        let columns = [squares, hours, vec![1.0; 20]];
        let l = orthogonal(&columns).expect("they are not orthogonal");
        assert_eq!([l[0], l[4], l[8]], [1.0; 3]);
        let turned: Vec<Vec<f64>> = (0..3)
            .map(|i| {
                let at = |row: usize| {
                    let sum = (0..3)
                        .fold(Double::default(), |s, j| s + Double::product(l[j * 3 + i], columns[j][row]));
                    sum.rounded()
                };
                (0..20).map(at).collect()
            })
            .collect();
        for i in 0..3 {
            for k in 0..i {
                let (a, b) = (&turned[i], &turned[k]);
                let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
                assert!(cosine.abs() < 1e-6, "{i}, {k}: {cosine}");
            }
        }
        assert_eq!(turned[2], vec![1.0; 20]);
        assert!(orthogonal(&[vec![1.0, 1.0], vec![1.0, -1.0]]).is_none());
        // What says the same twice stays as it is.
        assert!(orthogonal(&[vec![1.0, 1.0], vec![2.0, 2.0]]).is_none());
    }
}
