//! What elements of plates are called in messages: the row of the table, its name and its line, or the level.
//! Not here: when a run has something to say (`engine`).

use crate::{
    data::RowPlaces,
    graph::{Bound, FactorGraph},
    shape::PlateId,
};
use std::sync::Arc;

/// Names of the elements of every plate.
#[derive(Clone, Debug, Default)]
pub struct RowNames {
    plates: Vec<PlateNames>,
}

#[derive(Clone, Debug)]
struct PlateNames {
    name: String,
    labels: Option<Arc<[String]>>,
    /// Of a plate of rows: the place of each in its table.
    rows: Option<RowPlaces>,
}

impl RowNames {
    /// Of the data that inference sees.
    pub fn new(graph: &FactorGraph, bound: &Bound) -> Self {
        let of = |(p, plate): (usize, &crate::graph::factor_graph::Plate)| {
            let labels = bound.plates[p].labels.clone();
            let rows = plate.kind.rows_of().and_then(|t| bound.places.get(t.0)).cloned();
            PlateNames { name: plate.name.clone(), labels, rows }
        };
        Self { plates: graph.plates.iter().enumerate().map(of).collect() }
    }

    /// An element: "row 5 (`b`, line 6 of `d.csv`)", "student `s17`, row 3".
    pub fn of(&self, element: &[(PlateId, usize)]) -> String {
        let one = |&(p, i): &(PlateId, usize)| {
            let plate = &self.plates[p.0];
            let label = plate.labels.as_ref().map(|l| format!("`{}`", l[i]));
            let Some(rows) = &plate.rows else {
                return format!("{} {}", plate.name, label.unwrap_or_else(|| (i + 1).to_string()));
            };
            let also: Vec<String> = label.into_iter().chain(rows.line(i)).collect();
            let also = if also.is_empty() { String::new() } else { format!(" ({})", also.join(", ")) };
            format!("row {}{also}", rows.row(i) + 1)
        };
        element.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}
