//! Numbers of a node with their spread, as rows of a chart or a table. Not here: which chart (`posterior`).

use super::{
    chart::dots::{Spread, decimals},
    html::{Table, fold},
    kind::Kind,
    number::{capital, fixed, whole, words},
    scale::{quantile, sorted},
    subject::Subject,
};
use crate::{answer::posterior::NodePosterior, shape::Extent};

/// Rows of a chart, at most; more show their first and last ten.
pub const MOST_ROWS: usize = 40;
/// Rows of a table, at most.
pub const MOST_TABLE: usize = 100;

/// The spread of one number of a node.
pub fn spread(subject: &Subject<'_>, n: usize, p: &NodePosterior, at: usize) -> Spread {
    let drawn = sorted(subject.draws.iter().filter_map(|d| d[n].get(at).copied()));
    let of = |q: f64| quantile(&drawn, q);
    let told =
        p.quantiles.as_ref().map(|(a, b)| (a[at], b[at])).filter(|(a, b)| a.is_finite() && b.is_finite());
    let sd = p.sd.as_ref().map_or(f64::NAN, |s| s[at]);
    let mean = p.mean[at];
    let ends = match told {
        Some(ends) => ends,
        None if drawn.len() > 50 => (of(0.05), of(0.95)),
        None if sd.is_finite() => (mean - 1.645 * sd, mean + 1.645 * sd),
        None => (mean, mean),
    };
    let middle = (drawn.len() > 50).then(|| (of(0.25), of(0.75)));
    Spread { label: String::new(), mean, ends, middle, colour: 1 }
}

/// Which elements of an axis are shown, in which order, with their colours; and how many are not in use.
pub fn elements(subject: &Subject<'_>, kind: &Kind, n: usize, axis: usize) -> (Vec<(usize, usize)>, usize) {
    let node = &subject.graph.nodes[n];
    let extent = node.plates.get(axis).map(|p| Extent::Plate(*p)).or(node.event);
    let size = extent.map_or(0, |e| subject.bound.size(e));
    if let (Some((e, c)), Some(extent)) = (kind.components(), extent)
        && e.over == extent
    {
        let ordered = matches!(kind, Kind::States(..));
        let list = c.order.iter().map(|&k| (k, c.colour(k, ordered))).collect();
        return (list, size - c.order.len());
    }
    ((0..size).map(|i| (i, 1)).collect(), 0)
}

/// `four components hold none`.
pub fn idle(kind: &Kind, count: usize) -> String {
    let noun = kind.noun();
    match count {
        0 => String::new(),
        1 => format!("One {noun} holds less than 0.1\u{a0}% of the rows and is left out."),
        k => format!(
            "{} {noun}s hold less than 0.1\u{a0}% of the rows each and are left out.",
            capital(&words(k))
        ),
    }
}

/// The first and the last ten of a long list, and what is said of the rest.
pub fn ends_of(all: &[Spread]) -> (Vec<Spread>, String) {
    if all.len() <= MOST_ROWS {
        return (all.to_vec(), String::new());
    }
    let shown: Vec<Spread> = all[..10].iter().chain(&all[all.len() - 10..]).cloned().collect();
    (shown, format!("The first ten and the last ten by mean, and {} more between.", whole(all.len() - 20)))
}

pub fn spreads_table(of: &str, all: &[Spread]) -> String {
    let d = decimals(all) + 1;
    let mut table = Table::new(&["<", "mean", "5 %", "95 %"]);
    for s in all.iter().take(MOST_TABLE) {
        table.row(&[s.label.clone(), fixed(s.mean, d), fixed(s.ends.0, d), fixed(s.ends.1, d)]);
    }
    if all.len() > MOST_TABLE {
        table.left_out(&format!("and {} more", whole(all.len() - MOST_TABLE)));
    }
    fold(
        &format!("The numbers{}", if of.is_empty() { String::new() } else { format!(": {of} each") }),
        &table.finish(),
    )
}
