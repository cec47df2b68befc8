//! `elbow fit`: the posterior, printed and written.

use super::{
    args, disk::replace, exit::Exit, model::Opened, out_dir, progress::Progress, start, stop::Stop,
    terminal::Terminal,
};
use crate::{
    answer::{self, posterior::Posterior},
    engine::Options,
    report::{self, Page, Show, trace},
    shape::NodeId,
};

/// Tables of more numbers than this are not shown number by number, so their quantiles need not be found.
const SHOWN_QUANTILES: usize = 4096;

pub(super) fn run(args: &args::Fit, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    if let Some(names) = &args.nodes
        && let Some(wrong) = names.iter().find(|name| !graph.nodes.iter().any(|n| n.name == **name))
    {
        let known: Vec<&str> = graph.nodes.iter().map(|n| n.name.as_str()).collect();
        return Err(terminal.usage(
            format!("`--nodes {wrong}`: the model has no such node"),
            format!("it has {}", known.join(", ")),
        ));
    }
    let mut bound = opened.bind(&model, &graph, &args.model)?;
    drop(model);
    let plan = opened.plan(&graph, &bound)?;
    if !args.quiet {
        opened.warn();
    }
    let options = Options {
        seed: args.seed,
        restarts: args.restarts,
        max_iterations: args.max_iterations,
        max_seconds: args.max_seconds,
        tolerance: args.tolerance,
        threads: args.threads.unwrap_or(0),
        nodes: args.nodes.clone(),
        all_nodes: args.out.is_some(),
        quantiles: quantiles(args),
        start: start::read_all(&args.start, &graph, &bound, &plan, terminal)?,
        profile: args.profile,
    };
    // The plan has the rows in its own order: one copy of the data is enough.
    let named = |n: NodeId| args.nodes.as_ref().is_some_and(|names| names.contains(&graph.nodes[n.0].name));
    bound.forget(|n| args.out.is_some() || named(n) || plan.predicted.contains(&n));
    let mut progress = Progress::new(terminal, args.quiet, args.restarts, args.max_iterations);
    let posterior = answer::fit(&graph, &bound, &plan, &options, &mut progress);
    drop(progress);
    match posterior {
        Ok(posterior) => finish(args, terminal, &posterior),
        Err(e) => {
            let mut help = String::new();
            if let Some(last) = &e.last_good {
                write_files(args, terminal, last)?;
                let kept = match &args.out {
                    Some(folder) => format!("its state is in `{}`", folder.display()),
                    None => "`--out DIR` keeps its state".to_string(),
                };
                help = format!("iteration {} was the last good one; {kept}", last.iterations);
            }
            Err(terminal.broke_down(e.to_string(), help))
        }
    }
}

/// The numbers of the largest table whose quantiles are written or shown.
fn quantiles(args: &args::Fit) -> usize {
    match args.format.as_str() {
        _ if args.out.is_some() => usize::MAX,
        "csv" => usize::MAX,
        "json" => 0,
        _ => SHOWN_QUANTILES,
    }
}

/// Writes what `--trace` and `--out` name.
fn write_files(args: &args::Fit, terminal: &Terminal, posterior: &Posterior) -> Result<(), Stop> {
    if let Some(path) = &args.trace {
        replace(path, |out| trace::write(&posterior.trace, out)).map_err(|e| {
            terminal.usage(
                format!("cannot write `{}`: {e}", path.display()),
                "`--trace` names a file in a folder that is there",
            )
        })?;
    }
    if let Some(folder) = &args.out {
        out_dir::write(folder, posterior).map_err(|e| {
            terminal.usage(format!("cannot write into `{}`: {e}", folder.display()), "`--out` names a folder")
        })?;
    }
    Ok(())
}

/// Writes files, then prints. The files come first: a reader who leaves early gets them all the same.
fn finish(args: &args::Fit, terminal: &Terminal, posterior: &Posterior) -> Result<Exit, Stop> {
    write_files(args, terminal, posterior)?;
    let format = report::find(&args.format).unwrap_or(report::FORMATS[0]);
    let show = args.nodes.as_deref().map_or(Show::Shared, Show::Named);
    terminal.print(|out| format.write(posterior, &Page { width: terminal.width, show }, out))?;
    Ok(if posterior.converged { Exit::Good } else { Exit::OutOfIterations })
}
