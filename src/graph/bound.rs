//! A factor graph's data: sizes, labels, codes and numbers, checked against the graph. Not here: how files
//! are read (`data`).

use super::factor_graph::{FactorGraph, Labelled, LabelledAxis};
use crate::{
    data::{RowPlaces, sequences::Sequences},
    num::numbers::Numbers,
    shape::{ColumnId, Extent, NodeId, PlateId},
};
use std::sync::Arc;

/// All that a plan needs to know of the data. Arrays are row-major.
#[derive(Clone, Debug)]
pub struct Bound {
    /// One for each plate of the graph.
    pub plates: Vec<BoundPlate>,
    /// Sizes of column level sets used as axes, with labels; by column.
    pub columns: Vec<BoundColumn>,
    /// One for each input: its numbers, plates first, then event axes.
    pub inputs: Vec<Numbers>,
    /// For each node: its observed values, if bound to data.
    pub observed: Vec<Option<ObservedArray>>,
    /// For each node: names of its event axis's elements that the columns of an observed node lend it.
    pub event_labels: Vec<Option<EventLabels>>,
    /// For each element that the model calls by its label: its place, from 0.
    pub labelled: Vec<usize>,
    /// Columns whose levels match elements by position: their levels.
    pub positions: Vec<(String, Vec<String>)>,
    /// For each table: where its rows stand, for messages about their values.
    pub places: Vec<RowPlaces>,
}

/// Names for the elements of an axis that is a bare number in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLabels {
    /// The observed node that the columns belong to.
    pub of: NodeId,
    /// The columns' names.
    pub names: Arc<[String]>,
}

/// A plate's size and what belongs to its rows.
#[derive(Clone, Debug)]
pub struct BoundPlate {
    /// Elements.
    pub size: usize,
    /// Names of the elements, where they have any but their numbers.
    pub labels: Option<Arc<[String]>>,
    /// How many rows each row stands for.
    pub weight: Option<Arc<[f64]>>,
    /// Of a `Steps` plate.
    pub sequences: Option<Arc<Sequences>>,
    /// Of a `Tree` plate: the row above each row, `u32::MAX` for roots.
    pub parents: Option<Arc<[u32]>>,
}

/// A column as far as the model uses it.
#[derive(Clone, Debug, Default)]
pub struct BoundColumn {
    /// As a covariate: one number for each row.
    pub numbers: Option<Numbers>,
    /// As an index: for each extent that it indexes, the element each row names.
    pub codes: Vec<(Extent, Arc<[u32]>)>,
    /// Where it is read for each group: the row of its table that has each group's name.
    pub rows: Option<Arc<[u32]>>,
    /// As an axis: its levels.
    pub levels: Option<Arc<[String]>>,
}

/// The values of an observed node: one for each element, row-major over the node's plates.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservedArray {
    /// Real, count and binary values, `width` numbers each; an element with a NaN is missing.
    Numbers {
        /// Numbers in one value.
        width: usize,
        /// All of them.
        values: Numbers,
    },
    /// Categories, as indices into the node's event extent; `u32::MAX` is missing.
    Codes(Arc<[u32]>),
}

impl ObservedArray {
    /// The elements without a value, or with a part of one.
    pub fn missing(&self) -> Vec<usize> {
        match self {
            Self::Numbers { width, values } => {
                let rows = values.chunks_exact((*width).max(1)).enumerate();
                rows.filter(|(_, v)| v.iter().any(|x| x.is_nan())).map(|(e, _)| e).collect()
            }
            Self::Codes(codes) => {
                codes.iter().enumerate().filter(|(_, c)| **c == u32::MAX).map(|(e, _)| e).collect()
            }
        }
    }
}

impl Bound {
    /// Lets go of what a plan has its own copy of: values of observed nodes, but of those to `keep`, and
    /// where rows stand. Where numbers have a place all values stay: a run may need them about other centres.
    pub fn forget(&mut self, graph: &FactorGraph, keep: impl Fn(NodeId) -> bool) {
        let places = graph.nodes.iter().any(|n| n.spec.location);
        for (i, values) in self.observed.iter_mut().enumerate() {
            if !places && !keep(NodeId(i)) {
                *values = None;
            }
        }
        self.places.clear();
    }
    /// Size of an axis.
    pub fn size(&self, extent: Extent) -> usize {
        match extent {
            Extent::Number(n) => n,
            Extent::Plate(p) => self.plate(p).size,
            Extent::Levels(c) => self.columns[c.0].levels.as_ref().map_or(0, |l| l.len()),
        }
    }
    /// A plate's data.
    pub fn plate(&self, p: PlateId) -> &BoundPlate {
        &self.plates[p.0]
    }
    /// Names of an axis's elements, where it has any.
    pub fn labels(&self, extent: Extent) -> Option<Arc<[String]>> {
        match extent {
            Extent::Number(_) => None,
            Extent::Plate(p) => self.plate(p).labels.clone(),
            Extent::Levels(c) => self.columns[c.0].levels.clone(),
        }
    }
    /// Names of what a labelled element is one of, where it has any.
    pub fn labels_of(&self, graph: &FactorGraph, of: LabelledAxis) -> Option<Arc<[String]>> {
        match of {
            LabelledAxis::Plate(p) => self.labels(Extent::Plate(p)),
            LabelledAxis::Event(n) => {
                let own = graph.nodes[n.0].event.and_then(|e| self.labels(e));
                own.or_else(|| self.event_labels[n.0].as_ref().map(|l| l.names.clone()))
            }
        }
    }
    /// The place of a labelled element, from 0, if it is there.
    pub fn place_of(&self, graph: &FactorGraph, l: &Labelled) -> Option<usize> {
        self.labels_of(graph, l.of)?.iter().position(|x| *x == l.label)
    }
    /// The element of `extent` that column `c` names in each row.
    pub fn codes(&self, c: ColumnId, extent: Extent) -> Option<&Arc<[u32]>> {
        self.columns[c.0].codes.iter().find(|(e, _)| *e == extent).map(|(_, codes)| codes)
    }
    /// A node's values, if it is bound to data.
    pub fn observed(&self, n: NodeId) -> Option<&ObservedArray> {
        self.observed[n.0].as_ref()
    }
}
