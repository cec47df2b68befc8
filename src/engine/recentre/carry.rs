//! A run's numbers taken over by another plan of the same model, in other coordinates. Not here: which
//! (`recentre`).

use crate::{
    engine::{error::RunError, paths::given::First, session::Session},
    graph::FactorGraph,
    plan::{
        element_order,
        layout::{StreamId, VarId},
        table::Table,
        var::Storage,
    },
    start::order::order,
};
use std::ops::Range;

/// Categories of rows, as another run has left them; all else follows from the stored blocks.
#[derive(Default)]
struct Carried(Vec<(VarId, usize, Vec<f64>)>);

impl Carried {
    fn of(&self, v: VarId) -> Option<(usize, &[f64])> {
        self.0.iter().find(|(u, ..)| *u == v).map(|(_, each, moments)| (*each, moments.as_slice()))
    }
}

impl First for Carried {
    fn gives(&self, v: VarId) -> bool {
        self.of(v).is_some()
    }
    fn write(&self, v: VarId, rows: Range<usize>, moments: &mut [f64]) {
        if let Some((each, all)) = self.of(v) {
            moments.copy_from_slice(&all[rows.start * each..rows.end * each]);
        }
    }
}

impl<'p> Session<'p> {
    /// Starts from where another has come to, in whose coordinates each node's values are less by `by`.
    pub(super) fn carry(
        &mut self,
        graph: &FactorGraph,
        from: &mut Session<'p>,
        by: &[Vec<f64>],
    ) -> Result<(), RunError> {
        let plan = self.plan;
        let order = order(plan);
        for &v in order.iter().filter(|&&v| plan.vars[v].storage == Storage::Stored) {
            let var = &plan.vars[v];
            let moves: Vec<Vec<f64>> = (0..var.nodes.len())
                .map(|member| {
                    let node = var.nodes[member];
                    let by = &by[node.0];
                    if by.is_empty() {
                        return vec![];
                    }
                    let places = element_order(&graph.nodes[node.0].plates, &var.plates_of(member), None);
                    let w = by.len() / places.len().max(1);
                    places.iter().flat_map(|&e| &by[e * w..(e + 1) * w]).copied().collect()
                })
                .collect();
            if plan.turn(v).is_some() {
                // What it was is in other coordinates: all that is known tells what it is in these.
                self.update_var(v, &|_| true)?;
                continue;
            }
            let shifted = var.shape.shifted(from.state.eta(v), &moves);
            let fits = shifted.filter(|eta| eta.len() == self.state.eta(v).len());
            let done = fits.is_some_and(|eta| self.put(v, &eta).is_ok());
            if !done {
                let mine = |t: &Table| var.nodes.iter().any(|n| n.0 == t.node);
                self.update_var(v, &mine).or_else(|_| self.update_var(v, &|_| true))?;
            }
        }
        for s in plan.streams.ids() {
            let carried = if plan.turns.is_empty() { Carried::default() } else { from.categories(graph, s)? };
            self.first_pass(s, &order, &carried)?;
        }
        // By what categories pick, too.
        for &v in order.iter().filter(|&&v| plan.turn(v).is_some()) {
            self.update_var(v, &|_| true)?;
        }
        Ok(())
    }

    /// The categories of a stream's rows, as the last pass has left them.
    fn categories(&mut self, graph: &FactorGraph, s: StreamId) -> Result<Carried, RunError> {
        let plan = self.plan;
        let category = |v: &VarId| {
            let var = &plan.vars[*v];
            let places = var.nodes.iter().any(|n| graph.nodes[n.0].spec.location);
            var.stream() == Some(s) && !places
        };
        let wanted: Vec<VarId> = plan.vars.ids().filter(category).collect();
        if wanted.is_empty() {
            return Ok(Carried::default());
        }
        let rows = self.rows_of(s, &wanted)?;
        let each = |v: VarId| plan.vars[v].inner() * plan.vars[v].width;
        Ok(Carried(rows.into_iter().map(|(v, e)| (v, each(v), e.moments)).collect()))
    }
}
