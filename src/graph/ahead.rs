//! Data with more steps after the last of each sequence, in which nothing is observed: what is to be forecast. Not
//! here: forecasts.

use super::{
    bound::{Bound, BoundColumn, BoundPlate, ObservedArray},
    factor_graph::{FactorGraph, Input, InputSource},
};
use crate::{data::Sequences, num::numbers::Numbers, shape::PlateId};
use std::sync::Arc;

/// `more` steps after each sequence of a plate of steps, sequence after sequence behind all other rows. What a column
/// says of a sequence, the same in each of its rows, it says of those steps too.
///
/// # Errors
/// A column that the model reads differs from row to row, by its name; or the plate has no sequences.
pub fn ahead(graph: &FactorGraph, bound: &Bound, plate: PlateId, more: usize) -> Result<Bound, String> {
    let table = graph.plates[plate.0].kind.rows_of();
    let of = bound.plate(plate);
    let Some(sequences) = of.sequences.as_deref() else {
        return Err(format!("the rows of `{}` have no order", graph.plates[plate.0].name));
    };
    let new: Vec<usize> = (0..sequences.len())
        .filter_map(|s| sequences.rows(s).last())
        .flat_map(|last| std::iter::repeat_n(last, more))
        .collect();
    let ahead = Ahead { sequences, mine: |p: PlateId| graph.plates[p.0].kind.rows_of() == table, new };
    let mut out = bound.clone();
    for (i, p) in out.plates.iter_mut().enumerate() {
        if (ahead.mine)(PlateId(i)) {
            ahead.plate(p, more);
        }
    }
    for (c, column) in out.columns.iter_mut().enumerate() {
        let of = &graph.columns[c];
        if Some(of.table) == table && of.by_name.is_none() {
            ahead.column(&of.name, column)?;
        }
    }
    for (input, x) in graph.inputs.iter().zip(&mut out.inputs) {
        ahead.input(bound, input, x)?;
    }
    for (n, values) in graph.nodes.iter().zip(&mut out.observed) {
        if let Some(values) = values {
            ahead.observed(bound, &n.plates, values);
        }
    }
    for (t, places) in out.places.iter_mut().enumerate() {
        if Some(crate::shape::DataTableId(t)) == table {
            let all: Arc<[u32]> = (0..of.size).chain(ahead.new.iter().copied()).map(|r| r as u32).collect();
            *places = places.only(&all);
        }
    }
    Ok(out)
}

/// What is added.
struct Ahead<'a, F> {
    sequences: &'a Sequences,
    mine: F,
    /// For each new row, the last of its sequence.
    new: Vec<usize>,
}

impl<F: Fn(PlateId) -> bool> Ahead<'_, F> {
    fn plate(&self, p: &mut BoundPlate, more: usize) {
        let size = p.size;
        p.size += self.new.len();
        if let Some(labels) = &p.labels {
            let after = |i: usize| format!("{}+{}", labels[self.new[i]], i % more + 1);
            p.labels = Some(labels.iter().cloned().chain((0..self.new.len()).map(after)).collect());
        }
        if let Some(w) = &p.weight {
            p.weight = Some(w.iter().copied().chain(self.new.iter().map(|&r| w[r])).collect());
        }
        let s = self.sequences;
        let (mut order, mut starts, mut next) = (vec![], vec![0], size as u32);
        for i in 0..s.len() {
            order.extend(s.rows(i).map(|r| r as u32));
            if s.rows(i).len() > 0 {
                order.extend(next..next + more as u32);
                next += more as u32;
            }
            starts.push(order.len() as u32);
        }
        if order.iter().zip(0..).all(|(&row, place)| row == place) {
            order = vec![];
        }
        p.sequences = Some(Arc::new(Sequences { order, starts, names: s.names.clone() }));
    }

    /// Is it the same in all rows of each sequence, as far as they are told apart by `same`?
    fn constant(&self, same: impl Fn(usize, usize) -> bool) -> bool {
        (0..self.sequences.len()).all(|s| {
            let mut rows = self.sequences.rows(s);
            let first = rows.next();
            rows.all(|row| first.is_none_or(|first| same(first, row)))
        })
    }

    fn column(&self, name: &str, column: &mut BoundColumn) -> Result<(), String> {
        if let Some(x) = &column.numbers {
            if !self.constant(|a, b| x[a].to_bits() == x[b].to_bits()) {
                return Err(differs(name));
            }
            column.numbers = Some(x.iter().copied().chain(self.new.iter().map(|&r| x[r])).collect());
        }
        for (_, codes) in &mut column.codes {
            if !self.constant(|a, b| codes[a] == codes[b]) {
                return Err(differs(name));
            }
            *codes = codes.iter().copied().chain(self.new.iter().map(|&r| codes[r])).collect();
        }
        Ok(())
    }

    fn input(&self, bound: &Bound, input: &Input, x: &mut Numbers) -> Result<(), String> {
        // One value for all has no place to be longer at.
        let one = input.sizes.is_empty() && matches!(input.source, InputSource::Numbers(_));
        if one || !input.plates.iter().any(|p| (self.mine)(*p)) {
            return Ok(());
        }
        let (outer, rows, inner) = self.around(bound, &input.plates, x.len());
        let at = |o: usize, r: usize| &x[(o * rows + r) * inner..][..inner];
        if !(0..outer).all(|o| self.constant(|a, b| at(o, a) == at(o, b))) {
            return Err(differs(&input.name));
        }
        let all = (0..outer).flat_map(|o| {
            (0..rows).chain(self.new.iter().copied()).flat_map(move |r| at(o, r).iter().copied())
        });
        let all: Vec<f64> = all.collect();
        *x = all.into();
        Ok(())
    }

    fn observed(&self, bound: &Bound, plates: &[PlateId], values: &mut ObservedArray) {
        if !plates.iter().any(|p| (self.mine)(*p)) {
            return;
        }
        match values {
            ObservedArray::Numbers { values: x, .. } => {
                let (outer, rows, inner) = self.around(bound, plates, x.len());
                let missing = self.new.len() * inner;
                let all = (0..outer).flat_map(|o| {
                    let own = &x[o * rows * inner..(o + 1) * rows * inner];
                    own.iter().copied().chain(std::iter::repeat_n(f64::NAN, missing))
                });
                let all: Vec<f64> = all.collect();
                *x = all.into();
            }
            ObservedArray::Codes(x) => {
                let (outer, rows, inner) = self.around(bound, plates, x.len());
                let missing = self.new.len() * inner;
                let all = (0..outer).flat_map(|o| {
                    let own = &x[o * rows * inner..(o + 1) * rows * inner];
                    own.iter().copied().chain(std::iter::repeat_n(u32::MAX, missing))
                });
                *x = all.collect();
            }
        }
    }

    /// Numbers of an array before, along and past its axis of rows.
    fn around(&self, bound: &Bound, plates: &[PlateId], all: usize) -> (usize, usize, usize) {
        let at = plates.iter().position(|p| (self.mine)(*p)).unwrap_or(0);
        let outer: usize = plates[..at].iter().map(|p| bound.plate(*p).size).product();
        let rows = plates.get(at).map_or(1, |p| bound.plate(*p).size);
        (outer, rows, all / (outer * rows).max(1))
    }
}

fn differs(name: &str) -> String {
    format!("`{name}` differs from step to step, and nothing says what it is in later ones")
}
