//! Blocks to hold the laws against: of each kind a few, small, ordinary, with what is known in part. Not here:
//! the laws (`laws`).

use super::{sequence::Sequences, shape::BlockShape};
use crate::{
    dist,
    expfam::{family::Family, stat::StatKind},
};
use std::fmt;

/// Lays a block out again, of a layout and of the pairs that it lists; `None` where they are no such block.
pub type Restore = fn(layout: &serde_json::Value, pairs: &[u64]) -> Option<Box<dyn BlockShape>>;

/// A kind of block.
pub struct BlockKind {
    /// As people call it.
    pub name: &'static str,
    /// How its moments are found, in a sentence.
    pub doc: &'static str,
    /// Small ones, with natural parameters.
    pub examples: fn() -> Vec<Example>,
    /// Lays out again what [`BlockShape::portable`] has written down.
    pub restore: Option<Restore>,
}

impl fmt::Debug for BlockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A block with its natural parameters.
#[derive(Debug)]
pub struct Example {
    /// The block.
    pub shape: Box<dyn BlockShape>,
    /// Of all its elements.
    pub eta: Vec<f64>,
    /// Of a block over sequences: what couples steps.
    pub along: Option<Along>,
}

/// What couples the steps of sequences.
#[derive(Clone, Debug)]
pub struct Along {
    /// Potentials, `[m][before][after]`.
    pub pair: Vec<f64>,
    /// For each step, which of them leads into it.
    pub index: Vec<u32>,
    /// Where each sequence starts, and the end.
    pub starts: Vec<u32>,
    /// The step above or before each.
    pub above: Vec<u32>,
}

impl Along {
    /// As kernels are given it.
    pub fn sequences(&self) -> Sequences<'_> {
        Sequences { pair_index: Some(&self.index), starts: &self.starts, above: &self.above, cuts: &[] }
    }

    /// Sequences of these lengths with `levels` potentials in turn, each of `k` × `k` numbers.
    pub fn sequences_of(lengths: &[usize], levels: usize, k: usize, pair: impl Fn(usize) -> f64) -> Self {
        let mut starts = vec![0];
        lengths.iter().for_each(|l| starts.push(starts[starts.len() - 1] + *l as u32));
        let steps = starts[starts.len() - 1];
        let above = |t: u32| if starts.contains(&t) { u32::MAX } else { t - 1 };
        Self {
            pair: (0..levels * k * k).map(pair).collect(),
            index: (0..steps).map(|t| t % levels as u32).collect(),
            above: (0..steps).map(above).collect(),
            starts,
        }
    }
}

/// Numbers in [−½, ½] that look random.
pub fn number(i: usize) -> f64 {
    ((i * 7 + 3) % 11) as f64 / 10.0 - 0.5
}

/// h and J of a proper Gaussian vector, the `seed`-th: the diagonal outweighs the rest, and J is not symmetric.
pub fn gaussian(d: usize, seed: usize) -> Vec<f64> {
    let linear = (0..d).map(|i| 2.0 * number(seed + i));
    let entry = |i: usize| {
        let weight = 0.5 * number(seed + 3 * i) / d as f64;
        if i / d == i % d { -0.8 + weight } else { weight }
    };
    linear.chain((0..d * d).map(entry)).collect()
}

/// A family and its statistic, by the name of the distribution.
///
/// # Panics
/// There is none: the name is a mistake in an example.
pub fn family(name: &str) -> (&'static dyn Family, &'static StatKind) {
    let spec = dist::find(name).expect("a distribution of the registry");
    (spec.family.expect("one that can be latent"), spec.stat)
}
