//! Rows of messages padded to whole vectors.

/// Messages are computed so many numbers at a time, and padded with zeros to whole blocks.
pub(super) const LANES: usize = 8;

/// Numbers in a row of K, padded.
pub fn padded(k: usize) -> usize {
    k.next_multiple_of(LANES)
}
