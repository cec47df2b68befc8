//! A variable of its own: elements are independent, each of one family. Some may be known. Not here: the
//! families (`dist`).

use crate::{
    block::{
        element::{Failure, Which},
        example::{BlockKind, Example, family},
        held::Held,
        marginal::{Law, Marginal},
        portable::{self, Portable},
        shape::{BlockShape, Entry, Given, What},
    },
    expfam::{
        family::{Family, Improper, Parameter},
        stat::{Arithmetic, Domain, StatKind},
    },
    num::{reduce::dot, stream::Stream},
};
use serde_json::json;

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "independent",
    doc: "one node: each of its elements by itself",
    examples: || {
        let plain = |name, d, eta: &[f64]| {
            let (family, stat) = family(name);
            Example {
                shape: Box::new(Independent::new(family, stat, d, None)),
                eta: eta.to_vec(),
                along: None,
            }
        };
        let held = |name, d, eta: &[f64], known: &[bool], values: &[f64]| {
            let (family, kind) = family(name);
            let held = Held { known: known.to_vec(), values: values.to_vec(), width: 1, d, kind };
            let shape = Independent::new(family, kind, d, Some(held));
            Example { shape: Box::new(shape), eta: eta.to_vec(), along: None }
        };
        vec![
            plain("Gamma", 1, &[-2.0, 2.5, -0.5, 1.2]),
            plain("Dirichlet", 3, &[1.5, 2.0, 0.6]),
            plain("MvNormal", 2, &[1.0, -0.5, -1.0, 0.2, 0.2, -0.7]),
            held("Normal", 1, &[1.0, -0.5, 3.0, -2.0, 0.0, -1.0], &[false, true, false], &[0.0, 1.5, 0.0]),
            held("Categorical", 3, &[0.1, 0.7, -0.4, 1.0, 0.0, 0.2], &[false, true], &[0.0, 2.0]),
        ]
    },
    restore: Some(|layout, _| {
        let (family, stat) = portable::family(layout)?;
        Some(Box::new(Independent::new(family, stat, portable::number(layout, "d")?, None)))
    }),
};

/// One family for each element.
#[derive(Debug)]
pub struct Independent {
    family: &'static dyn Family,
    stat: &'static StatKind,
    d: usize,
    held: Option<Held>,
}

impl Independent {
    /// Elements with this statistic and event dimension; `held`: which of them are known.
    pub fn new(family: &'static dyn Family, stat: &'static StatKind, d: usize, held: Option<Held>) -> Self {
        Self { family, stat, d, held }
    }

    fn done(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
        done: Result<(), Improper>,
    ) -> Result<(), Failure> {
        done.map_err(|e| Failure::of_family(which.at(e.element), &e))?;
        if let Some(held) = &self.held {
            let w = self.width();
            held.write(which, w, moments);
            // The log-normaliser of a distribution on one value.
            held.each(which, log_norm.len(), |i, _| {
                log_norm[i] = dot(&eta[i * w..(i + 1) * w], &moments[i * w..(i + 1) * w]);
            });
        }
        Ok(())
    }
}

/// Takes over element `at` of a parameter that is given, by its place in the list.
pub(super) fn replace(p: &mut Parameter, place: usize, given: &[(usize, &[f64])], at: usize) {
    if let Some((_, values)) = given.iter().find(|g| g.0 == place) {
        let w = p.values.len();
        p.values.copy_from_slice(&values[at * w..(at + 1) * w]);
    }
}

/// A start of one variable of a family: writes moments of values, or parameters into η, and says whether this
/// has then to be evaluated.
pub(super) fn start(
    family: &'static dyn Family,
    stat: &'static StatKind,
    d: usize,
    given: &[Given<'_>],
    which: Which<'_>,
    eta: &mut [f64],
    moments: &mut [f64],
) -> bool {
    let width = stat.width(d);
    match given.last().map(|g| g.what) {
        Some(What::Values(values)) => {
            let w = stat.value.width(d);
            for (i, m) in moments.chunks_exact_mut(width).enumerate() {
                let at = which.at(i);
                // Checked when they were given.
                let _ = (stat.of_value)(&values[at * w..(at + 1) * w], d, m);
            }
            false
        }
        Some(What::Parameters(given)) => {
            for (i, e) in eta.chunks_exact_mut(width).enumerate() {
                let mut all = family.parameters(d, e);
                all.iter_mut().enumerate().for_each(|(p, x)| replace(x, p, given, which.at(i)));
                e.copy_from_slice(&family.natural(d, &all));
            }
            true
        }
        None => false,
    }
}

/// Names and lengths of a family's parameters.
pub(super) fn parameters(family: &dyn Family, d: usize, width: usize) -> Vec<(&'static str, usize)> {
    // Only names and lengths are read.
    family.parameters(d, &vec![0.0; width]).iter().map(|p| (p.name, p.values.len())).collect()
}

impl BlockShape for Independent {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.stat.width(self.d)
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
        let done = self.family.evaluate(self.d, eta, moments, log_norm);
        self.done(which, eta, moments, log_norm, done)
    }

    fn evaluate_rows(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        let done = self.family.evaluate_rows(self.d, eta, moments, log_norm);
        self.done(which, eta, moments, log_norm, done)
    }

    fn cancelled(&self, eta: &[f64]) -> f64 {
        eta.chunks_exact(self.width()).map(|e| self.family.cancelled(self.d, e)).sum()
    }

    fn is_softmax(&self) -> bool {
        self.family.is_softmax()
    }

    fn hold(&self, which: Which<'_>, moments: &mut [f64]) {
        if let Some(held) = &self.held {
            held.write(which, self.width(), moments);
        }
    }

    fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    fn marginal(&self, _: usize, _: Which<'_>, eta: &[f64], moments: &[f64]) -> Marginal {
        let width = self.width();
        if self.stat.one_hot() {
            return Marginal { law: Law::Categories, width, numbers: moments.to_vec() };
        }
        Marginal { law: Law::Family(self.family, self.d), width, numbers: eta.to_vec() }
    }

    fn covariance(&self, of: [Entry; 2], _: &[f64], moments: &[f64]) -> f64 {
        match self.stat.conditions() {
            true => super::vector::covariance(self.d, of.map(|e| e.entry), moments),
            false => 0.0,
        }
    }

    fn shifted(&self, eta: &[f64], by: &[Vec<f64>]) -> Option<Vec<f64>> {
        let by = by.first().filter(|by| !by.is_empty());
        let Some(by) = by else { return Some(eta.to_vec()) };
        let w = self.stat.value.width(self.d);
        let each = eta.chunks_exact(self.width()).zip(by.chunks_exact(w));
        let moved: Option<Vec<Vec<f64>>> = each.map(|(e, by)| self.family.shifted(self.d, e, by)).collect();
        moved.map(|moved| moved.concat())
    }

    fn parameters(&self, _: usize) -> Option<Vec<(&'static str, usize)>> {
        Some(parameters(self.family, self.d, self.width()))
    }

    fn start(
        &self,
        given: &[Given<'_>],
        which: Which<'_>,
        eta: &mut [f64],
        moments: &mut [f64],
    ) -> Result<(), Failure> {
        let count = moments.len() / self.width().max(1);
        if start(self.family, self.stat, self.d, given, which, eta, moments) {
            self.evaluate(which, eta, moments, &mut vec![0.0; count])?;
        }
        Ok(())
    }

    fn first(&self, eta: &[f64], moments: &mut [f64]) -> bool {
        let w = self.width();
        let each = eta.chunks_exact(w).zip(moments.chunks_exact_mut(w));
        let moved = each.fold(false, |moved, (e, m)| self.family.first(self.d, e, m) || moved);
        self.hold(Which::From(0), moments);
        moved
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
        for (i, e) in eta.chunks_exact(self.width()).enumerate() {
            let element = which.at(i);
            match self.held.as_ref().filter(|h| h.known[element]) {
                Some(held) => out[0].extend_from_slice(held.value(element)),
                None => out[0].extend(self.family.sample(self.d, e, random)),
            }
        }
        Ok(())
    }

    fn portable(&self, eta: &[f64]) -> Option<Portable> {
        let layout = json!({ "family": self.family.name(), "statistic": self.stat.name, "d": self.d });
        self.held.is_none().then(|| Portable::new(layout, eta))
    }

    fn entry(&self, _: usize, number: usize) -> Option<usize> {
        (self.stat.domain == Domain::Real && self.stat.arithmetic == Arithmetic::Sum).then_some(number)
    }

    fn middle(&self, moments: &[f64], entry: usize) -> f64 {
        moments[entry]
    }

    fn spread(&self, _: &[f64], moments: &[f64], entry: usize) -> Vec<f64> {
        let d = self.d;
        (0..d).map(|k| moments[d + entry * d + k] - moments[entry] * moments[k]).collect()
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        // A draw has a statistic.
        let _ = (self.stat.of_value)(values[0], self.d, out);
    }
}
