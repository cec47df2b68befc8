//! `--out DIR`: the files of a result, one CSV for each node, `summary.json` and `trace.csv`. Not here:
//! folders and renames, which are the caller's; this names the files and writes their text.

use super::{
    Page, ReportFormat, Show,
    axes::{axes, headings, labels_at},
    csv::{cell, numbers},
    json::Json,
    trace,
};
use crate::answer::posterior::{NamedArray, NodePosterior, Posterior};
use std::io;

/// One file of a result.
#[derive(Clone, Copy, Debug)]
pub enum File<'a> {
    /// A node's table.
    Node(&'a NodePosterior),
    /// What `--format json` prints.
    Summary(&'a Posterior),
    /// The bound after each iteration.
    Trace(&'a Posterior),
}

/// All files of a result, local nodes too. `summary.json` comes last: where it stands, the others do.
pub fn files(posterior: &Posterior) -> Vec<File<'_>> {
    posterior.nodes.iter().map(File::Node).chain([File::Trace(posterior), File::Summary(posterior)]).collect()
}

impl File<'_> {
    /// Its name. No node's name has a point in it, so none can meet `trace.node.csv`.
    pub fn name(&self) -> String {
        match self {
            File::Node(n) if n.name == "trace" => "trace.node.csv".to_string(),
            File::Node(n) => format!("{}.csv", n.name),
            File::Summary(_) => "summary.json".to_string(),
            File::Trace(_) => "trace.csv".to_string(),
        }
    }

    /// Writes its text.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        match self {
            File::Node(n) => node(n, out),
            File::Summary(p) => Json.write(p, &Page { show: Show::Shared, ..Page::default() }, out),
            File::Trace(p) => trace::write(&p.trace, out),
        }
    }
}

/// One line for each number: a column for each axis, then mean, sd and quantiles, then those parameters that
/// have one value for each.
fn node(n: &NodePosterior, out: &mut dyn io::Write) -> io::Result<()> {
    let parameters: Vec<&NamedArray> = n
        .parameters
        .iter()
        .filter(|p| p.name != "mean" && p.values.len() == n.mean.len() && p.dims.len() == n.event.len())
        .collect();
    let mut csv = csv::Writer::from_writer(out);
    let fixed = ["mean", "sd", "q05", "q95"].map(str::to_string);
    csv.write_record(headings(n).into_iter().chain(fixed).chain(parameters.iter().map(|p| p.name.clone())))?;
    let axes = axes(n);
    for i in 0..n.mean.len() {
        let labels = labels_at(axes.iter().copied(), i);
        csv.write_record(
            labels.into_iter().chain(numbers(n, i)).chain(parameters.iter().map(|p| cell(p.values[i]))),
        )?;
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn names_and_texts() {
        let posterior = sample::posterior();
        let mut all = String::new();
        for file in files(&posterior) {
            let mut out = vec![];
            file.write(&mut out).unwrap();
            all += &format!("== {}\n{}", file.name(), String::from_utf8(out).unwrap());
        }
        insta::assert_snapshot!(all);
    }
}
