//! A jointly Gaussian block: its members, why it was taken, and how products are written in its moments. Not
//! here: which variables are claimed (`claims`), nor where the entries of a sparse one stand (`sparse`).

use crate::{
    block::kind::sparse::Pattern,
    expfam::stat::PartShape,
    graph::{
        energy::{Element, Energy, EnergyTerm, Op, Rewritten, Source, View},
        factor_graph::FactorGraph,
    },
    shape::{NodeId, PlateId},
};
use std::{collections::HashMap, sync::Arc};

/// Gaussian nodes kept under one joint vector for each element of `outer`.
#[derive(Clone, Debug)]
pub struct GaussianJoint {
    /// In file order; their entries stand one after the other in the vector.
    pub members: Vec<Member>,
    /// Plates with one block for each element; of a chain, its steps too.
    pub outer: Vec<PlateId>,
    /// The `Steps` plate along which neighbours are coupled, if it is a chain.
    pub chain: Option<PlateId>,
    /// Of a chain: over how many steps each step keeps its moments with earlier ones. 0: neighbours only, and
    /// what couples them is the same for all steps, so that the sum of their moments is enough.
    pub lags: usize,
    /// The precision that scales the block's, if it is kept with it (`scaled`).
    pub scale: Option<NodeId>,
    /// Whether only pairs that some product joins are kept; there is one block then, and all plates are
    /// inside.
    pub sparse: bool,
    /// Of a sparse block: which pairs the data join; without data, none.
    pub pattern: Option<Arc<Pattern>>,
}

impl GaussianJoint {
    /// Its nodes, members first.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.members.iter().map(|m| m.node).chain(self.scale).collect()
    }
}

/// One node of a jointly Gaussian block.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The node.
    pub node: NodeId,
    /// Plates whose elements are entries of the vector, in the node's order.
    pub inner: Vec<PlateId>,
    /// Whether each element is itself a vector.
    pub vector: bool,
}

/// A sparse block of these nodes.
pub fn all_inside(graph: &FactorGraph, nodes: &[NodeId]) -> GaussianJoint {
    let member = |&node: &NodeId| {
        let n = &graph.nodes[node.0];
        Member { node, inner: n.plates.clone(), vector: n.spec.stat.value == PartShape::Vector }
    };
    GaussianJoint {
        members: nodes.iter().map(member).collect(),
        outer: vec![],
        chain: None,
        lags: 0,
        scale: None,
        sparse: true,
        pattern: None,
    }
}

/// Why a block was taken.
pub fn why(graph: &FactorGraph, joint: &GaussianJoint) -> String {
    let names: Vec<String> =
        joint.members.iter().map(|m| format!("`{}`", graph.nodes[m.node.0].name)).collect();
    if let Some(p) = joint.chain {
        let t = &graph.plates[p.0].name;
        let depend = if names.len() == 1 { "depends" } else { "depend" };
        let on = match joint.lags {
            0 | 1 => "the step before".to_string(),
            lags => format!("up to {lags} steps before"),
        };
        return format!(
            "{} at {t} {depend} on {on}: a Kalman smoother keeps all steps of a sequence exact.",
            names.join(", ")
        );
    }
    if let Some(tau) = joint.scale {
        let tau = &graph.nodes[tau.0].name;
        return format!(
            "Every product with {} holds the precision `{tau}` once, so one Normal–Gamma of the vector and `{tau}` keeps their coupling exact.",
            names.join(", ")
        );
    }
    if joint.sparse {
        let what = match names.as_slice() {
            [one] => format!("Elements of {one} enter means affinely together"),
            all => format!("{} enter means affinely together", all.join(", ")),
        };
        return format!("{what}, and few of them meet: one sparse Gaussian keeps their coupling exact.");
    }
    if names.len() == 1 {
        format!(
            "The entries of {} stand together in a mean, so one Gaussian vector keeps their coupling exact.",
            names[0]
        )
    } else {
        format!(
            "{} enter means affinely together, so one Gaussian vector keeps their coupling exact.",
            names.join(", ")
        )
    }
}

/// The factors that hold a member, written in the joint's moments.
pub fn rewritten(graph: &FactorGraph, energy: &Energy, joint: &GaussianJoint, index: usize) -> Rewritten {
    let holding = energy.holding_any(joint.members.iter().map(|m| Source::Node(m.node)));
    let place: HashMap<NodeId, usize> = joint.members.iter().enumerate().map(|(i, m)| (m.node, i)).collect();
    let rewrite = |i: usize| {
        let mut f = energy.factor(i).clone();
        f.terms.iter_mut().for_each(|t| rewrite_term(graph, t, joint, &place, index));
        (i, f)
    };
    holding.into_iter().map(rewrite).collect()
}

/// Writes the moments of members, by their places, into one product.
fn rewrite_term(
    graph: &FactorGraph,
    term: &mut EnergyTerm,
    joint: &GaussianJoint,
    place: &HashMap<NodeId, usize>,
    index: usize,
) {
    let member = |o: &Op| match o.source {
        Source::Node(n) => place.get(&n).copied(),
        _ => None,
    };
    // Each op of a member as views; two ops of the same outer element become one entry of the second moment.
    let mut out: Vec<Op> = vec![];
    for op in &term.ops {
        let Some(m) = member(op) else {
            out.push(op.clone());
            continue;
        };
        let of = &joint.members[m];
        let plates = &graph.nodes[of.node.0].plates;
        let pick = |inside: bool| -> Vec<Element> {
            plates
                .iter()
                .zip(&op.elements)
                .filter(|(p, _)| of.inner.contains(p) == inside)
                .map(|(_, e)| *e)
                .collect()
        };
        // Outer elements in the joint's order of plates.
        let outer: Vec<Element> = joint
            .outer
            .iter()
            .filter_map(|p| plates.iter().position(|q| q == p).map(|axis| op.elements[axis]))
            .collect();
        let view = |axis: Option<usize>| View { member: m, elements: pick(true), axis };
        let views = match (op.part, op.axes.as_slice()) {
            (0, []) => vec![view(None)],
            (0, [a]) => vec![view(Some(*a))],
            (_, []) => vec![view(None), view(None)],
            (_, axes) => vec![view(axes.first().copied()), view(axes.get(1).copied())],
        };
        let part = views.len() - 1;
        let mut new =
            Op { source: Source::Gaussian(index), part, elements: outer, axes: vec![], copy: op.copy, views };
        let partner = out
            .iter()
            .position(|o| o.source == new.source && o.part == 0 && part == 0 && o.elements == new.elements);
        match partner {
            Some(at) => {
                new.views = [out[at].views.as_slice(), &new.views].concat();
                new.part = 1;
                out[at] = new;
            }
            None => match out
                .iter()
                .position(|o| joint.lags > 0 && o.source == new.source && o.part == 0 && part == 0)
            {
                Some(at) => {
                    // Two steps: the later one's element, its moment with that so many steps before.
                    let back = |o: &Op| {
                        joint
                            .outer
                            .iter()
                            .zip(&o.elements)
                            .find(|x| Some(*x.0) == joint.chain)
                            .map_or(0, |x| lag(*x.1))
                    };
                    let (then, now) = if back(&out[at]) > back(&new) {
                        (out[at].clone(), new)
                    } else {
                        (new, out[at].clone())
                    };
                    let part = 1 + (back(&then) - back(&now)) as usize;
                    out[at] = Op { part, views: [then.views.as_slice(), &now.views].concat(), ..now };
                }
                None => out.push(new),
            },
        }
    }
    term.ops = out;
}

/// Steps before the letter's own.
pub fn lag(e: Element) -> u32 {
    match e {
        Element::Before { lag, .. } => lag,
        _ => 0,
    }
}
