//! How one node's numbers are set on the page: a list, a grid, each row's largest entries, or a precision as what it
//! means. Not here: the run's own lines (`text`).

mod cut;
mod empty;
mod grid;
mod list;
mod matrix;
mod top;

pub use cut::{Layout, grouped};
pub use empty::Empty;

use super::axes::axes;
use crate::answer::posterior::{NodePosterior, Reach};
use cut::{LINES, is_probability_vector};

/// A matrix of probabilities has at most so many columns.
const COLUMNS: usize = 24;
/// And of many groups at most so many.
const FEW_COLUMNS: usize = 6;

/// The node's table, with what is left out of it.
pub fn node_table(node: &NodePosterior, layout: &Layout<'_>) -> String {
    let axes = axes(node);
    let folded = if layout.whole { String::new() } else { layout.empty.said(&axes) };
    let kept = layout.kept(node);
    let table = match (node.event.len(), is_probability_vector(node), axes.len()) {
        (2, ..) => matrix::table(node, layout, &kept),
        (_, true, 1) if kept.len() <= layout.lines(node) => list::table(node, layout, &kept),
        (_, true, 1) => top::one(node, layout),
        (_, true, _) if is_matrix(node) => grid::table(node, layout, &kept),
        (_, true, _) => top::table(node, layout, &kept),
        (_, false, 0 | 1) => list::table(node, layout, &kept),
        _ if kept.len() <= LINES && node.sd.is_some() || layout.sorted => list::table(node, layout, &kept),
        _ => grid::table(node, layout, &kept),
    };
    table + &folded
}

/// Whether vectors of probabilities are read as a matrix: few of them, or few entries each.
fn is_matrix(node: &NodePosterior) -> bool {
    let columns = node.event.first().map_or(0, |a| a.size);
    let few = if node.reach == Reach::Shared { COLUMNS } else { FEW_COLUMNS };
    columns <= few
}
