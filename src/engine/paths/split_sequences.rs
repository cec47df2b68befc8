//! Long sequences of a chain, split into pieces where they have forgotten what came before: pieces go side by
//! side, and on several threads. Not here: which places are tried (`plan::paths::split_sequences`), nor
//! whether one will do (`forward_backward::cut`).
//!
//! Where pieces end depends on the data and the tables alone, not on the number of threads. Where a piece
//! says afterwards that it should not have been one, the pass is done again, with whole sequences from then
//! on.

use super::asked::{self, ChunkSteps, StepLine};
use crate::{
    block::forward_backward::{Cut, PairTables, TOGETHER, cut},
    engine::{
        desk::Desk,
        profile,
        profile::{Profile, WorkPart},
        sums::RunSums,
        work::Work,
    },
    plan::paths,
};
use rayon::prelude::*;
use std::{ops::Range, sync::Mutex};

/// The pieces of a pass.
pub(super) struct Splitting<'p> {
    rule: &'p paths::split_sequences::SplitRule,
    found: Option<Pieces>,
    profiles: Vec<Profile>,
    idle: Mutex<Vec<(Desk, RunSums)>>,
}

/// Sequences in pieces.
pub(super) struct Pieces {
    /// The place that each cut is before, in order.
    cuts: Vec<(usize, Cut)>,
    /// As in a stream, for the pieces.
    pub(super) chunks: Vec<Range<usize>>,
    pub(super) runs: Vec<Range<usize>>,
}

impl<'p> Splitting<'p> {
    pub(super) fn new(rule: &'p paths::split_sequences::SplitRule) -> Self {
        Self { rule, found: None, profiles: vec![], idle: Mutex::default() }
    }

    pub(super) fn pieces(&self) -> Option<&Pieces> {
        self.found.as_ref()
    }

    /// Adds what trying took, thread by thread.
    pub(super) fn spent(&mut self, profile: &mut Profile) {
        self.profiles.drain(..).for_each(|p| profile.add(&p));
    }

    /// Tries all places with the tables as they are.
    pub(super) fn try_all(&mut self, work: &Work<'_>, line: &StepLine<'_>) {
        let plan = work.plan;
        let stream = &plan.streams[line.messages.stream];
        let starts = stream.starts.as_deref().unwrap_or_default();
        let idle = &self.idle;
        let Some(tables) = line.potentials.ready.first().and_then(|r| r.tables()) else { return };
        let tried: Vec<(Option<(usize, Cut)>, Profile)> = work.pool.install(|| {
            let one = |(at, within): &(usize, Range<usize>)| {
                try_one(work, (line, tables), *at, within.clone(), idle)
            };
            self.rule.places.par_iter().map(one).collect()
        });
        let (found, profiles): (Vec<_>, Vec<_>) = tried.into_iter().unzip();
        self.profiles = profiles;
        let cuts: Vec<(usize, Cut)> = found.into_iter().flatten().collect();
        self.found = None;
        if cuts.is_empty() {
            return;
        }
        let mut chunks = vec![];
        for chunk in &stream.chunks {
            let here = &cuts
                [cuts.partition_point(|c| c.0 <= chunk.start)..cuts.partition_point(|c| c.0 < chunk.end)];
            if here.is_empty() {
                chunks.push(chunk.clone());
                continue;
            }
            let inner = starts.partition_point(|s| *s as usize <= chunk.start)
                ..starts.partition_point(|s| (*s as usize) < chunk.end);
            let mut bounds: Vec<usize> =
                starts[inner].iter().map(|s| *s as usize).chain(here.iter().map(|c| c.0)).collect();
            bounds.extend([chunk.start, chunk.end]);
            bounds.sort_unstable();
            let last = bounds.len() - 1;
            chunks.extend((0..last).step_by(TOGETHER).map(|i| bounds[i]..bounds[(i + TOGETHER).min(last)]));
        }
        let runs = stream.runs_of(chunks.len());
        self.found = Some(Pieces { cuts, chunks, runs });
    }

    /// Where the sequences of a chunk, which start at `starts`, are cut; and for each start of what is then a
    /// piece the cut there, if it is one. Nothing where none is cut.
    pub(super) fn add<'a>(
        &'a self,
        range: &Range<usize>,
        starts: &[u32],
        pieces: &mut Vec<u32>,
    ) -> Vec<Option<&'a Cut>> {
        pieces.clear();
        let Some(found) = &self.found else { return vec![] };
        let cuts = &found.cuts;
        let cuts =
            &cuts[cuts.partition_point(|c| c.0 < range.start)..cuts.partition_point(|c| c.0 <= range.end)];
        if cuts.is_empty() {
            return vec![];
        }
        pieces.extend_from_slice(starts);
        pieces.extend(cuts.iter().map(|c| (c.0 - range.start) as u32));
        pieces.sort_unstable();
        pieces.dedup();
        let cut_at = |piece: &u32| {
            cuts.binary_search_by_key(&(range.start + *piece as usize), |c| c.0).ok().map(|i| &cuts[i].1)
        };
        pieces.iter().map(cut_at).collect()
    }
}

/// Buffers of one thread.
#[derive(Default)]
struct WindowBuffers {
    index: Vec<u32>,
    asked: asked::AskedBuffers,
}

fn try_one(
    work: &Work<'_>,
    (line, tables): (&StepLine<'_>, &PairTables),
    at: usize,
    within: Range<usize>,
    idle: &Mutex<Vec<(Desk, RunSums)>>,
) -> (Option<(usize, Cut)>, Profile) {
    let (plan, v) = (work.plan, line.messages.var);
    let rested = idle.lock().ok().and_then(|mut idle| idle.pop());
    let (mut desk, mut sums) = rested.unwrap_or_else(|| (Desk::new(plan), RunSums::default()));
    sums.begin(0..0, work.profile.like());
    let (first, count) = (within.start, within.len());
    let mut own = desk.own.take::<WindowBuffers>();
    let WindowBuffers { index, asked } = &mut *own;
    let indexed = line.rule.pairs.index(plan, within, index);
    let from = sums.profile.begin();
    // The window is a part of one sequence.
    let ends = &[u32::MAX][..];
    let runs = plan.streams[line.messages.stream].runs.len();
    let rows = &mut desk.rows;
    let mut steps = ChunkSteps { line, work, first, ends, rows, scratch: asked, sums: &mut sums, runs };
    let index = indexed.then_some(index.as_slice());
    // What breaks here breaks again in the pass, which knows how to say it.
    let (found, looked_at) = cut(tables, index, at - first, 0..count, &mut steps).unwrap_or((None, 0));
    let asked = sums.profile.seconds();
    let seen = looked_at * plan.vars[v].d;
    sums.profile.end_but(WorkPart::Block(v), from, asked, || profile::block(plan, v, seen));
    let profile = std::mem::take(&mut sums.profile);
    desk.own.rest(own);
    if let Ok(mut idle) = idle.lock() {
        idle.push((desk, sums));
    }
    (found.map(|cut| (at, cut)), profile)
}
