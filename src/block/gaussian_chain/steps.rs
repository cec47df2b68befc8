//! Chains of Gaussian vectors: their couplings, and steps that stand in an array. Not here: what is done with
//! them.

use crate::block::steps::Steps;
use std::ops::Range;

/// Steps whose moments overwrite their natural parameters: a step is never asked again once it was told.
#[derive(Debug)]
pub struct InPlace<'a> {
    /// Numbers of a step, Q + Q².
    pub width: usize,
    /// All steps.
    pub node: &'a mut [f64],
}

impl Steps for InPlace<'_> {
    fn natural(&mut self, steps: Range<usize>, node: &mut [f64]) {
        node.copy_from_slice(&self.node[steps.start * self.width..steps.end * self.width]);
    }

    fn take(&mut self, steps: Range<usize>, moments: &[f64]) {
        self.node[steps.start * self.width..steps.end * self.width].copy_from_slice(moments);
    }
}

/// Which chains, with exponent Σ_t h_t·x_t + ⟨J_t, x_t x_tᵀ⟩ + Σ_t ⟨P_t, x_{t−1} x_tᵀ⟩, the last sum over all
/// but first steps.
#[derive(Clone, Copy, Debug)]
pub struct GaussianChains<'a> {
    /// M×Q×Q couplings P, `[m][from][to]`.
    pub pair: &'a [f64],
    /// For each step, which coupling leads into it (not read at first steps); none: coupling 0.
    pub pair_index: Option<&'a [u32]>,
    /// Where each sequence starts among the T steps, and T at the end: one more than there are sequences.
    pub starts: &'a [u32],
}
