//! Why chains of Gaussian vectors have no posterior.

use std::fmt;

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
