//! The data without the elements of plates that are left out. Not here: which these are (`kept`).

use super::kept::{Kept, kept};
use crate::{
    data::sequences::Sequences,
    graph::{
        bound::{Bound, BoundColumn, BoundPlate, ObservedArray},
        factor_graph::{FactorGraph, Input, InputSource},
    },
    num::numbers::Numbers,
    shape::{DataTableId, Extent, PlateId},
};
use std::{borrow::Cow, sync::Arc};

/// What inference sees of the data, and the data so far.
pub fn without_barren<'b>(graph: &FactorGraph, bound: &'b Bound) -> (Cow<'b, Bound>, Kept) {
    let kept = kept(graph, bound);
    (cut(graph, bound, &kept), kept)
}

/// The same, with all steps of every sequence: also those after the last that is observed.
pub fn with_ends<'b>(graph: &FactorGraph, bound: &'b Bound) -> (Cow<'b, Bound>, Kept) {
    let kept = kept(graph, bound).with_sequences(graph);
    (cut(graph, bound, &kept), kept)
}

/// The data with some rows of a plate alone, ascending.
pub fn only(graph: &FactorGraph, bound: &Bound, plate: PlateId, rows: &[u32]) -> Bound {
    cut(graph, bound, &Kept::only(graph, bound, plate, rows)).into_owned()
}

fn cut<'b>(graph: &FactorGraph, bound: &'b Bound, kept: &Kept) -> Cow<'b, Bound> {
    if kept.everything() {
        return Cow::Borrowed(bound);
    }
    let cut = Cut { graph, bound, kept, places: places(graph, bound, kept) };
    Cow::Owned(Bound {
        plates: (0..bound.plates.len()).map(|p| cut.plate(PlateId(p))).collect(),
        columns: bound.columns.iter().enumerate().map(|(c, column)| cut.column(c, column)).collect(),
        inputs: graph.inputs.iter().zip(&bound.inputs).map(|(i, x)| cut.numbers(i, x)).collect(),
        observed: graph
            .nodes
            .iter()
            .zip(&bound.observed)
            .map(|(n, o)| o.as_ref().map(|o| cut.observed(&n.plates, o)))
            .collect(),
        event_labels: bound.event_labels.clone(),
        labelled: bound.labelled.clone(),
        positions: bound.positions.clone(),
        places: bound
            .places
            .iter()
            .enumerate()
            .map(|(t, places)| match cut.rows(DataTableId(t)) {
                Some(rows) => places.only(rows),
                None => places.clone(),
            })
            .collect(),
    })
}

/// By plate: the new place of each element, where some leave.
fn places(graph: &FactorGraph, bound: &Bound, kept: &Kept) -> Vec<Option<Vec<u32>>> {
    (0..graph.plates.len())
        .map(|p| {
            let rows = kept.plate(PlateId(p))?;
            let mut places = vec![u32::MAX; bound.plates[p].size];
            rows.iter().zip(0..).for_each(|(&row, place)| places[row as usize] = place);
            Some(places)
        })
        .collect()
}

struct Cut<'a> {
    graph: &'a FactorGraph,
    bound: &'a Bound,
    kept: &'a Kept,
    places: Vec<Option<Vec<u32>>>,
}

impl Cut<'_> {
    /// The rows of a table that stay, where some leave.
    fn rows(&self, t: DataTableId) -> Option<&Arc<[u32]>> {
        let plate = self.graph.plates.iter().position(|p| p.kind.rows_of() == Some(t))?;
        self.kept.plate(PlateId(plate))
    }

    fn plate(&self, p: PlateId) -> BoundPlate {
        let plate = self.bound.plate(p);
        let (Some(rows), Some(places)) = (self.kept.plate(p), &self.places[p.0]) else {
            return plate.clone();
        };
        let above = |&row: &u32| match plate.parents.as_ref().map(|up| up[row as usize]) {
            Some(up) if up != u32::MAX => places[up as usize],
            _ => u32::MAX,
        };
        BoundPlate {
            size: rows.len(),
            labels: plate.labels.as_ref().map(|l| rows.iter().map(|&r| l[r as usize].clone()).collect()),
            weight: plate.weight.as_ref().map(|w| rows.iter().map(|&r| w[r as usize]).collect()),
            sequences: plate.sequences.as_ref().map(|s| Arc::new(sequences(s, places))),
            parents: plate.parents.is_some().then(|| rows.iter().map(above).collect()),
        }
    }

    fn column(&self, c: usize, column: &BoundColumn) -> BoundColumn {
        let of = &self.graph.columns[c];
        // Read for each group, or for each row.
        let rows = match of.by_name {
            Some(by) => self.kept.plate(by.groups),
            None => self.rows(of.table),
        };
        let codes = |extent: Extent, codes: &Arc<[u32]>| -> Arc<[u32]> {
            let places = match extent {
                Extent::Plate(p) => self.places[p.0].as_ref(),
                _ => None,
            };
            // A row that stays and names an element that leaves has nothing to do with it.
            let place = |code: u32| match places {
                Some(places) => Some(places[code as usize]).filter(|p| *p != u32::MAX).unwrap_or(0),
                None => code,
            };
            match rows {
                Some(rows) => rows.iter().map(|&r| place(codes[r as usize])).collect(),
                None if places.is_some() => codes.iter().map(|&c| place(c)).collect(),
                None => codes.clone(),
            }
        };
        BoundColumn {
            numbers: column.numbers.as_ref().map(|x| match rows {
                Some(rows) => rows.iter().map(|&r| x[r as usize]).collect(),
                None => x.clone(),
            }),
            codes: column.codes.iter().map(|(e, c)| (*e, codes(*e, c))).collect(),
            rows: column.rows.as_ref().map(|x| match rows {
                Some(groups) => groups.iter().map(|&g| x[g as usize]).collect(),
                None => x.clone(),
            }),
            levels: column.levels.clone(),
        }
    }

    fn numbers(&self, input: &Input, x: &Numbers) -> Numbers {
        // One number may stand for all elements.
        let each = input.sizes.is_empty() && matches!(input.source, InputSource::Numbers(_));
        match self.kept.elements(&input.plates).filter(|_| !each) {
            Some(elements) => self.only(&input.plates, &elements, x).into(),
            None => x.clone(),
        }
    }

    fn observed(&self, plates: &[PlateId], o: &ObservedArray) -> ObservedArray {
        match (self.kept.elements(plates), o) {
            (None, _) => o.clone(),
            (Some(elements), ObservedArray::Numbers { width, values }) => {
                ObservedArray::Numbers { width: *width, values: self.only(plates, &elements, values).into() }
            }
            (Some(elements), ObservedArray::Codes(codes)) => {
                ObservedArray::Codes(elements.iter().map(|&e| codes[e]).collect())
            }
        }
    }

    /// Some elements of an array whose first axes are plates.
    fn only(&self, plates: &[PlateId], elements: &[usize], x: &[f64]) -> Vec<f64> {
        let count: usize = plates.iter().map(|p| self.bound.plate(*p).size).product();
        let width = x.len() / count.max(1);
        elements.iter().flat_map(|&e| &x[e * width..(e + 1) * width]).copied().collect()
    }
}

/// Sequences of the rows that stay; those without any are none.
fn sequences(s: &Sequences, places: &[u32]) -> Sequences {
    let (mut order, mut starts, mut names) = (vec![], vec![0], vec![]);
    for i in 0..s.len() {
        order.extend(s.rows(i).map(|row| places[row]).filter(|p| *p != u32::MAX));
        if *starts.last().unwrap_or(&0) < order.len() as u32 {
            starts.push(order.len() as u32);
            names.extend(s.names.get(i).cloned());
        }
    }
    if order.iter().zip(0..).all(|(&row, place)| row == place) {
        order = vec![];
    }
    Sequences { order, starts, names: names.into() }
}
