//! Streams cut into chunks that fit the cache, and chunks into runs; and which blocks outlive their chunk. Not
//! here: the rows of a chunk (`engine`).

use crate::plan::{
    layout::{StreamId, TableId, VarId},
    lowered::Lowered,
    paths::{local_ascent::AscentRule, shared_covariance::SharedCovarianceRule},
    program::Plan,
    streams::Stream,
    table::{From, RowOperand, Table},
    var::{Storage, Var},
};

/// Numbers of scratch a chunk's buffers may take, about: they should stay in the second-level cache.
const CHUNK_NUMBERS: usize = 48 * 1024;
/// Runs of chunks summed separately: enough for any number of threads here, few enough to be cheap.
const RUNS: usize = 16;
/// A run keeps its own sums; past this many numbers in all tables of a stream there is only one run.
const RUN_NUMBERS: usize = 1 << 22;
/// Rows in a run of groups that go up together, at least, past the first few runs: enough runs in a span for many
/// threads.
const ASCENT_RUN: usize = 1 << 14;

pub(super) fn streamed(o: &RowOperand) -> Option<VarId> {
    match o.from {
        From::Streamed { var, .. } => Some(var),
        _ => None,
    }
}

/// Streamed blocks that meet in a table: all but the first must be kept between passes.
pub(super) fn keep(plan: &mut Lowered) {
    let mut later = vec![];
    for t in &plan.tables {
        let mut met: Vec<VarId> = t.operands.iter().filter_map(streamed).collect();
        met.sort_unstable();
        met.dedup();
        later.extend(met.into_iter().skip(1));
    }
    for v in later {
        if let Storage::Streamed { kept, .. } = &mut plan.vars[v].storage {
            *kept = true;
        }
    }
}

/// Chunks that fit the cache, and runs.
pub(super) fn cut(plan: &mut Lowered, ascent: &[AscentRule], shared: &[SharedCovarianceRule]) {
    for s in plan.streams.ids() {
        let here = |v: &&Var| v.stream() == Some(s);
        // Of rows that share a covariance only the means are touched.
        let means_only = |v: VarId| shared.iter().any(|a| a.var == v);
        let touched = |v: VarId| {
            let var = &plan.vars[v];
            if means_only(v) { var.d } else { var.inner() * var.width }
        };
        let moments: usize = plan.streamed(s).map(|v| 2 * touched(v)).sum();
        let tables = plan.tables.iter().filter(|t| t.stream == Some(s));
        let operands: usize = tables
            .flat_map(|t| &t.operands)
            .filter(|o| matches!(o.from, From::Dense(_)))
            .map(|o| o.width)
            .sum();
        let mut rows = (CHUNK_NUMBERS / (moments + operands).max(1)).clamp(64, 8192);
        if plan.vars.iter().filter(here).any(|v| v.shape.sequences().is_some()) {
            rows = rows.max(side_by_side(&plan.streams[s]));
        }
        let ascent = ascent.iter().find(|a| a.stream == s);
        let own = |(t, x): &(TableId, &Table)| x.stream == Some(s) && !ascent.is_some_and(|a| a.sums(*t));
        let sums: usize = plan.tables.enumerate().filter(own).map(|(_, t)| t.packed_len()).sum();
        let runs = match ascent {
            // Runs have no sums of their own.
            Some(_) if sums == 0 => RUNS.max(plan.streams[s].size / ASCENT_RUN),
            _ if sums > RUN_NUMBERS => 1,
            _ => RUNS,
        };
        cut_stream(plan, s, ascent, rows, runs);
    }
}

/// Rows of a few whole sequences, which a chain takes side by side, if there are enough of them for several
/// threads.
fn side_by_side(stream: &Stream) -> usize {
    let sequences = stream.starts.as_ref().map_or(1, |s| s.len() - 1).max(1);
    stream.size / sequences * (sequences / 8).clamp(1, 4)
}

/// A chain's sequences are never cut, nor groups that go up together.
fn cut_stream(plan: &mut Lowered, s: StreamId, ascent: Option<&AscentRule>, rows: usize, runs: usize) {
    let chain = plan.vars.iter().any(|v| v.stream() == Some(s) && v.shape.sequences().is_some());
    let starts = if chain { plan.streams[s].starts.clone() } else { ascent.map(|a| a.starts.clone()) };
    plan.streams[s].cut(rows, starts.as_deref(), runs);
}

impl Plan {
    /// Cuts every stream anew, in chunks of about `rows` rows. The posterior does not depend on it but for
    /// rounding; tests see to that.
    pub fn recut(&mut self, rows: usize) {
        for s in self.lowered.streams.ids() {
            cut_stream(&mut self.lowered, s, self.passes[s].local_ascent(), rows, RUNS);
        }
    }
}
