//! Each factor as on paper: the registry's density with the model's names and values written in. Not here:
//! expectations.

use super::letters::column_text;
use crate::{
    factorize::{Blocks, letters::event_names, roles::Role},
    graph::factor_graph::{Expr, ExprKind, Factor, FactorGraph, Index, Ref, Target},
    shape::{ColumnId, NodeId},
};

/// One paragraph for each line of the model.
pub fn factors(graph: &FactorGraph, blocks: &Blocks) -> String {
    let mut out = String::new();
    for f in &graph.factors {
        let args: Vec<String> = f
            .args
            .iter()
            .zip(f.spec.params)
            .map(|(a, p)| {
                format!("{}: {}", a.spelling.map_or(p.name, |s| p.spellings[s].name), expr(graph, &a.expr))
            })
            .collect();
        let line = graph.line_text(f);
        let role = match blocks.roles[f.node.0] {
            Role::Observed => ", observed",
            Role::Mixed => ", observed where its cell is filled",
            Role::Site => ", observed; a site stands for it",
            Role::Latent => "",
            Role::Predicted if graph.function(f.node).is_some() => {
                ", a known function of the others: written out where it is named, no variable of q"
            }
            Role::Predicted => ", a prediction",
        };
        let role = match &f.written {
            Some(w) => format!("{role} (a {} of the model)", w.spec.name),
            None => role.to_string(),
        };
        out += &format!("    {line} ~ {}({}){role}\n", f.spec.name, args.join(", "));
        out += &format!("        ln p({line}{}) = {}\n", given(graph, f), density(graph, f, &line));
    }
    out
}

/// ` | centre, spread, z`.
fn given(graph: &FactorGraph, f: &Factor) -> String {
    let mut names: Vec<String> = vec![];
    f.args.iter().for_each(|a| nodes(graph, &a.expr, &mut names));
    if names.is_empty() { String::new() } else { format!(" | {}", names.join(", ")) }
}

/// Names of a node's parents, over all its lines.
pub fn parents(graph: &FactorGraph, node: NodeId) -> Vec<String> {
    let mut names = vec![];
    for f in graph.factors.iter().filter(|f| f.node == node) {
        f.args.iter().for_each(|a| nodes(graph, &a.expr, &mut names));
    }
    names.retain(|n| *n != graph.nodes[node.0].name);
    names
}

fn nodes(graph: &FactorGraph, e: &Expr, out: &mut Vec<String>) {
    match &e.kind {
        ExprKind::Numbers(_) => {}
        ExprKind::Ref(r) => {
            refs(graph, r, out);
        }
        ExprKind::Binary(_, a, b) => {
            nodes(graph, a, out);
            nodes(graph, b, out);
        }
        ExprKind::Negate(a) => nodes(graph, a, out),
        ExprKind::Call(_, args) => args.iter().for_each(|a| nodes(graph, a, out)),
    }
}

fn refs(graph: &FactorGraph, r: &Ref, out: &mut Vec<String>) {
    if let Target::Node(n) = r.target {
        let name = graph.nodes[n.0].name.clone();
        if !out.contains(&name) {
            out.push(name);
        }
    }
    for i in &r.index {
        if let Index::Gate(inner) = i {
            refs(graph, inner, out);
        }
    }
}

/// An argument's text; matrices as nested lists.
fn expr(graph: &FactorGraph, e: &Expr) -> String {
    match &e.kind {
        ExprKind::Numbers(n) if e.axes.len() == 2 && n.len() <= 16 => {
            let d = (n.len() as f64).sqrt() as usize;
            let rows: Vec<String> = n
                .chunks(d.max(1))
                .map(|r| format!("[{}]", r.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))
                .collect();
            format!("[{}]", rows.join(", "))
        }
        _ => (0..graph.columns.len())
            .map(ColumnId)
            .fold(graph.expr_text(e), |text, c| text.replace(&graph.column_name(c), &column_text(graph, c))),
    }
}

/// The registry's formula, word by word: `x` is the child, a parameter's name its argument, `k` the index of
/// its event.
fn density(graph: &FactorGraph, f: &Factor, child: &str) -> String {
    let node = &graph.nodes[f.node.0];
    let level = event_names(graph, &node.plates, node.event, 1).remove(0);
    let source: Vec<char> = f.spec.density.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < source.len() {
        let end = (at..source.len()).find(|&i| !source[i].is_alphabetic()).unwrap_or(source.len());
        if end == at {
            out.push(source[at]);
            at += 1;
            continue;
        }
        let word: String = source[at..end].iter().collect();
        let subscript = source.get(end) == Some(&'_') && source.get(end + 1) == Some(&'k');
        let between_bars = out.ends_with('|') && source.get(end) == Some(&'|');
        at = end;
        let text = match f.spec.params.iter().position(|p| p.name == word) {
            _ if word == "x" || word == "X" => child.to_string(),
            Some(i) => {
                let text = expr(graph, &f.args[i].expr);
                match f.args[i].spelling {
                    Some(s) => format!("{word}({}: {text})", f.spec.params[i].spellings[s].name),
                    None if text.contains(' ') && !text.starts_with('[') && !between_bars => {
                        format!("({text})")
                    }
                    None => text,
                }
            }
            None if word == "k" => level.clone(),
            None => word,
        };
        if subscript {
            // `p_k`: one number for all has no index.
            at += 2;
            let number = text.parse::<f64>().is_ok();
            out += &match text.strip_suffix(']') {
                _ if number => text,
                Some(open) if !text.starts_with('[') => format!("{open},{level}]"),
                _ => format!("{text}[{level}]"),
            };
        } else {
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '½');
            if out.ends_with(' ') && digit(out.trim_end().chars().last()) && digit(text.chars().next()) {
                out.pop();
                out.push('·');
            }
            out += &text;
        }
    }
    out
}
