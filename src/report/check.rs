//! What `check` shows of a model: plates, shapes and blocks of q. Not here: the checks themselves.

use super::table::Sheet;
use crate::{
    factorize::Blocks,
    graph::{Bound, FactorGraph, factor_graph::Node},
    shape::{Extent, NodeId, PlateId},
};

/// The page, for an output `width` columns wide; sizes that only data tell are `?` without them.
pub fn page(graph: &FactorGraph, bound: Option<&Bound>, blocks: &Blocks, width: usize) -> String {
    shapes(graph, bound, width) + "\n" + &blocks_table(graph, blocks, width)
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
        sheet.row(vec![
            blocks.q(graph, i),
            blocks.list[i].kind.text(graph),
            blocks.over(graph, i).join(", "),
        ]);
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
