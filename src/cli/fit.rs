//! `elbow fit`: the posterior, printed and written.

use super::{Exit, Stop, args, disk::replace, model::Opened, out_dir, progress::Progress, terminal::Terminal};
use crate::{
    engine::posterior::Posterior,
    report::{self, Page, Show, trace},
};

pub(super) fn run(args: &args::Fit, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    if let Some(names) = &args.nodes
        && let Some(wrong) = names.iter().find(|name| !graph.nodes.iter().any(|n| n.name == **name))
    {
        let known: Vec<&str> = graph.nodes.iter().map(|n| n.name.as_str()).collect();
        return Err(Stop::usage(
            terminal,
            format!("`--nodes {wrong}`: the model has no such node"),
            format!("it has {}", known.join(", ")),
        ));
    }
    let _bound = opened.bind(&model, &graph, &args.model)?;
    if !args.quiet {
        opened.warn();
    }
    let _progress = Progress::new(terminal, args.quiet, args.restarts, args.max_iterations);
    Err(Stop::usage(terminal, "inference is not built yet", ""))
}

/// Writes what `--trace` and `--out` name, then prints. The files come first: a reader who leaves early gets them all the same.
#[allow(dead_code)]
fn finish(args: &args::Fit, terminal: &Terminal, posterior: &Posterior) -> Result<Exit, Stop> {
    if let Some(path) = &args.trace {
        replace(path, |out| trace::write(&posterior.trace, out)).map_err(|e| {
            Stop::usage(terminal, format!("cannot write `{}`: {e}", path.display()), "`--trace` names a file in a folder that is there")
        })?;
    }
    if let Some(folder) = &args.out {
        out_dir::write(folder, posterior)
            .map_err(|e| Stop::usage(terminal, format!("cannot write into `{}`: {e}", folder.display()), "`--out` names a folder"))?;
    }
    let format = report::find(&args.format).unwrap_or(report::FORMATS[0]);
    let show = args.nodes.as_deref().map_or(Show::Shared, Show::Named);
    terminal.print(|out| format.write(posterior, &Page { width: terminal.width, show }, out))?;
    Ok(if posterior.converged { Exit::Good } else { Exit::OutOfIterations })
}
