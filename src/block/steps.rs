//! The steps of sequences as kernels see them: where parameters come from and moments go. Not here: what is done
//! with them.

use std::ops::Range;

/// The steps of a chunk of sequences. They are asked for a block of neighbours at a time, perhaps more than
/// once, and told their moments once, when they are asked no more.
pub trait Steps {
    /// Writes the natural parameters of these steps: of categories, log potentials; of Gaussian vectors h (Q
    /// numbers), then J (Q×Q, only the symmetric part of which counts).
    fn natural(&mut self, steps: Range<usize>, eta: &mut [f64]);

    /// Takes the moments of these steps: marginals, or `E[x]`, then `E[x xᵀ]`.
    fn take(&mut self, steps: Range<usize>, moments: &[f64]);
}
