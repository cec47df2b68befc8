//! What a way over rows is: prepared once a pass from what tables hold, then asked for chunks of rows on any
//! thread, then for what its sums come to. Not here: which way is taken (`plan::paths`), nor the pass itself
//! (`engine::pass`).

use crate::engine::{desk::Desk, error::Failed, profile::Profile, sums::RunSums, work::Work};
use crate::plan::{
    layout::{TableId, VarId},
    paths::local_ascent::RunSpan,
};
use std::ops::Range;

/// Where a pass is cut for the sake of a path.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Chunking<'a> {
    pub chunks: &'a [Range<usize>],
    pub runs: &'a [Range<usize>],
    /// Runs after which sums are taken over; all at once where there are none.
    pub spans: &'a [RunSpan],
}

/// One block's way over the rows of a stream.
pub(in crate::engine) trait Path: Send + Sync {
    /// The block.
    fn block(&self) -> VarId;

    /// Once a pass, before its rows.
    fn prepare(&mut self, work: &mut Work<'_>) -> Result<(), Failed> {
        let _ = work;
        Ok(())
    }

    /// Other chunks than the stream's.
    fn cut(&self) -> Option<Chunking<'_>> {
        None
    }

    /// Room for the block's numbers of so many rows, where they stand on the desk.
    fn lay_out(&self, work: &Work<'_>, rows: usize, desk: &mut Desk) {
        desk.lay_out(&work.plan.vars[self.block()], self.block(), rows);
    }

    /// The moments of a chunk's rows, and their entropy.
    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed>;

    /// The most probable values of a chunk's steps together, from the natural parameters that [`Path::rows`] has left
    /// on the desk: one for each step and cell. `None` of what has none.
    fn likely(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
    ) -> Result<Option<Vec<f64>>, Failed> {
        let _ = (work, rows, desk);
        Ok(None)
    }

    /// Sums of its own over a chunk's rows, when all blocks have their moments.
    fn sum(&self, work: &Work<'_>, rows: &Range<usize>, desk: &mut Desk, sums: &mut RunSums) {
        let _ = (work, rows, desk, sums);
    }

    /// Does it sum this table itself?
    fn sums(&self, t: TableId) -> bool {
        let _ = t;
        false
    }

    /// Takes over what a run has left; runs come in their order.
    fn collect(&mut self, left: &mut RunSums) {
        let _ = left;
    }

    /// After the rows of a span.
    fn after_span(&mut self, work: &mut Work<'_>, span: usize) {
        let _ = (work, span);
    }

    /// After all rows: statistics that follow from its sums.
    fn finish(&mut self, work: &mut Work<'_>) {
        let _ = work;
    }

    /// Tables whose ⟨T, G⟩ the entropy is less: what they sent rows is nowhere kept.
    fn unkept(&self) -> &[TableId] {
        &[]
    }

    /// The pass has to be done again, as a run has found out.
    fn again(&mut self, work: &mut Work<'_>) {
        let _ = work;
    }

    /// What it took to prepare, thread by thread, to be added up.
    fn spent(&mut self, profile: &mut Profile) {
        let _ = profile;
    }
}
