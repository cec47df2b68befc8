//! From a finished run to the posterior as plain named arrays. It only reads: neither q nor the record of the
//! run moves. Not here: how a posterior is printed (`report`).

use super::{
    column::column,
    frame,
    marginals::{Elements, of_block, of_member},
    posterior::{BlockSummary, NodePosterior, Posterior, Reach},
    predict::{self, Fitted},
    warnings,
    whole::whole,
};
use crate::{
    engine::{
        RunError, emit::Emitted, options::Options, record::StopReason, rounding::Rounding, run::Finished,
    },
    graph::{
        Bound, FactorGraph,
        factor_graph::{Node, ObservedValues},
    },
    plan::{Plan, element_order, layout::VarId},
    shape::{NodeId, PlateId},
};
use std::collections::HashMap;

/// Collects the posterior of the nodes that `options` asks for.
pub(super) fn read(
    graph: &FactorGraph,
    bound: &Bound,
    run: &mut Finished<'_>,
    options: &Options,
    rounding: &Rounding,
) -> Result<Posterior, RunError> {
    let plan = run.plan();
    let trace = run.record.trace();
    let wanted: Vec<bool> = graph
        .nodes
        .iter()
        .map(|n| match &options.nodes {
            _ if told_elsewhere(n) => false,
            _ if options.all_nodes => true,
            Some(names) => names.contains(&n.name),
            None => frame::reach(graph, bound, n) != Reach::Rows,
        })
        .collect();
    let (nodes, _) = nodes(graph, bound, run, &Asked { wanted, fitted: &[], quantiles: options.quantiles })?;
    let blocks = plan.blocks.list.iter().enumerate().map(|(i, b)| BlockSummary {
        nodes: b.nodes.iter().map(|n| graph.nodes[n.0].name.clone()).collect(),
        kind: plan.blocks.kind_name(graph, i),
        over: plan.blocks.over(graph, i),
        why: b.why.join(" "),
    });
    let without_data = |n: &&NodeId| graph.nodes[n.0].observed.is_none();
    let predicted = plan.predicted.iter().filter(without_data).map(|n| graph.nodes[n.0].name.clone());
    let elbo = trace.last().copied().unwrap_or(f64::NAN);
    Ok(Posterior {
        model: graph.name.clone(),
        seed: options.seed,
        restart: run.restart,
        iterations: trace.len(),
        converged: run.stop == StopReason::Converged,
        tolerance: options.tolerance,
        plates: plates(graph, bound, plan),
        elbo,
        trace,
        terms: graph.nodes.iter().zip(run.record.last_terms()).map(|(n, t)| (n.name.clone(), *t)).collect(),
        blocks: blocks.collect(),
        predicted: predicted.collect(),
        pruned: pruned(graph, plan),
        unshown: frame::unshown(graph, bound, &nodes),
        nodes,
        rows: frame::rows(graph, bound),
        many_optima: frame::many_optima(graph),
        derived: vec![],
        restarts: run.restarts.clone(),
        left: run.left.clone(),
        moves: run.moves,
        profile: run.profile.clone(),
        digits: rounding.digits(elbo),
        warnings: warnings::of(graph, &run.record, rounding, elbo)
            .into_iter()
            .chain(warnings::failed(&run.restarts, run.failed.as_ref()))
            .collect(),
        stop: run.stop,
        record: run.record.clone(),
    })
}

/// Which nodes are read.
pub(super) struct Asked<'a> {
    /// Of each node, whether its q is.
    pub wanted: Vec<bool>,
    /// Observed nodes of which it is read what q says of each element, had it not been seen.
    pub fitted: &'a [NodeId],
    /// Quantiles are found for nodes of at most this many numbers.
    pub quantiles: usize,
}

/// The nodes that are asked for, in file order.
pub(super) fn nodes(
    graph: &FactorGraph,
    bound: &Bound,
    run: &mut Finished<'_>,
    Asked { wanted, fitted, quantiles }: &Asked<'_>,
) -> Result<(Vec<NodePosterior>, Vec<Fitted>), RunError> {
    let plan = run.plan();
    let told = |n: usize| !told_elsewhere(&graph.nodes[n]);
    let wanted = &wanted.iter().enumerate().map(|(n, w)| *w && told(n)).collect::<Vec<bool>>();
    let fitted = &fitted.iter().copied().filter(|n| told(n.0)).collect::<Vec<NodeId>>()[..];
    // Predictions need what is known of what they depend on.
    let needed = predict::needed(graph, plan, wanted, fitted);
    let mut elements: Vec<Option<Elements<'_>>> = (0..graph.nodes.len()).map(|_| None).collect();
    let mut emitted: HashMap<VarId, Emitted> = HashMap::new();
    let mut homes: Vec<Option<VarId>> = vec![None; graph.nodes.len()];
    for s in plan.streams.ids() {
        let emit: Vec<VarId> = plan
            .vars
            .ids()
            .filter(|&v| plan.vars[v].stream() == Some(s) && !plan.vars[v].shape.is_site())
            .filter(|&v| plan.vars[v].nodes.iter().any(|n| needed[n.0]))
            .collect();
        if emit.is_empty() {
            continue;
        }
        for (v, e) in run.rows_of(s, &emit)? {
            let e = emitted.entry(v).or_insert(e);
            let file_rows = plan.streams[s].order.as_deref();
            for member in 0..plan.vars[v].nodes.len() {
                let node = plan.vars[v].nodes[member];
                let var = &plan.vars[v];
                let of = (&*var.shape, member, node);
                let (numbers, plates) =
                    ([e.eta.as_slice(), &e.moments, &e.covariances], var.plates_of(member));
                elements[node.0] = Some(of_member(graph, of, &plates, numbers, None, file_rows));
                homes[node.0] = Some(v);
            }
        }
    }
    for &v in &plan.stored {
        let var = &plan.vars[v];
        if var.shape.is_site() {
            continue;
        }
        for (member, &node) in var.nodes.iter().enumerate().filter(|(_, n)| needed[n.0]) {
            let numbers = [run.eta(v), run.moments(v), &[]];
            let of = (&*var.shape, member, node);
            let turn = plan.turn(v);
            elements[node.0] = Some(of_member(graph, of, &var.plates_of(member), numbers, turn, None));
            homes[node.0] = Some(v);
        }
    }
    let mut reports: Vec<Option<NodePosterior>> = (0..graph.nodes.len()).map(|_| None).collect();
    for (i, e) in elements.iter().enumerate() {
        if let Some(e) = e {
            reports[i] = Some(of_block(
                graph,
                bound,
                NodeId(i),
                e,
                &plan.centres[i],
                wanted[i] && e.marginal.numbers.len() <= *quantiles,
            ));
            let plates = &graph.nodes[i].plates;
            if let (Some(report), Some(kept)) = (&mut reports[i], plan.kept.elements(plates)) {
                whole(report, &kept, plan.kept.count(plates));
            }
        }
    }
    for i in (0..graph.nodes.len()).filter(|&i| needed[i]) {
        reports[i].get_or_insert_with(|| column(graph, bound, NodeId(i)));
    }
    let mut blocks: predict::BlockNumbers<'_> =
        emitted.iter().map(|(v, e)| (*v, [e.eta.as_slice(), e.moments.as_slice()])).collect();
    let back = |&v: &VarId| {
        let (var, turn) = (&plan.vars[v], plan.turn(v)?);
        let order = || element_order(&graph.nodes[var.nodes[0].0].plates, &var.plates_of(0), None);
        Some((v, var.shape.turned_back(&turn.in_order(order), run.eta(v), run.moments(v))))
    };
    let turned: HashMap<VarId, [Vec<f64>; 2]> = plan.stored.iter().filter_map(back).collect();
    let numbers = |v: VarId| match turned.get(&v) {
        Some([eta, moments]) => [eta.as_slice(), moments],
        None => [run.eta(v), run.moments(v)],
    };
    blocks.extend(plan.stored.iter().map(|&v| (v, numbers(v))));
    let quantiles = |n: usize, numbers: usize| wanted[n] && numbers <= *quantiles;
    let of = (&elements[..], &homes[..], &blocks);
    let fitted = predict::fill(graph, bound, plan, of, &mut reports, &quantiles, fitted);
    for (report, of) in reports.iter_mut().zip(frame::uses(graph)) {
        if let Some(r) = report {
            (r.precision, r.components) = (of.precision, of.components);
        }
    }
    let nodes = reports.into_iter().enumerate().filter(|(i, _)| wanted[*i]).filter_map(|(_, r)| r).collect();
    Ok((nodes, fitted))
}

/// The plates with as many elements as inference saw.
fn plates(graph: &FactorGraph, bound: &Bound, plan: &Plan) -> Vec<(String, usize)> {
    let size = |p: usize| plan.kept.plate(PlateId(p)).map_or(bound.plates[p].size, |kept| kept.len());
    graph.plates.iter().enumerate().map(|(p, plate)| (plate.name.clone(), size(p))).collect()
}

/// Has it no values of its own to report: ends between which they lie, or what another node is from its mean?
fn told_elsewhere(node: &Node) -> bool {
    let values = node.observed.as_ref().map(|o| &o.values);
    matches!(values, Some(ObservedValues::Interval(_) | ObservedValues::Zero))
}

/// How many elements of each node would have a q, and were left out.
fn pruned(graph: &FactorGraph, plan: &Plan) -> Vec<(String, usize)> {
    let depended = predict::named(graph);
    let nodes = graph.nodes.iter().enumerate().filter(|(_, n)| n.observed.is_none());
    nodes
        .filter_map(|(i, n)| {
            let all = plan.kept.count(&n.plates);
            let seen = plan.kept.elements(&n.plates).map_or(all, |kept| kept.len());
            let left = match plan.blocks.roles[i].has_q() {
                true => all - seen,
                // A leaf without data is a prediction, and not missed.
                false if depended[i] && plan.kept.barren(NodeId(i)) => all,
                false => 0,
            };
            (left > 0).then(|| (n.name.clone(), left))
        })
        .collect()
}
