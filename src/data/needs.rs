//! What is asked of a table. Not here: who asks.

/// What a model needs of a table. A function that says of each column's name whether to keep it is the
/// simplest.
pub trait Needs {
    /// Whether a column's cells are to be kept.
    fn keeps(&self, column: &str) -> bool;
    /// Whether a column's cells are names of levels or rows, kept as they are written: `007` is not `7`.
    fn names_levels(&self, _column: &str) -> bool {
        false
    }
    /// The names of the columns to keep, where that is known without the table's own names.
    fn names(&self) -> Option<Vec<&str>> {
        None
    }
    /// Lists of columns (places in the header) that are used together, in this order: the numbers of each are
    /// read into one array.
    fn together(&self, _header: &[String]) -> Vec<Vec<usize>> {
        vec![]
    }
}

impl<F: Fn(&str) -> bool> Needs for F {
    fn keeps(&self, column: &str) -> bool {
        self(column)
    }
}

/// What a model needs of a table.
pub type Wanted<'a> = &'a dyn Needs;
