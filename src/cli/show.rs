//! `elbow show`: the report of a kept posterior, again. Not here: how a report is laid out (`report`).

use super::{
    args,
    exit::Exit,
    fit::{SHOWN_QUANTILES, page},
    keep,
    model::Opened,
    nodes::Nodes,
    outputs::place,
    stop::Stop,
    terminal::Terminal,
};
use crate::{
    ask::derive,
    disk::plain,
    keep::{
        show::{Wanted, show},
        skeleton::skeleton,
    },
    report::{self, Page, trace},
};
use std::path::Path;

pub(super) fn run(args: &args::ShowArgs, terminal: &Terminal) -> Result<Exit, Stop> {
    let kept = keep::read(&args.posterior, terminal)?;
    let mut opened = Opened::kept(&kept.document.model, terminal);
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    let nodes = Nodes::of(args.layout.nodes.as_deref(), &graph, terminal)?;
    let wrong = |e| keep::unusable(&args.posterior, &e, terminal);
    let bound = skeleton(&kept, &graph).map_err(wrong)?;
    let quantiles = match args.format.as_str() {
        _ if args.quantiles => usize::MAX,
        "csv" => usize::MAX,
        "json" => 0,
        _ => SHOWN_QUANTILES,
    };
    // Of all nodes it shows what it holds.
    let read = if let Nodes::All = nodes { None } else { nodes.read(&graph, &bound) };
    let wanted = Wanted { nodes: read.as_deref(), quantiles };
    let mut posterior = show(&kept, &graph, &bound, &wanted).map_err(wrong)?;
    let (derived, left_out) = derive::kept(&kept, &graph, &bound).map_err(wrong)?;
    posterior.derived = derived;
    posterior.warnings.extend(left_out);
    posterior.warnings.splice(0..0, opened.warnings());
    let whole_trace = args.trace.as_deref() == Some(Path::new("-"));
    if let Some(path) = args.trace.as_ref().filter(|_| !whole_trace) {
        let (path, file) = place(path, "--trace", terminal)?;
        file.write(|out| trace::write(&posterior.trace, out))
            .map_err(|e| terminal.fault(format!("cannot write `{}`: {}", path.display(), plain(&e)), ""))?;
    }
    let format = report::find(&args.format).unwrap_or(report::FORMATS[0]);
    let page = Page { whole_trace, ..page(&args.layout, args.quantiles, &nodes, terminal, None) };
    terminal.print(|out| format.write(&posterior, &page, out))?;
    Ok(Exit::Good)
}
