//! `elbow report`: a kept posterior as a page. Not here: the page (`page`).

use super::{
    args::{self, Report},
    exit::Exit,
    fit::SHOWN_QUANTILES,
    keep, memory,
    model::Opened,
    nodes::known,
    outputs::place,
    stop::Stop,
    terminal::Terminal,
};
use crate::{
    answer::again::{Again, Wanted, again},
    ask::{
        draws::{Drawing, Drawn},
        simulate,
    },
    data,
    disk::{Disk, plain},
    graph::{Bound, FactorGraph},
    keep::{
        Kept,
        fingerprint::of_data,
        prior::centres,
        resume::reached,
        save::stop_of,
        show::{self, show},
        skeleton::skeleton,
    },
    page::{self, subject::Subject},
    shape::NodeId,
};
use std::path::PathBuf;

/// Numbers of all draws together, at most.
const MOST_DRAWN: usize = 20_000_000;
/// Draws of the shared variables, at most.
const MOST_DRAWS: usize = 1000;
/// A local node of more numbers than this is not read.
const MOST_LOCAL: usize = 20_000_000;

pub(super) fn run(args: &Report, terminal: &Terminal) -> Result<Exit, Stop> {
    let (path, file) = place(&args.out, "--out", terminal)?;
    let kept = keep::read(&args.posterior, terminal)?;
    let mut opened = Opened::kept(&kept.document.model, terminal);
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    opened.paths(&graph, &args.data)?;
    if let Some(name) = &args.plot {
        known("--plot", name, &graph, terminal)?;
    }
    let wrong = |e| keep::unusable(&args.posterior, &e, terminal);
    let tables = keep::tables(&kept, &args.data);
    let absent = tables.iter().find(|(_, p)| !p.exists());
    let mut bound = skeleton(&kept, &graph).map_err(wrong)?;
    let wanted = show::Wanted { nodes: None, quantiles: SHOWN_QUANTILES };
    let mut posterior = show(&kept, &graph, &bound, &wanted).map_err(wrong)?;
    let (mut fitted, mut likely, mut time) = (vec![], vec![], vec![]);
    let data = absent.is_none();
    match absent {
        Some((name, path)) => {
            let (name, path) = (name.as_str(), path.display());
            let what = format!("`{path}` is not there: the page has no picture of the rows of `{name}`");
            terminal.warn(&format!("{what}; `--data {name}=PATH` says where they are"));
        }
        None => {
            let given = args::Model { model: PathBuf::from(&kept.document.model.file), data: tables.clone() };
            bound = opened.bind(&model, &graph, &given)?;
            if of_data(&bound) != kept.document.data {
                let why = "the data are not those that it was fitted to";
                return Err(terminal.fault(
                    format!("cannot use the posterior `{}`: {why}", args.posterior.display()),
                    "`--data NAME=PATH` names the tables of the fit; or fit again",
                ));
            }
            let read = rows(&mut opened, &kept, &graph, &bound, &args.posterior, terminal)?;
            (posterior.nodes, fitted, likely) = (read.nodes, read.fitted, read.likely);
            time = times(&graph, &tables);
        }
    }
    posterior.warnings.splice(0..0, opened.warnings());
    let draws = draws(&kept, &graph, args.seed);
    let simulated = if data { simulated(&graph, &bound, &draws, args.seed) } else { vec![] };
    let subject = Subject {
        graph: &graph,
        bound: &bound,
        kept: &kept,
        posterior: &posterior,
        data,
        fitted: &fitted,
        likely: &likely,
        draws: &draws,
        simulated: &simulated,
        time: &time,
        seed: args.seed,
        file: &args.posterior.file_name().map(|n| n.to_string_lossy()).unwrap_or_default(),
    };
    let text = match &args.plot {
        None => page::write(&subject),
        Some(name) => {
            let n = subject.place(name).and_then(|n| page::plot(&subject, n));
            n.ok_or_else(|| {
                terminal.fault(
                    format!("there is no picture of `{name}`"),
                    "the page without `--plot` shows all there are",
                )
            })?
        }
    };
    file.write(|out| out.write_all(text.as_bytes()))
        .map_err(|e| terminal.fault(format!("cannot write `{}`: {}", path.display(), plain(&e)), ""))?;
    Ok(Exit::Good)
}

/// q of all nodes that are no data, and what is fitted of those that are.
fn rows(
    opened: &mut Opened<'_>,
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    path: &std::path::Path,
    terminal: &Terminal,
) -> Result<Again, Stop> {
    let limit = memory::free().unwrap_or(u64::MAX);
    let about = (!kept.is_moved()).then(|| centres(kept, graph));
    let plan = opened.plan_about(graph, bound, limit, about.as_deref())?;
    let numbers = |n: usize| -> usize {
        let node = &graph.nodes[n];
        let d = node.event.map_or(1, |e| bound.size(e));
        let count: usize = node.plates.iter().map(|p| bound.plate(*p).size).product();
        count.saturating_mul(node.spec.stat.mean_shape().width(d))
    };
    let seen = |n: usize| graph.nodes[n].observed.is_some();
    let nodes = (0..graph.nodes.len()).map(|n| !seen(n) && numbers(n) <= MOST_LOCAL).collect();
    let number = |n: &usize| !graph.nodes[*n].spec.stat.one_hot();
    let fitted: Vec<NodeId> = (0..graph.nodes.len())
        .filter(|n| seen(*n) && number(n) && numbers(*n) <= MOST_LOCAL)
        .map(NodeId)
        .collect();
    let mut from = reached(kept, &kept.document.model.text, &kept.document.data, &plan)
        .map_err(|e| keep::unusable(path, &e, terminal))?;
    from.stop = Some(stop_of(&kept.document.run.stop));
    again(graph, bound, &plan, &from, Wanted { nodes, fitted: &fitted, quantiles: SHOWN_QUANTILES })
        .map_err(|e| terminal.fault(format!("cannot read the rows again: {e}"), ""))
}

/// Draws of what is shared; none where the posterior has none.
fn draws(kept: &Kept, graph: &FactorGraph, seed: u64) -> Vec<Drawn> {
    let Ok(shared) = Drawing::new(kept, graph) else { return vec![] };
    let Ok(first) = shared.draw(seed, 0, &|_| true) else { return vec![] };
    let each: usize = first.iter().map(Vec::len).sum();
    let count = (MOST_DRAWN / each.max(1)).clamp(20, MOST_DRAWS);
    (0..count).map_while(|i| shared.draw(seed, i as u64, &|_| true).ok()).collect()
}

/// Data sets simulated from the posterior; none where there are no draws, or the data are many.
fn simulated(graph: &FactorGraph, bound: &Bound, draws: &[Drawn], seed: u64) -> Vec<Drawn> {
    let count = |n: usize| -> usize {
        let node = &graph.nodes[n];
        let drawn = draws.first().is_some_and(|d| !d[n].is_empty());
        if drawn { 0 } else { node.plates.iter().map(|p| bound.plate(*p).size).product() }
    };
    let values = (0..graph.nodes.len()).map(count).sum();
    let weighed = bound.plates.iter().any(|p| p.weight.is_some());
    if draws.is_empty() || weighed {
        return vec![];
    }
    let with = draws.iter().cloned().enumerate().take(page::check::sets(values));
    with.map_while(|(i, shared)| simulate::simulate(graph, bound, shared, seed, i as u64).ok()).collect()
}

/// Of each table the first column that only increases.
fn times(graph: &FactorGraph, tables: &[(String, PathBuf)]) -> Vec<Option<(String, Vec<f64>)>> {
    let of = |name: &str| {
        let (_, path) = tables.iter().find(|t| t.0 == name)?;
        let table = data::read(&Disk, name, path, None).ok()?;
        table.columns.iter().find_map(|c| {
            let data::column::Cells::Numeric(numbers) = &c.cells else { return None };
            let all: Vec<f64> = numbers.iter().collect();
            let up = all.len() > 1 && all.windows(2).all(|w| w[0] < w[1]);
            up.then(|| (c.name.clone(), all))
        })
    };
    graph.tables.iter().map(|t| of(&t.name)).collect()
}
