//! The bound, term by term: ⟨table, statistic⟩ and entropies, by node. Not here: who compares it with the
//! last one (`schedule`).

use super::{
    error::{Breakdown, RunError},
    work::Work,
};
use crate::{expfam::stat::IMPOSSIBLE, num::reduce::dot};

impl Work<'_> {
    /// Each node's share of the bound, in nats.
    pub(super) fn terms(&mut self, out: &mut Vec<f64>) -> Result<(), RunError> {
        let plan = self.plan;
        out.clone_from(&plan.constants);
        for (t, table) in plan.tables.enumerate() {
            self.refresh_table(t);
            self.refresh_statistic(t);
            out[table.node] += dot(self.tables.of(t), self.statistics.packed(plan, t));
        }
        for (v, var) in plan.vars.enumerate() {
            let first = var.nodes.iter().map(|n| n.0).min().unwrap_or(0);
            out[first] += self.state.entropy(v);
        }
        for (node, x) in out.iter().enumerate() {
            let kind = if !x.is_finite() {
                Breakdown::NotFinite
            } else if *x < IMPOSSIBLE {
                Breakdown::Impossible("a probability of zero is met".into())
            } else {
                continue;
            };
            return Err(RunError::new(kind, plan.names[node].clone(), self.iteration));
        }
        Ok(())
    }

    /// Σ |terms| of the bound before they cancel: the scale of its rounding.
    pub(super) fn magnitude(&self) -> f64 {
        let of_table = |t| {
            let (table, sum) = (self.tables.of(t), self.statistics.packed(self.plan, t));
            table.iter().zip(sum).map(|(a, b)| (a * b).abs()).sum::<f64>()
        };
        self.plan.tables.ids().map(of_table).sum::<f64>() + self.state.magnitude()
    }
}
