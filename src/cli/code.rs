//! `elbow code E0401`: the page of an error code.

use super::{args, exit::Exit, stop::Stop, terminal::Terminal};
use crate::diag::codes;

pub(super) fn run(args: &args::Code, terminal: &Terminal) -> Result<Exit, Stop> {
    let Some(doc) = codes::find(&args.code) else {
        let known: Vec<&str> = codes::CODES.iter().map(|c| c.code.0).collect();
        let title = format!("there is no code `{}`", args.code);
        return Err(terminal.usage(title, format!("the codes are {}", known.join(", "))));
    };
    terminal.print(|out| writeln!(out, "{}", doc.page.trim_end()))?;
    Ok(Exit::Good)
}
