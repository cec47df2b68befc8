//! `elbow check`: plates, shapes and blocks of a model; infers nothing.

use super::{args, exit::Exit, model::Opened, stop::Stop, terminal::Terminal};
use crate::report;

pub(super) fn run(args: &args::Check, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    let missing = opened.missing_file(&graph, &args.model)?;
    let bound = if missing.is_none() { Some(opened.bind(&model, &graph, &args.model)?) } else { None };
    let blocks = match &bound {
        Some(bound) => opened.plan(&graph, bound)?.blocks,
        None => opened.blocks(&graph)?,
    };
    opened.warn();
    if let Some(path) = missing {
        terminal.complain(&format!("note: `{path}` is not there, so the data are not checked"));
    }
    let text = report::check::page(&graph, bound.as_ref(), &blocks, terminal.width);
    terminal.print(|out| write!(out, "{text}"))?;
    Ok(Exit::Good)
}
