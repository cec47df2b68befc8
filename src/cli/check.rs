//! `elbow check`: plates, shapes and blocks of a model; infers nothing.

use super::{args, exit::Exit, model::Opened, stop::Stop, terminal::Terminal};
use crate::{
    factorize::Blocks,
    graph::{Bound, FactorGraph, factor_graph::Node},
    report::table::Sheet,
    shape::{Extent, NodeId, PlateId},
};

pub(super) fn run(args: &args::Check, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut opened = Opened::open(&args.model.model, terminal)?;
    let model = opened.parse()?;
    let graph = opened.graph(&model)?;
    let missing = opened.missing_file(&graph, &args.model)?;
    let bound = if missing.is_none() { Some(opened.bind(&model, &graph, &args.model)?) } else { None };
    let blocks = match &bound {
        Some(bound) => opened.plan(&graph, bound)?.blocks,
        None => opened.blocks(&graph)?,
    };
    opened.warn();
    if let Some(path) = missing {
        terminal.complain(&format!("note: `{path}` is not there, so the data are not checked"));
    }
    let text = shapes(&graph, bound.as_ref(), terminal.width)
        + "\n"
        + &blocks_table(&graph, &blocks, terminal.width);
    terminal.print(|out| write!(out, "{text}"))?;
    Ok(Exit::Good)
}

/// The plates with their sizes, and the nodes with their shapes.
fn shapes(graph: &FactorGraph, bound: Option<&Bound>, width: usize) -> String {
    let size = |extent: Extent| match (bound, extent) {
        (Some(bound), _) => bound.size(extent).to_string(),
        (None, Extent::Number(n)) => n.to_string(),
        (None, Extent::Plate(p)) => graph.plates[p.0].known_size().map_or("?".into(), |n| n.to_string()),
        (None, Extent::Levels(_)) => "?".to_string(),
    };
    let mut text = if graph.name.is_empty() { String::new() } else { format!("{}\n\n", graph.name) };
    if !graph.plates.is_empty() {
        let mut sheet = Sheet::new();
        sheet.text("plate").text("is").number("size");
        for (i, p) in graph.plates.iter().enumerate() {
            sheet.row(vec![p.name.clone(), graph.plate_kind_text(&p.kind), size(Extent::Plate(PlateId(i)))]);
        }
        text += &sheet.render(width);
        text += "\n";
    }
    let mut sheet = Sheet::new();
    sheet.text("node").text("distribution").text("shape").text("data");
    for (i, n) in graph.nodes.iter().enumerate() {
        sheet.row(vec![
            graph.node_text(NodeId(i)),
            distribution(graph, n),
            shape(n, &size),
            data(n, bound, i),
        ]);
    }
    text + &sheet.render(width)
}

/// The blocks of q, each with its reasons below it.
fn blocks_table(graph: &FactorGraph, blocks: &Blocks, width: usize) -> String {
    let mut sheet = Sheet::new();
    sheet.text("block of q").text("kind").text("for each");
    for i in 0..blocks.list.len() {
        sheet.row(vec![blocks.q(graph, i), blocks.kind_text(graph, i), blocks.over(graph, i).join(", ")]);
    }
    let mut text = sheet.render(width) + "\n";
    for (i, b) in blocks.list.iter().enumerate() {
        text += &format!(" {}: {}\n", blocks.q(graph, i), b.why.join(" "));
    }
    text
}

/// `Categorical over k`.
fn distribution(graph: &FactorGraph, n: &Node) -> String {
    let over = n.event.map_or(String::new(), |e| format!(" over {}", graph.extent_name(e)));
    format!("{}{over}", n.called.name)
}

/// `272 × 2`: plates, then the axes of a value.
fn shape(n: &Node, size: &dyn Fn(Extent) -> String) -> String {
    let plates = n.plates.iter().map(|p| size(Extent::Plate(*p)));
    let event = (0..n.spec.stat.value.rank()).filter_map(|_| n.event.map(size));
    let all: Vec<String> = plates.chain(event).collect();
    if all.is_empty() { "1".to_string() } else { all.join(" × ") }
}

/// Whether a node is observed, and how much of it is missing.
fn data(n: &Node, bound: Option<&Bound>, i: usize) -> String {
    use crate::graph::bound::ObservedArray::{Codes, Numbers};
    if n.observed.is_none() {
        return "latent".to_string();
    }
    let missing = match bound.and_then(|b| b.observed(NodeId(i))) {
        Some(Codes(codes)) => codes.iter().filter(|c| **c == u32::MAX).count(),
        Some(Numbers { width, values }) => {
            values.chunks(*width.max(&1)).filter(|v| v.iter().any(|x| x.is_nan())).count()
        }
        None => 0,
    };
    if missing > 0 { format!("observed, {missing} missing") } else { "observed".to_string() }
}
