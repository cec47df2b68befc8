//! `elbow check`: plates, shapes and blocks of a model; infers nothing.

use super::{args, exit::Exit, model::Opened, stop::Stop, terminal::Terminal};
use crate::report;

pub(super) fn run(args: &args::Check, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    let missing = opened.lacks_a_file(&graph, &args.model)?;
    let bound = if !missing { Some(opened.bind(&model, &graph, &args.model)?) } else { None };
    let blocks = match &bound {
        Some(bound) => opened.plan(&graph, bound)?.blocks,
        None => opened.blocks(&graph)?,
    };
    opened.warn();
    let text = report::check::page(&graph, bound.as_ref(), &blocks, terminal.width);
    terminal.print(|out| write!(out, "{text}"))?;
    if missing {
        // What can be said without the data is said; that they are not there is an error, as it is for `fit`.
        opened.bind(&model, &graph, &args.model)?;
    }
    Ok(Exit::Good)
}
