//! Long vectors of probabilities: the largest entries of each, as the top words of a topic. Not here: short ones (`list`,
//! `grid`).

use super::{
    cut::{Layout, rest},
    list,
};
use crate::{
    answer::posterior::NodePosterior,
    report::{
        axes::{axes, headings, labels_at},
        number::short,
        table::Sheet,
    },
};
use std::cmp::Ordering;

/// Entries shown of a long probability vector.
const ENTRIES: usize = 10;

/// The largest entries of the one vector there is.
pub(super) fn one(node: &NodePosterior, layout: &Layout<'_>) -> String {
    let (top, share) = largest(&node.mean, layout.top.unwrap_or(ENTRIES));
    let count = top.len();
    list::lines_of(node, &top, layout.width)
        + &format!(" the {count} largest of {}; they hold {}\n", node.mean.len(), short(share, 4))
}

/// For each probability vector its largest entries with their labels.
pub(super) fn table(node: &NodePosterior, layout: &Layout<'_>, kept: &[usize]) -> String {
    let axes = axes(node);
    let Some((last, leading)) = axes.split_last() else { return String::new() };
    let mut rows: Vec<usize> = kept.iter().map(|i| i / last.size.max(1)).collect();
    rows.dedup();
    let lines = if layout.top.is_some() { usize::MAX } else { layout.lines(node) };
    let left = rest(node, layout, rows.len(), lines, if leading.len() > 1 { " rows" } else { "" });
    rows.truncate(lines);
    let entries = layout.top.unwrap_or(ENTRIES);
    let mut sheet = Sheet::new();
    for heading in headings(node).into_iter().take(leading.len()) {
        sheet.text(heading);
    }
    sheet.number("hold").text(format!("the {entries} largest of {}", last.size));
    let labels: Vec<Vec<String>> = rows.iter().map(|&r| labels_at(leading.iter().copied(), r)).collect();
    let beside = (0..leading.len())
        .map(|c| labels.iter().map(|l| l[c].chars().count()).max().unwrap_or(0).max(8) + 2)
        .sum::<usize>();
    let room = layout.width.saturating_sub(beside + 10).max(30);
    for (&row, mut cells) in rows.iter().zip(labels) {
        let p = &node.mean[row * last.size..(row + 1) * last.size];
        let (top, share) = largest(p, entries);
        let entries: Vec<String> = top
            .iter()
            .map(|&i| format!("{} {}", labels_at([*last].into_iter(), i).concat(), short(p[i], 2)))
            .collect();
        cells.push(format!("{share:.3}"));
        cells.push(wrap(&entries, room));
        sheet.row(cells);
    }
    sheet.render(layout.width) + &left
}

/// Indices of the largest entries, largest first, and what they sum to.
fn largest(p: &[f64], count: usize) -> (Vec<usize>, f64) {
    let mut order: Vec<usize> = (0..p.len()).collect();
    // Equal entries keep their order, so the page is the same on every run.
    order.sort_by(|&a, &b| p[b].partial_cmp(&p[a]).unwrap_or(Ordering::Equal));
    order.truncate(count);
    let share = order.iter().map(|&i| p[i]).sum();
    (order, share)
}

/// Entries side by side, a new line before the one that would pass `width`; none is split.
fn wrap(entries: &[String], width: usize) -> String {
    let (mut out, mut line) = (String::new(), 0);
    for (i, entry) in entries.iter().enumerate() {
        let n = entry.chars().count();
        if i > 0 {
            if line + 2 + n > width {
                out.push('\n');
                line = 0;
            } else {
                out.push_str("  ");
                line += 2;
            }
        }
        out.push_str(entry);
        line += n;
    }
    out
}
