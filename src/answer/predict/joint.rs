//! The joint probabilities of several categories that a line's selectors are: of predicted ones, by way of
//! what they depend on in the same row; of those that q keeps together, their block's. Not here: steps
//! before, which are told already.

use super::{
    beliefs::Beliefs,
    rows::{Rows, written},
};
use crate::{
    graph::{
        evaluate::{self, Environment, Indices},
        factor_graph::{Factor, Index, Ref, Target},
    },
    shape::NodeId,
};

/// A category: its node and element.
pub(super) type Site = (usize, usize);

/// Probabilities of a line's categories where the environment stands, some selectors as it has chosen them.
pub(super) type Tell<'t> = &'t dyn Fn(Environment<'_>, &Factor, usize, &[&Ref]) -> Option<Vec<f64>>;

/// States of all categories together, at most; more are taken as independent.
const MOST_STATES: usize = 1 << 14;

/// Probabilities of the sites' states, row-major; `None` where they are independent, or there are too many.
pub(super) fn joint(
    rows: &Rows<'_>,
    beliefs: &Beliefs<'_>,
    sites: &[Site],
    tell: Tell<'_>,
) -> Option<Vec<f64>> {
    let several = sites.iter().filter(|s| beliefs.is_predicted(**s)).count() > 1;
    if !several && beliefs.kept_together(sites).is_empty() {
        return None;
    }
    let mut all = vec![];
    sites.iter().for_each(|&s| visit(rows, beliefs, s, &mut all));
    let width = |s: &Site| beliefs.nodes[s.0].width;
    let states =
        all.iter().try_fold(1_usize, |n, s| n.checked_mul(width(s)).filter(|n| *n <= MOST_STATES))?;
    let groups = beliefs.kept_together(&all);
    let grouped = |i: usize| groups.iter().any(|g| g.0.contains(&i));
    let mut out = vec![0.0; sites.iter().map(width).product()];
    let place: Vec<usize> = sites.iter().filter_map(|s| all.iter().position(|t| t == s)).collect();
    for mut n in 0..states {
        let mut state = vec![0; all.len()];
        for (c, s) in state.iter_mut().zip(&all).rev() {
            *c = n % width(s);
            n /= width(s);
        }
        let of_group = |(members, table): &(Vec<usize>, Vec<f64>)| {
            table[members.iter().fold(0, |at, &i| at * width(&all[i]) + state[i])]
        };
        let mut p: f64 = groups.iter().map(of_group).product();
        for (i, s) in all.iter().enumerate().filter(|(i, _)| !grouped(*i)) {
            if p == 0.0 {
                break;
            }
            p *= given((rows, beliefs, tell), *s, &all[..i], &state[..i])[state[i]];
        }
        out[place.iter().zip(sites).fold(0, |at, (&i, s)| at * width(s) + state[i])] += p;
    }
    Some(out)
}

/// The line that gives a site, and an environment that stands there.
fn stand<'a>(rows: &'a Rows<'_>, (node, element): Site) -> Option<(&'a Factor, Environment<'a>)> {
    let line = rows.line_of(NodeId(node), element)?;
    let plates = &rows.graph.nodes[node].plates;
    let mut env = Environment::new(rows.graph, rows.bound, &rows.steps, 1);
    for &p in plates {
        env.in_plate(p, Indices::Each(vec![rows.index(NodeId(node), p, element)]));
    }
    Some((line, env))
}

/// The selectors of a line.
fn selectors(line: &Factor) -> Vec<&Ref> {
    let mut out = vec![];
    written(line).1.iter().for_each(|a| evaluate::selectors(&a.expr, &mut out));
    out
}

/// Adds what a site depends on in its own row, then itself.
fn visit(rows: &Rows<'_>, beliefs: &Beliefs<'_>, site: Site, out: &mut Vec<Site>) {
    if out.contains(&site) {
        return;
    }
    if let Some((line, env)) = stand(rows, site).filter(|_| beliefs.is_predicted(site)) {
        let here = |r: &&Ref| !r.index.iter().any(|i| matches!(i, Index::Before { .. } | Index::Parent(_)));
        for r in selectors(line).into_iter().filter(here) {
            if let Target::Node(n) = r.target {
                visit(rows, beliefs, (n.0, env.element(r).at(0)), out);
            }
        }
    }
    out.push(site);
}

/// Probabilities of a site, given the states of sites before it.
fn given(
    (rows, beliefs, tell): (&Rows<'_>, &Beliefs<'_>, Tell<'_>),
    site: Site,
    before: &[Site],
    state: &[usize],
) -> Vec<f64> {
    let w = beliefs.nodes[site.0].width;
    let marginal = || beliefs.nodes[site.0].mean[site.1 * w..(site.1 + 1) * w].to_vec();
    let Some((line, mut env)) = stand(rows, site).filter(|_| beliefs.is_predicted(site)) else {
        return marginal();
    };
    let mut fixed = vec![];
    for r in selectors(line) {
        let Target::Node(n) = r.target else { continue };
        let at = (n.0, env.element(r).at(0));
        if let Some(i) = before.iter().position(|s| *s == at) {
            fixed.push((r, state[i]));
        }
    }
    for &(r, c) in &fixed {
        env.choose(r, Indices::Same(c));
    }
    let fixed: Vec<&Ref> = fixed.into_iter().map(|f| f.0).collect();
    match tell(env, line, w, &fixed) {
        Some(told) if told.len() == w => told,
        _ => marginal(),
    }
}
