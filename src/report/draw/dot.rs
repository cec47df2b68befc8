//! The picture in DOT, for Graphviz.

use super::{
    clusters::{Cluster, clusters},
    picture::{Picture, VertexKind},
};
use std::fmt::Write;

/// The picture's text.
pub fn write(picture: &Picture) -> String {
    let mut out = String::from("digraph model {\n");
    if !picture.title.is_empty() {
        line(&mut out, 1, &format!("label={}; labelloc=t;", quoted(&picture.title)));
    }
    line(
        &mut out,
        1,
        "fontname=\"Helvetica\"; node [fontname=\"Helvetica\"]; edge [fontname=\"Helvetica\", fontsize=10];",
    );
    cluster(&mut out, 1, picture, &clusters(picture), &mut 0);
    for e in &picture.edges {
        line(&mut out, 1, &format!("v{} -> f{} [arrowhead=none{}];", e.from, e.to, marks(e.gate, &e.label)));
    }
    for (i, f) in picture.factors.iter().enumerate() {
        line(&mut out, 1, &format!("f{i} -> v{};", f.child));
    }
    for l in &picture.loops {
        line(&mut out, 1, &format!("v{0} -> v{0} [constraint=false{1}];", l.vertex, marks(l.gate, &l.label)));
    }
    out + "}\n"
}

fn marks(gate: bool, label: &str) -> String {
    let style = if gate { ", style=dashed" } else { "" };
    let label = if label.is_empty() { String::new() } else { format!(", label={}", quoted(label)) };
    format!("{style}{label}")
}

fn cluster(out: &mut String, depth: usize, picture: &Picture, c: &Cluster, count: &mut usize) {
    for &v in &c.vertices {
        let vertex = &picture.vertices[v];
        let label = quoted(&vertex.label);
        let shape = match vertex.kind {
            VertexKind::Latent => format!("label={label}, shape=ellipse"),
            VertexKind::Observed => {
                format!("label={label}, shape=ellipse, style=filled, fillcolor=\"#d9d9d9\"")
            }
            VertexKind::Known => format!("label=\"\", xlabel={label}, shape=point, width=0.08"),
        };
        line(out, depth, &format!("v{v} [{shape}];"));
        for (i, f) in picture.factors.iter().enumerate().filter(|(_, f)| f.child == v) {
            let label = quoted(&f.label);
            line(
                out,
                depth,
                &format!(
                    "f{i} [label=\"\", xlabel={label}, shape=square, style=filled, fillcolor=black, width=0.12, height=0.12, fontsize=10];"
                ),
            );
        }
    }
    for inner in &c.inner {
        let label = inner.plate.map_or(String::new(), |p| picture.plates[p].clone());
        line(out, depth, &format!("subgraph cluster_{count} {{"));
        *count += 1;
        line(
            out,
            depth + 1,
            &format!("label={}; labelloc=b; labeljust=r; style=rounded; fontsize=10;", quoted(&label)),
        );
        cluster(out, depth + 1, picture, inner, count);
        line(out, depth, "}");
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:1$}{text}", "", depth * 4);
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
