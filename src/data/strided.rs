//! The numbers of one column, which may stand between those of others in one array. Not how the array is
//! filled.

use crate::num::numbers::Numbers;

/// A column of numbers: every `stride`-th of an array. NaN is missing.
#[derive(Clone, Debug)]
pub struct Strided {
    all: Numbers,
    start: usize,
    stride: usize,
}

impl Strided {
    /// The numbers at `start`, `start + stride`, … of `all`, whose length is a multiple of `stride`.
    pub(super) fn new(all: Numbers, start: usize, stride: usize) -> Self {
        debug_assert!(stride > 0 && start < stride && all.len().is_multiple_of(stride));
        Self { all, start, stride }
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len() / self.stride
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
    /// The number in a row.
    pub fn at(&self, row: usize) -> f64 {
        self.all[row * self.stride + self.start]
    }
    /// All, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = f64> + Clone + '_ {
        self.all.chunks_exact(self.stride).map(|row| row[self.start])
    }
    /// All in one array: the column's own, where it stands alone.
    pub fn array(&self) -> Numbers {
        if self.stride == 1 { self.all.clone() } else { self.iter().collect() }
    }
    /// Columns side by side, row after row. They are one array already, and no number is copied, if they were
    /// read for one use.
    pub fn beside(columns: &[Self]) -> Numbers {
        let Some(first) = columns.first() else { return Numbers::default() };
        let together = first.stride == columns.len()
            && columns
                .iter()
                .enumerate()
                .all(|(i, c)| c.start == i && c.stride == first.stride && c.all.same(&first.all));
        if together {
            return first.all.clone();
        }
        let mut out = Vec::with_capacity(first.len() * columns.len());
        for row in 0..first.len() {
            out.extend(columns.iter().map(|c| c.at(row)));
        }
        out.into()
    }
}

impl From<Vec<f64>> for Strided {
    fn from(values: Vec<f64>) -> Self {
        Self { all: values.into(), start: 0, stride: 1 }
    }
}

impl PartialEq for Strided {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_side_by_side_are_one_array() {
        let all: Numbers = vec![1.0, 10.0, 2.0, 20.0].into();
        let column = |i| Strided::new(all.clone(), i, 2);
        assert!(Strided::beside(&[column(0), column(1)]).same(&all));
        assert_eq!(column(1).iter().collect::<Vec<_>>(), [10.0, 20.0]);
        for (columns, want) in [
            (vec![column(1), column(0)], vec![10.0, 1.0, 20.0, 2.0]),
            (vec![column(1)], vec![10.0, 20.0]),
            (vec![column(0), vec![3.0, 4.0].into()], vec![1.0, 3.0, 2.0, 4.0]),
            (vec![], vec![]),
        ] {
            assert_eq!(Strided::beside(&columns)[..], want);
        }
        let alone = Strided::from(vec![5.0, 6.0]);
        assert!(
            Strided::beside(std::slice::from_ref(&alone)).same(&alone.all) && alone.array().same(&alone.all)
        );
    }
}
