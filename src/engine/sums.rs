//! What one run of chunks sums, and what else it leaves. Runs have sums of their own, which are added in
//! their order, so that threads cannot change a bit. Not here: where each sum stands (`plan::sums`).

use super::{error::Failed, kinds::Kinds, profile::Profile};
use crate::plan::{
    Plan,
    layout::{TableId, VarId},
    sums::Summed,
};
use std::ops::Range;

/// One run's sums.
#[derive(Default)]
pub(super) struct RunSums {
    /// From place `first` of all statistics on.
    numbers: Vec<f64>,
    first: usize,
    /// Moments of blocks that are kept between passes.
    pub kept: Vec<Vec<f64>>,
    /// What paths leave for the end of a span of rows.
    pub left: Kinds,
    pub profile: Profile,
    pub failed: Option<Failed>,
    /// A path has learned that the pass must be done again.
    pub again: bool,
}

impl RunSums {
    /// All zero, for these places of the statistics.
    pub(super) fn begin(&mut self, places: Range<usize>, profile: Profile) {
        self.numbers.clear();
        self.numbers.resize(places.len(), 0.0);
        self.go_on(profile);
        self.first = places.start;
    }

    /// Sums where the statistics stand: of a pass with one run there is nothing to add up.
    pub(super) fn in_place(&mut self, numbers: &mut Vec<f64>, profile: Profile) {
        std::mem::swap(&mut self.numbers, numbers);
        self.go_on(profile);
        self.first = 0;
    }

    /// Gives the statistics back.
    pub(super) fn give_back(&mut self, numbers: &mut Vec<f64>) {
        std::mem::swap(&mut self.numbers, numbers);
    }

    fn go_on(&mut self, profile: Profile) {
        self.profile = profile;
        self.kept.iter_mut().for_each(Vec::clear);
        (self.failed, self.again) = (None, false);
    }

    /// The places that this run has summed, from the first on.
    pub(super) fn all(&self) -> (usize, &[f64]) {
        (self.first, &self.numbers)
    }

    /// A table's statistic, packed.
    pub(super) fn table(&mut self, plan: &Plan, t: TableId) -> &mut [f64] {
        let Range { start, end } = plan.sums.tables[t].clone();
        &mut self.numbers[start - self.first..end - self.first]
    }

    /// So many numbers of a sum that is no table's.
    pub(super) fn besides(&mut self, plan: &Plan, what: Summed, len: usize) -> &mut [f64] {
        match plan.sums.place(what) {
            Some(at) => &mut self.numbers[at - self.first..at - self.first + len],
            None => &mut [],
        }
    }

    /// Adds to a block's entropy, in nats.
    pub(super) fn add_entropy(&mut self, plan: &Plan, v: VarId, nats: f64) {
        self.besides(plan, Summed::Entropy(v), 1).iter_mut().for_each(|e| *e += nats);
    }
}
