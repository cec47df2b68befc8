//! The contract of a site: what stands for a line that no product of statistics is. Not here: any site
//! (`dist::site`), nor its numbers by element (`block::kind::site`).
//!
//! E[ln p] of such a line is a scalar function A(η) of multilinear messages: the moments ⟨ψ⟩, ⟨ψ²⟩ of a
//! predictor, and what is known besides. Its slopes μ = ∇A(η) stand in the energy where the moments of a
//! block stand, and the bound has A(η) − ⟨η, μ⟩ where a block has its entropy. Nothing else of the engine
//! asks whether A is the logarithm of an integral. A predictor gets μ₁ ψ + μ₂ ψ², which is what a Gaussian
//! row sends.

use std::fmt;

/// One kind of site: its A and slopes, by element.
pub trait Site: fmt::Debug + Send + Sync {
    /// As `explain` names it: `logit`.
    fn name(&self) -> &'static str;
    /// How A is found and how far it may be off, in words that follow the name.
    fn rule(&self) -> &'static str;
    /// Is A convex in η, and a bound on E[ln p] whatever the predictor's distribution? Else it is E[ln p] of
    /// a Gaussian predictor, and updates may have to be damped.
    fn convex(&self) -> bool {
        false
    }
    /// Writes the slopes of A at η, of an element that was observed to be `value`; gives A, in nats. `d` is
    /// the event dimension.
    ///
    /// # Errors
    /// η has no A: in words.
    fn evaluate(&self, d: usize, value: &[f64], eta: &[f64], slopes: &mut [f64])
    -> Result<f64, &'static str>;
    /// Writes over η the moments of a predictor that makes the value likely, to begin from.
    fn begin(&self, d: usize, value: &[f64], eta: &mut [f64]);
    /// Are the first two numbers of η the moments of one predictor? The laws know then what A is to be.
    fn predictor(&self) -> bool {
        true
    }
    /// What the moments of the predictor stand multiplied by in η: 1, or a number that η holds too.
    fn weight(&self, eta: &[f64]) -> f64 {
        let _ = eta;
        1.0
    }
    /// Two slots whose variables q must keep apart, as A takes them for independent.
    fn apart(&self) -> Option<[usize; 2]> {
        None
    }
    /// May all that it sends be multiplied by a random positive number? A is homogeneous then.
    fn scaled(&self) -> bool {
        false
    }
    /// Values with η, for the laws: ordinary and extreme.
    fn points(&self) -> &'static [SitePoint];
}

/// A test point of the laws.
#[derive(Clone, Copy, Debug)]
pub struct SitePoint {
    /// Event dimension.
    pub d: usize,
    /// What was observed.
    pub value: &'static [f64],
    /// η.
    pub eta: &'static [f64],
}

/// A predictor's mean and variance from its moments ⟨ψ⟩, ⟨ψ²⟩.
pub fn mean_and_variance(eta: &[f64]) -> (f64, f64) {
    (eta[0], (eta[1] - eta[0] * eta[0]).max(0.0))
}

/// Writes the slopes in ⟨ψ⟩ and ⟨ψ²⟩ of a function of mean and variance with these slopes.
pub fn slopes_of(mean: f64, by_mean: f64, by_variance: f64, slopes: &mut [f64]) {
    slopes[0] = by_mean - 2.0 * mean * by_variance;
    slopes[1] = by_variance;
}

/// Writes the moments of a predictor.
pub fn moments_of(mean: f64, variance: f64, eta: &mut [f64]) {
    eta[0] = mean;
    eta[1] = mean * mean + variance;
}
