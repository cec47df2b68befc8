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
mod error;
mod layout;
mod small;
mod smoother;
mod steps;

pub use draw::draw;
pub use error::GaussianChainError;
pub use smoother::Scratch;
pub use steps::{GaussianChains, InPlace};

use super::steps::Steps;
use layout::Layout;
use smoother::Smoother;

/// Tells `steps` their moments, adds `Σ_t E[x_{t−1} x_tᵀ]` into `pair_sums` (M×Q×Q) and the sequences' log
/// normalisers (nats) into `log_norm`.
///
/// # Errors
/// If a precision is not positive definite or a parameter not finite, naming the step. The outputs are then
/// of no use.
pub fn run(
    q: usize,
    chains: GaussianChains<'_>,
    steps: &mut dyn Steps,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut Scratch,
) -> Result<(), GaussianChainError> {
    run_laid_out(Layout::new(q), q, chains, steps, pair_sums, log_norm, scratch)
}

fn run_laid_out(
    layout: Layout,
    q: usize,
    chains: GaussianChains<'_>,
    steps: &mut dyn Steps,
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
