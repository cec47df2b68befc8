//! `elbow simulate`: rows drawn from a model or from a kept posterior. Not here: the draws (`ask`).

use super::{args, exit::Exit, keep, model::Opened, stop::Stop, terminal::Terminal};
use crate::{
    ask::{draws::Drawing, simulate},
    graph::{Bound, FactorGraph, factor_graph::PlateKind},
    keep::skeleton::axes,
    report::simulated,
    shape::DataTableId,
};

pub(super) fn run(args: &args::Simulate, terminal: &Terminal) -> Result<Exit, Stop> {
    let of_model = args.from.extension().is_some_and(|e| e == "ron");
    let kept = if of_model { None } else { Some(keep::read(&args.from, terminal)?) };
    let mut opened = match &kept {
        Some(kept) => Opened::kept(&kept.document.model, terminal),
        None => Opened::open(&args.from, terminal)?,
    };
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    let mut bound = match &kept {
        Some(kept) => {
            opened.paths(&graph, &args.data)?;
            opened.bind_again(&model, &graph, &keep::tables(kept, &args.data), &axes(kept, &graph))?
        }
        None => {
            let paths = opened.paths(&graph, &args.data)?;
            opened.bind_again(&model, &graph, &paths, &crate::graph::GivenAxes::default())?
        }
    };
    for (name, rows) in &args.rows {
        resize(&graph, &mut bound, name, *rows, terminal)?;
    }
    let tables: Vec<usize> =
        (0..graph.tables.len()).filter(|&t| simulated::observes(&graph, DataTableId(t))).collect();
    let [table] = tables.as_slice() else {
        return Err(
            terminal.fault("the model observes no table, or several", "simulate a model of one table")
        );
    };
    let wrong = |e| keep::unusable(&args.from, &e, terminal);
    let drawing = kept.as_ref().map(|kept| Drawing::new(kept, &graph)).transpose().map_err(wrong)?;
    let mut draws = vec![];
    for draw in 0..args.draws {
        let shared = match &drawing {
            Some(of) => of.draw(args.seed, draw as u64, &|_| true).map_err(wrong)?,
            None => vec![vec![]; graph.nodes.len()],
        };
        let all = simulate::simulate(&graph, &bound, shared, args.seed, draw as u64);
        draws.push(all.map_err(|why| terminal.fault(format!("cannot simulate: {why}"), ""))?);
    }
    terminal.print(|out| simulated::write(&graph, &bound, DataTableId(*table), &draws, out))?;
    Ok(Exit::Good)
}

/// So many rows of a table, none of which is read.
fn resize(
    graph: &FactorGraph,
    bound: &mut Bound,
    name: &str,
    rows: usize,
    terminal: &Terminal,
) -> Result<(), Stop> {
    let Some(t) = graph.tables.iter().position(|t| t.name == name) else {
        let known: Vec<String> = graph.tables.iter().map(|t| format!("`{}`", t.name)).collect();
        let title = format!("`--rows {name}=…`: the model has no table `{name}`");
        return Err(terminal.usage(title, format!("it has {}", known.join(", "))));
    };
    let read = |c: usize| bound.columns[c].numbers.is_some() || !bound.columns[c].codes.is_empty();
    let column = (0..graph.columns.len()).find(|&c| graph.columns[c].table.0 == t && read(c));
    if let Some(c) = column {
        let title = format!("`--rows {name}=…`: new rows would have no `{}`", graph.columns[c].name);
        return Err(terminal.fault(title, "leave `--rows` out: the rows of the table itself are simulated"));
    }
    for (plate, of) in graph.plates.iter().zip(&mut bound.plates) {
        match &plate.kind {
            PlateKind::Rows { table, .. } if table.0 == t => {
                (of.size, of.labels, of.weight) = (rows, None, None);
            }
            PlateKind::Steps { table, .. } | PlateKind::Tree { table, .. } if table.0 == t => {
                let title =
                    format!("`--rows {name}=…`: the rows of `{}` stand in sequences or trees", plate.name);
                return Err(
                    terminal.fault(title, "leave `--rows` out: those of the table itself are simulated")
                );
            }
            _ => {}
        }
    }
    Ok(())
}
