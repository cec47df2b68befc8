//! `--start NODE=FILE`: a first q of a selector, read from a table. Not here: what a run makes of it (`engine::given`).

use super::{Stop, disk::Disk, terminal::Terminal};
use crate::{
    data::{self, Table},
    diag::{Diagnostic, render},
    engine::given::{BadStart, GivenStart, NotASelector, Selector},
    graph::{Bound, FactorGraph},
    plan::Plan,
    source::Source,
};

/// Every `--start`, checked.
///
/// # Errors
/// A node that can't be given a first q is the command line's fault; what a file holds is the file's.
pub(super) fn read_all(
    args: &[(String, String)],
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    terminal: &Terminal,
) -> Result<Vec<GivenStart>, Stop> {
    let mut found: Vec<Selector> = vec![];
    for (i, (name, path)) in args.iter().enumerate() {
        if args[..i].iter().any(|(before, _)| before == name) {
            return Err(Stop::usage(terminal, format!("`--start {name}=…` is given twice"), "leave one"));
        }
        found.push(Selector::find(graph, plan, name).map_err(|why| refuse(graph, plan, name, path, why, terminal))?);
    }
    found.iter().zip(args).map(|(selector, (_, path))| read(selector, graph, bound, path, terminal)).collect()
}

fn refuse(graph: &FactorGraph, plan: &Plan, name: &str, path: &str, why: NotASelector, terminal: &Terminal) -> Stop {
    let can: Vec<&str> = graph.nodes.iter().map(|n| n.name.as_str()).filter(|n| Selector::find(graph, plan, n).is_ok()).collect();
    let help = if can.is_empty() { "it has no selector to start from".into() } else { format!("a start fits {}", can.join(", ")) };
    Stop::usage(terminal, format!("`--start {name}={path}`: {why}"), help)
}

fn read(selector: &Selector, graph: &FactorGraph, bound: &Bound, path: &str, terminal: &Terminal) -> Result<GivenStart, Stop> {
    let node = &graph.nodes[selector.node.0];
    let fault = |d: Diagnostic| {
        let nowhere = Source::new(path.to_string(), String::new());
        Stop { exit: super::Exit::Fault, message: render::render_all(&[data::show_line(&Disk, d)], &nowhere, terminal.colour) }
    };
    let table = data::read(&Disk, &node.name, path, None).map_err(fault)?;
    let labels = node.event.and_then(|e| bound.labels(e));
    let (k, n) = (selector.categories, selector.elements());
    let wanted = match &labels {
        Some(l) => format!("one column of categories ({}) or {k} columns of probabilities; {n} rows", some(l)),
        None => format!("one column of categories (1 to {k}) or {k} columns of probabilities; {n} rows"),
    };
    let stop = |what: String| Stop::fault(terminal, format!("`--start {}={path}`: {what}", node.name), format!("expected {wanted}"));
    if table.rows != n {
        return Err(stop(format!("`{}` has {n} elements, the file {} rows", node.name, table.rows)));
    }
    let given = if table.columns.len() == 1 {
        let column = table.columns[0].as_index(&table, "a start").map_err(fault)?;
        let of = |level: &String| match &labels {
            Some(l) => l.iter().position(|x| x == level),
            None => level.parse::<usize>().ok().and_then(|c| c.checked_sub(1)).filter(|c| *c < k),
        };
        let codes: Vec<Option<usize>> = column.levels.iter().map(of).collect();
        let mut categories = Vec::with_capacity(n);
        for (row, &c) in column.codes.iter().enumerate() {
            let Some(category) = codes[c as usize] else {
                return Err(stop(format!("{}`{}` is not a category of `{}`", line(&table, row), column.levels[c as usize], node.name)));
            };
            categories.push(category as u32);
        }
        selector.from_categories(&categories)
    } else if table.columns.len() == k {
        let mut rows = vec![0.0; n * k];
        for (j, c) in table.columns.iter().enumerate() {
            let numbers = c.as_known(&table, "a start").map_err(fault)?;
            numbers.iter().enumerate().for_each(|(i, x)| rows[i * k + j] = *x);
        }
        selector.from_responsibilities(&rows)
    } else {
        return Err(stop(format!("the file has {} columns", table.columns.len())));
    };
    given.map_err(|bad| match bad {
        BadStart::Probabilities(e) => stop(format!("{}the numbers are not probabilities that sum to 1", line(&table, e))),
        other => stop(other.to_string()),
    })
}

/// `line 7: `, where the table has lines.
fn line(table: &Table, row: usize) -> String {
    table.place(row, None).map_or_else(String::new, |p| format!("line {}: ", p.line))
}

/// The first few names of a list.
fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
    format!("{}{}", shown.join(", "), if names.len() > 6 { ", …" } else { "" })
}
