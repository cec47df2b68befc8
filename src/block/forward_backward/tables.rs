//! Pair tables made ready once an iteration: exponentials, in the order in which products read them. Not
//! here: the products.

use super::{
    padding::{LANES, padded},
    zeros::{LN_ZERO, SMALLEST},
};
use crate::num::{reduce, special};

/// M pair tables made ready once an iteration and shared by all chunks.
#[derive(Clone, Debug, Default)]
pub struct PairTables {
    pub(super) k: usize,
    /// Log potentials, M×K×K, `[m][from][to]`.
    pub(super) log: Vec<f64>,
    /// exp(log − the table's largest); what is under [`SMALLEST`] is 0.
    pub(super) scaled: Vec<f64>,
    /// The same by blocks of columns, each block's rows one after the other, padded with zeros: for products
    /// from the left.
    pub(super) ahead: Vec<[f64; LANES]>,
    /// The same of the transposed tables.
    pub(super) back: Vec<[f64; LANES]>,
    /// Each table's largest log potential; 0 where all of it is impossible.
    pub(super) top: Vec<f64>,
}

impl PairTables {
    /// Takes M×K×K log potentials `[m][from][to]`; allocates only where it has not held as many before.
    pub fn prepare(&mut self, k: usize, pair: &[f64]) {
        self.k = k;
        self.log.clear();
        self.log.extend_from_slice(pair);
        self.top.clear();
        self.scaled.clear();
        self.scaled.extend_from_slice(pair);
        if k == 0 {
            return;
        }
        for table in self.scaled.chunks_exact_mut(k * k) {
            let top = reduce::max(table);
            let top = if top < LN_ZERO { 0.0 } else { top };
            table.iter_mut().for_each(|x| *x -= top);
            self.top.push(top);
        }
        special::exp_slice(&mut self.scaled);
        self.scaled.iter_mut().filter(|x| **x < SMALLEST).for_each(|x| *x = 0.0);
        let kp = padded(k);
        for (blocks, flip) in [(&mut self.ahead, false), (&mut self.back, true)] {
            blocks.clear();
            blocks.resize(self.scaled.len() / (k * k) * kp * kp / LANES, [0.0; LANES]);
            for (table, blocks) in
                self.scaled.chunks_exact(k * k).zip(blocks.chunks_exact_mut(kp * kp / LANES))
            {
                for (e, &x) in table.iter().enumerate() {
                    let (row, col) = if flip { (e % k, e / k) } else { (e / k, e % k) };
                    blocks[col / LANES * kp + row][col % LANES] = x;
                }
            }
        }
    }

    /// How many tables.
    pub(super) fn count(&self) -> usize {
        self.top.len()
    }
}
