//! Changes to the categories that a run has come to, as proposals: two components made one, one made two, and
//! both at once. Not here: whether they are any good, which the bound decides (`engine::moves`).

use super::{features::Features, groups::Groups, means, picks::picks_learned, shapes, symbols::single_codes};
use crate::{
    block::element::Which,
    graph::FactorGraph,
    num::{contract::NO_LEVEL, stream::Stream as Random},
    plan::{Plan, layout::VarId},
};
use std::ops::Range;

/// Elements × categories, at most.
const LARGEST: usize = 20_000_000;
/// A component with less than this share of the elements is empty.
const EMPTY: f64 = 1e-3;
/// Merges that are proposed, at most.
const MERGES: usize = 5;
/// Components that are split, at most.
const SPLITS: usize = 4;
/// Ways in which each is split.
const WAYS: usize = 2;
/// Rows of a window of a sequence that stay together in a split.
const WINDOW: usize = 16;
/// Elements that a component must have to be split.
const FEWEST: usize = 4;

/// Blocks of categories that pick among learned components, and can be changed.
pub fn movable(graph: &FactorGraph, plan: &Plan) -> Vec<VarId> {
    let fits = |&v: &VarId| {
        let var = &plan.vars[v];
        let [node] = var.nodes[..] else { return false };
        graph.nodes[node.0].spec.stat.one_hot()
            && var.width == var.shape.states(0)
            && var.width > 1
            && var.elements() > FEWEST
            && var.elements() * var.width <= LARGEST
            && picks_learned(plan, v, node)
    };
    plan.vars.ids().filter(fits).collect()
}

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The second becomes the first.
    merge: Option<(usize, usize)>,
    /// A part of the first becomes the second.
    split: Option<(usize, usize)>,
    way: usize,
}

/// The categories of a block as a run has them.
#[derive(Debug)]
pub struct Categories<'a> {
    plan: &'a Plan,
    v: VarId,
    k: usize,
    /// Elements × categories.
    rows: Vec<f64>,
    size: Vec<f64>,
    seen: Seen,
}

/// What is seen of the elements.
#[derive(Debug)]
enum Seen {
    /// So many numbers each, over their deviations.
    Numbers(Vec<f64>, usize),
    /// One symbol each, by the place in an array of codes, of so many.
    Symbols {
        codes: usize,
        levels: usize,
    },
    Nothing,
}

impl<'a> Categories<'a> {
    /// From moments of all elements.
    pub fn new(plan: &'a Plan, v: VarId, rows: Vec<f64>) -> Self {
        let k = plan.vars[v].width;
        let mut size = vec![0.0; k];
        rows.chunks_exact(k).for_each(|row| size.iter_mut().zip(row).for_each(|(s, r)| *s += r));
        let seen = if plan.vars[v].stream().is_none() || plan.vars[v].inner() > 1 {
            Seen::Nothing
        } else {
            let numbers = Features::of(plan, v).all();
            numbers.map_or_else(
                || match single_codes(plan, v) {
                    Some(codes) => Seen::Symbols { codes, levels: plan.rows.codes[codes].levels() },
                    None => Seen::Nothing,
                },
                |(x, w)| Seen::Numbers(x, w),
            )
        };
        Self { plan, v, k, rows, size, seen }
    }

    /// Changes worth trying, the most promising first.
    pub fn changes(&self) -> Vec<Change> {
        let total: f64 = self.size.iter().sum();
        let empty = |c: &usize| self.size[*c] < EMPTY * total;
        let full: Vec<usize> = (0..self.k).filter(|c| !empty(c)).collect();
        let free = (0..self.k).find(empty);
        let merges = self.merges(&full);
        let splits = self.splits(&full);
        let mut out = vec![];
        let none = Change { merge: None, split: None, way: 0 };
        if let Some(free) = free {
            for way in 0..WAYS {
                out.extend(splits.iter().map(|&l| Change { split: Some((l, free)), way, ..none }));
            }
        }
        out.extend(merges.iter().map(|&m| Change { merge: Some(m), ..none }));
        for way in 0..WAYS {
            for rank in 0..merges.len() + splits.len() {
                // Pairs in the order of both ranks together.
                for (i, &(a, b)) in merges.iter().enumerate().filter(|(i, _)| *i <= rank) {
                    if let Some(&l) = splits.get(rank - i).filter(|&&l| l != a && l != b) {
                        out.push(Change { merge: Some((a, b)), split: Some((l, b)), way });
                    }
                }
            }
        }
        out
    }

    /// The responsibilities after a change; nothing where it can't be made.
    pub fn after(&self, change: Change, seed: u64) -> Option<Vec<f64>> {
        let sides = match change.split {
            Some((l, _)) => Some(self.sides(l, change.way, seed)?),
            None => None,
        };
        let mut out = self.rows.clone();
        for (i, row) in out.chunks_exact_mut(self.k).enumerate() {
            if let Some((into, from)) = change.merge {
                row[into] += std::mem::take(&mut row[from]);
            }
            if let (Some((l, to)), Some(sides)) = (change.split, &sides) {
                let part = row[l] * sides[i];
                row[l] -= part;
                row[to] += part;
            }
        }
        self.plan.vars[self.v].shape.hold(Which::From(0), &mut out);
        Some(out)
    }

    /// Pairs of components, those that are most alike first.
    fn merges(&self, full: &[usize]) -> Vec<(usize, usize)> {
        let profiles = self.profiles();
        let mut pairs: Vec<(f64, (usize, usize))> = vec![];
        for (n, &a) in full.iter().enumerate() {
            for &b in &full[n + 1..] {
                let apart = match &profiles {
                    Some((p, w)) => {
                        p[a * w..(a + 1) * w].iter().zip(&p[b * w..]).map(|(x, y)| (x - y) * (x - y)).sum()
                    }
                    None => self.size[a] + self.size[b],
                };
                pairs.push((apart, (a, b)));
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        pairs.truncate(MERGES);
        pairs.into_iter().map(|p| p.1).collect()
    }

    /// Components, those with the most inside first.
    fn splits(&self, full: &[usize]) -> Vec<usize> {
        let profiles = self.profiles();
        let mut inside = self.size.clone();
        match (&self.seen, &profiles) {
            (Seen::Numbers(x, w), Some((p, _))) => {
                inside.fill(0.0);
                for (row, r) in x.chunks_exact(*w).zip(self.rows.chunks_exact(self.k)) {
                    for (c, r) in r.iter().enumerate().filter(|(_, r)| **r > 1e-3) {
                        inside[c] += r * means::squared(row, &p[c * w..(c + 1) * w]);
                    }
                }
            }
            (Seen::Symbols { .. }, Some((p, w))) => {
                // Roots of shares: how many symbols share it.
                for (c, inside) in inside.iter_mut().enumerate() {
                    let entropy: f64 = p[c * w..(c + 1) * w]
                        .iter()
                        .filter(|x| **x > 0.0)
                        .map(|x| -x * x * (x * x).ln())
                        .sum();
                    *inside *= entropy;
                }
            }
            _ => {}
        }
        let mut out: Vec<usize> = full.iter().copied().filter(|&c| self.size[c] >= FEWEST as f64).collect();
        out.sort_by(|&a, &b| inside[b].total_cmp(&inside[a]).then(a.cmp(&b)));
        out.truncate(SPLITS);
        out
    }

    /// What each component looks like, as numbers that can be compared.
    fn profiles(&self) -> Option<(Vec<f64>, usize)> {
        match &self.seen {
            Seen::Numbers(x, w) => {
                let mut out = vec![0.0; self.k * w];
                for (row, r) in x.chunks_exact(*w).zip(self.rows.chunks_exact(self.k)) {
                    for (c, r) in r.iter().enumerate().filter(|(_, r)| **r > 1e-3) {
                        out[c * w..(c + 1) * w].iter_mut().zip(row).for_each(|(o, x)| *o += r * x);
                    }
                }
                for (c, mean) in out.chunks_exact_mut(*w).enumerate() {
                    mean.iter_mut().for_each(|o| *o /= self.size[c].max(1e-300));
                }
                Some((out, *w))
            }
            Seen::Symbols { codes, levels } => {
                let mut out = vec![0.0; self.k * levels];
                for (&s, r) in self.plan.rows.codes[*codes].data.iter().zip(self.rows.chunks_exact(self.k)) {
                    if s != NO_LEVEL {
                        r.iter().enumerate().for_each(|(c, r)| out[c * levels + s as usize] += r);
                    }
                }
                for share in out.chunks_exact_mut(*levels) {
                    let sum = share.iter().sum::<f64>().max(1e-300);
                    share.iter_mut().for_each(|x| *x = (*x / sum).sqrt());
                }
                Some((out, *levels))
            }
            Seen::Nothing => None,
        }
    }

    /// What share of each element of a component goes to the other side.
    fn sides(&self, l: usize, way: usize, seed: u64) -> Option<Vec<f64>> {
        let var = &self.plan.vars[self.v];
        let mut random = Random::new(seed, &var.name, (l * WAYS + way) as u64);
        let mine = |i: usize| self.rows[i * self.k + l] > 0.5;
        let n = self.rows.len() / self.k;
        match &self.seen {
            Seen::Numbers(x, w) => {
                let starts = var.stream().and_then(|s| self.plan.streams[s].starts.as_deref());
                let windows: Vec<Range<usize>> = match (starts, way) {
                    (Some(starts), 1) => {
                        let most = |w: &Range<usize>| 2 * w.clone().filter(|&i| mine(i)).count() > w.len();
                        shapes::windows(n, Some(starts), WINDOW).into_iter().filter(most).collect()
                    }
                    _ => (0..n).filter(|&i| mine(i)).map(|i| i..i + 1).collect(),
                };
                if windows.len() < FEWEST {
                    return None;
                }
                let labels = match way {
                    0 => nearest_of_two(x, *w, &windows, &mut random),
                    _ if starts.is_some() => {
                        let (both, w) = shapes::lagged(x, *w, starts);
                        shapes::cluster(&both, w, &windows, 2, &mut random)
                    }
                    _ => shapes::cluster(x, *w, &windows, 2, &mut random),
                };
                let mut sides = vec![0.0; n];
                for (window, l) in windows.iter().zip(labels) {
                    sides[window.clone()].fill(f64::from(l));
                }
                Some(sides)
            }
            Seen::Symbols { codes, levels } => {
                let symbols = &self.plan.rows.codes[*codes].data;
                let table = (way == 0).then(|| self.by_groups(l, *codes, *levels, &mut random)).flatten();
                let table = table.unwrap_or_else(|| {
                    (0..*levels).flat_map(|_| [0.0, f64::from(u8::from(random.uniform() < 0.5))]).collect()
                });
                let side = |s: &u32| if *s == NO_LEVEL { 0.5 } else { table[2 * *s as usize + 1] };
                Some(symbols.iter().map(side).collect())
            }
            Seen::Nothing => Some((0..n).map(|_| f64::from(u8::from(random.uniform() < 0.5))).collect()),
        }
    }

    /// Two sides for each symbol of a component, from groups that hold different ones.
    fn by_groups(&self, l: usize, codes: usize, levels: usize, random: &mut Random) -> Option<Vec<f64>> {
        let plan = self.plan;
        let stream = plan.vars[self.v].stream()?;
        let ascent = plan.local_ascent(stream).filter(|a| a.selector == self.v)?;
        let weight = plan.streams[stream].weight.as_deref();
        let mine = self.rows.chunks_exact(self.k).enumerate();
        let mine: Vec<f64> = mine.map(|(i, r)| r[l] * weight.map_or(1.0, |w| w[i])).collect();
        let held = |p: &Range<u32>| mine[p.start as usize..p.end as usize].iter().sum::<f64>() > 1.0;
        let places: Vec<Range<u32>> =
            ascent.starts.windows(2).map(|w| w[0]..w[1]).filter(|p| held(p)).collect();
        let groups = Groups { places, symbols: &plan.rows.codes[codes].data, weight: Some(&mine) };
        groups.affinity(levels, 2, 2, random)
    }
}

/// Two clusters of single rows, each number over its deviation within them.
fn nearest_of_two(x: &[f64], w: usize, rows: &[Range<usize>], random: &mut Random) -> Vec<u32> {
    let mut sample: Vec<f64> =
        rows.iter().flat_map(|r| &x[r.start * w..(r.start + 1) * w]).copied().collect();
    let n = rows.len() as f64;
    for c in 0..w {
        let column = || sample.iter().skip(c).step_by(w);
        let mean = column().sum::<f64>() / n;
        let variance = column().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
        sample.iter_mut().skip(c).step_by(w).for_each(|x| *x *= scale);
    }
    let mut centres = means::seeds(&sample, w, 2, random);
    means::rounds(&sample, w, &mut centres);
    sample.chunks_exact(w).map(|row| means::nearest(row, &centres, w).0 as u32).collect()
}
