//! Matrices of real numbers: loadings, weights. Not here: precision matrices (`precision`).

use crate::answer::posterior::NodePosterior;
use crate::page::{
    chart::heat::{self, Matrix},
    html::{Table, figure, fold},
    number::{column, counted, fixed, whole},
    roles::multiplied,
    spread::{MOST_ROWS, MOST_TABLE, spread},
    subject::{Subject, element, number_label},
};
use std::fmt::Write;

/// A matrix of real numbers: loadings, weights.
pub fn loadings(subject: &Subject<'_>, n: usize, p: &NodePosterior) -> String {
    let axes: Vec<_> = p.plates.iter().chain(&p.event).collect();
    let Some(last) = axes.last() else { return String::new() };
    let columns = last.size.max(1);
    let rows = p.mean.len() / columns;
    let (most_rows, most_columns) = (MOST_ROWS, 40);
    let mut m = Matrix {
        columns: (0..columns.min(most_columns)).map(|j| element(last, j)).collect(),
        decimals: column(p.mean.iter().copied()).min(3),
        signed: p.mean.iter().any(|x| *x < 0.0),
        ..Matrix::default()
    };
    let name = |i: usize| {
        let mut at = i;
        let mut parts = vec![];
        for axis in axes[..axes.len() - 1].iter().rev() {
            parts.push(element(axis, at % axis.size.max(1)));
            at /= axis.size.max(1);
        }
        parts.reverse();
        parts.join(", ")
    };
    let mut table = Table::new(&["<", "<", "mean", "5 %", "95 %"]);
    let mut largest = (0.0f64, String::new());
    for i in 0..rows.min(most_rows) {
        m.rows.push(name(i));
        for j in 0..columns.min(most_columns) {
            let at = i * columns + j;
            m.values.push(p.mean[at]);
            if p.mean[at].abs() > largest.0.abs() {
                largest = (p.mean[at], format!("{}, {}", name(i), element(last, j)));
            }
            if table.count < MOST_TABLE {
                let s = spread(subject, n, p, at);
                table.row(&[
                    name(i),
                    element(last, j),
                    fixed(s.mean, 4),
                    fixed(s.ends.0, 4),
                    fixed(s.ends.1, 4),
                ]);
            }
        }
    }
    if rows * columns > table.count {
        table.left_out(&format!(
            "and {} more; `elbow show {} --nodes {} --format csv` has all",
            whole(rows * columns - table.count),
            subject.file,
            p.name
        ));
    }
    let others: Vec<String> =
        multiplied(subject.graph, n).iter().map(|m| format!("`{}`", subject.graph.nodes[*m].name)).collect();
    let see = format!(
        "The largest of {} is {}, of {}.",
        counted(rows * columns, "number"),
        fixed(largest.0, m.decimals),
        largest.1
    );
    let mut caption = String::new();
    if !others.is_empty() {
        let _ = write!(
            caption,
            "Only the products with {} are learned: signs, order and rotation are free. ",
            others.join(", ")
        );
    }
    if rows > most_rows || columns > most_columns {
        let _ = write!(
            caption,
            "The first {} rows and {} columns.",
            whole(rows.min(most_rows)),
            whole(columns.min(most_columns))
        );
    }
    let chart = heat::chart(&m, &format!("Matrix of means; {see}"));
    let how = if m.signed {
        "Mean of each number; blue above 0, vermillion below."
    } else {
        "Mean of each number."
    };
    figure(&see, how, &(chart + &fold("The numbers", &table.finish())), caption.trim())
}

pub fn numbers_table(p: &NodePosterior) -> String {
    let mut table = Table::new(&["<", "mean", "sd"]);
    let d = column(p.mean.iter().copied()) + 1;
    for at in 0..p.mean.len().min(MOST_TABLE) {
        table.row(&[
            number_label(p, at),
            fixed(p.mean[at], d),
            p.sd.as_ref().map_or("–".into(), |s| fixed(s[at], d)),
        ]);
    }
    table.finish()
}
