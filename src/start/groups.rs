//! A first affinity of symbols to components, where a selector's rows stand in groups: groups are clustered
//! by the symbols they hold. Not here: what the start makes of it (`draw`).
//!
//! Words of one document are about few things, so a document says more of what belongs together than chance
//! does. The seeds are groups, drawn far from each other (k-means++ with Hellinger's distance, 1 − Σ √(p q));
//! a few rounds of hard clustering by likelihood follow; then a component's symbols are half those of its
//! cluster and half those of all groups, so that it can still move.

use crate::num::{contract::NO_LEVEL, special, stream::Stream as Random};
use rayon::prelude::*;
use std::ops::Range;

/// Groups' rows.
pub(super) struct Groups<'a> {
    /// Each group's places. Draws go by their order, so it should not be that of a file's rows.
    pub places: Vec<Range<u32>>,
    /// The symbol of each place.
    pub symbols: &'a [u32],
    /// How many rows each place stands for.
    pub weight: Option<&'a [f64]>,
}

/// Rounds of clustering. Measured on word counts: one is good for long groups, short ones go on gaining up to
/// about five.
const ROUNDS: usize = 4;
/// The share of a component's symbols that are those of all groups.
const COMMON: f64 = 0.5;
/// Groups for each component, at least: with fewer, seeds would be each other's copies.
const FEWEST: usize = 4;
/// Numbers of the affinity, at most: it takes as many once more while it is made.
const LARGEST: usize = 1 << 26;
/// A group of so many rows counts half as a seed.
const SHORT: f64 = 10.0;

impl Groups<'_> {
    fn count(&self) -> usize {
        self.places.len()
    }

    /// Symbols and weights of a group, without rows that have no symbol.
    fn rows(&self, group: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let Range { start, end } = self.places[group].clone();
        (start as usize..end as usize)
            .map(|p| (self.symbols[p], self.weight.map_or(1.0, |w| w[p])))
            .filter(|(s, _)| *s != NO_LEVEL)
            .map(|(s, w)| (s as usize, w))
    }

    /// Responsibilities of `occupied` of `k` components for each of `levels` symbols, row by row; nothing
    /// where there are too few groups for it.
    pub fn affinity(
        &self,
        levels: usize,
        k: usize,
        occupied: usize,
        random: &mut Random,
    ) -> Option<Vec<f64>> {
        if occupied < 2 || self.count() < FEWEST * occupied || levels * k > LARGEST {
            return None;
        }
        let mut all = vec![0.0; levels];
        (0..self.count()).flat_map(|g| self.rows(g)).for_each(|(s, w)| all[s] += w);
        let total: f64 = all.iter().sum();
        all.iter_mut().for_each(|a| *a /= total);

        // What each cluster holds, row by row of symbols: at first, the seeds alone.
        let mut held = vec![0.0; levels * occupied];
        let mut size = vec![0.0; occupied];
        for (cluster, group) in self.seeds(levels, occupied, random).into_iter().enumerate() {
            for (s, w) in self.rows(group) {
                held[s * occupied + cluster] += w;
                size[cluster] += w;
            }
        }
        mix(&mut held, &size, &all, random);
        for _ in 0..ROUNDS {
            special::ln_slice(&mut held);
            let scores: Vec<usize> = (0..self.count())
                .into_par_iter()
                .map_init(
                    || vec![0.0; occupied],
                    |score, group| {
                        score.fill(0.0);
                        for (s, w) in self.rows(group) {
                            score.iter_mut().zip(&held[s * occupied..]).for_each(|(t, l)| *t += w * l);
                        }
                        (1..occupied).fold(0, |best, c| if score[c] > score[best] { c } else { best })
                    },
                )
                .collect();
            held.fill(0.0);
            size.fill(0.0);
            for (group, cluster) in scores.into_iter().enumerate() {
                for (s, w) in self.rows(group) {
                    held[s * occupied + cluster] += w;
                    size[cluster] += w;
                }
            }
            mix(&mut held, &size, &all, random);
        }
        let mut table = vec![0.0; levels * k];
        for (row, held) in table.chunks_exact_mut(k).zip(held.chunks_exact(occupied)) {
            let sum: f64 = held.iter().sum();
            row.iter_mut().zip(held).for_each(|(r, h)| *r = h / sum);
        }
        Some(table)
    }

    /// Groups far from each other.
    fn seeds(&self, levels: usize, count: usize, random: &mut Random) -> Vec<usize> {
        let size: Vec<f64> = (0..self.count()).map(|g| self.rows(g).map(|r| r.1).sum()).collect();
        let trust: Vec<f64> = size.iter().map(|n| n / (n + SHORT)).collect();
        let mut distance = trust.clone();
        let mut seed = vec![0.0; levels];
        let mut seeds = vec![];
        loop {
            let group = if distance.iter().sum::<f64>() > 0.0 {
                random.categorical(&distance)
            } else {
                random.below(self.count())
            };
            seeds.push(group);
            if seeds.len() == count {
                return seeds;
            }
            self.rows(group).for_each(|(s, w)| seed[s] += w / size[group]);
            distance.par_iter_mut().enumerate().for_each(|(g, d)| {
                let common: f64 = self.rows(g).map(|(s, w)| (seed[s] * w).sqrt()).sum();
                *d = d.min(trust[g] * (1.0 - common / size[g].sqrt()).max(0.0));
            });
            self.rows(group).for_each(|(s, _)| seed[s] = 0.0);
        }
    }
}

/// Counts of symbols by cluster, to shares mixed with those of all groups. A cluster that holds nothing gets
/// symbols by chance. All stay positive.
fn mix(held: &mut [f64], size: &[f64], all: &[f64], random: &mut Random) {
    let each: Vec<f64> = size.iter().map(|n| if *n > 0.0 { (1.0 - COMMON) / n } else { 0.0 }).collect();
    for (row, common) in held.chunks_exact_mut(size.len()).zip(all) {
        for (h, each) in row.iter_mut().zip(&each) {
            let own = if *each > 0.0 { *h * each } else { 2.0 * (1.0 - COMMON) * common * random.uniform() };
            // A symbol that no row has belongs to all alike.
            *h = (own + COMMON * common).max(f64::MIN_POSITIVE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(starts: &[u32]) -> Vec<Range<u32>> {
        starts.windows(2).map(|w| w[0]..w[1]).collect()
    }

    /// Groups of two kinds, each with symbols of its own and one that all have.
    #[test]
    fn kinds_of_groups_are_found_and_empty_rows_do_no_harm() {
        let (mut starts, mut symbols) = (vec![0], vec![]);
        for g in 0..40u32 {
            let own = if g % 2 == 0 { [0, 1, 2] } else { [3, 4, 5] };
            symbols.extend((0..30).map(|i| if i % 4 == 3 { 6 } else { own[(i % 3) as usize] }));
            symbols.push(NO_LEVEL);
            starts.push(symbols.len() as u32);
        }
        let groups = Groups { places: ranges(&starts), symbols: &symbols, weight: None };
        for seed in 0..5 {
            let table = groups.affinity(8, 3, 2, &mut Random::new(seed, "z", 0)).expect("enough groups");
            for row in table.chunks_exact(3) {
                assert!((row[0] + row[1] - 1.0).abs() < 1e-12 && row[2] == 0.0, "{row:?}");
            }
            let first = usize::from(table[0] < table[1]);
            for s in 0..6 {
                let towards = if s < 3 { first } else { 1 - first };
                assert!(table[s * 3 + towards] > 0.6, "seed {seed}, symbol {s}: {table:?}");
            }
            assert!((table[6 * 3] - 0.5).abs() < 1e-9 && (table[7 * 3] - 0.5).abs() < 1e-9, "{table:?}");
        }
        assert!(groups.affinity(8, 20, 11, &mut Random::new(0, "z", 0)).is_none(), "too few groups");
    }

    #[test]
    fn a_weight_of_three_is_three_rows() {
        let once: Vec<u32> = (0..24).map(|i| i * i % 5).collect();
        let thrice: Vec<u32> = once.iter().flat_map(|s| [*s; 3]).collect();
        let starts: Vec<u32> = (0..=8).map(|g| 3 * g).collect();
        let long: Vec<u32> = starts.iter().map(|s| 3 * s).collect();
        let a = Groups { places: ranges(&starts), symbols: &once, weight: Some(&[3.0; 24]) };
        let b = Groups { places: ranges(&long), symbols: &thrice, weight: None };
        let table = |g: &Groups<'_>| g.affinity(5, 2, 2, &mut Random::new(3, "z", 0)).expect("enough groups");
        table(&a).iter().zip(table(&b)).for_each(|(a, b)| assert!((a - b).abs() < 1e-12));
    }
}
