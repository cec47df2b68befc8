//! `--format csv`: one line for each number of each node. Not here: one file for each node (`dir`).
//!
//! Columns: `node`, `index` (the element: its labels in the order of the node's plates, joined by commas),
//! `component` (within a vector or matrix, or the category), `mean`, `sd`, `q05`, `q95`. A cell is empty
//! where there is no such number.

use super::{
    Page, ReportFormat,
    axes::{count, labels_at},
};
use crate::answer::posterior::{NodePosterior, Posterior};
use std::io;

/// The format.
#[derive(Debug)]
pub struct Csv;

impl ReportFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }
    fn summary(&self) -> &'static str {
        "one line for each number of each node"
    }
    fn write(&self, posterior: &Posterior, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(["node", "index", "component", "mean", "sd", "q05", "q95"]).map_err(of_stream)?;
        for node in page.nodes(posterior, false) {
            let width = count(&node.event).max(1);
            for i in 0..node.mean.len() {
                let index = labels_at(node.plates.iter(), i / width).join(",");
                let component = labels_at(node.event.iter(), i % width).join(",");
                let [mean, sd, q05, q95] = numbers(node, i);
                csv.write_record([&node.name, &index, &component, &mean, &sd, &q05, &q95])
                    .map_err(of_stream)?;
            }
        }
        csv.flush()
    }
}

/// What the stream said: a closed pipe stays one.
pub(super) fn of_stream(e: csv::Error) -> io::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Mean, sd, 5 % and 95 % quantile of element `i`, every digit; empty where there is none.
pub(super) fn numbers(node: &NodePosterior, i: usize) -> [String; 4] {
    let at = |values: Option<&Vec<f64>>| values.and_then(|v| v.get(i)).copied().unwrap_or(f64::NAN);
    let (low, high) = node.quantiles.as_ref().map(|(low, high)| (low, high)).unzip();
    [node.mean[i], at(node.sd.as_ref()), at(low), at(high)].map(cell)
}

/// A number with every digit; empty where it is none.
pub(super) fn cell(x: f64) -> String {
    if x.is_nan() {
        String::new()
    } else if x.is_infinite() {
        if x > 0.0 { "inf" } else { "-inf" }.to_string()
    } else {
        format!("{x:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Show, sample};

    #[test]
    fn long_table() {
        let mut out = vec![];
        Csv.write(&sample::posterior(), &Page { show: Show::All, ..Page::default() }, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
