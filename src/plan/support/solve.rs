//! A state for each of many variables so that none of a list of small tables is broken: what each leaves possible is
//! propagated, then states are tried. Not here: where tables come from.
//!
//! Arc consistency and search with backtracking (Russell and Norvig, "Artificial Intelligence", sections 6.2 and
//! 6.3). Trees of tables need no step back.

use crate::num::stream::Stream;

/// Steps back of one search, at most, and searches.
const MOST_BACK: usize = 5_000;
const SEARCHES: usize = 4;

/// Variables, and the tables that join them.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// States of each variable.
    pub sizes: Vec<usize>,
    /// Variables of each table, and which of `tables` it is.
    pub joined: Vec<(Box<[u32]>, u32)>,
    /// Which combinations are possible, row-major.
    pub tables: Vec<Box<[bool]>>,
}

/// What is possible still, and what a search has ruled out.
struct Search<'a> {
    of: &'a Constraints,
    /// For each variable, the tables that it stands in.
    near: Vec<Vec<u32>>,
    first: Vec<usize>,
    alive: Vec<bool>,
    /// Places in `alive` that were ruled out, in order.
    trail: Vec<usize>,
}

impl Constraints {
    /// A state of each variable; `None` where there is none, or none was found. `likes` gives how much each state
    /// of each variable is liked, one variable after the other: those liked more are tried first.
    pub fn solve(&self, likes: &[f64], random: &mut Stream) -> Option<Vec<usize>> {
        let mut search = Search::new(self);
        if !search.propagate((0..self.joined.len() as u32).collect()) {
            return None;
        }
        let fixed = search.trail.len();
        for _ in 0..SEARCHES {
            if let Some(found) = search.assign(likes, random) {
                return Some(found);
            }
            search.undo(fixed);
        }
        None
    }
}

impl<'a> Search<'a> {
    fn new(of: &'a Constraints) -> Self {
        let mut near = vec![vec![]; of.sizes.len()];
        for (c, (variables, _)) in of.joined.iter().enumerate() {
            variables.iter().for_each(|&v| near[v as usize].push(c as u32));
        }
        let mut first = vec![0];
        of.sizes.iter().for_each(|k| first.push(first[first.len() - 1] + k));
        let alive = vec![true; first[first.len() - 1]];
        Self { of, near, first, alive, trail: vec![] }
    }

    fn left(&self, v: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.of.sizes[v]).filter(move |s| self.alive[self.first[v] + s])
    }

    fn undo(&mut self, to: usize) {
        self.trail.drain(to..).for_each(|at| self.alive[at] = true);
    }

    fn rule_out(&mut self, at: usize) {
        self.alive[at] = false;
        self.trail.push(at);
    }

    /// Rules out what no table leaves possible, from these tables on; false where nothing is left of a variable.
    fn propagate(&mut self, mut open: Vec<u32>) -> bool {
        let mut waits = vec![false; self.of.joined.len()];
        open.iter().for_each(|&c| waits[c as usize] = true);
        while let Some(c) = open.pop() {
            waits[c as usize] = false;
            let (variables, table) = &self.of.joined[c as usize];
            let mut supported: Vec<Vec<bool>> =
                variables.iter().map(|&v| vec![false; self.of.sizes[v as usize]]).collect();
            let mut states = vec![0; variables.len()];
            for possible in &self.of.tables[*table as usize] {
                let alive = |(v, s): (&u32, &usize)| self.alive[self.first[*v as usize] + s];
                if *possible && variables.iter().zip(&states).all(alive) {
                    supported.iter_mut().zip(&states).for_each(|(x, s)| x[*s] = true);
                }
                for (s, v) in states.iter_mut().zip(variables).rev() {
                    *s += 1;
                    if *s < self.of.sizes[*v as usize] {
                        break;
                    }
                    *s = 0;
                }
            }
            for (&v, supported) in variables.iter().zip(&supported) {
                let v = v as usize;
                let gone: Vec<usize> =
                    self.left(v).filter(|s| !supported[*s]).map(|s| self.first[v] + s).collect();
                if gone.is_empty() {
                    continue;
                }
                gone.into_iter().for_each(|at| self.rule_out(at));
                if self.left(v).next().is_none() {
                    return false;
                }
                for &other in &self.near[v] {
                    if other != c && !std::mem::replace(&mut waits[other as usize], true) {
                        open.push(other);
                    }
                }
            }
        }
        true
    }

    /// Variables, each near one before it where there is such.
    fn order(&self, random: &mut Stream) -> Vec<usize> {
        let n = self.of.sizes.len();
        let mut starts: Vec<usize> = (0..n).collect();
        (1..n).rev().for_each(|i| starts.swap(i, random.below(i + 1)));
        let (mut out, mut met) = (Vec::with_capacity(n), vec![false; n]);
        for start in starts {
            if std::mem::replace(&mut met[start], true) {
                continue;
            }
            let mut at = out.len();
            out.push(start);
            while at < out.len() {
                for &c in &self.near[out[at]] {
                    for &v in &self.of.joined[c as usize].0 {
                        if !std::mem::replace(&mut met[v as usize], true) {
                            out.push(v as usize);
                        }
                    }
                }
                at += 1;
            }
        }
        out
    }

    fn assign(&mut self, likes: &[f64], random: &mut Stream) -> Option<Vec<usize>> {
        let order = self.order(random);
        // What each choice has left to try, the next one last; and the trail before it.
        let mut tries: Vec<(Vec<usize>, usize)> = vec![];
        let mut back = 0;
        while tries.len() < order.len() {
            let v = order[tries.len()];
            let mut states: Vec<(f64, usize)> =
                self.left(v).map(|s| (likes[self.first[v] + s] + 1e-3 * random.uniform(), s)).collect();
            states.sort_by(|a, b| a.0.total_cmp(&b.0));
            tries.push((states.into_iter().map(|s| s.1).collect(), self.trail.len()));
            while !self.next(&order, &mut tries) {
                back += 1;
                tries.pop();
                if tries.is_empty() || back > MOST_BACK {
                    return None;
                }
            }
        }
        let one = |v: usize| self.left(v).next();
        (0..order.len()).map(one).collect()
    }

    /// Takes the next state of the last choice that leaves something possible; false where none does.
    fn next(&mut self, order: &[usize], tries: &mut [(Vec<usize>, usize)]) -> bool {
        let Some((states, trail)) = tries.last_mut() else { return false };
        self.undo(*trail);
        let trail = *trail;
        let mut left = std::mem::take(states);
        let v = order[tries.len() - 1];
        let mut found = false;
        while let Some(s) = left.pop() {
            let others: Vec<usize> = self.left(v).filter(|x| *x != s).map(|x| self.first[v] + x).collect();
            let changed = !others.is_empty();
            others.into_iter().for_each(|at| self.rule_out(at));
            if !changed || self.propagate(self.near[v].clone()) {
                found = true;
                break;
            }
            self.undo(trail);
        }
        if let Some(last) = tries.last_mut() {
            last.0 = left;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloring(edges: &[(u32, u32)], n: usize, k: usize) -> Constraints {
        let differ: Box<[bool]> = (0..k * k).map(|i| i / k != i % k).collect();
        let joined = edges.iter().map(|&(a, b)| ([a, b].into(), 0)).collect();
        Constraints { sizes: vec![k; n], joined, tables: vec![differ] }
    }

    #[test]
    fn every_table_is_kept() {
        // A wheel of an even rim takes three colours, and four vertices that all meet four.
        let rim: Vec<(u32, u32)> = (0..6).flat_map(|i| [(i, (i + 1) % 6), (i, 6)]).collect();
        for seed in 0..20 {
            let c = coloring(&rim, 7, 3);
            let found = c.solve(&[0.0; 21], &mut Stream::new(seed, "x", 0)).unwrap();
            assert!(rim.iter().all(|&(a, b)| found[a as usize] != found[b as usize]), "{found:?}");
        }
        let all: Vec<(u32, u32)> = (0..4).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        assert_eq!(coloring(&all, 4, 3).solve(&[0.0; 12], &mut Stream::new(0, "x", 0)), None);
        assert!(coloring(&all, 4, 4).solve(&[0.0; 16], &mut Stream::new(0, "x", 0)).is_some());
    }

    #[test]
    fn what_is_liked_is_tried_first() {
        let c = coloring(&[(0, 1)], 3, 2);
        let likes = [0.0, 1.0, 1.0, 0.0, 0.2, 0.9];
        assert_eq!(c.solve(&likes, &mut Stream::new(1, "x", 0)), Some(vec![1, 0, 1]));
    }
}
