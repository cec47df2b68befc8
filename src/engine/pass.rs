//! One pass over a stream's rows: chunks by runs, in order, each block by its way; what runs have summed is
//! added up. Not here: the ways (`paths`), nor stored blocks (`update`).
//!
//! Chunks are grouped into runs that don't depend on the number of threads; each run has its own sums, and
//! these are added in the order of the runs. So the result has the same bits for any number of threads.

use super::{
    desk::Desk,
    error::{Failed, RunError},
    paths::path::Chunking,
    profile::WorkPart,
    ready::ReadyPass,
    sums::RunSums,
    work::Work,
};
use crate::{
    num::reduce::dot,
    plan::{layout::TableId, paths::local_ascent::RunSpan, sums::Summed},
};
use rayon::prelude::*;
use std::{ops::Range, sync::Mutex};

/// Buffers that threads leave to each other and to later passes.
#[derive(Default)]
pub(super) struct Idle {
    desks: Mutex<Vec<Desk>>,
    sums: Mutex<Vec<RunSums>>,
}

/// Numbers in the sums of all runs of a pass that may be in memory together.
const SMALL: usize = 1 << 18;
/// Rows × numbers of a pass that are not worth a second thread.
const ALONE: usize = 1 << 12;

fn take<T>(from: &Mutex<Vec<T>>) -> Option<T> {
    from.lock().ok().and_then(|mut idle| idle.pop())
}

fn rest<T>(to: &Mutex<Vec<T>>, item: T) {
    if let Ok(mut idle) = to.lock() {
        idle.push(item);
    }
}

impl ReadyPass<'_> {
    /// All rows once: q of their blocks, and every statistic and entropy that follows.
    pub(super) fn pass(&mut self, work: &mut Work<'_>, idle: &Idle) -> Result<(), RunError> {
        let plan = work.plan;
        let from = work.profile.begin();
        for (t, _) in plan.tables.enumerate().filter(|(_, table)| table.stream == Some(self.stream)) {
            work.refresh_table(t);
        }
        let broke = |work: &Work<'_>, (v, kind): Failed| work.error(v, kind);
        for way in &mut self.ways {
            way.prepare(work).map_err(|failed| broke(work, failed))?;
            way.spent(&mut work.profile);
        }
        work.statistics.clear(plan.sums.passes[self.stream].all.clone());
        let mut kept: Vec<Vec<f64>> = self.kept.iter().map(|&v| work.state.spare(v)).collect();
        let again = self.runs(work, idle, &mut kept).map_err(|failed| broke(work, failed))?;
        for (&v, moments) in self.kept.iter().zip(kept) {
            work.state.replace_moments(v, moments);
        }
        if again {
            // Sums are made anew, and blocks of the same rows are updated once more, which is as good.
            self.ways.iter_mut().for_each(|way| way.again(work));
            return self.pass(work, idle);
        }
        self.ways.iter_mut().for_each(|way| way.finish(work));
        plan.passes[self.stream].tables.iter().for_each(|&t| work.statistics.unpack(plan, t));
        for way in &self.ways {
            let sent = |t: &TableId| dot(work.tables.of(*t), work.statistics.packed(plan, *t));
            let off: f64 = way.unkept().iter().map(sent).sum();
            let summed = plan
                .sums
                .place(Summed::Entropy(way.block()))
                .map_or(0.0, |at| work.statistics.at(at..at + 1)[0]);
            work.state.set_entropy(way.block(), summed - off);
            work.state.has_moved(way.block());
        }
        work.profile.end(WorkPart::Pass(self.stream), from, || (0.0, 0.0));
        Ok(())
    }

    /// Works off all runs and adds up what they give, in their order; true if the pass has to be done again.
    fn runs(&mut self, work: &mut Work<'_>, idle: &Idle, kept: &mut [Vec<f64>]) -> Result<bool, Failed> {
        let stream = &work.plan.streams[self.stream];
        let all = 0..stream.chunks.len();
        let plain = Chunking {
            chunks: &stream.chunks,
            runs: if self.one_run { std::slice::from_ref(&all) } else { &stream.runs },
            spans: &[],
        };
        let cut = self.ways.iter().find_map(|w| w.cut()).unwrap_or(plain);
        let whole = !cut.spans.is_empty() || stream.starts.is_some();
        cut.chunks.clone_into(&mut self.chunks);
        cut.runs.clone_into(&mut self.runs);
        cut.spans.clone_into(&mut self.spans);
        if self.spans.is_empty() {
            self.spans.push(RunSpan { runs: 0..self.runs.len(), rows: 0..stream.size });
        }
        let (chunks, runs, spans) = (
            std::mem::take(&mut self.chunks),
            std::mem::take(&mut self.runs),
            std::mem::take(&mut self.spans),
        );
        let threads = work.pool.current_num_threads().max(1);
        // Small sums may all wait for each other, so that no thread has to.
        let at_once = if self.places.len() * runs.len() <= SMALL { runs.len().max(1) } else { threads };
        let (mut again, mut done) = (false, std::mem::take(&mut self.done));
        for (i, span) in spans.iter().enumerate() {
            for batch in runs[span.runs.clone()].chunks(at_once) {
                let one = |run: &Range<usize>, mut sums: RunSums, work: &Work<'_>| {
                    let mut desk = take(&idle.desks).unwrap_or_else(|| Desk::new(work.plan));
                    sums.failed = self.run(work, &chunks[run.clone()], whole, &mut desk, &mut sums).err();
                    rest(&idle.desks, desk);
                    sums
                };
                let begin = |work: &Work<'_>| {
                    let mut sums = take(&idle.sums).unwrap_or_default();
                    sums.begin(self.places.clone(), work.profile.like());
                    sums
                };
                done.clear();
                if let [only] = runs.as_slice() {
                    let mut sums = take(&idle.sums).unwrap_or_default();
                    sums.in_place(work.statistics.lend(), work.profile.like());
                    let mut sums = one(only, sums, work);
                    sums.give_back(work.statistics.lend());
                    done.push(sums);
                } else if threads == 1 || stream.size * self.places.len().max(8) < ALONE {
                    let work = &*work;
                    done.extend(batch.iter().map(|run| one(run, begin(work), work)));
                } else {
                    let work = &*work;
                    let all = batch.par_iter().map(|run| one(run, begin(work), work));
                    work.pool.install(|| all.collect_into_vec(&mut done));
                }
                for mut sums in done.drain(..) {
                    if let Some(failed) = sums.failed.take() {
                        return Err(failed);
                    }
                    again |= sums.again;
                    work.profile.add(&sums.profile);
                    if runs.len() > 1 {
                        let (first, part) = sums.all();
                        work.statistics.add(first, part);
                    }
                    for (all, part) in kept.iter_mut().zip(&sums.kept) {
                        all.extend_from_slice(part);
                    }
                    self.ways.iter_mut().for_each(|way| way.collect(&mut sums));
                    rest(&idle.sums, sums);
                }
            }
            self.ways.iter_mut().for_each(|way| way.after_span(work, i));
        }
        (self.chunks, self.runs, self.spans, self.done) = (chunks, runs, spans, done);
        Ok(again)
    }
}
