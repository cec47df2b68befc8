//! Long sequences of categories, split into pieces that go side by side, and on several threads, where the
//! chain has forgotten what came before. Not here: whether a place will do, which each pass finds out
//! (`block::forward_backward::cut`).
//!
//! Where pieces may end depends on the data alone, not on the number of threads.

use crate::{
    block::forward_backward::{TOGETHER, padded},
    plan::streams::Stream,
};
use std::ops::Range;

/// Pieces of all sequences together that are enough for the vector units of several threads.
const ENOUGH: usize = 32;
/// Numbers of messages in a piece: so many are kept of a few pieces, with their weights, from the way forward
/// to the way back.
const NUMBERS: usize = 1 << 16;
/// Steps on each side of a place that may be looked at are one in so many times K of a piece: finding out
/// costs K times as much as doing them.
const LOOKED_AT: usize = 3;
/// Most chains have forgotten after so many steps.
const USUAL: usize = 64;

/// Places that each pass tries.
#[derive(Debug)]
pub struct SplitRule {
    /// A place, and the steps about it that may be looked at.
    pub places: Vec<(usize, Range<usize>)>,
    /// Steps of the longest sequence.
    pub longest: usize,
}

impl SplitRule {
    /// Those of a stream whose only block is a chain of `k` categories, if any sequence is long enough.
    pub fn of(stream: &Stream, k: usize) -> Option<Self> {
        let mut places: Vec<(usize, Range<usize>)> = vec![];
        let mut longest = 0;
        for s in stream.starts.as_deref().unwrap_or_default().windows(2) {
            let (lo, hi) = (s[0] as usize, s[1] as usize);
            let pieces = pieces(hi - lo, k, stream.size);
            let window = (hi - lo) / pieces / (LOOKED_AT * k);
            places.extend(
                (1..pieces).map(|i| lo + (hi - lo) * i / pieces).map(|at| (at, at - window..at + window)),
            );
            longest = longest.max(hi - lo);
        }
        (!places.is_empty()).then_some(Self { places, longest })
    }
}

/// How many pieces a sequence should be.
fn pieces(len: usize, k: usize, total: usize) -> usize {
    let piece = (NUMBERS / padded(k)).min(total / ENOUGH).max(LOOKED_AT * USUAL * k);
    match len / piece {
        0 | 1 => 1,
        few if few < TOGETHER => few,
        many => many / TOGETHER * TOGETHER,
    }
}
