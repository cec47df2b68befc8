//! From a finished session to the posterior as plain named arrays, in file order, centres added back. Not
//! here: how it is printed.

use super::{
    RunError,
    pass::Mode,
    posterior::{Axis, BlockSummary, NamedArray, NodePosterior, Posterior},
    predict::{self, Means},
    profile::RunProfile,
    run::Options,
    session::Session,
};
use crate::{
    block::{normal_gamma, normal_gamma_vector},
    expfam::{
        family::{Family, Parameter, Summary as ValueSummary},
        stat::PartShape,
    },
    factorize::Kind,
    graph::{
        Bound, FactorGraph,
        bound::ObservedArray,
        factor_graph::{Node, PlateKind},
    },
    num::reduce::sum,
    plan::{
        Plan, element_order,
        layout::VarId,
        network::NetworkShape,
        sparse::SparseShape,
        var::{Algorithm, Cells, Clamp, Storage, Var},
    },
    shape::{Extent, NodeId},
};

/// What a run says of itself.
#[derive(Debug)]
pub struct Summary {
    /// The bound after each iteration.
    pub trace: Vec<f64>,
    /// Each node's share of the last.
    pub terms: Vec<f64>,
    /// Whether it stopped by the tolerance.
    pub converged: bool,
    /// Which restart it was.
    pub restart: usize,
    /// The final bound of every restart.
    pub restarts: Vec<f64>,
    /// Where its time went, if that was asked for.
    pub profile: Option<RunProfile>,
}

/// q of a node's elements in file order: natural parameters (of its block) and, for categories,
/// probabilities.
struct Elements {
    eta: Vec<f64>,
    moments: Vec<f64>,
    width: usize,
    block: VarId,
    /// The element of the block's storage at each element of the file, where elements are those of the block.
    places: Vec<usize>,
}

/// Collects the posterior of the nodes that `options` asks for.
pub fn posterior(
    graph: &FactorGraph,
    bound: &Bound,
    session: &mut Session<'_>,
    options: &Options,
    run: Summary,
) -> Result<Posterior, RunError> {
    let plan = session.plan;
    let Summary { mut trace, mut terms, converged, restart, restarts, profile } = run;
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
        let kept = plan
            .vars
            .iter()
            .any(|v| matches!(v.storage, Storage::Streamed { stream, kept: true } if stream == s));
        for (v, e) in session.pass(s, Mode::Update, &emit)? {
            let var = &plan.vars[v];
            for &node in &var.nodes {
                let file_rows = plan.streams[s].order.as_deref();
                if matches!(plan.block(v).kind, Kind::Gaussian(_)) {
                    elements[node.0] =
                        Some(gaussian_member(graph, bound, plan, v, node, (&e.eta, &e.moments), file_rows));
                    continue;
                }
                if let Some(network) = &var.network {
                    elements[node.0] =
                        Some(network_member(graph, var, network, v, node, &e.moments, file_rows));
                    continue;
                }
                let order = element_order(&graph.nodes[node.0].plates, &var.plates, file_rows);
                elements[node.0] = Some(Elements {
                    eta: reorder(&e.eta, &order, var.width),
                    moments: reorder(&e.moments, &order, var.width),
                    width: var.width,
                    block: v,
                    places: inverse(&order),
                });
            }
        }
        if kept {
            // Blocks that meet in a row went one step further: the bound is that of the q reported.
            terms = session.terms()?;
            if let Some(last) = trace.last_mut() {
                *last = sum(&terms);
            }
        }
    }
    for &v in &plan.stored {
        let var = &plan.vars[v];
        for &node in var.nodes.iter().filter(|n| needed[n.0]) {
            if matches!(plan.block(v).kind, Kind::Gaussian(_)) {
                let numbers = (session.eta[v].as_slice(), session.moments[v].as_slice());
                elements[node.0] = Some(gaussian_member(graph, bound, plan, v, node, numbers, None));
                continue;
            }
            if let Some(network) = &var.network {
                elements[node.0] =
                    Some(network_member(graph, var, network, v, node, &session.moments[v], None));
                continue;
            }
            let order = element_order(&graph.nodes[node.0].plates, &var.plates, None);
            let reordered = |a: &[f64]| reorder(a, &order, var.width);
            elements[node.0] = Some(Elements {
                eta: reordered(&session.eta[v]),
                moments: reordered(&session.moments[v]),
                width: var.width,
                block: v,
                places: inverse(&order),
            });
        }
    }
    let mut reports: Vec<Option<NodePosterior>> = (0..graph.nodes.len()).map(|_| None).collect();
    for (i, e) in elements.iter().enumerate() {
        if let Some(e) = e {
            reports[i] =
                Some(of_block(graph, bound, session, NodeId(i), e, e.eta.len() <= options.quantiles));
        }
    }
    for i in 0..graph.nodes.len() {
        let absent =
            |r: &NodePosterior| plan.predicted.contains(&NodeId(i)) && r.mean.iter().any(|m| m.is_nan());
        if let Some(report) = reports[i].as_ref().filter(|r| absent(r)) {
            // Of a vector that is latent in part elsewhere, the rows that are missing as a whole are
            // predicted.
            let means: Vec<Option<Means<'_>>> =
                reports.iter().map(|r| r.as_ref().map(|r| Means { values: &r.mean })).collect();
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
            let means: Vec<Option<Means<'_>>> =
                reports.iter().map(|r| r.as_ref().map(|r| Means { values: &r.mean })).collect();
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
        terms: graph.nodes.iter().zip(&terms).map(|(n, t)| (n.name.clone(), *t)).collect(),
        blocks: blocks.collect(),
        nodes,
        restarts,
        profile,
    })
}

/// The marginals of one member of a Gaussian joint: natural parameters of its own family, in file order. With
/// a precision that scales the block, they are those of a Normal–Gamma of each entry and the precision.
fn gaussian_member(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    v: VarId,
    node: NodeId,
    (eta, moments): (&[f64], &[f64]),
    file_rows: Option<&[u32]>,
) -> Elements {
    let var = &plan.vars[v];
    if let Some(sparse) = &var.sparse {
        return sparse_member(
            graph,
            sparse,
            v,
            var.nodes.iter().position(|n| *n == node).expect("a node of the block"),
            node,
            moments,
        );
    }
    let Kind::Gaussian(g) = plan.block(v).kind else { unreachable!("a Gaussian block's kind") };
    let joint = &plan.blocks.gaussians[g];
    let d = var.d;
    let size = |n: NodeId| graph.nodes[n.0].event.map_or(1, |x| bound.size(x));
    let inner = |m: &crate::factorize::gaussian::Member| {
        m.inner.iter().map(|p| bound.plate(*p).size).product::<usize>()
    };
    let each = |m: &crate::factorize::gaussian::Member| if m.vector { size(m.node) } else { 1 };
    let at = joint.members.iter().position(|m| m.node == node);
    let start: usize = joint.members[..at.unwrap_or(0)].iter().map(|m| inner(m) * each(m)).sum();
    let mut storage = var.plates.clone();
    if let Some(at) = at {
        storage.extend(joint.members[at].inner.iter().map(|&p| (p, bound.plate(p).size)));
    }
    let order = element_order(&graph.nodes[node.0].plates, &storage, file_rows);
    if joint.scale.is_some() {
        let entries = at.map_or(1, |at| inner(&joint.members[at]));
        let of = |e: &[f64]| {
            (0..entries).flat_map(|i| normal_gamma_vector::entry(d, e, start + i)).collect::<Vec<f64>>()
        };
        let eta: Vec<f64> = eta.chunks_exact(var.width).flat_map(of).collect();
        return Elements {
            moments: vec![],
            eta: reorder(&eta, &order, 4),
            width: 4,
            block: v,
            places: vec![],
        };
    }
    let member = &joint.members[at.expect("a node of the block")];
    let e = each(member);
    let width = graph.nodes[node.0].spec.stat.width(if member.vector { e } else { 1 });
    let mut eta = vec![];
    for x in moments.chunks_exact(var.width) {
        for i in 0..inner(member) {
            let from = start + i * e;
            let mean = &x[from..from + e];
            marginal(mean, |a, b| x[d + (from + a) * d + from + b] - mean[a] * mean[b], &mut eta);
        }
    }
    Elements { moments: vec![], eta: reorder(&eta, &order, width), width, block: v, places: vec![] }
}

/// Natural parameters of a Gaussian of this mean and covariance.
fn marginal(mean: &[f64], covariance: impl Fn(usize, usize) -> f64, eta: &mut Vec<f64>) {
    let e = mean.len();
    let covariance = nalgebra::DMatrix::from_fn(e, e, covariance);
    let precision =
        covariance.try_inverse().unwrap_or_else(|| nalgebra::DMatrix::from_element(e, e, f64::NAN));
    let h = &precision * nalgebra::DVector::from_column_slice(mean);
    eta.extend(h.iter().copied());
    eta.extend(precision.iter().map(|p| -0.5 * p));
}

/// The marginals of one member of a sparse Gaussian, whose elements stand in file order.
fn sparse_member(
    graph: &FactorGraph,
    sparse: &SparseShape,
    v: VarId,
    member: usize,
    node: NodeId,
    moments: &[f64],
) -> Elements {
    let places = &sparse.pattern.places;
    let d = places.each[member];
    let width = graph.nodes[node.0].spec.stat.width(d);
    let mut eta = vec![];
    for element in 0..(places.starts[member + 1] - places.starts[member]) / d {
        let (mean, covariance) = sparse.element(member, element, moments);
        marginal(&mean, |a, b| covariance[a * d + b], &mut eta);
    }
    Elements { moments: vec![], eta, width, block: v, places: vec![] }
}

/// The marginals of one member of a network, in file order.
fn network_member(
    graph: &FactorGraph,
    var: &Var,
    network: &NetworkShape,
    v: VarId,
    node: NodeId,
    moments: &[f64],
    file_rows: Option<&[u32]>,
) -> Elements {
    let member = var.nodes.iter().position(|n| *n == node).expect("a node of the block");
    let k = network.sizes[member];
    let mut all = vec![0.0; moments.len() / var.width.max(1) * k];
    for (m, out) in moments.chunks_exact(var.width).zip(all.chunks_exact_mut(k)) {
        network.marginal(member, m, out);
    }
    let order = element_order(&graph.nodes[node.0].plates, &var.plates, file_rows);
    Elements { eta: vec![], moments: reorder(&all, &order, k), width: k, block: v, places: vec![] }
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
    if spec.stat.one_hot() {
        out.mean = e.moments.clone();
        out.parameters =
            vec![NamedArray { name: "p".into(), dims: vec![e.width], values: e.moments.clone() }];
        return out;
    }
    if let (Some(Clamp { cells: Some(cells), .. }), Algorithm::Family(family)) = (&var.clamp, var.algorithm) {
        return of_cells(out, family, var.d, cells, e, &plan.centres[node.0], quantiles);
    }
    let member = var.nodes.iter().position(|n| *n == node).unwrap_or(0);
    let (mut sd, mut low, mut high) = (vec![], vec![], vec![]);
    let ends = |f: &dyn Fn(f64) -> Vec<f64>| if quantiles { [f(0.05), f(0.95)] } else { [vec![], vec![]] };
    let centre = &plan.centres[node.0];
    for (i, eta) in e.eta.chunks_exact(e.width).enumerate() {
        let known = var.clamp.as_ref().filter(|c| c.known[e.places[i]]);
        let (mut parameters, mut summary, mut q) = match var.algorithm {
            Algorithm::Family(f) => {
                (f.parameters(var.d, eta), f.summary(var.d, eta), ends(&|p| f.quantile(var.d, eta, p)))
            }
            Algorithm::Joint(f) => {
                // One entry of a vector and its precision are a Normal–Gamma.
                let scaled = matches!(plan.block(e.block).kind, Kind::Gaussian(_));
                let (f, member, d) = if scaled {
                    (normal_gamma::SPEC.family, usize::from(spec.stat == normal_gamma::SPEC.members[1]), 1)
                } else {
                    (f, member, var.d)
                };
                let all = f.parameters(d, eta);
                let mine: Vec<Parameter> =
                    f.member_parameters(member).iter().map(|&i| all[i].clone()).collect();
                (mine, f.summary(member, d, eta), ends(&|p| f.quantile(member, d, eta, p)))
            }
            // A member's marginal is of its own family.
            Algorithm::Gaussian
            | Algorithm::SparseGaussian
            | Algorithm::GaussianChain
            | Algorithm::GaussianSteps { .. } => match spec.family {
                Some(f) => {
                    let d = graph.nodes[node.0].event.map_or(1, |x| bound.size(x));
                    (f.parameters(d, eta), f.summary(d, eta), ends(&|p| f.quantile(d, eta, p)))
                }
                None => continue,
            },
            Algorithm::Chain | Algorithm::Network => unreachable!("they hold categories"),
        };
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
                let value = &c.values[e.places[i] * c.value_width..][..c.value_width];
                let back: Vec<f64> = value
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
fn of_cells(
    mut out: NodePosterior,
    family: &dyn Family,
    d: usize,
    cells: &Cells,
    e: &Elements,
    centre: &[f64],
    quantiles: bool,
) -> NodePosterior {
    let (mut sd, mut low, mut high) = (vec![], vec![], vec![]);
    // The 95 % quantile of a standard normal.
    let z = family.quantile(1, &[0.0, -0.5], 0.95)[0];
    for (moments, &at) in e.moments.chunks_exact(e.width).zip(&e.places) {
        for i in 0..d {
            let mean = if cells.absent[at] { f64::NAN } else { moments[i] };
            let known = cells.known[at * d + i];
            let spread = if known { 0.0 } else { (moments[d + i * d + i] - mean * mean).max(0.0).sqrt() };
            let mean = mean + centre.get(i).copied().unwrap_or(0.0);
            out.mean.push(mean);
            sd.push(spread);
            low.push(mean - z * spread);
            high.push(mean + z * spread);
        }
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
    means: &[Option<Means<'_>>],
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
    let mut sd = vec![];
    for e in 0..count {
        let known: Option<Vec<f64>> = match bound.observed(node) {
            Some(ObservedArray::Numbers { width, values }) => {
                let v = &values[e * width..(e + 1) * width];
                v.iter().all(|x| !x.is_nan()).then(|| v.to_vec())
            }
            Some(ObservedArray::Codes(codes)) => (codes[e] != u32::MAX).then(|| {
                let mut v = vec![0.0; d];
                v[codes[e] as usize] = 1.0;
                v
            }),
            None => None,
        };
        let ValueSummary { mean, sd: s } = match known {
            Some(v) => ValueSummary { sd: vec![0.0; v.len()], mean: v },
            None => predict::element(graph, bound, node, e, means),
        };
        debug_assert_eq!(mean.len(), width);
        out.mean.extend(mean);
        sd.extend(s);
    }
    out.sd = (!n.spec.stat.one_hot() && sd.len() == out.mean.len()).then_some(sd);
    if n.spec.stat.value == PartShape::Matrix {
        out.sd = None;
    }
    out
}
