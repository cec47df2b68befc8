//! What blocks of Gaussian vectors have in common: where members stand, their marginals, starts and draws. Not
//! here: any kind of block.

use crate::{
    block::{
        element::{Failure, Which},
        example,
        gaussian_dense::DenseGaussianError,
        marginal::{Law, Marginal},
        portable,
        shape::What,
    },
    expfam::family::Family,
    num::{cholesky, reduce::dot, stream::Stream},
};
use serde_json::{Value, json};

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

/// Where members stand, written down.
pub(super) fn layout_of(members: &[Entries]) -> Value {
    let each = |m: &Entries| json!({ "count": m.count, "each": m.each, "family": m.family.name() });
    members.iter().map(each).collect()
}

/// Where members stand that [`layout_of`] has written down.
pub(super) fn entries_of(layout: &Value) -> Option<Vec<Entries>> {
    let mut first = 0;
    let of = |m: &Value| {
        let (count, each) = (portable::number(m, "count")?, portable::number(m, "each")?);
        let entries = Entries { first, count, each, family: portable::family_named(&m["family"])? };
        first = entries.first.checked_add(count.checked_mul(each)?)?;
        Some(entries)
    };
    layout.as_array()?.iter().map(of).collect()
}

impl Entries {
    /// The same with covariances of whole vectors, d × d each, beside the moments.
    pub(super) fn marginal_about(
        &self,
        d: usize,
        width: usize,
        moments: &[f64],
        covariances: &[f64],
    ) -> Marginal {
        let mut numbers = vec![];
        for (x, v) in moments.chunks_exact(width).zip(covariances.chunks_exact(d * d)) {
            for i in 0..self.count {
                let from = self.first + i * self.each;
                let mean = &x[from..from + self.each];
                natural(mean, |a, b| v[(from + a) * d + from + b], &mut numbers);
            }
        }
        Marginal { law: Law::Family(self.family, self.each), width: self.width(), numbers }
    }
}

/// The covariance of two entries of a vector of `d`, from its moments `[E x | E x xᵀ | …]`.
pub(super) fn covariance(d: usize, [a, b]: [usize; 2], moments: &[f64]) -> f64 {
    moments[d + a * d + b] - moments[a] * moments[b]
}

/// a x, a row-major.
pub(super) fn times(a: &[f64], x: &[f64]) -> Vec<f64> {
    a.chunks_exact(x.len()).map(|row| dot(row, x)).collect()
}

/// Moments `[s E x | s E x xᵀ + V]` of vectors a x, given those of x.
pub(super) fn turned_moments(d: usize, a: &[f64], scale: f64, moments: &[f64]) -> Vec<f64> {
    let each = moments.chunks_exact(d + d * d).flat_map(|m| {
        let (first, second) = m.split_at(d);
        let about: Vec<f64> =
            second.iter().enumerate().map(|(i, s)| s - first[i / d] * first[i % d] / scale).collect();
        let (mut first, about) = (times(a, first), both_sides(d, a, &about));
        let second = (0..d * d).map(|i| about[i] + first[i / d] * first[i % d] / scale);
        let second: Vec<f64> = second.collect();
        first.extend(second);
        first
    });
    each.collect()
}

/// a V aᵀ of a symmetric V.
pub(super) fn both_sides(d: usize, a: &[f64], v: &[f64]) -> Vec<f64> {
    let half: Vec<f64> = v.chunks_exact(d).flat_map(|row| times(a, row)).collect();
    // Row i of `half` is a times column i of V.
    let column = |k: usize| -> Vec<f64> { (0..d).map(|i| half[i * d + k]).collect() };
    (0..d).flat_map(|k| times(a, &column(k))).collect()
}

/// Natural parameters of a Gaussian of this mean and covariance.
pub(super) fn natural(mean: &[f64], covariance: impl Fn(usize, usize) -> f64, eta: &mut Vec<f64>) {
    let e = mean.len();
    let mut precision: Vec<f64> = (0..e * e).map(|i| covariance(i / e, i % e)).collect();
    invert(e, &mut precision);
    eta.extend(precision.chunks_exact(e).map(|row| row.iter().zip(mean).map(|(p, m)| p * m).sum::<f64>()));
    eta.extend(precision.iter().map(|p| -0.5 * p));
}

/// Overwrites a positive definite matrix with its inverse, by elimination (Gauss–Jordan) without square roots:
/// that of one number is 1 over it, to the last digit. Any other matrix becomes NaN.
fn invert(d: usize, a: &mut [f64]) {
    for k in 0..d {
        let pivot = a[k * d + k];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return a.fill(f64::NAN);
        }
        a[k * d + k] = 1.0;
        a[k * d..][..d].iter_mut().for_each(|x| *x /= pivot);
        for i in (0..d).filter(|i| *i != k) {
            let factor = std::mem::take(&mut a[i * d + k]);
            for j in 0..d {
                a[i * d + j] -= factor * a[k * d + j];
            }
        }
    }
}

/// Of each vector of `d` entries, by how much each is moved: those of members one after the other.
pub(super) fn moves(d: usize, members: &[Entries], by: &[Vec<f64>], elements: usize) -> Vec<Vec<f64>> {
    let mut out = vec![vec![0.0; d]; elements];
    for (m, by) in members.iter().zip(by).filter(|(_, by)| !by.is_empty()) {
        let w = m.count * m.each;
        for (to, by) in out.iter_mut().zip(by.chunks_exact(w)) {
            to[m.first..m.first + w].copy_from_slice(by);
        }
    }
    out
}

/// Moves means of vectors of `d` entries by draws of their own spread, at most of unit spread. The moments
/// are `[s E x | s E x xᵀ | …]`, with s what `scale` reads of the rest.
pub(super) fn nudge(
    d: usize,
    width: usize,
    scale: impl Fn(&[f64]) -> f64,
    random: &mut Stream,
    moments: &mut [f64],
) {
    for m in moments.chunks_exact_mut(width) {
        let (first, rest) = m.split_at_mut(d);
        let (second, rest) = rest.split_at_mut(d * d);
        let scale = scale(rest);
        let mean: Vec<f64> = first.iter().map(|m| m / scale).collect();
        let spread = |i: usize| (second[i * d + i] / scale - mean[i] * mean[i]).max(0.0).sqrt().min(1.0);
        let by: Vec<f64> = (0..d).map(|i| spread(i) * random.normal()).collect();
        for i in 0..d {
            for k in 0..d {
                second[i * d + k] += scale * (mean[i] * by[k] + by[i] * mean[k] + by[i] * by[k]);
            }
        }
        first.iter_mut().zip(&by).for_each(|(m, b)| *m += scale * b);
    }
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
                let mut l = p[item * each * each..(item + 1) * each * each].to_vec();
                if cholesky::factor(each, &mut l).is_err() {
                    return Err(Failure::of_element(item, "the precision is not positive definite"));
                }
                own.fill(0.0);
                for (k, column) in own.chunks_exact_mut(each).enumerate() {
                    column[k] = 1.0;
                    cholesky::solve(each, &l, column);
                }
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

/// a bᵀ.
pub(super) fn outer(a: &[f64], b: &[f64], out: &mut [f64]) {
    for (row, a) in out.chunks_exact_mut(b.len()).zip(a) {
        row.iter_mut().zip(b).for_each(|(o, b)| *o = a * b);
    }
}

/// Two scalars and a vector of two.
pub(super) fn example_members() -> Vec<Entries> {
    let (scalar, vector) = (example::family("Normal").0, example::family("MvNormal").0);
    vec![
        Entries { first: 0, count: 2, each: 1, family: scalar },
        Entries { first: 2, count: 1, each: 2, family: vector },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_is_that_of_a_library() {
        for d in 1..6 {
            let b = nalgebra::DMatrix::from_fn(d, d, |i, j| ((i * 7 + j * 3) % 5) as f64 - 1.5);
            let a = &b * b.transpose() + nalgebra::DMatrix::identity(d, d);
            let mut ours = a.as_slice().to_vec();
            invert(d, &mut ours);
            let want = a.try_inverse().expect("positive definite");
            assert!((nalgebra::DMatrix::from_row_slice(d, d, &ours) - want).amax() < 1e-12, "{d}");
        }
        let mut none = [1.0, 2.0, 2.0, 1.0];
        invert(2, &mut none);
        assert!(none.iter().all(|x| x.is_nan()));
    }
}
