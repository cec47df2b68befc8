//! Draws of some nodes, ready to be written. Not here: the formats.

use crate::answer::posterior::NodePosterior;

/// Draws of some nodes.
#[derive(Clone, Debug)]
pub struct Draws {
    /// How many.
    pub count: usize,
    /// Each node as a report has it, and its values: draw after draw, each of all elements in file order.
    pub nodes: Vec<(NodePosterior, Vec<f64>)>,
}
