//! `elbow fit`: the posterior, printed and written.

use super::{
    args,
    exit::Exit,
    interrupt::Interrupt,
    keep::{self, Checkpoints, Keeping},
    memory,
    model::Opened,
    nodes::Nodes,
    outputs::{Outputs, Saved},
    progress::Progress,
    start,
    stop::Stop,
    terminal::{Printed, Terminal},
};
use crate::{
    answer::{self, posterior::Posterior},
    ask::derive,
    diag::render,
    engine::Options,
    graph::{Bound, FactorGraph},
    keep::{
        Kept,
        centred::moved,
        fingerprint::{of_data, of_observed},
        prior::{centres, prior},
        resume::reached,
        save::save,
        skeleton::axes,
    },
    report::{self, Page, Show},
    shape::NodeId,
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// Tables of more numbers than this are not shown number by number, so their quantiles need not be found.
pub(super) const SHOWN_QUANTILES: usize = 4096;

pub(super) fn run(args: &args::Fit, terminal: &Terminal) -> Result<Exit, Stop> {
    let started = Instant::now();
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    let nodes = Nodes::of(args.layout.nodes.as_deref(), &graph, terminal)?;
    let outputs = Outputs::open(args, terminal)?;
    let taken = args.prior.as_deref().map(|path| keep::read(path, terminal)).transpose()?;
    let mut bound = match &taken {
        Some(kept) => {
            let paths = opened.paths(&graph, &args.model.data)?;
            opened.bind_again(&model, &graph, &paths, &axes(kept, &graph))?
        }
        None => opened.bind(&model, &graph, &args.model)?,
    };
    drop(model);
    let read = nodes.read(&graph, &bound);
    let named = |n: NodeId| read.as_ref().is_some_and(|names| names.contains(&graph.nodes[n.0].name));
    let limit = args.max_memory.or_else(memory::free).unwrap_or(u64::MAX);
    let about = taken.as_ref().filter(|kept| !kept.is_moved()).map(|kept| centres(kept, &graph));
    let plan = opened.plan_about(&graph, &bound, limit, about.as_deref())?;
    opened.room(&graph, &plan, limit, &named)?;
    let prior = match (&taken, &args.prior) {
        (Some(kept), Some(path)) => prior(kept, &opened.source.text, &graph, &plan).map_err(|e| {
            terminal.fault(format!("cannot take `{}` for a prior: {e}", path.display()), e.help())
        })?,
        _ => vec![],
    };
    if !args.quiet {
        opened.warn();
    }
    let mut data = if args.save.is_some() || args.from.is_some() { of_data(&bound) } else { String::new() };
    // Who goes on needs the same prior as well.
    data.extend(taken.as_ref().map(|kept| format!(", prior {}", kept.fingerprint())));
    let observed = if args.save.is_some() { of_observed(&graph, &bound) } else { String::new() };
    let from = args.from.as_ref().map(|path| {
        let kept = keep::read(path, terminal)?;
        let reached = reached(&kept, &opened.source.text, &data, &plan)
            .map_err(|e| terminal.fault(format!("cannot go on from `{}`: {e}", path.display()), e.help()))?;
        Ok::<_, Stop>((kept.document.run.seed, Arc::new(reached)))
    });
    let from = from.transpose()?;
    let options = Options {
        seed: from.as_ref().map_or(args.seed, |f| f.0),
        restarts: args.restarts.unwrap_or(0),
        max_iterations: args.max_iterations,
        max_seconds: args.max_seconds,
        tolerance: args.tolerance,
        plain: args.plain,
        threads: args.threads.unwrap_or(0),
        nodes: read.clone(),
        all_nodes: false,
        quantiles: quantiles(args),
        start: start::read_all(&args.start, &graph, &bound, &plan, terminal)?,
        from: from.map(|f| f.1),
        prior,
        about: taken.as_ref().and_then(|kept| moved(kept, &graph, &bound, &plan)),
        profile: args.profile,
    };
    // The plan has the rows in its own order: one copy of the data is enough. Predictions read what is known of
    // the nodes that they depend on.
    let predicts = !plan.predicted.is_empty() || !plan.kept.everything();
    bound.forget(&graph, |n| named(n) || predicts);
    let about = keep::about(&opened, &graph, args, options.seed, [&data, &observed])?;
    let keeping = outputs.kept().map(|place| Keeping {
        place,
        graph: &graph,
        bound: &bound,
        plan: &plan,
        about: &about,
    });
    // Where a process may not listen, a signal ends it at once, as it does without a word of ours.
    let interrupt = Interrupt::listen().unwrap_or_default();
    let progress = Progress::new(
        terminal,
        args.quiet,
        args.restarts.unwrap_or(0),
        args.max_iterations,
        args.tolerance,
        interrupt.clone(),
    );
    let every = args.checkpoint.map(|minutes| Duration::from_secs_f64(60.0 * minutes));
    let mut watch = Checkpoints::new(progress, keeping.zip(every), terminal);
    let keeps = keeping.is_some() || !graph.derived.is_empty();
    let done = answer::fit_and_keep(&graph, &bound, &plan, &options, &mut watch, keeps);
    drop(watch);
    match done {
        Ok((mut posterior, reached)) => {
            let kept = reached.map(|reached| {
                let mut kept = save(&graph, &bound, &plan, &about, &reached);
                derived(&mut kept, &graph, &bound, &mut posterior);
                kept
            });
            if !args.quiet {
                posterior.warnings.iter().for_each(|w| terminal.warn(w));
            }
            posterior.warnings.splice(0..0, opened.warnings());
            if interrupt.asked() && !args.quiet {
                let after = posterior.iterations;
                terminal.complain(&format!("note: stopped as asked, after iteration {after}"));
            }
            let not_kept = keeping.zip(kept).and_then(|(k, kept)| k.write(&kept).err());
            let seconds = started.elapsed().as_secs_f64();
            let page = Page {
                whole_trace: args.trace.as_deref() == Some(Path::new("-")),
                ..page(&args.layout, args.quantiles, &nodes, terminal, Some(seconds))
            };
            finish((args, terminal), &outputs, &posterior, &page, interrupt.asked(), not_kept)
        }
        Err(e) => {
            let mut more = None;
            if let Some(last) = &e.last_good {
                let saved = outputs.write(last, nodes.names());
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

/// Finds what the model derives, and keeps it; what is left out is warned of.
fn derived(kept: &mut Kept, graph: &FactorGraph, bound: &Bound, posterior: &mut Posterior) {
    match derive::of_fit(kept, graph, bound) {
        Ok((found, left_out)) => {
            derive::keep(kept, &found);
            posterior.derived = found;
            posterior.warnings.extend(left_out);
        }
        Err(e) => posterior.warnings.push(format!("nothing is derived: {e}")),
    }
}

/// The page that the command line asks for. The time it took is for people: what a program reads is the same again.
pub(super) fn page<'a>(
    layout: &args::Layout,
    quantiles: bool,
    nodes: &'a Nodes,
    terminal: &Terminal,
    seconds: Option<f64>,
) -> Page<'a> {
    Page {
        width: terminal.width,
        show: nodes.show(),
        quantiles,
        verbose: layout.verbose,
        sorted: layout.sort.is_some(),
        top: layout.top,
        seconds: seconds.filter(|_| terminal.read_by_people),
        whole_trace: false,
    }
}

/// The numbers of the largest table whose quantiles are written or shown.
fn quantiles(args: &args::Fit) -> usize {
    match args.format.as_str() {
        _ if args.out.is_some() || args.quantiles => usize::MAX,
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
    (args, terminal): (&args::Fit, &Terminal),
    outputs: &Outputs<'_>,
    posterior: &Posterior,
    page: &Page<'_>,
    interrupted: bool,
    not_kept: Option<String>,
) -> Result<Exit, Stop> {
    let named = if let Show::Named(names) | Show::More(names) = page.show { names } else { &[] };
    let mut saved = outputs.write(posterior, named);
    saved.failures.extend(not_kept);
    let format = report::find(&args.format).unwrap_or(report::FORMATS[0]);
    let printed = terminal.print(|out| format.write(posterior, page, out));
    tell(args, terminal, &saved);
    Ok(match printed? {
        _ if !saved.failures.is_empty() => Exit::Fault,
        Printed::LeftEarly => Exit::Good,
        Printed::Whole if interrupted || !posterior.converged => Exit::OutOfIterations,
        Printed::Whole => Exit::Good,
    })
}
