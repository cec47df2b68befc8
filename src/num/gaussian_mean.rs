//! The mean of a smooth function of one Gaussian number, with its slopes in mean and variance. Not here:
//! which functions (`dist::site`).
//!
//! The trapezoid rule in x = m + s·u, u from −7.2 to 7.2. Against a Gaussian its error falls as
//! exp(−2π·strip/(s·step)) for a function that is analytic within `strip` of the real line (Trefethen &
//! Weideman, SIAM Review 56 (2014), p. 385, theorem 5.1), so the step is chosen by s: some 25 steps up to an
//! s of a quarter of the strip, more beyond.

use std::{f64::consts::TAU, sync::OnceLock};

/// How far the rule reaches, in standard deviations: what is beyond weighs 6e-13.
const REACH: f64 = 7.2;
/// The widest step, in standard deviations.
const WIDEST: f64 = 0.6;
/// ln of the relative error that steps are chosen for: exp(−23) is 1e-10.
const DIGITS: f64 = 23.0;
/// Below this s, the slope in the variance is half the mean of the second derivative: the other way cancels.
const NARROW: f64 = 0.1;
/// Steps to a side, at most: so many are never needed where q has settled.
const MOST: usize = 100_000;

/// E f(x), x ~ N(m, v).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GaussianMean {
    /// E f.
    pub value: f64,
    /// Its slope in m.
    pub by_mean: f64,
    /// Its slope in v.
    pub by_variance: f64,
}

/// Weights of the widest step, from the middle to one side.
fn widest() -> &'static [f64] {
    static WEIGHTS: OnceLock<Vec<f64>> = OnceLock::new();
    WEIGHTS.get_or_init(|| weights(WIDEST))
}

fn weights(step: f64) -> Vec<f64> {
    let sides = ((REACH / step).ceil() as usize).min(MOST);
    (0..=sides).map(|i| step / TAU.sqrt() * (-0.5 * (i as f64 * step).powi(2)).exp()).collect()
}

/// The mean of f under N(m, v), v ≥ 0; `f` gives f, f′ and f″. `strip`: how far from the real line f is
/// analytic.
pub fn gaussian_mean(m: f64, v: f64, strip: f64, mut f: impl FnMut(f64) -> [f64; 3]) -> GaussianMean {
    let s = v.max(0.0).sqrt();
    let step = (TAU * strip / (DIGITS * s)).min(WIDEST);
    let own;
    let weights = if step == WIDEST {
        widest()
    } else {
        own = weights(step);
        &own
    };
    let mut out = GaussianMean::default();
    let (mut tilt, mut bend) = (0.0, 0.0);
    let mut add = |w: f64, u: f64| {
        let [value, first, second] = f(m + s * u);
        out.value += w * value;
        out.by_mean += w * first;
        tilt += w * u * first;
        bend += w * second;
    };
    add(weights[0], 0.0);
    for (i, &w) in weights.iter().enumerate().skip(1) {
        let u = i as f64 * step;
        add(w, u);
        add(w, -u);
    }
    out.by_variance = if s < NARROW { 0.5 * bend } else { 0.5 * tilt / s };
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// e^x has all its means in closed form; ln(1 + e^x) against a rule of 200,000 steps.
    #[test]
    fn means_are_those_of_closed_forms_and_of_fine_rules() {
        for (m, v) in [(0.0_f64, 1e-12_f64), (-1.5, 0.04), (0.3, 1.0), (2.0, 4.0)] {
            let got = gaussian_mean(m, v, 50.0, |x| [x.exp(); 3]);
            let want = (m + 0.5 * v).exp();
            for (got, want) in [(got.value, want), (got.by_mean, want), (got.by_variance, 0.5 * want)] {
                assert!((got / want - 1.0).abs() < 1e-7, "{m} {v}: {got} {want}");
            }
        }
        let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        for (m, s) in [(0.0_f64, 0.01_f64), (1.0, 1.0), (-3.0, 2.0), (0.5, 5.0), (2.0, 40.0)] {
            let fine = |f: &dyn Fn(f64) -> f64| -> f64 {
                let step = 18.0 / 200_000.0;
                (-100_000..=100_000)
                    .map(|i| f64::from(i) * step)
                    .map(|u| step / TAU.sqrt() * (-0.5 * u * u).exp() * f(m + s * u))
                    .sum()
            };
            let got = gaussian_mean(m, s * s, std::f64::consts::PI, |x| {
                let p = sigmoid(x);
                [softplus(x), p, p * (1.0 - p)]
            });
            let want = [fine(&softplus), fine(&sigmoid), 0.5 * fine(&|x| sigmoid(x) * (1.0 - sigmoid(x)))];
            for (got, want) in [got.value, got.by_mean, got.by_variance].into_iter().zip(want) {
                assert!((got - want).abs() < 1e-8 * want.max(1e-3), "{m} {s}: {got} {want}");
            }
        }
    }
}
