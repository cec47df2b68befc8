//! `--out DIR`: the files of a result, one CSV for each node that is reported, `summary.json` and `trace.csv`. Not
//! here: folders and renames, which are the caller's; this names the files and writes their text.

use super::{
    Page, ReportFormat, Show,
    axes::{axes, count, headings, labels_at},
    csv::{cell, numbers, of_stream},
    json::Json,
    trace,
};
use crate::answer::posterior::{NamedArray, NodePosterior, Posterior, Reach};
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

/// The file that tells of the others.
pub const SUMMARY: &str = "summary.json";
const TRACE: &str = "trace.csv";

/// All files of a result. `summary.json` comes last: where it stands, the others do.
///
/// Of many groups only those that are `named`.
pub fn files<'a>(posterior: &'a Posterior, named: &[String]) -> Vec<File<'a>> {
    let nodes = posterior.nodes.iter().filter(|n| n.reach != Reach::Groups || named.contains(&n.name));
    nodes.map(File::Node).chain([File::Trace(posterior), File::Summary(posterior)]).collect()
}

fn of_node(name: &str) -> String {
    if name == "trace" { "trace.node.csv".to_string() } else { format!("{name}.csv") }
}

/// The names of all files that a result may have whose `summary.json` this is; none if it is another program's.
pub fn names(summary: &[u8]) -> Option<Vec<String>> {
    let json: serde_json::Value = serde_json::from_slice(summary).ok()?;
    let has = |field: &str| json.get(field).is_some();
    let terms = json.get("terms")?.as_object().filter(|_| has("elbo") && has("blocks"))?;
    let nodes = json.get("nodes")?.as_object()?;
    let files = terms.keys().chain(nodes.keys()).map(|n| of_node(n));
    Some(files.chain([TRACE, SUMMARY].map(str::to_string)).collect())
}

impl File<'_> {
    /// Its name. No node's name has a point in it, so none can meet `trace.node.csv`.
    pub fn name(&self) -> String {
        match self {
            File::Node(n) => of_node(&n.name),
            File::Summary(_) => SUMMARY.to_string(),
            File::Trace(_) => TRACE.to_string(),
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
/// have one value for each. Of an observed node only what was missing: its cells stand in the data.
fn node(n: &NodePosterior, out: &mut dyn io::Write) -> io::Result<()> {
    let parameters: Vec<&NamedArray> = n
        .parameters
        .iter()
        .filter(|p| p.name != "mean" && p.values.len() == n.mean.len() && p.dims.len() == n.event.len())
        .collect();
    let mut csv = csv::Writer::from_writer(out);
    let fixed = ["mean", "sd", "q05", "q95"].map(str::to_string);
    csv.write_record(headings(n).into_iter().chain(fixed).chain(parameters.iter().map(|p| p.name.clone())))
        .map_err(of_stream)?;
    let axes = axes(n);
    let width = count(&n.event).max(1);
    let elements: Box<dyn Iterator<Item = usize>> = match &n.missing {
        Some(missing) => Box::new(missing.iter().copied()),
        None => Box::new(0..n.mean.len() / width),
    };
    for i in elements.flat_map(|e| e * width..(e + 1) * width) {
        let labels = labels_at(axes.iter().copied(), i);
        csv.write_record(
            labels.into_iter().chain(numbers(n, i)).chain(parameters.iter().map(|p| cell(p.values[i]))),
        )
        .map_err(of_stream)?;
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
        for file in files(&posterior, &[]) {
            let mut out = vec![];
            file.write(&mut out).unwrap();
            all += &format!("== {}\n{}", file.name(), String::from_utf8(out).unwrap());
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn a_summary_says_which_files_are_a_results() {
        let mut posterior = sample::posterior();
        // As of a run: each node has a term.
        posterior.terms = posterior.nodes.iter().map(|n| (n.name.clone(), -1.0)).collect();
        let mut summary = vec![];
        File::Summary(&posterior).write(&mut summary).unwrap();
        let known = names(&summary).expect("it is one of ours");
        for file in files(&posterior, &[]) {
            assert!(known.contains(&file.name()), "{} in {known:?}", file.name());
        }
        for other in [&b"{}"[..], b"", b"[1]", b"{\"terms\": {\"a\": 1}}"] {
            assert_eq!(names(other), None);
        }
    }

    #[test]
    fn of_an_observed_node_only_what_was_missing() {
        let mut posterior = sample::posterior();
        let n = &mut posterior.nodes[0];
        let width = count(&n.event).max(1);
        let lines = |n: &NodePosterior| {
            let mut out = vec![];
            node(n, &mut out).unwrap();
            String::from_utf8(out).unwrap().lines().count()
        };
        assert_eq!(lines(n), 1 + n.mean.len());
        n.missing = Some(vec![0]);
        assert_eq!(lines(n), 1 + width);
        n.missing = Some(vec![]);
        assert_eq!(lines(n), 1);
    }
}
