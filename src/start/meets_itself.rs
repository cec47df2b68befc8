//! What stands for positive variables that their own lines name, a step before or by way of others, until
//! they have been updated once: nothing yet is known of them, and 0 is no value of theirs. Not here: the
//! starts that matter (`first`).

use crate::{
    expfam::stat::Domain,
    graph::FactorGraph,
    plan::{Plan, layout::VarId, var::Storage},
};

/// Writes the statistic of 1 into the moments of a block of positive numbers, which are all 0; the first
/// updates then have parameters that there are. Says whether it did.
pub fn stand_in(graph: &FactorGraph, plan: &Plan, v: VarId, moments: &mut [f64]) -> bool {
    let var = &plan.vars[v];
    let [node] = &var.nodes[..] else { return false };
    let stat = graph.nodes[node.0].spec.stat;
    if var.storage != Storage::Stored || stat.domain != Domain::Positive || stat.width(var.d) != var.width {
        return false;
    }
    let one = vec![1.0; stat.value.width(var.d)];
    moments.chunks_exact_mut(var.width).all(|m| (stat.of_value)(&one, var.d, m).is_ok())
}
