//! Rows put in the order of their sequences: what a `Steps` plate runs along. Not the chain itself.

use super::{category::Category, groups::Groups};
use std::sync::Arc;

/// The rows of each sequence, in file order. The rows of one sequence need not be neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequences {
    /// The rows, sequence after sequence; empty where that is simply 0, 1, 2, … (no copy is kept then).
    pub order: Vec<u32>,
    /// Sequence `s` has the places `starts[s]..starts[s + 1]`; one longer than the number of sequences.
    pub starts: Vec<u32>,
    /// What they are called; nothing where no column tells them apart.
    pub names: Arc<[String]>,
}

impl Sequences {
    /// One sequence for each level of `key`, in the levels' order; a single one without a key. Fewer than 2³²
    /// rows.
    ///
    /// # Errors
    /// The first row whose key is missing. [`Column::as_index`](super::Column::as_index) refuses such a
    /// column with its place in the file.
    pub fn new(rows: usize, key: Option<&Category>) -> Result<Self, usize> {
        let Some(key) = key else {
            return Ok(Self { order: vec![], starts: vec![0, rows as u32], names: [].into() });
        };
        debug_assert_eq!(key.codes.len(), rows);
        if let Some(row) = key.first_missing() {
            return Err(row);
        }
        let Groups { rows: mut order, starts } = Groups::new(&key.codes, key.levels.len());
        if order.iter().zip(0..).all(|(&row, place)| row == place) {
            order = vec![];
        }
        Ok(Self { order, starts, names: key.levels.clone().into() })
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }
    /// Whether there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Whether places and rows are the same.
    pub fn in_file_order(&self) -> bool {
        self.order.is_empty()
    }
    /// The row at a place.
    pub fn row(&self, place: usize) -> usize {
        self.order.get(place).map_or(place, |&row| row as usize)
    }
    /// The places of sequence `s`.
    pub fn places(&self, s: usize) -> std::ops::Range<usize> {
        self.starts[s] as usize..self.starts[s + 1] as usize
    }
    /// The rows of sequence `s`, in file order.
    pub fn rows(&self, s: usize) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.places(s).map(|place| self.row(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::MISSING;

    fn key(codes: &[u32]) -> Category {
        let levels = codes.iter().filter(|&&c| c != MISSING).max().map_or(0, |&m| m + 1);
        Category { levels: (0..levels).map(|l| l.to_string()).collect(), codes: codes.to_vec() }
    }

    #[test]
    fn rows_of_a_sequence_keep_file_order() {
        let s = Sequences::new(5, Some(&key(&[1, 0, 1, 0, 2]))).unwrap();
        assert_eq!((&s.order[..], &s.starts[..]), (&[1, 3, 0, 2, 4][..], &[0, 2, 4, 5][..]));
        assert_eq!(s.rows(1).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(s.rows(2).collect::<Vec<_>>(), [4], "a sequence may have one row");
    }

    #[test]
    fn the_identity_is_not_stored() {
        for s in [Sequences::new(4, None).unwrap(), Sequences::new(4, Some(&key(&[0, 0, 1, 1]))).unwrap()] {
            assert!(s.in_file_order(), "{s:?}");
            assert_eq!((0..s.len()).flat_map(|i| s.rows(i)).collect::<Vec<_>>(), [0, 1, 2, 3]);
        }
    }

    #[test]
    fn a_missing_key_names_its_row() {
        assert_eq!(Sequences::new(3, Some(&key(&[0, MISSING, 0]))), Err(1));
    }
}
