//! A stream whose only block is a chain, a block of steps at a time: the kernel asks for the steps' messages
//! and tells their moments, which go into the statistics at once. So no number of a whole sequence stands in
//! memory but the kernel's own. Not here: the kernels (`block`), where sequences are split
//! (`split_sequences`).
//!
//! The natural parameters of a step are not kept, nor needed for the entropy: ⟨η, μ⟩ of all steps together is
//! Σ ⟨T, G⟩ over the tables that sent them messages, which the pass takes off at its end.

use super::{
    asked::{self, ChunkSteps, StepLine},
    chain::broken,
    gather::Gather,
    general::Messages,
    lines::Lines,
    path::{Chunking, Path},
    potentials::{Potentials, add_pairs},
    split_sequences::{Pieces, Splitting},
};
use crate::{
    block::sequence::{SequenceError, Sequences},
    engine::{
        desk::Desk,
        error::{Breakdown, Failed},
        profile,
        profile::{Profile, WorkPart},
        sums::RunSums,
        work::Work,
    },
    plan::{
        layout::{TableId, VarId},
        paths::chain::ChainRule as Rule,
        streams::Stream,
    },
};
use std::ops::Range;

/// A chain by blocks of steps.
pub(super) struct ByBlocks<'p> {
    line: StepLine<'p>,
    split: Option<Splitting<'p>>,
    lines: Option<Lines<'p>>,
    /// Tables whose ⟨T, G⟩ is what steps were sent.
    unkept: Vec<TableId>,
}

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct BlockBuffers {
    index: Vec<u32>,
    pair_sums: Vec<f64>,
    ends: Vec<u32>,
    pieces: Vec<u32>,
    asked: asked::AskedBuffers,
}

impl<'p> ByBlocks<'p> {
    pub(super) fn new(
        work: &Work<'p>,
        messages: Messages<'p>,
        rule: &'p Rule,
        pass: &[TableId],
        lines: Option<Lines<'p>>,
    ) -> Self {
        let plan = work.plan;
        let product = |t: &TableId| messages.product.as_ref().is_some_and(|p| p.sums(*t));
        let plain = pass.iter().copied().filter(|t| !product(t));
        let unkept = plain.clone().chain(messages.product.iter().flat_map(|p| p.tables())).collect();
        let tables = plain.filter(|&t| plan.tables[t].pair.is_none()).collect();
        let gather = rule.gather.as_ref().map(|g| Gather::new(plan, plan.vars[messages.var].width, g));
        let split = rule.split.as_ref().map(Splitting::new);
        let line = StepLine { messages, rule, gather, potentials: Potentials::default(), tables };
        Self { line, split, lines, unkept }
    }

    fn run(
        &self,
        work: &Work<'_>,
        range: &Range<usize>,
        desk: &mut Desk,
        own: &mut BlockBuffers,
        sums: &mut RunSums,
    ) -> Result<(), Breakdown> {
        let (plan, v, line) = (work.plan, self.block(), &self.line);
        let stream = line.messages.stream;
        let k = line.rule.pairs.entries;
        let BlockBuffers { index, pair_sums, ends, pieces, asked } = own;
        let indexed = line.rule.pairs.index(plan, range.clone(), index);
        let pair_index = indexed.then_some(index.as_slice());
        pair_sums.clear();
        pair_sums.resize(line.rule.pairs.levels * k * k, 0.0);
        let mut log_norm = 0.0;
        let Desk { starts, rows, kernels, .. } = desk;
        let cuts = self.split.as_ref().map_or_else(Vec::new, |s| s.add(range, starts, pieces));
        sequence_ends(&plan.streams[stream], range, ends);
        let runs = self.cut().map_or(plan.streams[stream].runs.len(), |c| c.runs.len());
        let mut steps = ChunkSteps { line, work, first: range.start, ends, rows, scratch: asked, sums, runs };
        let (from, before) = (steps.sums.profile.begin(), steps.sums.profile.seconds());
        let starts = if cuts.is_empty() { starts.as_slice() } else { pieces.as_slice() };
        let which = Sequences { pair_index, starts, above: &[], cuts: &cuts };
        let ready = &line.potentials.ready[0];
        let done = ready.run(which, &mut steps, pair_sums, &mut log_norm, &mut kernels[v]);
        if matches!(done, Err(SequenceError::Whole)) {
            steps.sums.again = true;
            return Ok(());
        }
        let lost = ready.take_lost(&mut kernels[v]) || done.is_err();
        if let Some(lines) = self.lines.as_ref().filter(|l| lost && l.may_help(work)) {
            lines.lost(sums);
            return Ok(());
        }
        done.map_err(|e| broken(work, stream, range, e))?;
        // The kernel's own time: what it asked of its steps has been noted.
        let asked = sums.profile.seconds() - before;
        sums.profile.end_but(WorkPart::Block(v), from, asked, || profile::block(plan, v, range.len()));
        sums.add_entropy(plan, v, log_norm);
        for p in &line.rule.pairs.tables {
            add_pairs(line.rule, p, 0, pair_sums, sums.table(plan, p.table));
        }
        Ok(())
    }
}

impl<'p> ByBlocks<'p> {
    /// The lines, where the chain is done by them.
    fn by_lines(&self) -> Option<&Lines<'p>> {
        self.lines.as_ref().filter(|l| l.on())
    }

    /// A chunk's sequences as a whole, from the rows of their lines.
    fn rows_by_lines(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Breakdown> {
        let (plan, v) = (work.plan, self.block());
        let Some(lines) = self.by_lines() else { return Ok(()) };
        desk.lay_out(&plan.vars[v], v, rows.len());
        lines.rows(work, rows, desk, sums)?;
        for &t in &self.line.tables {
            desk.gather(work, t, rows, sums.table(plan, t));
        }
        if let Some(product) = &self.line.messages.product {
            let Desk { moments, own, .. } = desk;
            product.gather(rows, &moments[v], own.of(), sums);
        }
        Ok(())
    }
}

impl Path for ByBlocks<'_> {
    fn block(&self) -> VarId {
        self.line.messages.var
    }

    fn prepare(&mut self, work: &mut Work<'_>) -> Result<(), Failed> {
        let line = &mut self.line;
        if let Some(product) = &mut line.messages.product {
            product.prepare(work);
        }
        if let Some(gather) = &mut line.gather {
            gather.prepare(work);
        }
        line.potentials.prepare(work, line.messages.var, line.rule);
        if let Some(split) = &mut self.split {
            split.try_all(work, line);
        }
        if let Some(lines) = &mut self.lines {
            lines.prepare(work);
        }
        Ok(())
    }

    fn spent(&mut self, profile: &mut Profile) {
        if let Some(split) = &mut self.split {
            split.spent(profile);
        }
    }

    fn cut(&self) -> Option<Chunking<'_>> {
        let Pieces { chunks, runs, .. } = self.split.as_ref()?.pieces()?;
        Some(Chunking { chunks, runs, spans: &[] })
    }

    fn lay_out(&self, _: &Work<'_>, _: usize, _: &mut Desk) {}

    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        if self.by_lines().is_some() {
            return self.rows_by_lines(work, rows, desk, sums).map_err(|why| (self.block(), why));
        }
        let mut own = desk.own.take::<BlockBuffers>();
        let done = self.run(work, rows, desk, &mut own, sums);
        desk.own.rest(own);
        done.map_err(|why| (self.block(), why))
    }

    fn sums(&self, _: TableId) -> bool {
        true
    }

    fn collect(&mut self, left: &mut RunSums) {
        if let Some(lines) = &mut self.lines {
            lines.collect(left);
        }
    }

    fn finish(&mut self, work: &mut Work<'_>) {
        if let Some(product) = &self.line.messages.product {
            product.finish(work);
        }
        if let Some(lines) = &mut self.lines {
            lines.finish(work);
        }
    }

    fn unkept(&self) -> &[TableId] {
        if self.by_lines().is_some() { &[] } else { &self.unkept }
    }

    fn again(&mut self, work: &mut Work<'_>) {
        // With whole sequences, from now on.
        self.split = None;
        if let Some(lines) = &mut self.lines {
            lines.again(work);
        }
    }
}

/// Where the sequences end that a chunk has steps of, counted from its first place.
fn sequence_ends(stream: &Stream, range: &Range<usize>, ends: &mut Vec<u32>) {
    ends.clear();
    let Some(starts) = &stream.starts else {
        ends.push((stream.size - range.start) as u32);
        return;
    };
    let from = starts.partition_point(|&s| s as usize <= range.start);
    let until = starts.partition_point(|&s| (s as usize) < range.end);
    ends.extend(starts[from..=until.min(starts.len() - 1)].iter().map(|&s| s - range.start as u32));
}
