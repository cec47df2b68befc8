//! How one node's numbers are set on the page: a list, a grid, each row's largest entries, or a precision as what it
//! means. Not here: the run's own lines (`text`).

mod empty;
mod grid;
mod list;
mod matrix;
mod top;

pub use empty::Empty;

use super::axes::axes;
use crate::answer::posterior::{NodePosterior, Reach};

/// A list longer than this becomes a grid, if it can; what is longer still is cut.
const LINES: usize = 40;
/// Of many groups so many are shown.
const GROUPS: usize = crate::answer::frame::FEW_GROUPS;
/// A matrix of probabilities has at most so many columns.
const COLUMNS: usize = 24;
/// And of many groups at most so many.
const FEW_COLUMNS: usize = 6;

/// How much of a node is shown, and how.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// Columns of the page.
    pub width: usize,
    /// Whether nothing is left out.
    pub whole: bool,
    /// Whether elements stand by their means, the largest first.
    pub sorted: bool,
    /// Lines at most, where that is asked for.
    pub top: Option<usize>,
    /// Elements of plates that hold next to nothing.
    pub empty: &'a Empty,
}

impl Layout<'_> {
    /// Lines of a node, at most.
    fn lines(&self, node: &NodePosterior) -> usize {
        match (self.top, self.whole, node.reach) {
            (Some(top), ..) => top,
            (None, true, _) => usize::MAX,
            (None, false, Reach::Groups) => GROUPS,
            (None, false, _) => LINES,
        }
    }

    /// Places of a node's numbers that are not of empty components.
    fn kept(&self, node: &NodePosterior) -> Vec<usize> {
        if self.whole {
            return (0..node.mean.len()).collect();
        }
        self.empty.others(&axes(node))
    }
}

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

/// Whether each of the node's vectors is a probability vector: then its entries compare with each other.
fn is_probability_vector(node: &NodePosterior) -> bool {
    let [axis] = node.event.as_slice() else { return false };
    axis.size > 0
        && node
            .mean
            .chunks(axis.size)
            .all(|p| p.iter().all(|x| *x >= 0.0) && (p.iter().sum::<f64>() - 1.0).abs() < 1e-6)
}

/// Whether vectors of probabilities are read as a matrix: few of them, or few entries each.
fn is_matrix(node: &NodePosterior) -> bool {
    let columns = node.event.first().map_or(0, |a| a.size);
    let few = if node.reach == Reach::Shared { COLUMNS } else { FEW_COLUMNS };
    columns <= few
}

/// Says what a cut left out.
fn rest(node: &NodePosterior, layout: &Layout<'_>, all: usize, shown: usize, what: &str) -> String {
    if all <= shown {
        return String::new();
    }
    let how = if layout.whole { "`--out DIR` writes all".into() } else { format!("`--nodes {}`", node.name) };
    format!(" and {} more{what}: {how}\n", grouped(all - shown))
}

/// `1,170`.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let first = digits.len() % 3;
    let mut parts: Vec<&str> = if first > 0 { vec![&digits[..first]] } else { vec![] };
    parts.extend((first..digits.len()).step_by(3).map(|i| &digits[i..i + 3]));
    parts.join(",")
}
