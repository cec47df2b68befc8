//! How a sequence is gone over.

/// How long blocks are, what is kept of them, and whether a matrix that has settled is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Steps in a block.
    pub block: usize,
    /// Numbers of a sequence that are kept from the way forward to the way back, at most. Of a longer one the
    /// state before each block is, and each block goes forward again.
    pub kept: usize,
    pub hold: bool,
}

impl Layout {
    pub fn new(q: usize) -> Self {
        Self { block: (8192 / (q + q * q).max(1)).clamp(8, 1024), kept: 1 << 18, hold: true }
    }
}
