//! The natural parameters of a block that is counted part by part, as the report names them. Not here: those of
//! vectors and of tables, which their kinds name themselves.

use super::{
    contract::Asked,
    letters::event_names,
    message::{Head, To},
};
use crate::{
    expfam::{
        line::LINE,
        stat::{Part, PartShape, StatKind},
    },
    graph::factor_graph::FactorGraph,
    shape::{Extent, NodeId},
};

/// Names for one part of a node's element.
pub struct Place<'a> {
    /// The part.
    pub part: &'a Part,
    /// The indices of its plates, and of its axes unless these are not written.
    pub index: &'a [String],
    /// The names of its axes.
    pub event: &'a [String],
}

/// A head for each part of a statistic, and what their names stand for; `text` writes one.
pub fn parts(
    of: Asked<'_>,
    node: NodeId,
    stat: &StatKind,
    text: &dyn Fn(Place<'_>) -> String,
) -> (Vec<Head>, Vec<String>) {
    let (graph, first) = (of.graph, &of.graph.nodes[node.0]);
    let at: Vec<String> = first.plates.iter().map(|p| graph.plate_name(*p).to_owned()).collect();
    let matrices = stat.parts.iter().any(|p| p.shape == PartShape::Matrix);
    // Of the many functions on the line, those that something asks for.
    let optional = *stat == LINE;
    let (mut heads, mut legend) = (vec![], vec![]);
    for (p, part) in stat.parts.iter().enumerate() {
        let event = event_names(graph, &first.plates, first.event, part.shape.rank());
        let mut index = at.clone();
        if !matrices {
            index.extend(event.iter().cloned());
            if let (Some(v), Some(Extent::Levels(c))) = (event.first(), first.event) {
                legend.push(format!("{v} runs over the levels of {}", graph.column_name(c)));
            }
        }
        let text = text(Place { part, index: &index, event: &event });
        heads.push(Head { text, to: To::Part(of.source, p), event, optional });
    }
    if let Some(d) = first.event.filter(|_| matrices) {
        legend.push(format!("d = {}", size_text(graph, d)));
    }
    legend.dedup();
    (heads, legend)
}

/// What an axis runs over, a number if the model says it.
fn size_text(graph: &FactorGraph, x: Extent) -> String {
    match x {
        Extent::Number(n) => n.to_string(),
        Extent::Plate(p) => graph.plates[p.0]
            .known_size()
            .map_or_else(|| format!("the size of {}", graph.plate_name(p)), |n| n.to_string()),
        Extent::Levels(c) => format!("the levels of {}", graph.column_name(c)),
    }
}
