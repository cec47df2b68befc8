//! All that a page is made of: the graph, its data, the posterior, draws. Not here: where they come from
//! (`cli`), nor what is made of them.

use super::number;
use crate::{
    answer::{
        again::Fitted,
        posterior::{Axis, NodePosterior, Posterior},
    },
    ask::draws::Drawn,
    graph::{
        Bound, FactorGraph,
        factor_graph::{DataColumn, PlateKind},
    },
    keep::{Kept, document::Document},
    report::axes::label,
    shape::{Extent, NodeId, PlateId},
};

/// All that a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The model.
    pub graph: &'a FactorGraph,
    /// Its data; only its axes, where they could not be read.
    pub bound: &'a Bound,
    /// The kept posterior.
    pub kept: &'a Kept,
    /// What it says: shared nodes, and local ones where data are read.
    pub posterior: &'a Posterior,
    /// Whether data are read.
    pub data: bool,
    /// Values of observed nodes as they are expected.
    pub fitted: &'a [Fitted],
    /// The most probable categories of chains together.
    pub likely: &'a [(NodeId, Vec<f64>)],
    /// Draws of the shared nodes; none, where there are no draws.
    pub draws: &'a [Drawn],
    /// Data sets simulated from the posterior, all nodes.
    pub simulated: &'a [Drawn],
    /// A column of the data that only increases, by its table: its name, and its numbers.
    pub time: &'a [Option<(String, Vec<f64>)>],
    /// Seed of the draws.
    pub seed: u64,
    /// The file of the posterior, by its last name.
    pub file: &'a str,
}

impl<'a> Subject<'a> {
    /// What the file says of itself.
    pub fn document(&self) -> &'a Document {
        &self.kept.document
    }

    /// The last name of the model's file.
    pub fn model_file(&self) -> &'a str {
        let path = &self.document().model.file;
        path.rsplit(['/', '\\']).next().unwrap_or(path)
    }

    /// What is reported of a node.
    pub fn node(&self, n: usize) -> Option<&'a NodePosterior> {
        let name = &self.graph.nodes.get(n)?.name;
        self.posterior.nodes.iter().find(|p| p.name == *name)
    }

    /// The place of a node in the graph.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.graph.nodes.iter().position(|n| n.name == name)
    }

    /// What is fitted of a node.
    pub fn fitted(&self, n: usize) -> Option<&'a Fitted> {
        self.fitted.iter().find(|f| f.node == NodeId(n))
    }

    /// The most probable path of a node, if it is of a chain.
    pub fn path(&self, n: usize) -> Option<&'a [f64]> {
        self.likely.iter().find(|(of, _)| *of == NodeId(n)).map(|(_, path)| path.as_slice())
    }

    /// A node's name with its plates: `rate[k]`.
    pub fn written(&self, n: usize) -> String {
        let node = &self.graph.nodes[n];
        let plates: Vec<&str> = node.plates.iter().map(|p| self.graph.plates[p.0].name.as_str()).collect();
        if plates.is_empty() { node.name.clone() } else { format!("{}[{}]", node.name, plates.join(",")) }
    }

    /// The plates that have an element for each row of a table.
    pub fn is_rows(&self, p: PlateId) -> bool {
        self.graph.plates[p.0].kind.rows_of().is_some()
    }

    /// The row plate of a node, if it has one: its place among the node's plates.
    pub fn rows_of(&self, n: usize) -> Option<(usize, PlateId)> {
        self.graph.nodes[n].plates.iter().copied().enumerate().find(|(_, p)| self.is_rows(*p))
    }

    /// How many rows each row stands for.
    pub fn weights(&self, p: PlateId) -> Option<&'a [f64]> {
        self.bound.plate(p).weight.as_deref()
    }

    /// What an extent is called: the plate's name, or the column's.
    pub fn extent_name(&self, e: Extent) -> &'a str {
        match e {
            Extent::Number(_) => "",
            Extent::Plate(p) => &self.graph.plates[p.0].name,
            Extent::Levels(c) => &self.graph.columns[c.0].name,
        }
    }

    /// Labels of the elements of an extent: their names, or `k = 2`.
    pub fn extent_labels(&self, e: Extent) -> Vec<String> {
        let (name, names) = (self.extent_name(e), self.bound.labels(e));
        let one = |i: usize| match &names {
            Some(l) => l.get(i).cloned().unwrap_or_default(),
            None => numbered(name, i),
        };
        (0..self.bound.size(e)).map(one).collect()
    }

    /// The name of a row: its label, or its number from 1.
    pub fn row_name(&self, p: PlateId, row: usize) -> String {
        let labels = self.bound.plate(p).labels.as_ref();
        labels.and_then(|l| l.get(row)).cloned().unwrap_or_else(|| number::whole(row + 1))
    }

    /// What a row plate's elements are called, one of them.
    pub fn row_noun(&self, p: PlateId) -> &'static str {
        match self.graph.plates[p.0].kind {
            PlateKind::Steps { .. } => "step",
            _ => "row",
        }
    }

    /// Names of the numbers of an observed node's value: its columns.
    pub fn value_names(&self, n: usize) -> Vec<String> {
        use crate::graph::factor_graph::ObservedValues;
        let node = &self.graph.nodes[n];
        match node.observed.as_ref().map(|o| &o.values) {
            Some(ObservedValues::Columns(c)) => {
                c.iter().map(|c| self.graph.columns[c.0].name.clone()).collect()
            }
            _ => vec![node.name.clone()],
        }
    }

    /// A column, by its place.
    pub fn column(&self, c: usize) -> &'a DataColumn {
        &self.graph.columns[c]
    }

    /// The x of a step: the column that increases, or the number of the step in its sequence.
    pub fn time_of(&self, p: PlateId) -> Option<&'a (String, Vec<f64>)> {
        let table = self.graph.plates[p.0].kind.rows_of()?;
        self.time.get(table.0)?.as_ref()
    }
}

/// `k = 2`, or the number alone where there is no name.
pub fn numbered(name: &str, i: usize) -> String {
    if name.is_empty() { (i + 1).to_string() } else { format!("{name}\u{a0}=\u{a0}{}", i + 1) }
}

/// The label of an element of an axis: its name, or `k = 2`.
pub fn element(axis: &Axis, i: usize) -> String {
    if axis.labels.is_some() { label(axis, i) } else { numbered(&axis.name, i) }
}

/// The label of a number of a node, all axes.
pub fn number_label(node: &NodePosterior, flat: usize) -> String {
    label_over(node.plates.iter().chain(&node.event), flat)
}

/// The label of an element of an array with these axes, the last one fastest.
pub fn label_over<'a>(axes: impl DoubleEndedIterator<Item = &'a Axis>, mut flat: usize) -> String {
    let mut parts = vec![];
    for axis in axes.rev() {
        let size = axis.size.max(1);
        parts.push(element(axis, flat % size));
        flat /= size;
    }
    parts.reverse();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_goes_fastest() {
        let axis = |name: &str, size| Axis { name: name.into(), size, labels: None };
        let axes = [axis("a", 2), axis("b", 3)];
        let of = |flat| label_over(axes.iter(), flat).replace('\u{a0}', " ");
        assert_eq!([of(0), of(1), of(3)], ["a = 1, b = 1", "a = 1, b = 2", "a = 2, b = 1"]);
    }
}
