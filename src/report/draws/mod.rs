//! Draws of a posterior as files that other programs read; one file each format. Not here: the draws (`ask`).

mod json;
mod long;
mod npz;

use crate::answer::posterior::NodePosterior;
use std::io;

/// Draws of some nodes.
#[derive(Clone, Debug)]
pub struct Draws {
    /// How many.
    pub count: usize,
    /// Each node as a report has it, and its values: draw after draw, each of all elements in file order.
    pub nodes: Vec<(NodePosterior, Vec<f64>)>,
}

/// How draws are written.
pub type WriteDraws = fn(&Draws, &mut dyn io::Write) -> io::Result<()>;

/// Every format by the end of its files' names.
pub static FORMATS: &[(&str, WriteDraws)] =
    &[("npz", npz::write), ("csv", long::write), ("json", json::write)];
