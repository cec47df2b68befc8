//! Which elements of other nodes an element's line names, selectors included. Not here: what follows from it
//! (`live`).

use crate::{
    graph::{
        bound::Bound,
        evaluate::{self, Steps},
        factor_graph::{Factor, FactorGraph, Index, Ref, RowSet, Target},
    },
    shape::{Extent, NodeId, PlateId},
};
use std::sync::Arc;

/// One line of a model: the elements of the child that it speaks of, and those that it names.
pub(super) struct Line {
    rows: RowSet,
    /// The child's axis that steps or rows of a tree run along, and its plate.
    along: Option<(usize, PlateId)>,
    pub(super) names: Vec<Named>,
}

/// One reference to a node.
pub(super) struct Named {
    pub(super) node: NodeId,
    axes: Vec<Axis>,
    sizes: Vec<usize>,
    /// By the indices that the child's element decides: whether all elements named by them have been told.
    told: Vec<bool>,
}

/// How an index of the target follows from the child's element.
enum Axis {
    /// The index along an axis of the child.
    Own(usize),
    /// What a column names there.
    Column(usize, Option<Arc<[u32]>>),
    /// So many steps before.
    Before(usize, PlateId, usize),
    /// The row above.
    Above(usize, PlateId),
    At(usize),
    /// Whichever: a selector's categories, or the axis of a vector.
    All,
}

/// The lines of each node.
pub(super) fn lines(graph: &FactorGraph, bound: &Bound) -> Vec<Vec<Line>> {
    let mut out: Vec<Vec<Line>> = graph.nodes.iter().map(|_| vec![]).collect();
    for f in &graph.factors {
        out[f.node.0].push(line(graph, bound, f));
    }
    out
}

fn line(graph: &FactorGraph, bound: &Bound, f: &Factor) -> Line {
    let plates = &graph.nodes[f.node.0].plates;
    let ordered = |p: &PlateId| bound.plate(*p).sequences.is_some() || bound.plate(*p).parents.is_some();
    let along = plates.iter().position(ordered).map(|axis| (axis, plates[axis]));
    let mut names = vec![];
    for arg in &f.args {
        evaluate::each_ref(&arg.expr, &mut |r| named(graph, bound, plates, r, &mut names));
    }
    Line { rows: f.rows, along, names }
}

fn named(graph: &FactorGraph, bound: &Bound, plates: &[PlateId], r: &Ref, out: &mut Vec<Named>) {
    let selectors = r.index.iter().filter_map(|i| if let Index::Gate(g) = i { Some(g) } else { None });
    selectors.for_each(|g| named(graph, bound, plates, g, out));
    let Target::Node(node) = r.target else { return };
    let own = |p: &PlateId| plates.iter().position(|q| q == p);
    let target = &graph.nodes[node.0].plates;
    let axis = |(at, p): (usize, &PlateId)| match r.index.get(at) {
        Some(Index::Plate(q)) => own(q).map_or(Axis::All, Axis::Own),
        Some(Index::Column { column, plate }) => match own(plate) {
            Some(axis) => Axis::Column(axis, bound.codes(*column, Extent::Plate(*p)).cloned()),
            None => Axis::All,
        },
        Some(Index::Before { plate, lag }) => {
            own(plate).map_or(Axis::All, |axis| Axis::Before(axis, *plate, *lag as usize))
        }
        Some(Index::Parent(plate)) => own(plate).map_or(Axis::All, |axis| Axis::Above(axis, *plate)),
        Some(Index::At(fixed)) => Axis::At(fixed.settled(&bound.labelled)),
        Some(Index::Gate(_)) | None => Axis::All,
    };
    let axes: Vec<Axis> = target.iter().enumerate().map(axis).collect();
    let sizes: Vec<usize> = target.iter().map(|p| bound.plate(*p).size).collect();
    let decided = axes.iter().zip(&sizes).map(|(a, s)| if matches!(a, Axis::All) { 1 } else { *s }).product();
    out.push(Named {
        node,
        told: vec![false; if axes.iter().any(|a| matches!(a, Axis::All)) { decided } else { 0 }],
        axes,
        sizes,
    });
}

impl Line {
    /// Do the child's elements name all elements of a target between them, by their plates alone?
    pub(super) fn covers(&self, named: &Named) -> bool {
        let mut own = vec![];
        matches!(self.rows, RowSet::All)
            && named.axes.iter().all(|a| match a {
                Axis::Own(axis) if !own.contains(axis) => {
                    own.push(*axis);
                    true
                }
                Axis::All => true,
                _ => false,
            })
    }

    /// Does it speak of the child's element with these indices?
    pub(super) fn speaks_of(&self, bound: &Bound, steps: &Steps, at: &[usize]) -> bool {
        let along = self.along.map(|(axis, plate)| (plate, at[axis]));
        evaluate::speaks_of(bound, steps, self.rows, along.into_iter())
    }
}

impl Named {
    /// Tells `found` the elements that are named at the child's element with these indices; those that were
    /// told all together before are told no more.
    pub(super) fn at(&mut self, bound: &Bound, steps: &Steps, at: &[usize], found: &mut impl FnMut(usize)) {
        let index = |axis: &Axis| match axis {
            Axis::Own(own) => Some(at[*own]),
            Axis::Column(own, codes) => codes.as_ref().map_or(Some(0), |c| Some(c[at[*own]] as usize)),
            Axis::Before(own, plate, lag) => Some(steps.before(bound, *plate, at[*own], *lag)),
            Axis::Above(own, plate) => {
                let above = bound.plate(*plate).parents.as_ref().map(|p| p[at[*own]]);
                Some(above.filter(|a| *a != u32::MAX).map_or(at[*own], |a| a as usize))
            }
            Axis::At(i) => Some(*i),
            Axis::All => None,
        };
        let (mut first, mut key, mut free) = (0, 0, vec![]);
        let mut stride: usize = self.sizes.iter().product();
        for (axis, &size) in self.axes.iter().zip(&self.sizes) {
            stride /= size.max(1);
            match index(axis) {
                Some(i) => (first, key) = (first + i * stride, key * size + i),
                None => free.push((stride, size)),
            }
        }
        if free.is_empty() {
            return found(first);
        }
        if std::mem::replace(&mut self.told[key], true) {
            return;
        }
        let mut all = vec![first];
        for (stride, size) in free {
            all = all.into_iter().flat_map(|e| (0..size).map(move |i| e + i * stride)).collect();
        }
        all.into_iter().for_each(found);
    }
}
