//! What is predicted of new rows, as plain arrays with names. Not here: how it is found (`rows`), nor how it
//! is printed (`report`).

use crate::answer::posterior::Axis;

/// What is predicted of the rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Names of the rows, where they have any.
    pub ids: Option<Vec<String>>,
    /// Nodes of the rows, in the order of the model.
    pub nodes: Vec<NodePrediction>,
    /// ln p of the observed cells of each row, in nats; `None` of a row that has none.
    pub log_predictive: Vec<Option<f64>>,
}

impl Prediction {
    /// ln p of all rows, each by itself.
    pub fn total(&self) -> f64 {
        self.log_predictive.iter().flatten().sum()
    }
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
}
