//! How much of a node is shown, and what is said of the rest. Not here: how it is set (`list`, `grid`, `top`, `matrix`).

use super::empty::Empty;
use crate::{
    answer::{
        frame::FEW_GROUPS,
        posterior::{NodePosterior, Reach},
    },
    report::axes::axes,
};

/// A list longer than this becomes a grid, if it can; what is longer still is cut.
pub(super) const LINES: usize = 40;
/// Of many groups so many are shown.
const GROUPS: usize = FEW_GROUPS;
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
    pub(super) fn lines(&self, node: &NodePosterior) -> usize {
        match (self.top, self.whole, node.reach) {
            (Some(top), ..) => top,
            (None, true, _) => usize::MAX,
            (None, false, Reach::Groups) => GROUPS,
            (None, false, _) => LINES,
        }
    }

    /// Places of a node's numbers that are not of empty components.
    pub(super) fn kept(&self, node: &NodePosterior) -> Vec<usize> {
        if self.whole {
            return (0..node.mean.len()).collect();
        }
        self.empty.others(&axes(node))
    }
}

/// Whether each of the node's vectors is a probability vector: then its entries compare with each other.
pub(super) fn is_probability_vector(node: &NodePosterior) -> bool {
    let [axis] = node.event.as_slice() else { return false };
    axis.size > 0
        && node
            .mean
            .chunks(axis.size)
            .all(|p| p.iter().all(|x| *x >= 0.0) && (p.iter().sum::<f64>() - 1.0).abs() < 1e-6)
}

/// Says what a cut left out.
pub(super) fn rest(
    node: &NodePosterior,
    layout: &Layout<'_>,
    all: usize,
    shown: usize,
    what: &str,
) -> String {
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
