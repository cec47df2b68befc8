//! What kernels over sequences ask of steps, answered a block of steps at a time: messages from tables, and
//! moments into statistics. Not here: the pass (`steps`), nor the kernels (`block`).

use super::{gather::Gather, general::Messages, potentials::Potentials, stacked_product::KnownRows};
use crate::{
    block::{
        element::Which,
        forward_backward::{self, ChainError, WeightedSteps},
        steps::Steps,
    },
    engine::{
        desk::places,
        profile,
        profile::WorkPart,
        rows::{ChunkMoments, Places, RowScratch},
        sums::RunSums,
        work::Work,
    },
    plan::{
        layout::{List, TableId, VarId},
        paths::chain::ChainRule as Rule,
        table::{From, Table},
    },
};
use std::ops::Range;

/// What kernels ask for, for all of a stream's steps.
pub(super) struct StepLine<'p> {
    pub(super) messages: Messages<'p>,
    pub(super) rule: &'p Rule,
    pub(super) gather: Option<Gather<'p>>,
    pub(super) potentials: Potentials,
    /// Tables that steps' moments are gathered into one by one.
    pub(super) tables: Vec<TableId>,
}

/// Buffers for what a kernel asks.
#[derive(Default)]
pub(super) struct AskedBuffers {
    eta: Vec<f64>,
    moments: List<VarId, Vec<f64>>,
    before: Vec<u32>,
    list: Vec<u32>,
    temp: Vec<f64>,
    known: KnownRows,
}

/// A chunk's steps, as the kernels see them: numbered from the chunk's first.
pub(super) struct ChunkSteps<'a, 'p> {
    pub(super) line: &'a StepLine<'p>,
    pub(super) work: &'a Work<'p>,
    pub(super) first: usize,
    /// Where sequences end: of one that goes on after the chunk, past its end.
    pub(super) ends: &'a [u32],
    pub(super) rows: &'a mut RowScratch,
    pub(super) scratch: &'a mut AskedBuffers,
    pub(super) sums: &'a mut RunSums,
    /// As many threads as there are runs keep some weights.
    pub(super) runs: usize,
}

impl ChunkSteps<'_, '_> {
    /// The rows whose operand of the step before, or own operand, is in `steps` (one sequence's), as places
    /// of the stream.
    fn readers(&self, steps: &Range<usize>, before: bool) -> Range<usize> {
        let (lo, mut hi) = (steps.start + usize::from(before), steps.end);
        if before {
            let end = self.ends[self.ends.partition_point(|&e| e as usize <= steps.start)] as usize;
            hi = (hi + 1).min(end);
        }
        self.first + lo.min(hi)..self.first + hi
    }

    /// Σ of messages to these steps of one sequence.
    fn messages(&mut self, steps: &Range<usize>, eta: &mut [f64]) {
        let (plan, v) = (self.work.plan, self.line.messages.var);
        let var = &plan.vars[v];
        eta.fill(0.0);
        let w = var.width;
        for &(t, i) in &self.line.messages.sent {
            let (table, o) = (&plan.tables[t], &plan.tables[t].operands[i]);
            let From::Streamed { back, .. } = o.from else { continue };
            let before = back > 0;
            let range = self.readers(steps, before);
            // Of place p is step p − zero.
            let zero = self.first + steps.start + usize::from(before);
            let AskedBuffers { moments, list, temp, .. } = &mut *self.scratch;
            let chunk = Some(ChunkMoments { first: range.start, moments, before: &[] });
            let places = places(&table.rows, &range, list);
            let (stored, values) = (self.work.state.all_moments(), self.work.tables.of(t));
            let from = self.sums.profile.begin();
            match &places {
                Places::Range(_) => {
                    self.rows.message(plan, table, i, &places, stored, chunk, values, &mut eta[o.offset..])
                }
                Places::List([]) => {}
                Places::List(l) => {
                    temp.clear();
                    temp.resize(l.len() * w, 0.0);
                    self.rows.message(plan, table, i, &places, stored, chunk, values, &mut temp[o.offset..]);
                    for (from, &p) in temp.chunks_exact(w).zip(l.iter()) {
                        eta[(p as usize - zero) * w..][..w].iter_mut().zip(from).for_each(|(a, b)| *a += b);
                    }
                }
            }
            let count = places.len();
            self.sums.profile.end(WorkPart::Message(v, t), from, || profile::message(table, i, count));
        }
        let here = self.first + steps.start..self.first + steps.end;
        if let Some(product) = &self.line.messages.product {
            product.message(&here, &mut self.scratch.known, self.sums, eta);
        }
        var.shape.clamp(Which::From(here.start), eta);
    }

    /// Adds moments of these steps of one sequence to the statistics.
    fn gather(&mut self, steps: &Range<usize>, numbers: &[f64]) {
        let (plan, v) = (self.work.plan, self.line.messages.var);
        let moments = &mut self.scratch.moments;
        moments.make_room(plan.vars.len());
        moments[v].clear();
        moments[v].extend_from_slice(numbers);
        let have = self.scratch.before.len() as u32;
        self.scratch.before.extend(have..steps.len() as u32);
        for &t in &self.line.tables {
            let table = &plan.tables[t];
            let range = self.readers(steps, of_before(table));
            let AskedBuffers { moments, before, list, .. } = &mut *self.scratch;
            let places = places(&table.rows, &range, list);
            let chunk = Some(ChunkMoments { first: range.start, moments, before });
            let from = self.sums.profile.begin();
            let (stored, count) = (self.work.state.all_moments(), places.len());
            self.rows.gather_chunk(plan, table, &places, stored, chunk, self.sums.table(plan, t));
            self.sums.profile.end(WorkPart::Statistic(t), from, || profile::statistic(table, count));
        }
        let here = self.first + steps.start..self.first + steps.end;
        if let Some(product) = &self.line.messages.product {
            product.gather(&here, numbers, &mut self.scratch.known, self.sums);
        }
    }
}

/// Whether a table that couples no neighbours reads the step before.
fn of_before(table: &Table) -> bool {
    table.operands.iter().any(|o| matches!(o.from, From::Streamed { back: 1.., .. }))
}

impl WeightedSteps for ChunkSteps<'_, '_> {
    fn may_keep(&self) -> usize {
        if self.line.gather.is_some() {
            0
        } else {
            forward_backward::WEIGHTS / self.work.pool.current_num_threads().clamp(1, self.runs.max(1))
        }
    }

    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        let (plan, v) = (self.work.plan, self.line.messages.var);
        if let Some(gather) = &self.line.gather {
            let from = self.sums.profile.begin();
            let count = steps.len();
            let sum = gather
                .weights(self.first + steps.start..self.first + steps.end, weights)
                .map_err(|e| e.later(steps.start));
            let part = WorkPart::Message(v, gather.main());
            self.sums.profile.end(part, from, || gather.work(plan, count));
            return sum;
        }
        let k = plan.vars[v].width;
        let mut eta = std::mem::take(&mut self.scratch.eta);
        eta.resize(steps.len() * k, 0.0);
        self.messages(&steps, &mut eta);
        let sum = forward_backward::weigh(k, &eta, weights).map_err(|e| e.later(steps.start));
        self.scratch.eta = eta;
        sum
    }
}

impl Steps for ChunkSteps<'_, '_> {
    fn natural(&mut self, steps: Range<usize>, eta: &mut [f64]) {
        self.messages(&steps, eta);
    }

    fn take(&mut self, steps: Range<usize>, marginals: &[f64]) {
        match &self.line.gather {
            Some(gather) => {
                let (plan, from) = (self.work.plan, self.sums.profile.begin());
                let here = self.first + steps.start..self.first + steps.end;
                gather.add(plan, here, marginals, self.sums);
                let part = WorkPart::Statistic(gather.main());
                self.sums.profile.end(part, from, || gather.work(plan, steps.len()));
            }
            None => self.gather(&steps, marginals),
        }
    }
}
