//! The data's rows beside what the posterior says of them: which pictures a graph gets. Not here: the
//! pictures (`chart`), topics (`topics`), nor checks by simulation (`check`).

mod expected;
mod mixture;
mod odds;
mod states;

use super::{
    components::Components,
    html::escaped,
    kind::Kind,
    roles::{Emission, steps},
    subject::Subject,
    topics,
};

/// The section; nothing where data are not read or have no picture.
pub fn section(subject: &Subject<'_>, kind: &Kind) -> String {
    if !subject.data {
        return String::new();
    }
    let (title, mut body) = match kind {
        Kind::Topics(e, c) => ("The topics", topics::pictures(subject, e, c)),
        Kind::States(e, c) => ("The series and its states", states::states(subject, e, c)),
        Kind::Mixture(e, c) => ("The data and the components", mixture::mixtures(subject, e, c)),
        _ => ("The data and what is expected of them", String::new()),
    };
    let own = kind.components().map(|(e, _)| e.child);
    let gated = matches!(kind, Kind::Mixture(..) | Kind::Topics(..));
    for n in 0..subject.graph.nodes.len() {
        let seen = subject.graph.nodes[n].observed.is_some();
        if seen && !(gated && own == Some(n)) {
            body += &expected::expected(subject, n, own == Some(n));
        } else if !seen && subject.graph.nodes[n].spec.stat.one_hot() {
            if kind.components().is_none_or(|(e, _)| e.selector != n) {
                body += &category(subject, n);
            }
        } else if !seen && own != Some(n) && steps(subject.graph, n).is_some() {
            body += &expected::hidden(subject, n);
        }
    }
    if body.is_empty() { body } else { format!("<h2 id=\"picture\">{title}</h2>{body}") }
}

/// Categories of rows or steps that nothing else shows: how likely each is.
fn category(subject: &Subject<'_>, n: usize) -> String {
    let node = &subject.graph.nodes[n];
    let (Some(over), [rows]) = (node.event, node.plates.as_slice()) else { return String::new() };
    if !subject.is_rows(*rows) {
        return String::new();
    }
    let e = Emission { child: n, selector: n, parts: vec![], over, rows: *rows };
    let Some(c) = Components::new(subject, &e, None) else { return String::new() };
    let along = steps(subject.graph, n).is_some();
    let body = if along { states::states(subject, &e, &c) } else { odds::odds(subject, &e, &c) };
    if body.is_empty() {
        body
    } else {
        format!("<h3><code>{}</code></h3>{body}", escaped(&subject.written(n)))
    }
}

/// What the section has of one node with rows.
pub fn of_node(subject: &Subject<'_>, kind: &Kind, n: usize) -> String {
    if !subject.data {
        return String::new();
    }
    let node = &subject.graph.nodes[n];
    match kind {
        Kind::Topics(e, c) if n == e.child || n == e.selector => topics::pictures(subject, e, c),
        Kind::States(e, c) if n == e.child || n == e.selector => states::states(subject, e, c),
        Kind::Mixture(e, c) if n == e.child => mixture::mixtures(subject, e, c),
        Kind::Mixture(e, c) if n == e.selector => odds::odds(subject, e, c),
        _ if node.observed.is_none() && node.spec.stat.one_hot() => category(subject, n),
        _ if node.observed.is_some() => expected::expected(subject, n, false),
        _ => expected::hidden(subject, n),
    }
}
