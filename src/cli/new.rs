//! `elbow new`: a commented model to start from. Not here: the models (`report::starter`).

use super::{args, exit::Exit, stop::Stop, terminal::Terminal};
use crate::{
    data,
    diag::render,
    disk::Disk,
    report::starter::{Columns, STARTERS},
    source::Source,
};

pub(super) fn run(args: &args::New, terminal: &Terminal) -> Result<Exit, Stop> {
    let shown = args.data.display().to_string();
    let Some(file) = args.data.to_str() else {
        return Err(
            terminal.fault(format!("`{shown}` is no text, and a model names its files in text"), "rename it")
        );
    };
    let table = data::read(&Disk, "t", &args.data, None).map_err(|d| Stop {
        exit: Exit::Fault,
        message: render::render_all(
            &[data::show_line(&Disk, d)],
            &Source::new(shown.clone(), String::new()),
            terminal.colour,
        ),
    })?;
    let columns = Columns::of(&table, file, args.response.clone(), args.group.clone())
        .map_err(|why| terminal.usage(why, ""))?;
    let starter = STARTERS.iter().find(|s| s.name == args.kind).unwrap_or(&STARTERS[0]);
    let text = (starter.write)(&columns).map_err(|why| {
        let help = "`--response COLUMN` and `--group COLUMN` name the columns that are meant";
        terminal.fault(format!("`{shown}` is no table for this kind of model: {why}"), help)
    })?;
    terminal.print(|out| write!(out, "{text}"))?;
    Ok(Exit::Good)
}
