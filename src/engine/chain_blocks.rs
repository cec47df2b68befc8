//! The pass over a stream whose only block is a chain, a block of steps at a time: the kernel asks for the
//! steps' messages and tells their moments, which go into the statistics at once. So no number of a whole
//! sequence stands in memory but the kernel's own. Not here: the kernels (`block`), pair potentials and what
//! they sum to (`chain`).
//!
//! The natural parameters of a step are not kept, nor needed for the entropy: ⟨η, μ⟩ of all steps together is
//! Σ ⟨T, G⟩ over the tables that sent them messages, which the pass takes off at its end.

use super::{
    lookup::Lookups,
    pass::{Given, Shape, Sums, places},
    profile::{self, Step},
    rows::{ChunkMoments, Places, RowScratch},
    session::Session,
    stack,
};
use crate::{
    block::{
        element::Which,
        forward_backward::{self, ChainError, Steps},
        gaussian_chain::GaussianSteps,
        sequence::SequenceKernel,
    },
    plan::{
        layout::{List, TableId, VarId},
        table::{From, Table},
        var::{Storage, Var},
    },
};
use std::ops::Range;

/// Steps of a start that are given their responsibilities at a time.
const START: usize = 1024;

/// Whether a stream's pass goes so: its only block is a chain along it, one for all its rows, that no other
/// block waits for.
pub(super) fn alone(vars: &[(VarId, Vec<(TableId, usize)>)], all: &List<VarId, Var>) -> bool {
    let [(v, _)] = vars else { return false };
    let var = &all[*v];
    var.shape.sequences().is_some_and(SequenceKernel::by_blocks)
        && var.inner() == 1
        && matches!(var.storage, Storage::Streamed { kept: false, .. })
}

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Scratch {
    eta: Vec<f64>,
    moments: List<VarId, Vec<f64>>,
    before: Vec<u32>,
    list: Vec<u32>,
    temp: Vec<f64>,
}

/// A chunk's steps, as the kernels see them: numbered from the chunk's first.
pub(super) struct ChunkSteps<'a, 'p> {
    pub shape: &'a Shape<'p>,
    pub session: &'a Session<'p>,
    pub v: VarId,
    pub first: usize,
    /// Where sequences end: of one that goes on after the chunk, past its end.
    pub ends: &'a [u32],
    pub lookups: Option<&'a Lookups<'p>>,
    pub rows: &'a mut RowScratch,
    pub scratch: &'a mut Scratch,
    pub stack: &'a mut stack::Scratch,
    pub sums: &'a mut Sums,
}

impl ChunkSteps<'_, '_> {
    fn var(&self) -> &Var {
        &self.shape.plan.vars[self.v]
    }

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
        let plan = self.shape.plan;
        eta.fill(0.0);
        let w = self.var().width;
        for &(t, i) in &self.shape.vars[0].1 {
            let (table, o) = (&plan.tables[t], &plan.tables[t].operands[i]);
            let From::Streamed { back, .. } = o.from else { continue };
            let before = back > 0;
            let range = self.readers(steps, before);
            // Of place p is step p − zero.
            let zero = self.first + steps.start + usize::from(before);
            let Scratch { moments, list, temp, .. } = &mut *self.scratch;
            let chunk = Some(ChunkMoments { first: range.start, moments, before: &[] });
            let places = places(&table.rows, &range, list);
            let (stored, values) = (&self.session.moments, &self.session.table[t]);
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
            self.sums
                .profile
                .end(Step::Message(self.v, t), from, || profile::message(table, i, places.len()));
        }
        let here = self.first + steps.start..self.first + steps.end;
        for stack in &self.shape.stacks {
            stack.message(&here, self.stack, self.sums, eta);
        }
        let (var, at) = (&plan.vars[self.v], self.first + steps.start);
        var.shape.clamp(Which::From(at), eta);
    }

    /// Adds moments of these steps of one sequence to the statistics.
    fn gather(&mut self, steps: &Range<usize>, numbers: &[f64]) {
        let plan = self.shape.plan;
        let moments = &mut self.scratch.moments;
        moments.make_room(plan.vars.len());
        moments[self.v].clear();
        moments[self.v].extend_from_slice(numbers);
        let have = self.scratch.before.len() as u32;
        self.scratch.before.extend(have..steps.len() as u32);
        for (at, &t) in self.shape.tables.iter().enumerate() {
            let table = &plan.tables[t];
            if table.pair.is_some() {
                continue;
            }
            let range = self.readers(steps, of_before(table));
            let Scratch { moments, before, list, .. } = &mut *self.scratch;
            let places = places(&table.rows, &range, list);
            let chunk = ChunkMoments { first: range.start, moments, before };
            let from = self.sums.profile.begin();
            self.rows.gather_chunk(
                plan,
                table,
                &places,
                &self.session.moments,
                Some(chunk),
                &mut self.sums.statistics[at],
            );
            self.sums.profile.end(Step::Statistic(t), from, || profile::statistic(table, places.len()));
        }
        let here = self.first + steps.start..self.first + steps.end;
        for (id, stack) in self.shape.stacks.iter().enumerate() {
            stack.gather(id, &here, numbers, self.stack, self.sums);
        }
    }
}

/// Whether a table that couples no neighbours reads the step before.
fn of_before(table: &Table) -> bool {
    table.operands.iter().any(|o| matches!(o.from, From::Streamed { back: 1.., .. }))
}

impl Steps for ChunkSteps<'_, '_> {
    fn may_keep(&self) -> usize {
        // As many threads as there are runs keep some.
        let runs = self.shape.runs().len();
        if self.lookups.is_some() {
            0
        } else {
            forward_backward::WEIGHTS / self.session.pool.current_num_threads().clamp(1, runs.max(1))
        }
    }

    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        if let Some(lookups) = self.lookups {
            let from = self.sums.profile.begin();
            let count = steps.len();
            let sum = lookups
                .weights(self.first + steps.start..self.first + steps.end, weights)
                .map_err(|e| e.later(steps.start));
            let table = self.shape.vars[0].1[0];
            self.sums
                .profile
                .end(Step::Message(self.v, table.0), from, || lookups.work(self.shape.plan, count));
            return sum;
        }
        let k = self.var().width;
        let mut eta = std::mem::take(&mut self.scratch.eta);
        eta.resize(steps.len() * k, 0.0);
        self.messages(&steps, &mut eta);
        let sum = forward_backward::weigh(k, &eta, weights).map_err(|e| e.later(steps.start));
        self.scratch.eta = eta;
        sum
    }

    fn logs(&mut self, steps: Range<usize>, logs: &mut [f64]) {
        self.messages(&steps, logs);
    }

    fn take(&mut self, steps: Range<usize>, marginals: &[f64]) {
        match self.lookups {
            Some(lookups) => {
                let from = self.sums.profile.begin();
                lookups.add(
                    self.first + steps.start..self.first + steps.end,
                    marginals,
                    &mut self.sums.statistics,
                );
                let table = self.shape.vars[0].1[0].0;
                self.sums
                    .profile
                    .end(Step::Statistic(table), from, || lookups.work(self.shape.plan, steps.len()));
            }
            None => self.gather(&steps, marginals),
        }
    }
}

impl GaussianSteps for ChunkSteps<'_, '_> {
    fn natural(&mut self, steps: Range<usize>, node: &mut [f64]) {
        self.messages(&steps, node);
    }

    fn take(&mut self, steps: Range<usize>, moments: &[f64]) {
        self.gather(&steps, moments);
    }
}

/// A start, where responsibilities are given: statistics of these, pairs of neighbours as if independent.
/// False where there are none to give.
#[expect(clippy::too_many_arguments, reason = "what a chunk of a pass knows")]
pub(super) fn start(
    shape: &Shape<'_>,
    session: &Session<'_>,
    v: VarId,
    range: &Range<usize>,
    before: &[u32],
    given: Given<'_>,
    rows: &mut RowScratch,
    scratch: &mut Scratch,
    sums: &mut Sums,
) -> bool {
    let plan = shape.plan;
    let (var, w) = (&plan.vars[v], plan.vars[v].width);
    scratch.moments.make_room(plan.vars.len());
    for lo in range.clone().step_by(START) {
        let hi = (lo + START).min(range.end);
        let count = hi - lo;
        // The step before the first comes last.
        let moments = &mut scratch.moments[v];
        moments.resize((count + 1) * w, 0.0);
        let (own, past) = moments.split_at_mut(count * w);
        if !given(v, lo..hi, own) {
            return false;
        }
        var.shape.hold(Which::From(lo), own);
        scratch.before.clear();
        scratch.before.extend(0..count as u32);
        scratch
            .before
            .iter_mut()
            .zip(&before[lo - range.start..])
            .for_each(|(b, &p)| *b = if p == u32::MAX { p } else { b.wrapping_sub(1) });
        if before[lo - range.start] != u32::MAX {
            given(v, lo - 1..lo, past);
            var.shape.hold(Which::From(lo - 1), past);
            scratch.before[0] = count as u32;
        }
        for (at, &t) in shape.tables.iter().enumerate() {
            let table = &plan.tables[t];
            let Scratch { moments, before, list, .. } = &mut *scratch;
            let chunk = ChunkMoments { first: lo, moments, before };
            let places = places(&table.rows, &(lo..hi), list);
            rows.gather_chunk(plan, table, &places, &session.moments, Some(chunk), &mut sums.statistics[at]);
        }
    }
    scratch.before.clear();
    true
}
