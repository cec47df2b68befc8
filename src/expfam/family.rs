//! The contract of an exponential family: natural parameters in, moments and the log-normaliser out.
//! Not here: densities of a child given parents (`form`), nor blocks that couple variables (`block`).

use super::stat::Domain;
use crate::num::stream::Stream;
use std::fmt;

/// A natural parameter outside its domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Improper {
    /// Which element of the batch.
    pub element: usize,
    /// Whether every value has probability zero; else a parameter is out of its domain.
    pub impossible: bool,
    /// In words: `the precision is not positive`.
    pub why: String,
}

/// One named standard parameter of a batch, for reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Spelled as in the model file: `shape`, `rate`.
    pub name: &'static str,
    /// Which values it may have.
    pub domain: Domain,
    /// Event dims of one element: `[]`, `[d]`, `[d, d]`.
    pub dims: Vec<usize>,
    /// One element's numbers, row-major.
    pub values: Vec<f64>,
}

/// A univariate or elementwise marginal: what a table of the posterior shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// E\[x\], in the shape of the value (of the probability vector for a category).
    pub mean: Vec<f64>,
    /// Marginal standard deviations, like `mean`; infinite where there is none; empty for categories.
    pub sd: Vec<f64>,
}

/// q of one kind of variable. Its entropy, against its base measure, is A(η) − ⟨η, μ⟩ for all of them; the
/// energy of what has such a q is taken against the same (`form::Measure`), and the bound knows no
/// difference.
///
/// A batch is row-major: element after element, and in one element part after part, as in
/// [`crate::expfam::stat::StatKind`]. A matrix part of η has both triangles, symmetric, so that ⟨η, μ⟩ is a
/// plain dot product.
pub trait Family: fmt::Debug + Send + Sync {
    /// As reports and `list` name it: `Gamma`.
    fn name(&self) -> &'static str;
    /// Writes μ = ∇A(η) and A(η) of each element. `moments` has the length of `eta`, `log_norm` one number an
    /// element (nats).
    fn evaluate(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper>;
    /// The same for the rows of a pass, whose moments are summed over the row and over rows: what changes no
    /// digit of such a sum may be 0.
    fn evaluate_rows(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        self.evaluate(d, eta, moments, log_norm)
    }
    /// Σ of the numbers, without signs, that cancel inside of A and of ⟨η, μ⟩ of one element.
    fn cancelled(&self, d: usize, eta: &[f64]) -> f64 {
        let _ = (d, eta);
        0.0
    }
    /// Standard parameters of one element.
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter>;
    /// The inverse of [`Family::parameters`] (law F2): values in the same order.
    fn natural(&self, d: usize, parameters: &[Parameter]) -> Vec<f64>;
    /// Mean and standard deviation of one element's value.
    fn summary(&self, d: usize, eta: &[f64]) -> Summary;
    /// Whether the standard deviation of one element's value is finite.
    fn has_sd(&self, d: usize, eta: &[f64]) -> bool {
        let _ = (d, eta);
        true
    }
    /// The `p` quantile of each number of the value's marginal; empty where the family has none (categories).
    fn quantile(&self, d: usize, eta: &[f64], p: f64) -> Vec<f64>;
    /// Draws one value (law F5; starts).
    fn sample(&self, d: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64>;
    /// E x⁻ᵖ of one element's value, p = 1 or 2; of a matrix, E x⁻¹. Infinite where the integral is; empty
    /// where there is no closed form.
    fn inverse(&self, d: usize, eta: &[f64], p: i32) -> Vec<f64> {
        let _ = (d, eta, p);
        vec![]
    }
    /// Writes moments to start from, of one element at its prior, where the prior's own say nothing: a half-Cauchy has no
    /// E 1/x². Says whether it did.
    fn first(&self, d: usize, eta: &[f64], moments: &mut [f64]) -> bool {
        let _ = (d, eta, moments);
        false
    }
    /// Whether the moments are exp η over their sum, and A its logarithm: categories.
    fn is_softmax(&self) -> bool {
        false
    }
    /// η after the value is moved by `by` (one number for each of the value's): y = x + by. `None` where
    /// values have no origin.
    fn shifted(&self, d: usize, eta: &[f64], by: &[f64]) -> Option<Vec<f64>> {
        let _ = (d, eta, by);
        None
    }
}

/// H\[q\] = A(η) − ⟨η, μ⟩ of one element, in nats.
pub fn entropy(eta: &[f64], moments: &[f64], log_norm: f64) -> f64 {
    log_norm - crate::num::reduce::dot(eta, moments)
}
