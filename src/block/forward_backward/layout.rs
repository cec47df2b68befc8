//! How sequences are grouped and cut into blocks of steps, and what is kept of them. Not here: what is done
//! with them (`lanes`).

use super::padding::padded;

/// Sequences that advance together, at most.
pub const TOGETHER: usize = 4;
/// Numbers of a sequence in a block of steps, about: what a few sequences need stays in the second-level
/// cache.
const BLOCK: usize = 4096;
/// Numbers of messages and weights of a group that are kept from the way forward to the way back, at most.
/// Longer sequences keep a message for each block, and take each block forward again; their weights alone may
/// be kept (`Steps::may_keep`).
const KEPT: usize = 1 << 20;

/// A sequence, or a piece of one: which, its first step and its length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequence {
    pub number: usize,
    pub lo: usize,
    pub len: usize,
}

/// How long blocks are, and what is kept of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Steps in a block.
    pub block: usize,
    /// Numbers kept of a group, at most.
    pub kept: usize,
    /// Sequences in a group, at most.
    pub together: usize,
    /// Without the machine's vectors: to compare.
    pub portable: bool,
}

impl Layout {
    pub(super) fn new(k: usize) -> Self {
        Self { block: (BLOCK / padded(k)).clamp(8, 512), kept: KEPT, together: TOGETHER, portable: false }
    }

    /// How many sequences of such a length advance together, and whether their messages, and their weights,
    /// are kept. `may_keep`: as [`Steps::may_keep`].
    pub(super) fn group(&self, k: usize, len: usize, may_keep: usize) -> (usize, [bool; 2]) {
        let (cheap, each) = (may_keep == 0, (len * padded(k)).max(1));
        let fit = self.kept / (each * if cheap { 1 } else { 2 });
        if fit >= 2 {
            return (fit.min(self.together), [true, !cheap]);
        }
        match may_keep / each {
            0 => (self.together, [len <= self.block, len <= self.block && !cheap]),
            fit => (fit.min(self.together), [len <= self.block, true]),
        }
    }
}
