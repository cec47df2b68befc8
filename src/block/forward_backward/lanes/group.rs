//! Sequences that advance together: their buffers, and where things of a block stand in them. Not here: the
//! ways forward and back.

use crate::{
    block::forward_backward::{
        cut::Cut,
        layout::{Sequence, TOGETHER},
        padding::{LANES, padded},
        tables::PairTables,
    },
    num::special,
};
use pulp::WithSimd;
use std::{ops::Range, slice::ChunksExact};

/// Buffers, grown once.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(in crate::block::forward_backward) order: Vec<Sequence>,
    /// Rows of all lanes: the messages before the first step of the block, or of all, and then of each step.
    pub(super) alpha: Vec<f64>,
    /// Lane by lane.
    pub(super) weights: Vec<f64>,
    /// 1 / c_{t−1} of all lanes, for the steps of `alpha`'s rows.
    pub(super) norm: Vec<f64>,
    /// The messages before each block.
    pub(super) points: Vec<f64>,
    /// The block's w_t of all lanes.
    pub(super) w: Vec<f64>,
    /// The block's, lane by lane.
    pub(super) marginals: Vec<f64>,
    /// All lanes' messages at a block's end, their products with a table, and what is wanted of the step
    /// before a block that was done.
    pub(super) now: Vec<f64>,
    pub(super) next: Vec<f64>,
    pub(super) beta: Vec<f64>,
    /// M×kp×kp sums of outer products, over all groups.
    pub(in crate::block::forward_backward) outer: Vec<f64>,
}

/// Sequences that advance together, the longest first.
pub(in crate::block::forward_backward) struct Group<'a> {
    pub tables: &'a PairTables,
    pub index: Option<&'a [u32]>,
    /// For the number of each sequence, and the one after, the cut that it begins or ends with.
    pub cuts: &'a [Option<&'a Cut>],
    pub lanes: &'a [Sequence],
    pub block: usize,
    /// Whether messages are kept, and whether weights are.
    pub kept: [bool; 2],
    pub portable: bool,
}

/// Where things of a block stand.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub from: usize,
    pub to: usize,
    /// The step whose message is the second row of `alpha` (the first is that of the step before).
    pub base: usize,
    /// The step whose weights are the first row.
    pub weights: usize,
}

pub(super) fn room(v: &mut Vec<f64>, len: usize) {
    if v.len() < len {
        v.resize(len, 0.0);
    }
}

impl Group<'_> {
    pub(super) fn at(&self, block: usize) -> At {
        let from = block * self.block;
        let to = (from + self.block).min(self.lanes[0].len);
        At {
            from,
            to,
            base: if self.kept[0] { 0 } else { from },
            weights: if self.kept[1] { 0 } else { from },
        }
    }

    /// Lanes that have a step `t`.
    pub(super) fn active(&self, t: usize) -> usize {
        self.lanes.iter().take_while(|s| s.len > t).count()
    }

    /// The cut before a lane, and that after it.
    pub(super) fn cuts(&self, l: usize) -> [Option<&Cut>; 2] {
        let number = self.lanes[l].number;
        [number, number + 1].map(|i| self.cuts.get(i).copied().flatten())
    }

    /// The first step of a lane, of those from `from` on, that has one before it.
    pub(super) fn second(&self, l: usize, from: usize) -> usize {
        if self.cuts(l)[0].is_some() { from } else { from.max(1) }
    }

    /// Runs a kernel in the machine's vectors, or in none.
    pub(super) fn vectors(&self, kernel: impl WithSimd<Output = ()>) {
        if self.portable { kernel.with_simd(pulp::Scalar::new()) } else { pulp::Arch::new().dispatch(kernel) }
    }

    /// Numbers of all lanes' messages of one step.
    pub(super) fn stride(&self) -> usize {
        self.lanes.len() * padded(self.tables.k)
    }

    pub(super) fn rows(&self, kept: bool) -> usize {
        if kept { self.lanes[0].len } else { self.block }
    }

    /// The weights of some steps of R lanes from lane `l` on, row by row.
    pub(super) fn weight_rows<'w, const R: usize>(
        &self,
        l: usize,
        steps: &Range<usize>,
        at: &At,
        weights: &'w [f64],
    ) -> [ChunksExact<'w, f64>; R] {
        let (kp, rows) = (padded(self.tables.k), self.rows(self.kept[1]));
        std::array::from_fn(|r| {
            weights[((l + r) * rows + steps.start - at.weights) * kp..][..steps.len() * kp].chunks_exact(kp)
        })
    }

    /// The pair tables that lead into the steps of a lane.
    pub(super) fn tables_of<'t>(&'t self, blocks: &'t [[f64; LANES]], l: usize) -> TablesInto<'t> {
        let square = padded(self.tables.k).pow(2) / LANES;
        TablesInto {
            blocks,
            square,
            first: &blocks[..square],
            index: self.index.map(|index| &index[self.lanes[l].lo..]),
        }
    }
}

/// Pair tables of a lane by step.
#[derive(Clone, Copy)]
pub(super) struct TablesInto<'t> {
    blocks: &'t [[f64; LANES]],
    square: usize,
    first: &'t [[f64; LANES]],
    index: Option<&'t [u32]>,
}

impl<'t> TablesInto<'t> {
    #[inline(always)]
    pub(super) fn at(self, t: usize) -> &'t [[f64; LANES]] {
        match self.index {
            None => self.first,
            Some(index) => &self.blocks[index[t] as usize * self.square..][..self.square],
        }
    }
}

/// Those of R lanes from lane `l` on.
pub(super) fn of_lanes<T: Copy, const R: usize>(all: &[T; TOGETHER], l: usize) -> [T; R] {
    std::array::from_fn(|r| all[l + r])
}

pub(super) fn ln(x: f64) -> f64 {
    let mut one = [x];
    special::ln_slice(&mut one);
    one[0]
}
