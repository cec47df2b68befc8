//! What is predicted of new rows, as plain arrays with names. Not here: how it is found (`rows`), nor how it
//! is printed (`report`).

use crate::answer::posterior::Axis;

/// What is predicted of the rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Names of the rows, where they have any.
    pub ids: Option<Vec<String>>,
    /// The sequence of each row, where they have names.
    pub sequences: Option<Vec<String>>,
    /// The step of each row in its sequence, from 1.
    pub steps: Option<Vec<usize>>,
    /// Nodes of the rows, in the order of the model.
    pub nodes: Vec<NodePrediction>,
    /// Nodes of new levels, which rows have spoken for.
    pub groups: Vec<NodePrediction>,
    /// ln p of the observed cells of each row, in nats; `None` of a row that has none, or none by itself.
    pub log_predictive: Vec<Option<f64>>,
    /// ln p of all observed cells, in nats: of rows that were inferred together the bound on it.
    pub total: f64,
    /// Whether rows were inferred together, q of the shared variables as it is.
    pub together: bool,
}

/// What is predicted of one node. Arrays are row-major over its plates, then its own axis; of a category, its
/// probabilities stand in `mean`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePrediction {
    /// Its name.
    pub name: String,
    /// Its plates, rows first.
    pub plates: Vec<Axis>,
    /// Its own axis, of a vector or a category.
    pub event: Option<Axis>,
    /// Whether it is a category.
    pub category: bool,
    /// E x.
    pub mean: Vec<f64>,
    /// Standard deviations like `mean`; empty for categories.
    pub sd: Vec<f64>,
    /// The 5 %, 50 % and 95 % quantiles like `mean`, NaN where there is no closed form; empty for categories.
    pub quantiles: [Vec<f64>; 3],
    /// Of a category, the most probable path: for each element its number, from 0; NaN where there is none.
    pub path: Option<Vec<f64>>,
}

impl NodePrediction {
    /// Takes over what another says of a row of its own.
    pub(super) fn take_row(&mut self, row: usize, from: &Self, of: usize) {
        let each = |x: &Self| x.mean.len() / x.plates.first().map_or(1, |a| a.size).max(1);
        let width = each(self);
        let copy = |to: &mut Vec<f64>, from: &[f64]| {
            if let (Some(to), Some(from)) =
                (to.get_mut(row * width..(row + 1) * width), from.get(of * width..(of + 1) * width))
            {
                to.copy_from_slice(from);
            }
        };
        copy(&mut self.mean, &from.mean);
        copy(&mut self.sd, &from.sd);
        self.quantiles.iter_mut().zip(&from.quantiles).for_each(|(to, from)| copy(to, from));
    }
}
