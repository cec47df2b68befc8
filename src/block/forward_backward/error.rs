//! Why chains have no posterior.

use std::fmt;

/// Why the chains have no posterior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// Every state has probability zero at this step, given the steps up to it.
    Impossible {
        /// Row of the node potentials.
        step: usize,
    },
    /// A potential is NaN or +∞.
    NotFinite {
        /// Row of the node potentials where it was seen.
        step: usize,
    },
    /// Digits that count may be lost in a piece of a sequence: it has to be done as a whole.
    Cut,
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible { step } => write!(f, "no state is possible at step {}", step + 1),
            Self::NotFinite { step } => write!(f, "a potential is not a finite number at step {}", step + 1),
            Self::Cut => write!(f, "a sequence has to be done as a whole"),
        }
    }
}

impl std::error::Error for ChainError {}

impl ChainError {
    /// The same, so many steps later.
    pub fn later(self, by: usize) -> Self {
        match self {
            Self::Impossible { step } => Self::Impossible { step: step + by },
            Self::NotFinite { step } => Self::NotFinite { step: step + by },
            Self::Cut => Self::Cut,
        }
    }
}
