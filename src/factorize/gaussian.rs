//! Claims of jointly Gaussian blocks: variables that enter means affinely together are kept together,
//! variables that multiply each other are not. Not here: the block's algorithm (`block`), nor which pairs of
//! a sparse block the data join (`sparse`).
//!
//! Two Gaussian variables meet in a product either because a mean multiplies them (`dot(W[j], h[n])`) or
//! because they stand in different summands of one residual x − Σ terms. The first kind can't share a block;
//! the second kind may, and then the product is an entry of the block's second moment. Plates on which all
//! such meetings agree stay outside: one block for each of their elements.
//!
//! A block is dense where it does not grow with the data, a chain where it runs along steps, and sparse where
//! it grows and its cost is bounded. Dense blocks and chains are claimed first; then what is left to meet is
//! joined in sparse ones.

use super::{Blocks, chains, roles::Role, sparse};
use crate::block::kind::sparse::Pattern;
use crate::{
    block::lagged_gaussian_chain::LONGEST_LAG,
    expfam::stat::{Arithmetic, PartShape},
    graph::{
        bound::Bound,
        energy::{Element, Energy, EnergyTerm, Op, Source, View},
        factor_graph::{FactorGraph, PlateKind, RowSet},
    },
    shape::{NodeId, PlateId},
};
use std::sync::Arc;

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

/// What decides about claims beside the energy.
#[allow(missing_debug_implementations)]
pub struct Rules<'a> {
    /// Nodes that nobody has claimed.
    pub free: &'a dyn Fn(NodeId) -> bool,
    /// Which may share a block.
    pub together: &'a dyn Fn(&[NodeId]) -> bool,
    /// Whether elements of one node may share a block where they need not.
    pub elements: bool,
    /// The data, if there are any: how large a sparse block would be.
    pub bound: Option<&'a Bound>,
}

/// Nodes that are to be one block.
#[derive(Clone)]
struct Set {
    nodes: Vec<NodeId>,
    sparse: bool,
    /// Along which it is a chain.
    chain: Option<PlateId>,
    pattern: Option<Arc<Pattern>>,
}

/// All blocks, the strongest couplings first: those with the most factors of observed children, then file
/// order.
pub fn claims(graph: &FactorGraph, blocks: &Blocks, rules: &Rules<'_>) -> Found {
    let meetings = meetings(graph, blocks, rules.free, rules.elements);
    let dense = dense(graph, blocks, &meetings, rules);
    // Each step is looked at with the data only where all of them together are too much.
    let chained = dense
        .iter()
        .filter_map(|s| s.chain.map(|p| (s, p)))
        .flat_map(|(s, p)| s.nodes.iter().map(move |n| (*n, p)))
        .collect();
    let claims = Claims { graph, blocks, meetings: &meetings, rules, chained };
    claims.sparse(dense.clone(), false).unwrap_or_else(|()| claims.sparse(dense, true).unwrap_or_default())
}

fn in_order<'m, 'a>(meetings: &'m [Meeting<'a>]) -> Vec<&'m Meeting<'a>> {
    let mut order: Vec<&Meeting<'_>> =
        meetings.iter().filter(|m| !m.multiplied && m.nodes[0] != m.nodes[1]).collect();
    order.sort_by_key(|m| (std::cmp::Reverse(m.strength), m.nodes));
    order
}

/// Dense blocks and chains.
fn dense(graph: &FactorGraph, blocks: &Blocks, meetings: &[Meeting<'_>], rules: &Rules<'_>) -> Vec<Set> {
    let mut sets: Vec<Vec<NodeId>> = vec![];
    for m in meetings {
        for n in m.nodes {
            if !sets.iter().any(|s| s.contains(&n)) {
                sets.push(vec![n]);
            }
        }
    }
    for m in in_order(meetings) {
        let home = |n: NodeId| sets.iter().position(|s| s.contains(&n));
        let (Some(a), Some(b)) = (home(m.nodes[0]), home(m.nodes[1])) else { continue };
        if a == b {
            continue;
        }
        let union = union(&sets[a], &sets[b]);
        if (rules.together)(&union) && layout(graph, &blocks.energy, meetings, &union).is_ok() {
            sets[a] = union;
            sets.remove(b);
        }
    }
    let set = |nodes: Vec<NodeId>| {
        let chain = layout(graph, &blocks.energy, meetings, &nodes).ok().and_then(|j| j.chain);
        Set { nodes, sparse: false, chain, pattern: None }
    };
    sets.into_iter().map(set).collect()
}

fn union(a: &[NodeId], b: &[NodeId]) -> Vec<NodeId> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all
}

/// The claims of sparse blocks.
struct Claims<'a> {
    graph: &'a FactorGraph,
    blocks: &'a Blocks,
    meetings: &'a [Meeting<'a>],
    rules: &'a Rules<'a>,
    /// Nodes of Gaussian chains, with their steps.
    chained: Vec<(NodeId, PlateId)>,
}

impl Claims<'_> {
    /// Joins what meets and is apart. `careful`: the cost of each step is looked at, and not of the whole
    /// only; `Err` if that is what it takes.
    fn sparse(&self, mut sets: Vec<Set>, careful: bool) -> Result<Found, ()> {
        let mut found = Found::default();
        for m in in_order(self.meetings) {
            let home = |n: NodeId| sets.iter().position(|s| s.nodes.contains(&n));
            let (Some(a), Some(b)) = (home(m.nodes[0]), home(m.nodes[1])) else { continue };
            if a == b {
                continue;
            }
            let nodes = union(&sets[a].nodes, &sets[b].nodes);
            let union = if (self.rules.together)(&nodes) {
                self.joined(&nodes, [&sets[a], &sets[b]])
                    .and_then(|set| if careful { self.measured(set) } else { Ok(set) })
            } else {
                Err("`factorize` keeps them apart.".to_string())
            };
            match union {
                Ok(set) => {
                    sets[a] = set;
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
            let meets_itself = self
                .meetings
                .iter()
                .any(|m| m.nodes[0] == m.nodes[1] && set.nodes.contains(&m.nodes[0]) && !m.multiplied);
            if set.nodes.len() < 2 && !meets_itself {
                continue;
            }
            let dense = if set.sparse {
                None
            } else {
                Some(layout(self.graph, &self.blocks.energy, self.meetings, &set.nodes))
            };
            let joint = match dense {
                Some(Ok(joint)) => Ok(joint),
                Some(Err(why)) if !self.rules.elements => Err(why),
                _ => match self
                    .joined(&set.nodes, [])
                    .and_then(|s| if set.pattern.is_some() { Ok(set.clone()) } else { self.measured(s) })
                {
                    Ok(set) => {
                        Ok(GaussianJoint { pattern: set.pattern, ..all_inside(self.graph, &set.nodes) })
                    }
                    Err(_) if !careful && set.nodes.len() > 1 => return Err(()),
                    Err(why) => Err(why),
                },
            };
            match joint {
                Ok(joint) => found.joints.push(joint),
                Err(why) => set.nodes.iter().for_each(|n| found.refusals.push((*n, why.clone()))),
            }
        }
        found.joints.sort_by_key(|j| j.members[0].node);
        Ok(found)
    }

    /// A sparse block of these nodes as far as no data are needed to say so.
    fn joined<const N: usize>(&self, nodes: &[NodeId], of: [&Set; N]) -> Result<Set, String> {
        let name = |n: NodeId| format!("`{}`", self.graph.nodes[n.0].name);
        let inside = |m: &&Meeting<'_>| m.nodes.iter().all(|n| nodes.contains(n));
        if let Some(m) = self.meetings.iter().filter(inside).find(|m| m.multiplied) {
            return Err(format!(
                "{} and {} multiply each other, so no Gaussian holds them both.",
                name(m.nodes[0]),
                name(m.nodes[1])
            ));
        }
        if let Some(set) = of.iter().find(|s| s.chain.is_some()) {
            let rest: Vec<NodeId> = nodes.iter().copied().filter(|n| !set.nodes.contains(n)).collect();
            let names = |list: &[NodeId]| list.iter().map(|n| name(*n)).collect::<Vec<_>>().join(", ");
            return Err(format!(
                "The chain of {} is kept as one, so {} stays apart.",
                names(&set.nodes),
                names(&rest)
            ));
        }
        for &n in nodes {
            for p in &self.graph.nodes[n.0].plates {
                if let PlateKind::Rows { weight: Some(_), .. } = self.graph.plates[p.0].kind {
                    let p = &self.graph.plates[p.0].name;
                    return Err(format!(
                        "A row of {p} stands for several, each with a {} of its own, and a joint block holds one.",
                        name(n)
                    ));
                }
            }
            if let Some(chain) = self.chain_beside(n) {
                return Err(format!(
                    "{} meets the chain of {} step by step, so it is updated with its rows.",
                    name(n),
                    name(chain)
                ));
            }
        }
        Ok(Set { nodes: nodes.to_vec(), sparse: true, chain: None, pattern: None })
    }

    /// A chain whose steps an element of the node meets row by row.
    fn chain_beside(&self, node: NodeId) -> Option<NodeId> {
        let graph = self.graph;
        for f in &self.blocks.energy.factors {
            for t in &f.terms {
                let mine = t.ops.iter().filter(|o| o.source == Source::Node(node)).flat_map(|o| &o.elements);
                // What columns pick is looked up by its level, whatever the row.
                let rows: Vec<_> = mine
                    .filter(|e| !matches!(e, Element::Column { .. } | Element::At(_)))
                    .filter_map(|e| e.label())
                    .collect();
                for o in &t.ops {
                    let (chain, elements) = match o.source {
                        Source::Node(n) => {
                            let gaussian = || self.chained.iter().find(|c| c.0 == n && n != node).copied();
                            (chains::along(graph, n).map(|p| (n, p)).or_else(gaussian), &o.elements)
                        }
                        Source::Network(x) => {
                            let network = &self.blocks.networks[x];
                            (network.chain.map(|p| (network.members[0], p)), &o.elements)
                        }
                        _ => (None, &o.elements),
                    };
                    let Some((n, p)) = chain.filter(|c| self.blocks.roles[c.0.0].has_q()) else { continue };
                    let axis = graph.nodes[n.0].plates.iter().position(|q| *q == p);
                    if axis.and_then(|a| elements[a].label()).is_some_and(|l| rows.contains(&l)) {
                        return Some(n);
                    }
                }
            }
        }
        None
    }

    /// The set with its pattern, or why it is too large.
    fn measured(&self, set: Set) -> Result<Set, String> {
        let Some(bound) = self.rules.bound else { return Ok(set) };
        let joint = all_inside(self.graph, &set.nodes);
        let names: Vec<String> =
            set.nodes.iter().map(|n| format!("`{}`", self.graph.nodes[n.0].name)).collect();
        let pattern = sparse::pattern(self.graph, &self.blocks.energy, &self.blocks.roles, bound, &joint);
        let pattern = pattern
            .map_err(|why| format!("One block of all {} would be too large. {why}", names.join(", ")))?;
        Ok(Set { pattern: Some(Arc::new(pattern)), ..set })
    }
}

/// A sparse block of these nodes.
fn all_inside(graph: &FactorGraph, nodes: &[NodeId]) -> GaussianJoint {
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

fn meetings<'a>(
    graph: &FactorGraph,
    blocks: &'a Blocks,
    free: &dyn Fn(NodeId) -> bool,
    steps: bool,
) -> Vec<Meeting<'a>> {
    let gaussian = |o: &Op| match o.source {
        Source::Node(n) if o.part == 0 && blocks.roles[n.0] == Role::Latent && free(n) => {
            let stat = graph.nodes[n.0].spec.stat;
            (stat.arithmetic == Arithmetic::Sum).then_some(n)
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
                        out.push(Meeting {
                            ops: [a, b],
                            nodes: [x, y],
                            multiplied: a.copy == b.copy,
                            strength,
                        });
                    }
                }
            }
        }
    }
    out
}

/// The block of a set of nodes, or why there can be none.
fn layout(
    graph: &FactorGraph,
    energy: &Energy,
    meetings: &[Meeting<'_>],
    set: &[NodeId],
) -> Result<GaussianJoint, String> {
    let name = |n: NodeId| format!("`{}`", graph.nodes[n.0].name);
    let inside = |m: &&Meeting<'_>| m.nodes.iter().all(|n| set.contains(n));
    if let Some(m) = meetings.iter().filter(inside).find(|m| m.multiplied) {
        return Err(format!(
            "{} and {} multiply each other, so no Gaussian holds them both.",
            name(m.nodes[0]),
            name(m.nodes[1])
        ));
    }
    let plates = |n: NodeId| graph.nodes[n.0].plates.as_slice();
    let mut outer: Vec<PlateId> =
        plates(set[0]).iter().copied().filter(|p| set.iter().all(|&n| plates(n).contains(p))).collect();
    let mut chain = None;
    let mut lags = 0;
    for m in meetings.iter().filter(inside) {
        let at = |i: usize, p: PlateId| {
            plates(m.nodes[i]).iter().position(|q| *q == p).map(|axis| m.ops[i].elements[axis])
        };
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
        outer.retain(|&p| {
            at(0, p).is_some() && (at(0, p) == at(1, p) || chain == Some(p) && steps(p).is_some())
        });
    }
    if let Some(p) = chain.filter(|p| !outer.contains(p)) {
        return Err(format!(
            "Steps along {} are coupled in other ways than by neighbours, so they are no chain.",
            graph.plates[p.0].name
        ));
    }
    if lags == 1 && !chain.is_some_and(|p| differ(graph, energy, set, p)) {
        lags = 0;
    }
    let mut members = vec![];
    for &node in set {
        let inner: Vec<PlateId> = plates(node).iter().copied().filter(|p| !outer.contains(p)).collect();
        if let Some(p) = inner
            .iter()
            .find(|p| !matches!(graph.plates[p.0].kind, PlateKind::Size(_) | PlateKind::Columns { .. }))
        {
            let p = &graph.plates[p.0].name;
            let others: Vec<String> = set.iter().filter(|&&n| n != node).map(|&n| name(n)).collect();
            let with =
                if others.is_empty() { format!("{} at other {p}", name(node)) } else { others.join(", ") };
            return Err(format!(
                "One dense block of all {}[{p}] with {with} would grow with the square of the data.",
                graph.nodes[node.0].name
            ));
        }
        let ops = energy
            .factors
            .iter()
            .flat_map(|f| &f.terms)
            .flat_map(|t| &t.ops)
            .filter(|o| o.source == Source::Node(node));
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
        members.push(Member {
            node,
            inner,
            vector: graph.nodes[node.0].spec.stat.value == PartShape::Vector,
        });
    }
    Ok(GaussianJoint { members, outer, chain, lags, scale: None, sparse: false, pattern: None })
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

/// Are neighbours coupled by other than one matrix, or one for each level of one column? Then each step keeps
/// its own moments with the one before.
fn differ(graph: &FactorGraph, energy: &Energy, set: &[NodeId], chain: PlateId) -> bool {
    let mine = |o: &&Op| matches!(o.source, Source::Node(n) if set.contains(&n));
    let step = |o: &Op| match o.source {
        Source::Node(n) => {
            graph.nodes[n.0].plates.iter().position(|p| *p == chain).map(|axis| o.elements[axis])
        }
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

/// Writes the joint's moments into the energy.
pub fn rewrite(graph: &FactorGraph, energy: &mut Energy, joint: &GaussianJoint, index: usize) {
    for f in &mut energy.factors {
        for term in &mut f.terms {
            rewrite_term(graph, term, joint, index);
        }
    }
}

pub(super) fn rewrite_term(graph: &FactorGraph, term: &mut EnergyTerm, joint: &GaussianJoint, index: usize) {
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
