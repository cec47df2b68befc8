//! Forward–backward over discrete chains: log potentials in, marginals, summed pair marginals and log norm
//! out. Knows nothing of graphs or of where the potentials come from.
//!
//! Works on exponentiated potentials, scaled at every step (Rabiner 1989, section V.A), for a few sequences
//! side by side and a block of steps at a time (`lanes`): steps are asked for their weights and told their
//! marginals block by block, so that neither has to stand in memory for a whole sequence. Where the states
//! that the past leaves and those that the future wants are further apart than underflow can hide, the
//! sequence is done again in log space (`logs`). A long sequence may be given in pieces (`cut`), which go
//! side by side like sequences. A log potential under −1e100 stands for ln 0: marginals there are exactly 0.

mod advance;
mod cut;
mod draw;
mod error;
mod lanes;
mod layout;
mod likely;
mod logs;
mod padding;
mod product;
mod steps;
mod tables;
mod zeros;

pub use cut::{Cut, cut};
pub use draw::draw;
pub use error::ChainError;
pub use lanes::Scratch;
pub use layout::TOGETHER;
pub use likely::likely;
pub use padding::padded;
pub use steps::{Arrays, WEIGHTS, WeightedSteps, weigh};
pub use tables::PairTables;
pub use zeros::SMALLEST;

use lanes::Group;
use layout::{Layout, Sequence};

/// Which chains: pair tables by step, and where sequences are.
#[derive(Clone, Copy, Debug)]
pub struct Chains<'a> {
    /// For each step, which table leads into it (not read at first steps); none: table 0.
    pub pair_index: Option<&'a [u32]>,
    /// Where each sequence, or piece of one, starts among the T steps, and T at the end: one more than there
    /// are sequences.
    pub starts: &'a [u32],
    /// For each of `starts` the cut that it is, if it is one; empty where there are none.
    pub cuts: &'a [Option<&'a Cut>],
}

/// Tells `steps` their marginals, adds Σ_t of the pair marginals into `pair_sums` (M×K×K) and the sequences'
/// log normalisers into `log_norm`, in nats.
///
/// # Errors
/// If no path is possible, a potential is NaN or +∞, or a sequence must not be cut. The outputs are then of
/// no use.
pub fn run(
    tables: &PairTables,
    chains: Chains<'_>,
    steps: &mut dyn WeightedSteps,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut Scratch,
) -> Result<(), ChainError> {
    run_laid_out(Layout::new(tables.k), tables, chains, steps, pair_sums, log_norm, scratch)
}

fn run_laid_out(
    layout: Layout,
    tables: &PairTables,
    chains: Chains<'_>,
    steps: &mut dyn WeightedSteps,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut Scratch,
) -> Result<(), ChainError> {
    let (k, kp) = (tables.k, padded(tables.k));
    if k == 0 {
        return Ok(());
    }
    let mut order = std::mem::take(&mut scratch.order);
    order.clear();
    let sequences = chains.starts.windows(2).enumerate().map(|(number, w)| Sequence {
        number,
        lo: w[0] as usize,
        len: (w[1] - w[0]) as usize,
    });
    order.extend(sequences.filter(|s| s.len > 0));
    order.sort_by_key(|s| std::cmp::Reverse(s.len));
    scratch.outer.clear();
    scratch.outer.resize(tables.count() * kp * kp, 0.0);
    let mut rest = order.as_slice();
    let mut done = Ok(());
    while let (Some(first), Ok(())) = (rest.first(), done) {
        let (count, kept) = layout.group(k, first.len, steps.may_keep());
        let (lanes, others) = rest.split_at(count.min(rest.len()));
        let group = Group {
            tables,
            index: chains.pair_index,
            cuts: chains.cuts,
            lanes,
            block: layout.block,
            kept,
            portable: layout.portable,
        };
        done = group.run(steps, pair_sums, scratch).map(|z| *log_norm += z);
        rest = others;
    }
    scratch.order = order;
    done?;
    for (m, outer) in scratch.outer.chunks_exact(kp * kp).enumerate() {
        let (sums, scaled) = (&mut pair_sums[m * k * k..][..k * k], &tables.scaled[m * k * k..][..k * k]);
        for (e, (sum, a)) in sums.iter_mut().zip(scaled).enumerate() {
            // An impossible pair has an exact 0, whatever the messages beside it are.
            if *a > 0.0 {
                *sum += outer[e / k * kp + e % k] * a;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "forward_backward_tests.rs"]
mod tests;
