//! The picture as a Mermaid flowchart.

use super::{
    clusters::{Cluster, clusters},
    picture::{Picture, VertexKind},
};
use std::fmt::Write;

/// The picture's text.
pub fn write(picture: &Picture) -> String {
    let mut out = String::new();
    if !picture.title.is_empty() {
        // The front matter is YAML: a JSON string is one, whatever is in it.
        line(&mut out, 0, &format!("---\ntitle: {:?}\n---", picture.title));
    }
    line(&mut out, 0, "flowchart TD");
    cluster(&mut out, 1, picture, &clusters(picture), &mut 0);
    for e in &picture.edges {
        let arrow = if e.gate { "-.-" } else { "---" };
        line(&mut out, 1, &format!("v{} {arrow}{} f{}", e.from, label(&e.label), e.to));
    }
    for (i, f) in picture.factors.iter().enumerate() {
        line(&mut out, 1, &format!("f{i} --> v{}", f.child));
    }
    for l in &picture.loops {
        let arrow = if l.gate { "-.->" } else { "-->" };
        line(&mut out, 1, &format!("v{0} {arrow}{1} v{0}", l.vertex, label(&l.label)));
    }
    line(&mut out, 1, "classDef latent fill:#fff,stroke:#222,color:#222");
    line(&mut out, 1, "classDef observed fill:#d9d9d9,stroke:#222,color:#222");
    line(&mut out, 1, "classDef known fill:#fff,stroke:#999,color:#555");
    line(&mut out, 1, "classDef factor fill:#222,stroke:#222,color:#fff,font-size:10px");
    out
}

fn label(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("|{}|", quoted(text)) }
}

fn cluster(out: &mut String, depth: usize, picture: &Picture, c: &Cluster, count: &mut usize) {
    for &v in &c.vertices {
        let vertex = &picture.vertices[v];
        let name = quoted(&vertex.label);
        let text = match vertex.kind {
            VertexKind::Latent => format!("v{v}(({name})):::latent"),
            VertexKind::Observed => format!("v{v}(({name})):::observed"),
            VertexKind::Known => format!("v{v}([{name}]):::known"),
        };
        line(out, depth, &text);
        for (i, f) in picture.factors.iter().enumerate().filter(|(_, f)| f.child == v) {
            line(out, depth, &format!("f{i}[{}]:::factor", quoted(&f.label)));
        }
    }
    for inner in &c.inner {
        let name = inner.plate.map_or(String::new(), |p| picture.plates[p].clone());
        line(out, depth, &format!("subgraph p{count}[{}]", quoted(&name)));
        *count += 1;
        cluster(out, depth + 1, picture, inner, count);
        line(out, depth, "end");
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:1$}{text}", "", depth * 4);
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;").replace('\n', " "))
}
