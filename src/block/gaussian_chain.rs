//! Chains of Gaussian vectors: natural parameters in, moments, summed pair moments and log norm out. Knows
//! nothing of graphs, of dynamics or of where the parameters come from.
//!
//! The precision of a chain is block tridiagonal. Its Cholesky factor is taken block by block going forward
//! (Golub and Van Loan, section 4.5.1, with the Schur complement S_t as the new diagonal block), and moments
//! come back from the last step as in Rauch, Tung and Striebel's smoother, here in information form: x_{t−1}
//! given x_t has covariance S_{t−1}⁻¹ and mean S_{t−1}⁻¹ (g_{t−1} + P_t x_t). No matrix but the S_t is ever
//! inverted, so a step without a proper distribution of its own (a diffuse start, a missing observation) is
//! no special case.
//!
//! Where neighbours have the same parameters and couplings, both recursions settle. A step whose matrix is
//! the one before but for rounding is taken to have it, and then every step does whose parameters are the
//! same, bit for bit: only means are left to compute. Steps are asked for their parameters and told their
//! moments a block at a time, so that neither has to stand in memory for a whole sequence.

mod draw;
mod small;
mod smoother;

pub use draw::draw;
pub use smoother::Scratch;

use smoother::Smoother;
use std::{fmt, ops::Range};

/// Why the chains have no posterior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaussianChainError {
    /// The precision of this step, given all before it, is not positive definite.
    NotPositive {
        /// Row of the node parameters.
        step: usize,
    },
    /// A natural parameter is NaN or infinite, or overflows.
    NotFinite {
        /// Row of the node parameters where it was seen.
        step: usize,
    },
}

impl fmt::Display for GaussianChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPositive { step } => {
                write!(f, "the precision at step {} is not positive definite", step + 1)
            }
            Self::NotFinite { step } => {
                write!(f, "a natural parameter is not a finite number at step {}", step + 1)
            }
        }
    }
}

impl std::error::Error for GaussianChainError {}

/// The steps of a chunk of chains. They are asked for a block of neighbours at a time, perhaps more than
/// once, and told their moments once, when they are asked no more.
pub trait GaussianSteps {
    /// Writes the natural parameters of these steps, each h (Q numbers), then J (Q×Q, only the symmetric part
    /// of which counts).
    fn natural(&mut self, steps: Range<usize>, node: &mut [f64]);

    /// Takes the moments of these steps, each `E[x]`, then `E[x xᵀ]`.
    fn take(&mut self, steps: Range<usize>, moments: &[f64]);
}

/// Steps whose moments overwrite their natural parameters: a step is never asked again once it was told.
#[derive(Debug)]
pub struct InPlace<'a> {
    /// Numbers of a step, Q + Q².
    pub width: usize,
    /// All steps.
    pub node: &'a mut [f64],
}

impl GaussianSteps for InPlace<'_> {
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

/// Tells `steps` their moments, adds `Σ_t E[x_{t−1} x_tᵀ]` into `pair_sums` (M×Q×Q) and the sequences' log
/// normalisers (nats) into `log_norm`.
///
/// # Errors
/// If a precision is not positive definite or a parameter not finite, naming the step. The outputs are then
/// of no use.
pub fn run(
    q: usize,
    chains: GaussianChains<'_>,
    steps: &mut dyn GaussianSteps,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut Scratch,
) -> Result<(), GaussianChainError> {
    run_laid_out(Layout::new(q), q, chains, steps, pair_sums, log_norm, scratch)
}

/// How long blocks are, what is kept of them, and whether a matrix that has settled is held.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// Steps in a block.
    block: usize,
    /// Numbers of a sequence that are kept from the way forward to the way back, at most. Of a longer one the
    /// state before each block is, and each block goes forward again.
    kept: usize,
    hold: bool,
}

impl Layout {
    fn new(q: usize) -> Self {
        Self { block: (8192 / (q + q * q).max(1)).clamp(8, 1024), kept: 1 << 18, hold: true }
    }
}

fn run_laid_out(
    layout: Layout,
    q: usize,
    chains: GaussianChains<'_>,
    steps: &mut dyn GaussianSteps,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut Scratch,
) -> Result<(), GaussianChainError> {
    if q == 0 {
        return Ok(());
    }
    let smoother = Smoother { q, chains, layout };
    for ends in chains.starts.windows(2).filter(|w| w[0] < w[1]) {
        *log_norm += smoother.sequence(ends[0] as usize..ends[1] as usize, steps, pair_sums, scratch)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "gaussian_chain_tests.rs"]
mod tests;
