//! The sizes and the names of a model's axes as they were when it was fitted, without its data. Not here:
//! binding data (`graph::bind`).

use super::{error::KeepError, kept::Kept};
use crate::{
    graph::{
        Bound, FactorGraph, GivenAxes,
        bound::{BoundColumn, BoundPlate, EventLabels},
        factor_graph::{DataColumn, InputSource, Plate, PlateKind},
    },
    num::numbers::Numbers,
    shape::NodeId,
};

/// Axes, inputs that are written in the model, and nothing of any table.
///
/// # Errors
/// The document is not of this graph.
pub fn skeleton(kept: &Kept, graph: &FactorGraph) -> Result<Bound, KeepError> {
    let other = || KeepError::Damaged("its axes are not those of its model".into());
    let document = &kept.document;
    if document.plates.len() != graph.plates.len() || document.nodes.len() != graph.nodes.len() {
        return Err(other());
    }
    let plates: Vec<BoundPlate> = document
        .plates
        .iter()
        .map(|p| BoundPlate {
            size: p.size,
            labels: p.labels.clone().map(Into::into),
            weight: None,
            sequences: None,
            parents: None,
        })
        .collect();
    let columns = graph.columns.iter().map(|c| {
        let table = &graph.tables[c.table.0].name;
        let of = document.columns.iter().find(|l| l.table == *table && l.name == c.name);
        BoundColumn { levels: of.map(|l| l.levels.clone().into()), ..BoundColumn::default() }
    });
    let inputs = graph.inputs.iter().map(|i| match &i.source {
        InputSource::Numbers(n) => n.clone().into(),
        InputSource::Columns(_) | InputSource::Table(_) => Numbers::default(),
    });
    let node = |name: &str| graph.nodes.iter().position(|n| n.name == name).map(NodeId);
    let labels = document.nodes.iter().map(|n| match &n.event {
        None => Ok(None),
        Some((of, names)) => {
            let of = node(of).ok_or_else(other)?;
            Ok(Some(EventLabels { of, names: names.clone().into() }))
        }
    });
    let mut bound = Bound {
        columns: columns.collect(),
        inputs: inputs.collect(),
        observed: vec![None; graph.nodes.len()],
        event_labels: labels.collect::<Result<_, KeepError>>()?,
        labelled: vec![],
        positions: vec![],
        places: vec![],
        plates,
    };
    for l in &graph.labelled {
        let place = bound.place_of(graph, l).ok_or_else(other)?;
        bound.labelled.push(place);
    }
    Ok(bound)
}

/// The axes as they were, for new data.
pub fn axes(kept: &Kept, graph: &FactorGraph) -> GivenAxes {
    let levels = |c: &DataColumn| {
        let table = &graph.tables[c.table.0].name;
        let of = kept.document.columns.iter().find(|l| l.table == *table && l.name == c.name);
        of.map(|l| l.levels.clone())
    };
    let groups = |p: &Plate| matches!(p.kind, PlateKind::Groups { .. });
    let labels = kept.document.plates.iter().zip(&graph.plates);
    GivenAxes {
        plates: labels.map(|(p, q)| if groups(q) { p.labels.clone() } else { None }).collect(),
        columns: graph.columns.iter().map(levels).collect(),
        positions: kept.document.positions.clone(),
    }
}
