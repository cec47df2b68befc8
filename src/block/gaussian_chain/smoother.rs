//! One sequence of Gaussian vectors: forward and back, a block of steps at a time. Not here: the products
//! (`small`).

use super::{error::GaussianChainError, layout::Layout, small, steps::GaussianChains};
use crate::{
    block::steps::Steps,
    num::{cholesky, wide::Vectors},
};
use std::ops::Range;

/// A matrix whose entries differ from another's by less than this, beside its diagonal, is taken for the
/// same: as much is lost when they are computed.
const SAME: f64 = 4.0 * f64::EPSILON;

/// Where a pivot is less than this share of the precision that stands there, or what is known of a number
/// alone less than this share of what is known of it together with the steps after it, sums of precisions
/// have lost four digits.
const LOST: f64 = 1.0 / 8192.0;

/// Squares of right sides, a number: where they are larger on average, the log norm is a small difference.
const LARGE: f64 = 1e6;

/// Buffers, grown once.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// Whether more digits are lost than is well. Nobody but the caller takes it back.
    pub lost: bool,
    node: Vec<f64>,
    /// Whether each step's K is that of the step before.
    held: Vec<bool>,
    points: Vec<Past>,
    past: Past,
    later: Later,
    s: Vec<f64>,
    product: Vec<f64>,
    mean: Vec<f64>,
    centre: Vec<f64>,
}

/// What a step going forward knows of the one before: S = L Lᵀ is its precision given all before it, K = L⁻¹,
/// u = K g.
#[derive(Clone, Debug, Default)]
struct Past {
    u: Vec<f64>,
    k: Vec<f64>,
    s: Vec<f64>,
    /// Its own J, as it was given.
    j: Vec<f64>,
    /// K P for the coupling `product_of`.
    w: Vec<f64>,
    product_of: Option<usize>,
    /// The coupling that led into it.
    coupling: Option<usize>,
    /// Whether its K is that of the step before it.
    held: bool,
    log_det: f64,
}

/// What a step going back knows of the one after.
#[derive(Clone, Debug, Default)]
struct Later {
    mean: Vec<f64>,
    v: Vec<f64>,
    /// K P, (S⁻¹ P)ᵀ and Cov(x_{t−1}, x_t) of the last pair.
    w: Vec<f64>,
    gain: Vec<f64>,
    cross: Vec<f64>,
    coupling: Option<usize>,
    /// Whether its covariance is that of the step after it.
    held: bool,
}

/// All that sequences share.
pub(super) struct Smoother<'a> {
    pub q: usize,
    pub chains: GaussianChains<'a>,
    pub layout: Layout,
}

type Forward = fn(&Smoother<'_>, usize, Range<usize>, usize, &mut Scratch) -> Result<f64, GaussianChainError>;
type Backward = fn(&Smoother<'_>, &Range<usize>, Range<usize>, usize, &mut [f64], &mut Scratch);

/// [`Smoother::forward`] and [`Smoother::backward`] for vectors of a width.
struct Loops {
    forward: Forward,
    backward: Backward,
}

impl Loops {
    /// Loops of known length are unrolled.
    fn for_width(q: usize) -> Self {
        match q {
            1 => Self::of::<1>(),
            2 => Self::of::<2>(),
            3 => Self::of::<3>(),
            4 => Self::of::<4>(),
            5 => Self::of::<5>(),
            6 => Self::of::<6>(),
            7 => Self::of::<7>(),
            8 => Self::of::<8>(),
            _ => Self::of::<0>(),
        }
    }

    /// 0 stands for a width known only when they run. A machine without wide vectors has these loops only:
    /// the others are not worth a third copy.
    fn of<const N: usize>() -> Self {
        Self {
            forward: |smoother, lo, range, from, scratch| match Vectors::new() {
                Some(vectors) => vectors.run(
                    #[inline(always)]
                    || smoother.forward::<N>(lo, range, from, scratch),
                ),
                None => forward_plain(smoother, lo, range, from, scratch),
            },
            backward: |smoother, whole, range, from, pair_sums, scratch| match Vectors::new() {
                Some(vectors) => vectors.run(
                    #[inline(always)]
                    || smoother.backward::<N>(whole, range, from, pair_sums, scratch),
                ),
                None => backward_plain(smoother, whole, range, from, pair_sums, scratch),
            },
        }
    }
}

fn forward_plain(
    smoother: &Smoother<'_>,
    lo: usize,
    range: Range<usize>,
    from: usize,
    scratch: &mut Scratch,
) -> Result<f64, GaussianChainError> {
    smoother.forward::<0>(lo, range, from, scratch)
}

fn backward_plain(
    smoother: &Smoother<'_>,
    whole: &Range<usize>,
    range: Range<usize>,
    from: usize,
    pair_sums: &mut [f64],
    scratch: &mut Scratch,
) {
    smoother.backward::<0>(whole, range, from, pair_sums, scratch);
}

/// Whether two symmetric matrices are the same but for rounding, at the scale of a third's diagonal.
#[inline(always)]
fn same(q: usize, a: &[f64], b: &[f64], scale: &[f64]) -> bool {
    let diagonal = |i: usize| scale[i * q + i];
    let near = |i: usize, j: usize| {
        let d = a[i * q + j] - b[i * q + j];
        // NaN is near to nothing.
        d * d <= SAME * SAME * (diagonal(i) * diagonal(j)).abs()
    };
    (0..q).all(|i| (0..=i).all(|j| near(i, j)))
}

impl Smoother<'_> {
    fn coupling(&self, t: usize) -> usize {
        self.chains.pair_index.map_or(0, |ix| ix[t] as usize)
    }

    /// Tells the steps of one sequence their moments; returns its log norm.
    pub(super) fn sequence(
        &self,
        range: Range<usize>,
        steps: &mut dyn Steps,
        pair_sums: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<f64, GaussianChainError> {
        let (q, width, len, block) = (self.q, self.q + self.q * self.q, range.len(), self.layout.block);
        let kept = len * width <= self.layout.kept || len <= block;
        scratch.size(q, if kept { len } else { block }, len);
        let blocks = len.div_ceil(block);
        scratch.points.clear();
        let at = |b: usize| range.start + b * block..(range.start + (b + 1) * block).min(range.end);
        let rows = |b: usize| if kept { b * block * width } else { 0 };
        let mut log_norm = 0.5 * (len * q) as f64 * std::f64::consts::TAU.ln();
        let Loops { forward, backward } = Loops::for_width(q);
        for b in 0..blocks {
            let (t, from) = (at(b), rows(b));
            if !kept {
                scratch.points.push(scratch.past.clone());
            }
            steps.natural(t.clone(), &mut scratch.node[from..from + t.len() * width]);
            log_norm += forward(self, range.start, t, from, scratch)?;
        }
        for b in (0..blocks).rev() {
            let (t, from) = (at(b), rows(b));
            if !kept && b + 1 < blocks {
                scratch.past.clone_from(&scratch.points[b]);
                steps.natural(t.clone(), &mut scratch.node[..t.len() * width]);
                forward(self, range.start, t.clone(), from, scratch)?;
            }
            backward(self, &range, t.clone(), from, pair_sums, scratch);
            steps.take(t.clone(), &scratch.node[from..from + t.len() * width]);
        }
        Ok(log_norm)
    }

    /// Some steps forward: h becomes u and J becomes K. Returns their part of the log norm.
    #[inline(always)]
    fn forward<const N: usize>(
        &self,
        lo: usize,
        range: Range<usize>,
        from: usize,
        scratch: &mut Scratch,
    ) -> Result<f64, GaussianChainError> {
        let q = if N > 0 { N } else { self.q };
        let (square, width) = (q * q, q + q * q);
        let Scratch { node, held, past, s, product, centre: g, lost, .. } = scratch;
        let steps = range.len();
        let (s, product, g) = (&mut s[..square], &mut product[..square], &mut g[..q]);
        let (mut quadratic, mut log_det) = (0.0, 0.0);
        for (row, t) in node[from..].chunks_exact_mut(width).zip(range) {
            let (h, j) = row.split_at_mut(q);
            let into = (t > lo).then(|| self.coupling(t));
            g.copy_from_slice(h);
            if let Some(m) = into {
                if past.product_of != Some(m) {
                    small::product::<N>(q, &past.k, &self.chains.pair[m * square..][..square], &mut past.w);
                    past.product_of = Some(m);
                }
                for (w, u) in past.w.chunks_exact(q).zip(&past.u) {
                    g.iter_mut().zip(w).for_each(|(g, w)| *g += u * w);
                }
            }
            // What is the same as a step before has the same factor.
            let mut again = self.layout.hold
                && past.held
                && into.is_some()
                && into == past.coupling
                && *j == past.j[..square];
            if !again {
                for a in 0..q {
                    for b in 0..q {
                        s[a * q + b] = -(j[a * q + b] + j[b * q + a]);
                    }
                }
                past.j.copy_from_slice(j);
                if into.is_some() {
                    small::transposed_product::<N>(q, &past.w, &past.w, product);
                    // `product` becomes J's own part, by whose size the rounding goes.
                    s.iter_mut().zip(&mut *product).for_each(|(s, x)| (*s, *x) = (*s - *x, *s));
                    again = self.layout.hold && same(q, s, &past.s, product);
                }
                past.held = again;
            }
            past.coupling = into;
            held[t - lo] = again;
            if !again {
                past.s.copy_from_slice(s);
                if let Err(e) = cholesky::factor(q, s) {
                    let finite = s[e.pivot * q..][..=e.pivot].iter().all(|x| x.is_finite());
                    return Err(if finite {
                        GaussianChainError::NotPositive { step: t }
                    } else {
                        GaussianChainError::NotFinite { step: t }
                    });
                }
                *lost |= (0..q).any(|i| s[i * q + i] * s[i * q + i] < -2.0 * LOST * j[i * q + i]);
                past.log_det = small::half_log_det(q, s);
                small::invert_lower(q, s, &mut past.k);
                past.product_of = None;
            }
            log_det += past.log_det;
            let mut size = 0.0;
            for ((u, k), h) in past.u.iter_mut().zip(past.k.chunks_exact(q)).zip(h) {
                *u = k.iter().zip(&*g).map(|(k, g)| k * g).sum();
                *h = *u;
                size += *u * *u;
            }
            j.copy_from_slice(&past.k);
            if !size.is_finite() {
                return Err(GaussianChainError::NotFinite { step: t });
            }
            quadratic += size;
        }
        *lost |= quadratic > LARGE * (steps * q) as f64;
        Ok(0.5 * quadratic - log_det)
    }

    /// The same steps back: u and K become moments.
    #[inline(always)]
    fn backward<const N: usize>(
        &self,
        whole: &Range<usize>,
        range: Range<usize>,
        from: usize,
        pair_sums: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let q = if N > 0 { N } else { self.q };
        let (square, width) = (q * q, q + q * q);
        let Scratch { node, held, later, s: v, product, centre, mean, lost, .. } = scratch;
        let (v, product, centre, mean) =
            (&mut v[..square], &mut product[..square], &mut centre[..q], &mut mean[..q]);
        let rows = &mut node[from..from + range.len() * width];
        for (row, t) in rows.chunks_exact_mut(width).zip(range).rev() {
            let (u, k) = row.split_at_mut(q);
            if t + 1 < whole.end {
                let m = self.coupling(t + 1);
                let again = later.held && held[t + 1 - whole.start] && later.coupling == Some(m);
                if !again {
                    small::product::<N>(q, k, &self.chains.pair[m * square..][..square], &mut later.w);
                    small::transposed_product::<N>(q, &later.w, k, &mut later.gain);
                    small::transposed_product::<N>(q, &later.gain, &later.v, &mut later.cross);
                    small::transposed_product::<N>(q, k, k, v);
                    small::product::<N>(q, &later.cross, &later.gain, product);
                    for a in 0..q {
                        for b in 0..q {
                            v[a * q + b] += 0.5 * (product[a * q + b] + product[b * q + a]);
                        }
                    }
                    *lost |= (0..q).any(|i| LOST * v[i * q + i] > k[i * q + i] * k[i * q + i]);
                    later.held = self.layout.hold && same(q, v, &later.v, v);
                    if !later.held {
                        later.v.copy_from_slice(v);
                    }
                    later.coupling = Some(m);
                }
                for (u, w) in u.iter_mut().zip(later.w.chunks_exact(q)) {
                    *u += w.iter().zip(&later.mean).map(|(w, m)| w * m).sum::<f64>();
                }
                small::lower_transpose_times(q, k, u, centre);
                let sums = &mut pair_sums[m * square..][..square];
                for ((sums, cross), c) in
                    sums.chunks_exact_mut(q).zip(later.cross.chunks_exact(q)).zip(&*centre)
                {
                    for ((s, x), m) in sums.iter_mut().zip(cross).zip(&later.mean) {
                        *s += x + c * m;
                    }
                }
            } else {
                small::transposed_product::<N>(q, k, k, &mut later.v);
                *lost |= (0..q).any(|i| LOST * later.v[i * q + i] > k[i * q + i] * k[i * q + i]);
                (later.held, later.coupling) = (false, None);
                small::lower_transpose_times(q, k, u, centre);
            }
            mean.copy_from_slice(centre);
            later.mean.copy_from_slice(centre);
            u.copy_from_slice(centre);
            for ((k, v), c) in k.chunks_exact_mut(q).zip(later.v.chunks_exact(q)).zip(&*centre) {
                for ((k, v), m) in k.iter_mut().zip(v).zip(&*mean) {
                    *k = v + c * m;
                }
            }
        }
    }
}

impl Scratch {
    /// Steps of the last sequence that have the factor of the step before.
    #[cfg(test)]
    pub(super) fn steps_held(&self) -> usize {
        self.held.iter().filter(|h| **h).count()
    }

    /// Room for so many rows of a sequence of `len` steps, and nothing left of another.
    fn size(&mut self, q: usize, rows: usize, len: usize) {
        let square = q * q;
        let room = |v: &mut Vec<f64>, n: usize| v.resize(n, 0.0);
        if self.node.len() < rows * (q + square) {
            room(&mut self.node, rows * (q + square));
        }
        self.held.resize(len, false);
        let Past { u, k, s, j, w, product_of, coupling, held, .. } = &mut self.past;
        [k, s, j, w].into_iter().for_each(|m| room(m, square));
        room(u, q);
        (*product_of, *coupling, *held) = (None, None, false);
        let Later { mean, v, w, gain, cross, .. } = &mut self.later;
        [v, w, gain, cross].into_iter().for_each(|m| room(m, square));
        room(mean, q);
        [&mut self.s, &mut self.product].into_iter().for_each(|m| room(m, square));
        [&mut self.mean, &mut self.centre].into_iter().for_each(|m| room(m, q));
    }
}
