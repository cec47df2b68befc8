//! One pass over a stream's rows: chunks by runs, in order, each block by its way; what runs have summed is
//! added up. Not here: the ways (`paths`), nor stored blocks (`update`).
//!
//! Chunks are grouped into runs that don't depend on the number of threads; each run has its own sums, and
//! these are added in the order of the runs. So the result has the same bits for any number of threads.

use super::{
    desk::Desk,
    error::{Failed, RunError},
    paths::{self, Ways, path::Chunking},
    profile::{self, WorkPart},
    sums::{Emitted, RunSums},
    work::Work,
};
use crate::{
    num::reduce::dot,
    plan::{
        layout::{StreamId, TableId, VarId},
        paths::local_ascent::RunSpan,
        sums::Summed,
        var::Storage,
    },
};
use rayon::prelude::*;
use std::{ops::Range, sync::Mutex};

/// Ways over a stream's rows, and what comes of it.
pub(super) struct ReadyPass<'a> {
    stream: StreamId,
    ways: Ways<'a>,
    /// Tables that no way sums itself.
    gathered: Vec<TableId>,
    /// Blocks that are kept between passes.
    kept: Vec<VarId>,
    /// Summed each run sums, of all statistics.
    places: Range<usize>,
    /// All chunks in one run: the sums are too large to be there twice.
    one_run: bool,
    chunks: Vec<Range<usize>>,
    runs: Vec<Range<usize>>,
    spans: Vec<RunSpan>,
    done: Vec<RunSums>,
}

/// Buffers that threads leave to each other and to later passes.
#[derive(Default)]
pub(super) struct Idle {
    desks: Mutex<Vec<Desk>>,
    sums: Mutex<Vec<RunSums>>,
}

/// Numbers in the sums of all runs of a pass that may be in memory together.
const SMALL: usize = 1 << 18;
/// Rows that are worked off together, at most, where they could be cut anywhere.
const LARGEST_CHUNK: usize = 8192;
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

impl<'a> ReadyPass<'a> {
    pub(super) fn new(work: &Work<'_>, stream: StreamId, ways: Ways<'a>) -> Self {
        let (plan, pass) = (work.plan, &work.plan.passes[stream]);
        let gathered = paths::gathered(pass, &ways);
        let sums = &plan.sums.passes[stream];
        let by_run = |t: &TableId| plan.sums.tables[*t].end <= sums.by_run.end;
        let places = if gathered.iter().all(by_run) { sums.by_run.clone() } else { sums.all.clone() };
        let kept = |v: &VarId| matches!(plan.vars[*v].storage, Storage::Streamed { kept: true, .. });
        let kept = pass.ways.iter().map(|w| w.var).filter(kept).collect();
        let one_run = pass.local_ascent().is_some() && ways.iter().all(|w| w.cut().is_none());
        Self {
            stream,
            ways,
            gathered,
            kept,
            places,
            one_run,
            chunks: vec![],
            runs: vec![],
            spans: vec![],
            done: vec![],
        }
    }

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
            // Nothing but sums has been touched: a stream that can be in pieces has no other block.
            self.ways.iter_mut().for_each(|way| way.again());
            return self.pass(work, idle);
        }
        self.ways.iter_mut().for_each(|way| way.finish(work));
        plan.passes[self.stream].tables.iter().for_each(|&t| work.statistics.unpack(plan, t));
        for way in &self.ways {
            let sent = |t: &TableId| dot(work.tables.of(*t), work.statistics.packed(plan, *t));
            let off: f64 = way.unkept().iter().map(sent).sum();
            let summed = plan
                .sums
                .place(Summed::Entropy(way.var()))
                .map_or(0.0, |at| work.statistics.at(at..at + 1)[0]);
            work.state.set_entropy(way.var(), summed - off);
            work.state.has_moved(way.var());
        }
        work.profile.end(WorkPart::Pass(self.stream), from, || (0.0, 0.0));
        Ok(())
    }

    /// Works off all runs and adds up what they give, in their order; true if the pass has to be done again.
    fn runs(&mut self, work: &mut Work<'_>, idle: &Idle, kept: &mut [Vec<f64>]) -> Result<bool, Failed> {
        let stream = &work.plan.streams[self.stream];
        let one = [0..stream.chunks.len()];
        let plain = Chunking {
            chunks: &stream.chunks,
            runs: if self.one_run { &one } else { &stream.runs },
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
                    for (all, (_, part)) in kept.iter_mut().zip(&sums.kept) {
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

    /// One run's chunks.
    fn run(
        &self,
        work: &Work<'_>,
        chunks: &[Range<usize>],
        whole: bool,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        let plan = work.plan;
        sums.kept.resize_with(self.kept.len(), || (self.kept[0], vec![]));
        for rows in pieces(chunks, whole) {
            self.moments(work, &rows, &|v| work.state.moments(v), desk, sums)?;
            for &t in &self.gathered {
                let from = sums.profile.begin();
                desk.gather(work, t, &rows, sums.table(plan, t));
                let count = rows.len();
                sums.profile.end(WorkPart::Statistic(t), from, || profile::statistic(&plan.tables[t], count));
            }
            self.ways.iter().for_each(|way| way.sum(work, &rows, desk, sums));
            for (&v, kept) in self.kept.iter().zip(&mut sums.kept) {
                kept.1.extend_from_slice(&desk.moments[v]);
            }
        }
        Ok(())
    }

    /// Moments of all blocks of some rows, from the moments that `before` has of those that are kept.
    fn moments<'w>(
        &self,
        work: &'w Work<'_>,
        rows: &Range<usize>,
        before: &dyn Fn(VarId) -> &'w [f64],
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        let plan = work.plan;
        desk.sequences(&plan.streams[self.stream], rows);
        self.ways.iter().for_each(|way| way.lay_out(work, rows.len(), desk));
        for &v in &self.kept {
            let each = plan.vars[v].inner() * plan.vars[v].width;
            desk.moments[v].copy_from_slice(&before(v)[rows.start * each..rows.end * each]);
        }
        self.ways.iter().try_for_each(|way| way.rows(work, rows, desk, sums))
    }

    /// Natural parameters and moments of every row, as the last pass has left them; nothing is moved.
    pub(super) fn emit(
        &mut self,
        work: &mut Work<'_>,
        wanted: &[VarId],
    ) -> Result<Vec<(VarId, Emitted)>, RunError> {
        for way in &mut self.ways {
            way.prepare(work).map_err(|(v, kind)| work.error(v, kind))?;
        }
        let (work, stream) = (&*work, &work.plan.streams[self.stream]);
        let places = work.plan.sums.passes[self.stream].all.clone();
        let one = |run: &Range<usize>| -> Result<Vec<Emitted>, Failed> {
            let (mut desk, mut sums) = (Desk::new(work.plan), RunSums::default());
            sums.begin(places.clone(), work.profile.like());
            let mut out = vec![Emitted::default(); wanted.len()];
            for rows in pieces(&stream.chunks[run.clone()], stream.starts.is_some()) {
                self.moments(work, &rows, &|v| work.state.before_pass(v), &mut desk, &mut sums)?;
                for (&v, e) in wanted.iter().zip(&mut out) {
                    e.eta.extend_from_slice(&desk.eta[v]);
                    e.moments.extend_from_slice(&desk.moments[v]);
                }
            }
            Ok(out)
        };
        let mut all: Vec<(VarId, Emitted)> = wanted.iter().map(|&v| (v, Emitted::default())).collect();
        let threads = work.pool.current_num_threads().max(1);
        for batch in stream.runs.chunks(threads) {
            let done: Result<Vec<_>, Failed> = work.pool.install(|| batch.par_iter().map(one).collect());
            for run in done.map_err(|(v, kind)| work.error(v, kind))? {
                for ((_, all), part) in all.iter_mut().zip(run) {
                    all.eta.extend(part.eta);
                    all.moments.extend(part.moments);
                }
            }
        }
        Ok(all)
    }
}

/// Chunks, cut further where they are large and could be cut anywhere.
fn pieces(chunks: &[Range<usize>], whole: bool) -> impl Iterator<Item = Range<usize>> + '_ {
    let most = if whole { usize::MAX } else { LARGEST_CHUNK };
    chunks.iter().flat_map(move |c| {
        c.clone()
            .step_by(most.min(c.len().max(1)))
            .map(move |from| from..c.end.min(from.saturating_add(most)))
    })
}
