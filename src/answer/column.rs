//! Observed and predicted nodes: the whole column, with what is predicted of its missing cells. Not here: how a cell
//! is predicted (`predict`).

use super::{frame::frame, posterior::NodePosterior, predict};
use crate::{
    expfam::stat::PartShape,
    graph::{Bound, FactorGraph, bound::ObservedArray},
    shape::NodeId,
};

/// An observed node as it stands.
pub(super) fn of_data(graph: &FactorGraph, bound: &Bound, node: NodeId) -> NodePosterior {
    of_prediction(graph, bound, node, &[])
}

/// A node that is predicted, or observed with missing cells: the whole column, predictions where nothing is
/// known.
pub(super) fn of_prediction(
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
