//! `elbow explain`: what the engine makes of a model, stage by stage. Data are read for the plan only, and
//! where they decide whether a node that others depend on has missing cells.

use super::{
    args::{self, Stage},
    exit::Exit,
    model::Opened,
    stop::Stop,
    terminal::Terminal,
};
use crate::{graph::Types, report::explain};

pub(super) fn run(args: &args::Explain, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    if args.emit == Some(Stage::Ast) {
        opened.warn();
        terminal.print(|out| write!(out, "{model}"))?;
        return Ok(Exit::Good);
    }
    let graph = opened.graph(&model)?;
    let text = match args.emit {
        Some(Stage::Graph) => graph.to_string(),
        Some(Stage::Types) => Types(&graph).to_string(),
        Some(Stage::Plan) => {
            let bound = opened.bind(&model, &graph, &args.model)?;
            opened.plan(&graph, &bound)?.show(&graph)
        }
        Some(Stage::Blocks) => opened.blocks_with_data(&model, &graph, &args.model)?.show(&graph),
        Some(Stage::Ast) | None => {
            explain::page(&graph, &opened.blocks_with_data(&model, &graph, &args.model)?)
        }
    };
    opened.warn();
    terminal.print(|out| write!(out, "{text}"))?;
    Ok(Exit::Good)
}
