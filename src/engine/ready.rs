//! A stream's ways made ready, and what they do with the rows of one run: chunk by chunk, moments of all
//! blocks, then sums. Not here: the ways (`paths`), nor how runs are put together (`pass`).

use super::{
    desk::Desk,
    error::Failed,
    paths::{self, Ways},
    profile::{self, WorkPart},
    sums::RunSums,
    work::Work,
};
use crate::plan::{
    layout::{StreamId, TableId, VarId},
    paths::local_ascent::RunSpan,
    var::Storage,
};
use std::ops::Range;

/// Ways over a stream's rows, and what comes of it.
pub(super) struct ReadyPass<'a> {
    pub(super) stream: StreamId,
    pub(super) ways: Ways<'a>,
    /// Tables that no way sums itself.
    gathered: Vec<TableId>,
    /// Blocks that are kept between passes.
    pub(super) kept: Vec<VarId>,
    /// What each run sums, of all statistics.
    pub(super) places: Range<usize>,
    /// All chunks in one run: the sums are too large to be there twice.
    pub(super) one_run: bool,
    /// Lists that passes fill again.
    pub(super) chunks: Vec<Range<usize>>,
    pub(super) runs: Vec<Range<usize>>,
    pub(super) spans: Vec<RunSpan>,
    pub(super) done: Vec<RunSums>,
}

/// Rows that are worked off together, at most, where they could be cut anywhere.
const LARGEST_CHUNK: usize = 8192;
impl<'a> ReadyPass<'a> {
    /// `places` are those of the statistics that each run sums: those that the plan's ways sum by run, or, by any
    /// other ways, all of the pass.
    pub(super) fn new(work: &Work<'_>, stream: StreamId, ways: Ways<'a>, places: Range<usize>) -> Self {
        let (plan, pass) = (work.plan, &work.plan.passes[stream]);
        let gathered = paths::gathered(pass, &ways);
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

    /// One run's chunks.
    pub(super) fn run(
        &self,
        work: &Work<'_>,
        chunks: &[Range<usize>],
        whole: bool,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        let plan = work.plan;
        sums.kept.resize_with(self.kept.len(), Vec::new);
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
                kept.extend_from_slice(&desk.moments[v]);
            }
        }
        Ok(())
    }

    /// Moments of all blocks of some rows, from the moments that `before` has of those that are kept.
    pub(super) fn moments<'w>(
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
}

/// Chunks, cut further where they are large and could be cut anywhere.
pub(super) fn pieces(chunks: &[Range<usize>], whole: bool) -> impl Iterator<Item = Range<usize>> + '_ {
    let most = if whole { usize::MAX } else { LARGEST_CHUNK };
    chunks.iter().flat_map(move |c| {
        c.clone()
            .step_by(most.min(c.len().max(1)))
            .map(move |from| from..c.end.min(from.saturating_add(most)))
    })
}
