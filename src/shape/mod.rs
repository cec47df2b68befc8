//! Named plates and event dimensions: ids, and what an axis runs over. Knows no data.

/// A plate of the model, by its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlateId(pub usize);
/// A table of the model, by its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataTableId(pub usize);
/// A column that the model uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(pub usize);
/// An input of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InputId(pub usize);
/// A node of the model: a random variable, or an array of them over plates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// A block of q: nodes kept together, by its place in the order in which blocks are updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub usize);

/// What one axis runs over. Sizes that come from data are known only once the data are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    /// This many.
    Number(usize),
    /// The elements of a plate.
    Plate(PlateId),
    /// The levels of a column.
    Levels(ColumnId),
}
