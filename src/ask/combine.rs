//! Several values of one row together: ln p of what is observed, and the distribution of what is missing. Not
//! here: what each line says (`line`).

use super::{
    line::{Base, Says, Tilt},
    linear::Linear,
    shared::{Element, Shared},
};
use crate::{
    answer::law::{LEVELS, Law},
    block::element::Which,
    expfam::stat::{Domain, PartShape},
    num::{cholesky, special::ln_gamma},
};
use std::collections::HashSet;

/// A count is predicted up to where less than this is left.
const TAIL: f64 = 1e-15;
/// The most values of a count that are gone through.
const MOST_VALUES: usize = 10_000_000;

/// ln p of values, each with what its line says of it, in nats; cells that are NaN are missing. `None` where
/// there is no closed form.
pub(super) fn log_density(of: &Shared<'_>, all: &[(&Says, &[f64])]) -> Option<f64> {
    let mut total = 0.0;
    let mut met = HashSet::new();
    let mut tilts: Vec<(&Base, Vec<f64>)> = vec![];
    // By what scales them: nothing, or an element.
    let mut gaussians: Vec<(Option<Element>, Vec<Cell<'_>>)> = vec![];
    for (says, x) in all {
        match says {
            Says::Tilt(t) => {
                let Some((m, beside)) = t.of(x) else { return Some(f64::NEG_INFINITY) };
                total += beside;
                match tilts.iter_mut().find(|(base, _)| base.same(&t.base)) {
                    Some((_, sum)) => sum.iter_mut().zip(&m).for_each(|(s, m)| *s += m),
                    None => tilts.push((&t.base, m)),
                }
            }
            Says::Student { element, dof, mean, scale } => {
                // Two vectors about one pair are not apart.
                if !met.insert(*element) {
                    return None;
                }
                let d = mean.len();
                let there: Vec<usize> = (0..d).filter(|&i| !x[i].is_nan()).collect();
                let residual: Vec<f64> = there.iter().map(|&i| x[i] - mean[i]).collect();
                let own: Vec<f64> =
                    there.iter().flat_map(|&i| there.iter().map(move |&k| scale[i * d + k])).collect();
                total += student(*dof, &residual, own)?;
            }
            Says::Gaussian { mean, noise, scaled } => {
                let group = match gaussians.iter().position(|g| g.0 == *scaled) {
                    Some(at) => at,
                    None => {
                        gaussians.push((*scaled, vec![]));
                        gaussians.len() - 1
                    }
                };
                let first = gaussians[group].1.len();
                let cells = (0..mean.len()).filter(|&i| !x[i].is_nan());
                gaussians[group].1.extend(cells.map(|i| Cell {
                    first,
                    at: i,
                    x: x[i],
                    mean: &mean[i],
                    noise,
                }));
            }
        }
    }
    for (base, m) in tilts {
        total += base.ratio(of, &m);
    }
    for (scaled, cells) in gaussians {
        let residual: Vec<f64> = cells.iter().map(|c| c.x - c.mean.mean(of)).collect();
        let mut covariance = vec![];
        for a in &cells {
            for b in &cells {
                let [kept, fresh] = a.mean.covariance(b.mean, of);
                let same = a.first == b.first && std::ptr::eq(a.noise, b.noise);
                let width = (a.noise.len() as f64).sqrt() as usize;
                covariance.push(kept + fresh + if same { a.noise[a.at * width + b.at] } else { 0.0 });
            }
        }
        total += match scaled {
            None => student(f64::INFINITY, &residual, covariance)?,
            Some(e) => {
                let (dof, scale) = scale_of(of, e)?;
                covariance.iter_mut().for_each(|c| *c *= scale);
                student(dof, &residual, covariance)?
            }
        };
    }
    Some(total)
}

/// A number of a Gaussian value.
struct Cell<'a> {
    /// The first cell of its value: cells of one value share their noise.
    first: usize,
    at: usize,
    x: f64,
    mean: &'a Linear,
    noise: &'a Vec<f64>,
}

/// The degrees of freedom that a scaling precision leaves, and what squared scales are multiplied by.
pub(super) fn scale_of(of: &Shared<'_>, e: Element) -> Option<(f64, f64)> {
    let shape = &of.blocks[e.block].shape;
    let marginal = shape.marginal(shape.scales()?, Which::From(e.element), of.eta(e), of.moments(e));
    let parameters = marginal.law.parameters(&marginal.numbers[..marginal.width]);
    let number = |name: &str| parameters.iter().find(|p| p.name == name).map(|p| p.values[0]);
    let (a, b) = (number("shape")?, number("rate")?);
    Some((2.0 * a, b / a))
}

/// ln of a Student-t's density, or of a Gaussian's where `dof` is infinite.
fn student(dof: f64, residual: &[f64], scale: Vec<f64>) -> Option<f64> {
    let (d, mut l, mut u) = (residual.len(), scale, residual.to_vec());
    if d == 0 {
        return Some(0.0);
    }
    cholesky::factor(d, &mut l).ok()?;
    cholesky::forward(d, &l, &mut u);
    let (square, log_det) = (u.iter().map(|u| u * u).sum::<f64>(), cholesky::log_det(d, &l));
    let n = d as f64;
    Some(if dof.is_finite() {
        let beside =
            ln_gamma(0.5 * (dof + n)) - ln_gamma(0.5 * dof) - 0.5 * n * (dof * std::f64::consts::PI).ln();
        beside - 0.5 * log_det - 0.5 * (dof + n) * (square / dof).ln_1p()
    } else {
        -0.5 * (n * std::f64::consts::TAU.ln() + log_det + square)
    })
}

/// The distribution of a value, of which some cells may be known; `None` where there is no closed form.
pub(super) fn law(of: &Shared<'_>, says: &Says, domain: Domain, value: PartShape, x: &[f64]) -> Option<Law> {
    let (dof, mean, scale) = match says {
        Says::Tilt(t) => return tilted(of, t, domain, value),
        Says::Student { dof, mean, scale, .. } => (*dof, mean.clone(), scale.clone()),
        Says::Gaussian { mean, noise, scaled } => {
            let mut scale = noise.clone();
            for (i, a) in mean.iter().enumerate() {
                for (k, b) in mean.iter().enumerate() {
                    scale[i * mean.len() + k] += a.covariance(b, of).iter().sum::<f64>();
                }
            }
            let (dof, times) = match scaled {
                None => (f64::INFINITY, 1.0),
                Some(e) => scale_of(of, *e)?,
            };
            scale.iter_mut().for_each(|s| *s *= times);
            (dof, mean.iter().map(|m| m.mean(of)).collect(), scale)
        }
    };
    given(dof, mean, scale, x)
}

/// A Student-t given those cells that are known.
fn given(dof: f64, mut mean: Vec<f64>, mut scale: Vec<f64>, x: &[f64]) -> Option<Law> {
    let d = mean.len();
    let known: Vec<usize> = (0..d).filter(|&i| !x[i].is_nan()).collect();
    if known.is_empty() {
        return Some(Law::Student { dof, mean, scale });
    }
    let k = known.len();
    let mut l: Vec<f64> =
        known.iter().flat_map(|&i| known.iter().map(|&j| scale[i * d + j]).collect::<Vec<_>>()).collect();
    cholesky::factor(k, &mut l).ok()?;
    let mut u: Vec<f64> = known.iter().map(|&i| x[i] - mean[i]).collect();
    cholesky::forward(k, &l, &mut u);
    let columns: Vec<Vec<f64>> = (0..d)
        .map(|i| {
            let mut c: Vec<f64> = known.iter().map(|&j| scale[i * d + j]).collect();
            cholesky::forward(k, &l, &mut c);
            c
        })
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let wider = if dof.is_finite() { (dof + dot(&u, &u)) / (dof + k as f64) } else { 1.0 };
    for i in 0..d {
        mean[i] += dot(&columns[i], &u);
        for j in 0..d {
            scale[i * d + j] = wider * (scale[i * d + j] - dot(&columns[i], &columns[j]));
        }
    }
    for &i in &known {
        mean[i] = x[i];
        (0..d).for_each(|j| (scale[i * d + j], scale[j * d + i]) = (0.0, 0.0));
    }
    Some(Law::Student { dof: dof + k as f64, mean, scale })
}

fn tilted(of: &Shared<'_>, t: &Tilt, domain: Domain, value: PartShape) -> Option<Law> {
    let p = |x: usize| t.log_density(of, &[x as f64]).exp();
    match (domain, value) {
        (Domain::Category, _) => Some(Law::Discrete((0..t.d).map(p).collect())),
        (Domain::Binary, _) => Some(Law::Discrete(vec![p(0), p(1)])),
        (Domain::Count, PartShape::Scalar) => {
            let (mut all, mut sum) = (vec![], 0.0);
            while sum < 1.0 - TAIL && all.len() < MOST_VALUES {
                let next = p(all.len());
                // Past the middle, nothing left that could be seen.
                if sum > 0.5 && next < TAIL * TAIL {
                    break;
                }
                sum += next;
                all.push(next);
            }
            Some(Law::Discrete(all))
        }
        (Domain::Count, PartShape::Vector) => {
            t.counts(of).map(|(mean, sd)| Law::Moments { mean, sd, quantiles: None })
        }
        (Domain::Positive, PartShape::Scalar) => {
            let (mean, sd) = t.told()?;
            let density = |x: f64| t.log_density(of, &[x]).exp();
            let quantiles = quantiles_of(&density, if mean[0].is_finite() { mean[0] } else { 1.0 });
            Some(Law::Moments { mean, sd, quantiles })
        }
        _ => None,
    }
}

/// Steps of the quadrature on each side, and their size.
const STEPS: (i32, f64) = (48, 0.0625);

/// The quantiles of a positive number of this density; `about` is somewhere in the middle. `None` where its
/// integral cannot be told.
fn quantiles_of(density: &dyn Fn(f64) -> f64, about: f64) -> Option<[f64; 3]> {
    // From 0 to x, by tanh-sinh: its ends may be singular (Takahasi and Mori 1974).
    let below = |x: f64| -> f64 {
        let (steps, h) = STEPS;
        let term = |k: i32| {
            let t = f64::from(k) * h;
            let u = std::f64::consts::FRAC_PI_2 * t.sinh();
            // The share of [0, x] that is left of the node, without cancelling near 0.
            let share = 1.0 / (1.0 + (-2.0 * u).exp());
            let weight = std::f64::consts::FRAC_PI_2 * t.cosh() / u.cosh().powi(2) * 0.5;
            let at = x * share;
            if at > 0.0 && weight > 0.0 { weight * density(at) } else { 0.0 }
        };
        (-steps..=steps).map(term).sum::<f64>() * h * x
    };
    let one = |p: f64| -> Option<f64> {
        let (mut low, mut high) = (about, about);
        for _ in 0..2000 {
            match (below(low) > p, below(high) < p) {
                (true, _) => low *= 0.5,
                (_, true) => high *= 2.0,
                _ => break,
            }
        }
        let inside = below(low) <= p && below(high) >= p;
        if !inside {
            return None;
        }
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if below(middle) >= p { high = middle } else { low = middle }
        }
        Some(0.5 * (low + high))
    };
    let [a, b, c] = LEVELS.map(one);
    Some([a?, b?, c?])
}
