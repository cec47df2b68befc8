//! A report of a kept posterior, without its data. Not here: how it is printed (`report`).

use super::{
    blocks::{KeptBlock, blocks},
    error::KeepError,
    kept::Kept,
    save::stop_of,
};
use crate::{
    answer::{
        frame,
        marginals::{of_block, of_member},
        posterior::{BlockSummary, NodePosterior, Posterior, Reach},
        warnings,
    },
    engine::record::StopReason,
    graph::{Bound, FactorGraph},
    shape::NodeId,
};

/// Which nodes a report has, and how much of them.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// By name; all shared ones where none are named.
    pub nodes: Option<&'a [String]>,
    /// Quantiles are found for nodes of at most this many numbers.
    pub quantiles: usize,
}

/// The report of a kept posterior. `bound` has its axes (`skeleton`).
///
/// # Errors
/// Its numbers are not those of its model; or it does not hold a node that is wanted.
pub fn show(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    wanted: &Wanted<'_>,
) -> Result<Posterior, KeepError> {
    let blocks = blocks(kept, graph)?;
    let mut nodes = vec![];
    for (i, node) in graph.nodes.iter().enumerate() {
        let asked = match wanted.nodes {
            Some(names) => names.contains(&node.name),
            None => frame::reach(graph, bound, node) != Reach::Rows,
        };
        if !asked {
            continue;
        }
        match report(kept, graph, bound, &blocks, NodeId(i), wanted.quantiles) {
            Some(report) => nodes.push(report),
            None if wanted.nodes.is_some() => {
                let what = format!("it does not hold `{}`: only what outlives the rows is kept", node.name);
                return Err(KeepError::Other(what));
            }
            None => {}
        }
    }
    let uses = frame::uses(graph);
    for node in &mut nodes {
        if let Some(at) = graph.nodes.iter().position(|n| n.name == node.name) {
            (node.precision, node.components) = (uses[at].precision, uses[at].components);
        }
    }
    let record = kept.record();
    let rounding = kept.rounding();
    let trace = record.trace();
    let elbo = trace.last().copied().unwrap_or(f64::NAN);
    let document = &kept.document;
    let without_data = |i: usize| graph.nodes[i].observed.is_none();
    let predicted = document.nodes.iter().enumerate().filter(|(i, n)| n.predicted && without_data(*i));
    Ok(Posterior {
        model: document.model.name.clone(),
        seed: document.run.seed,
        restart: document.run.restart,
        iterations: trace.len(),
        converged: stop_of(&document.run.stop) == StopReason::Converged,
        tolerance: kept.real("tolerance").first().copied().unwrap_or(f64::NAN),
        plates: document.plates.iter().map(|p| (p.name.clone(), p.size)).collect(),
        elbo,
        terms: graph.nodes.iter().zip(record.last_terms()).map(|(n, t)| (n.name.clone(), *t)).collect(),
        trace,
        blocks: document
            .blocks
            .iter()
            .map(|b| BlockSummary {
                nodes: b.nodes.clone(),
                kind: kind_of(&b.kind),
                over: b.over.clone(),
                why: b.why.clone(),
            })
            .collect(),
        pruned: vec![],
        predicted: predicted.map(|(_, n)| n.name.clone()).collect(),
        unshown: frame::unshown(graph, bound, &nodes),
        nodes,
        rows: frame::rows(graph, bound),
        many_optima: frame::many_optima(graph),
        derived: vec![],
        restarts: kept.real("restarts").to_vec(),
        left: kept.whole("left").iter().map(|&i| i as usize).collect(),
        moves: kept.moves(),
        profile: None,
        digits: rounding.digits(elbo),
        warnings: warnings::of(graph, &record, &rounding, elbo),
        stop: stop_of(&document.run.stop),
        record,
    })
}

/// How a report names a kind of block.
fn kind_of(word: &str) -> &'static str {
    ["independent", "chain", "tree", "joint", "site"].into_iter().find(|k| *k == word).unwrap_or("joint")
}

/// What is reported of a node of a kept block.
fn report(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    blocks: &[KeptBlock],
    node: NodeId,
    quantiles: usize,
) -> Option<NodePosterior> {
    let block = blocks.iter().find(|b| b.nodes.contains(&node))?;
    let turn = kept.turn(block.place);
    let member = block.nodes.iter().position(|n| *n == node)?;
    let numbers = [block.eta.as_slice(), &block.moments, &[]];
    let plates = block.plates_of(member);
    let elements = of_member(graph, (&*block.shape, member, node), &plates, numbers, turn.as_ref(), None);
    let few = elements.marginal.numbers.len() <= quantiles;
    let centre = kept.centre(&graph.nodes[node.0].name);
    Some(of_block(graph, bound, node, &elements, centre, few))
}
