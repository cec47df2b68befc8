//! Moments made once for all rows of a chunk that are alike; messages and sums as on the general way. Not here:
//! which rows are alike (`plan::paths::alike`).

use super::{
    general::{General, Messages, entropy},
    path::Path,
};
use crate::{
    block::element::Which,
    engine::{desk::Desk, error::Failed, moments::apply, sums::RunSums, work::Work},
    plan::{
        layout::{TableId, VarId},
        paths::alike::AlikeRule,
    },
};
use std::ops::Range;

/// A block of whose rows many are alike.
pub(super) struct Alike<'p> {
    general: General<'p>,
    rule: &'p AlikeRule,
}

/// Buffers of one thread.
#[derive(Default)]
struct Once {
    /// Of each kind of row, its place among those of the chunk; `u32::MAX` for none.
    place: Vec<u32>,
    /// The first row of each kind, in the order of the chunk.
    first: Vec<u32>,
    eta: Vec<f64>,
    moments: Vec<f64>,
    log_norm: Vec<f64>,
}

impl<'p> Alike<'p> {
    pub(super) fn new(messages: Messages<'p>, rule: &'p AlikeRule) -> Self {
        Self { general: General { messages }, rule }
    }
}

impl Path for Alike<'_> {
    fn block(&self) -> VarId {
        self.general.block()
    }

    fn prepare(&mut self, work: &mut Work<'_>) -> Result<(), Failed> {
        self.general.prepare(work)
    }

    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        self.general.messages.collect(work, rows, desk, sums);
        let v = self.block();
        let (var, kind) = (&work.plan.vars[v], &self.rule.kind[rows.clone()]);
        let w = var.width;
        let Desk { eta, moments, log_norm, own, .. } = desk;
        let once: &mut Once = own.of();
        once.place.clear();
        once.place.resize(self.rule.kinds, u32::MAX);
        once.first.clear();
        once.eta.clear();
        for (row, &k) in kind.iter().enumerate() {
            let place = &mut once.place[k as usize];
            if *place == u32::MAX {
                *place = once.first.len() as u32;
                once.first.push((rows.start + row) as u32);
                once.eta.extend_from_slice(&eta[v][row * w..(row + 1) * w]);
            }
        }
        once.moments.resize(once.eta.len(), 0.0);
        once.log_norm.resize(once.first.len(), 0.0);
        apply(var, Which::List(&once.first), &once.eta, &mut once.moments, &mut once.log_norm)
            .map_err(|why| (v, why))?;
        log_norm.resize(rows.len(), 0.0);
        for (row, &k) in kind.iter().enumerate() {
            let place = once.place[k as usize] as usize;
            moments[v][row * w..(row + 1) * w].copy_from_slice(&once.moments[place * w..(place + 1) * w]);
            log_norm[row] = once.log_norm[place];
        }
        let nats = entropy(var, &eta[v], &moments[v], log_norm, rows);
        sums.add_entropy(work.plan, v, nats);
        Ok(())
    }

    fn sum(&self, work: &Work<'_>, rows: &Range<usize>, desk: &mut Desk, sums: &mut RunSums) {
        self.general.sum(work, rows, desk, sums);
    }

    fn sums(&self, t: TableId) -> bool {
        self.general.sums(t)
    }

    fn finish(&mut self, work: &mut Work<'_>) {
        self.general.finish(work);
    }
}
