//! Claims of jointly Gaussian blocks: which sets of nodes are tried, and in which order. Not here: what a set
//! makes (`layout`), nor how the steps are kept cheap (`sets`).

use super::{
    chain::{self, Chain},
    dense::{self, Dense},
    layout::layout,
    meetings::Meetings,
    ports,
    sets::Sets,
    sparse::{self, Sparse},
    vector::{Vector, rewritten},
};
use crate::{
    block::kind::sparse::Pattern,
    factorize::{blocks::Blocks, claim::Claim, claims::Claims, contract::ClaimedBlock, text::along},
    graph::{
        bound::Bound,
        energy::{Element, Op, Source},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{NodeId, PlateId},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The registry's entry.
pub static GAUSSIAN: Gaussians = Gaussians;

/// Claims variables that enter means affinely together.
pub struct Gaussians;

impl Claim for Gaussians {
    fn claim(&self, claims: &mut Claims<'_>) {
        let rules = Rules {
            free: &|n| claims.is_free(n),
            together: &|nodes| claims.wishes.together(nodes),
            elements: !claims.wishes.mean_field,
            bound: claims.bound,
        };
        let found = claim(claims.graph, &claims.blocks, &rules);
        for (node, why) in found.refusals {
            claims.reasons.add(node, why);
        }
        for joint in found.joints {
            let (Joint::Together(vector) | Joint::Sparse(vector, _)) = &joint;
            let nodes = vector.nodes();
            if !claims.wishes.named_whole(&nodes) {
                continue;
            }
            let graph = claims.graph;
            let rewritten = rewritten(graph, &claims.blocks.energy, vector, claims.next());
            let (why, kind): (String, Arc<dyn ClaimedBlock>) = match joint {
                Joint::Sparse(v, pattern) => (sparse::why(graph, &v), Arc::new(Sparse(v, pattern))),
                Joint::Together(v) => match v.chain {
                    Some(steps) => (chain::why(graph, &v, steps), Arc::new(Chain(v, steps))),
                    None => (dense::why(graph, &v), Arc::new(Dense(v))),
                },
            };
            let why = claims.reasons.beside(why, &nodes);
            claims.add(nodes, kind, why, rewritten);
        }
    }
}

/// A vector that is claimed.
pub enum Joint {
    /// Dense, or a chain.
    Together(Vector),
    /// Sparse, with the pairs that the data join.
    Sparse(Vector, Option<Arc<Pattern>>),
}

impl Joint {
    fn vector(&self) -> &Vector {
        let (Joint::Together(vector) | Joint::Sparse(vector, _)) = self;
        vector
    }
}

/// What was claimed, and what stood in the way of more: by node.
#[derive(Default)]
pub struct Found {
    /// The blocks.
    pub joints: Vec<Joint>,
    /// Why a larger block was not taken.
    pub refusals: Vec<(NodeId, String)>,
}

/// What decides about claims beside the energy.
pub struct Rules<'a> {
    /// Nodes that nobody has claimed.
    pub free: &'a dyn Fn(NodeId) -> bool,
    /// Which two may share a block: the user's wish, the same for all of a set.
    pub together: &'a dyn Fn(&[NodeId]) -> bool,
    /// Whether elements of one node may share a block where they need not.
    pub elements: bool,
    /// The data, if there are any: how large a sparse block would be.
    pub bound: Option<&'a Bound>,
}

/// All blocks.
pub fn claim(graph: &FactorGraph, blocks: &Blocks, rules: &Rules<'_>) -> Found {
    let meetings = Meetings::new(graph, blocks, rules.free, rules.elements);
    let mut sets = Sets::new(graph, &blocks.energy, &meetings);
    let order = meetings.in_order();
    let pairs: Vec<[NodeId; 2]> = order.iter().map(|m| m.nodes).collect();
    for nodes in &pairs {
        let [a, b] = nodes.map(|n| sets.of(n));
        if a != b && (rules.together)(&[sets.some(a), sets.some(b)]) && sets.dense(a, b) {
            sets.join(a, b);
        }
    }
    let all: Vec<usize> = sets.all().collect();
    let dense: HashMap<usize, Result<Vector, String>> =
        all.into_iter().map(|s| (s, layout(graph, &blocks.energy, &meetings, &sets.nodes(s)))).collect();
    let chain = |(&s, joint): (&usize, &Result<Vector, String>)| Some((s, joint.as_ref().ok()?.chain?));
    let chained = dense
        .iter()
        .filter_map(chain)
        .flat_map(|(s, p)| sets.nodes(s).into_iter().map(move |n| (n, p)))
        .collect();
    let claims = Steps { graph, blocks, meetings: &meetings, rules, pairs: &pairs, dense, chained };
    // Each step is looked at with the data only where all of them together are too much.
    claims.sparse(sets.clone(), false).unwrap_or_else(|()| claims.sparse(sets, true).unwrap_or_default())
}

/// The claims of sparse blocks.
struct Steps<'a> {
    graph: &'a FactorGraph,
    blocks: &'a Blocks,
    meetings: &'a Meetings<'a>,
    rules: &'a Rules<'a>,
    /// Who meets, in the order in which they are joined.
    pairs: &'a [[NodeId; 2]],
    /// The dense block or chain of each set that there is before any is joined to a sparse one.
    dense: HashMap<usize, Result<Vector, String>>,
    /// Nodes of Gaussian chains, with their steps.
    chained: HashMap<NodeId, PlateId>,
}

/// What is known of a set beside its nodes.
#[derive(Default)]
struct Known {
    /// Joined from several: no longer dense.
    sparse: HashSet<usize>,
    /// With their patterns, as far as they were made.
    patterns: HashMap<usize, Arc<Pattern>>,
    /// The first node that no sparse block may hold, and why.
    barred: HashMap<usize, Option<(NodeId, String)>>,
}

impl Steps<'_> {
    /// Joins what meets and is apart. `careful`: the cost of each step is looked at, and not of the whole
    /// only; `Err` if that is what it takes.
    fn sparse(&self, mut sets: Sets, careful: bool) -> Result<Found, ()> {
        let mut found = Found::default();
        let mut told: HashSet<(NodeId, String)> = HashSet::new();
        let mut known = Known::default();
        for nodes in self.pairs {
            let [a, b] = nodes.map(|n| sets.of(n));
            if a == b {
                continue;
            }
            let union = if (self.rules.together)(&[sets.some(a), sets.some(b)]) {
                self.joined(&sets, &mut known, &[a, b]).and_then(|()| {
                    if careful { self.measured(&union(&sets.nodes(a), &sets.nodes(b))) } else { Ok(None) }
                })
            } else {
                Err("`factorize` keeps them apart.".to_string())
            };
            match union {
                Ok(pattern) => {
                    let to = sets.join(a, b);
                    known.sparse.insert(to);
                    known.patterns.extend(pattern.map(|p| (to, p)));
                    known.barred.insert(to, None);
                }
                Err(why) => {
                    for n in *nodes {
                        if told.insert((n, why.clone())) {
                            found.refusals.push((n, why.clone()));
                        }
                    }
                }
            }
        }
        for set in sets.all() {
            if sets.len(set) < 2 && !sets.meets_itself(set) {
                continue;
            }
            let dense = if known.sparse.contains(&set) { None } else { self.dense.get(&set) };
            let joint = match dense {
                Some(Ok(vector)) if !self.picked(vector) => Ok(Joint::Together(vector.clone())),
                Some(Err(why)) if !self.rules.elements => Err(why.clone()),
                _ => {
                    let nodes = sets.nodes(set);
                    let pattern = match known.patterns.get(&set) {
                        Some(p) => Ok(Some(p.clone())),
                        None => self.joined(&sets, &mut known, &[set]).and_then(|()| self.measured(&nodes)),
                    };
                    match pattern {
                        Ok(pattern) => Ok(Joint::Sparse(Vector::all_inside(self.graph, &nodes), pattern)),
                        Err(_) if !careful && nodes.len() > 1 => return Err(()),
                        Err(why) => Err(why),
                    }
                }
            };
            match joint {
                Ok(joint) => found.joints.push(joint),
                Err(why) => sets.nodes(set).iter().for_each(|n| found.refusals.push((*n, why.clone()))),
            }
        }
        found.joints.sort_by_key(|j| j.vector().members[0].node);
        Ok(found)
    }

    /// May the sets be one sparse block, as far as no data are needed to say so?
    fn joined(&self, sets: &Sets, known: &mut Known, of: &[usize]) -> Result<(), String> {
        let name = |n: NodeId| format!("`{}`", self.graph.nodes[n.0].name);
        if let Some(m) = sets.multiplied(of) {
            let [x, y] = self.meetings.all()[m].nodes;
            return Err(format!(
                "{} and {} multiply each other, so no Gaussian holds them both.",
                name(x),
                name(y)
            ));
        }
        if let [a, b] = *of
            && let Some(selector) = self.selector_between(sets, a, b)
        {
            let names = |set: usize| sets.nodes(set).iter().map(|n| name(*n)).collect::<Vec<_>>().join(", ");
            return Err(format!(
                "{} picks what joins {} and {}, and is not known: the chain is kept by itself.",
                name(selector),
                names(a),
                names(b)
            ));
        }
        for &s in of {
            known.barred.entry(s).or_insert_with(|| {
                let nodes = sets.nodes(s);
                nodes.iter().find_map(|&n| self.barred(n, &nodes).map(|why| (n, why)))
            });
        }
        let first = of.iter().filter_map(|s| known.barred[s].as_ref()).min_by_key(|x| x.0);
        first.map_or(Ok(()), |(_, why)| Err(why.clone()))
    }

    /// Is it a chain whose steps rows of another table pick? Then its moments have to be there when these
    /// ask, and not only while its own rows are gone over.
    fn picked(&self, vector: &Vector) -> bool {
        let Some(steps) = vector.chain else { return false };
        vector.members.iter().any(|m| {
            let axis = self.graph.nodes[m.node.0].plates.iter().position(|p| *p == steps);
            let ops =
                self.blocks.energy.places(Source::Node(m.node)).map(|at| self.blocks.energy.operand(at).1);
            axis.is_some_and(|a| ops.into_iter().any(|o| matches!(o.elements[a], Element::Column { .. })))
        })
    }

    /// Where one of two sets is a chain: a category with a q of its own that picks what they meet in.
    fn selector_between(&self, sets: &Sets, a: usize, b: usize) -> Option<NodeId> {
        let chain = |s: usize| sets.nodes(s).iter().any(|n| self.chained.contains_key(n));
        if !(chain(a) || chain(b)) {
            return None;
        }
        let home = |o: &Op| match o.source {
            Source::Node(n) => sets.find(n),
            _ => None,
        };
        let picks = |o: &Op| {
            match o.source {
                Source::Node(n) => Some(n),
                Source::Block(block) => self.blocks.list[block.0].nodes.first().copied(),
                _ => None,
            }
            .filter(|n| self.blocks.roles[n.0].has_q() && self.graph.nodes[n.0].spec.stat.one_hot())
        };
        let (small, other) = if sets.len(a) < sets.len(b) { (a, b) } else { (b, a) };
        let nodes = sets.nodes(small);
        let mut terms = nodes.iter().flat_map(|&n| self.blocks.energy.places(Source::Node(n)));
        terms.find_map(|at| {
            let term = self.blocks.energy.term(at);
            term.ops.iter().any(|o| home(o) == Some(other)).then(|| term.ops.iter().find_map(picks))?
        })
    }

    /// Why no sparse block may hold a node of a set.
    fn barred(&self, n: NodeId, set: &[NodeId]) -> Option<String> {
        let name = |n: NodeId| format!("`{}`", self.graph.nodes[n.0].name);
        for p in &self.graph.nodes[n.0].plates {
            if let PlateKind::Rows { weight: Some(_), .. } = self.graph.plates[p.0].kind {
                let p = &self.graph.plates[p.0].name;
                return Some(format!(
                    "A row of {p} stands for several, each with a {} of its own, and a joint block holds one.",
                    name(n)
                ));
            }
        }
        self.chain_beside(n, set).map(|chain| {
            format!(
                "{} meets the chain of {} step by step, so it is updated with its rows.",
                name(n),
                name(chain)
            )
        })
    }

    /// A chain of others than the set whose steps an element of the node meets row by row.
    fn chain_beside(&self, node: NodeId, set: &[NodeId]) -> Option<NodeId> {
        let graph = self.graph;
        let energy = &self.blocks.energy;
        for t in energy.places(Source::Node(node)).map(|at| energy.term(at)) {
            let mine = t.ops.iter().filter(|o| o.source == Source::Node(node)).flat_map(|o| &o.elements);
            // What columns pick is looked up by its level, whatever the row.
            let rows: Vec<_> = mine
                .filter(|e| !matches!(e, Element::Column { .. } | Element::At(_)))
                .filter_map(|e| e.label())
                .collect();
            for o in &t.ops {
                let (chain, elements) = match o.source {
                    Source::Node(n) => {
                        let gaussian = || self.chained.get(&n).filter(|_| !set.contains(&n)).copied();
                        (along(graph, n).or_else(gaussian).map(|p| (n, p)), &o.elements)
                    }
                    Source::Block(b) => {
                        let block = &self.blocks.list[b.0];
                        (block.kind.steps().map(|p| (block.nodes[0], p)), &o.elements)
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
        None
    }

    /// The pattern of a sparse block, if there are data, or why it is too large.
    fn measured(&self, nodes: &[NodeId]) -> Result<Option<Arc<Pattern>>, String> {
        let Some(bound) = self.rules.bound else { return Ok(None) };
        let joint = Vector::all_inside(self.graph, nodes);
        let names: Vec<String> = nodes.iter().map(|n| format!("`{}`", self.graph.nodes[n.0].name)).collect();
        ports::pattern(self.graph, &self.blocks.energy, &self.blocks.roles, bound, &joint)
            .map(|p| Some(Arc::new(p)))
            .map_err(|why| format!("One block of all {} would be too large. {why}", names.join(", ")))
    }
}

fn union(a: &[NodeId], b: &[NodeId]) -> Vec<NodeId> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all
}
