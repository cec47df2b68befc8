//! Claims of jointly Gaussian blocks: variables that enter means affinely together are kept together, variables that multiply each other
//! are not. Not here: the block's algorithm (`block`), chains and sparse blocks.
//!
//! Two Gaussian variables meet in a product either because a mean multiplies them (`dot(W[j], h[n])`) or because they stand in
//! different summands of one residual x − Σ terms. The first kind can't share a block; the second kind may, and then the product is an
//! entry of the block's second moment. Plates on which all such meetings agree stay outside: one block for each of their elements.

use super::{Blocks, roles::Role};
use crate::{
    block::lagged_gaussian_chain::LONGEST_LAG,
    expfam::stat::{GAUSSIAN, GAUSSIAN_VECTOR},
    graph::{
        energy::{Element, Energy, EnergyTerm, Op, Source, View},
        factor_graph::{FactorGraph, PlateKind, RowSet},
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
    /// Of a chain: over how many steps each step keeps its moments with earlier ones. 0: neighbours only, and what couples them is the same for all
    /// steps, so that the sum of their moments is enough.
    pub lags: usize,
    /// The precision that scales the block's, if it is kept with it (`scaled`).
    pub scale: Option<NodeId>,
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
                    let apart = a.elements.iter().zip(&b.elements).any(|(x, y)| apart(*x, *y).is_some());
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
    let mut lags = 0;
    for m in meetings.iter().filter(inside) {
        let at = |i: usize, p: PlateId| plates(m.nodes[i]).iter().position(|q| *q == p).map(|axis| m.ops[i].elements[axis]);
        let steps = |p: PlateId| at(0, p).zip(at(1, p)).and_then(|(x, y)| apart(x, y));
        for &p in &outer {
            // Steps of one sequence: a chain keeps them exactly.
            let Some(lag) = steps(p) else { continue };
            if lag as usize > LONGEST_LAG {
                return Err(format!(
                    "A chain keeps couplings over at most {LONGEST_LAG} steps: {} is coupled {lag} steps apart.",
                    name(m.nodes[0])
                ));
            }
            if chain.is_some_and(|c| c != p) {
                return Err("Neighbours are coupled along two plates, so they are no chain.".into());
            }
            chain = Some(p);
            lags = lags.max(lag as usize);
        }
        outer.retain(|&p| at(0, p).is_some() && (at(0, p) == at(1, p) || chain == Some(p) && steps(p).is_some()));
    }
    if let Some(p) = chain.filter(|p| !outer.contains(p)) {
        return Err(format!("Steps along {} are coupled in other ways than by neighbours, so they are no chain.", graph.plates[p.0].name));
    }
    if lags == 1 && !chain.is_some_and(|p| differ(graph, energy, set, p)) {
        lags = 0;
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
    Ok(GaussianJoint { members, outer, chain, lags, scale: None })
}

/// How many steps apart two elements of one sequence are, if they are.
pub(super) fn apart(x: Element, y: Element) -> Option<u32> {
    let step = |e| match e {
        Element::Label(label) => Some((label, 0)),
        Element::Before { label, lag } => Some((label, lag)),
        _ => None,
    };
    let ((a, i), (b, k)) = (step(x)?, step(y)?);
    (a == b && i != k).then(|| i.abs_diff(k))
}

/// Are neighbours coupled by other than one matrix, or one for each level of one column? Then each step keeps its own moments with the one before.
fn differ(graph: &FactorGraph, energy: &Energy, set: &[NodeId], chain: PlateId) -> bool {
    let mine = |o: &&Op| matches!(o.source, Source::Node(n) if set.contains(&n));
    let step = |o: &Op| match o.source {
        Source::Node(n) => graph.nodes[n.0].plates.iter().position(|p| *p == chain).map(|axis| o.elements[axis]),
        _ => None,
    };
    graph.factors.iter().zip(&energy.factors).any(|(factor, f)| {
        let mut column = None;
        f.terms.iter().any(|t| {
            let ours: Vec<Element> = t.ops.iter().filter(mine).filter_map(step).collect();
            let [x, y] = ours.as_slice() else { return false };
            if apart(*x, *y).is_none() {
                return false;
            }
            let label = x.label();
            // A missing cell of a child leaves its coupling out.
            let of_step = (factor.rows == RowSet::From(1) || factor.rows == RowSet::All)
                && graph.nodes[f.node.0].observed.is_none()
                && ours.iter().any(|e| matches!(e, Element::Label(_)));
            !of_step
                || t.ops.iter().filter(|o| !mine(o)).any(|o| {
                    o.axes.iter().any(|l| Some(*l) == label)
                        || o.elements.iter().filter(|e| e.label() == label).any(|e| match e {
                            Element::Column { column: c, .. } => *column.get_or_insert(*c) != *c,
                            _ => true,
                        })
                })
        })
    })
}

/// Why a block was taken.
pub fn why(graph: &FactorGraph, joint: &GaussianJoint) -> String {
    let names: Vec<String> = joint.members.iter().map(|m| format!("`{}`", graph.nodes[m.node.0].name)).collect();
    if let Some(p) = joint.chain {
        let t = &graph.plates[p.0].name;
        let depend = if names.len() == 1 { "depends" } else { "depend" };
        let on = match joint.lags {
            0 | 1 => "the step before".to_string(),
            lags => format!("up to {lags} steps before"),
        };
        return format!("{} at {t} {depend} on {on}: a Kalman smoother keeps all steps of a sequence exact.", names.join(", "));
    }
    if let Some(tau) = joint.scale {
        let tau = &graph.nodes[tau.0].name;
        return format!(
            "Every product with {} holds the precision `{tau}` once, so one Normal–Gamma of the vector and `{tau}` keeps their coupling exact.",
            names.join(", ")
        );
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
            None => match out.iter().position(|o| joint.lags > 0 && o.source == new.source && o.part == 0 && part == 0) {
                Some(at) => {
                    // Two steps: the later one's element, its moment with that so many steps before.
                    let back = |o: &Op| joint.outer.iter().zip(&o.elements).find(|x| Some(*x.0) == joint.chain).map_or(0, |x| lag(*x.1));
                    let (then, now) = if back(&out[at]) > back(&new) { (out[at].clone(), new) } else { (new, out[at].clone()) };
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
