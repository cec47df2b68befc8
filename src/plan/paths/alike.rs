//! Rows of the same known numbers have the same moments: these are made once for all that are alike in a chunk.
//! Not here: making them (`engine::paths::alike`).
//!
//! The rule: nothing is known of the block itself, all that its messages read of a row is known, and at least
//! `SAVED` rows are there for each kind of row.

use super::stacked_product::StackedProduct;
use crate::plan::{
    arrays::Dense,
    layout::VarId,
    lowered::Lowered,
    table::{From, Rows, Sent},
};
use std::collections::HashMap;

/// Rows for each kind of row, at least: with fewer, looking kinds up costs what it saves.
const SAVED: usize = 4;

/// A block of whose rows many are alike.
#[derive(Debug)]
pub struct AlikeRule {
    /// Which kind of row each is.
    pub kind: Vec<u32>,
    /// How many kinds there are.
    pub kinds: usize,
    /// Tables whose rows hold known numbers, as one product.
    pub product: Option<StackedProduct>,
}

impl AlikeRule {
    /// Of block `v`, which gets these messages.
    pub fn of(lowered: &Lowered, v: VarId, sent: &[Sent]) -> Option<Self> {
        let var = &lowered.vars[v];
        let rows = lowered.streams[var.stream()?].size;
        if var.inner() != 1 || var.shape.has_known(None) || var.shape.cells().is_some() {
            return None;
        }
        let mut read: Vec<&From> = vec![];
        for &(t, i) in sent {
            let table = &lowered.tables[t];
            if table.rows != Rows::All {
                return None;
            }
            let others = table.operands.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, o)| &o.from);
            read.extend(others.filter(|from| !matches!(from, From::Weight(_))));
        }
        let mut kinds: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut kind = Vec::with_capacity(rows);
        for row in 0..rows {
            let mut key = vec![];
            for from in &read {
                match from {
                    From::Dense(at) => {
                        key.extend(numbers(&lowered.rows.dense[*at], row).iter().map(|x| x.to_bits()))
                    }
                    From::Codes(at) => {
                        let codes = &lowered.rows.codes[*at];
                        key.extend(codes.data.iter().skip(row).step_by(codes.rows).map(|c| u64::from(*c)));
                    }
                    _ => return None,
                }
            }
            let next = kinds.len() as u32;
            kind.push(*kinds.entry(key).or_insert(next));
            if kinds.len() * SAVED > rows {
                return None;
            }
        }
        Some(Self { kind, kinds: kinds.len(), product: StackedProduct::of(lowered, v, sent) })
    }

    /// The way in words, and why it is taken.
    pub fn describe(&self) -> String {
        format!("moments once for rows that are alike: {} rows are of {} kinds", self.kind.len(), self.kinds)
    }
}

/// What a row holds in an array.
fn numbers(dense: &Dense, row: usize) -> &[f64] {
    let (all, width) = match dense {
        Dense::Plain { data, width } => (data, *width),
        Dense::Part { values, inner, value_width, .. } => (values, inner * value_width),
    };
    &all[row * width..(row + 1) * width]
}
