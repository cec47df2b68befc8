//! Tables: products of the energy that hold the same things of a row, with the shared rest contracted to one
//! array.

use super::{
    arrays::{Codes, Dense, RowArrays},
    layout::{StreamId, TableId, VarId},
};
use crate::num::contract::{Axes, Contraction, Letter, OperandShape};

/// Products of one factor that hold the same row operands.
#[derive(Debug)]
pub struct Table {
    /// The factor: index in the graph.
    pub factor: usize,
    /// Its child node: whose term of the bound this is.
    pub node: usize,
    /// The stream whose rows it is summed over; `None` for a factor among stored variables only.
    pub stream: Option<StreamId>,
    /// Which rows.
    pub rows: Rows,
    /// Size of each label; the rows' label has the size of a chunk.
    pub sizes: Vec<usize>,
    /// The rows' label.
    pub row_label: Letter,
    /// What the products hold of a row.
    pub operands: Vec<RowOperand>,
    /// The table's axes, row-major and dense.
    pub axes: Axes,
    /// Numbers in the table (of one pair of packed triangles, once).
    pub len: usize,
    /// The shared rest of each product.
    pub terms: Vec<TableTerm>,
    /// From the row operands (with weights) to the accumulated statistic.
    pub gather: Contraction,
    /// Axes of the statistic that `gather` writes and of the table that messages read, where a symmetric pair
    /// of labels is packed.
    pub packed: Option<Packed>,
    /// The table's axes as rows see them: packed, and without what is unrolled.
    pub seen: Axes,
    /// Whether the statistic holds known numbers only: it is summed once.
    pub constant: bool,
    /// The block whose pairs of neighbours this table couples.
    pub pair: Option<VarId>,
    /// A label whose values are taken one by one, since codes stand in columns: its size, and strides in the
    /// packed table and in each operand.
    pub unroll: Option<Unroll>,
    /// Whether any operand is a stored variable read row by row.
    pub gathers_stored: bool,
}

/// A table, and which of its operands a block is: what the table sends it.
pub type Sent = (TableId, usize);

/// Which rows of its stream a table is summed over.
#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// All.
    All,
    /// These places, ascending.
    List(Vec<u32>),
}

/// What products hold of a row.
#[derive(Debug)]
pub struct RowOperand {
    /// Where it comes from.
    pub from: From,
    /// Its shape in a chunk, the rows outermost.
    pub shape: OperandShape,
    /// Numbers of a row (0 for codes).
    pub width: usize,
    /// Offset of the part in a row's statistic.
    pub offset: usize,
    /// Toward this operand, if it is a latent one: from the other row operands and the (packed) table.
    pub message: Option<Message>,
}

/// A contraction toward a row operand. Operands: the other row operands in order, then the table.
#[derive(Debug)]
pub struct Message {
    /// What runs.
    pub contraction: Contraction,
    /// The message's axes in the target's own chunk buffer (streamed) or in a dense scratch array of rows ×
    /// `width` (stored).
    pub axes: Axes,
}

/// Where a row operand comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// The chunk's moments of a streamed variable, so many steps before (of a tree: of the row above).
    Streamed {
        /// The variable.
        var: VarId,
        /// How many steps before.
        back: u32,
    },
    /// Moments of a stored variable at these elements, by place (`u32::MAX`: none).
    Stored {
        /// The variable.
        var: VarId,
        /// First element of each row.
        base: std::sync::Arc<[u32]>,
        /// From there, those that plates reach which the row does not fix, row-major over these.
        offsets: Vec<usize>,
        /// Offset and length of the part in an element's statistic.
        part: (usize, usize),
        /// Numbers between neighbouring elements.
        stride: usize,
    },
    /// Known numbers.
    Dense(usize),
    /// Known levels.
    Codes(usize),
    /// How many rows each row stands for: enters statistics, not the row's own messages.
    Weight(StreamId),
}

/// The shared rest of a product.
#[derive(Debug)]
pub struct TableTerm {
    /// In front.
    pub coefficient: f64,
    /// Shared moments and known arrays.
    pub operands: Vec<TableOperand>,
    /// From the operands to the (unpacked) table.
    pub build: Contraction,
}

/// A shared array in a product.
#[derive(Debug)]
pub struct TableOperand {
    /// Where it comes from.
    pub from: Shared,
    /// Where its first number stands in that array.
    pub offset: usize,
    /// Its axes in that array.
    pub axes: Axes,
    /// Toward it, if it is a variable: from the (unpacked) statistic and the other shared operands.
    pub message: Option<Contraction>,
}

/// Where a shared array comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// Moments of a stored variable.
    Var(VarId),
    /// A known array.
    Known(usize),
}

/// Two labels of a table that index a symmetric matrix, kept as one in what the rows see.
#[derive(Clone, Debug)]
pub struct Packed {
    /// Outer size, matrix dimension, inner size: the table is `[outer, d, d, inner]`, packed
    /// `[outer, d(d+1)/2, inner]`.
    pub outer: usize,
    /// See `outer`.
    pub d: usize,
    /// See `outer`.
    pub inner: usize,
    /// Numbers in the packed table.
    pub len: usize,
}

/// A label taken one value at a time.
#[derive(Clone, Debug)]
pub struct Unroll {
    /// How many values.
    pub size: usize,
    /// Numbers between neighbours in the (packed) table.
    pub table: usize,
    /// Numbers between neighbours in each operand's row (columns of codes: 1 column).
    pub operands: Vec<usize>,
    /// The same for each operand's message target.
    pub targets: Vec<usize>,
}

/// Offsets that free plates reach, row-major over them: each is (size, stride).
pub fn cells(rest: &[(usize, usize)]) -> Vec<usize> {
    let mut out = vec![0];
    for &(size, stride) in rest {
        out = out.into_iter().flat_map(|o| (0..size).map(move |i| o + i * stride)).collect();
    }
    out
}

impl Packed {
    /// Table → packed: both triangles are added, since the rows' statistic has them equal.
    pub fn pack(&self, full: &[f64], packed: &mut [f64]) {
        let (d, inner, tri) = (self.d, self.inner, self.d * (self.d + 1) / 2);
        for o in 0..self.outer {
            let mut at = o * tri * inner;
            for a in 0..d {
                for b in a..d {
                    let (ab, ba) = ((o * d * d + a * d + b) * inner, (o * d * d + b * d + a) * inner);
                    for i in 0..inner {
                        packed[at + i] = if a == b { full[ab + i] } else { full[ab + i] + full[ba + i] };
                    }
                    at += inner;
                }
            }
        }
    }
    /// Packed statistic → both triangles.
    pub fn unpack(&self, packed: &[f64], full: &mut [f64]) {
        let (d, inner, tri) = (self.d, self.inner, self.d * (self.d + 1) / 2);
        for o in 0..self.outer {
            let mut at = o * tri * inner;
            for a in 0..d {
                for b in a..d {
                    let (ab, ba) = ((o * d * d + a * d + b) * inner, (o * d * d + b * d + a) * inner);
                    full[ab..ab + inner].copy_from_slice(&packed[at..at + inner]);
                    full[ba..ba + inner].copy_from_slice(&packed[at..at + inner]);
                    at += inner;
                }
            }
        }
    }
}

impl Table {
    /// Numbers in what the rows see.
    pub fn packed_len(&self) -> usize {
        self.packed.as_ref().map_or(self.len, |p| p.len)
    }
    /// Is this variable read from the rows?
    pub fn reads(&self, v: VarId) -> bool {
        self.operands
            .iter()
            .any(|o| matches!(&o.from, From::Streamed { var, .. } | From::Stored { var, .. } if *var == v))
    }
}

impl RowArrays {
    /// Keeps an array of numbers.
    pub fn push_dense(&mut self, d: Dense) -> usize {
        self.dense.push(d);
        self.dense.len() - 1
    }
    /// Keeps an array of levels.
    pub fn push_codes(&mut self, c: Codes) -> usize {
        self.codes.push(c);
        self.codes.len() - 1
    }
}
