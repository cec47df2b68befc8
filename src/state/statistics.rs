//! What rows give: all sums over rows in one array, each at its place ([`plan::sums`](crate::plan::sums)).
//! Adding what some rows give to what others gave is one loop, and so is taking it away again or weighing
//! it. Not here: what the sums are for (`plan`).

use crate::plan::{Plan, layout::TableId};
use std::ops::Range;

/// The sums of one run.
#[derive(Debug)]
pub struct Statistics {
    numbers: Vec<f64>,
    /// The statistics of packed tables, unpacked, one after the other.
    full: Vec<f64>,
}

/// `to` += `times` · `from`, number by number.
pub fn add(times: f64, from: &[f64], to: &mut [f64]) {
    to.iter_mut().zip(from).for_each(|(a, b)| *a += times * b);
}

impl Statistics {
    /// All zero.
    pub fn new(plan: &Plan) -> Self {
        Self { numbers: vec![0.0; plan.sums.len], full: vec![0.0; plan.sums.full] }
    }
    /// A table's statistic as rows leave it, packed.
    pub fn packed(&self, plan: &Plan, t: TableId) -> &[f64] {
        &self.numbers[plan.sums.tables[t].clone()]
    }
    /// The same, to be summed into.
    pub fn packed_mut(&mut self, plan: &Plan, t: TableId) -> &mut [f64] {
        &mut self.numbers[plan.sums.tables[t].clone()]
    }
    /// A table's statistic with both halves of symmetric pairs.
    pub fn full(&self, plan: &Plan, t: TableId) -> &[f64] {
        match &plan.tables[t].packed {
            Some(_) => &self.full[plan.sums.unpacked[t].clone()],
            None => self.packed(plan, t),
        }
    }
    /// After rows have been summed: makes both halves of symmetric pairs.
    pub fn unpack(&mut self, plan: &Plan, t: TableId) {
        if let Some(p) = &plan.tables[t].packed {
            p.unpack(
                &self.numbers[plan.sums.tables[t].clone()],
                &mut self.full[plan.sums.unpacked[t].clone()],
            );
        }
    }
    /// The numbers at some places.
    pub fn at(&self, places: Range<usize>) -> &[f64] {
        &self.numbers[places]
    }
    /// The same, to be summed into.
    pub fn at_mut(&mut self, places: Range<usize>) -> &mut [f64] {
        &mut self.numbers[places]
    }
    /// Some numbers, and others that follow from them: these places come later.
    pub fn both(&mut self, from: Range<usize>, to: Range<usize>) -> (&[f64], &mut [f64]) {
        let (before, after) = self.numbers.split_at_mut(to.start);
        (&before[from], &mut after[..to.end - to.start])
    }
    /// All numbers, to be summed into where they stand.
    pub fn lend(&mut self) -> &mut Vec<f64> {
        &mut self.numbers
    }
    /// All numbers, from where they were kept.
    pub fn put(&mut self, plan: &Plan, from: &[f64]) {
        self.numbers.copy_from_slice(from);
        self.unpack_all(plan);
    }
    /// Makes both halves of symmetric pairs, of all tables.
    pub fn unpack_all(&mut self, plan: &Plan) {
        plan.tables.ids().for_each(|t| self.unpack(plan, t));
    }
    /// All numbers.
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }
    /// Nothing has been summed at these places.
    pub fn clear(&mut self, places: Range<usize>) {
        self.numbers[places].fill(0.0);
    }
    /// Adds what some rows gave, at the places that begin at `first`.
    pub fn add(&mut self, first: usize, part: &[f64]) {
        add(1.0, part, &mut self.numbers[first..first + part.len()]);
    }
}
