//! What one thread has of a chunk of rows: natural parameters and moments of its blocks, and buffers. Not
//! here: the ways that fill them (`paths`).

use super::{
    kinds::Kinds,
    rows::{ChunkMoments, Places, RowScratch, steps_back},
    work::Work,
};
use crate::{
    block::sequence,
    plan::{
        Plan,
        layout::{List, TableId, VarId},
        streams::Stream,
        table::{From, Rows},
        var::Var,
    },
};
use std::ops::Range;

/// One thread's desk.
#[derive(Default)]
pub(super) struct Desk {
    pub eta: List<VarId, Vec<f64>>,
    pub moments: List<VarId, Vec<f64>>,
    pub log_norm: Vec<f64>,
    /// Of chains that are done from rows: the covariance of each step; else nothing.
    pub covariances: List<VarId, Vec<f64>>,
    /// The step before each, relative to the chunk; `u32::MAX` for none.
    pub before: Vec<u32>,
    /// Where sequences start, relative to the chunk, and its end.
    pub starts: Vec<u32>,
    pub rows: RowScratch,
    pub temp: Vec<f64>,
    pub list: Vec<u32>,
    /// Of each block over sequences, what its kernel needs.
    pub kernels: List<VarId, sequence::Scratch>,
    /// What each path needs for itself.
    pub own: Kinds,
}

impl Desk {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            eta: plan.vars.map(|_| vec![]),
            moments: plan.vars.map(|_| vec![]),
            covariances: plan.vars.map(|_| vec![]),
            kernels: plan.vars.map(|_| sequence::Scratch::default()),
            ..Self::default()
        }
    }

    /// Sequence starts and predecessors of a chunk, relative to it.
    pub(super) fn sequences(&mut self, stream: &Stream, range: &Range<usize>) {
        self.starts.clear();
        self.before.clear();
        let first = range.start as u32;
        match &stream.parent {
            // What is above a row stands before it; where no block needs whole trees, perhaps in another
            // chunk.
            Some(above) => self.before.extend(
                above[range.clone()]
                    .iter()
                    .map(|&p| if p == u32::MAX || p < first { u32::MAX } else { p - first }),
            ),
            None => self.before.extend((0..range.len() as u32).map(|i| i.wrapping_sub(1))),
        }
        if let Some(starts) = &stream.starts {
            let from = starts.partition_point(|&s| (s as usize) < range.start);
            for &s in starts[from..].iter().take_while(|&&s| (s as usize) < range.end) {
                let local = s as usize - range.start;
                self.starts.push(local as u32);
                self.before[local] = u32::MAX;
            }
        }
        self.starts.push(range.len() as u32);
        // An empty sequence repeats its start.
        self.starts.dedup();
    }

    /// Room for a block of so many rows.
    pub(super) fn lay_out(&mut self, var: &Var, v: VarId, rows: usize) {
        let len = rows * var.inner() * var.width;
        self.eta[v].resize(len, 0.0);
        self.moments[v].resize(len, 0.0);
    }

    /// Adds one table's message toward a streamed operand.
    pub(super) fn message(
        &mut self,
        work: &Work<'_>,
        (t, i): (TableId, usize),
        range: &Range<usize>,
        eta: &mut [f64],
    ) {
        let plan = work.plan;
        let table = &plan.tables[t];
        let o = &table.operands[i];
        let From::Streamed { back, .. } = o.from else { return };
        let (stored, values) = (work.state.all_moments(), work.tables.of(t));
        let Self { moments, before: steps, rows, temp, list, .. } = self;
        let chunk = ChunkMoments { first: range.start, moments, before: steps };
        let places = places(&table.rows, range, list);
        if let (Places::Range(_), 0) = (&places, back) {
            rows.message(plan, table, i, &places, stored, Some(chunk), values, &mut eta[o.offset..]);
            return;
        }
        temp.clear();
        temp.resize(places.len() * o.width, 0.0);
        if temp.is_empty() {
            return;
        }
        rows.message(plan, table, i, &places, stored, Some(chunk), values, &mut temp[o.offset..]);
        let mut add = |at: usize, place: usize| {
            let Some(local) = steps_back(steps, place - range.start, back) else { return };
            let to = &mut eta[local * o.width..(local + 1) * o.width];
            to.iter_mut().zip(&temp[at * o.width..(at + 1) * o.width]).for_each(|(a, b)| *a += b);
        };
        match places {
            Places::Range(r) => r.enumerate().for_each(|(at, p)| add(at, p)),
            Places::List(l) => l.iter().enumerate().for_each(|(at, &p)| add(at, p as usize)),
        }
    }

    /// Adds a table's statistic of these rows.
    pub(super) fn gather(&mut self, work: &Work<'_>, t: TableId, range: &Range<usize>, sum: &mut [f64]) {
        let table = &work.plan.tables[t];
        let Self { moments, before, rows, list, .. } = self;
        let chunk = ChunkMoments { first: range.start, moments, before };
        let places = places(&table.rows, range, list);
        rows.gather_chunk(work.plan, table, &places, work.state.all_moments(), Some(chunk), sum);
    }
}

/// A table's rows within a chunk.
pub(super) fn places<'a>(rows: &Rows, range: &Range<usize>, list: &'a mut Vec<u32>) -> Places<'a> {
    match rows {
        Rows::All => Places::Range(range.clone()),
        Rows::List(l) => {
            let (lo, hi) = (
                l.partition_point(|&p| (p as usize) < range.start),
                l.partition_point(|&p| (p as usize) < range.end),
            );
            list.clear();
            list.extend_from_slice(&l[lo..hi]);
            Places::List(list)
        }
    }
}
