//! `--start NODE=FILE`: a first q of a node, read from a table or from a result. Not here: what a run makes
//! of it (`start::given`, `start::values`).

use super::{exit::Exit, stop::Stop, terminal::Terminal};
use crate::{
    data::{self, Files, Table},
    diag::{Diagnostic, render},
    disk::{self, Disk},
    graph::{Bound, FactorGraph},
    plan::Plan,
    source::Source,
    start::{
        given::{BadStart, GivenStart, NoStart, Selector},
        values::Valued,
    },
};
use serde_json::Value;
use std::{
    io::Read,
    path::{Path, PathBuf},
};

/// What a file may start.
enum Target {
    Selector(Selector),
    Values(Valued),
}

/// Where messages about one `--start` go.
struct Arg<'a> {
    name: &'a str,
    path: &'a Path,
    terminal: &'a Terminal,
}

/// Every `--start`, checked.
///
/// # Errors
/// A node that can't be given a first q is the command line's fault; what a file holds is the file's.
pub(super) fn read_all(
    args: &[(String, PathBuf)],
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    terminal: &Terminal,
) -> Result<Vec<GivenStart>, Stop> {
    let mut found: Vec<Target> = vec![];
    for (i, (name, path)) in args.iter().enumerate() {
        if args[..i].iter().any(|(before, _)| before == name) {
            return Err(terminal.usage(format!("`--start {name}=…` is given twice"), "leave one"));
        }
        found.push(
            Target::find(graph, bound, plan, name)
                .map_err(|why| refuse(graph, bound, plan, &Arg { name, path, terminal }, why))?,
        );
    }
    found
        .iter()
        .zip(args)
        .map(|(target, (name, path))| {
            let arg = Arg { name, path, terminal };
            match (target, path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))) {
                (Target::Selector(s), false) => categories(s, graph, bound, &arg),
                (Target::Values(v), false) => values(v, &arg),
                (target, true) => result(target, &arg),
            }
        })
        .collect()
}

impl Target {
    fn find(graph: &FactorGraph, bound: &Bound, plan: &Plan, name: &str) -> Result<Self, NoStart> {
        match Selector::find(graph, plan, name) {
            Err(NoStart::NotACategory) => Valued::find(graph, bound, plan, name).map(Target::Values),
            other => other.map(Target::Selector),
        }
    }
}

fn refuse(graph: &FactorGraph, bound: &Bound, plan: &Plan, arg: &Arg<'_>, why: NoStart) -> Stop {
    let names = graph.nodes.iter().map(|n| n.name.as_str());
    let can: Vec<&str> = names.filter(|n| Target::find(graph, bound, plan, n).is_ok()).collect();
    let help = if can.is_empty() {
        "it has no node to start from".into()
    } else {
        format!("a start fits {}", can.join(", "))
    };
    arg.terminal.usage(format!("`--start {}={}`: {why}", arg.name, arg.path.display()), help)
}

impl Arg<'_> {
    fn stop(&self, what: String, wanted: &str) -> Stop {
        self.terminal.fault(
            format!("`--start {}={}`: {what}", self.name, self.path.display()),
            format!("expected {wanted}"),
        )
    }

    fn fault(&self, d: Diagnostic) -> Stop {
        let nowhere = Source::new(self.path.display().to_string(), String::new());
        Stop {
            exit: Exit::Fault,
            message: render::render_all(&[data::show_line(&Disk, d)], &nowhere, self.terminal.colour),
        }
    }

    fn table(&self) -> Result<Table, Stop> {
        data::read(&Disk, self.name, self.path, None).map_err(|d| self.fault(d))
    }

    /// All numbers, row by row.
    fn numbers(&self, table: &Table) -> Result<Vec<f64>, Stop> {
        let w = table.columns.len();
        let mut rows = vec![0.0; table.rows * w];
        for (j, c) in table.columns.iter().enumerate() {
            let numbers = c.as_known(table, "a start").map_err(|d| self.fault(d))?;
            numbers.iter().enumerate().for_each(|(i, x)| rows[i * w + j] = x);
        }
        Ok(rows)
    }
}

/// A table with a category, or a probability for each, in a row.
fn categories(
    selector: &Selector,
    graph: &FactorGraph,
    bound: &Bound,
    arg: &Arg<'_>,
) -> Result<GivenStart, Stop> {
    let node = &graph.nodes[selector.node.0];
    let table = arg.table()?;
    let labels = node.event.and_then(|e| bound.labels(e));
    let (k, n) = (selector.categories, selector.elements());
    let wanted = match &labels {
        Some(l) => {
            format!("one column of categories ({}) or {k} columns of probabilities; {n} rows", some(l))
        }
        None => format!("one column of categories (1 to {k}) or {k} columns of probabilities; {n} rows"),
    };
    let stop = |what: String| arg.stop(what, &wanted);
    if table.rows != n {
        return Err(stop(format!("`{}` has {n} elements, the file {} rows", node.name, table.rows)));
    }
    let given = if table.columns.len() == 1 {
        let column = table.columns[0].as_index(&table, "a start").map_err(|d| arg.fault(d))?;
        let of = |level: &String| match &labels {
            Some(l) => l.iter().position(|x| x == level),
            None => level.parse::<usize>().ok().and_then(|c| c.checked_sub(1)).filter(|c| *c < k),
        };
        let codes: Vec<Option<usize>> = column.levels.iter().map(of).collect();
        let mut categories = Vec::with_capacity(n);
        for (row, &c) in column.codes.iter().enumerate() {
            let Some(category) = codes[c as usize] else {
                return Err(stop(format!(
                    "{}`{}` is not a category of `{}`",
                    line(&table, row),
                    column.levels[c as usize],
                    node.name
                )));
            };
            categories.push(category as u32);
        }
        selector.from_categories(&categories)
    } else if table.columns.len() == k {
        selector.from_responsibilities(&arg.numbers(&table)?)
    } else {
        return Err(stop(format!("the file has {} columns", table.columns.len())));
    };
    given.map_err(|bad| match bad {
        BadStart::Probabilities(e) => {
            stop(format!("{}the numbers are not probabilities that sum to 1", line(&table, e)))
        }
        other => stop(other.to_string()),
    })
}

/// A table with a value in a row: one column for each of its numbers.
fn values(valued: &Valued, arg: &Arg<'_>) -> Result<GivenStart, Stop> {
    let table = arg.table()?;
    let (w, n) = (valued.width, valued.elements());
    let wanted = format!("a value in each row: {w} column{}, {n} row{}", plural(w), plural(n));
    let stop = |what: String| arg.stop(what, &wanted);
    if table.rows != n {
        return Err(stop(format!("`{}` has {n} elements, the file {} rows", arg.name, table.rows)));
    }
    if table.columns.len() != w {
        return Err(stop(format!("the file has {} columns", table.columns.len())));
    }
    valued.from_values(&arg.numbers(&table)?).map_err(|bad| match bad {
        BadStart::Value(e, why) => stop(format!("{}the value {why}", line(&table, e))),
        other => stop(other.to_string()),
    })
}

/// A result as `--format json` prints it: the parameters of the node's q.
fn result(target: &Target, arg: &Arg<'_>) -> Result<GivenStart, Stop> {
    let wanted = match target {
        Target::Selector(s) => {
            format!(
                "`nodes` → `{}` → `parameters` → `p`, {} numbers for each of {}",
                arg.name,
                s.categories,
                s.elements()
            )
        }
        Target::Values(v) => {
            let list: Vec<String> =
                v.parameters.iter().map(|(name, w)| format!("`{name}` ({w} number{})", plural(*w))).collect();
            format!(
                "`nodes` → `{}` → `parameters` → {}, for each of {}",
                arg.name,
                list.join(", "),
                v.elements()
            )
        }
    };
    let stop = |what: String| arg.stop(what, &wanted);
    let mut text = String::new();
    let file = Disk.open(arg.path).map_err(|e| stop(format!("cannot be read: {}", disk::plain(&e))))?;
    { file }.read_to_string(&mut text).map_err(|e| stop(format!("cannot be read: {}", disk::plain(&e))))?;
    let json: Value = serde_json::from_str(&text).map_err(|e| stop(format!("is no JSON: {e}")))?;
    let Some(list) = json["nodes"][arg.name]["parameters"].as_object() else {
        return Err(stop(format!("the file has no parameters of `{}`", arg.name)));
    };
    let mut parameters = vec![];
    for (name, value) in list {
        let mut numbers = vec![];
        if !flatten(value, &mut numbers) {
            return Err(stop(format!("`{name}` holds something that is no number")));
        }
        parameters.push((name.clone(), numbers));
    }
    let given = match target {
        Target::Selector(s) => match &parameters[..] {
            [(p, numbers)] if p == "p" => s.from_responsibilities(numbers),
            _ => return Err(stop("the file has other parameters".to_string())),
        },
        Target::Values(v) => v.from_parameters(&parameters),
    };
    given.map_err(|bad| stop(bad.to_string()))
}

/// Nested lists of numbers in their order; false where something else is met.
fn flatten(value: &Value, out: &mut Vec<f64>) -> bool {
    match value {
        Value::Array(list) => list.iter().all(|v| flatten(v, out)),
        Value::Number(n) => n.as_f64().map(|x| out.push(x)).is_some(),
        _ => false,
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
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
