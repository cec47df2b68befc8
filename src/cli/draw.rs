//! `elbow draw`: the factor graph as a picture.

use super::{Exit, Stop, args, model::Opened, terminal::Terminal};

pub(super) fn run(args: &args::Draw, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model, terminal)?;
    opened.parse()?;
    Err(Stop::usage(terminal, "drawing is not built yet", ""))
}
