//! How one node's numbers are set on the page: a list, a grid, or each row's largest entries. Not here: the
//! run's own lines (`text`).

use super::{
    axes::{axes, headings, labels_at},
    number::{Style, short},
    table::Sheet,
};
use crate::answer::posterior::{Axis, NodePosterior};
use std::cmp::Ordering;

/// A list longer than this becomes a grid, if it can; what is longer still is cut.
const ROWS: usize = 40;
/// Entries shown of a long probability vector.
const TOP: usize = 10;

/// The node's table, for a page of `width` columns.
pub fn node_table(node: &NodePosterior, width: usize) -> String {
    let axes = axes(node);
    let matrix = node.event.len() == 2;
    let probabilities = is_probability_vector(node);
    if !matrix && node.sd.is_some() && node.mean.len() <= ROWS {
        return list(node, &(0..node.mean.len()).collect::<Vec<_>>(), width);
    }
    if axes.len() >= 2 {
        for with_sd in [true, false] {
            let sheet = grid(node, with_sd && node.sd.is_some());
            if sheet.width() <= width {
                return caption(node, with_sd) + &sheet.render(width) + &rest(rows(node), ROWS, "rows");
            }
        }
    }
    match (probabilities, axes.len()) {
        (true, 1) => {
            let (top, share) = largest(&node.mean);
            list(node, &top, width)
                + &format!(
                    " the {} largest of {}; they hold {}\n",
                    top.len(),
                    node.mean.len(),
                    short(share, 4)
                )
        }
        (true, _) => top_entries(node, width),
        _ => {
            let shown: Vec<usize> = (0..node.mean.len().min(ROWS)).collect();
            list(node, &shown, width) + &rest(node.mean.len(), ROWS, "numbers")
        }
    }
}

/// Says what a cut left out.
fn rest(all: usize, shown: usize, what: &str) -> String {
    if all > shown {
        format!(" and {} more {what}; `--format csv` and `--out DIR` write all\n", all - shown)
    } else {
        String::new()
    }
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

/// Elements of all axes but the last.
fn rows(node: &NodePosterior) -> usize {
    let axes = axes(node);
    axes[..axes.len().saturating_sub(1)].iter().map(|a| a.size).product()
}

/// One line for each number: its labels, mean, sd and quantiles.
fn list(node: &NodePosterior, shown: &[usize], width: usize) -> String {
    let axes = axes(node);
    let mut columns: Vec<(&str, &[f64])> = vec![("mean", &node.mean)];
    if let Some(sd) = &node.sd {
        columns.push(("sd", sd));
    }
    if let Some((low, high)) = &node.quantiles {
        columns.extend([("5 %", low.as_slice()), ("95 %", high.as_slice())]);
    }
    columns.retain(|(_, values)| shown.iter().any(|&i| values.get(i).is_some_and(|x| !x.is_nan())));

    let mut sheet = Sheet::new();
    for heading in headings(node) {
        sheet.text(heading);
    }
    let styles: Vec<Style> = columns
        .iter()
        .map(|(name, values)| {
            sheet.number(*name);
            Style::of(shown.iter().filter_map(|&i| values.get(i).copied()))
        })
        .collect();
    for &i in shown {
        let numbers = columns
            .iter()
            .zip(&styles)
            .map(|((_, values), style)| style.show(values.get(i).copied().unwrap_or(f64::NAN)));
        sheet.row(labels_at(axes.iter().copied(), i).into_iter().chain(numbers).collect());
    }
    sheet.blank_repeats(axes.len().saturating_sub(1));
    sheet.render(width)
}

/// What a grid's cells are.
fn caption(node: &NodePosterior, with_sd: bool) -> String {
    match (&node.sd, with_sd) {
        (None, _) => " probabilities\n",
        (Some(_), true) => " mean ± sd\n",
        (Some(_), false) => " mean (`--format csv` has the standard deviations)\n",
    }
    .to_string()
}

/// The last axis across, all others down.
fn grid(node: &NodePosterior, with_sd: bool) -> Sheet {
    let axes = axes(node);
    let (last, leading) = axes.split_last().expect("only nodes with two axes come here");
    let n = last.size.max(1);
    let column = |values: &[f64], j: usize| -> Vec<f64> {
        values.iter().skip(j).step_by(n).take(ROWS).copied().collect()
    };
    let sd = node.sd.as_deref().filter(|_| with_sd);
    let mut sheet = Sheet::new();
    for heading in headings(node).into_iter().take(leading.len()) {
        sheet.text(heading);
    }
    let across: Vec<(Style, Option<Style>)> = (0..last.size)
        .map(|j| {
            sheet.number(labels_at([*last].into_iter(), j).concat());
            (Style::of(column(&node.mean, j)), sd.map(|sd| Style::of(column(sd, j))))
        })
        .collect();
    for row in 0..rows(node).min(ROWS) {
        let mut cells = labels_at(leading.iter().copied(), row);
        for (j, (mean_style, sd_style)) in across.iter().enumerate() {
            let i = row * n + j;
            let mean = mean_style.show(node.mean[i]);
            cells.push(match (sd, sd_style) {
                (Some(sd), Some(style)) => format!("{mean} ± {}", style.show(sd[i])),
                _ => mean,
            });
        }
        sheet.row(cells);
    }
    sheet.blank_repeats(leading.len().saturating_sub(1));
    sheet
}

/// Indices of the largest entries, largest first, and what they sum to.
fn largest(p: &[f64]) -> (Vec<usize>, f64) {
    let mut order: Vec<usize> = (0..p.len()).collect();
    // Equal entries keep their order, so the page is the same on every run.
    order.sort_by(|&a, &b| p[b].partial_cmp(&p[a]).unwrap_or(Ordering::Equal));
    order.truncate(TOP);
    let share = order.iter().map(|&i| p[i]).sum();
    (order, share)
}

/// For each probability vector its largest entries with their labels: the top words of a topic.
fn top_entries(node: &NodePosterior, width: usize) -> String {
    let axes = axes(node);
    let (last, leading): (&&Axis, &[&Axis]) = axes.split_last().expect("only nodes with two axes come here");
    let mut sheet = Sheet::new();
    for heading in headings(node).into_iter().take(leading.len()) {
        sheet.text(heading);
    }
    sheet.number("hold").text(format!("the {TOP} largest of {}", last.size));
    let labels: Vec<Vec<String>> =
        (0..rows(node).min(ROWS)).map(|r| labels_at(leading.iter().copied(), r)).collect();
    let beside = (0..leading.len())
        .map(|c| labels.iter().map(|l| l[c].chars().count()).max().unwrap_or(0).max(8) + 2)
        .sum::<usize>();
    let room = width.saturating_sub(beside + 10).max(30);
    for (p, mut cells) in node.mean.chunks(last.size).zip(labels) {
        let (top, share) = largest(p);
        let entries: Vec<String> = top
            .iter()
            .map(|&i| format!("{} {}", labels_at([*last].into_iter(), i).concat(), short(p[i], 2)))
            .collect();
        cells.push(format!("{share:.3}"));
        cells.push(wrap(&entries, room));
        sheet.row(cells);
    }
    sheet.render(width) + &rest(rows(node), ROWS, "rows")
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
