//! The start of a restart: stored blocks at their priors or where they start, then one pass with what rows
//! are given. Not here: what these are (`start`).

use super::{RunError, paths::given::First, session::Session};
use crate::{
    graph::FactorGraph,
    plan::{Plan, layout::VarId, table::Table, var::Storage},
    start::{Start, meets_itself::stand_in, order::order},
};
use std::ops::Range;

/// The start as a pass asks for it.
struct StartMoments<'a> {
    start: &'a Start,
    plan: &'a Plan,
}

impl First for StartMoments<'_> {
    fn gives(&self, v: VarId) -> bool {
        self.start.gives(v)
    }
    fn write(&self, v: VarId, rows: Range<usize>, moments: &mut [f64]) {
        // `check` has found no fault in it.
        let _ = self.start.write(self.plan, v, rows, moments);
    }
}

impl Session<'_> {
    /// Stored blocks at their priors, parents first; then one pass with the given responsibilities.
    pub(super) fn initialise(&mut self, graph: &FactorGraph, start: &Start) -> Result<(), RunError> {
        let plan = self.plan;
        let order = order(plan);
        for &v in &order {
            if stand_in(graph, plan, v, self.state.change(v).1) {
                self.state.has_moved(v);
            }
        }
        let stored = |v: &&VarId| plan.vars[**v].storage == Storage::Stored;
        // What nothing but a site speaks of begins from that, so sites come first, and again when all is
        // known.
        for &v in order.iter().filter(stored).filter(|v| plan.vars[**v].shape.is_site()) {
            let _ = self.begin_sites(v);
        }
        for &v in order.iter().filter(stored) {
            let var = &plan.vars[v];
            if var.shape.is_site() {
                self.begin_sites(v)?;
                continue;
            }
            let mine = |t: &Table| var.nodes.iter().any(|n| n.0 == t.node);
            // A prior so flat, or so far away, that its own numbers say nothing: with all that is known
            // besides.
            self.update_var(v, &mine).or_else(|_| self.update_var(v, &|_| true))?;
            let (eta, moments, _) = self.state.change(v);
            let first = var.shape.first(eta, moments);
            if start.stored(graph, plan, v, eta, moments).map_err(|e| self.error(v, e.into()))? || first {
                self.state.has_moved(v);
            }
        }
        for s in plan.streams.ids() {
            for v in plan.vars.ids().filter(|&v| plan.vars[v].stream() == Some(s)) {
                start.check(plan, v).map_err(|e| self.error(v, e.into()))?;
            }
            // Where nothing is given, the blocks of the rows follow from the stored ones.
            self.first_pass(s, &order, &StartMoments { start, plan })?;
        }
        Ok(())
    }
}
