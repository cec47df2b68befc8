//! A Gaussian vector for each element, of which some cells are known. Not here: the algorithm
//! (`conditioned_gaussian`), nor rows known as a whole (`held`).

use super::family;
use crate::{
    block::{
        conditioned_gaussian,
        element::{Failure, Which},
        example::{self, BlockKind, Example},
        held::Held,
        marginal::{Law, Marginal},
        shape::{BlockShape, Given},
    },
    expfam::family::Family,
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "known cells",
    doc: "a Gaussian vector of which some cells are known: the others given these",
    examples: || {
        let (family, kind) = example::family("MvNormal");
        let known = [[false; 3], [true, false, false], [false, true, true], [true; 3], [false; 3]];
        let held = Held {
            known: vec![false, false, false, true, false],
            values: (0..15).map(|i| 2.0 * example::number(i)).collect(),
            width: 3,
            d: 3,
            kind,
        };
        let shape = KnownCells::new(family, known.concat(), vec![false, false, false, false, true], held);
        let eta = (0..5).flat_map(|e| example::gaussian(3, e)).collect();
        vec![Example { shape: Box::new(shape), eta, along: None }]
    },
    restore: None,
};

/// Vectors with known cells.
#[derive(Debug)]
pub struct KnownCells {
    family: &'static dyn Family,
    d: usize,
    /// For each cell of each element, whether it is known.
    known: Vec<bool>,
    /// Whether each element is missing as a whole and nothing depends on it: it weighs nothing.
    absent: Vec<bool>,
    /// Those of which all is known, and everyone's values.
    held: Held,
}

impl KnownCells {
    /// Vectors of the family; `known` by cell and `absent` by element, in storage order.
    pub fn new(family: &'static dyn Family, known: Vec<bool>, absent: Vec<bool>, held: Held) -> Self {
        Self { family, d: held.d, known, absent, held }
    }

    /// Known cells and their values, of an element.
    fn of(&self, element: usize) -> (&[bool], &[f64]) {
        (&self.known[element * self.d..(element + 1) * self.d], self.held.value(element))
    }
}

impl BlockShape for KnownCells {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.d + self.d * self.d
    }

    fn describe(&self) -> String {
        self.family.name().into()
    }

    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        let mut scratch = vec![0.0; conditioned_gaussian::scratch_len(self.d)];
        moments.copy_from_slice(eta);
        for (i, (row, a)) in moments.chunks_exact_mut(self.width()).zip(log_norm).enumerate() {
            let e = which.at(i);
            if self.absent[e] {
                row.fill(0.0);
                *a = 0.0;
                continue;
            }
            let (known, values) = self.of(e);
            *a = conditioned_gaussian::run(self.d, row, known, values, &mut scratch)
                .map_err(|why| super::vector::failure(why, Which::From(e)))?;
        }
        Ok(())
    }

    fn hold(&self, which: Which<'_>, moments: &mut [f64]) {
        self.held.write(which, self.width(), moments);
    }

    fn held(&self) -> Option<&Held> {
        Some(&self.held)
    }

    fn cells(&self) -> Option<(&[f64], &[bool])> {
        Some((&self.held.values, &self.known))
    }

    fn has_known(&self, _: Option<usize>) -> bool {
        true
    }

    fn marginal(&self, _: usize, which: Which<'_>, _: &[f64], moments: &[f64]) -> Marginal {
        let d = self.d;
        let mut numbers = vec![];
        for (i, m) in moments.chunks_exact(self.width()).enumerate() {
            let e = which.at(i);
            let (known, _) = self.of(e);
            let mean = |c: usize| if self.absent[e] { f64::NAN } else { m[c] };
            let spread = |c: usize| (m[d + c * d + c] - mean(c) * mean(c)).max(0.0).sqrt();
            numbers.extend((0..d).map(mean));
            numbers.extend((0..d).map(|c| if known[c] { 0.0 } else { spread(c) }));
        }
        Marginal { law: Law::Cells, width: 2 * d, numbers }
    }

    fn parameters(&self, _: usize) -> Option<Vec<(&'static str, usize)>> {
        Some(family::parameters(self.family, self.d, self.width()))
    }

    fn start(
        &self,
        given: &[Given<'_>],
        which: Which<'_>,
        eta: &mut [f64],
        moments: &mut [f64],
    ) -> Result<(), Failure> {
        let count = moments.len() / self.width().max(1);
        if family::start(self.family, self.held.kind, self.d, given, which, eta, moments) {
            self.evaluate(which, eta, moments, &mut vec![0.0; count])?;
        }
        Ok(())
    }

    fn nudge(&self, random: &mut Stream, moments: &mut [f64]) {
        super::vector::nudge(self.d, self.width(), |_| 1.0, random, moments);
    }

    fn draw(
        &self,
        which: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        let mut scratch = vec![0.0; conditioned_gaussian::scratch_len(self.d)];
        for (i, row) in eta.chunks_exact(self.width()).enumerate() {
            let e = which.at(i);
            let (known, values) = self.of(e);
            if self.absent[e] {
                out[0].extend(std::iter::repeat_n(f64::NAN, self.d));
                continue;
            }
            conditioned_gaussian::draw(self.d, row, known, values, random, &mut scratch, &mut out[0])
                .map_err(|why| super::vector::failure(why, Which::From(e)))?;
        }
        Ok(())
    }

    fn statistic(&self, element: usize, values: &[&[f64]], out: &mut [f64]) {
        if self.absent[element] {
            out.fill(0.0);
            return;
        }
        let x = values[0];
        out[..self.d].copy_from_slice(x);
        super::vector::outer(x, x, &mut out[self.d..]);
    }
}
