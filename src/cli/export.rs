//! `elbow export`: draws of a kept posterior in a file for other programs; says as CSV what it has written.
//! Not here: the formats (`report::draws`).

use super::{
    args, exit::Exit, keep, model::Opened, nodes::Nodes, outputs::place, stop::Stop, terminal::Terminal,
};
use crate::{
    ask::draws::Drawing,
    disk::plain,
    keep::{
        show::{Wanted, show},
        skeleton::skeleton,
    },
    report::draws::{Draws, FORMATS},
    shape::NodeId,
};

pub(super) fn run(args: &args::Export, terminal: &Terminal) -> Result<Exit, Stop> {
    let ending = args.to.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let Some((_, write)) = FORMATS.iter().find(|f| f.0 == ending) else {
        let known: Vec<String> = FORMATS.iter().map(|f| format!("`.{}`", f.0)).collect();
        let title = format!("cannot tell from `{}` how draws are to be written", args.to.display());
        return Err(terminal.usage(title, format!("end it in one of {}", known.join(", "))));
    };
    let (path, file) = place(&args.to, "--to", terminal)?;
    let kept = keep::read(&args.posterior, terminal)?;
    let mut opened = Opened::kept(&kept.document.model, terminal);
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    let chosen = Nodes::of(args.nodes.as_deref(), &graph, terminal)?;
    let wrong = |e| keep::unusable(&args.posterior, &e, terminal);
    let bound = skeleton(&kept, &graph).map_err(wrong)?;
    let read = if let Nodes::All = chosen { None } else { chosen.read(&graph, &bound) };
    let wanted = Wanted { nodes: read.as_deref(), quantiles: 0 };
    let posterior = show(&kept, &graph, &bound, &wanted).map_err(wrong)?;
    let mut nodes: Vec<_> = posterior.nodes.into_iter().map(|n| (n, vec![])).collect();
    let drawing = Drawing::new(&kept, &graph).map_err(wrong)?;
    let wanted = |n: NodeId| nodes.iter().any(|(node, _)| node.name == graph.nodes[n.0].name);
    let wanted: Vec<bool> = (0..graph.nodes.len()).map(|n| wanted(NodeId(n))).collect();
    for draw in 0..args.draws {
        let all = drawing.draw(args.seed, draw as u64, &|n| wanted[n.0]).map_err(wrong)?;
        for (node, values) in &mut nodes {
            let at = graph.nodes.iter().position(|n| n.name == node.name);
            values.extend(at.iter().flat_map(|&n| &all[n]));
        }
    }
    // A node that the posterior shows and does not draw has nothing to export.
    nodes.retain(|(_, values)| !values.is_empty());
    let draws = Draws { count: args.draws, nodes };
    file.write(|out| write(&draws, out))
        .map_err(|e| terminal.fault(format!("cannot write `{}`: {}", path.display(), plain(&e)), ""))?;
    terminal.print(|out| {
        writeln!(out, "node,numbers,draws")?;
        draws
            .nodes
            .iter()
            .try_for_each(|(node, _)| writeln!(out, "{},{},{}", node.name, node.mean.len(), args.draws))
    })?;
    Ok(Exit::Good)
}
