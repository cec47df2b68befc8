//! A cell that a column cannot take in as it stands. Not here: what is done about it.

/// Why a cell could not be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flip {
    /// The column is text, and numbers before this cell have lost their spelling: read it as text from the
    /// start.
    SpellingLost,
    /// The cell is not UTF-8.
    NotUtf8,
}
