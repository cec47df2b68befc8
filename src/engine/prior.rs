//! A posterior in the place of the model's own priors: natural parameters of stored blocks, which the lines
//! of their nodes no longer speak for. Not here: where they come from (`keep`).

use crate::plan::layout::VarId;

/// The prior of one stored block.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// The block.
    pub var: VarId,
    /// Natural parameters of all its elements, as they are stored.
    pub eta: Vec<f64>,
    /// Σ A(η) of the elements, in nats.
    pub log_norm: f64,
}
