//! Where each sum over rows stands in the one array of a run's statistics: the tables' statistics, and what
//! passes sum besides. Each pass's sums are neighbours, so that what a run of chunks gives is added in one
//! loop. Not here: the numbers (`state::statistics`).

use super::{
    layout::{List, StreamId, TableId, VarId},
    lowered::Lowered,
    paths::RowPass,
};
use std::ops::Range;

/// What is summed over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summed {
    /// A table's statistic, packed.
    Table(TableId),
    /// The statistic of the tables that send a block one stacked product.
    Product(VarId),
    /// Σ mean meanᵀ of a block whose rows share a covariance.
    Means(VarId),
    /// Entropies of a block's rows, in nats.
    Entropy(VarId),
}

/// The layout of all statistics.
#[derive(Debug)]
pub struct SumLayout {
    /// Numbers in all.
    pub len: usize,
    /// Numbers of packed tables' statistics with both halves.
    pub full: usize,
    /// Where each table's statistic stands.
    pub tables: List<TableId, Range<usize>>,
    /// Where it stands with both halves, if it is packed.
    pub unpacked: List<TableId, Range<usize>>,
    /// Where what is no table's stands, by variable: of its product, its means, its entropy.
    besides: List<VarId, [Option<usize>; 3]>,
    /// Of each stream.
    pub passes: List<StreamId, PassSums>,
    /// Every slice, in order.
    pub slices: Vec<(Summed, Range<usize>)>,
}

/// A pass's share of the layout.
#[derive(Clone, Debug, Default)]
pub struct PassSums {
    /// What an iteration's pass sums run by run.
    pub by_run: Range<usize>,
    /// All that any pass sums.
    pub all: Range<usize>,
}

impl SumLayout {
    /// Lays out all sums: first what passes do not sum, then stream by stream.
    pub fn new(lowered: &Lowered, passes: &List<StreamId, RowPass>) -> Self {
        let mut sums = Self {
            len: 0,
            full: 0,
            tables: lowered.tables.map(|_| 0..0),
            unpacked: lowered.tables.map(|_| 0..0),
            besides: lowered.vars.map(|_| [None; 3]),
            passes: List::default(),
            slices: vec![],
        };
        for (t, table) in lowered.tables.enumerate().filter(|(_, table)| table.packed.is_some()) {
            sums.unpacked[t] = sums.full..sums.full + table.len;
            sums.full += table.len;
        }
        let mut in_pass = lowered.tables.map(|_| false);
        passes.iter().flat_map(|p| &p.tables).for_each(|&t| in_pass[t] = true);
        for t in lowered.tables.ids().filter(|&t| !in_pass[t]) {
            sums.table(lowered, t);
        }
        for pass in passes {
            let start = sums.len;
            let of_path = |t: &TableId| pass.ways.iter().any(|w| w.path.finishes(*t));
            pass.tables.iter().filter(|t| !of_path(t)).for_each(|&t| sums.table(lowered, t));
            for way in &pass.ways {
                let (v, var) = (way.var, &lowered.vars[way.var]);
                if let Some(product) = way.path.product() {
                    sums.beside(Summed::Product(v), product.columns * var.width);
                }
                if way.path.shares_covariance() {
                    sums.beside(Summed::Means(v), var.d * var.d);
                }
                sums.beside(Summed::Entropy(v), 1);
            }
            let by_run = start..sums.len;
            pass.tables.iter().filter(|t| of_path(t)).for_each(|&t| sums.table(lowered, t));
            sums.passes.push(PassSums { by_run, all: start..sums.len });
        }
        sums
    }

    /// Where a pass sums what is no table's.
    pub fn place(&self, what: Summed) -> Option<usize> {
        match what {
            Summed::Table(t) => Some(self.tables[t].start),
            Summed::Product(v) => self.besides[v][0],
            Summed::Means(v) => self.besides[v][1],
            Summed::Entropy(v) => self.besides[v][2],
        }
    }

    fn beside(&mut self, what: Summed, len: usize) {
        let at = Some(self.push(what, len));
        match what {
            Summed::Table(_) => {}
            Summed::Product(v) => self.besides[v][0] = at,
            Summed::Means(v) => self.besides[v][1] = at,
            Summed::Entropy(v) => self.besides[v][2] = at,
        }
    }

    fn table(&mut self, lowered: &Lowered, t: TableId) {
        let at = self.push(Summed::Table(t), lowered.tables[t].packed_len());
        self.tables[t] = at..self.len;
    }

    fn push(&mut self, what: Summed, len: usize) -> usize {
        let at = self.len;
        self.slices.push((what, at..at + len));
        self.len += len;
        at
    }
}
