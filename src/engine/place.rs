//! Where in the data something cannot have happened: rows, levels, and what is observed there. Not here: how
//! a run finds out.

use super::{error::Breakdown, work::Work};
use crate::{
    block::element::Failure,
    expfam::stat::IMPOSSIBLE,
    num::reduce::dot,
    plan::{
        Plan,
        layout::{StreamId, VarId},
        table::{From, Rows, Shared, Table},
    },
    shape::PlateId,
};
use std::ops::Range;

/// The place of an element of a block: "at row 5 (line 6 of `d.csv`)"; nothing for a block without plates.
fn of_element(plan: &Plan, v: VarId, element: usize) -> String {
    let var = &plan.vars[v];
    // Of a block that is one as a whole, an element of one of its members.
    let (plates, mut rest) = match var.shape.place_of(element) {
        Some((member, place)) => (var.plates_of(member), place),
        None => (var.plates.clone(), element),
    };
    let mut at: Vec<(PlateId, usize)> = vec![];
    for &(p, size) in plates.iter().rev() {
        at.push((p, rest % size.max(1)));
        rest /= size.max(1);
    }
    at.reverse();
    if let (Some(stream), Some(first)) = (var.stream(), at.first_mut()) {
        first.1 = file_row(plan, stream, first.1);
    }
    if at.is_empty() { String::new() } else { format!(" at {}", plan.row_names.of(&at)) }
}

fn file_row(plan: &Plan, stream: StreamId, place: usize) -> usize {
    plan.streams[stream].order.as_ref().map_or(place, |o| o[place] as usize)
}

/// A place of a stream: "row 5".
pub(super) fn of_row(plan: &Plan, stream: StreamId, place: usize) -> String {
    plan.row_names.of(&[(plan.streams[stream].plate, file_row(plan, stream, place))])
}

/// Why an element has no posterior, in the words of the data: its place, and what is observed that hangs on
/// it.
pub(super) fn broken(plan: &Plan, v: VarId, why: Failure) -> Breakdown {
    if !why.impossible {
        return why.into();
    }
    let latent = |node: usize| plan.vars.ids().any(|u| plan.vars[u].nodes.iter().any(|n| n.0 == node));
    let mut seen: Vec<usize> = plan.holding(v).map(|(_, t)| t.node).collect();
    seen.retain(|&node| !latent(node));
    seen.sort_unstable();
    seen.dedup();
    let names: Vec<String> = seen.iter().map(|&node| format!("`{}`", plan.names[node])).collect();
    let given = if names.is_empty() { String::new() } else { format!(", given {}", names.join(", ")) };
    let what =
        if plan.vars[v].shape.of_categories() { "no combination of categories" } else { "no category" };
    Breakdown::Impossible(format!("{what} is possible{}{given}", of_element(plan, v, why.element)))
}

/// Why a chunk of sequences has none.
pub(super) fn broken_step(plan: &Plan, stream: StreamId, range: &Range<usize>, step: usize) -> Breakdown {
    let row = of_row(plan, stream, range.start + step);
    Breakdown::Impossible(format!("no category is possible at {row}"))
}

impl Work<'_> {
    /// Where a node meets a probability of zero: the first row that does, as far as blocks that outlive a
    /// pass say.
    pub(super) fn where_impossible(&mut self, node: usize) -> String {
        let plan = self.plan;
        for (t, table) in plan.tables.enumerate().filter(|(_, t)| t.node == node) {
            let streamed = table.operands.iter().any(|o| matches!(o.from, From::Streamed { .. }));
            if dot(self.tables.of(t), self.statistics.packed(plan, t)) >= IMPOSSIBLE {
                continue;
            }
            let Some(stream) = table.stream.filter(|_| !streamed) else { continue };
            let places: Vec<u32> = match &table.rows {
                Rows::All => (0..plan.streams[stream].size as u32).collect(),
                Rows::List(list) => list.clone(),
            };
            let mut sum = vec![0.0; self.statistics.packed(plan, t).len()];
            for place in places {
                sum.fill(0.0);
                let one = super::rows::Places::List(std::slice::from_ref(&place));
                self.rows.gather(plan, table, one, self.state.all_moments(), &mut sum);
                if dot(self.tables.of(t), &sum) < IMPOSSIBLE {
                    let with = beside(plan, table);
                    return format!(" at {}{with}", of_row(plan, stream, place as usize));
                }
            }
        }
        String::new()
    }
}

/// The blocks that meet in a table.
fn beside(plan: &Plan, table: &Table) -> String {
    let by_row = table.operands.iter().filter_map(|o| match o.from {
        From::Stored { var, .. } | From::Streamed { var, .. } => Some(var),
        _ => None,
    });
    let shared = table.terms.iter().flat_map(|t| &t.operands).filter_map(|o| match o.from {
        Shared::Var(var) => Some(var),
        _ => None,
    });
    let mut all: Vec<VarId> = by_row.chain(shared).collect();
    all.sort_unstable();
    all.dedup();
    let names: Vec<String> = all.iter().map(|&v| format!("`{}`", plan.vars[v].name)).collect();
    if names.is_empty() { String::new() } else { format!(", where {} meet", names.join(", ")) }
}
