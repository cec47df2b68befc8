//! `elbow draw`: the factor graph as a picture.

use super::{args, disk::replace, exit::Exit, model::Opened, stop::Stop, terminal::Terminal};
use crate::report::draw::{self, DRAWINGS, picture::Picture};

pub(super) fn run(args: &args::Draw, terminal: &Terminal) -> Result<Exit, Stop> {
    let drawing = match &args.out {
        None => &DRAWINGS[0],
        Some(path) => path.extension().and_then(|e| draw::find(&e.to_string_lossy())).ok_or_else(|| {
            let known: Vec<String> =
                DRAWINGS.iter().map(|d| format!(".{} ({})", d.extension, d.about)).collect();
            let title = format!("`{}` does not say what to draw", path.display());
            terminal.usage(title, format!("end the name in one of {}", known.join(", ")))
        })?,
    };
    let mut opened = Opened::open(&args.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    opened.warn();
    let text = (drawing.write)(&Picture::new(&graph, None));
    match &args.out {
        None => terminal.print(|out| write!(out, "{text}"))?,
        Some(path) => replace(path, |out| write!(out, "{text}")).map_err(|e| {
            terminal.usage(format!("cannot write `{}`: {}", path.display(), crate::disk::plain(&e)), "")
        })?,
    }
    Ok(Exit::Good)
}
