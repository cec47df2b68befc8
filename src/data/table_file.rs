//! A file that holds a table, as every format is given it. Not here: which formats there are.

use super::{files::Seekable, needs::Wanted};
use std::io::Read;

/// What every format is given.
pub struct TableFile<'a> {
    /// The table's name in the model.
    pub name: &'a str,
    /// The file as the user named it.
    pub path: &'a str,
    /// Starts reading from the first byte, decompressed; a format may ask again.
    pub open: &'a dyn Fn() -> std::io::Result<Box<dyn Read>>,
    /// Opens the file to be read at any place, as it is.
    pub seek: &'a dyn Fn() -> std::io::Result<Box<dyn Seekable>>,
    /// How many bytes [`open`](Self::open) gives, found by looking at the whole of a compressed file; `None`
    /// where it can't be known beforehand.
    pub length: &'a dyn Fn() -> Option<u64>,
    /// Which columns to keep; all without it. The others only have their cells counted.
    pub wanted: Option<Wanted<'a>>,
}

impl std::fmt::Debug for TableFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TableFile({} from {})", self.name, self.path)
    }
}
