//! Sets of nodes that grow by joining two, with what decides about the union kept for each set and each pair
//! of sets: so that a step costs what the two have to do with each other, and not a look at all meetings. Not
//! here: what a set becomes (`claims`).

use super::meetings::{Meetings, apart};
use crate::{
    block::lagged_gaussian_chain::LONGEST_LAG,
    graph::{
        energy::{Element, Energy, Source},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{NodeId, PlateId},
};
use std::collections::{BTreeSet, HashMap};

/// What meetings ask of a block that holds both sides.
#[derive(Clone, Debug, Default)]
struct Ties {
    /// The first meeting, by its place, whose two are multiplied.
    multiplied: Option<usize>,
    /// Whether a variable meets itself in another way.
    itself: bool,
    /// Plates at which some two are elements that neither agree nor stand so many steps apart.
    differ: BTreeSet<PlateId>,
    /// Plates along which some two stand so many steps apart, and how many at most.
    steps: BTreeSet<PlateId>,
    lag: u32,
}

impl Ties {
    fn add(&mut self, other: &Self) {
        self.multiplied = [self.multiplied, other.multiplied].into_iter().flatten().min();
        self.itself |= other.itself;
        self.differ.extend(&other.differ);
        self.steps.extend(&other.steps);
        self.lag = self.lag.max(other.lag);
    }
}

/// Nodes, and what decides about a block of them.
#[derive(Clone, Debug)]
struct Set {
    nodes: Vec<NodeId>,
    inside: Ties,
    /// Plates that all nodes have.
    common: BTreeSet<PlateId>,
    /// Plates of some node whose elements can't be entries of a dense vector.
    outside: BTreeSet<PlateId>,
    /// Ties with other sets.
    across: HashMap<usize, Ties>,
}

/// Disjoint sets of nodes that meet.
#[derive(Clone, Debug)]
pub struct Sets {
    sets: Vec<Option<Set>>,
    home: HashMap<NodeId, usize>,
    /// Where a set that was joined to another went.
    into: Vec<usize>,
}

impl Sets {
    /// A set for each node that meets another, or itself.
    pub fn new(graph: &FactorGraph, energy: &Energy, meetings: &Meetings<'_>) -> Self {
        let mut out = Self { sets: vec![], home: HashMap::new(), into: vec![] };
        for (i, m) in meetings.all().iter().enumerate() {
            let [a, b] = m.nodes.map(|n| out.single(graph, energy, n));
            let mut ties = Ties {
                multiplied: m.multiplied.then_some(i),
                itself: a == b && !m.multiplied,
                ..Ties::default()
            };
            let [p, q] = m.nodes.map(|n| &graph.nodes[n.0].plates);
            for (plate, x) in p.iter().zip(&m.ops[0].elements) {
                let Some(y) = q.iter().position(|r| r == plate).map(|axis| m.ops[1].elements[axis]) else {
                    continue;
                };
                match apart(*x, y) {
                    Some(lag) => {
                        ties.steps.insert(*plate);
                        ties.lag = ties.lag.max(lag);
                    }
                    None if *x != y => {
                        ties.differ.insert(*plate);
                    }
                    None => {}
                }
            }
            if a == b {
                out.set_mut(a).inside.add(&ties);
            } else {
                out.set_mut(a).across.entry(b).or_default().add(&ties);
                out.set_mut(b).across.entry(a).or_default().add(&ties);
            }
        }
        out
    }

    fn single(&mut self, graph: &FactorGraph, energy: &Energy, node: NodeId) -> usize {
        if let Some(&at) = self.home.get(&node) {
            return at;
        }
        let plates = &graph.nodes[node.0].plates;
        let mut outside: BTreeSet<PlateId> =
            plates.iter().copied().filter(|p| !may_be_inside(graph, *p)).collect();
        for op in energy.places(Source::Node(node)).map(|at| energy.operand(at).1) {
            outside.extend(plates.iter().zip(&op.elements).filter(|(_, e)| !is_entry(e)).map(|(p, _)| *p));
        }
        let set = Set {
            nodes: vec![node],
            inside: Ties::default(),
            common: plates.iter().copied().collect(),
            outside,
            across: HashMap::new(),
        };
        self.sets.push(Some(set));
        self.into.push(self.sets.len() - 1);
        self.home.insert(node, self.sets.len() - 1);
        self.sets.len() - 1
    }

    fn set(&self, at: usize) -> &Set {
        self.sets[at].as_ref().expect("a set that was joined to another is not asked for")
    }

    fn set_mut(&mut self, at: usize) -> &mut Set {
        self.sets[at].as_mut().expect("a set that was joined to another is not asked for")
    }

    /// The set of a node that meets another.
    pub fn of(&self, node: NodeId) -> usize {
        let mut at = self.home[&node];
        while self.into[at] != at {
            at = self.into[at];
        }
        at
    }

    /// The set of a node, if it meets another.
    pub fn find(&self, node: NodeId) -> Option<usize> {
        self.home.contains_key(&node).then(|| self.of(node))
    }

    /// Every set, by its place.
    pub fn all(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.sets.len()).filter(|&i| self.sets[i].is_some())
    }

    /// A set's nodes, in file order.
    pub fn nodes(&self, at: usize) -> Vec<NodeId> {
        let mut nodes = self.set(at).nodes.clone();
        nodes.sort_unstable();
        nodes
    }

    /// Any of a set's nodes.
    pub fn some(&self, at: usize) -> NodeId {
        self.set(at).nodes[0]
    }

    /// How many nodes a set has.
    pub fn len(&self, at: usize) -> usize {
        self.set(at).nodes.len()
    }

    /// Does a variable of the set meet itself, without being multiplied by itself?
    pub fn meets_itself(&self, at: usize) -> bool {
        self.set(at).inside.itself
    }

    /// The first meeting in which two nodes of these sets are multiplied.
    pub fn multiplied(&self, sets: &[usize]) -> Option<usize> {
        let inside = sets.iter().filter_map(|&s| self.set(s).inside.multiplied);
        let across = match *sets {
            [a, b] => self.set(a).across.get(&b).and_then(|t| t.multiplied),
            _ => None,
        };
        inside.chain(across).min()
    }

    /// Can the two sets be one dense block, or one chain? The rules are those of `layout`, which says why not.
    pub fn dense(&self, a: usize, b: usize) -> bool {
        let (x, y) = (self.set(a), self.set(b));
        let mut ties = x.inside.clone();
        ties.add(&y.inside);
        if let Some(across) = x.across.get(&b) {
            ties.add(across);
        }
        let common = |p: &PlateId| x.common.contains(p) && y.common.contains(p) && !ties.differ.contains(p);
        ties.multiplied.is_none()
            && ties.steps.len() <= 1
            && ties.lag as usize <= LONGEST_LAG
            && ties.steps.iter().chain(&x.outside).chain(&y.outside).all(common)
    }

    /// Joins `b` to `a` and gives the place of the union.
    pub fn join(&mut self, a: usize, b: usize) -> usize {
        // The one with fewer neighbours is moved.
        let weight = |s: &Set| s.nodes.len() + s.across.len();
        let (a, b) = if weight(self.set(a)) < weight(self.set(b)) { (b, a) } else { (a, b) };
        let moved = self.sets[b].take().expect("a set is joined once");
        self.into[b] = a;
        let to = self.set_mut(a);
        if let Some(between) = to.across.remove(&b) {
            to.inside.add(&between);
        }
        to.inside.add(&moved.inside);
        to.common.retain(|p| moved.common.contains(p));
        to.outside.extend(&moved.outside);
        to.nodes.extend(&moved.nodes);
        for (other, ties) in moved.across.into_iter().filter(|(other, _)| *other != a) {
            self.set_mut(a).across.entry(other).or_default().add(&ties);
            let back = &mut self.set_mut(other).across;
            back.remove(&b);
            back.entry(a).or_default().add(&ties);
        }
        a
    }
}

/// Can a plate's elements be entries of a dense vector, so that it does not grow with the data?
pub fn may_be_inside(graph: &FactorGraph, p: PlateId) -> bool {
    matches!(graph.plates[p.0].kind, PlateKind::Size(_) | PlateKind::Columns { .. })
}

/// Is an entry of a vector named by a letter or a number, and not by the data?
pub fn is_entry(e: &Element) -> bool {
    matches!(e, Element::Label(_) | Element::At(_))
}
