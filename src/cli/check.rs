//! `elbow check`: plates, shapes and blocks of a model; infers nothing.

use super::{Exit, Stop, args, model::Opened, terminal::Terminal};

pub(super) fn run(args: &args::Check, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    opened.warn();
    terminal.print(|out| write!(out, "{model}"))?;
    Ok(Exit::Good)
}
