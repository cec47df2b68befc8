//! Which combinations of categories known tables with zeros leave possible, where the categories stand in different
//! blocks of q: what a start has to respect. Not here: how a combination is found (`solve`), nor the start.
//!
//! The expectation of ln 0 is finite only where the supports of the blocks leave it out, and updates only ever
//! shrink a support. So a run that is to end has to start inside.

mod solve;

pub use solve::Constraints;

use super::known::KnownArray;
use crate::{
    block::kind::cross_network::NONE,
    expfam::stat::IMPOSSIBLE,
    factorize::{
        Blocks,
        kinds::{Crossing, ElementTables, Zeros, element_places},
        roles::Role,
    },
    graph::{
        bound::{Bound, ObservedArray},
        energy::{self, Element, Energy, EnergyTerm, FactorEnergy, KnownMap, LabelId, Op, Source, View},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, Extent, NodeId},
};
use std::collections::{BTreeSet, HashMap, hash_map::Entry};

/// Tables looked at, at most: of more, a start takes its chance.
const MOST: usize = 1 << 21;

/// Categories of different blocks that meet in tables with zeros.
#[derive(Clone, Debug)]
pub struct Support {
    /// The nodes.
    pub nodes: Vec<NodeId>,
    /// Elements of each, one node after the other, row-major over its plates.
    pub counts: Vec<usize>,
    /// What is possible.
    pub constraints: Constraints,
}

/// The support of the tables that no block keeps; `None` where there are none, or too many.
pub fn find(graph: &FactorGraph, bound: &Bound, blocks: &Blocks) -> Option<Support> {
    let open = open(graph, bound, blocks);
    if open.is_empty() {
        return None;
    }
    let mut energy = energy::expand(graph).ok()?;
    energy.settle(&bound.labelled);
    let nodes = all_that_meet(graph, bound, blocks, &energy, open);
    let members = Crossing::new(graph, &nodes);
    let places = element_places(graph, bound, &nodes);
    let mut constraints = Constraints { sizes: places.sizes(), ..Constraints::default() };
    let mut of_table: HashMap<Box<[bool]>, u32> = HashMap::new();
    let zeros = Zeros::new(graph, &energy, Some(bound));
    let me = Source::Block(BlockId(usize::MAX));
    for (index, f) in members.rewritten(&energy, BlockId(usize::MAX)) {
        let mut groups: Vec<(&[View], Vec<&EnergyTerm>)> = vec![];
        for t in f.terms.iter().filter(|t| zeros.any(t)) {
            let Some(op) = t.ops.iter().find(|o| o.source == me) else { continue };
            match groups.iter_mut().find(|g| g.0 == op.views.as_slice()) {
                Some(g) => g.1.push(t),
                None => groups.push((&op.views, vec![t])),
            }
        }
        for (views, terms) in groups {
            let factor = (index, &f);
            let tables =
                ElementTables::new(graph, bound, &blocks.roles, factor, &members.members, &places, views)
                    .ok()?;
            let products = Products::new(graph, bound, blocks, &energy, &f, &terms, views, &tables)?;
            if constraints.joined.len() + tables.elements.len() / views.len() > MOST {
                return None;
            }
            for (item, elements) in tables.elements.chunks_exact(views.len()).enumerate() {
                if elements.contains(&NONE) {
                    continue;
                }
                let possible: Box<[bool]> = products.possible(item).into();
                if possible.iter().all(|p| *p) {
                    continue;
                }
                let next = of_table.len() as u32;
                let table = *of_table.entry(possible).or_insert_with_key(|p| {
                    constraints.tables.push(p.clone());
                    next
                });
                constraints.joined.push((elements.into(), table));
            }
        }
    }
    for (m, n) in nodes.iter().enumerate() {
        let Some(ObservedArray::Codes(codes)) = bound.observed(*n) else { continue };
        for (e, &c) in codes.iter().enumerate().filter(|(_, c)| **c != NONE) {
            let possible: Box<[bool]> = (0..places.states[m]).map(|s| s == c as usize).collect();
            let next = of_table.len() as u32;
            let table = *of_table.entry(possible).or_insert_with_key(|p| {
                constraints.tables.push(p.clone());
                next
            });
            constraints.joined.push(([(places.first(m) + e) as u32].into(), table));
        }
    }
    (!constraints.joined.is_empty()).then_some(Support { nodes, counts: places.counts, constraints })
}

/// Categories in products with zeros that hold several blocks, or several elements of one that are apart.
fn open(graph: &FactorGraph, bound: &Bound, blocks: &Blocks) -> BTreeSet<NodeId> {
    let zeros = Zeros::new(graph, &blocks.energy, Some(bound));
    let mut out = BTreeSet::new();
    for t in blocks.energy.factors().iter().flat_map(|f| &f.terms).filter(|t| zeros.any(t)) {
        let held: Vec<&Op> = t.ops.iter().filter(|o| blocks.of_source(o.source).is_some()).collect();
        let apart = |i: usize| held[..i].iter().any(|o| !blocks.keeps_pair(graph, o, held[i]));
        if (1..held.len()).any(apart) {
            let of = held.iter().filter_map(|o| blocks.of_source(o.source));
            let nodes = of.flat_map(|b| blocks.list[b].nodes.iter().copied());
            out.extend(nodes.filter(|n| graph.nodes[n.0].spec.stat.one_hot()));
        }
    }
    out
}

/// With all categories that meet one of them in a table with zeros, and those that meet these.
fn all_that_meet(
    graph: &FactorGraph,
    bound: &Bound,
    blocks: &Blocks,
    energy: &Energy,
    mut all: BTreeSet<NodeId>,
) -> Vec<NodeId> {
    let zeros = Zeros::new(graph, energy, Some(bound));
    let category = |o: &Op| match o.source {
        Source::Node(n) if blocks.roles[n.0].has_q() && graph.nodes[n.0].spec.stat.one_hot() => Some(n),
        _ => None,
    };
    let mut open: Vec<NodeId> = all.iter().copied().collect();
    while let Some(n) = open.pop() {
        let me = Source::Node(n);
        let terms = energy.holding(me).flat_map(|f| &energy.factor(f).terms);
        for t in terms.filter(|t| zeros.any(t) && t.ops.iter().any(|o| o.source == me)) {
            open.extend(t.ops.iter().filter_map(category).filter(|m| all.insert(*m)));
        }
    }
    all.into_iter().collect()
}

/// The known products of a line that hold the same categories, to be worked out table by table.
struct Products<'a> {
    bound: &'a Bound,
    graph: &'a FactorGraph,
    f: &'a FactorEnergy,
    terms: Vec<(&'a EnergyTerm, Vec<&'a Op>)>,
    arrays: HashMap<usize, (KnownArray, Vec<Extent>)>,
    letters: Vec<(LabelId, usize)>,
    /// Letters of the categories' states.
    states: Vec<(LabelId, usize)>,
    d: usize,
}

impl<'a> Products<'a> {
    /// `None` where something in them is no number here.
    #[allow(clippy::too_many_arguments)]
    fn new(
        graph: &'a FactorGraph,
        bound: &'a Bound,
        blocks: &Blocks,
        energy: &Energy,
        f: &'a FactorEnergy,
        terms: &[&'a EnergyTerm],
        views: &[View],
        tables: &ElementTables,
    ) -> Option<Self> {
        let mut arrays = HashMap::new();
        let mut kept = vec![];
        for t in terms {
            let rest: Vec<&Op> =
                t.ops.iter().filter(|o| o.source != Source::Block(BlockId(usize::MAX))).collect();
            let mut known = true;
            for op in &rest {
                match op.source {
                    Source::Known(k) => {
                        let array = &energy.knowns[k];
                        if let Entry::Vacant(free) = arrays.entry(k) {
                            let numbers = KnownArray::new(array, graph, bound, &[]).ok()?;
                            free.insert((numbers, array.elements.clone()));
                        }
                        known &= matches!(array.map, KnownMap::Stat { .. } | KnownMap::Value);
                    }
                    Source::Node(n) => known &= blocks.roles[n.0] == Role::Observed,
                    Source::Block(_) => known = false,
                }
                let plain =
                    |e: &Element| matches!(e, Element::Label(_) | Element::Column { .. } | Element::At(_));
                known &= op.elements.iter().all(plain);
            }
            // What also holds a random number says nothing of its own.
            if known {
                kept.push((*t, rest));
            }
        }
        let states = views.iter().zip(&tables.states).filter_map(|(v, k)| Some((v.axis?, *k))).collect();
        let d = f.event.map_or(1, |e| bound.size(e));
        Some(Self { bound, graph, f, terms: kept, arrays, letters: tables.letters.clone(), states, d })
    }

    /// Of one table, which entries are possible.
    fn possible(&self, item: usize) -> Vec<bool> {
        let mut at = vec![0; self.f.labels.len()];
        let mut rest = item;
        for &(l, size) in self.letters.iter().rev() {
            at[l] = rest % size.max(1);
            rest /= size.max(1);
        }
        let count: usize = self.states.iter().map(|s| s.1).product();
        (0..count)
            .map(|entry| {
                let mut rest = entry;
                for &(l, size) in self.states.iter().rev() {
                    at[l] = rest % size;
                    rest /= size;
                }
                let sum: f64 = self.terms.iter().map(|(t, ops)| self.sum(t, ops, &mut at.clone())).sum();
                sum > IMPOSSIBLE
            })
            .collect()
    }

    /// A product, summed over the letters that neither the table nor its states decide.
    fn sum(&self, t: &EnergyTerm, ops: &[&Op], at: &mut [usize]) -> f64 {
        let mut free: Vec<LabelId> = vec![];
        for l in ops.iter().flat_map(|o| o.labels()) {
            let fixed =
                self.letters.iter().chain(&self.states).any(|x| x.0 == l) || self.f.child.contains(&l);
            if !fixed && !free.contains(&l) {
                free.push(l);
            }
        }
        let sizes: Vec<usize> = free.iter().map(|l| self.bound.size(self.f.labels[*l].extent)).collect();
        let front = t.scale * (t.coefficient)(self.d) * (self.d as f64).powi(t.d_power as i32);
        let mut total = 0.0;
        for i in 0..sizes.iter().product() {
            let mut rest: usize = i;
            for (l, size) in free.iter().zip(&sizes).rev() {
                at[*l] = rest % size;
                rest /= size;
            }
            total += ops.iter().fold(front, |x, op| x * self.value(op, at));
        }
        total
    }

    fn value(&self, op: &Op, at: &[usize]) -> f64 {
        let index = |extents: &[Extent]| -> Option<usize> {
            op.elements.iter().zip(extents).try_fold(0, |i, (e, x)| {
                let place = match *e {
                    Element::Label(l) => at[l],
                    Element::Column { column, label } => {
                        let code = self.bound.codes(column, *x)?[at[label]];
                        if code == NONE {
                            return None;
                        }
                        code as usize
                    }
                    Element::At(fixed) => fixed.settled(&self.bound.labelled),
                    _ => return None,
                };
                Some(i * self.bound.size(*x) + place)
            })
        };
        let size = |l: &LabelId| self.bound.size(self.f.labels[*l].extent);
        let within = op.axes.iter().fold(0, |i, l| i * size(l) + at[*l]);
        match op.source {
            Source::Known(k) => {
                let (array, extents) = &self.arrays[&k];
                let (offset, _) = array.part(op.part, op.axes.len());
                index(extents).map_or(0.0, |e| array.data[e * array.width + offset + within])
            }
            Source::Node(n) => {
                let node = &self.graph.nodes[n.0];
                let extents: Vec<Extent> = node.plates.iter().map(|p| Extent::Plate(*p)).collect();
                let Some(e) = index(&extents) else { return 0.0 };
                match self.bound.observed(n) {
                    Some(ObservedArray::Codes(codes)) => f64::from(codes[e] as usize == at[op.axes[0]]),
                    Some(ObservedArray::Numbers { width, values }) => {
                        let d = node.event.map_or(1, |x| self.bound.size(x));
                        let mut out = vec![0.0; node.spec.stat.width(d)];
                        let v = &values[e * width..(e + 1) * width];
                        match (node.spec.stat.of_value)(v, d, &mut out) {
                            Ok(()) => out[node.spec.stat.offset(op.part, d) + within],
                            Err(_) => 0.0,
                        }
                    }
                    None => 0.0,
                }
            }
            Source::Block(_) => 1.0,
        }
    }
}
