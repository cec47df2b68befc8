//! The general way: messages table by table, or as one product where tables hold known numbers; moments
//! element by element. Not here: the statistics of tables that go by no path of their own (`pass`).

use super::{path::Path, stacked_product::TableProduct};
use crate::{
    block::element::{Failure, Which},
    engine::{
        desk::Desk,
        error::{Breakdown, Failed},
        moments::apply,
        profile,
        profile::WorkPart,
        sums::RunSums,
        work::Work,
    },
    num::reduce::{self, dot},
    plan::{
        layout::{StreamId, TableId, VarId},
        table::{From, Sent, Table},
        var::Var,
    },
};
use std::ops::Range;

/// Messages to a block: what each table sends, and what some send as one product.
pub(super) struct Messages<'p> {
    pub(super) var: VarId,
    pub(super) stream: StreamId,
    pub(super) sent: Vec<Sent>,
    pub(super) product: Option<TableProduct<'p>>,
}

impl Messages<'_> {
    /// Their sum, for a chunk's rows: the block's η on the desk.
    pub(super) fn collect(&self, work: &Work<'_>, rows: &Range<usize>, desk: &mut Desk, sums: &mut RunSums) {
        let (plan, v, n) = (work.plan, self.var, rows.len());
        let var = &plan.vars[v];
        let mut eta = std::mem::take(&mut desk.eta[v]);
        eta.fill(0.0);
        for &(t, i) in &self.sent {
            let from = sums.profile.begin();
            desk.message(work, (t, i), rows, &mut eta);
            sums.profile.end(WorkPart::Message(v, t), from, || profile::message(&plan.tables[t], i, n));
        }
        if let Some(product) = &self.product {
            product.message(rows, desk.own.of(), sums, &mut eta);
        }
        var.shape.clamp(Which::From(rows.start * var.inner()), &mut eta);
        desk.eta[v] = eta;
    }
}

/// A block that goes the general way.
pub(super) struct General<'p> {
    pub(super) messages: Messages<'p>,
}

impl Path for General<'_> {
    fn block(&self) -> VarId {
        self.messages.var
    }

    fn prepare(&mut self, work: &mut Work<'_>) -> Result<(), Failed> {
        if let Some(product) = &mut self.messages.product {
            product.prepare(work);
        }
        Ok(())
    }

    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        self.messages.collect(work, rows, desk, sums);
        let (plan, v) = (work.plan, self.block());
        let var = &plan.vars[v];
        let (inner, count) = (var.inner(), rows.len() * var.inner());
        let from = sums.profile.begin();
        let Desk { eta, moments, log_norm, .. } = desk;
        log_norm.resize(count, 0.0);
        apply(var, Which::From(rows.start * inner), &eta[v], &mut moments[v], log_norm)
            .map_err(|why| (v, broken(work, v, why)))?;
        let nats = entropy(var, &eta[v], &moments[v], log_norm, rows);
        sums.add_entropy(plan, v, nats);
        sums.profile.end(WorkPart::Block(v), from, || profile::block(plan, v, count));
        Ok(())
    }

    fn sum(&self, _: &Work<'_>, rows: &Range<usize>, desk: &mut Desk, sums: &mut RunSums) {
        if let Some(product) = &self.messages.product {
            let Desk { moments, own, .. } = desk;
            product.gather(rows, &moments[self.block()], own.of(), sums);
        }
    }

    fn sums(&self, t: TableId) -> bool {
        self.messages.product.as_ref().is_some_and(|p| p.sums(t))
    }

    fn finish(&mut self, work: &mut Work<'_>) {
        if let Some(product) = &self.messages.product {
            product.finish(work);
        }
    }
}

/// Σ of a chunk's entropies: A − ⟨η, μ⟩, each row as often as it stands.
pub(super) fn entropy(
    var: &Var,
    eta: &[f64],
    moments: &[f64],
    log_norm: &[f64],
    range: &Range<usize>,
) -> f64 {
    let inner = var.inner();
    let held = var.shape.held();
    if var.weight.is_none() && held.is_none() {
        return reduce::sum(log_norm) - dot(eta, moments);
    }
    let mut sum = 0.0;
    for (e, a) in log_norm.iter().enumerate() {
        if held.is_some_and(|h| h.known[range.start * inner + e]) {
            continue;
        }
        let at = e * var.width..(e + 1) * var.width;
        sum += var.weight.as_ref().map_or(1.0, |w| w[range.start + e / inner])
            * (a - dot(&eta[at.clone()], &moments[at]));
    }
    sum
}

/// Why an element has no posterior, in the words of the data: its row, and what is observed that hangs on it.
fn broken(work: &Work<'_>, v: VarId, why: Failure) -> Breakdown {
    let plan = work.plan;
    let var = &plan.vars[v];
    let (true, Some(stream)) = (why.impossible, var.stream()) else { return why.into() };
    let place = why.element / var.inner().max(1);
    let row = plan.streams[stream].order.as_ref().map_or(place, |o| o[place] as usize);
    let latent = |node: usize| plan.vars.ids().any(|u| plan.vars[u].nodes.iter().any(|n| n.0 == node));
    let reads =
        |t: &Table| t.operands.iter().any(|o| matches!(o.from, From::Streamed { var, .. } if var == v));
    let mut seen: Vec<usize> =
        plan.tables.ids().map(|t| &plan.tables[t]).filter(|t| reads(t)).map(|t| t.node).collect();
    seen.retain(|&node| !latent(node));
    seen.sort_unstable();
    seen.dedup();
    let names: Vec<String> = seen.iter().map(|&node| format!("`{}`", plan.names[node])).collect();
    let given = if names.is_empty() { String::new() } else { format!(", given {}", names.join(", ")) };
    Breakdown::Impossible(format!("no category is possible at row {}{given}", row + 1))
}
