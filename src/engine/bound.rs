//! The bound, term by term: ⟨table, statistic⟩ and entropies, by node; and its rounding, from what cancels in
//! it. Not here: who compares it with the last one (`run`).

use super::{
    error::{Breakdown, RunError},
    rounding::Rounding,
    work::Work,
};
use crate::{
    expfam::stat::{IMPOSSIBLE, LN_ZERO},
    num::reduce::{dot, dot_abs},
    plan::table::From,
};

/// No row is so often in the data that ln 0 could come to this: a share of the bound below it is that of a
/// parameter of a like size.
const BEYOND: f64 = 1e20 * LN_ZERO;

impl Work<'_> {
    /// Each node's share of the bound, in nats.
    pub(super) fn terms(&mut self, out: &mut Vec<f64>) -> Result<(), RunError> {
        let plan = self.plan;
        out.clone_from(&plan.constants);
        out.iter_mut().zip(&self.silent).filter(|(_, silent)| **silent).for_each(|(x, _)| *x = 0.0);
        for (t, table) in plan.tables.enumerate() {
            if self.silent[table.node] {
                continue;
            }
            self.refresh_table(t);
            self.refresh_statistic(t);
            let product = || dot(self.tables.of(t), self.statistics.packed(plan, t));
            out[table.node] += self.told(t).map_or_else(product, |told| told.energy);
        }
        for (v, var) in plan.vars.enumerate() {
            let first = var.nodes.iter().map(|n| n.0).min().unwrap_or(0);
            out[first] += self.state.entropy(v);
        }
        for prior in &self.prior {
            let first = plan.vars[prior.var].nodes.iter().map(|n| n.0).min().unwrap_or(0);
            out[first] += dot(&prior.eta, self.state.moments(prior.var)) - prior.log_norm;
        }
        for (node, x) in out.iter().enumerate() {
            let kind = if !x.is_finite() {
                Breakdown::NotFinite
            } else if *x < BEYOND {
                Breakdown::NoDigits(x.abs(), x.abs())
            } else if *x < IMPOSSIBLE {
                Breakdown::Impossible(format!("a probability of zero is met{}", self.where_impossible(node)))
            } else {
                continue;
            };
            return Err(RunError::new(kind, plan.names[node].clone(), self.iteration));
        }
        Ok(())
    }

    /// How far rounding may have moved the bound: from the largest numbers that were added up in it.
    ///
    /// A product ⟨T, G⟩ is as large as the sum of its parts without their signs. What a block of rows has added
    /// to the entropies, A − ⟨η, μ⟩, is made of the same parts once more, twice over: ⟨η, μ⟩ of all rows is what
    /// their tables sent. Of stored blocks the parts are here.
    pub(super) fn rounding(&self) -> Rounding {
        let plan = self.plan;
        let mut by_node: Vec<f64> = plan.constants.iter().map(|c| c.abs()).collect();
        for (t, table) in plan.tables.enumerate() {
            let streamed =
                table.operands.iter().filter(|o| matches!(o.from, From::Streamed { .. })).count() as f64;
            let parts =
                || (1.0 + 2.0 * streamed) * dot_abs(self.tables.of(t), self.statistics.packed(plan, t));
            by_node[table.node] += self.told(t).map_or_else(parts, |told| told.size);
        }
        for (v, var) in plan.vars.enumerate() {
            let first = var.nodes.iter().map(|n| n.0).min().unwrap_or(0);
            let eta = self.state.eta(v);
            let stored = match eta.is_empty() {
                true => 0.0,
                false => {
                    let norms: f64 = self.state.log_norm(v).iter().map(|a| a.abs()).sum();
                    norms + dot_abs(eta, self.state.moments(v)) + var.shape.cancelled(eta)
                }
            };
            by_node[first] += stored + self.state.entropy(v).abs();
        }
        Rounding::of(&by_node)
    }
}
