//! The first pass, where a block's first moments are given: written down, not made from messages. Not here:
//! which moments these are (`start`).

use super::path::Path;
use crate::{
    block::element::Which,
    engine::{
        desk::{Desk, places},
        error::Failed,
        rows::{ChunkMoments, Places},
        sums::RunSums,
        work::Work,
    },
    plan::layout::{List, TableId, VarId},
};
use std::ops::Range;

/// First moments of blocks.
pub trait First: Sync {
    /// Are there any of this block?
    fn gives(&self, v: VarId) -> bool;
    /// Writes those of the rows at these places.
    fn write(&self, v: VarId, rows: Range<usize>, moments: &mut [f64]);
}

/// A block of rows that is given.
pub(super) struct GivenRows<'a> {
    pub(super) var: VarId,
    pub(super) first: &'a dyn First,
    /// Of a chain: the tables that couple neighbours. Pairs are as if independent.
    pub(super) pairs: Vec<TableId>,
}

impl Path for GivenRows<'_> {
    fn block(&self) -> VarId {
        self.var
    }

    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        _: &mut RunSums,
    ) -> Result<(), Failed> {
        self.first.write(self.var, rows.clone(), &mut desk.moments[self.var]);
        let var = &work.plan.vars[self.var];
        var.shape.hold(Which::From(rows.start * var.inner()), &mut desk.moments[self.var]);
        Ok(())
    }

    fn sum(&self, work: &Work<'_>, rows: &Range<usize>, desk: &mut Desk, sums: &mut RunSums) {
        let plan = work.plan;
        for &t in &self.pairs {
            let Desk { moments, before, rows: scratch, .. } = desk;
            let chunk = Some(ChunkMoments { first: rows.start, moments, before });
            let places = Places::Range(rows.clone());
            let (stored, sum) = (work.state.all_moments(), sums.table(plan, t));
            scratch.gather_chunk(plan, &plan.tables[t], &places, stored, chunk, sum);
        }
    }

    fn sums(&self, t: TableId) -> bool {
        self.pairs.contains(&t)
    }
}

/// Steps whose responsibilities are given at a time.
const AT_A_TIME: usize = 1024;

/// A chain that is given, and is all that its rows have: statistics a block of steps at a time, pairs of
/// neighbours as if independent.
pub(super) struct GivenSteps<'a> {
    pub(super) var: VarId,
    pub(super) first: &'a dyn First,
    pub(super) tables: Vec<TableId>,
}

/// Buffers of one thread.
#[derive(Default)]
struct GivenBuffers {
    moments: List<VarId, Vec<f64>>,
    before: Vec<u32>,
}

impl Path for GivenSteps<'_> {
    fn block(&self) -> VarId {
        self.var
    }

    fn lay_out(&self, _: &Work<'_>, _: usize, _: &mut Desk) {}

    fn rows(
        &self,
        work: &Work<'_>,
        range: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        let (plan, v) = (work.plan, self.var);
        let (var, w) = (&plan.vars[v], plan.vars[v].width);
        let mut own = desk.own.take::<GivenBuffers>();
        let GivenBuffers { moments, before } = &mut *own;
        moments.make_room(plan.vars.len());
        for lo in range.clone().step_by(AT_A_TIME) {
            let hi = (lo + AT_A_TIME).min(range.end);
            let count = hi - lo;
            // The step before the first comes last.
            moments[v].resize((count + 1) * w, 0.0);
            let (mine, past) = moments[v].split_at_mut(count * w);
            self.first.write(v, lo..hi, mine);
            var.shape.hold(Which::From(lo), mine);
            before.clear();
            before.extend(0..count as u32);
            before
                .iter_mut()
                .zip(&desk.before[lo - range.start..])
                .for_each(|(b, &p)| *b = if p == u32::MAX { p } else { b.wrapping_sub(1) });
            if desk.before[lo - range.start] != u32::MAX {
                self.first.write(v, lo - 1..lo, past);
                var.shape.hold(Which::From(lo - 1), past);
                before[0] = count as u32;
            }
            for &t in &self.tables {
                let table = &plan.tables[t];
                let Desk { list, rows, .. } = &mut *desk;
                let chunk = Some(ChunkMoments { first: lo, moments, before });
                let places = places(&table.rows, &(lo..hi), list);
                let (stored, sum) = (work.state.all_moments(), sums.table(plan, t));
                rows.gather_chunk(plan, table, &places, stored, chunk, sum);
            }
        }
        desk.own.rest(own);
        Ok(())
    }

    fn sums(&self, _: TableId) -> bool {
        true
    }
}
