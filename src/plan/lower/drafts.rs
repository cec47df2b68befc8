//! Operands of one factor's products before their tables are made. Not here: how they are found.

use crate::{
    graph::energy::{Element, FactorEnergy, LabelId, Op},
    num::numbers::Numbers,
    plan::{
        layout::{StreamId, VarId},
        table::{From, Shared},
    },
    shape::{ColumnId, Extent},
};

/// Combinations of elements that several columns name: of which factor, the columns, and the place of each
/// row of the file.
pub(super) type Combinations = (usize, Vec<(ColumnId, Extent)>, Vec<u32>);

/// Values by place, and whether any is missing.
pub(super) type ByPlace = (Numbers, bool);

/// A row operand before its table is known.
#[derive(Clone)]
pub(super) struct RowDraft {
    pub(super) from: From,
    pub(super) axes: Vec<(LabelId, usize)>,
    pub(super) level: Option<LabelId>,
    pub(super) width: usize,
    pub(super) offset: usize,
    /// Pair of labels of a symmetric part that may be packed: its array is made with the upper triangle only.
    pub(super) symmetric: Option<(LabelId, LabelId)>,
    /// Codes stand in columns over this label.
    pub(super) columns: Option<LabelId>,
}

#[derive(Clone)]
pub(super) struct SharedDraft {
    pub(super) from: Shared,
    pub(super) offset: usize,
    pub(super) axes: Vec<(LabelId, usize)>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Op(Op),
    Level(Element, LabelId),
    Mask,
}

pub(super) struct TermDraft {
    pub(super) coefficient: f64,
    pub(super) row: Vec<(Key, RowDraft)>,
    pub(super) shared: Vec<SharedDraft>,
}

/// What one factor's lowering needs to know.
pub(super) struct FactorView<'a> {
    pub(super) index: usize,
    pub(super) energy: &'a FactorEnergy,
    pub(super) stream: Option<StreamId>,
    /// The rows' letter.
    pub(super) n: Option<LabelId>,
    pub(super) sizes: Vec<usize>,
    pub(super) d: usize,
    /// Letters past the factor's own: what a data column names, and how many levels it has.
    pub(super) levels: Vec<(Element, usize)>,
}

/// An array inside a sparse Gaussian's statistic.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub(super) var: VarId,
    pub(super) offset: usize,
    pub(super) axes: Vec<PortAxis>,
}

/// One axis of a port.
#[derive(Clone, Debug)]
pub(super) struct PortAxis {
    pub(super) element: Element,
    pub(super) size: usize,
    pub(super) stride: usize,
    /// What it runs over, where that decides what a column names.
    pub(super) extent: Extent,
}
