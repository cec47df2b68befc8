//! Chains of Gaussian vectors coupled over several steps, each coupling with numbers of its own: natural
//! parameters in, moments, pair moments and log norm out. Knows nothing of graphs. Not here: chains whose
//! neighbours alone are coupled, all alike (`gaussian_chain`), which this one runs on.
//!
//! With couplings over up to L steps the precision is block banded. L steps after one another, taken as one
//! vector, are a step of a chain whose neighbours alone are coupled: x_t meets x_{t−l} in its own super-step
//! or in the one before. The cost is (LQ)³ for every L steps, linear in the number of steps.

use super::gaussian_chain::{self, GaussianChainError, GaussianChains, InPlace};
use crate::{
    expfam::stat::{Arithmetic, Domain, GAUSSIAN_VECTOR, Part, PartRole, PartShape, StatKind},
    num::stream::Stream,
};

/// The longest coupling.
pub const LONGEST_LAG: usize = 12;

const PAIR: Part = Part { symbol: "x₋xᵀ", shape: PartShape::Matrix, role: PartRole::Other };

/// The statistic of a step: (x, xxᵀ), then the products of the step 1, 2, … before with it; as many of these
/// as a chain has lags.
pub static STAT: StatKind = StatKind {
    name: "chain of Gaussian vectors",
    parts: &{
        let mut parts = [PAIR; 2 + LONGEST_LAG];
        parts[0] = GAUSSIAN_VECTOR.parts[0];
        parts[1] = GAUSSIAN_VECTOR.parts[1];
        parts
    },
    value: PartShape::Vector,
    arithmetic: Arithmetic::None,
    domain: Domain::Real,
    support: "a real vector for each step",
    of_value: |_, _, _| Err("is one step of many"),
};

/// How many numbers a step has, for vectors of `q` components coupled over `lags` steps.
pub fn width(q: usize, lags: usize) -> usize {
    q + (1 + lags) * q * q
}

/// Buffers, grown once.
#[derive(Debug, Default)]
pub struct Scratch {
    node: Vec<f64>,
    pair: Vec<f64>,
    sums: Vec<f64>,
    index: Vec<u32>,
    work: gaussian_chain::Scratch,
}

impl Scratch {
    /// Whether more digits are lost than is well since this was last asked.
    pub fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.work.lost)
    }
}

/// With exponent Σ_t h_t·x_t + ⟨J_t, x_t x_tᵀ⟩ + Σ_l ⟨P_{t,l}, x_{t−l} x_tᵀ⟩, overwrites each step's
/// `[h | J | P_1 | … | P_L]` by `[E x_t | E x_t x_tᵀ | E x_{t−1} x_tᵀ | …]` and adds the sequences' log
/// normalisers (nats) to `log_norm`. Couplings to steps before a sequence's first are not read; their moments
/// are zero. `starts`: where each sequence starts, and the end.
///
/// # Errors
/// If a precision is not positive definite or a parameter not finite, naming the first step of those taken
/// together. The outputs are then of no use.
pub fn run(
    q: usize,
    lags: usize,
    steps: &mut [f64],
    starts: &[u32],
    log_norm: &mut f64,
    scratch: &mut Scratch,
) -> Result<(), GaussianChainError> {
    if q == 0 || lags == 0 {
        return Ok(());
    }
    let w = width(q, lags);
    for ends in starts.windows(2) {
        let (lo, hi) = (ends[0] as usize, ends[1] as usize);
        let steps = &mut steps[lo * w..hi * w];
        let sequence = Sequence { q, lags, len: hi - lo };
        let filled = sequence.lay_out(steps, scratch);
        let Scratch { node, pair, sums, index, work } = scratch;
        *log_norm -= 0.5 * (filled * q) as f64 * std::f64::consts::TAU.ln();
        let chains = GaussianChains { pair, pair_index: Some(index), starts: &[0, index.len() as u32] };
        let mut together = InPlace { width: sequence.wide() + sequence.large(), node };
        gaussian_chain::run(sequence.wide(), chains, &mut together, sums, log_norm, work)
            .map_err(|e| later(e, lo, lags))?;
        sequence.read(node, sums, steps);
    }
    Ok(())
}

/// Draws the vectors of all steps, with the exponents of [`run`].
///
/// # Errors
/// As `run`.
pub fn draw(
    q: usize,
    lags: usize,
    steps: &[f64],
    starts: &[u32],
    random: &mut Stream,
) -> Result<Vec<f64>, GaussianChainError> {
    let (w, mut scratch, mut out) = (width(q, lags), Scratch::default(), vec![]);
    for ends in starts.windows(2) {
        let (lo, hi) = (ends[0] as usize, ends[1] as usize);
        let sequence = Sequence { q, lags, len: hi - lo };
        sequence.lay_out(&steps[lo * w..hi * w], &mut scratch);
        let Scratch { node, pair, index, .. } = &mut scratch;
        let chains = GaussianChains { pair, pair_index: Some(index), starts: &[0, index.len() as u32] };
        let mut together = InPlace { width: sequence.wide() + sequence.large(), node };
        let drawn = gaussian_chain::draw(sequence.wide(), chains, &mut together, random)
            .map_err(|e| later(e, lo, lags))?;
        out.extend_from_slice(&drawn[..sequence.len * q]);
    }
    Ok(out)
}

/// Names the first of the steps taken together.
fn later(e: GaussianChainError, lo: usize, lags: usize) -> GaussianChainError {
    match e {
        GaussianChainError::NotPositive { step } => {
            GaussianChainError::NotPositive { step: lo + step * lags }
        }
        GaussianChainError::NotFinite { step } => GaussianChainError::NotFinite { step: lo + step * lags },
    }
}

/// One sequence as a chain of super-steps.
struct Sequence {
    q: usize,
    lags: usize,
    len: usize,
}

impl Sequence {
    /// Entries of a super-step.
    fn wide(&self) -> usize {
        self.lags * self.q
    }

    fn large(&self) -> usize {
        self.wide() * self.wide()
    }

    /// Where the block of steps `a` and `b`, the later, stands: in the node of their super-step, or in the
    /// coupling that leads into that of `b`.
    fn place(&self, a: usize, b: usize) -> (bool, usize) {
        let (q, lags, wide, large) = (self.q, self.lags, self.wide(), self.large());
        let (sa, sb) = (a / lags, b / lags);
        let corner = a % lags * q * wide + b % lags * q;
        if sa == sb { (true, sb * (wide + large) + wide + corner) } else { (false, sb * large + corner) }
    }

    /// Writes the super-steps' parameters and couplings; returns how many steps were added to fill the last.
    fn lay_out(&self, steps: &[f64], scratch: &mut Scratch) -> usize {
        let &Self { q, lags, len } = self;
        let (w, square, wide, large) = (width(q, lags), q * q, self.wide(), self.large());
        let count = len.div_ceil(lags);
        let Scratch { node, pair, sums, index, .. } = scratch;
        for (buffer, size) in
            [(&mut *node, count * (wide + large)), (&mut *pair, count * large), (&mut *sums, count * large)]
        {
            buffer.clear();
            buffer.resize(size, 0.0);
        }
        index.clear();
        index.extend(0..count as u32);
        for (t, row) in steps.chunks_exact(w).enumerate() {
            node[t / lags * (wide + large) + t % lags * q..][..q].copy_from_slice(&row[..q]);
            for l in 0..=lags.min(t) {
                let (inside, at) = self.place(t - l, t);
                let to = if inside { &mut node[at..] } else { &mut pair[at..] };
                for (a, from) in row[q + l * square..][..square].chunks_exact(q).enumerate() {
                    to[a * wide..][..q].copy_from_slice(from);
                }
            }
        }
        // Steps that fill up the last super-step are standard normal, and add the log norm of that.
        for t in len..count * lags {
            let (_, at) = self.place(t, t);
            (0..q).for_each(|a| node[at + a * wide + a] = -0.5);
        }
        count * lags - len
    }

    /// Reads the steps' moments from those of super-steps and their neighbours.
    fn read(&self, node: &[f64], sums: &[f64], steps: &mut [f64]) {
        let &Self { q, lags, .. } = self;
        let (w, square, wide, large) = (width(q, lags), q * q, self.wide(), self.large());
        for (t, row) in steps.chunks_exact_mut(w).enumerate() {
            row[..q].copy_from_slice(&node[t / lags * (wide + large) + t % lags * q..][..q]);
            for l in 0..=lags {
                let out = &mut row[q + l * square..][..square];
                if l > t {
                    out.fill(0.0);
                    continue;
                }
                let (inside, at) = self.place(t - l, t);
                let from = if inside { &node[at..] } else { &sums[at..] };
                for (a, out) in out.chunks_exact_mut(q).enumerate() {
                    out.copy_from_slice(&from[a * wide..][..q]);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "lagged_gaussian_chain_tests.rs"]
mod tests;
