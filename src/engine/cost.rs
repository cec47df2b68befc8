//! What an iteration of a plan takes, in numbers that do not depend on the machine. Not here: what it did take
//! (`profile`).

use super::profile;
use crate::plan::{
    Plan,
    table::Rows,
    var::{Storage, Var},
};

/// Multiply-adds that an iteration takes besides those of its arrays: steps are called, kernels chosen.
const CALLS: f64 = 20_000.0;

/// Multiply-adds of one iteration, about.
pub(super) fn multiply_adds(plan: &Plan) -> f64 {
    let rows = plan.tables.enumerate().filter(|(_, t)| !t.constant).map(|(_, t)| {
        let rows = match &t.rows {
            Rows::All => t.stream.map_or(0, |s| plan.streams[s].size),
            Rows::List(l) => l.len(),
        };
        // There and back.
        2.0 * profile::statistic(t, rows).0
    });
    let blocks = plan.vars.enumerate().map(|(v, var)| match var.storage {
        Storage::Stored => profile::update(plan, v).0,
        Storage::Streamed { .. } => {
            let each = var.elements() * var.width;
            // An exponential or a logarithm counts for some.
            profile::block(plan, v, var.elements()).0 + 10.0 * each as f64
        }
    });
    CALLS + rows.sum::<f64>() + blocks.sum::<f64>()
}

/// Numbers that one run holds while it waits.
pub(super) fn numbers(plan: &Plan) -> usize {
    let outlives = |v: &&Var| !matches!(v.storage, Storage::Streamed { kept: false, .. });
    let blocks: usize =
        plan.vars.ids().map(|v| &plan.vars[v]).filter(outlives).map(|v| 3 * v.elements() * v.width).sum();
    blocks + 2 * plan.sums.len
}
