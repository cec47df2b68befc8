//! `elbow explain`: what the engine makes of a model, stage by stage.

use super::{
    Exit, Stop,
    args::{self, Stage},
    model::Opened,
    terminal::Terminal,
};

pub(super) fn run(args: &args::Explain, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    opened.warn();
    if args.emit.is_none_or(|s| s == Stage::Ast) {
        terminal.print(|out| write!(out, "{model}"))?;
    }
    Ok(Exit::Good)
}
