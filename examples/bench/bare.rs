//! The bare arithmetic of chains, with nothing around it: the floors of what the engine does in general.
//! Sizes are known to the compiler, parameters are the same for all steps.

use elbow::num::wide::wide;

/// Forward and backward messages of `T` steps over `K` states, scaled, and the sums of the pair marginals.
/// `emit` holds a row of `K` for each symbol. Returns the log-likelihood.
pub fn forward_backward<const K: usize>(
    trans: &[[f64; K]; K],
    emit: &[[f64; K]],
    symbols: &[u8],
    room: &mut Vec<[f64; K]>,
) -> (f64, f64) {
    wide(
        #[inline(always)]
        || {
            room.clear();
            let mut f = [1.0 / K as f64; K];
            let mut log = 0.0;
            let mut product = 1.0f64;
            for (t, &x) in symbols.iter().enumerate() {
                let mut next = if t == 0 { f } else { [0.0; K] };
                if t > 0 {
                    for (f, row) in f.iter().zip(trans) {
                        (0..K).for_each(|j| next[j] += f * row[j]);
                    }
                }
                (0..K).for_each(|j| next[j] *= emit[usize::from(x)][j]);
                let sum: f64 = next.iter().sum();
                let r = 1.0 / sum;
                (0..K).for_each(|j| f[j] = next[j] * r);
                product *= sum;
                // A logarithm for a few steps at a time.
                if product < 1e-200 {
                    log += product.ln();
                    product = 1.0;
                }
                room.push(f);
            }
            let mut b = [1.0; K];
            let mut pairs = [[0.0; K]; K];
            for t in (1..symbols.len()).rev() {
                let mut w = [0.0; K];
                (0..K).for_each(|j| w[j] = b[j] * emit[usize::from(symbols[t])][j]);
                let mut back = [0.0; K];
                for (b, row) in back.iter_mut().zip(trans) {
                    *b = (0..K).map(|j| row[j] * w[j]).sum();
                }
                let norm: f64 = (0..K).map(|i| room[t - 1][i] * back[i]).sum();
                let r = 1.0 / norm;
                for (p, f) in pairs.iter_mut().zip(&room[t - 1]) {
                    (0..K).for_each(|j| p[j] += f * r * w[j]);
                }
                (0..K).for_each(|j| room[t - 1][j] *= back[j] * r);
                (0..K).for_each(|j| b[j] = back[j] * r);
            }
            // The same transition for all steps: once is enough.
            let sum = pairs.iter().flatten().zip(trans.iter().flatten()).map(|(p, a)| p * a).sum();
            (log + product.ln(), sum)
        },
    )
}

type Square<const D: usize> = [[f64; D]; D];

#[inline(always)]
fn product<const D: usize>(a: &Square<D>, b: &Square<D>) -> Square<D> {
    let mut c = [[0.0; D]; D];
    for i in 0..D {
        for k in 0..D {
            (0..D).for_each(|j| c[i][j] += a[i][k] * b[k][j]);
        }
    }
    c
}

#[inline(always)]
fn transposed<const D: usize>(a: &Square<D>) -> Square<D> {
    std::array::from_fn(|i| std::array::from_fn(|j| a[j][i]))
}

/// The inverse of a symmetric positive definite matrix, by its Cholesky factor.
#[inline(always)]
fn inverse<const D: usize>(a: &Square<D>) -> (Square<D>, f64) {
    let mut l = [[0.0; D]; D];
    let mut log = 1.0;
    for i in 0..D {
        for j in 0..=i {
            let s = a[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            l[i][j] = if i == j { s.sqrt() } else { s / l[j][j] };
        }
        log *= l[i][i];
    }
    let mut m = [[0.0; D]; D];
    for c in 0..D {
        m[c][c] = 1.0 / l[c][c];
        for i in c + 1..D {
            m[i][c] = -(c..i).map(|k| l[i][k] * m[k][c]).sum::<f64>() / l[i][i];
        }
    }
    (product(&transposed(&m), &m), log)
}

#[inline(always)]
fn apply<const D: usize>(a: &Square<D>, x: &[f64; D]) -> [f64; D] {
    std::array::from_fn(|i| (0..D).map(|j| a[i][j] * x[j]).sum())
}

/// What the smoother keeps of a step on its way forward.
#[derive(Clone, Copy)]
pub struct Step<const D: usize> {
    inverse: Square<D>,
    gain: Square<D>,
    mean: [f64; D],
}

/// Means, covariances and the sum of neighbours' second moments of a Gaussian chain with precision blocks
/// `own` on the diagonal and `next` beside it (row: the step, column: the one after), and linear terms `h`.
/// Returns the means and a checksum.
pub fn smoother<const D: usize>(
    own: &Square<D>,
    next: &Square<D>,
    h: &[[f64; D]],
    room: &mut Vec<Step<D>>,
) -> (Vec<[f64; D]>, f64) {
    wide(
        #[inline(always)]
        || {
            room.clear();
            let mut before: Option<Step<D>> = None;
            let mut log = 0.0;
            for h in h {
                let (mut a, mut u) = (*own, *h);
                if let Some(b) = before {
                    let less = product(&transposed(next), &b.gain);
                    (0..D).for_each(|i| (0..D).for_each(|j| a[i][j] -= less[i][j]));
                    let less = apply(&transposed(next), &b.mean);
                    (0..D).for_each(|i| u[i] -= less[i]);
                }
                let (inverse, det) = inverse(&a);
                log += det.ln();
                let step = Step { gain: product(&inverse, next), mean: apply(&inverse, &u), inverse };
                room.push(step);
                before = Some(step);
            }
            let last = h.len() - 1;
            let mut means = vec![[0.0; D]; h.len()];
            means[last] = room[last].mean;
            let mut covariance = room[last].inverse;
            let mut pairs = [[0.0; D]; D];
            for t in (0..last).rev() {
                let step = &room[t];
                let cross = product(&step.gain, &covariance);
                let less = apply(&step.gain, &means[t + 1]);
                means[t] = std::array::from_fn(|i| step.mean[i] - less[i]);
                let more = product(&cross, &transposed(&step.gain));
                for i in 0..D {
                    for j in 0..D {
                        covariance[i][j] = step.inverse[i][j] + more[i][j];
                        pairs[i][j] += means[t][i] * means[t + 1][j] - cross[i][j];
                    }
                }
            }
            (means, log + pairs.iter().flatten().sum::<f64>())
        },
    )
}
