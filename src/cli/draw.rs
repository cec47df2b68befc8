//! `elbow draw`: the factor graph as a picture.

use super::{args, exit::Exit, model::Opened, stop::Stop, terminal::Terminal};
use crate::{
    disk::{file::OutFile, plain},
    report::draw::{self, DRAWINGS, picture::Picture},
};
use std::path::Path;

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
    let cannot = |path: &Path, e| format!("cannot write `{}`: {}", path.display(), plain(&e));
    let place = match &args.out {
        None => None,
        Some(path) => Some(OutFile::open(path).map_err(|e| {
            terminal.usage(cannot(path, e), "`--out` names a file in a folder that is there")
        })?),
    };
    let mut opened = Opened::open(&args.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    opened.warn();
    let sizes = opened.sizes(&model, &graph);
    let picture = Picture::new(&graph, sizes.as_deref());
    let picture = if args.constants { picture.with_constants(&graph) } else { picture };
    let text = (drawing.write)(&picture);
    match (&args.out, place) {
        (Some(path), Some(place)) => {
            place.write(|out| write!(out, "{text}")).map_err(|e| terminal.fault(cannot(path, e), ""))?;
        }
        _ => {
            terminal.print(|out| write!(out, "{text}"))?;
        }
    }
    Ok(Exit::Good)
}
