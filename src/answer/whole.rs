//! From the elements that inference saw to all of the data's: what was left out is NaN, until it is
//! predicted. Not here: predictions (`predict`).

use super::posterior::NodePosterior;

/// Puts a report of the elements `kept` in the place of one of `count` elements.
pub(super) fn whole(report: &mut NodePosterior, kept: &[usize], count: usize) {
    let spread = |values: &mut Vec<f64>| {
        let w = values.len() / kept.len().max(1);
        let mut all = vec![f64::NAN; count * w];
        for (&e, x) in kept.iter().zip(values.chunks_exact(w.max(1))) {
            all[e * w..(e + 1) * w].copy_from_slice(x);
        }
        *values = all;
    };
    spread(&mut report.mean);
    report.parameters.iter_mut().for_each(|p| spread(&mut p.values));
    let quantiles = report.quantiles.iter_mut().flat_map(|(low, high)| [low, high]);
    report.sd.iter_mut().chain(&mut report.median).chain(quantiles).for_each(spread);
}
