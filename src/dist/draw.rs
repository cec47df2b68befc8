//! Draws that the families share, until the streams have them. Not here: densities.

use crate::num::stream::Stream;

pub(crate) fn uniform(stream: &mut Stream) -> f64 {
    0.5 * (1.0 + libm_erf(stream.normal() / std::f64::consts::SQRT_2))
}

fn libm_erf(x: f64) -> f64 {
    statrs::function::erf::erf(x)
}

/// Gamma(shape, 1).
pub(crate) fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape < 1.0 {
        let u = uniform(stream);
        return gamma(stream, shape + 1.0) * u.powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    for _ in 0..1000 {
        let z = stream.normal();
        let v = (1.0 + c * z).powi(3);
        if v > 0.0 && uniform(stream).ln() < 0.5 * z * z + d - d * v + d * v.ln() {
            return d * v;
        }
    }
    d
}

pub(crate) fn dirichlet(stream: &mut Stream, alpha: &[f64]) -> Vec<f64> {
    // In logarithms: small concentrations underflow otherwise, all elements at once.
    let logs: Vec<f64> = alpha.iter().map(|&a| gamma(stream, a + 1.0).ln() + uniform(stream).ln() / a).collect();
    let top = logs.iter().fold(f64::NEG_INFINITY, |t, &l| t.max(l));
    let mut x: Vec<f64> = logs.iter().map(|l| (l - top).exp()).collect();
    let sum: f64 = x.iter().sum();
    x.iter_mut().for_each(|x| *x /= sum);
    x
}
