//! Why a plan can't be made of data. Not here: how that is told (`pipeline`).

use crate::{
    plan::{known::BadValue, memory::NoRoom},
    shape::NodeId,
    source::Span,
};

/// Data that a plan can't be made for.
#[derive(Clone, Debug, PartialEq)]
pub enum LowerError {
    /// A known value that its slot does not accept.
    Value(Box<BadValue>, (usize, usize)),
    /// An observed value that the known arguments exclude.
    Impossible {
        /// The factor.
        factor: usize,
        /// The element of the child, row-major over its plates.
        element: usize,
        /// The child's value.
        value: Vec<f64>,
        /// Each known argument that excludes it: its slot and value.
        given: Vec<(usize, Vec<f64>)>,
    },
    /// An observed number so large that its square is none: which node, row and number of the row.
    TooLarge {
        /// The node.
        node: NodeId,
        /// The place of the row.
        row: usize,
        /// The number's place in the row.
        column: usize,
        /// The number.
        value: f64,
    },
    /// Arrays that need more memory than there is.
    NoRoom(NoRoom),
    /// A row that couples an element with itself.
    SelfPair {
        /// The node.
        node: NodeId,
        /// The factor.
        factor: usize,
        /// The place of the row.
        row: usize,
    },
    /// Elements picked by the columns of a second table, or by another axis than the rows that are gone over.
    OtherRows {
        /// The expression that picks.
        span: Span,
    },
    /// A construct the engine has no form for.
    Unsupported {
        /// The factor's place in the file.
        span: Span,
        /// What it is.
        what: String,
    },
}
