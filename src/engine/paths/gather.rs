//! Steps all of whose messages are looked up in tables by codes: their weights are products of rows of the
//! tables' exponentials, made once a pass, and their moments are added to the rows they came from. No
//! exponential for each step and category. Not here: the chain (`steps`), nor when it is so
//! (`plan::paths::gather`).

use crate::{
    block::forward_backward::{self, ChainError, SMALLEST, padded},
    engine::{desk::places, profile, rows::Places, sums::RunSums, work::Work},
    expfam::stat::IMPOSSIBLE,
    num::{contract::NO_LEVEL, reduce, special, wide::wide},
    plan::{Plan, layout::TableId, paths, table::Rows},
};
use std::ops::Range;

/// A product of rows whose largest number is smaller may have lost digits: it is done with logarithms.
const SAFE: f64 = 1e-200;

/// All tables that a block's steps look up.
pub(super) struct Gather<'p> {
    k: usize,
    tables: Vec<ExpTable<'p>>,
}

struct ExpTable<'p> {
    /// Its number in the plan, and which of its operands the block is.
    table: (TableId, usize),
    codes: Option<&'p [u32]>,
    rows: &'p Rows,
    /// The table, rows of K.
    log: Vec<f64>,
    /// exp(row − its largest), rows padded with zeros, and these largest.
    scaled: Vec<f64>,
    top: Vec<f64>,
}

impl<'p> Gather<'p> {
    pub(super) fn new(plan: &'p Plan, k: usize, of: &'p paths::gather::GatherRule) -> Self {
        let tables = of.tables.iter().map(|l| ExpTable {
            table: (l.table, l.operand),
            codes: l.codes.map(|id| &*plan.rows.codes[id].data),
            rows: &plan.tables[l.table].rows,
            log: vec![],
            scaled: vec![],
            top: vec![],
        });
        Self { k, tables: tables.collect() }
    }

    /// The tables as they are now.
    pub(super) fn prepare(&mut self, work: &Work<'_>) {
        let (k, kp) = (self.k, padded(self.k));
        for ExpTable { table, log, scaled, top, .. } in &mut self.tables {
            log.clear();
            log.extend_from_slice(work.tables.of(table.0));
            scaled.clear();
            scaled.resize(log.len() / k * kp, f64::NEG_INFINITY);
            top.clear();
            for (row, to) in log.chunks_exact(k).zip(scaled.chunks_exact_mut(kp)) {
                // A row that cannot be keeps only zeros, and its step is done in log space.
                let largest = Some(reduce::max(row)).filter(|x| *x > IMPOSSIBLE).unwrap_or(0.0);
                to.iter_mut().zip(row).for_each(|(t, x)| *t = x - largest);
                top.push(largest);
            }
            special::exp_slice(scaled);
            scaled.iter_mut().filter(|x| **x < SMALLEST).for_each(|x| *x = 0.0);
        }
    }

    /// The first table, which stands for all in a profile.
    pub(super) fn main(&self) -> TableId {
        self.tables[0].table.0
    }

    /// As [`forward_backward::Steps::weights`], for places of the stream; errors name the step by its place
    /// in the range.
    pub(super) fn weights(&self, range: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        let mut total = 0.0;
        let mut unsafe_rows = vec![];
        wide(
            #[inline(always)]
            || total = self.products(&range, weights, &mut unsafe_rows),
        );
        let kp = padded(self.k);
        let mut log = vec![0.0; self.k];
        for step in unsafe_rows {
            let mut top = 0.0;
            log.fill(0.0);
            for l in &self.tables {
                if let Some(code) = l.code(range.start + step) {
                    top += l.top[code];
                    log.iter_mut().zip(&l.log[code * self.k..]).for_each(|(a, b)| *a += b);
                }
            }
            total += forward_backward::weigh(self.k, &log, &mut weights[step * kp..][..kp])
                .map_err(|e| e.later(step))?
                - top;
        }
        Ok(total)
    }

    /// Multiply-adds and bytes of all tables for so many rows.
    pub(super) fn work(&self, plan: &Plan, rows: usize) -> (f64, f64) {
        let each = self.tables.iter().map(|l| profile::message(&plan.tables[l.table.0], l.table.1, rows));
        each.fold((0.0, 0.0), |sum, x| (sum.0 + x.0, sum.1 + x.1))
    }

    /// Products of the tables' rows; returns the sum of what these were scaled by, and the steps where digits
    /// may be lost.
    #[inline(always)]
    fn products(&self, range: &Range<usize>, weights: &mut [f64], lost: &mut Vec<usize>) -> f64 {
        let (k, kp) = (self.k, padded(self.k));
        let mut total = 0.0;
        let everywhere = self.tables.iter().take_while(|l| *l.rows == Rows::All).count();
        let (first, others) =
            self.tables[..everywhere].split_first().map_or((None, &[][..]), |(a, b)| (Some(a), b));
        for (step, to) in weights.chunks_exact_mut(kp).enumerate() {
            match first.and_then(|l| l.code(range.start + step).map(|code| (l, code))) {
                Some((l, code)) => {
                    // Not as a call to copy: a row is short.
                    to.iter_mut().zip(&l.scaled[code * kp..][..kp]).for_each(|(w, x)| *w = *x);
                    total += l.top[code];
                }
                None => {
                    to[..k].fill(1.0);
                    to[k..].fill(0.0);
                }
            }
            for l in others {
                if let Some(code) = l.code(range.start + step) {
                    to.iter_mut().zip(&l.scaled[code * kp..][..kp]).for_each(|(w, x)| *w *= x);
                    total += l.top[code];
                }
            }
            if !others.is_empty() {
                settle(step, to, lost);
            }
        }
        let mut list = vec![];
        for l in &self.tables[everywhere..] {
            places(l.rows, range, &mut list).each(|_, place| {
                let (step, code) = (place - range.start, l.codes.map_or(0, |c| c[place]));
                if code != NO_LEVEL {
                    let to = &mut weights[step * kp..][..kp];
                    to.iter_mut().zip(&l.scaled[code as usize * kp..][..kp]).for_each(|(w, x)| *w *= x);
                    total += l.top[code as usize];
                    settle(step, to, lost);
                }
            });
        }
        lost.sort_unstable();
        lost.dedup();
        total
    }

    /// Adds marginals of a range of places to the statistics of the tables they look up.
    pub(super) fn add(&self, plan: &Plan, range: Range<usize>, marginals: &[f64], sums: &mut RunSums) {
        for l in &self.tables {
            let sum = sums.table(plan, l.table.0);
            let mut list = vec![];
            let places = places(l.rows, &range, &mut list);
            wide(
                #[inline(always)]
                || match places {
                    Places::Range(all) => {
                        for (place, row) in all.zip(marginals.chunks_exact(self.k)) {
                            l.add(place, row, sum);
                        }
                    }
                    Places::List(list) => {
                        for &place in list {
                            let place = place as usize;
                            l.add(place, &marginals[(place - range.start) * self.k..][..self.k], sum);
                        }
                    }
                },
            );
        }
    }
}

/// Notes a step whose product may have lost digits, and leaves no number without digits.
#[inline(always)]
fn settle(step: usize, row: &mut [f64], lost: &mut Vec<usize>) {
    let mut top = 0.0;
    for w in row {
        *w = if *w < SMALLEST { 0.0 } else { *w };
        top = if *w > top { *w } else { top };
    }
    if top < SAFE {
        lost.push(step);
    }
}

impl ExpTable<'_> {
    /// Adds the marginals of a place to the row that it looks up.
    #[inline(always)]
    fn add(&self, place: usize, row: &[f64], sum: &mut [f64]) {
        let code = self.codes.map_or(0, |c| c[place]);
        if code != NO_LEVEL {
            let sum = &mut sum[code as usize * row.len()..][..row.len()];
            for (s, x) in sum.iter_mut().zip(row) {
                *s += x;
            }
        }
    }

    /// Which row of the table a place looks up.
    #[inline(always)]
    fn code(&self, place: usize) -> Option<usize> {
        if let Rows::List(list) = self.rows
            && list.binary_search(&(place as u32)).is_err()
        {
            return None;
        }
        let code = self.codes.map_or(0, |c| c[place]);
        (code != NO_LEVEL).then_some(code as usize)
    }
}
