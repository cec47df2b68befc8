//! What a run makes of values and parameters that the caller starts a block from: its first moments. Not
//! here: how they are checked (`given_values`), nor starts of selectors (`start`).

use super::{
    error::Breakdown,
    given::{GivenStart, What},
    session::apply,
};
use crate::{
    expfam::family::Parameter,
    graph::FactorGraph,
    plan::{
        Plan,
        layout::VarId,
        var::{Algorithm, Var},
    },
};
use std::{ops::Range, sync::Arc};

/// Moments of the elements `range` of variable `v`. `eta` and `moments` hold the prior's of these elements,
/// and are written over; what the caller does not give stays as the prior has it.
pub(super) fn write(
    graph: &FactorGraph,
    plan: &Plan,
    v: VarId,
    starts: &[GivenStart],
    range: Range<usize>,
    eta: &mut [f64],
    moments: &mut [f64],
) -> Result<(), Breakdown> {
    let var = &plan.vars[v];
    match var.algorithm {
        Algorithm::Gaussian | Algorithm::GaussianChain => {
            starts.iter().try_for_each(|s| gaussian(var, s, range.clone(), moments))
        }
        Algorithm::Family(f) => {
            let Some(start) = starts.last() else { return Ok(()) };
            match &start.what {
                What::Values(values) => {
                    let stat = graph.nodes[start.node.0].spec.stat;
                    let w = stat.value.width(var.d);
                    for (x, m) in values[range.start * w..range.end * w]
                        .chunks_exact(w)
                        .zip(moments.chunks_exact_mut(var.width))
                    {
                        // Checked when they were given.
                        let _ = (stat.of_value)(x, var.d, m);
                    }
                    Ok(())
                }
                What::Parameters(given) => {
                    for (at, e) in range.clone().zip(eta.chunks_exact_mut(var.width)) {
                        let mut all = f.parameters(var.d, e);
                        all.iter_mut().enumerate().for_each(|(i, p)| replace(p, i, given, at));
                        e.copy_from_slice(&f.natural(var.d, &all));
                    }
                    apply(var, &|i| range.start + i, eta, moments, &mut vec![0.0; range.len()])
                }
                What::Responsibilities(_) => Ok(()),
            }
        }
        Algorithm::Joint(_) => joint(graph, var, starts, range, eta, moments),
        // Not given (`given_values`).
        _ => Ok(()),
    }
}

/// Takes over element `at` of a parameter that is given, by its place in the node's list.
fn replace(p: &mut Parameter, place: usize, given: &[(usize, Arc<[f64]>)], at: usize) {
    if let Some((_, values)) = given.iter().find(|g| g.0 == place) {
        let w = p.values.len();
        p.values.copy_from_slice(&values[at * w..(at + 1) * w]);
    }
}

/// A pair: parameters of either, or values of either. A member without a start is where its prior has its
/// mean.
fn joint(
    graph: &FactorGraph,
    var: &Var,
    starts: &[GivenStart],
    range: Range<usize>,
    eta: &mut [f64],
    moments: &mut [f64],
) -> Result<(), Breakdown> {
    let Algorithm::Joint(j) = var.algorithm else { return Ok(()) };
    let given = |member: usize| starts.iter().find(|s| s.member == member);
    let values = |s: &GivenStart| matches!(s.what, What::Values(_));
    if starts.iter().any(values) && !starts.iter().all(values) {
        return Err(Breakdown::Improper(
            "one node of a pair starts from values, the other from parameters".into(),
        ));
    }
    if starts.iter().all(values) {
        for ((at, e), m) in range.zip(eta.chunks_exact(var.width)).zip(moments.chunks_exact_mut(var.width)) {
            let each: Vec<Vec<f64>> = (0..var.nodes.len())
                .map(|member| {
                    match given(member).map(|s| (&s.what, graph.nodes[s.node.0].spec.stat.value.width(var.d)))
                    {
                        Some((What::Values(x), w)) => x[at * w..(at + 1) * w].to_vec(),
                        _ => j.summary(member, var.d, e).mean,
                    }
                })
                .collect();
            m.copy_from_slice(&j.of_values(var.d, &each.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        }
        return Ok(());
    }
    let (first, count) = (range.start, range.len());
    for (at, e) in range.zip(eta.chunks_exact_mut(var.width)) {
        let mut all = j.parameters(var.d, e);
        for s in starts {
            if let What::Parameters(given) = &s.what {
                j.member_parameters(s.member)
                    .iter()
                    .enumerate()
                    .for_each(|(i, &p)| replace(&mut all[p], i, given, at));
            }
        }
        e.copy_from_slice(&j.natural(var.d, &all));
    }
    apply(var, &|i| first + i, eta, moments, &mut vec![0.0; count])
}

/// A member of a Gaussian vector: its mean, and its own part of the covariance, which for values is zero. It
/// starts independent of the other members.
fn gaussian(
    var: &Var,
    start: &GivenStart,
    range: Range<usize>,
    moments: &mut [f64],
) -> Result<(), Breakdown> {
    let (d, (first, inner, each)) = (var.d, start.entries);
    let of = |place: usize| match &start.what {
        What::Values(x) if place == MEAN => Some(x),
        What::Parameters(all) => all.iter().find(|p| p.0 == place).map(|p| &p.1),
        _ => None,
    };
    let (means, precisions) = (of(MEAN), of(PRECISION));
    for (e, m) in range.zip(moments.chunks_exact_mut(var.width)) {
        let (mean, second) = m.split_at_mut(d);
        let outer = |second: &mut [f64], mean: &[f64], sign: f64| {
            second.iter_mut().enumerate().for_each(|(i, s)| *s += sign * mean[i / d] * mean[i % d]);
        };
        // The covariance, until the end.
        outer(second, mean, -1.0);
        for i in 0..inner {
            let (from, item) = (first + i * each, e * inner + i);
            if let Some(x) = means {
                mean[from..from + each].copy_from_slice(&x[item * each..(item + 1) * each]);
            }
            let at = |k: usize| (from + k / each) * d + from + k % each;
            let mut own: Vec<f64> = (0..each * each).map(|k| second[at(k)]).collect();
            if matches!(start.what, What::Values(_)) {
                own.fill(0.0);
            }
            if let Some(p) = precisions {
                let p = nalgebra::DMatrix::from_row_slice(
                    each,
                    each,
                    &p[item * each * each..(item + 1) * each * each],
                );
                let Some(c) = p.cholesky() else {
                    return Err(Breakdown::Improper(format!(
                        "the precision is not positive definite (element {})",
                        item + 1
                    )));
                };
                own.copy_from_slice(c.inverse().as_slice());
            }
            for a in from..from + each {
                for b in 0..d {
                    (second[a * d + b], second[b * d + a]) = (0.0, 0.0);
                }
            }
            own.iter().enumerate().for_each(|(k, c)| second[at(k)] = *c);
        }
        outer(second, mean, 1.0);
    }
    Ok(())
}

/// Places of the parameters in the list of a Gaussian's.
const MEAN: usize = 0;
/// See `MEAN`.
const PRECISION: usize = 1;
