//! Nodes that have no q: observed ones as they stand, and those that are predicted, NaN where nothing is
//! known yet. Not here: how a cell is predicted (`predict`).

use super::{frame::frame, posterior::NodePosterior};
use crate::{
    expfam::stat::PartShape,
    graph::{Bound, FactorGraph, bound::ObservedArray},
    shape::NodeId,
};

/// The whole column; NaN where a cell is missing, everywhere where there are no data.
pub(super) fn column(graph: &FactorGraph, bound: &Bound, node: NodeId) -> NodePosterior {
    let n = &graph.nodes[node.0];
    let mut out = frame(graph, bound, node);
    // What is predicted is of the distribution that was called; a q is of its family.
    if n.called.family.is_none() {
        out.family = n.called.name.to_string();
    }
    let count: usize = n.plates.iter().map(|p| bound.plate(*p).size).product();
    let d = n.event.map_or(1, |e| bound.size(e));
    let width = n.spec.stat.mean_shape().width(d);
    out.mean = vec![f64::NAN; count * width];
    match bound.observed(node) {
        // A value that lacks some of its cells lacks all, but where these have a q of their own.
        // Two ends are no value.
        Some(ObservedArray::Numbers { values, .. }) if values.len() == out.mean.len() => {
            out.mean.copy_from_slice(values);
        }
        Some(ObservedArray::Numbers { .. }) => {}
        Some(ObservedArray::Codes(codes)) => {
            for (mean, &code) in out.mean.chunks_exact_mut(width.max(1)).zip(codes.iter()) {
                if code != u32::MAX {
                    mean.fill(0.0);
                    mean[code as usize] = 1.0;
                }
            }
        }
        None => {}
    }
    let spread = !n.spec.stat.one_hot() && n.spec.stat.value != PartShape::Matrix;
    out.sd = spread.then(|| vec![0.0; out.mean.len()]);
    out
}
