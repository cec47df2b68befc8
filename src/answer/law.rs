//! The distribution of one value, given the categories of its row: Student-t, Gaussian, or one probability
//! for each value. Mixtures of them. Not here: how its numbers are found.

use crate::dist::quantile;

/// One component.
#[derive(Clone, Debug)]
pub enum Law {
    /// Student-t with squared scales d × d; Gaussian where `dof` is infinite.
    Student { dof: f64, mean: Vec<f64>, scale: Vec<f64> },
    /// P(x = 0), P(x = 1), …: of a category, of a truth value, of a count.
    Discrete(Vec<f64>),
    /// Mean and standard deviation, and quantiles where they are known.
    Moments { mean: Vec<f64>, sd: Vec<f64>, quantiles: Option<[f64; 3]> },
}

/// A mean, a standard deviation and three quantiles of each number of a value.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub mean: Vec<f64>,
    pub sd: Vec<f64>,
    pub quantiles: [Vec<f64>; 3],
}

/// The levels of the quantiles.
pub const LEVELS: [f64; 3] = [0.05, 0.5, 0.95];

impl Law {
    /// A Gaussian whose numbers are looked at one by one.
    pub fn gaussian(mean: &[f64], variance: &[f64]) -> Self {
        let d = mean.len();
        let scale = (0..d * d).map(|i| if i / d == i % d { variance[i / d] } else { 0.0 }).collect();
        Law::Student { dof: f64::INFINITY, mean: mean.to_vec(), scale }
    }

    fn mean(&self) -> Vec<f64> {
        match self {
            Law::Student { mean, .. } | Law::Moments { mean, .. } => mean.clone(),
            Law::Discrete(p) => vec![p.iter().enumerate().map(|(x, p)| x as f64 * p).sum()],
        }
    }

    /// Of each number by itself; infinite where there is none.
    fn variance(&self) -> Vec<f64> {
        match self {
            Law::Student { dof, mean, scale } => {
                let factor = match *dof {
                    f64::INFINITY => 1.0,
                    dof if dof > 2.0 => dof / (dof - 2.0),
                    _ => f64::INFINITY,
                };
                // A number that is known has none, whatever the others have.
                let of = |s: f64| if s == 0.0 { 0.0 } else { factor * s };
                (0..mean.len()).map(|i| of(scale[i * mean.len() + i])).collect()
            }
            Law::Moments { sd, .. } => sd.iter().map(|s| s * s).collect(),
            Law::Discrete(p) => {
                let mean = self.mean()[0];
                vec![p.iter().enumerate().map(|(x, p)| (x as f64 - mean).powi(2) * p).sum()]
            }
        }
    }

    /// P(x ≤ at) of number `i`.
    fn below(&self, i: usize, at: f64) -> f64 {
        match self {
            Law::Student { dof, mean, scale } => {
                student_below(*dof, (at - mean[i]) / scale[i * mean.len() + i].sqrt())
            }
            Law::Discrete(p) => p.iter().take((at.max(-1.0) + 1.0) as usize).sum(),
            Law::Moments { .. } => f64::NAN,
        }
    }

    /// The smallest value with P(x ≤ value) ≥ p of number `i`.
    fn quantile(&self, i: usize, p: f64) -> f64 {
        match self {
            Law::Student { dof, mean, scale } => {
                mean[i] + scale[i * mean.len() + i].sqrt() * student_quantile(*dof, p)
            }
            Law::Discrete(of) => {
                let mut sum = 0.0;
                let reached = |x: &f64| {
                    sum += x;
                    sum >= p
                };
                of.iter().position(reached).unwrap_or(of.len().saturating_sub(1)) as f64
            }
            Law::Moments { quantiles, .. } => {
                let at = LEVELS.iter().position(|level| *level == p);
                quantiles.zip(at).map_or(f64::NAN, |(q, at)| q[at])
            }
        }
    }
}

/// The p quantile of a Student-t, or of a Gaussian.
fn student_quantile(dof: f64, p: f64) -> f64 {
    if dof.is_finite() {
        return quantile::student_t(dof, p);
    }
    let standard = quantile::gaussian;
    // Both ends equally far from the middle.
    if p < 0.5 { -standard(1.0 - p) } else { standard(p) }
}

/// P(t ≤ z) of a Student-t, or of a Gaussian.
fn student_below(dof: f64, z: f64) -> f64 {
    let far = if dof.is_finite() {
        0.5 * statrs::function::beta::beta_reg(0.5 * dof, 0.5, dof / (dof + z * z))
    } else {
        crate::num::normal::probability(-z.abs())
    };
    if z > 0.0 { 1.0 - far } else { far }
}

/// What a mixture says of each number of its value.
pub fn told(parts: &[(f64, Law)]) -> Told {
    let means: Vec<(f64, Vec<f64>, Vec<f64>)> =
        parts.iter().map(|(w, law)| (*w, law.mean(), law.variance())).collect();
    let width = means.first().map_or(0, |m| m.1.len());
    let possible = || means.iter().filter(|m| m.0 > 0.0);
    // A number that all know is the same in all, to the last bit.
    let known = |i: usize| {
        let first = possible().next().map(|m| m.1[i])?;
        possible().all(|m| m.2[i] == 0.0 && m.1[i] == first).then_some(first)
    };
    let one = |i: usize| known(i).unwrap_or_else(|| possible().map(|m| m.0 * m.1[i]).sum());
    let mean: Vec<f64> = (0..width).map(one).collect();
    // About the mean: no digits cancel.
    let variance =
        |i: usize| -> f64 { possible().map(|m| m.0 * (m.2[i] + (m.1[i] - mean[i]).powi(2))).sum() };
    let sd = (0..width).map(|i| variance(i).sqrt()).collect();
    let quantiles = LEVELS.map(|p| (0..width).map(|i| mixture_quantile(parts, i, p)).collect());
    Told { mean, sd, quantiles }
}

fn mixture_quantile(parts: &[(f64, Law)], i: usize, p: f64) -> f64 {
    if let [(_, one)] = parts {
        return one.quantile(i, p);
    }
    let counted: Vec<&(f64, Law)> = parts.iter().filter(|(w, _)| *w > 0.0).collect();
    let ends = counted.iter().map(|(_, law)| law.quantile(i, p));
    // The mixture's quantile lies between those of its components.
    if counted.iter().any(|(_, law)| matches!(law, Law::Moments { .. })) {
        return f64::NAN;
    }
    let (mut low, mut high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), q| (a.min(q), b.max(q)));
    if low.is_nan() || high.is_nan() {
        return f64::NAN;
    }
    let below = |x: f64| counted.iter().map(|(w, law)| w * law.below(i, x)).sum::<f64>();
    if counted.iter().all(|(_, law)| matches!(law, Law::Discrete(_))) {
        while low < high {
            let middle = ((low + high) / 2.0).floor();
            if below(middle) >= p { high = middle } else { low = middle + 1.0 }
        }
        return low;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) >= p { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}
