//! One Gaussian vector for each element, of the entries of all its members. Not here: the algorithm
//! (`gaussian_dense`), nor which variables are one vector (`factorize::kinds::gaussian`).

use super::{
    family::parameters,
    vector::{
        Entries, both_sides, covariance, draw, entries_of, example_members, failure, layout_of, moves,
        natural, nudge, outer, put_together, share_out, start_member, times, turned_moments,
    },
};
use crate::{
    block::{
        element::{Failure, Which},
        example::{self, BlockKind, Example},
        gaussian_dense,
        marginal::{Law, Marginal},
        portable::Portable,
        shape::{BlockShape, Entry, Given},
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "Gaussian",
    doc: "sums of Gaussians kept together: one vector for each element, by a Cholesky factor",
    examples: || {
        let of = |members: Vec<Entries>, elements: usize| {
            let shape = DenseGaussian::new(members);
            let eta = (0..elements).flat_map(|e| example::gaussian(shape.d, e / 2 * 5)).collect();
            Example { shape: Box::new(shape), eta, along: None }
        };
        vec![of(example_members(), 3), of(example_members()[..1].to_vec(), 1)]
    },
    restore: Some(|layout, _| Some(Box::new(DenseGaussian::new(entries_of(layout)?)))),
};

/// Where a mean's square is so much more than its variance, the second moment has lost that.
pub(super) const FAR: f64 = 1e6;

/// So much more may an entry vary by itself than given the others.
const ALIKE: f64 = 1e12;

/// Gaussian vectors, one for each element.
#[derive(Debug)]
pub struct DenseGaussian {
    d: usize,
    members: Vec<Entries>,
}

impl DenseGaussian {
    /// Of these members, whose entries stand one after the other.
    pub fn new(members: Vec<Entries>) -> Self {
        let d = members.iter().map(|m| m.count * m.each).sum();
        Self { d, members }
    }
}

impl BlockShape for DenseGaussian {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.d + self.d * self.d
    }

    fn describe(&self) -> String {
        format!("Gaussian of dimension {}", self.d)
    }

    fn work(&self, elements: usize) -> f64 {
        // A factor and an inverse.
        0.5 * (self.d as f64).powi(3) * elements as f64
    }

    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        moments.copy_from_slice(eta);
        log_norm.fill(0.0);
        let mut scratch = vec![0.0; gaussian_dense::scratch_len(self.d)];
        let done = gaussian_dense::run(self.d, moments, log_norm, &mut scratch);
        // What is there is neither η nor moments.
        done.inspect_err(|_| moments.fill(f64::NAN)).map_err(|e| failure(e, which))
    }

    fn gaussian_vector(&self) -> Option<usize> {
        Some(self.d)
    }

    fn rotates(&self) -> Option<usize> {
        Some(self.d)
    }

    fn members(&self) -> usize {
        self.members.len()
    }

    fn marginal(&self, member: usize, _: Which<'_>, eta: &[f64], moments: &[f64]) -> Marginal {
        let (d, w) = (self.d, self.width());
        let m = &self.members[member];
        let diagonal = |x: &[f64], i: usize| (x[i], x[d + i * d + i]);
        let far = |x: &[f64]| (0..d).map(|i| diagonal(x, i)).any(|(m, s)| m * m > FAR * (s - m * m));
        if !moments.chunks_exact(w).any(far) {
            return m.marginal(d, w, moments);
        }
        // Without the means, second moments are covariances.
        let (mut still, mut about) = (eta.to_vec(), vec![0.0; moments.len()]);
        still.chunks_exact_mut(w).for_each(|e| e[..d].fill(0.0));
        let done = self.evaluate(Which::From(0), &still, &mut about, &mut vec![0.0; eta.len() / w]);
        // Where entries are so much alike given the others, the inverse has no digits either.
        let alike = |(e, v): (&[f64], &[f64])| {
            let at = |i: usize| d + i * d + i;
            (0..d).any(|i| -2.0 * e[at(i)] * v[at(i)] > ALIKE)
        };
        if done.is_err() || eta.chunks_exact(w).zip(about.chunks_exact(w)).any(alike) {
            return m.marginal(d, w, moments);
        }
        let mut numbers = vec![];
        for (x, v) in moments.chunks_exact(w).zip(about.chunks_exact(w)) {
            for i in 0..m.count {
                let from = m.first + i * m.each;
                let of = |a: usize, b: usize| v[d + (from + a) * d + from + b];
                natural(&x[from..from + m.each], of, &mut numbers);
            }
        }
        Marginal { law: Law::Family(m.family, m.each), width: m.width(), numbers }
    }

    fn entries(&self) -> Option<usize> {
        Some(self.d)
    }

    fn turned_back(&self, matrix: &[f64], eta: &[f64], moments: &[f64]) -> [Vec<f64>; 2] {
        [eta.to_vec(), turned_moments(self.d, matrix, 1.0, moments)]
    }

    fn turned(&self, member: usize, matrix: &[f64], _: &[f64], moments: &[f64]) -> Marginal {
        let (d, m) = (self.d, &self.members[member]);
        let mut numbers = vec![];
        for x in moments.chunks_exact(self.width()) {
            let (mean, second) = x.split_at(d);
            let own: Vec<f64> =
                second.iter().enumerate().map(|(i, s)| s - mean[i / d] * mean[i % d]).collect();
            let (mean, covariance) = (times(matrix, mean), both_sides(d, matrix, &own));
            for i in 0..m.count {
                let from = m.first + i * m.each;
                let of = |a: usize, b: usize| covariance[(from + a) * d + from + b];
                natural(&mean[from..from + m.each], of, &mut numbers);
            }
        }
        Marginal { law: Law::Family(m.family, m.each), width: m.width(), numbers }
    }

    fn means(&self, member: usize, _: &[f64], moments: &[f64]) -> Vec<f64> {
        let m = &self.members[member];
        let of = m.first..m.first + m.count * m.each;
        moments.chunks_exact(self.width()).flat_map(|x| &x[of.clone()]).copied().collect()
    }

    fn covariance(&self, of: [Entry; 2], _: &[f64], moments: &[f64]) -> f64 {
        covariance(self.d, of.map(|e| self.members[e.member].first + e.entry), moments)
    }

    fn parameters(&self, member: usize) -> Option<Vec<(&'static str, usize)>> {
        let m = &self.members[member];
        Some(parameters(m.family, m.each, m.width()))
    }

    fn start(
        &self,
        given: &[Given<'_>],
        which: Which<'_>,
        _: &mut [f64],
        moments: &mut [f64],
    ) -> Result<(), Failure> {
        given.iter().try_for_each(|g| {
            start_member(self.d, self.width(), &self.members[g.member], g.what, which, moments)
        })
    }

    fn shifted(&self, eta: &[f64], by: &[Vec<f64>]) -> Option<Vec<f64>> {
        let (d, w) = (self.d, self.width());
        let mut out = eta.to_vec();
        let moves = moves(d, &self.members, by, eta.len() / w.max(1));
        for (e, by) in out.chunks_exact_mut(w).zip(moves) {
            let (h, j) = e.split_at_mut(d);
            for (a, h) in h.iter_mut().enumerate() {
                *h -= (0..d).map(|b| (j[a * d + b] + j[b * d + a]) * by[b]).sum::<f64>();
            }
        }
        Some(out)
    }

    fn nudge(&self, random: &mut Stream, moments: &mut [f64]) {
        nudge(self.d, self.width(), |_| 1.0, random, moments);
    }

    fn draw(
        &self,
        which: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        for (i, e) in eta.chunks_exact(self.width()).enumerate() {
            let (h, j) = e.split_at(self.d);
            let x = draw(self.d, h, j, random)
                .ok_or_else(|| Failure::of_element(which.at(i), "the precision is not positive definite"))?;
            share_out(&self.members, &x, out);
        }
        Ok(())
    }

    fn portable(&self, eta: &[f64]) -> Option<Portable> {
        Some(Portable::new(layout_of(&self.members), eta))
    }

    fn entry(&self, member: usize, number: usize) -> Option<usize> {
        Some(self.members.get(member)?.first + number)
    }

    fn middle(&self, moments: &[f64], entry: usize) -> f64 {
        moments[entry]
    }

    fn spread(&self, _: &[f64], moments: &[f64], entry: usize) -> Vec<f64> {
        let d = self.d;
        (0..d).map(|k| moments[d + entry * d + k] - moments[entry] * moments[k]).collect()
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let x = put_together(values);
        out[..self.d].copy_from_slice(&x);
        outer(&x, &x, &mut out[self.d..]);
    }
}
