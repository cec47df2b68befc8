//! The axes of a node's arrays: names and labels for each element. Not here: how any format lays them out.

use crate::answer::posterior::{Axis, NodePosterior};

/// Label of element `i` of an axis: its name, or its number from 1.
pub fn label(axis: &Axis, i: usize) -> String {
    axis.labels.as_ref().and_then(|l| l.get(i)).cloned().unwrap_or_else(|| (i + 1).to_string())
}

/// All axes of a node's mean: plates, then event axes.
pub fn axes(node: &NodePosterior) -> Vec<&Axis> {
    node.plates.iter().chain(&node.event).collect()
}

/// How many elements `axes` have together.
pub fn count(axes: &[Axis]) -> usize {
    axes.iter().map(|a| a.size).product()
}

/// The labels of element `flat` of a row-major array over `axes`.
pub fn labels_at<'a>(axes: impl DoubleEndedIterator<Item = &'a Axis>, mut flat: usize) -> Vec<String> {
    let mut out: Vec<String> = axes
        .rev()
        .map(|a| {
            let size = a.size.max(1);
            let i = flat % size;
            flat /= size;
            label(a, i)
        })
        .collect();
    out.reverse();
    out
}

/// Column headings for the axes, each once: an axis without a name is called by its part in the value.
pub fn headings(node: &NodePosterior) -> Vec<String> {
    let unnamed: &[&str] = if node.event.len() == 2 { &["row", "column"] } else { &["component"] };
    let names = node.plates.iter().map(|a| if a.name.is_empty() { "index" } else { &a.name }).chain(
        node.event.iter().enumerate().map(|(i, a)| {
            if a.name.is_empty() { unnamed.get(i).copied().unwrap_or("axis") } else { &a.name }
        }),
    );
    let mut out: Vec<String> = vec![];
    for name in names {
        let mut heading = name.to_string();
        let mut twin = 2;
        while out.contains(&heading) {
            heading = format!("{name}_{twin}");
            twin += 1;
        }
        out.push(heading);
    }
    out
}
