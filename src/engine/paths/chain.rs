//! Sequences and trees, a chunk of whole ones at a time: messages to single steps as for any block, then one
//! kernel run, and pair moments back into statistics. Not here: the kernels (`block`), chains that are all
//! that their rows have (`steps`).

use super::{
    general::Messages,
    lines::Lines,
    path::Path,
    potentials::{Potentials, add_pairs, add_pairs_by_row, by_row, kernel},
};
use crate::{
    block::{
        forward_backward::{self, ChainError, WeightedSteps},
        sequence::{SequenceError, Sequences},
        steps::Steps,
    },
    engine::{
        desk::Desk,
        error::{Breakdown, Failed},
        place::broken_step,
        profile,
        profile::WorkPart,
        sums::RunSums,
        work::Work,
    },
    num::reduce::dot,
    plan::{
        layout::{StreamId, TableId, VarId},
        paths::chain::ChainRule as Rule,
    },
};
use std::ops::Range;

/// A chain by chunks.
pub(super) struct WholeSequences<'p> {
    pub(super) messages: Messages<'p>,
    pub(super) rule: &'p Rule,
    pub(super) potentials: Potentials,
    pub(super) pairs: Vec<TableId>,
    lines: Option<Lines<'p>>,
}

/// Buffers of one thread.
#[derive(Default)]
struct SequenceBuffers {
    index: Vec<u32>,
    pair_sums: Vec<f64>,
}

impl<'p> WholeSequences<'p> {
    pub(super) fn new(messages: Messages<'p>, rule: &'p Rule, lines: Option<Lines<'p>>) -> Self {
        let pairs = rule.pairs.tables.iter().map(|p| p.table).collect();
        Self { messages, rule, potentials: Potentials::default(), pairs, lines }
    }

    /// The lines, where the chain is done by them.
    fn by_lines(&self) -> Option<&Lines<'p>> {
        self.lines.as_ref().filter(|l| l.on())
    }

    /// Whether lines may say what sums can't any more: then the pass is done again.
    fn lost(&self, work: &Work<'_>, sums: &mut RunSums) -> bool {
        let lines = self.lines.as_ref().filter(|l| l.may_help(work));
        lines.inspect(|l| l.lost(sums)).is_some()
    }

    /// Potentials between neighbours, where rows have their own.
    fn by_row(&self, work: &Work<'_>, rows: &Range<usize>, desk: &mut Desk) -> Option<Vec<Vec<f64>>> {
        let v = self.block();
        self.rule.pairs.by_row.then(|| by_row(work, v, self.rule, rows, desk, &|_| true))
    }

    /// Which potential leads into each step; false where all are the first.
    fn index(&self, work: &Work<'_>, rows: &Range<usize>, by_row: bool, index: &mut Vec<u32>) -> bool {
        if by_row {
            index.clear();
            index.extend(0..rows.len() as u32);
            return true;
        }
        self.rule.pairs.index(work.plan, rows.clone(), index)
    }

    /// Runs the chunk's sequences; writes the steps' moments, adds the pairs' statistic and the part of the
    /// entropy that steps give.
    fn sequences(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        own: &mut SequenceBuffers,
        sums: &mut RunSums,
    ) -> Result<(), Breakdown> {
        let (plan, v, pairs, stream) = (work.plan, self.block(), &self.rule.pairs, self.messages.stream);
        let var = &plan.vars[v];
        let (n, k, w, inner) = (rows.len(), pairs.entries, var.width, var.inner());
        let by_row = self.by_row(work, rows, desk);
        let SequenceBuffers { index, pair_sums } = own;
        let indexed = self.index(work, rows, by_row.is_some(), index);
        let levels = if by_row.is_some() { n } else { pairs.levels };
        pair_sums.clear();
        pair_sums.resize(levels * k * k, 0.0);
        let eta = std::mem::take(&mut desk.eta[v]);
        let mut result = Ok(());
        for cell in 0..inner {
            pair_sums.fill(0.0);
            let mut log_norm = 0.0;
            let made = by_row.as_ref().map(|all| kernel(var).prepare(&all[cell]));
            let ready = made.as_deref().unwrap_or_else(|| &*self.potentials.ready[cell]);
            let Desk { starts, before, moments, kernels, .. } = &mut *desk;
            let pair_index = indexed.then_some(index.as_slice());
            let which = Sequences { pair_index, starts, above: before, cuts: &[] };
            let marginals = &mut moments[v];
            let mut steps = StepCell { k: w, rows: inner * w, at: cell * w, logs: &eta, marginals };
            let done = ready.run(which, &mut steps, pair_sums, &mut log_norm, &mut kernels[v]);
            if (ready.take_lost(&mut kernels[v]) || done.is_err()) && self.lost(work, sums) {
                break;
            }
            if let Err(e) = done {
                result = Err(broken(work, stream, rows, e));
                break;
            }
            sums.add_entropy(plan, v, log_norm);
            for p in &pairs.tables {
                if pairs.by_row {
                    add_pairs_by_row(work, (v, var), (p, cell), pair_sums, rows, desk, sums);
                } else {
                    add_pairs(self.rule, p, cell, pair_sums, sums.table(plan, p.table));
                }
            }
        }
        sums.add_entropy(plan, v, -dot(&eta, &desk.moments[v]));
        desk.eta[v] = eta;
        result
    }
}

impl Path for WholeSequences<'_> {
    fn block(&self) -> VarId {
        self.messages.var
    }

    fn prepare(&mut self, work: &mut Work<'_>) -> Result<(), Failed> {
        if let Some(product) = &mut self.messages.product {
            product.prepare(work);
        }
        self.potentials.prepare(work, self.messages.var, self.rule);
        if let Some(lines) = &mut self.lines {
            lines.prepare(work);
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
        let (plan, v) = (work.plan, self.block());
        if let Some(lines) = self.by_lines() {
            return lines.rows(work, rows, desk, sums).map_err(|why| (v, why));
        }
        desk.covariances[v].clear();
        self.messages.collect(work, rows, desk, sums);
        let var = &plan.vars[v];
        let from = sums.profile.begin();
        let mut own = desk.own.take::<SequenceBuffers>();
        let done = self.sequences(work, rows, desk, &mut own, sums);
        desk.own.rest(own);
        done.map_err(|why| (v, why))?;
        sums.profile.end(WorkPart::Block(v), from, || profile::block(plan, v, rows.len() * var.inner()));
        Ok(())
    }

    fn likely(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
    ) -> Result<Option<Vec<f64>>, Failed> {
        let (v, stream) = (self.block(), self.messages.stream);
        let var = &work.plan.vars[v];
        let (k, inner) = (var.width, var.inner());
        let by_row = self.by_row(work, rows, desk);
        let mut index = vec![];
        let indexed = self.index(work, rows, by_row.is_some(), &mut index);
        let mut out = vec![0.0; rows.len() * inner];
        for cell in 0..inner {
            let made = by_row.as_ref().map(|all| kernel(var).prepare(&all[cell]));
            let ready = made.as_deref().unwrap_or_else(|| &*self.potentials.ready[cell]);
            let pair_index = indexed.then_some(index.as_slice());
            let which = Sequences { pair_index, starts: &desk.starts, above: &desk.before, cuts: &[] };
            let logs = &desk.eta[v];
            let mut steps = StepCell { k, rows: inner * k, at: cell * k, logs, marginals: &mut [] };
            let done = ready.likely(which, &mut steps).map_err(|e| (v, broken(work, stream, rows, e)))?;
            let Some(states) = done else { return Ok(None) };
            states.into_iter().enumerate().for_each(|(t, s)| out[t * inner + cell] = s);
        }
        Ok(Some(out))
    }

    fn sum(&self, _: &Work<'_>, rows: &Range<usize>, desk: &mut Desk, sums: &mut RunSums) {
        if let Some(product) = &self.messages.product {
            let Desk { moments, own, .. } = desk;
            product.gather(rows, &moments[self.block()], own.of(), sums);
        }
    }

    fn sums(&self, t: TableId) -> bool {
        self.pairs.contains(&t) || self.messages.product.as_ref().is_some_and(|p| p.sums(t))
    }

    fn collect(&mut self, left: &mut RunSums) {
        if let Some(lines) = &mut self.lines {
            lines.collect(left);
        }
    }

    fn finish(&mut self, work: &mut Work<'_>) {
        if let Some(product) = &self.messages.product {
            product.finish(work);
        }
        if let Some(lines) = &mut self.lines {
            lines.finish(work);
        }
    }

    fn unkept(&self) -> &[TableId] {
        if self.by_lines().is_some() { &[] } else { &self.pairs }
    }

    fn again(&mut self, work: &mut Work<'_>) {
        if let Some(lines) = &mut self.lines {
            lines.again(work);
        }
    }
}

/// Why a chunk has no posterior, in the words of the data.
pub(super) fn broken(work: &Work<'_>, stream: StreamId, range: &Range<usize>, e: SequenceError) -> Breakdown {
    match e {
        SequenceError::Impossible(step) => broken_step(work.plan, stream, range, step),
        SequenceError::Improper(why) => Breakdown::Improper(why),
        SequenceError::Whole => Breakdown::Improper("sequences have to be done as a whole".into()),
    }
}

/// One plate cell of a chunk's steps, where natural parameters and moments stand.
struct StepCell<'a> {
    /// Numbers of a step.
    k: usize,
    /// Numbers from a step to the next, and where the cell's are.
    rows: usize,
    at: usize,
    logs: &'a [f64],
    marginals: &'a mut [f64],
}

impl WeightedSteps for StepCell<'_> {
    fn may_keep(&self) -> usize {
        // Potentials and marginals of whole sequences stand in memory anyway.
        forward_backward::WEIGHTS
    }

    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        let first = steps.start;
        let weighed = if self.rows == self.k {
            forward_backward::weigh(self.k, &self.logs[first * self.k..steps.end * self.k], weights)
        } else {
            let mut logs = vec![0.0; steps.len() * self.k];
            self.natural(steps, &mut logs);
            forward_backward::weigh(self.k, &logs, weights)
        };
        weighed.map_err(|e| e.later(first))
    }
}

impl Steps for StepCell<'_> {
    fn natural(&mut self, steps: Range<usize>, logs: &mut [f64]) {
        for (t, row) in steps.zip(logs.chunks_exact_mut(self.k)) {
            row.copy_from_slice(&self.logs[t * self.rows + self.at..][..self.k]);
        }
    }

    fn take(&mut self, steps: Range<usize>, marginals: &[f64]) {
        for (t, row) in steps.zip(marginals.chunks_exact(self.k)) {
            self.marginals[t * self.rows + self.at..][..self.k].copy_from_slice(row);
        }
    }
}
