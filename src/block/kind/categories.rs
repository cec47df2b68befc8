//! Categories along sequences or trees of rows, as one category over the states of all members together. Not
//! here: the algorithms, one file each (`chain`, `tree`).

use super::tables::Tables;
use crate::{
    block::{
        element::{Failure, Which},
        example::{Along as Coupled, BlockKind, Example, number},
        marginal::Marginal,
        sequence::{Ready, SequenceKernel, Sequences},
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
    /// The registry's entry.
    fn kind() -> &'static BlockKind;
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

/// One member of which some steps are known, and two together.
pub(super) fn examples_along<A: Along>(along: impl Fn(usize) -> Coupled) -> Vec<Example> {
    let of = |tables: Tables| {
        let coupled = along(tables.width());
        let steps = coupled.above.len();
        let eta = (0..steps * tables.width()).map(|i| 2.0 * number(i)).collect();
        Example { shape: Box::new(Categories::<A>::new(tables)), eta, along: Some(coupled) }
    };
    let mut one = Tables::new(vec![3], &[vec![0]]);
    one.known[0] = Some((0..8).map(|t| if t == 2 { 1 } else { u32::MAX }).collect());
    vec![of(one), of(Tables::new(vec![2, 2], &[vec![0, 1]]))]
}

/// Steps are asked for by sequences, never apart.
pub(super) fn together() -> Failure {
    Failure { element: 0, impossible: false, why: "steps of a sequence have their moments together".into() }
}

impl<A: Along> BlockShape for Categories<A> {
    fn kind(&self) -> &'static str {
        A::kind().name
    }

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

    fn statistic(&self, sequences: Sequences<'_>, drawn: &[f64], steps: &mut [f64], pairs: &mut [f64]) {
        let k = self.width();
        steps.fill(0.0);
        drawn.iter().enumerate().for_each(|(t, s)| steps[t * k + *s as usize] = 1.0);
        sequences.neighbours(|t, before, m| {
            pairs[(m * k + drawn[before] as usize) * k + drawn[t] as usize] += 1.0;
        });
    }

    fn split(&self, drawn: &[f64], out: &mut [Vec<f64>]) {
        drawn.iter().for_each(|s| self.tables.split(*s as usize, out));
    }
}
