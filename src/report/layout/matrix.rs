//! Matrices: a precision as the standard deviations and correlations that it means, others by their entries. Not here:
//! matrices of probabilities (`grid`).

use super::{
    cut::{Layout, rest},
    grid,
};
use crate::{
    answer::posterior::NodePosterior,
    num::cholesky,
    report::{
        axes::{axes, headings, label, labels_at},
        number::Style,
        table::Sheet,
    },
};

/// The table of the elements that are kept.
pub(super) fn table(node: &NodePosterior, layout: &Layout<'_>, kept: &[usize]) -> String {
    let d = node.event.first().map_or(1, |a| a.size);
    let mut elements: Vec<usize> = kept.iter().map(|i| i / (d * d)).collect();
    elements.dedup();
    let meant: Option<Vec<(Vec<f64>, Vec<f64>)>> =
        elements.iter().map(|e| spread(d, &node.mean[e * d * d..(e + 1) * d * d])).collect();
    match meant.filter(|_| node.precision) {
        Some(meant) => spreads(node, layout, &elements, &meant),
        None => grid::table(node, layout, kept),
    }
}

/// Standard deviations and correlations of the inverse; `None` where it has none.
fn spread(d: usize, precision: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let covariance = cholesky::inverse_of(d, precision)?;
    let sd: Vec<f64> = (0..d).map(|i| covariance[i * d + i].sqrt()).collect();
    let correlations = (0..d * d).map(|i| covariance[i] / (sd[i / d] * sd[i % d])).collect();
    Some((sd, correlations))
}

/// For each row of each matrix its standard deviation, and its correlations with the rows before it.
fn spreads(
    node: &NodePosterior,
    layout: &Layout<'_>,
    elements: &[usize],
    meant: &[(Vec<f64>, Vec<f64>)],
) -> String {
    let (plates, inner) = (node.plates.len(), &node.event[0]);
    let d = inner.size;
    let dof = node.parameters.iter().find(|p| p.name == "dof" && p.dims.is_empty());
    let shown = (layout.lines(node) / d).max(1).min(elements.len());
    let mut sheet = Sheet::new();
    let names = headings(node);
    names.iter().take(plates + 1).for_each(|h| {
        sheet.text(h.clone());
    });
    if dof.is_some() {
        sheet.number("dof");
    }
    sheet.number("sd");
    (0..d.saturating_sub(1)).for_each(|j| {
        sheet.number(label(inner, j));
    });
    // Each row of the matrix has a unit of its own.
    let styles: Vec<Style> =
        (0..d).map(|i| Style::of(meant.iter().take(shown).map(|(sd, _)| sd[i]))).collect();
    let of_dof = dof.map(|p| Style::of(elements.iter().map(|e| p.values[*e])));
    for (e, (sd, correlations)) in elements.iter().zip(meant).take(shown) {
        for i in 0..d {
            let mut cells = labels_at(node.plates.iter(), *e);
            cells.push(label(inner, i));
            if let (Some(p), Some(style)) = (dof, of_dof) {
                cells.push(if i == 0 { style.show(p.values[*e]) } else { String::new() });
            }
            cells.push(styles[i].show(sd[i]));
            let with =
                |j: usize| if j < i { format!("{:.3}", correlations[i * d + j]) } else { String::new() };
            cells.extend((0..d.saturating_sub(1)).map(with));
            sheet.row(cells);
        }
    }
    sheet.blank_repeats(plates);
    let fixed = plates + 2 + usize::from(dof.is_some());
    debug_assert_eq!(axes(node).len(), plates + 2);
    " sd and correlations of the inverse of its mean\n".to_string()
        + &sheet.render_in_parts(layout.width, fixed)
        + &rest(node, layout, elements.len(), shown, " matrices")
}
