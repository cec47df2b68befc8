//! `elbow sweep`: one model over the sizes of a plate; with `--folds`, held-out rows under each. Not here: what is compared
//! (`ask::compare`), nor how it is printed (`report`).

use super::{
    args,
    exit::Exit,
    folds::Folds,
    model::Opened,
    predict::{answer, no_answer},
    stop::Stop,
    terminal::Terminal,
};
use crate::{
    answer,
    ask::{
        Question,
        compare::{Compared, remarks, weigh},
    },
    diag::{render, suggest::nearest},
    engine::{Options, Unwatched},
    graph::{Bound, FactorGraph},
    keep::{
        Kept,
        save::{About, save},
        skeleton::{axes, skeleton},
    },
    report::comparison::{Comparison, FORMATS},
    source::Spanned,
    syntax::{Model, ast::Value},
};

pub(super) fn run(args: &args::Sweep, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let written = opened.parse()?;
    let (plate, sizes) = &args.size;
    let mut all = vec![];
    let mut converged = true;
    // The same parts for all sizes.
    let mut parts: Option<Folds> = None;
    for (i, &size) in sizes.iter().enumerate() {
        let model = resized(&written, plate, size, terminal)?;
        let graph = opened.graph(&model)?;
        let bound = opened.bind(&model, &graph, &args.model)?;
        if i == 0 && !args.quiet {
            opened.warn();
        }
        let kept = fit(args, &mut opened, &graph, &bound, terminal)?;
        let wrong = |e: crate::keep::KeepError| terminal.fault(format!("{plate} = {size}: {e}"), e.help());
        let axes_of = skeleton(&kept, &graph).map_err(wrong)?;
        let mut compared =
            Compared::of(format!("{plate} = {size}"), &kept, &graph, &axes_of).map_err(wrong)?;
        converged &= compared.converged;
        if let (Some(count), None) = (args.folds, &parts) {
            let of = (count, args.by.as_deref(), args.seed);
            parts = Some(Folds::new(&opened, &model, &graph, of, &args.model)?);
        }
        if let (Some(count), Some(folds)) = (args.folds, &parts) {
            let mut total = 0.0;
            for fold in 0..count {
                let training = folds.bind(&mut opened, &model, &graph, fold, None)?;
                let kept = fit(args, &mut opened, &graph, &training, terminal)?;
                let held_out = folds.bind(&mut opened, &model, &graph, fold, Some(&axes(&kept, &graph)))?;
                let told = answer(&kept, &graph, &held_out, folds.plate, Question::default());
                total += told.map_err(|e| no_answer(e, &args.model.model, &opened, terminal))?.total;
            }
            compared.log_predictive = Some(total);
        }
        if terminal.live && !args.quiet {
            terminal.complain(&format!("{plate} = {size}: ELBO {:.4}", compared.elbo));
        }
        all.push(compared);
    }
    weigh(&mut all, args.orders);
    let mut remarks = remarks(&all, args.orders);
    if let (Some(count), Some(best)) = (args.folds, best_held_out(&all)) {
        remarks.push(format!(
            "held out: ln p of each of {count} parts under the fit to the others; the most with {best}"
        ));
    }
    let comparison = Comparison { all, orders: args.orders, remarks, what: "size".into() };
    let format = FORMATS.iter().find(|f| f.0 == args.format).unwrap_or(&FORMATS[0]);
    terminal.print(|out| format.2(&comparison, terminal.width, out))?;
    Ok(if converged { Exit::Good } else { Exit::OutOfIterations })
}

fn best_held_out(all: &[Compared]) -> Option<&str> {
    let of = |c: &&Compared| c.log_predictive.unwrap_or(f64::NEG_INFINITY);
    all.iter().max_by(|a, b| of(a).total_cmp(&of(b))).map(|c| c.name.as_str())
}

/// The model with another size of a plate.
fn resized(written: &Model, plate: &str, size: usize, terminal: &Terminal) -> Result<Model, Stop> {
    let mut model = written.clone();
    let sized = |call: &crate::syntax::ast::Call| call.name.node == "Size" && call.args.len() == 1;
    let Some(found) = model.plates.iter_mut().find(|p| p.name.node == plate && sized(&p.call)) else {
        let known: Vec<&str> =
            written.plates.iter().filter(|p| sized(&p.call)).map(|p| p.name.node.as_str()).collect();
        let help = match nearest(plate, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => "the model has no plate `Size(…)`".to_string(),
            None => format!("there are {}", known.join(", ")),
        };
        return Err(
            terminal.usage(format!("`--size {plate}=…`: the model has no plate `{plate}` of a size"), help)
        );
    };
    let span = found.call.args[0].1.span;
    found.call.args[0].1 = Spanned::new(Value::Number(size as f64), span);
    Ok(model)
}

/// The best of the starts, kept.
fn fit(
    args: &args::Sweep,
    opened: &mut Opened<'_>,
    graph: &FactorGraph,
    bound: &Bound,
    terminal: &Terminal,
) -> Result<Kept, Stop> {
    let plan = opened.plan(graph, bound)?;
    let options = Options {
        seed: args.seed,
        restarts: args.restarts,
        max_iterations: args.max_iterations,
        tolerance: args.tolerance,
        nodes: Some(vec![]),
        quantiles: 0,
        ..Options::default()
    };
    let done = answer::fit_and_keep(graph, bound, &plan, &options, &mut Unwatched, true);
    let (_, reached) = done.map_err(|e| Stop {
        exit: Exit::Numbers,
        message: render::render(&e.diagnostic(None), &opened.source, terminal.colour),
    })?;
    let about = About { seed: args.seed, ..About::default() };
    reached
        .map(|reached| save(graph, bound, &plan, &about, &reached))
        .ok_or_else(|| terminal.fault("the run has left nothing to compare", ""))
}
