//! The model as it was written: its own comment, the drawn graph, the source. Not here: how a graph is drawn
//! (`report::draw`).

use super::{
    html::{escaped, figure, fold, prose},
    number::{counted, whole},
    subject::Subject,
    svg::WIDTHS,
};
use crate::{
    graph::factor_graph::PlateKind,
    report::draw::{
        picture::{Picture, Tint},
        svg,
    },
};
use std::fmt::Write;

/// The section.
pub fn section(subject: &Subject<'_>) -> String {
    let text = &subject.document().model.text;
    let mut out = String::from("<h2 id=\"model\">The model</h2>");
    for paragraph in description(text) {
        let _ = write!(out, "<p class=\"desc\">{}</p>", prose(&paragraph));
    }
    out += &graph(subject);
    let lines = counted(text.lines().count(), "line");
    out += &fold(&format!("The file, {} ({lines})", subject.model_file()), &source(text));
    out
}

/// The paragraphs of the comment that the file opens with; without its title and what says how to run it.
pub fn description(text: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    let comment = text.lines().map(str::trim).take_while(|l| l.starts_with("//"));
    let mut skips = false;
    for (i, line) in comment.enumerate() {
        let line = line.trim_start_matches('/').trim_end();
        let said = line.trim();
        skips = match said {
            "" => false,
            _ if said.starts_with("Run:") || said.starts_with("Look for:") => true,
            _ => skips,
        };
        if said.is_empty() {
            out.push(String::new());
        } else if !skips
            && i > 0
            && let Some(last) = out.last_mut()
        {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(said);
        }
    }
    out.retain(|p| !p.is_empty());
    out
}

/// The title: the model's name, or the first line of its comment.
pub fn title(subject: &Subject<'_>) -> String {
    let name = &subject.graph.name;
    if !name.is_empty() {
        return name.clone();
    }
    let first = subject.document().model.text.lines().next().unwrap_or_default();
    match first.trim().strip_prefix("//") {
        Some(said) => said.trim().trim_end_matches('.').into(),
        None => subject.model_file().into(),
    }
}

fn graph(subject: &Subject<'_>) -> String {
    let graph = subject.graph;
    let mut picture = Picture::new(graph, None);
    picture.title = String::new();
    picture.plates = graph
        .plates
        .iter()
        .enumerate()
        .map(|(p, plate)| {
            let size = subject.document().plates.get(p).map_or(0, |d| d.size);
            match &plate.kind {
                PlateKind::Size(k) => format!("{} = 1 to {}", plate.name, whole(*k)),
                PlateKind::Rows { .. } => format!("{} · {}", plate.name, counted(size, "row")),
                PlateKind::Steps { .. } => format!("{} · {}", plate.name, counted(size, "step")),
                PlateKind::Tree { .. } => format!("{} · {} of a tree", plate.name, counted(size, "row")),
                PlateKind::Groups { .. } => format!("{} · {}", plate.name, counted(size, "group")),
                PlateKind::Columns { .. } => format!("{} · {}", plate.name, counted(size, "column")),
            }
        })
        .collect();
    let blocks = subject.posterior.blocks.iter().filter(|b| b.nodes.len() > 1 || b.kind != "independent");
    picture.tints = blocks
        .map(|b| Tint { vertices: b.nodes.iter().filter_map(|n| subject.place(n)).collect() })
        .filter(|t: &Tint| !t.vertices.is_empty())
        .collect();
    let words = words(subject);
    let narrow = svg::drawn(&picture, &svg::Room::PHONE);
    // Past a page's width the tighter picture, which scrolls inside itself if it must.
    let wide = Some(svg::drawn(&picture, &svg::Room::PAGE)).filter(|d| d.width <= WIDTHS[0]);
    let wide = wide.unwrap_or_else(|| narrow.clone());
    let mut chart = String::new();
    for (class, drawn) in [("wide", wide), ("narrow", narrow)] {
        let (w, h) = (drawn.width, drawn.height);
        let _ = write!(
            chart,
            "<div class=\"scroll graph {class}\" tabindex=\"0\"><svg class=\"g\" viewBox=\"0 0 {w:.0} \
             {h:.0}\" style=\"width:{w:.0}px\" role=\"img\" aria-label=\"{}\">{}</svg></div>",
            escaped(&words),
            drawn
                .body
                .replace("#head", &format!("#head-{class}"))
                .replace("id=\"head\"", &format!("id=\"head-{class}\""))
        );
    }
    figure(&see(subject), "", &chart, &caption(subject))
}

/// What chooses, or what is observed of what.
fn see(subject: &Subject<'_>) -> String {
    let graph = subject.graph;
    let Some(e) = super::roles::emissions(graph).into_iter().next() else {
        let observed: Vec<String> =
            graph.nodes.iter().filter(|n| n.observed.is_some()).map(|n| format!("`{}`", n.name)).collect();
        let unknown = graph.nodes.iter().filter(|n| n.observed.is_none()).count();
        return match observed.len() {
            0 => format!("{} and no data.", counted(unknown, "unknown")),
            _ => format!(
                "{} behind {}.",
                super::number::capital(&counted(unknown, "unknown")),
                observed.join(", ")
            ),
        };
    };
    let name = |n: &usize| format!("`{}`", graph.nodes[*n].name);
    let parts: Vec<String> = e.parts.iter().map(name).collect();
    let row = subject.row_noun(e.rows);
    format!(
        "{} chooses which {} a {row} of {} comes from.",
        name(&e.selector),
        parts.join(" and "),
        name(&e.child)
    )
}

fn caption(subject: &Subject<'_>) -> String {
    let chains = super::roles::emissions(subject.graph)
        .iter()
        .any(|e| super::roles::chain(subject.graph, e.selector).is_some());
    let gates = subject.graph.factors.iter().any(|f| {
        let mut out = vec![];
        f.args.iter().for_each(|a| crate::graph::evaluate::selectors(&a.expr, &mut out));
        !out.is_empty()
    });
    let mut out = String::from("Squares are factors, circles unknowns, grey ones are observed");
    if gates {
        out += "; a dashed line is a choice";
    }
    out += if chains { ", a loop points to the step before." } else { "." };
    let tinted = subject.posterior.blocks.iter().filter(|b| b.nodes.len() > 1 || b.kind != "independent");
    let said: Vec<String> = tinted
        .map(|b| {
            let names: Vec<String> = b.nodes.iter().map(|n| format!("`{n}`")).collect();
            format!("{} ({})", names.join(", "), b.kind)
        })
        .collect();
    if said.is_empty() {
        out += " Every node is a block of its own in q.";
    } else {
        out += &format!(
            " Tinted: kept together in q, {}; every other node is a block of its own.",
            said.join("; ")
        );
    }
    out
}

/// The graph in words.
fn words(subject: &Subject<'_>) -> String {
    let picture = Picture::new(subject.graph, None);
    let mut out = String::from("Factor graph: ");
    let mut said = vec![];
    for (i, v) in picture.vertices.iter().enumerate().take(subject.graph.nodes.len()) {
        let mut to: Vec<&str> = picture
            .edges
            .iter()
            .filter(|e| e.from == i)
            .map(|e| picture.vertices[picture.factors[e.to].child].label.as_str())
            .collect();
        to.dedup();
        if !to.is_empty() {
            said.push(format!("{} to {}", v.label, to.join(", ")));
        }
    }
    out += &said.join("; ");
    out + "."
}

/// The text with its comments, strings and keys told apart.
fn source(text: &str) -> String {
    let mut out = String::from("<pre tabindex=\"0\">");
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("//") {
            let _ = writeln!(out, "<span class=\"c\">{}</span>", escaped(line));
            continue;
        }
        let parts: Vec<&str> = line.split('"').collect();
        for (i, part) in parts.iter().enumerate() {
            if i % 2 == 0 {
                out.push_str(&escaped(part));
                continue;
            }
            let key = parts.get(i + 1).is_some_and(|rest| rest.trim_start().starts_with(':'));
            let class = if key { "k" } else { "q" };
            let _ = write!(out, "<span class=\"{class}\">&quot;{}&quot;</span>", escaped(part));
        }
        out.push('\n');
    }
    out + "</pre>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_is_the_description() {
        let text = "// A title.\n//\n// Two lines\n// of words.\n//\n// Run:  elbow fit\n// Look for: \
            much\n//   more\nModel()";
        assert_eq!(description(text), ["Two lines of words."]);
        assert_eq!(description("Model()"), Vec::<String>::new());
    }
}
