//! The picture of one node as a file of its own. Not here: pages.

use super::{kind::Kind, picture, posterior, style::STYLE, subject::Subject};

/// The first chart that a page has of a node, as an SVG that carries its style; nothing where it has none.
pub fn write(subject: &Subject<'_>, kind: &Kind, n: usize) -> Option<String> {
    const BEGIN: &str = "<svg class=\"wide\"";
    let shared = subject.graph.nodes[n].observed.is_none() && subject.rows_of(n).is_none();
    let html = match subject.node(n) {
        Some(p) if shared => posterior::one(subject, kind, n, p),
        _ => picture::of_node(subject, kind, n),
    };
    let from = html.find(BEGIN)?;
    let to = from + html[from..].find("</svg>")? + "</svg>".len();
    let svg = &html[from + BEGIN.len()..to];
    let end = svg.find('>')?;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{}><style>{STYLE}</style>{}\n",
        &svg[..end],
        &svg[end + 1..]
    ))
}
