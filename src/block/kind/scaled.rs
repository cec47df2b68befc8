//! One Gaussian vector for each element with the precision that scales it: a Normal–Gamma of a vector. Not
//! here: the algorithm (`normal_gamma_vector`), nor which variables are one (`factorize::kinds::gaussian`).

use super::vector::{Entries, entries_of, layout_of, moves, nudge, put_together, share_out, turned_moments};
use crate::{
    block::{
        element::{Failure, Which},
        example::{self, BlockKind, Example},
        marginal::{Law, Marginal},
        normal_gamma,
        normal_gamma_vector::{SPEC, STAT, entry, turned_entries},
        portable::Portable,
        shape::{BlockShape, Entry},
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "scaled Gaussian",
    doc: "Gaussians kept together with the precision that scales them all",
    examples: || {
        let scalar = example::family("Normal").0;
        let entries = |first, count| Entries { first, count, each: 1, family: scalar };
        let shape = ScaledGaussian::new(vec![entries(0, 2), entries(2, 1)]);
        let eta = (0..2).flat_map(|e| example::gaussian(3, e).into_iter().chain([-4.0, 3.5])).collect();
        vec![Example { shape: Box::new(shape), eta, along: None }]
    },
    restore: Some(|layout, _| Some(Box::new(ScaledGaussian::new(entries_of(layout)?)))),
};

/// Vectors of the members' entries, and their precision, which is the last member.
#[derive(Debug)]
pub struct ScaledGaussian {
    d: usize,
    entries: Vec<Entries>,
}

impl ScaledGaussian {
    /// Of these members, whose entries stand one after the other, and the precision.
    pub fn new(entries: Vec<Entries>) -> Self {
        let d = entries.iter().map(|m| m.count * m.each).sum();
        Self { d, entries }
    }
}

impl BlockShape for ScaledGaussian {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        STAT.width(self.d)
    }

    fn describe(&self) -> String {
        SPEC.family.name().into()
    }

    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        let done = SPEC.family.evaluate(self.d, eta, moments, log_norm);
        done.map_err(|e| Failure::of_family(which.at(e.element), &e))
    }

    fn cancelled(&self, eta: &[f64]) -> f64 {
        eta.chunks_exact(self.width()).map(|e| SPEC.family.cancelled(self.d, e)).sum()
    }

    fn members(&self) -> usize {
        self.entries.len() + 1
    }

    /// One entry of a vector and its precision are a Normal–Gamma.
    fn marginal(&self, member: usize, _: Which<'_>, eta: &[f64], _: &[f64]) -> Marginal {
        // Of the precision alone, any entry says the same.
        let of = self.entries.get(member).map_or(0..1, |m| m.first..m.first + m.count * m.each);
        let numbers = eta
            .chunks_exact(self.width())
            .flat_map(|e| of.clone().flat_map(|i| entry(self.d, e, i)).collect::<Vec<f64>>())
            .collect();
        let law = Law::Member(normal_gamma::SPEC.family, usize::from(member == self.entries.len()), 1);
        Marginal { law, width: 4, numbers }
    }

    fn covariance(&self, of: [Entry; 2], eta: &[f64], moments: &[f64]) -> f64 {
        let [Some(a), Some(b)] = of.map(|e| Some(self.entries.get(e.member)?.first + e.entry)) else {
            return 0.0;
        };
        // Student-t: the rate over the shape less one, times that of x given a precision of 1.
        let (d, tau) = (self.d, moments[self.d + self.d * self.d]);
        let shape = eta[d + d * d + 1] + 1.0 - 0.5 * d as f64;
        if shape <= 1.0 {
            return f64::INFINITY;
        }
        let spread = moments[d + a * d + b] - moments[a] * moments[b] / tau;
        spread * shape / tau / (shape - 1.0)
    }

    fn shifted(&self, eta: &[f64], by: &[Vec<f64>]) -> Option<Vec<f64>> {
        let w = self.width();
        let moves = moves(self.d, &self.entries, by, eta.len() / w.max(1));
        let each = eta.chunks_exact(w).zip(moves);
        let moved: Option<Vec<Vec<f64>>> = each.map(|(e, by)| SPEC.family.shifted(self.d, e, &by)).collect();
        moved.map(|moved| moved.concat())
    }

    fn entries(&self) -> Option<usize> {
        Some(self.d)
    }

    fn turned_back(&self, matrix: &[f64], eta: &[f64], moments: &[f64]) -> [Vec<f64>; 2] {
        let (d, w) = (self.d, self.width());
        let each = moments.chunks_exact(w).flat_map(|m| {
            let (vector, tau) = m.split_at(d + d * d);
            let mut out = turned_moments(d, matrix, tau[0], vector);
            out.extend_from_slice(tau);
            out
        });
        [eta.to_vec(), each.collect()]
    }

    fn turned(&self, member: usize, matrix: &[f64], eta: &[f64], _: &[f64]) -> Marginal {
        let of = self.entries.get(member).map_or(0..1, |m| m.first..m.first + m.count * m.each);
        let each = eta.chunks_exact(self.width());
        let numbers = each.flat_map(|e| turned_entries(self.d, e, matrix, of.clone())).collect();
        let law = Law::Member(normal_gamma::SPEC.family, usize::from(member == self.entries.len()), 1);
        Marginal { law, width: 4, numbers }
    }

    fn nudge(&self, random: &mut Stream, moments: &mut [f64]) {
        // Moments are τ times those of the vector.
        nudge(self.d, self.width(), |rest| rest[0], random, moments);
    }

    fn draw(
        &self,
        _: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        for e in eta.chunks_exact(self.width()) {
            let drawn = SPEC.family.sample(self.d, e, random);
            share_out(&self.entries, &drawn[0], out);
            out[self.entries.len()].extend(&drawn[1]);
        }
        Ok(())
    }

    fn portable(&self, eta: &[f64]) -> Option<Portable> {
        Some(Portable::new(layout_of(&self.entries), eta))
    }

    fn entry(&self, member: usize, number: usize) -> Option<usize> {
        Some(self.entries.get(member)?.first + number)
    }

    fn scales(&self) -> Option<usize> {
        Some(self.entries.len())
    }

    fn middle(&self, moments: &[f64], entry: usize) -> f64 {
        moments[entry] / moments[self.d + self.d * self.d]
    }

    fn spread(&self, _: &[f64], moments: &[f64], entry: usize) -> Vec<f64> {
        let (d, tau) = (self.d, moments[self.d + self.d * self.d]);
        (0..d).map(|k| moments[d + entry * d + k] - moments[entry] * moments[k] / tau).collect()
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let (x, tau) = values.split_at(self.entries.len());
        out.copy_from_slice(&SPEC.family.of_values(self.d, &[&put_together(x), tau[0]]));
    }
}
