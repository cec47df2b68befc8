//! What observed nodes have missing. Not here: what becomes of it.

use crate::{
    factorize::{
        Blocks,
        roles::{Missing, Role},
    },
    graph::{
        bound::{Bound, ObservedArray},
        factor_graph::FactorGraph,
    },
    shape::NodeId,
};

/// Whether a node has missing cells that are predicted.
pub(super) fn to_predict(graph: &FactorGraph, bound: &Bound, blocks: &Blocks, n: NodeId) -> bool {
    let column = matches!(blocks.roles[n.0], Role::Observed | Role::Site);
    graph.nodes[n.0].observed.is_some() && column && has_missing(bound, n)
}

/// What an observed node has missing.
pub fn what_is_missing(bound: &Bound, n: NodeId) -> Missing {
    match bound.observed(n) {
        Some(ObservedArray::Numbers { width, values })
            if values
                .chunks_exact(*width)
                .any(|v| v.iter().any(|x| x.is_nan()) && !v.iter().all(|x| x.is_nan())) =>
        {
            Missing::Cells
        }
        _ if has_missing(bound, n) => Missing::Values,
        _ => Missing::Nothing,
    }
}

/// Whether an observed node has missing cells.
pub fn has_missing(bound: &Bound, n: NodeId) -> bool {
    match bound.observed(n) {
        Some(ObservedArray::Numbers { values, .. }) => values.iter().any(|v| v.is_nan()),
        Some(ObservedArray::Codes(c)) => c.contains(&u32::MAX),
        None => false,
    }
}
