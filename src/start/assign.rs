//! Clusters given the names of categories: the assignment that is worth most. Not here: what a pair is worth.

/// Which of `k` columns each of `k` rows gets, so that the sum of `worth` (k × k, row by row) is largest: the
/// Hungarian algorithm with potentials. Of equals, the earlier.
pub(super) fn assign(k: usize, worth: &[f64]) -> Vec<usize> {
    // Rows and columns are counted from 1; 0 is none.
    let cost = |i: usize, j: usize| -worth[(i - 1) * k + j - 1];
    let (mut of_row, mut of_column) = (vec![0.0; k + 1], vec![0.0; k + 1]);
    let (mut row_of, mut way) = (vec![0; k + 1], vec![0; k + 1]);
    for i in 1..=k {
        row_of[0] = i;
        let (mut slack, mut used) = (vec![f64::INFINITY; k + 1], vec![false; k + 1]);
        let mut at = 0;
        while row_of[at] != 0 {
            used[at] = true;
            let row = row_of[at];
            let (mut least, mut next) = (f64::INFINITY, 0);
            for j in (1..=k).filter(|&j| !used[j]) {
                let left = cost(row, j) - of_row[row] - of_column[j];
                if left < slack[j] {
                    (slack[j], way[j]) = (left, at);
                }
                if slack[j] < least || next == 0 {
                    (least, next) = (slack[j], j);
                }
            }
            for j in 0..=k {
                if used[j] {
                    of_row[row_of[j]] += least;
                    of_column[j] -= least;
                } else {
                    slack[j] -= least;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[way[at]];
            at = way[at];
        }
    }
    let mut out = vec![0; k];
    (1..=k).for_each(|j| out[row_of[j] - 1] = j - 1);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::stream::Stream;

    fn permutations(k: usize) -> Vec<Vec<usize>> {
        if k == 0 {
            return vec![vec![]];
        }
        let shorter = permutations(k - 1);
        let with =
            |p: &Vec<usize>| (0..k).map(|at| [&p[..at], &[k - 1], &p[at..]].concat()).collect::<Vec<_>>();
        shorter.iter().flat_map(with).collect()
    }

    #[test]
    fn no_permutation_is_worth_more() {
        for seed in 0..40 {
            let k = 1 + seed as usize % 6;
            let mut random = Stream::new(seed, "worth", 0);
            let worth: Vec<f64> = (0..k * k).map(|_| random.normal()).collect();
            let sum = |p: &[usize]| p.iter().enumerate().map(|(i, &j)| worth[i * k + j]).sum::<f64>();
            let most = permutations(k).iter().map(|p| sum(p)).fold(f64::NEG_INFINITY, f64::max);
            assert!((sum(&assign(k, &worth)) - most).abs() < 1e-12, "seed {seed}");
        }
        assert_eq!(assign(3, &[0.0; 9]), [0, 1, 2], "equals keep their places");
    }
}
