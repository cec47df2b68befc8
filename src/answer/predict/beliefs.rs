//! What is believed of every number of every node: known, of q, or predicted so far. Not here: how
//! predictions are made (`line`).

use super::form::{Atom, Form};
use crate::{
    answer::{law::Law, marginals::Elements},
    block::{marginal::Law as Of, shape::Entry},
    plan::{Plan, layout::VarId},
};
use std::collections::HashMap;

/// η and moments of a block's elements.
pub(in crate::answer) type BlockNumbers<'a> = HashMap<VarId, [&'a [f64]; 2]>;

/// All nodes.
pub(super) struct Beliefs<'a> {
    pub(super) plan: &'a Plan,
    pub(super) nodes: Vec<Belief<'a>>,
    pub(super) blocks: &'a BlockNumbers<'a>,
}

/// One node; elements are those of the data.
#[derive(Default)]
pub(super) struct Belief<'a> {
    /// Numbers of one element.
    pub(super) width: usize,
    /// Of each number its expectation; of categories, their probabilities.
    pub(super) mean: Vec<f64>,
    /// Standard deviations; empty where none is reported.
    pub(super) sd: Vec<f64>,
    /// Whether numbers add: they are told apart by how they vary together.
    pub(super) real: bool,
    /// q of the elements that have one, and the place of each element of the data there; all in order where
    /// `None`.
    pub(super) kept: Option<(&'a Elements<'a>, VarId, Option<Vec<u32>>)>,
    /// Of predicted elements, whether they are made yet; empty where there are none.
    pub(super) hole: Vec<bool>,
    /// Of predicted real numbers, the variance of what their own line adds.
    pub(super) own: Vec<f64>,
    /// Of predicted real numbers, what else they are made of.
    pub(super) made_of: HashMap<usize, Vec<(Atom, f64)>>,
    /// Of predicted elements, whether they are Gaussian; empty where there are none.
    pub(super) gaussian: Vec<bool>,
    /// Of predicted elements their distributions, as components with their shares; nothing where none are asked for.
    pub(super) laws: Option<HashMap<usize, Vec<(f64, Law)>>>,
    /// Of predicted elements, E x⁻¹ and E x⁻².
    pub(super) inverse: HashMap<usize, Vec<f64>>,
}

impl Belief<'_> {
    fn predicted(&self, element: usize) -> bool {
        self.hole.get(element).copied().unwrap_or(false)
    }

    /// The block of q.
    fn block(&self) -> Option<VarId> {
        self.kept.as_ref().map(|k| k.1)
    }

    /// The place of an element among those of q.
    fn place(&self, element: usize) -> Option<(&Elements<'_>, usize)> {
        if self.predicted(element) {
            return None;
        }
        let (elements, _, places) = self.kept.as_ref()?;
        Some((elements, places.as_ref().map_or(element, |p| p[element] as usize)))
    }
}

impl Beliefs<'_> {
    /// Has an element of a node no q?
    pub(super) fn is_predicted(&self, (node, element): (usize, usize)) -> bool {
        self.nodes[node].predicted(element)
    }

    /// Are these numbers Gaussian together?
    pub(super) fn are_gaussian(&self, atoms: &[(Atom, f64)]) -> bool {
        atoms.iter().all(|&((node, number), _)| {
            let belief = &self.nodes[node];
            let element = number / belief.width.max(1);
            match belief.place(element) {
                Some((elements, _)) => matches!(elements.marginal.law, Of::Family(..) | Of::Cells),
                None => belief.gaussian.get(element).copied().unwrap_or(false),
            }
        })
    }

    /// One real number of a node.
    pub(super) fn form(&self, (node, number): Atom) -> Form {
        let belief = &self.nodes[node];
        let mean = belief.mean.get(number).copied().unwrap_or(f64::NAN);
        let element = number / belief.width.max(1);
        if belief.predicted(element) {
            let mut linear = belief.made_of.get(&number).cloned().unwrap_or_default();
            linear.push(((node, number), 1.0));
            return Form { mean, linear, ..Form::default() };
        }
        match belief.place(element) {
            Some(_) => Form { mean, linear: vec![((node, number), 1.0)], ..Form::default() },
            None => Form::known(mean),
        }
    }

    /// E x^p of one number, p from −2 to 2.
    pub(super) fn power(&self, (node, number): Atom, p: i32) -> f64 {
        let belief = &self.nodes[node];
        let mean = belief.mean.get(number).copied().unwrap_or(f64::NAN);
        let (element, width) = (number / belief.width.max(1), belief.width.max(1));
        let place = belief.place(element);
        if place.is_none() && !belief.predicted(element) {
            return mean.powi(p);
        }
        match p {
            1 => mean,
            2 => belief.sd.get(number).map_or(f64::NAN, |sd| sd * sd + mean * mean),
            // Of others there is no closed form.
            _ if !(-2..0).contains(&p) => f64::NAN,
            _ => match place {
                Some((elements, at)) => {
                    let m = &elements.marginal;
                    let all = m.law.inverse(&m.numbers[at * m.width..(at + 1) * m.width], -p);
                    all.get(number % width).copied().unwrap_or(f64::NAN)
                }
                None => {
                    let all = belief.inverse.get(&element);
                    all.and_then(|x| x.get((-p - 1) as usize)).copied().unwrap_or(f64::NAN)
                }
            },
        }
    }

    /// The variance of one number.
    pub(super) fn variance(&self, (node, number): Atom) -> f64 {
        let belief = &self.nodes[node];
        let element = number / belief.width.max(1);
        if belief.place(element).is_none() && !belief.predicted(element) {
            return 0.0;
        }
        belief.sd.get(number).map_or(f64::NAN, |sd| sd * sd)
    }

    /// E X⁻¹ of one matrix.
    pub(super) fn inverse(&self, node: usize, element: usize) -> Vec<f64> {
        let belief = &self.nodes[node];
        match belief.place(element) {
            Some((elements, at)) => {
                let m = &elements.marginal;
                m.law.inverse(&m.numbers[at * m.width..(at + 1) * m.width], 1)
            }
            None => belief.inverse.get(&element).cloned().unwrap_or_else(|| vec![f64::NAN; belief.width]),
        }
    }

    /// The block's element that a category of q stands in, which member it is, and its place among the member's
    /// own elements there.
    fn home(&self, (node, element): (usize, usize)) -> Option<(VarId, usize, (usize, usize))> {
        let belief = &self.nodes[node];
        let (elements, at) = belief.place(element)?;
        let block = belief.block()?;
        let inside: usize = self.plan.vars[block].inside[elements.member].iter().map(|p| p.1).product();
        let place = elements.places[at];
        Some((block, place / inside.max(1), (elements.member, place % inside.max(1))))
    }

    /// Categories that one table of a block holds: for each group of several, their places among the sites,
    /// and their joint probabilities.
    pub(super) fn kept_together(&self, sites: &[(usize, usize)]) -> Vec<(Vec<usize>, Vec<f64>)> {
        let homes: Vec<_> = sites.iter().map(|s| self.home(*s)).collect();
        let mut out: Vec<(Vec<usize>, Vec<f64>)> = vec![];
        for (i, home) in homes.iter().enumerate() {
            let Some((block, element, _)) = *home else { continue };
            let same = |k: &usize| homes[*k].is_some_and(|h| (h.0, h.1) == (block, element));
            let group: Vec<usize> = (0..sites.len()).filter(same).collect();
            let var = &self.plan.vars[block];
            if group.len() < 2 || group[0] != i {
                continue;
            }
            let Some([_, moments]) = self.blocks.get(&block).filter(|_| var.shape.of_categories()) else {
                continue;
            };
            let sites: Vec<(usize, usize)> = group.iter().filter_map(|&k| homes[k].map(|h| h.2)).collect();
            let moments = &moments[element * var.width..(element + 1) * var.width];
            if let Some(joint) = var.shape.joint(&sites, moments) {
                out.push((group, joint));
            }
        }
        out
    }

    /// How two atoms vary together: as their block says, or, of what lines add, not at all.
    pub(super) fn covariance(&self, a: Atom, b: Atom) -> f64 {
        let (x, y) = (&self.nodes[a.0], &self.nodes[b.0]);
        let (e, f) = (a.1 / x.width.max(1), b.1 / y.width.max(1));
        match (x.place(e), y.place(f)) {
            _ if a == b && x.predicted(e) => x.own.get(a.1).copied().unwrap_or(f64::NAN),
            _ if a == b => x.sd.get(a.1).map_or(f64::NAN, |sd| sd * sd),
            (Some((one, at)), Some((two, to))) if x.block() == y.block() => {
                let Some(block) = x.block() else { return 0.0 };
                let entry = |e: &Elements<'_>, at: usize, w: usize, number: usize| {
                    let inside: usize = self.plan.vars[block].inside[e.member].iter().map(|p| p.1).product();
                    let place = e.places[at];
                    let entry = place % inside.max(1) * w + number % w.max(1);
                    (place / inside.max(1), Entry { member: e.member, entry })
                };
                let ((i, a), (k, b)) = (entry(one, at, x.width, a.1), entry(two, to, y.width, b.1));
                let var = &self.plan.vars[block];
                let Some([eta, moments]) = self.blocks.get(&block) else { return 0.0 };
                let of = |e: usize| e * var.width..(e + 1) * var.width;
                if i == k {
                    return var.shape.covariance([a, b], &eta[of(i)], &moments[of(i)]);
                }
                // Two steps of one sequence: nothing else is named together.
                let ((first, a), (then, b)) = if i < k { ((i, a), (k, b)) } else { ((k, b), (i, a)) };
                let lag = (then - first) / var.inner().max(1);
                var.shape.covariance_back(lag, [a, b], [&moments[of(first)], &moments[of(then)]])
            }
            _ => 0.0,
        }
    }
}
