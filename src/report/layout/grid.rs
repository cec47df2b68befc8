//! The last axis across, all others down: matrices of probabilities, and numbers too many for a list. Not here: which
//! (`layout`).

use super::cut::{Layout, is_probability_vector, rest};
use crate::{
    answer::posterior::NodePosterior,
    report::{
        axes::{axes, headings, labels_at},
        number::Style,
        table::Sheet,
    },
};

/// The table; with standard deviations where there is room for them.
pub(super) fn table(node: &NodePosterior, layout: &Layout<'_>, kept: &[usize]) -> String {
    let axes = axes(node);
    let Some((last, leading)) = axes.split_last() else { return String::new() };
    let n = last.size.max(1);
    let mut rows: Vec<usize> = kept.iter().map(|i| i / n).collect();
    rows.dedup();
    let mut across: Vec<usize> = kept.iter().map(|i| i % n).collect();
    across.sort_unstable();
    across.dedup();
    let lines = layout.lines(node);
    let left = rest(node, layout, rows.len(), lines, if leading.len() > 1 { " rows" } else { "" });
    rows.truncate(lines);
    let probability = is_probability_vector(node);
    let sheet = |sd: Option<&[f64]>| {
        let mut sheet = Sheet::new();
        for heading in headings(node).into_iter().take(leading.len()) {
            sheet.text(heading);
        }
        let style = |values: &[f64], j: usize, mean: bool| {
            let column = rows.iter().map(|r| values[r * n + j]);
            if mean && probability { Style::of_probabilities(column) } else { Style::of(column) }
        };
        let styles: Vec<(Style, Option<Style>)> = across
            .iter()
            .map(|&j| {
                sheet.number(labels_at([*last].into_iter(), j).concat());
                (style(&node.mean, j, true), sd.map(|sd| style(sd, j, false)))
            })
            .collect();
        for &row in &rows {
            let mut cells = labels_at(leading.iter().copied(), row);
            for (&j, (mean_style, sd_style)) in across.iter().zip(&styles) {
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
    };
    let with_sd = node.sd.as_deref().map(|sd| sheet(Some(sd))).filter(|s| s.width() <= layout.width);
    let (caption, sheet) = match with_sd {
        Some(with) => (" mean ± sd\n", with),
        None if node.sd.is_none() || probability => (" probabilities\n", sheet(None)),
        None => (" mean (`--format csv` has the standard deviations)\n", sheet(None)),
    };
    caption.to_string() + &sheet.render_in_parts(layout.width, leading.len()) + &left
}
