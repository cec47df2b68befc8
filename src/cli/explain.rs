//! `elbow explain`: what the engine makes of a model, stage by stage.

use super::{
    Exit, Stop,
    args::{self, Stage},
    model::Opened,
    terminal::Terminal,
};
use crate::graph::Types;

pub(super) fn run(args: &args::Explain, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    if args.emit == Some(Stage::Ast) {
        opened.warn();
        terminal.print(|out| write!(out, "{model}"))?;
        return Ok(Exit::Good);
    }
    let graph = opened.graph(&model)?;
    // With the data there, missing cells count: they are latent.
    let blocks = if opened.missing_file(&graph, &args.model)?.is_none() {
        let bound = opened.bind(&model, &graph, &args.model)?;
        opened.plan(&graph, &bound)?.blocks
    } else {
        opened.blocks(&graph)?
    };
    opened.warn();
    let blocks = blocks.show(&graph);
    terminal.print(|out| match args.emit {
        Some(Stage::Graph) => write!(out, "{graph}"),
        Some(Stage::Types) => write!(out, "{}", Types(&graph)),
        Some(Stage::Blocks) => write!(out, "{blocks}"),
        Some(Stage::Ast) | None => write!(out, "{graph}\n{}\n{blocks}", Types(&graph)),
    })?;
    Ok(Exit::Good)
}
