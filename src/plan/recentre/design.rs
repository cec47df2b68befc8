//! What stands before each entry of a block in a line's mean, at each of the line's elements: the rows of a design
//! matrix. Not here: what is made of it.

use super::{affine::part_of, centres::TurnMember, movable::codes};
use crate::{
    graph::{
        bound::Bound,
        evaluate::{Environment, Indices, Steps, each_ref, indices, selectors},
        factor_graph::{Expr, Factor, FactorGraph, Index, Target},
    },
    shape::NodeId,
};

/// Elements evaluated at once: their values stay in cache.
const TOGETHER: usize = 1024;

/// Coefficients, elements × `d`; empty where the expression names no member. `None` where they are not known, or
/// no numbers.
pub(super) fn coefficients(
    graph: &FactorGraph,
    bound: &Bound,
    f: &Factor,
    expr: &Expr,
    members: &[TurnMember],
    d: usize,
) -> Option<Vec<f64>> {
    let member = |n: NodeId| members.iter().find(|m| m.node == n);
    let Some(part) = part_of(expr, &|n| member(n).is_some()).ok()? else { return Some(vec![]) };
    if !part.axes.is_empty() {
        return None;
    }
    let mut known = true;
    each_ref(&part, &mut |r| {
        let Target::Node(n) = r.target else { return };
        let inner = member(n).map_or(&[][..], |m| r.index.get(m.outer..).unwrap_or(&[]));
        known &= inner.iter().all(|i| !matches!(i, Index::Gate(g) if codes(bound, g).is_none()));
    });
    if !known {
        return None;
    }
    let node = &graph.nodes[f.node.0];
    let sizes: Vec<usize> = node.plates.iter().map(|&p| bound.plate(p).size).collect();
    let count: usize = sizes.iter().product();
    let mut gates = vec![];
    selectors(&part, &mut gates);
    let steps = Steps::new(bound);
    let mut out = vec![0.0; count * d];
    for m in members {
        let plates = &graph.nodes[m.node.0].plates;
        let all: usize = plates.iter().map(|&p| bound.plate(p).size).product();
        for i in 0..m.count {
            let zeros: Vec<Vec<f64>> = members
                .iter()
                .map(|o| {
                    let of = graph.nodes[o.node.0].plates.iter().map(|&p| bound.plate(p).size);
                    vec![0.0; of.product()]
                })
                .collect();
            let unit: Vec<f64> = (0..all).map(|e| f64::from(u8::from(e % m.count == i))).collect();
            let mut numbers: Vec<Option<&[f64]>> = vec![None; graph.nodes.len()];
            members.iter().zip(&zeros).for_each(|(o, z)| numbers[o.node.0] = Some(z));
            numbers[m.node.0] = Some(&unit);
            for first in (0..count).step_by(TOGETHER) {
                let here = first..count.min(first + TOGETHER);
                let mut env = Environment::new(graph, bound, &steps, here.len());
                let at = indices(&sizes, here.clone());
                node.plates.iter().zip(&at).for_each(|(&p, at)| env.in_plate(p, at.clone()));
                env.nodes(&numbers);
                for g in &gates {
                    if let Some(codes) = codes(bound, g) {
                        let at = env.element(g);
                        let of = |i| codes.get(at.at(i)).map_or(0, |&c| c as usize);
                        env.choose(g, Indices::Each((0..here.len()).map(of).collect()));
                    }
                }
                let value = env.value(&part);
                for (k, e) in here.enumerate() {
                    let x = value.at(k)[0];
                    if !x.is_finite() {
                        return None;
                    }
                    out[e * d + m.first + i] = x;
                }
            }
        }
    }
    Some(out)
}
