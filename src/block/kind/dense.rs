//! One Gaussian vector for each element, of the entries of all its members.

use super::{family::parameters, nudge::nudge};
use crate::{
    block::{
        element::{Failure, Which},
        gaussian_dense::{self, DenseGaussianError},
        marginal::{Law, Marginal},
        shape::{BlockShape, Given, What},
    },
    expfam::family::Family,
    num::{cholesky, stream::Stream},
};

/// Where a member's entries stand in a vector.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    /// The first.
    pub first: usize,
    /// Elements of the member in one vector.
    pub count: usize,
    /// Entries of each.
    pub each: usize,
    /// The family of an element's marginal.
    pub family: &'static dyn Family,
}

impl Entries {
    /// Numbers of an element's natural parameters.
    pub fn width(&self) -> usize {
        self.each + self.each * self.each
    }

    /// The marginals of a member in vectors of `d` entries, from the moments `[E x | E x xᵀ | …]`, `width`
    /// numbers each.
    pub(super) fn marginal(&self, d: usize, width: usize, moments: &[f64]) -> Marginal {
        let mut numbers = vec![];
        for x in moments.chunks_exact(width) {
            for i in 0..self.count {
                let from = self.first + i * self.each;
                let mean = &x[from..from + self.each];
                natural(mean, |a, b| x[d + (from + a) * d + from + b] - mean[a] * mean[b], &mut numbers);
            }
        }
        Marginal { law: Law::Family(self.family, self.each), width: self.width(), numbers }
    }
}

/// Natural parameters of a Gaussian of this mean and covariance.
pub(super) fn natural(mean: &[f64], covariance: impl Fn(usize, usize) -> f64, eta: &mut Vec<f64>) {
    let e = mean.len();
    let covariance = nalgebra::DMatrix::from_fn(e, e, covariance);
    let precision =
        covariance.try_inverse().unwrap_or_else(|| nalgebra::DMatrix::from_element(e, e, f64::NAN));
    let h = &precision * nalgebra::DVector::from_column_slice(mean);
    eta.extend(h.iter().copied());
    eta.extend(precision.iter().map(|p| -0.5 * p));
}

/// Places of the parameters in the list of a Gaussian's.
const MEAN: usize = 0;
/// See `MEAN`.
const PRECISION: usize = 1;

/// A start of a member of Gaussian vectors: its mean, and its own part of the covariance, which for values is
/// zero. It starts independent of the other members.
pub(super) fn start_member(
    d: usize,
    width: usize,
    entries: &Entries,
    what: What<'_>,
    which: Which<'_>,
    moments: &mut [f64],
) -> Result<(), Failure> {
    let Entries { first, count, each, .. } = *entries;
    let of = |place: usize| match what {
        What::Values(x) if place == MEAN => Some(x),
        What::Parameters(all) => all.iter().find(|p| p.0 == place).map(|p| p.1),
        What::Values(_) => None,
    };
    let (means, precisions) = (of(MEAN), of(PRECISION));
    for (e, m) in moments.chunks_exact_mut(width).enumerate() {
        let e = which.at(e);
        let (mean, rest) = m.split_at_mut(d);
        let second = &mut rest[..d * d];
        let outer = |second: &mut [f64], mean: &[f64], sign: f64| {
            second.iter_mut().enumerate().for_each(|(i, s)| *s += sign * mean[i / d] * mean[i % d]);
        };
        // The covariance, until the end.
        outer(second, mean, -1.0);
        for i in 0..count {
            let (from, item) = (first + i * each, e * count + i);
            if let Some(x) = means {
                mean[from..from + each].copy_from_slice(&x[item * each..(item + 1) * each]);
            }
            let at = |k: usize| (from + k / each) * d + from + k % each;
            let mut own: Vec<f64> = (0..each * each).map(|k| second[at(k)]).collect();
            if matches!(what, What::Values(_)) {
                own.fill(0.0);
            }
            if let Some(p) = precisions {
                let p = nalgebra::DMatrix::from_row_slice(
                    each,
                    each,
                    &p[item * each * each..(item + 1) * each * each],
                );
                let Some(c) = p.cholesky() else {
                    return Err(Failure::of_element(item, "the precision is not positive definite"));
                };
                own.copy_from_slice(c.inverse().as_slice());
            }
            for a in from..from + each {
                for b in 0..d {
                    (second[a * d + b], second[b * d + a]) = (0.0, 0.0);
                }
            }
            own.iter().enumerate().for_each(|(k, c)| second[at(k)] = *c);
        }
        outer(second, mean, 1.0);
    }
    Ok(())
}

/// Names a failure of the kernel by its element.
pub(super) fn failure(e: DenseGaussianError, which: Which<'_>) -> Failure {
    let named = match e {
        DenseGaussianError::NotPositive { element, component } => {
            DenseGaussianError::NotPositive { element: which.at(element), component }
        }
        DenseGaussianError::NotFinite { element } => {
            DenseGaussianError::NotFinite { element: which.at(element) }
        }
    };
    let (DenseGaussianError::NotPositive { element, .. } | DenseGaussianError::NotFinite { element }) = named;
    Failure { element, impossible: false, why: named.to_string() }
}

/// Splits drawn vectors into their members' values.
pub(super) fn share_out(members: &[Entries], x: &[f64], out: &mut [Vec<f64>]) {
    for (m, out) in members.iter().zip(out) {
        out.extend_from_slice(&x[m.first..m.first + m.count * m.each]);
    }
}

/// One vector of the members' values.
pub(super) fn put_together(values: &[&[f64]]) -> Vec<f64> {
    values.concat()
}

/// A draw of a Gaussian with natural parameters `[h | J]`: mean Λ⁻¹ h, and Λ = L Lᵀ, so that L⁻ᵀ z has the
/// covariance.
pub(super) fn draw(d: usize, h: &[f64], j: &[f64], random: &mut Stream) -> Option<Vec<f64>> {
    let mut l: Vec<f64> = (0..d * d).map(|i| -(j[i] + j[i % d * d + i / d])).collect();
    cholesky::factor(d, &mut l).ok()?;
    let mut x = h.to_vec();
    cholesky::forward(d, &l, &mut x);
    x.iter_mut().for_each(|x| *x += random.normal());
    cholesky::back(d, &l, &mut x);
    x.iter().all(|x| x.is_finite()).then_some(x)
}

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
        gaussian_dense::run(self.d, moments, log_norm, &mut scratch).map_err(|e| failure(e, which))
    }

    fn gaussian_vector(&self) -> Option<usize> {
        Some(self.d)
    }

    fn members(&self) -> usize {
        self.members.len()
    }

    fn marginal(&self, member: usize, _: Which<'_>, _: &[f64], moments: &[f64]) -> Marginal {
        self.members[member].marginal(self.d, self.width(), moments)
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

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        let x = put_together(values);
        out[..self.d].copy_from_slice(&x);
        out[self.d..].iter_mut().enumerate().for_each(|(i, o)| *o = x[i / self.d] * x[i % self.d]);
    }
}
