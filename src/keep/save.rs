//! What of a run is kept. Not here: the bytes (`file`), nor where they go (`cli`).

use super::{
    blocks::name_of,
    document::{AxisText, BlockText, Document, FORMAT, LevelsText, ModelText, NodeText, RunText},
    file::{Array, Arrays},
    kept::Kept,
    turned,
};
use crate::{
    engine::{
        Moves, Reached,
        record::{Proposals, StopReason},
        rounding::Rounding,
    },
    graph::{Bound, FactorGraph},
    plan::Plan,
    shape::{NodeId, PlateId},
};

/// What only the caller knows of a run.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The model.
    pub model: ModelText,
    /// The fingerprint of its data.
    pub data: String,
    /// The fingerprint of what it observes.
    pub observed: String,
    /// Of all random numbers.
    pub seed: u64,
    /// The relative change of the bound at which it has converged.
    pub tolerance: f64,
}

/// How a stop is written down.
const STOPS: [(StopReason, &str); 5] = [
    (StopReason::Converged, "converged"),
    (StopReason::Iterations, "iterations"),
    (StopReason::Seconds, "seconds"),
    (StopReason::Asked, "asked"),
    (StopReason::Broke, "broke"),
];

/// The word for a stop.
fn stop_word(stop: Option<StopReason>) -> &'static str {
    STOPS.iter().find(|s| Some(s.0) == stop).map_or("running", |s| s.1)
}

/// The stop that a word is for.
pub fn stop_of(word: &str) -> StopReason {
    // A checkpoint is a run that could go on, as one that is out of iterations is.
    STOPS.iter().find(|s| s.1 == word).map_or(StopReason::Iterations, |s| s.0)
}

/// What is kept of a run of this plan.
pub fn save(graph: &FactorGraph, bound: &Bound, plan: &Plan, about: &About, reached: &Reached) -> Kept {
    let mut arrays = Arrays::new();
    let list = |x: Vec<f64>| Array::real(vec![x.len()], x);
    let iterations = reached.record.iterations();
    arrays.insert("trace".into(), list(reached.record.trace()));
    arrays.insert("steps".into(), Array::whole(iterations.iter().map(|i| i.steps as u64).collect()));
    if reached.record.proposals() != Proposals::default() {
        let packed = iterations.iter().map(|i| i.proposals.packed()).collect();
        arrays.insert("proposals".into(), Array::whole(packed));
    }
    let terms = reached.record.all_terms().to_vec();
    arrays.insert("terms".into(), Array::real(vec![iterations.len(), graph.nodes.len()], terms));
    arrays.insert("restarts".into(), list(reached.restarts.clone()));
    arrays.insert("tolerance".into(), list(vec![about.tolerance]));
    let left = reached.left.iter().map(|&i| i as u64).collect();
    arrays.insert("left".into(), Array::whole(left));
    let Moves { tried, kept } = reached.moves;
    arrays.insert("moves".into(), Array::whole(vec![tried as u64, kept as u64]));
    arrays.insert("statistics".into(), list(reached.snapshot.statistics.clone()));
    let Rounding { nats, magnitude, node } = reached.rounding;
    arrays.insert("rounding".into(), list(vec![nats, magnitude, node as f64]));
    let falls = reached.record.falls();
    let sizes = falls.iter().flat_map(|f| [f.by, f.rounding]).collect();
    arrays.insert("falls".into(), Array::real(vec![falls.len(), 2], sizes));
    let entropy = reached.snapshot.blocks.iter().map(|b| b.entropy).collect();
    arrays.insert("entropy".into(), list(entropy));
    if let Some(moved) = &reached.moved {
        let split = f64::from(u8::from(moved.centres.split));
        arrays.insert("moved".into(), list(vec![split, moved.moves as f64, moved.last]));
        for turn in &moved.centres.turns {
            arrays.insert(turned::name(turn.block), list(turned::numbers(turn)));
        }
    }
    let centres = reached.moved.as_ref().map_or(&plan.centres, |m| &m.centres.nodes);
    for (node, centre) in graph.nodes.iter().zip(centres).filter(|(_, c)| !c.is_empty()) {
        arrays.insert(format!("centre/{}", node.name), list(centre.clone()));
    }
    let mut blocks = vec![];
    for ((v, var), numbers) in plan.vars.enumerate().zip(&reached.snapshot.blocks) {
        let block = &plan.blocks.list[blocks.len()];
        let plate = |p: &(crate::shape::PlateId, usize)| graph.plates[p.0.0].name.clone();
        let portable = if numbers.eta.is_empty() { None } else { var.shape.portable(&numbers.eta) };
        let text = BlockText {
            nodes: var.nodes.iter().map(|n| graph.nodes[n.0].name.clone()).collect(),
            kind: plan.blocks.kind_name(graph, blocks.len()).into(),
            over: plan.blocks.over(graph, blocks.len()),
            why: block.why.join(" "),
            plates: var.plates.iter().map(plate).collect(),
            inside: var.inside.iter().map(|m| m.iter().map(plate).collect()).collect(),
            layout: portable.as_ref().map(|p| (var.shape.kind().to_string(), p.layout.clone())),
        };
        let name = name_of(&text);
        let each = plan.vars[v].width;
        let mut keep = |what: &str, x: &[f64], width: usize| {
            if !x.is_empty() {
                let shape = vec![x.len() / width.max(1), width];
                arrays.insert(format!("{what}/{name}"), Array::real(shape, x.to_vec()));
            }
        };
        keep("eta", &numbers.eta, each);
        keep("moments", &numbers.moments, each);
        keep("before", &numbers.before, each);
        keep("earlier", &numbers.earlier, each);
        if let Some(p) = portable.filter(|p| !p.pairs.is_empty()) {
            keep("listed", &p.eta, p.eta.len());
            arrays.insert(format!("pairs/{name}"), Array::whole(p.pairs));
        }
        blocks.push(text);
    }
    let document = Document {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        model: about.model.clone(),
        data: about.data.clone(),
        observed: about.observed.clone(),
        run: RunText {
            seed: about.seed,
            restart: reached.restart,
            stop: stop_word(reached.stop).into(),
            falls: falls.iter().map(|f| (f.iteration, f.node.clone())).collect(),
        },
        nodes: nodes(graph, bound, plan),
        plates: plates(graph, bound, plan),
        columns: columns(graph, bound),
        positions: bound.positions.clone(),
        blocks,
    };
    Kept { document, arrays }
}

fn nodes(graph: &FactorGraph, bound: &Bound, plan: &Plan) -> Vec<NodeText> {
    let each = graph.nodes.iter().enumerate().map(|(i, n)| {
        let labels = bound.event_labels[i].as_ref();
        NodeText {
            name: n.name.clone(),
            predicted: plan.predicted.contains(&NodeId(i)),
            event: labels.map(|l| (graph.nodes[l.of.0].name.clone(), l.names.to_vec())),
        }
    });
    each.collect()
}

/// The elements that inference saw: those that q is of.
fn plates(graph: &FactorGraph, bound: &Bound, plan: &Plan) -> Vec<AxisText> {
    let each = graph.plates.iter().zip(&bound.plates).enumerate().map(|(i, (p, b))| {
        let kept = plan.kept.plate(PlateId(i));
        let labels = b.labels.as_ref().map(|l| match kept {
            Some(kept) => kept.iter().map(|&e| l[e as usize].clone()).collect(),
            None => l.to_vec(),
        });
        AxisText { name: p.name.clone(), size: kept.map_or(b.size, |k| k.len()), labels }
    });
    each.collect()
}

fn columns(graph: &FactorGraph, bound: &Bound) -> Vec<LevelsText> {
    let with = graph.columns.iter().zip(&bound.columns);
    with.filter_map(|(c, b)| {
        let (table, name) = (graph.tables[c.table.0].name.clone(), c.name.clone());
        Some(LevelsText { table, name, levels: b.levels.as_ref()?.to_vec() })
    })
    .collect()
}
