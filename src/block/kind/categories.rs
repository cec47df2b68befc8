//! Categories along sequences or trees of rows, as one category over the states of all members together. Not
//! here: the algorithms, one file each (`chain`, `tree`).

use super::tables::Tables;
use crate::{
    block::{
        element::{Failure, Which},
        marginal::Marginal,
        sequence::{Ready, SequenceKernel},
        shape::BlockShape,
    },
    num::stream::Stream,
};
use std::{fmt, marker::PhantomData};

/// How steps of categories have their moments together.
pub trait Along: fmt::Debug + Send + Sync + 'static {
    /// As the printed plan names it.
    const NAME: &'static str;
    /// See [`SequenceKernel::by_blocks`].
    const BY_BLOCKS: bool;
    /// Makes pair tables over so many states ready.
    fn prepare(states: usize, pair: &[f64]) -> Box<dyn Ready>;
}

/// Categories whose neighbours meet in pair tables.
#[derive(Debug)]
pub struct Categories<A> {
    tables: Tables,
    along: PhantomData<A>,
}

impl<A: Along> Categories<A> {
    /// Over the states of one table.
    pub fn new(tables: Tables) -> Self {
        Self { tables, along: PhantomData }
    }
}

/// Steps are asked for by sequences, never apart.
pub(super) fn together() -> Failure {
    Failure { element: 0, impossible: false, why: "steps of a sequence have their moments together".into() }
}

impl<A: Along> BlockShape for Categories<A> {
    fn describe(&self) -> String {
        A::NAME.into()
    }

    fn width(&self) -> usize {
        self.tables.width()
    }

    fn work(&self, elements: usize) -> f64 {
        // Forward, backward, and the pairs.
        3.0 * (self.width() as f64).powi(2) * elements as f64
    }

    fn evaluate(&self, _: Which<'_>, _: &[f64], _: &mut [f64], _: &mut [f64]) -> Result<(), Failure> {
        Err(together())
    }

    fn sequences(&self) -> Option<&dyn SequenceKernel> {
        Some(self)
    }

    fn clamp(&self, which: Which<'_>, eta: &mut [f64]) {
        self.tables.clamp(which, eta);
    }

    fn known_category(&self, member: usize, element: usize) -> Option<usize> {
        self.tables.known(member, element)
    }

    fn has_known(&self, member: Option<usize>) -> bool {
        self.tables.has_known(member)
    }

    fn members(&self) -> usize {
        self.tables.sizes.len()
    }

    fn states(&self, member: usize) -> usize {
        self.tables.sizes[member]
    }

    fn tables(&self) -> Option<&Tables> {
        Some(&self.tables)
    }

    fn marginal(&self, member: usize, _: Which<'_>, _: &[f64], moments: &[f64]) -> Marginal {
        self.tables.marginal(member, moments)
    }

    fn independent(&self, which: Which<'_>, members: &[Vec<f64>], moments: &mut [f64]) {
        self.tables.independent(which, members, moments);
    }

    fn draw(&self, _: Which<'_>, _: &[f64], _: &mut Stream, _: &mut [Vec<f64>]) -> Result<(), Failure> {
        Err(together())
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        self.tables.statistic(values, out);
    }
}

impl<A: Along> SequenceKernel for Categories<A> {
    fn entries(&self) -> usize {
        self.width()
    }

    fn by_blocks(&self) -> bool {
        A::BY_BLOCKS
    }

    fn prepare(&self, pair: &[f64]) -> Box<dyn Ready> {
        A::prepare(self.width(), pair)
    }

    fn split(&self, steps: &[f64], out: &mut [Vec<f64>]) {
        steps.iter().for_each(|s| self.tables.split(*s as usize, out));
    }
}
