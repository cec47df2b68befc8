//! Values of observed nodes as a page reads them: by row and by number, with what is missing. Not here:
//! tables and columns (`data`).

use super::subject::{Subject, element};
use crate::{
    graph::{bound::ObservedArray, factor_graph::PlateKind},
    shape::{NodeId, PlateId},
};

/// The values of an observed node.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Numbers of a row: of inner plates, and of a vector.
    pub width: usize,
    /// Row-major; NaN where missing. A category is its number from 0.
    pub values: Vec<f64>,
    /// What the numbers of a row are called.
    pub names: Vec<String>,
    /// Rows, or steps.
    pub rows: PlateId,
}

impl Observed {
    /// Of a node whose rows stand first; `None` of any other.
    pub fn of(subject: &Subject<'_>, n: usize) -> Option<Self> {
        let (place, rows) = subject.rows_of(n)?;
        let node = &subject.graph.nodes[n];
        if place != 0 || node.plates.len() > 2 {
            return None;
        }
        let values: Vec<f64> = match subject.bound.observed(NodeId(n))? {
            ObservedArray::Numbers { values, .. } => values.to_vec(),
            ObservedArray::Codes(codes) => {
                codes.iter().map(|c| if *c == u32::MAX { f64::NAN } else { f64::from(*c) }).collect()
            }
        };
        let count = subject.bound.plate(rows).size;
        let width = values.len().checked_div(count).filter(|w| *w > 0)?;
        let names = match node.plates.get(1) {
            Some(&p) => subject.extent_labels(crate::shape::Extent::Plate(p)),
            None => {
                let names = subject.value_names(n);
                if names.len() == width { names } else { (0..width).map(|i| (i + 1).to_string()).collect() }
            }
        };
        Some(Self { width, values, names, rows })
    }

    /// The like of a node of rows that nobody saw, nothing but NaN.
    pub fn unseen(subject: &Subject<'_>, n: usize) -> Option<Self> {
        let (Some(node), Some((0, rows))) = (subject.node(n), subject.rows_of(n)) else { return None };
        let width = node.mean.len().checked_div(subject.bound.plate(rows).size).filter(|w| *w > 0)?;
        let inner = node.plates.get(1).or(node.event.first());
        let name = |j: usize| inner.map_or_else(|| node.name.clone(), |a| element(a, j));
        let names = (0..width).map(name).collect();
        Some(Self { width, values: vec![f64::NAN; node.mean.len()], names, rows })
    }

    /// How many rows.
    pub fn count(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// One number of a row.
    pub fn at(&self, row: usize, j: usize) -> f64 {
        self.values[row * self.width + j]
    }

    /// One number of all rows.
    pub fn column(&self, j: usize) -> impl Iterator<Item = f64> + '_ {
        (0..self.count()).map(move |i| self.at(i, j))
    }
}

/// A sequence of steps.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Its name, where there are several.
    pub name: String,
    /// Its rows, in order.
    pub rows: Vec<usize>,
    /// Where each stands.
    pub x: Vec<f64>,
}

/// The sequences of a steps plate, and what x is called.
pub fn sequences(subject: &Subject<'_>, p: PlateId) -> (Vec<Sequence>, String) {
    let bound = subject.bound.plate(p);
    let parts: Vec<Vec<usize>> = match &bound.sequences {
        Some(s) => (0..s.len()).map(|i| s.rows(i).collect()).collect(),
        None => vec![(0..bound.size).collect()],
    };
    let key = match &subject.graph.plates[p.0].kind {
        PlateKind::Steps { sequence: Some(c), .. } => Some(*c),
        _ => None,
    };
    let time = subject.time_of(p).filter(|(_, t)| t.len() == bound.size);
    let several = parts.len() > 1;
    let name = |i: usize| match key {
        Some(c) if several => format!("{} {}", subject.column(c.0).name, i + 1),
        _ => String::new(),
    };
    let list = parts
        .into_iter()
        .enumerate()
        .map(|(i, rows)| {
            let x = match time {
                Some((_, t)) => rows.iter().map(|&r| t[r]).collect(),
                None => (0..rows.len()).map(|s| s as f64 + 1.0).collect(),
            };
            Sequence { name: name(i), rows, x }
        })
        .collect();
    (list, time.map_or_else(|| "step".into(), |t| t.0.clone()))
}
