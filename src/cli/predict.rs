//! `elbow predict`: new rows under a kept posterior. Not here: what it says of them (`ask`), nor how that is
//! printed (`report`).

use super::{args, exit::Exit, keep, model::Opened, stop::Stop, terminal::Terminal};
use crate::{
    ask::{self, Ends, NoAnswer, Question, prediction::Prediction},
    diag::{Diagnostics, render},
    graph::{Bound, FactorGraph, factor_graph::PlateKind},
    keep::{Kept, skeleton::axes},
    pipeline,
    report::prediction::FORMATS,
    shape::PlateId,
};
use std::path::{Path, PathBuf};

pub(super) fn run(args: &args::Predict, terminal: &Terminal) -> Result<Exit, Stop> {
    let kept = keep::read(&args.posterior, terminal)?;
    let mut opened = Opened::kept(&kept.document.model, terminal);
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    // A name that no table has is refused first.
    opened.paths(&graph, &args.data)?;
    let plate = rows(&graph, &args.data, terminal)?;
    let bound = opened.bind_again(&model, &graph, &keep::tables(&kept, &args.data), &axes(&kept, &graph))?;
    if !args.quiet {
        opened.warn();
    }
    let question =
        Question { filter: args.filter, most_likely: args.most_likely, steps: args.steps.unwrap_or(0) };
    let prediction = answer(&kept, &graph, &bound, plate, question);
    let prediction = prediction.map_err(|e| no_answer(e, &args.posterior, &opened, terminal))?;
    if !args.quiet {
        let inferred = |p: &str| prediction.groups.iter().any(|n| n.plates.iter().any(|a| a.name == p));
        fresh(&kept, &graph, &bound, &inferred).iter().for_each(|w| terminal.warn(w));
    }
    let format = FORMATS.iter().find(|f| f.0 == args.format).unwrap_or(&FORMATS[0]);
    terminal.print(|out| format.2(&prediction, terminal.width, out))?;
    Ok(Exit::Good)
}

/// What the kept posterior says of the rows of a plate, their plan made about its centres.
///
/// # Errors
/// As for [`ask::predict`].
pub(super) fn answer(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    plate: PlateId,
    question: Question,
) -> Result<Prediction, NoAnswer> {
    let planner = |bound: &Bound, ends: Ends| {
        let mut diags = Diagnostics::default();
        pipeline::plan_again(kept, graph, bound, ends, &mut diags).map_err(|_| diags)
    };
    ask::predict(kept, graph, bound, plate, question, &planner)
}

/// Why there is none, rendered.
pub(super) fn no_answer(e: NoAnswer, posterior: &Path, opened: &Opened<'_>, terminal: &Terminal) -> Stop {
    match e {
        NoAnswer::Kept(e) => keep::unusable(posterior, &e, terminal),
        NoAnswer::Form(why) => terminal.fault(
            format!("these rows have no answer in closed form: {why}"),
            "`elbow fit` with the new rows, their cells left empty, answers them",
        ),
        NoAnswer::Question(why) => terminal.fault(
            why,
            "ask without that option, or give the table the rows that are to be told, their cells left empty",
        ),
        NoAnswer::Plan(diags) => {
            Stop { exit: Exit::Fault, message: render::failed(diags.list(), &opened.source, terminal.colour) }
        }
        NoAnswer::Broke(e) => Stop {
            exit: Exit::Numbers,
            message: render::render(&e.diagnostic(None), &opened.source, terminal.colour),
        },
    }
}

/// The plate whose rows are new.
pub(super) fn rows(
    graph: &FactorGraph,
    data: &[(String, PathBuf)],
    terminal: &Terminal,
) -> Result<PlateId, Stop> {
    let given = |t: usize| data.iter().any(|(name, _)| *name == graph.tables[t].name);
    let of = |kind: &PlateKind| match kind {
        PlateKind::Rows { table, .. } | PlateKind::Steps { table, .. } | PlateKind::Tree { table, .. } => {
            given(table.0)
        }
        _ => false,
    };
    let found: Vec<usize> = (0..graph.plates.len()).filter(|&p| of(&graph.plates[p].kind)).collect();
    match found.as_slice() {
        [one] => Ok(PlateId(*one)),
        [] => {
            let names: Vec<String> = graph.tables.iter().map(|t| format!("`{}`", t.name)).collect();
            let help =
                format!("`--data NAME=NEW.csv` names a table with new rows; there are {}", names.join(", "));
            Err(terminal.usage("no table with new rows is given", help))
        }
        [_, second, ..] => Err(terminal.usage(
            format!("rows of more than one plate are new, of `{}` too", graph.plates[*second].name),
            "give one table at a time",
        )),
    }
}

/// New levels of a plate that are named, at most.
const NAMED: usize = 20;

/// A sentence for each level that the fit has not seen; `inferred` says whether rows have spoken for those of a plate.
fn fresh(kept: &Kept, graph: &FactorGraph, bound: &Bound, inferred: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut out = vec![];
    for ((plate, now), then) in graph.plates.iter().zip(&bound.plates).zip(&kept.document.plates) {
        if !matches!(plate.kind, PlateKind::Groups { .. }) {
            continue;
        }
        let speaks = if inferred(&plate.name) {
            "its plate's prior and its own rows speak for it"
        } else {
            "its plate's prior speaks for it"
        };
        let new = now.labels.as_deref().map_or(&[][..], |l| l.get(then.size..).unwrap_or_default());
        out.extend(
            new.iter()
                .take(NAMED)
                .map(|label| format!("`{label}` of plate `{}` is new: {speaks}", plate.name)),
        );
        if new.len() > NAMED {
            out.push(format!("{} more of plate `{}` are new", new.len() - NAMED, plate.name));
        }
    }
    out
}
