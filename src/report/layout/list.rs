//! One line for each number: its labels, mean, sd and quantiles, and of a precision the standard deviation that it
//! means. Not here: which numbers (`layout`).

use super::cut::{Layout, is_probability_vector, rest};
use crate::{
    answer::posterior::NodePosterior,
    report::{
        axes::{axes, headings, labels_at},
        number::Style,
        table::Sheet,
    },
};

/// The table.
pub(super) fn table(node: &NodePosterior, layout: &Layout<'_>, kept: &[usize]) -> String {
    let mut shown = kept.to_vec();
    if layout.sorted {
        // What is no number comes last, and equal ones keep their order.
        let key = |i: usize| if node.mean[i].is_nan() { f64::NEG_INFINITY } else { node.mean[i] };
        shown.sort_by(|&a, &b| key(b).total_cmp(&key(a)));
    }
    let lines = layout.lines(node);
    let left = rest(node, layout, shown.len(), lines, "");
    shown.truncate(lines);
    lines_of(node, &shown, layout.width) + &left
}

/// The lines of some numbers.
pub(super) fn lines_of(node: &NodePosterior, shown: &[usize], width: usize) -> String {
    let axes = axes(node);
    let of = |values: &[f64]| -> Vec<f64> {
        shown.iter().map(|&i| values.get(i).copied().unwrap_or(f64::NAN)).collect()
    };
    let probability = is_probability_vector(node);
    let style = |values: &[f64]| match probability {
        true => Style::of_probabilities(values.iter().copied()),
        false => Style::of(values.iter().copied()),
    };
    let mut columns: Vec<(&str, Style, Vec<f64>)> = vec![];
    let mut add = |name, style: Style, values: Vec<f64>| columns.push((name, style, values));
    let mean = of(&node.mean);
    add("mean", style(&mean), mean);
    if let Some(sd) = &node.sd {
        let sd = of(sd);
        add("sd", Style::of(sd.iter().copied()), sd);
    }
    if let Some((low, high)) = &node.quantiles {
        let (low, high) = (of(low), of(high));
        let meant = node
            .precision
            .then(|| [of(node.median.as_deref().unwrap_or_default()), high.clone(), low.clone()]);
        add("5 %", style(&low), low);
        add("95 %", style(&high), high);
        // The quantiles of 1/√x are those of x, turned round.
        for (name, values) in ["as sd", "5 %", "95 %"].into_iter().zip(meant.into_iter().flatten()) {
            let sd: Vec<f64> = values.iter().map(|x| 1.0 / x.sqrt()).collect();
            add(name, Style::of(sd.iter().copied()), sd);
        }
    }
    columns.retain(|(_, _, values)| values.iter().any(|x| !x.is_nan()));
    let mut sheet = Sheet::new();
    for heading in headings(node) {
        sheet.text(heading);
    }
    columns.iter().for_each(|(name, ..)| {
        sheet.number(*name);
    });
    for (row, &i) in shown.iter().enumerate() {
        let numbers = columns.iter().map(|(_, style, values)| style.show(values[row]));
        sheet.row(labels_at(axes.iter().copied(), i).into_iter().chain(numbers).collect());
    }
    sheet.blank_repeats(axes.len().saturating_sub(1));
    sheet.render(width)
}
