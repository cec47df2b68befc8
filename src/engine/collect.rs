//! From a finished session to the posterior as plain named arrays, in file order, centres added back. Not
//! here: how it is printed.

use super::{
    RunError,
    options::Options,
    posterior::{Axis, BlockSummary, NamedArray, NodePosterior, Posterior},
    predict,
    profile::RunProfile,
    record::{Record, StopReason},
    session::Session,
};
use crate::{
    block::{
        element::Which,
        marginal::{Law, Marginal},
    },
    expfam::{
        family::{Parameter, Summary as ValueSummary},
        stat::PartShape,
    },
    graph::{
        Bound, FactorGraph,
        bound::ObservedArray,
        factor_graph::{Node, PlateKind},
    },
    plan::{Plan, element_order, layout::VarId},
    shape::{Extent, NodeId},
};

/// What a run says of itself.
#[derive(Debug)]
pub struct Summary {
    /// What each iteration came to.
    pub record: Record,
    /// Whether it stopped by the tolerance.
    pub converged: bool,
    /// Why it stopped.
    pub stop: StopReason,
    /// Which restart it was.
    pub restart: usize,
    /// The final bound of every restart.
    pub restarts: Vec<f64>,
    /// Where its time went, if that was asked for.
    pub profile: Option<RunProfile>,
}

/// A node's own distribution under q, elements in file order.
struct Elements {
    marginal: Marginal,
    block: VarId,
    /// The element of the block's storage at each element of the file, where elements are those of the block.
    places: Vec<usize>,
}

/// Collects the posterior of the nodes that `options` asks for.
pub(super) fn posterior(
    graph: &FactorGraph,
    bound: &Bound,
    session: &mut Session<'_>,
    options: &Options,
    run: Summary,
) -> Result<Posterior, RunError> {
    let plan = session.plan;
    let Summary { record, converged, stop, restart, restarts, profile } = run;
    let (trace, terms) = (record.trace(), record.last_terms());
    let wanted: Vec<bool> = graph
        .nodes
        .iter()
        .map(|n| match &options.nodes {
            _ if options.all_nodes => true,
            Some(names) => names.contains(&n.name),
            None => !is_local(graph, n),
        })
        .collect();
    // Predictions need the means of what they depend on.
    let mut needed = wanted.clone();
    for (i, _) in
        graph.nodes.iter().enumerate().filter(|(i, _)| wanted[*i] && plan.predicted.contains(&NodeId(*i)))
    {
        predict::parents(graph, NodeId(i)).into_iter().for_each(|p| needed[p.0] = true);
    }
    let mut elements: Vec<Option<Elements>> = (0..graph.nodes.len()).map(|_| None).collect();
    for s in plan.streams.ids() {
        let emit: Vec<VarId> = plan
            .vars
            .ids()
            .filter(|&v| plan.vars[v].stream() == Some(s) && plan.vars[v].nodes.iter().any(|n| needed[n.0]))
            .collect();
        if emit.is_empty() {
            continue;
        }
        for (v, e) in session.rows_of(s, &emit)? {
            let file_rows = plan.streams[s].order.as_deref();
            for member in 0..plan.vars[v].nodes.len() {
                let node = plan.vars[v].nodes[member];
                elements[node.0] = Some(of_member(graph, plan, v, member, [&e.eta, &e.moments], file_rows));
            }
        }
    }
    for &v in &plan.stored {
        let var = &plan.vars[v];
        for (member, &node) in var.nodes.iter().enumerate().filter(|(_, n)| needed[n.0]) {
            let numbers = [session.state.eta(v), session.state.moments(v)];
            elements[node.0] = Some(of_member(graph, plan, v, member, numbers, None));
        }
    }
    let mut reports: Vec<Option<NodePosterior>> = (0..graph.nodes.len()).map(|_| None).collect();
    for (i, e) in elements.iter().enumerate() {
        if let Some(e) = e {
            reports[i] = Some(of_block(
                graph,
                bound,
                session,
                NodeId(i),
                e,
                e.marginal.numbers.len() <= options.quantiles,
            ));
        }
    }
    for i in 0..graph.nodes.len() {
        let absent =
            |r: &NodePosterior| plan.predicted.contains(&NodeId(i)) && r.mean.iter().any(|m| m.is_nan());
        if let Some(report) = reports[i].as_ref().filter(|r| absent(r)) {
            // Of a vector that is latent in part elsewhere, the rows that are missing as a whole are
            // predicted.
            let means = means(&reports);
            let mut report = report.clone();
            let predicted = of_prediction(graph, bound, NodeId(i), &means);
            let places: Vec<usize> = (0..report.mean.len()).filter(|&k| report.mean[k].is_nan()).collect();
            places.iter().for_each(|&k| report.mean[k] = predicted.mean[k]);
            if let (Some(sd), Some(from)) = (&mut report.sd, &predicted.sd) {
                places.iter().for_each(|&k| sd[k] = from[k]);
            }
            reports[i] = Some(report);
        }
        if reports[i].is_some() || !needed[i] {
            continue;
        }
        let report = if plan.predicted.contains(&NodeId(i)) {
            let means = means(&reports);
            of_prediction(graph, bound, NodeId(i), &means)
        } else {
            of_data(graph, bound, NodeId(i))
        };
        reports[i] = Some(report);
    }
    let nodes = reports.into_iter().enumerate().filter(|(i, _)| wanted[*i]).filter_map(|(_, r)| r).collect();
    let blocks = plan.blocks.list.iter().enumerate().map(|(i, b)| BlockSummary {
        nodes: b.nodes.iter().map(|n| graph.nodes[n.0].name.clone()).collect(),
        kind: plan.blocks.kind_name(graph, i),
        over: plan.blocks.over(graph, i),
        why: b.why.join(" "),
    });
    Ok(Posterior {
        model: graph.name.clone(),
        seed: options.seed,
        restart,
        iterations: trace.len(),
        converged,
        elbo: trace.last().copied().unwrap_or(f64::NAN),
        trace,
        terms: graph.nodes.iter().zip(terms).map(|(n, t)| (n.name.clone(), *t)).collect(),
        blocks: blocks.collect(),
        nodes,
        restarts,
        profile,
        stop,
        record,
    })
}

/// A member's own distribution, from natural parameters and moments of the whole block.
fn of_member(
    graph: &FactorGraph,
    plan: &Plan,
    v: VarId,
    member: usize,
    [eta, moments]: [&[f64]; 2],
    file_rows: Option<&[u32]>,
) -> Elements {
    let var = &plan.vars[v];
    let marginal = var.shape.marginal(member, Which::From(0), eta, moments);
    let node = &graph.nodes[var.nodes[member].0];
    let order = element_order(&node.plates, &var.plates_of(member), file_rows);
    let numbers = reorder(&marginal.numbers, &order, marginal.width);
    Elements { marginal: Marginal { numbers, ..marginal }, block: v, places: inverse(&order) }
}

/// Has the node a plate with one element for each row or group of the data?
pub fn is_local(graph: &FactorGraph, node: &Node) -> bool {
    let data = |k: &PlateKind| {
        matches!(
            k,
            PlateKind::Rows { .. }
                | PlateKind::Steps { .. }
                | PlateKind::Groups { .. }
                | PlateKind::Tree { .. }
        )
    };
    node.plates.iter().any(|p| data(&graph.plates[p.0].kind))
}

/// The storage place of each of the file's elements.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut out = vec![0; order.len()];
    order.iter().enumerate().for_each(|(i, &e)| out[e] = i);
    out
}

/// Storage order → file order: `order[i]` is the file's element at storage place `i`.
fn reorder(from: &[f64], order: &[usize], width: usize) -> Vec<f64> {
    let mut out = vec![0.0; from.len()];
    for (i, &e) in order.iter().enumerate() {
        out[e * width..(e + 1) * width].copy_from_slice(&from[i * width..(i + 1) * width]);
    }
    out
}

fn axis(graph: &FactorGraph, bound: &Bound, extent: Extent) -> Axis {
    let name = match extent {
        Extent::Number(_) => String::new(),
        Extent::Plate(p) => graph.plates[p.0].name.clone(),
        Extent::Levels(c) => graph.columns[c.0].name.clone(),
    };
    Axis { name, size: bound.size(extent), labels: bound.labels(extent) }
}

/// Everything of a report but its numbers.
fn frame(graph: &FactorGraph, bound: &Bound, node: NodeId) -> NodePosterior {
    let n = &graph.nodes[node.0];
    let rank = n.spec.stat.mean_shape().rank();
    let mut event = n.event.map_or(vec![], |e| vec![axis(graph, bound, e); rank]);
    if let Some(l) = &bound.event_labels[node.0] {
        event
            .iter_mut()
            .for_each(|a| (a.name, a.labels) = (graph.nodes[l.of.0].name.clone(), Some(l.names.clone())));
    }
    let family = n.spec.family.map_or(n.spec.name, |f| f.name()).to_string();
    NodePosterior {
        name: n.name.clone(),
        family,
        plates: n.plates.iter().map(|&p| axis(graph, bound, Extent::Plate(p))).collect(),
        event,
        parameters: vec![],
        mean: vec![],
        sd: None,
        quantiles: None,
        local: is_local(graph, n),
        observed: n.observed.is_some(),
    }
}

fn of_block(
    graph: &FactorGraph,
    bound: &Bound,
    session: &Session<'_>,
    node: NodeId,
    e: &Elements,
    quantiles: bool,
) -> NodePosterior {
    let plan = session.plan;
    let var = &plan.vars[e.block];
    let spec = graph.nodes[node.0].spec;
    let mut out = frame(graph, bound, node);
    let Marginal { law, width, numbers } = &e.marginal;
    if let Law::Categories = law {
        out.mean = numbers.clone();
        out.parameters = vec![NamedArray { name: "p".into(), dims: vec![*width], values: numbers.clone() }];
        return out;
    }
    if let Law::Cells = law {
        return of_cells(out, &e.marginal, &plan.centres[node.0], quantiles);
    }
    let (mut sd, mut low, mut high) = (vec![], vec![], vec![]);
    let ends =
        |x: &[f64]| if quantiles { [0.05, 0.95].map(|p| law.quantile(x, p)) } else { [vec![], vec![]] };
    let centre = &plan.centres[node.0];
    for (i, x) in numbers.chunks_exact(*width).enumerate() {
        let known = var.shape.held().filter(|h| h.known[e.places[i]]);
        let (mut parameters, mut summary, mut q) = (law.parameters(x), law.summary(x), ends(x));
        // What has a place moves back by the centre; what has a width stays. η itself would lose the digits
        // that centring saved.
        let place = spec.params.first().map_or("", |p| p.name);
        let moved = parameters.iter_mut().filter(|p| spec.location && p.name == place).map(|p| &mut p.values);
        for values in moved.chain([&mut summary.mean]).chain(&mut q).filter(|_| !centre.is_empty()) {
            values.iter_mut().zip(centre).for_each(|(v, c)| *v += c);
        }
        push_parameters(&mut out.parameters, parameters);
        let end = graph.nodes[node.0].stick && out.plates.last().is_some_and(|p| (i + 1) % p.size == 0);
        match known {
            // The end of a stick: 1, and no variable.
            _ if end => {
                for p in &mut out.parameters {
                    let each: usize = p.dims.iter().product();
                    let from = p.values.len() - each;
                    p.values[from..].fill(f64::NAN);
                }
                sd.push(0.0);
                low.push(1.0);
                high.push(1.0);
                out.mean.push(1.0);
            }
            // A known cell of a partly observed node: its value.
            Some(c) => {
                let back: Vec<f64> = c
                    .value(e.places[i])
                    .iter()
                    .enumerate()
                    .map(|(i, v)| v + centre.get(i).copied().unwrap_or(0.0))
                    .collect();
                sd.extend(std::iter::repeat_n(0.0, back.len()));
                low.extend_from_slice(&back);
                high.extend_from_slice(&back);
                out.mean.extend(back);
            }
            None => {
                out.mean.extend(summary.mean);
                sd.extend(summary.sd);
                let [a, b] = q;
                low.extend(a);
                high.extend(b);
            }
        }
    }
    out.sd = (sd.len() == out.mean.len()).then_some(sd);
    out.quantiles = (low.len() == out.mean.len()).then_some((low, high));
    out
}

/// Vectors of which some cells are known: these as they are, the others with their marginals under q; NaN
/// where all of a leaf's are missing.
fn of_cells(mut out: NodePosterior, marginal: &Marginal, centre: &[f64], quantiles: bool) -> NodePosterior {
    let (mut sd, mut low, mut high) = (vec![], vec![], vec![]);
    for x in marginal.numbers.chunks_exact(marginal.width) {
        let ValueSummary { mean, sd: spread } = marginal.law.summary(x);
        let mean: Vec<f64> =
            mean.iter().enumerate().map(|(i, m)| m + centre.get(i).copied().unwrap_or(0.0)).collect();
        // About the mean where it belongs: a quantile has no more digits than that.
        let moved = [mean.as_slice(), &spread].concat();
        low.extend(marginal.law.quantile(&moved, 0.05));
        high.extend(marginal.law.quantile(&moved, 0.95));
        out.mean.extend(mean);
        sd.extend(spread);
    }
    out.sd = Some(sd);
    out.quantiles = quantiles.then_some((low, high));
    out
}

fn push_parameters(into: &mut Vec<NamedArray>, from: Vec<Parameter>) {
    for (i, p) in from.into_iter().enumerate() {
        if into.len() <= i {
            into.push(NamedArray { name: p.name.to_string(), dims: p.dims, values: p.values });
        } else {
            into[i].values.extend(p.values);
        }
    }
}

/// Means of the nodes that have a report.
fn means(reports: &[Option<NodePosterior>]) -> Vec<Option<&[f64]>> {
    reports.iter().map(|r| r.as_ref().map(|r| r.mean.as_slice())).collect()
}

/// An observed node as it stands.
fn of_data(graph: &FactorGraph, bound: &Bound, node: NodeId) -> NodePosterior {
    of_prediction(graph, bound, node, &[])
}

/// A node that is predicted, or observed with missing cells: the whole column, predictions where nothing is
/// known.
fn of_prediction(
    graph: &FactorGraph,
    bound: &Bound,
    node: NodeId,
    means: &[Option<&[f64]>],
) -> NodePosterior {
    let n = &graph.nodes[node.0];
    let mut out = frame(graph, bound, node);
    // What is predicted is of the distribution that was called; a q is of its family.
    if n.called.family.is_none() {
        out.family = n.called.name.to_string();
    }
    let count: usize = n.plates.iter().map(|p| bound.plate(*p).size).product();
    let d = n.event.map_or(1, |e| bound.size(e));
    let width = n.spec.stat.mean_shape().width(d);
    out.mean = vec![0.0; count * width];
    let mut sd = vec![0.0; count * width];
    let mut unknown = vec![];
    match bound.observed(node) {
        Some(ObservedArray::Numbers { values, .. }) => {
            for (e, v) in values.chunks_exact(width.max(1)).enumerate() {
                out.mean[e * width..(e + 1) * width].copy_from_slice(v);
                if v.iter().any(|x| x.is_nan()) {
                    unknown.push(e);
                }
            }
        }
        Some(ObservedArray::Codes(codes)) => {
            for (e, &code) in codes.iter().enumerate() {
                match code {
                    u32::MAX => unknown.push(e),
                    k => out.mean[e * width + k as usize] = 1.0,
                }
            }
        }
        None => unknown = (0..count).collect(),
    }
    let predicted = predict::cells(graph, bound, node, &unknown, means);
    for (i, e) in unknown.into_iter().enumerate() {
        let (from, to) = (i * width..(i + 1) * width, e * width..(e + 1) * width);
        out.mean[to.clone()].copy_from_slice(&predicted.mean[from.clone()]);
        sd[to].copy_from_slice(&predicted.sd[from]);
    }
    out.sd = (!n.spec.stat.one_hot() && sd.len() == out.mean.len()).then_some(sd);
    if n.spec.stat.value == PartShape::Matrix {
        out.sd = None;
    }
    out
}
