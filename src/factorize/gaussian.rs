//! Claims of jointly Gaussian blocks: variables that enter means affinely together are kept together, variables that multiply each other
//! are not. Not here: the block's algorithm (`block`), chains and sparse blocks.
//!
//! Two Gaussian variables meet in a product either because a mean multiplies them (`dot(W[j], h[n])`) or because they stand in
//! different summands of one residual x − Σ terms. The first kind can't share a block; the second kind may, and then the product is an
//! entry of the block's second moment. Plates on which all such meetings agree stay outside: one block for each of their elements.

use super::{Blocks, roles::Role};
use crate::{
    expfam::stat::{GAUSSIAN, GAUSSIAN_VECTOR},
    graph::{
        energy::{Element, Energy, EnergyTerm, Op, Source, View},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{NodeId, PlateId},
};

/// Gaussian nodes kept under one joint vector for each element of `outer`.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianJoint {
    /// In file order; their entries stand one after the other in the vector.
    pub members: Vec<Member>,
    /// Plates with one block for each element; of a chain, its steps too.
    pub outer: Vec<PlateId>,
    /// The `Steps` plate along which neighbours are coupled, if it is a chain.
    pub chain: Option<PlateId>,
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

/// What was claimed, and what stood in the way of more: by node.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The blocks.
    pub joints: Vec<GaussianJoint>,
    /// Why a larger block was not taken.
    pub refusals: Vec<(NodeId, String)>,
}

/// A meeting of two Gaussian variables in a product.
struct Meeting<'a> {
    ops: [&'a Op; 2],
    nodes: [NodeId; 2],
    multiplied: bool,
    strength: usize,
}

/// All blocks, the strongest couplings first: those with the most factors of observed children, then file order. `free` says which nodes
/// nobody has claimed; `together` which may share a block; `steps` whether steps of one sequence may.
pub fn claims(
    graph: &FactorGraph,
    blocks: &Blocks,
    free: &dyn Fn(NodeId) -> bool,
    together: &dyn Fn(&[NodeId]) -> bool,
    steps: bool,
) -> Found {
    let meetings = meetings(graph, blocks, free, steps);
    let mut sets: Vec<Vec<NodeId>> = vec![];
    for m in &meetings {
        for n in m.nodes {
            if !sets.iter().any(|s| s.contains(&n)) {
                sets.push(vec![n]);
            }
        }
    }
    let mut found = Found::default();
    let mut order: Vec<&Meeting<'_>> = meetings.iter().filter(|m| !m.multiplied && m.nodes[0] != m.nodes[1]).collect();
    order.sort_by_key(|m| (std::cmp::Reverse(m.strength), m.nodes));
    for m in order {
        let home = |n: NodeId| sets.iter().position(|s| s.contains(&n));
        let (Some(a), Some(b)) = (home(m.nodes[0]), home(m.nodes[1])) else { continue };
        if a == b {
            continue;
        }
        let mut union = [sets[a].as_slice(), &sets[b]].concat();
        union.sort_unstable();
        let attempt = if together(&union) {
            layout(graph, &blocks.energy, &meetings, &union).map(|_| ())
        } else {
            Err("`factorize` keeps them apart.".to_string())
        };
        match attempt {
            Ok(()) => {
                sets[a] = union;
                sets.remove(b);
            }
            Err(why) => {
                for n in m.nodes {
                    if !found.refusals.contains(&(n, why.clone())) {
                        found.refusals.push((n, why.clone()));
                    }
                }
            }
        }
    }
    for set in sets {
        let meets_itself = meetings.iter().any(|m| m.nodes[0] == m.nodes[1] && set.contains(&m.nodes[0]) && !m.multiplied);
        if set.len() < 2 && !meets_itself {
            continue;
        }
        match layout(graph, &blocks.energy, &meetings, &set) {
            Ok(joint) => found.joints.push(joint),
            Err(why) => set.iter().for_each(|n| found.refusals.push((*n, why.clone()))),
        }
    }
    found.joints.sort_by_key(|j| j.members[0].node);
    found
}

fn meetings<'a>(graph: &FactorGraph, blocks: &'a Blocks, free: &dyn Fn(NodeId) -> bool, steps: bool) -> Vec<Meeting<'a>> {
    let gaussian = |o: &Op| match o.source {
        Source::Node(n) if o.part == 0 && blocks.roles[n.0] == Role::Latent && free(n) => {
            let stat = graph.nodes[n.0].spec.stat;
            (stat == &GAUSSIAN || stat == &GAUSSIAN_VECTOR).then_some(n)
        }
        _ => None,
    };
    let mut out = vec![];
    for f in &blocks.energy.factors {
        let strength = if graph.nodes[f.node.0].observed.is_some() { 1000 } else { 1 };
        for t in &f.terms {
            for (i, a) in t.ops.iter().enumerate() {
                for b in &t.ops[..i] {
                    let apart = a.elements.iter().zip(&b.elements).any(|(x, y)| neighbours(Some(*x), Some(*y)));
                    if apart && !steps {
                        continue;
                    }
                    if let (Some(x), Some(y)) = (gaussian(a), gaussian(b)) {
                        out.push(Meeting { ops: [a, b], nodes: [x, y], multiplied: a.copy == b.copy, strength });
                    }
                }
            }
        }
    }
    out
}

/// The block of a set of nodes, or why there can be none.
fn layout(graph: &FactorGraph, energy: &Energy, meetings: &[Meeting<'_>], set: &[NodeId]) -> Result<GaussianJoint, String> {
    let name = |n: NodeId| format!("`{}`", graph.nodes[n.0].name);
    let inside = |m: &&Meeting<'_>| m.nodes.iter().all(|n| set.contains(n));
    if let Some(m) = meetings.iter().filter(inside).find(|m| m.multiplied) {
        return Err(format!("{} and {} multiply each other, so no Gaussian holds them both.", name(m.nodes[0]), name(m.nodes[1])));
    }
    let plates = |n: NodeId| graph.nodes[n.0].plates.as_slice();
    let mut outer: Vec<PlateId> = plates(set[0]).iter().copied().filter(|p| set.iter().all(|&n| plates(n).contains(p))).collect();
    let mut chain = None;
    for m in meetings.iter().filter(inside) {
        let at = |i: usize, p: PlateId| plates(m.nodes[i]).iter().position(|q| *q == p).map(|axis| m.ops[i].elements[axis]);
        for &p in &outer {
            // Neighbours along steps: a chain keeps them exactly.
            let (Some(x), Some(y)) = (at(0, p), at(1, p)) else { continue };
            let (Element::Before { label, lag }, Element::Label(l)) = (if matches!(x, Element::Before { .. }) { (x, y) } else { (y, x) })
            else {
                continue;
            };
            if label != l {
                continue;
            }
            if lag > 1 {
                return Err(format!("A chain couples neighbours only: {} is also coupled {lag} steps apart.", name(m.nodes[0])));
            }
            if chain.is_some_and(|c| c != p) {
                return Err("Neighbours are coupled along two plates, so they are no chain.".into());
            }
            chain = Some(p);
        }
        outer.retain(|&p| at(0, p).is_some() && (at(0, p) == at(1, p) || chain == Some(p) && neighbours(at(0, p), at(1, p))));
    }
    if let Some(p) = chain.filter(|p| !outer.contains(p)) {
        return Err(format!("Steps along {} are coupled in other ways than by neighbours, so they are no chain.", graph.plates[p.0].name));
    }
    let mut members = vec![];
    for &node in set {
        let inner: Vec<PlateId> = plates(node).iter().copied().filter(|p| !outer.contains(p)).collect();
        if let Some(p) = inner.iter().find(|p| !matches!(graph.plates[p.0].kind, PlateKind::Size(_) | PlateKind::Columns { .. })) {
            let p = &graph.plates[p.0].name;
            let others: Vec<String> = set.iter().filter(|&&n| n != node).map(|&n| name(n)).collect();
            let with = if others.is_empty() { format!("{} at other {p}", name(node)) } else { others.join(", ") };
            return Err(format!(
                "One dense block of all {}[{p}] with {with} would grow with the square of the data.",
                graph.nodes[node.0].name
            ));
        }
        let ops = energy.factors.iter().flat_map(|f| &f.terms).flat_map(|t| &t.ops).filter(|o| o.source == Source::Node(node));
        let picked = ops.flat_map(|o| plates(node).iter().zip(&o.elements)).find(|(p, e)| {
            // A vector's entries are read by letter or by number.
            inner.contains(p) && !matches!(e, Element::Label(_) | Element::At(_))
        });
        if let Some((p, _)) = picked {
            let p = &graph.plates[p.0].name;
            return Err(format!(
                "The data pick elements of {} along {p}, so they can't be the entries of one Gaussian vector.",
                name(node)
            ));
        }
        members.push(Member { node, inner, vector: graph.nodes[node.0].spec.stat == &GAUSSIAN_VECTOR });
    }
    Ok(GaussianJoint { members, outer, chain })
}

/// Are two elements a step and the one before it?
pub(super) fn neighbours(x: Option<Element>, y: Option<Element>) -> bool {
    let one = |x, y| matches!((x, y), (Some(Element::Before { label, lag: 1 }), Some(Element::Label(l))) if label == l);
    one(x, y) || one(y, x)
}

/// Why a block was taken.
pub fn why(graph: &FactorGraph, joint: &GaussianJoint) -> String {
    let names: Vec<String> = joint.members.iter().map(|m| format!("`{}`", graph.nodes[m.node.0].name)).collect();
    if let Some(p) = joint.chain {
        let t = &graph.plates[p.0].name;
        let depend = if names.len() == 1 { "depends" } else { "depend" };
        return format!("{} at {t} {depend} on the step before: a Kalman smoother keeps all steps of a sequence exact.", names.join(", "));
    }
    if names.len() == 1 {
        format!("The entries of {} stand together in a mean, so one Gaussian vector keeps their coupling exact.", names[0])
    } else {
        format!("{} enter means affinely together, so one Gaussian vector keeps their coupling exact.", names.join(", "))
    }
}

/// Writes the joint's moments into the energy.
pub fn rewrite(graph: &FactorGraph, energy: &mut Energy, joint: &GaussianJoint, index: usize) {
    for f in &mut energy.factors {
        for term in &mut f.terms {
            rewrite_term(graph, term, joint, index);
        }
    }
}

fn rewrite_term(graph: &FactorGraph, term: &mut EnergyTerm, joint: &GaussianJoint, index: usize) {
    let member = |o: &Op| match o.source {
        Source::Node(n) => joint.members.iter().position(|m| m.node == n),
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
            plates.iter().zip(&op.elements).filter(|(p, _)| of.inner.contains(p) == inside).map(|(_, e)| *e).collect()
        };
        // Outer elements in the joint's order of plates.
        let outer: Vec<Element> =
            joint.outer.iter().filter_map(|p| plates.iter().position(|q| q == p).map(|axis| op.elements[axis])).collect();
        let view = |axis: Option<usize>| View { member: m, elements: pick(true), axis };
        let views = match (op.part, op.axes.as_slice()) {
            (0, []) => vec![view(None)],
            (0, [a]) => vec![view(Some(*a))],
            (_, []) => vec![view(None), view(None)],
            (_, axes) => vec![view(axes.first().copied()), view(axes.get(1).copied())],
        };
        let part = views.len() - 1;
        let mut new = Op { source: Source::Gaussian(index), part, elements: outer, axes: vec![], copy: op.copy, views };
        let partner = out.iter().position(|o| o.source == new.source && o.part == 0 && part == 0 && o.elements == new.elements);
        match partner {
            Some(at) => {
                new.views = [out[at].views.as_slice(), &new.views].concat();
                new.part = 1;
                out[at] = new;
            }
            None => out.push(new),
        }
    }
    term.ops = out;
}
