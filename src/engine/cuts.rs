//! Long sequences of a chain, cut into pieces where they have forgotten what came before: pieces go side by
//! side, and on several threads. Not here: whether a place will do (`forward_backward::cut`).
//!
//! Where pieces end depends on the data and the tables alone, not on the number of threads. Where a piece
//! says afterwards that it should not have been one, the pass is done again, with whole sequences from then
//! on.

use super::{
    chain::ChainShape,
    chain_blocks::ChunkSteps,
    pass::{Shape, Sums, Worker},
    profile::{self, Profile, Step},
    session::Session,
};
use crate::{
    block::forward_backward::{Cut, PairTables, TOGETHER, cut, padded},
    plan::layout::VarId,
};
use rayon::prelude::*;
use std::ops::Range;

/// Pieces of all sequences together that are enough for the vector units of several threads.
const ENOUGH: usize = 32;
/// Numbers of messages in a piece: so many are kept of a few pieces, with their weights, from the way forward
/// to the way back.
const NUMBERS: usize = 1 << 16;
/// Steps on each side of a cut that may be looked at are one in so many times K of a piece: finding out costs
/// K times as much as doing them.
const LOOKED_AT: usize = 3;
/// Most chains have forgotten after so many steps.
const USUAL: usize = 64;

/// The cuts of a pass.
pub(super) struct Cuts {
    /// The place that each is before, in order.
    all: Vec<(usize, Cut)>,
    /// As in a stream, for the pieces.
    pub chunks: Vec<Range<usize>>,
    pub runs: Vec<Range<usize>>,
}

/// How many pieces a sequence should be.
fn pieces(len: usize, k: usize, total: usize) -> usize {
    let piece = (NUMBERS / padded(k)).min(total / ENOUGH).max(LOOKED_AT * USUAL * k);
    match len / piece {
        0 | 1 => 1,
        few if few < TOGETHER => few,
        many => many / TOGETHER * TOGETHER,
    }
}

impl Cuts {
    /// Cuts the sequences of a pass whose only block is chain `v`. Also what it took, thread by thread.
    pub(super) fn new(
        shape: &Shape<'_>,
        chain: &ChainShape,
        v: VarId,
        session: &Session<'_>,
    ) -> (Option<Self>, Vec<Profile>) {
        let stream = &shape.plan.streams[shape.stream];
        let Some(tables) = chain.tables() else { return (None, vec![]) };
        let k = shape.plan.vars[v].d;
        let starts = stream.starts.as_deref().unwrap_or_default();
        // Each place that is tried, and the steps that may be looked at.
        let mut places: Vec<(usize, Range<usize>)> = vec![];
        for s in starts.windows(2) {
            let (lo, hi) = (s[0] as usize, s[1] as usize);
            let pieces = pieces(hi - lo, k, stream.size);
            let window = (hi - lo) / pieces / (LOOKED_AT * k);
            places.extend(
                (1..pieces).map(|i| lo + (hi - lo) * i / pieces).map(|at| (at, at - window..at + window)),
            );
        }
        if places.is_empty() {
            return (None, vec![]);
        }
        let tried: Vec<(Option<(usize, Cut)>, Profile)> = session.pool.install(|| {
            places
                .par_iter()
                .map(|(at, within)| chain.try_cut(shape, v, tables, *at, within.clone(), session))
                .collect()
        });
        let (found, profiles): (Vec<_>, Vec<_>) = tried.into_iter().unzip();
        let all: Vec<(usize, Cut)> = found.into_iter().flatten().collect();
        if all.is_empty() {
            return (None, profiles);
        }
        let mut chunks = vec![];
        for chunk in &stream.chunks {
            let cuts =
                &all[all.partition_point(|c| c.0 <= chunk.start)..all.partition_point(|c| c.0 < chunk.end)];
            if cuts.is_empty() {
                chunks.push(chunk.clone());
                continue;
            }
            let inner = starts.partition_point(|s| *s as usize <= chunk.start)
                ..starts.partition_point(|s| (*s as usize) < chunk.end);
            let mut bounds: Vec<usize> =
                starts[inner].iter().map(|s| *s as usize).chain(cuts.iter().map(|c| c.0)).collect();
            bounds.extend([chunk.start, chunk.end]);
            bounds.sort_unstable();
            let last = bounds.len() - 1;
            chunks.extend((0..last).step_by(TOGETHER).map(|i| bounds[i]..bounds[(i + TOGETHER).min(last)]));
        }
        let runs = stream.runs_of(chunks.len());
        (Some(Self { all, chunks, runs }), profiles)
    }

    /// The cuts in a range of places, its ends among them.
    fn within(&self, range: &Range<usize>) -> &[(usize, Cut)] {
        &self.all
            [self.all.partition_point(|c| c.0 < range.start)..self.all.partition_point(|c| c.0 <= range.end)]
    }

    /// Where the sequences of a chunk, which start at `starts`, are cut; and for each start of what is then a
    /// piece the cut there, if it is one. Nothing where none is cut.
    pub(super) fn add<'a>(
        &'a self,
        range: &Range<usize>,
        starts: &[u32],
    ) -> (Vec<u32>, Vec<Option<&'a Cut>>) {
        let cuts = self.within(range);
        if cuts.is_empty() {
            return (vec![], vec![]);
        }
        let mut pieces: Vec<u32> =
            starts.iter().copied().chain(cuts.iter().map(|c| (c.0 - range.start) as u32)).collect();
        pieces.sort_unstable();
        pieces.dedup();
        let cut_at = |piece: &u32| {
            cuts.binary_search_by_key(&(range.start + *piece as usize), |c| c.0).ok().map(|i| &cuts[i].1)
        };
        let at_each = pieces.iter().map(cut_at).collect();
        (pieces, at_each)
    }
}

impl ChainShape {
    fn try_cut(
        &self,
        shape: &Shape<'_>,
        v: VarId,
        tables: &PairTables,
        at: usize,
        within: Range<usize>,
        session: &Session<'_>,
    ) -> (Option<(usize, Cut)>, Profile) {
        let mut worker = session.worker();
        let mut sums = Sums::new(session);
        let (first, count) = (within.start, within.len());
        let index = self.index(shape.plan, &within);
        let from = sums.profile.begin();
        let Worker { rows, blocks, stack, .. } = &mut worker;
        // The window is a part of one sequence.
        let (ends, lookups) = (&[u32::MAX][..], shape.lookups.as_ref());
        let mut steps = ChunkSteps {
            shape,
            session,
            v,
            first,
            ends,
            lookups,
            rows,
            scratch: blocks,
            stack,
            sums: &mut sums,
        };
        // What breaks here breaks again in the pass, which knows how to say it.
        let (found, looked_at) =
            cut(tables, index.as_deref(), at - first, 0..count, &mut steps).unwrap_or((None, 0));
        let asked = sums.profile.seconds();
        sums.profile.end_but(Step::Block(v), from, asked, || {
            profile::block(shape.plan, v, looked_at * shape.plan.vars[v].d)
        });
        session.rests(worker);
        (found.map(|cut| (at, cut)), sums.profile)
    }
}
