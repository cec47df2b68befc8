//! Rows listed by level: what a gather over a group runs through. Not the levels' names.

use super::category::MISSING;

/// For each level the rows that carry it, in file order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Rows, level after level.
    pub rows: Vec<u32>,
    /// Level `g` has `rows[starts[g]..starts[g + 1]]`; one longer than the number of levels.
    pub starts: Vec<u32>,
}

impl Groups {
    /// Lists the rows of each of `levels` levels by a stable counting sort. Rows whose code is missing stand
    /// nowhere. Every other code must be below `levels`, and there are fewer than 2³² rows, as every
    /// [`Table`](super::Table) has.
    pub fn new(codes: &[u32], levels: usize) -> Self {
        let mut starts = vec![0_u32; levels + 1];
        for &code in codes.iter().filter(|&&c| c != MISSING) {
            starts[code as usize + 1] += 1;
        }
        for g in 0..levels {
            starts[g + 1] += starts[g];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; starts[levels] as usize];
        for (row, &code) in (0_u32..).zip(codes) {
            if code != MISSING {
                let at = &mut next[code as usize];
                rows[*at as usize] = row;
                *at += 1;
            }
        }
        Self { rows, starts }
    }

    /// Number of levels.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }
    /// Whether there is no level.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The rows of level `g`, in file order.
    pub fn group(&self, g: usize) -> &[u32] {
        &self.rows[self.starts[g] as usize..self.starts[g + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_are_listed_by_level_in_file_order() {
        let g = Groups::new(&[2, 0, 2, MISSING, 0, 2], 4);
        assert_eq!(g.starts, [0, 2, 2, 5, 5]);
        assert_eq!(g.rows, [1, 4, 0, 2, 5]);
        assert_eq!((g.group(0), g.group(1), g.group(2)), (&[1, 4][..], &[][..], &[0, 2, 5][..]));
        assert!(Groups::new(&[], 0).is_empty());
    }

    proptest! {
        #[test]
        fn groups_equal_a_filter(codes in prop::collection::vec(prop_oneof![0..5_u32, Just(MISSING)], 0..60)) {
            let g = Groups::new(&codes, 5);
            for level in 0..5 {
                let want: Vec<u32> = (0..codes.len() as u32).filter(|&r| codes[r as usize] == level).collect();
                prop_assert_eq!(g.group(level as usize), &want[..]);
            }
        }
    }
}
