//! The general way: messages table by table, or as one product where tables hold known numbers; moments
//! element by element. Not here: the statistics of tables that go by no path of their own (`pass`).

use super::{path::Path, stacked_product::TableProduct};
use crate::{
    block::element::Which,
    engine::{
        desk::Desk, error::Failed, moments::apply, place::broken, profile, profile::WorkPart, sums::RunSums,
        work::Work,
    },
    num::reduce::{self, dot},
    plan::{
        layout::{StreamId, TableId, VarId},
        table::Sent,
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
            .map_err(|why| (v, broken(plan, v, why)))?;
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
