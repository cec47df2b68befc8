//! Which elements of plates stay for inference, and which nodes nothing observed hangs on at all. Not here:
//! the data without the others (`without`).
//!
//! Whole elements of plates are left out: a row, a level, the end of a sequence. What stays in a row that
//! others need stays in q.

use super::live::Live;
use crate::{
    graph::{
        bound::Bound,
        evaluate,
        factor_graph::{FactorGraph, Index, PlateKind, Ref, Target},
    },
    shape::{Extent, NodeId, PlateId},
};
use std::sync::Arc;

/// What inference sees of the data.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Of each plate, the elements that stay, ascending; `None` where all do.
    plates: Vec<Option<Arc<[u32]>>>,
    /// Elements of each plate, those included that leave.
    sizes: Vec<usize>,
    /// Of each node, whether nothing observed hangs on any of its elements.
    barren: Vec<bool>,
}

impl Kept {
    /// What shows without data: nodes on which nothing hangs that is bound to any.
    pub fn of_graph(graph: &FactorGraph) -> Self {
        let mut barren: Vec<bool> = graph.nodes.iter().map(|n| n.observed.is_none()).collect();
        let mut open: Vec<NodeId> = (0..graph.nodes.len()).map(NodeId).filter(|n| !barren[n.0]).collect();
        while let Some(n) = open.pop() {
            for parent in parents(graph, n) {
                if std::mem::replace(&mut barren[parent.0], false) {
                    open.push(parent);
                }
            }
        }
        Self { barren, ..Self::default() }
    }

    /// Some rows of a plate alone.
    pub(super) fn only(graph: &FactorGraph, bound: &Bound, plate: PlateId, rows: &[u32]) -> Self {
        let table = graph.plates[plate.0].kind.rows_of();
        let mine = |i: usize| i == plate.0 || table.is_some() && graph.plates[i].kind.rows_of() == table;
        let all: Arc<[u32]> = rows.into();
        Self {
            plates: (0..graph.plates.len()).map(|i| mine(i).then(|| all.clone())).collect(),
            sizes: bound.plates.iter().map(|p| p.size).collect(),
            barren: vec![false; graph.nodes.len()],
        }
    }

    /// All steps of sequences stay, and so do all rows of their tables.
    pub(super) fn with_sequences(mut self, graph: &FactorGraph) -> Self {
        let steps = graph.plates.iter().filter(|p| matches!(p.kind, PlateKind::Steps { .. }));
        let whole: Vec<_> = steps.filter_map(|p| p.kind.rows_of()).collect();
        for (kept, plate) in self.plates.iter_mut().zip(&graph.plates) {
            if plate.kind.rows_of().is_some_and(|t| whole.contains(&t)) {
                *kept = None;
            }
        }
        self
    }

    /// The elements of a plate that stay; `None` where all do.
    pub fn plate(&self, p: PlateId) -> Option<&Arc<[u32]>> {
        self.plates.get(p.0)?.as_ref()
    }

    /// Whether every element of every plate stays.
    pub fn everything(&self) -> bool {
        self.plates.iter().all(Option::is_none)
    }

    /// Does nothing observed hang on any element of the node?
    pub fn barren(&self, n: NodeId) -> bool {
        self.barren.get(n.0).copied().unwrap_or(false)
    }

    /// The element of the data that element `i` of a plate is to inference.
    pub fn original(&self, p: PlateId, i: usize) -> usize {
        self.plate(p).map_or(i, |kept| kept[i] as usize)
    }

    /// Elements of the data of a node with these plates.
    pub fn count(&self, plates: &[PlateId]) -> usize {
        plates.iter().map(|p| self.sizes[p.0]).product()
    }

    /// The elements of a node that inference sees, in its order, as elements of the data; `None` where these
    /// are all.
    pub fn elements(&self, plates: &[PlateId]) -> Option<Vec<usize>> {
        plates.iter().any(|p| self.plate(*p).is_some()).then(|| {
            let mut out = vec![0];
            for &p in plates {
                let size = self.sizes[p.0];
                out = match self.plate(p) {
                    Some(kept) => {
                        out.iter().flat_map(|e| kept.iter().map(move |&i| e * size + i as usize)).collect()
                    }
                    None => out.iter().flat_map(|e| (0..size).map(move |i| e * size + i)).collect(),
                };
            }
            out
        })
    }

    /// Elements of what inference sees as those of the data.
    pub fn of_data(&self, plates: &[PlateId], order: Vec<usize>) -> Vec<usize> {
        match self.elements(plates) {
            Some(elements) => order.into_iter().map(|e| elements[e]).collect(),
            None => order,
        }
    }
}

/// Of more elements nothing is left out: no fit has room for them.
const MOST_ELEMENTS: usize = 1 << 31;

/// Finds them.
pub(super) fn kept(graph: &FactorGraph, bound: &Bound) -> Kept {
    let nodes = || (0..graph.nodes.len()).map(NodeId);
    let sizes: Vec<usize> = bound.plates.iter().map(|p| p.size).collect();
    let nothing = Kept { plates: vec![None; sizes.len()], sizes, barren: vec![false; graph.nodes.len()] };
    let marks = |n: &crate::graph::factor_graph::Node| {
        n.plates.iter().try_fold(1_usize, |all, p| all.checked_mul(bound.plate(*p).size))
    };
    let all = graph.nodes.iter().try_fold(0_usize, |sum, n| sum.checked_add(marks(n)?));
    if all.is_none_or(|all| all > MOST_ELEMENTS) {
        return nothing;
    }
    let mut live = Live::new(graph, bound);
    if nodes().all(|n| live.all(n)) {
        return nothing;
    }
    let units = units(graph, bound);
    let mut named = vec![false; graph.nodes.len()];
    nodes().flat_map(|n| parents(graph, n)).for_each(|p| named[p.0] = true);
    // What stays in q because its row does needs its parents, and so their rows.
    let keep = loop {
        let keep = rows(graph, bound, &live, &units);
        let before = live.left_of_all();
        let latent = |n: &NodeId| bound.observed(*n).is_none() || named[n.0];
        for n in nodes().filter(latent) {
            if !live.none(n) && !live.all(n) {
                stay(graph, &mut live, n, &keep);
            }
        }
        live.follow();
        if live.left_of_all() == before {
            break keep;
        }
    };
    let list = |keep: &Vec<bool>| -> Option<Arc<[u32]>> {
        let some = keep.contains(&true) && keep.contains(&false);
        some.then(|| (0..keep.len() as u32).filter(|&i| keep[i as usize]).collect())
    };
    let barren = nodes().map(|n| live.none(n)).collect();
    Kept { plates: keep.iter().map(list).collect(), barren, ..nothing }
}

/// Marks the elements of a node all of whose plates' elements stay.
fn stay(graph: &FactorGraph, live: &mut Live<'_>, n: NodeId, keep: &[Vec<bool>]) {
    let plates = &graph.nodes[n.0].plates;
    let sizes = live.sizes(n).to_vec();
    for e in 0..live.of(n).len() {
        let mut rest = e;
        let stays = plates.iter().zip(&sizes).rev().all(|(p, size)| {
            let i = rest % size;
            rest /= size;
            keep[p.0][i]
        });
        if stays {
            live.mark(n, e);
        }
    }
}

/// The nodes that a node's lines name, selectors included; itself, where they name a step before.
fn parents(graph: &FactorGraph, n: NodeId) -> Vec<NodeId> {
    fn names(r: &Ref, out: &mut Vec<NodeId>) {
        if let Target::Node(m) = r.target {
            out.push(m);
        }
        r.index.iter().for_each(|i| {
            if let Index::Gate(g) = i {
                names(g, out);
            }
        });
    }
    let mut out = vec![];
    let lines = graph.factors.iter().filter(|f| f.node == n);
    lines.flat_map(|f| &f.args).for_each(|a| evaluate::each_ref(&a.expr, &mut |r| names(r, &mut out)));
    out
}

/// Plates whose elements leave together: those of one table's rows, or one by itself. `None` for plates that
/// stay whole.
fn units(graph: &FactorGraph, bound: &Bound) -> Vec<Option<usize>> {
    let whole = whole(graph);
    let first = |i: usize| match graph.plates[i].kind.rows_of() {
        Some(table) => graph.plates.iter().position(|q| q.kind.rows_of() == Some(table)).unwrap_or(i),
        None => i,
    };
    let stays = |unit: usize| (0..graph.plates.len()).any(|j| first(j) == unit && whole[j]);
    (0..graph.plates.len())
        .map(|i| {
            let leaves = !matches!(graph.plates[i].kind, PlateKind::Size(_)) && bound.plates[i].size > 1;
            (leaves && !stays(first(i))).then(|| first(i))
        })
        .collect()
}

/// Plates that are the axis of a value somewhere, or of which an element is named: every element counts
/// there.
fn whole(graph: &FactorGraph) -> Vec<bool> {
    let mut out = vec![false; graph.plates.len()];
    let mut axis = |e: Extent| {
        if let Extent::Plate(p) = e {
            out[p.0] = true;
        }
    };
    graph.nodes.iter().filter_map(|n| n.event).for_each(&mut axis);
    graph.same.iter().flat_map(|s| [s.left, s.right]).for_each(&mut axis);
    graph
        .nodes
        .iter()
        .filter(|n| n.stick)
        .filter_map(|n| n.plates.last())
        .for_each(|p| axis(Extent::Plate(*p)));
    let mut named = vec![];
    for a in graph.factors.iter().flat_map(|f| &f.args) {
        evaluate::each_part(&a.expr, &mut |e| e.axes.iter().copied().for_each(&mut axis));
        evaluate::each_ref(&a.expr, &mut |r| at(graph, r, &mut named));
    }
    named.into_iter().for_each(|p: PlateId| out[p.0] = true);
    out
}

/// Plates of which a reference names an element, or picks one by a latent category, and those of columns that
/// are read along another table's rows.
fn at(graph: &FactorGraph, r: &Ref, out: &mut Vec<PlateId>) {
    let plates: &[PlateId] = match r.target {
        Target::Node(n) => &graph.nodes[n.0].plates,
        Target::Input(i) => &graph.inputs[i.0].plates,
        Target::Column(_) => &[],
    };
    for (axis, i) in r.index.iter().enumerate() {
        match i {
            Index::At(_) => out.extend(plates.get(axis)),
            Index::Gate(g) => {
                out.extend(plates.get(axis));
                at(graph, g, out);
            }
            _ => {}
        }
    }
    if let (Target::Column(c), Some(Index::Plate(p))) = (r.target, r.index.first()) {
        let own = |k: &PlateKind| k.rows_of() == Some(graph.columns[c.0].table);
        if !own(&graph.plates[p.0].kind) {
            let rows = graph.plates.iter().enumerate().filter(|(_, q)| own(&q.kind)).map(|(i, _)| PlateId(i));
            // A group's row of another table is found by name; the rows stay, so that it is.
            let groups = graph.columns[c.0].by_name.is_none().then_some(*p);
            out.extend(rows.chain(groups));
        }
    }
}

/// Of each plate, which elements stay.
fn rows(graph: &FactorGraph, bound: &Bound, live: &Live<'_>, units: &[Option<usize>]) -> Vec<Vec<bool>> {
    let mut keep: Vec<Vec<bool>> =
        (0..graph.plates.len()).map(|p| vec![units[p].is_none(); bound.plates[p].size]).collect();
    for n in (0..graph.nodes.len()).map(NodeId) {
        let mut each = 1;
        for (p, &size) in graph.nodes[n.0].plates.iter().zip(live.sizes(n)).rev() {
            if let Some(unit) = units[p.0] {
                for (e, _) in live.of(n).iter().enumerate().filter(|(_, live)| **live) {
                    keep[unit][e / each % size] = true;
                }
            }
            each *= size;
        }
    }
    for (p, plate) in bound.plates.iter().enumerate() {
        let Some(unit) = units[p] else { continue };
        if let Some(s) = &plate.sequences {
            // Gaps stay: a step has all before it.
            for i in 0..s.len() {
                let places = s.places(i);
                let end = places.clone().rev().find(|&at| keep[unit][s.row(at)]);
                (places.start..end.map_or(places.start, |e| e + 1))
                    .for_each(|at| keep[unit][s.row(at)] = true);
            }
        }
        if let Some(parents) = &plate.parents {
            for row in 0..parents.len() {
                let mut at = row;
                while keep[unit][row] && parents[at] != u32::MAX && !keep[unit][parents[at] as usize] {
                    at = parents[at] as usize;
                    keep[unit][at] = true;
                }
            }
        }
    }
    for p in 0..keep.len() {
        if let Some(unit) = units[p].filter(|u| *u != p) {
            keep[p] = keep[unit].clone();
        }
    }
    keep
}
