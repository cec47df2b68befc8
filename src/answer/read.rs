//! From a finished run to the posterior as plain named arrays. It only reads: neither q nor the record of the run
//! moves. Not here: how a posterior is printed (`report`).

use super::{
    column::{of_data, of_prediction},
    frame::is_local,
    marginals::{Elements, of_block, of_member},
    posterior::{BlockSummary, NodePosterior, Posterior},
    predict, warnings,
};
use crate::{
    engine::{RunError, options::Options, record::StopReason, rounding::Rounding, run::Finished},
    graph::{Bound, FactorGraph},
    plan::layout::VarId,
    shape::NodeId,
};

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
    let mut elements: Vec<Option<Elements<'_>>> = (0..graph.nodes.len()).map(|_| None).collect();
    for s in plan.streams.ids() {
        let emit: Vec<VarId> = plan
            .vars
            .ids()
            .filter(|&v| plan.vars[v].stream() == Some(s) && plan.vars[v].nodes.iter().any(|n| needed[n.0]))
            .collect();
        if emit.is_empty() {
            continue;
        }
        for (v, e) in run.rows_of(s, &emit)? {
            let file_rows = plan.streams[s].order.as_deref();
            for member in 0..plan.vars[v].nodes.len() {
                let node = plan.vars[v].nodes[member];
                let var = &plan.vars[v];
                let of = (&*var.shape, member, node);
                let numbers = [e.eta.as_slice(), &e.moments, &e.covariances];
                elements[node.0] = Some(of_member(graph, of, &var.plates_of(member), numbers, file_rows));
            }
        }
    }
    for &v in &plan.stored {
        let var = &plan.vars[v];
        for (member, &node) in var.nodes.iter().enumerate().filter(|(_, n)| needed[n.0]) {
            let numbers = [run.eta(v), run.moments(v), &[]];
            let of = (&*var.shape, member, node);
            elements[node.0] = Some(of_member(graph, of, &var.plates_of(member), numbers, None));
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
                wanted[i] && e.marginal.numbers.len() <= options.quantiles,
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
    let without_data = |n: &&NodeId| graph.nodes[n.0].observed.is_none();
    let predicted = plan.predicted.iter().filter(without_data).map(|n| graph.nodes[n.0].name.clone());
    let elbo = trace.last().copied().unwrap_or(f64::NAN);
    Ok(Posterior {
        model: graph.name.clone(),
        seed: options.seed,
        restart: run.restart,
        iterations: trace.len(),
        converged: run.stop == StopReason::Converged,
        elbo,
        trace,
        terms: graph.nodes.iter().zip(run.record.last_terms()).map(|(n, t)| (n.name.clone(), *t)).collect(),
        blocks: blocks.collect(),
        predicted: predicted.collect(),
        nodes,
        restarts: run.restarts.clone(),
        profile: run.profile.clone(),
        digits: rounding.digits(elbo),
        warnings: warnings::of(graph, &run.record, rounding, elbo),
        stop: run.stop,
        record: run.record.clone(),
    })
}

/// Means of the nodes that have a report.
fn means(reports: &[Option<NodePosterior>]) -> Vec<Option<&[f64]>> {
    reports.iter().map(|r| r.as_ref().map(|r| r.mean.as_slice())).collect()
}
