//! Simulated rows as CSV that a fit reads back. Not here: how they are drawn (`ask`).

use crate::{
    ask::draws::Drawn,
    graph::{
        Bound, FactorGraph,
        factor_graph::{ObservedValues, PlateKind},
    },
    shape::{DataTableId, Extent, NodeId},
};
use std::io;

/// A column of a simulated table.
struct Column {
    name: String,
    cells: Vec<String>,
}

/// The observed columns of a table for one draw.
fn columns(graph: &FactorGraph, bound: &Bound, table: DataTableId, drawn: &Drawn) -> Vec<Column> {
    let mut out: Vec<Column> = vec![];
    for (i, node) in graph.nodes.iter().enumerate() {
        let Some(observed) = &node.observed else { continue };
        let d = node.event.map_or(1, |e| bound.size(e));
        let width = node.spec.stat.value.width(d);
        let category = node.spec.stat.one_hot();
        let text = |x: f64, column: &str| match node.event.filter(|_| category) {
            Some(extent) => level(bound, extent, column, x as usize),
            None => format!("{x}"),
        };
        match &observed.values {
            ObservedValues::Columns(ids) if graph.columns[ids[0].0].table == table => {
                for (k, c) in ids.iter().enumerate() {
                    let name = &graph.columns[c.0].name;
                    let cells =
                        drawn[i].chunks_exact(width).map(|v| text(v[if category { 0 } else { k }], name));
                    out.push(Column { name: name.clone(), cells: cells.collect() });
                }
            }
            ObservedValues::Table(t) if *t == table => {
                let wide =
                    |p: &&crate::shape::PlateId| matches!(graph.plates[p.0].kind, PlateKind::Columns { .. });
                let Some(p) = node.plates.iter().find(wide) else { continue };
                let first = node.plates[0] == *p;
                let names = bound.plate(*p).labels.clone().unwrap_or_default();
                let rows = drawn[i].len() / names.len().max(1);
                for (j, name) in names.iter().enumerate() {
                    let at = |row: usize| if first { j * rows + row } else { row * names.len() + j };
                    let cells = (0..rows).map(|row| text(drawn[i][at(row)], name));
                    out.push(Column { name: name.clone(), cells: cells.collect() });
                }
            }
            _ => {}
        }
    }
    out
}

/// The name of a level: its number from 1, where it has none.
fn level(bound: &Bound, extent: Extent, column: &str, k: usize) -> String {
    if let Some(labels) = bound.labels(extent) {
        return labels[k].clone();
    }
    let by_place =
        bound.positions.iter().find(|(name, levels)| name == column && levels.len() == bound.size(extent));
    by_place.map_or_else(|| (k + 1).to_string(), |(_, levels)| levels[k].clone())
}

/// Writes the rows of a table, draw after draw; with several, a column `draw` comes first.
///
/// # Errors
/// Those of `out`.
pub fn write(
    graph: &FactorGraph,
    bound: &Bound,
    table: DataTableId,
    draws: &[Drawn],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    for (d, drawn) in draws.iter().enumerate() {
        let columns = columns(graph, bound, table, drawn);
        let draw = |text: String| (draws.len() > 1).then_some(text).into_iter();
        if d == 0 {
            csv.write_record(draw("draw".into()).chain(columns.iter().map(|c| c.name.clone())))?;
        }
        for row in 0..columns.first().map_or(0, |c| c.cells.len()) {
            csv.write_record(draw((d + 1).to_string()).chain(columns.iter().map(|c| c.cells[row].clone())))?;
        }
    }
    csv.flush()
}

/// Does the model observe anything of the table?
pub fn observes(graph: &FactorGraph, table: DataTableId) -> bool {
    (0..graph.nodes.len()).map(NodeId).any(|n| match graph.nodes[n.0].observed.as_ref().map(|o| &o.values) {
        Some(ObservedValues::Columns(ids)) => graph.columns[ids[0].0].table == table,
        Some(ObservedValues::Table(t)) => *t == table,
        Some(ObservedValues::Interval(ids)) => graph.columns[ids[0].0].table == table,
        Some(ObservedValues::Zero) | None => false,
    })
}
