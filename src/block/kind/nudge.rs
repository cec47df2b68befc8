//! Moves starting means of vectors off each other. Not here: which blocks start so.

use crate::num::stream::Stream;

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
