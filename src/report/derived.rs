//! Derived quantities on the page: a line for each of their numbers. Not here: nodes (`layout`).

use super::{
    axes::labels_at,
    number::{Style, short},
    table::Sheet,
};
use crate::answer::posterior::DerivedPosterior;

/// Lines for one quantity, at most.
const LINES: usize = 40;

/// The table of all derived quantities.
pub fn table(all: &[DerivedPosterior], width: usize) -> String {
    let mut sheet = Sheet::new();
    sheet.text("quantity").number("mean").number("sd").number("5 %").number("95 %").text("from");
    let mut rest = String::new();
    for d in all {
        let shown = d.mean.len().min(LINES);
        // Quantities have units of their own: each is a column of numbers by itself.
        let style = |values: &[f64]| Style::of(values.iter().take(shown).copied());
        let [low, _, high] = &d.quantiles;
        let styles = [&d.mean, &d.sd, low, high].map(|v| style(v));
        for i in 0..shown {
            let at = labels_at(d.plates.iter().chain(&d.event), i);
            let name = if at.is_empty() { d.name.clone() } else { format!("{}[{}]", d.name, at.join(",")) };
            // Of what holds or not, the probability says all.
            let beside = |j: usize, x: f64| if d.holds { String::new() } else { styles[j].show(x) };
            let from = match d.draws {
                0 => "exact".to_string(),
                n => format!("{n} draws, ± {}", short(d.error[i], 1)),
            };
            let numbers = [beside(1, d.sd[i]), beside(2, low[i]), beside(3, high[i])];
            let mut cells = vec![name, styles[0].show(d.mean[i])];
            cells.extend(numbers);
            cells.push(from);
            sheet.row(cells);
        }
        if d.mean.len() > shown {
            rest += &format!(" and {} more of `{}`; `--format json` has all\n", d.mean.len() - shown, d.name);
        }
    }
    sheet.render(width) + &rest
}
