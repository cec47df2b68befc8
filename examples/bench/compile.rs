//! Models of many lines: what a model costs before its first iteration, and how that grows with its nodes and
//! with the summands of a mean. Not here: what rows cost, which every job has.

use super::{args::Args, child, table};
use std::fs;

/// Measures and prints the job, if it is asked for.
pub fn print(args: &Args) -> Result<(), String> {
    if !args.wants("compile") {
        return Ok(());
    }
    let nodes = if args.quick { [250, 500, 1000] } else { [1000, 4000, 10_000] };
    let summands = if args.quick { [25, 50, 100] } else { [75, 150, 300] };
    let mut rows = vec![];
    for n in nodes {
        rows.push(measured(args, format!("{n} pairs of a mean and a precision"), &pairs(n))?);
    }
    for n in nodes {
        rows.push(measured(args, format!("{n} means under one precision"), &shared(n))?);
    }
    for n in summands {
        rows.push(measured(args, format!("a mean of {n} variables"), &sum(n))?);
    }
    table::print(
        "Many lines: from the text to the first iteration, one thread",
        &["model", "blocks and plan", "start", "an iteration", "all", "peak memory"],
        &rows,
    );
    Ok(())
}

fn measured(args: &Args, name: String, text: &str) -> Result<Vec<String>, String> {
    eprintln!("{name} …");
    let path = args.folder.join("compile.ron");
    fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    let x = child::measure(&path, 2, 1)?;
    Ok(vec![
        name,
        table::seconds(x.plan),
        table::seconds(x.start),
        table::seconds(x.iteration),
        table::seconds(x.total),
        format!("{:.0} MB", x.peak / 1e6),
    ])
}

fn model(nodes: &[String], observe: &[String]) -> String {
    format!(
        "Model(data: {{ \"t\": {{ \"x\": [1.5, 2, 3.25] }} }}, plates: {{ \"n\": Rows(table: \"t\") }}, nodes: {{ {} }}, observe: {{ {} }})",
        nodes.join(",\n"),
        observe.join(", ")
    )
}

fn observed(i: usize) -> String {
    format!("\"x{i}\": \"x\"")
}

fn pairs(n: usize) -> String {
    let part = |i: usize| {
        [
            format!("\"t{i}\": Gamma(shape: 1, rate: 1)"),
            format!("\"m{i}\": Normal(mean: 0, precision: \"0.1 * t{i}\")"),
            format!("\"x{i}[n]\": Normal(mean: \"m{i}\", precision: \"t{i}\")"),
        ]
    };
    model(&(0..n).flat_map(part).collect::<Vec<_>>(), &(0..n).map(observed).collect::<Vec<_>>())
}

fn shared(n: usize) -> String {
    let mut nodes = vec!["\"tau\": Gamma(shape: 1, rate: 1)".to_string()];
    for i in 0..n {
        nodes.push(format!("\"m{i}\": Normal(mean: 0, precision: \"tau\")"));
        nodes.push(format!("\"x{i}[n]\": Normal(mean: \"m{i}\", precision: 2)"));
    }
    model(&nodes, &(0..n).map(observed).collect::<Vec<_>>())
}

fn sum(n: usize) -> String {
    let mut nodes: Vec<String> = (0..n).map(|i| format!("\"m{i}\": Normal(mean: 0, precision: 1)")).collect();
    let all: Vec<String> = (0..n).map(|i| format!("m{i}")).collect();
    nodes.push(format!("\"x[n]\": Normal(mean: \"{}\", precision: 1)", all.join(" + ")));
    model(&nodes, &["\"x\": \"x\"".to_string()])
}
