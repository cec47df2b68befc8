//! The posterior, node by node: which chart a node gets, by what its values are. Not here: the charts
//! (`chart`), nor what needs the data's rows (`picture`).

mod loadings;
mod numbers;
mod shares;

use super::{
    html::{escaped, prose},
    kind::Kind,
    precision,
    subject::Subject,
};
use crate::{
    answer::posterior::NodePosterior,
    expfam::stat::{Domain, PartShape},
};

/// The section.
pub fn section(subject: &Subject<'_>, kind: &Kind) -> String {
    let mut out = String::from("<h2 id=\"posterior\">The posterior, node by node</h2>");
    for (i, node) in subject.graph.nodes.iter().enumerate() {
        if node.observed.is_some() || subject.rows_of(i).is_some() {
            continue;
        }
        if let Some(p) = subject.node(i) {
            out += &one(subject, kind, i, p);
        }
    }
    out
}

/// A node: its heading and its charts.
pub fn one(subject: &Subject<'_>, kind: &Kind, n: usize, p: &NodePosterior) -> String {
    let over = match p.event.first() {
        Some(a) if !a.name.is_empty() => format!(" over {}", a.name),
        _ => String::new(),
    };
    let mut out = format!(
        "<h3><code>{}</code> {}{}</h3>",
        escaped(&subject.written(n)),
        escaped(&p.family),
        escaped(&over)
    );
    if subject.posterior.predicted.contains(&p.name) {
        out += &format!("<p>{}</p>", prose("Nothing observed hangs on it: this is what its parents say."));
    }
    let stat = subject.graph.nodes[n].spec.stat;
    out += &match (stat.domain, stat.value) {
        (Domain::PositiveDefinite, _) => precision::matrices(subject, kind, n, p),
        (Domain::Simplex, _) => shares::shares(subject, kind, n, p),
        (Domain::Category, _) => shares::categories(p),
        (_, PartShape::Matrix) => loadings::numbers_table(p),
        _ => numbers::numbers(subject, kind, n, p),
    };
    out
}
