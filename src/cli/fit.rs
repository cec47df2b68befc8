//! `elbow fit`: the posterior, printed and written.

use super::{
    args,
    exit::Exit,
    interrupt::Interrupt,
    model::Opened,
    outputs::{Outputs, Saved},
    progress::Progress,
    start,
    stop::Stop,
    terminal::{Printed, Terminal},
};
use crate::{
    answer::{self, posterior::Posterior},
    diag::render,
    engine::Options,
    report::{self, Page, Show},
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
    let outputs = Outputs::open(args, terminal)?;
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
        all_nodes: false,
        quantiles: quantiles(args),
        start: start::read_all(&args.start, &graph, &bound, &plan, terminal)?,
        profile: args.profile,
    };
    // The plan has the rows in its own order: one copy of the data is enough.
    let named = |n: NodeId| args.nodes.as_ref().is_some_and(|names| names.contains(&graph.nodes[n.0].name));
    bound.forget(|n| named(n) || plan.predicted.contains(&n));
    // Where a process may not listen, a signal ends it at once, as it does without a word of ours.
    let interrupt = Interrupt::listen().unwrap_or_default();
    let mut progress =
        Progress::new(terminal, args.quiet, args.restarts, args.max_iterations, interrupt.clone());
    let posterior = answer::fit(&graph, &bound, &plan, &options, &mut progress);
    drop(progress);
    match posterior {
        Ok(mut posterior) => {
            if !args.quiet {
                posterior.warnings.iter().for_each(|w| terminal.warn(w));
            }
            posterior.warnings.splice(0..0, opened.warnings());
            if interrupt.asked() && !args.quiet {
                let after = posterior.iterations;
                terminal.complain(&format!("note: stopped as asked, after iteration {after}"));
            }
            finish(args, terminal, &outputs, &posterior, interrupt.asked())
        }
        Err(e) => {
            let mut more = None;
            if let Some(last) = &e.last_good {
                let saved = outputs.write(last);
                tell(args, terminal, &saved);
                let kept = match &args.out {
                    Some(folder) if saved.failures.is_empty() => {
                        format!("its state is in `{}`", folder.display())
                    }
                    Some(_) => "its state could not be written".to_string(),
                    None => "`--out DIR` keeps its state".to_string(),
                };
                more = Some(format!("iteration {} was the last good one; {kept}", last.iterations));
            }
            let message = render::render(&e.diagnostic(more), &opened.source, terminal.colour);
            Err(Stop { exit: Exit::Numbers, message })
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

/// Says on standard error what was written and what was not.
fn tell(args: &args::Fit, terminal: &Terminal, saved: &Saved) {
    if !args.quiet {
        saved.notes.iter().for_each(|note| terminal.complain(&format!("note: wrote {note}")));
    }
    for failure in &saved.failures {
        terminal.complain(&terminal.fault(failure, "").message);
    }
}

/// Writes files, then prints, whatever came of the files. They come first: a reader who leaves early gets them all
/// the same.
fn finish(
    args: &args::Fit,
    terminal: &Terminal,
    outputs: &Outputs<'_>,
    posterior: &Posterior,
    interrupted: bool,
) -> Result<Exit, Stop> {
    let saved = outputs.write(posterior);
    let format = report::find(&args.format).unwrap_or(report::FORMATS[0]);
    let show = args.nodes.as_deref().map_or(Show::Shared, Show::Named);
    let printed = terminal.print(|out| format.write(posterior, &Page { width: terminal.width, show }, out));
    tell(args, terminal, &saved);
    Ok(match printed? {
        _ if !saved.failures.is_empty() => Exit::Fault,
        Printed::LeftEarly => Exit::Good,
        Printed::Whole if interrupted || !posterior.converged => Exit::OutOfIterations,
        Printed::Whole => Exit::Good,
    })
}
