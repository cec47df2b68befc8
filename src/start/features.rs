//! Rows clustered by what is seen of them, so that components differ: k-means++ and a few rounds of k-means. Not
//! here: which selectors want it (`draw`).

use super::{
    means::{nearest, rounds, seeds},
    shapes,
};
use crate::{
    num::stream::Stream as Random,
    plan::{
        Plan,
        arrays::Dense,
        layout::VarId,
        table::{From, RowOperand, Table},
    },
};
use std::sync::Arc;

/// Rows that k-means looks at, at most.
const SAMPLE: usize = 20_000;
/// Columns of clusters with full covariances, at most.
const MOST_COLUMNS: usize = 64;
/// Rows × columns², at most, of the same.
const MOST_WORK: usize = 30_000_000;

/// Numbers by row that tell components apart: observed values, and indicators of categories that stand
/// several to a row.
pub(super) struct Features {
    pub rows: usize,
    /// How many; 0 where there are none.
    pub width: usize,
    values: Vec<(Dense, usize)>,
    codes: Vec<(Arc<[u32]>, usize, usize)>,
}

impl Features {
    /// What is seen of the rows of variable `v`, or of its children's.
    pub fn of(plan: &Plan, v: VarId) -> Self {
        let rows = plan.vars[v].plates.first().map_or(0, |p| p.1);
        let mut f = Self { rows, width: 0, values: vec![], codes: vec![] };
        let child = |t: &&Table, v: VarId| t.reads(v) && !plan.vars[v].nodes.iter().any(|n| n.0 == t.node);
        f.read(plan, &mut plan.tables.iter().filter(|t| child(t, v)));
        if f.width == 0 && f.codes.is_empty() {
            // Nothing that is seen depends on it at once: what is seen of its children, and how that moves
            // from row to row.
            let streamed = |o: &RowOperand| match o.from {
                From::Streamed { var, .. } if var != v => Some(var),
                _ => None,
            };
            let between: Vec<VarId> = plan
                .tables
                .iter()
                .filter(|t| child(t, v))
                .flat_map(|t| &t.operands)
                .filter_map(streamed)
                .collect();
            f.read(
                plan,
                &mut plan.tables.iter().filter(|t| between.iter().any(|&u| child(t, u) && !t.reads(v))),
            );
            f.values.extend(f.values.clone().into_iter().map(|(x, w)| (differences(&x, w, rows), w)));
            f.width = f.values.iter().map(|v| v.1).sum();
            f.codes.clear();
        }
        f
    }

    fn read(&mut self, plan: &Plan, tables: &mut dyn Iterator<Item = &Table>) {
        let f = self;
        let mut seen = vec![];
        for t in tables {
            for o in &t.operands {
                match o.from {
                    // A vector of which some cells are missing: those that are there.
                    From::Streamed { var, .. } => {
                        if let Some((values, known)) = plan.vars[var].shape.cells()
                            && !seen.contains(&var)
                        {
                            let w = plan.vars[var].inner() * plan.vars[var].d;
                            seen.push(var);
                            f.values.push((filled(values, known, w), w));
                            f.width += w;
                        }
                    }
                    From::Dense(id) => {
                        let array = &plan.rows.dense[id];
                        let same = |x: &Dense| matches!((x, array), (Dense::Part { values: a, .. }, Dense::Part { values: b, .. }) if a.same(b));
                        if let Dense::Part { inner, value_width, .. } = array
                            && !f.values.iter().any(|(x, _)| same(x))
                        {
                            f.values.push((array.clone(), inner * value_width));
                            f.width += inner * value_width;
                        }
                    }
                    From::Codes(id) => {
                        let c = &plan.rows.codes[id];
                        let columns = c.data.len() / c.rows.max(1);
                        if columns > 1 && !f.codes.iter().any(|(x, ..)| Arc::ptr_eq(x, &c.data)) {
                            let levels = c.levels();
                            f.codes.push((c.data.clone(), columns, levels));
                            f.width += columns * levels;
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn row(&self, place: usize, out: &mut [f64]) {
        let mut at = 0;
        for (v, w) in &self.values {
            v.write_values(place, &mut out[at..at + w]);
            at += w;
        }
        for (codes, columns, levels) in &self.codes {
            let here = &mut out[at..at + columns * levels];
            here.fill(0.0);
            for c in 0..*columns {
                let code = codes[c * self.rows + place];
                if code != u32::MAX {
                    here[c * levels + code as usize] = 1.0;
                }
            }
            at += columns * levels;
        }
    }

    /// Rows `places`, each number over its standard deviation.
    fn scaled(&self, take: usize, place: &mut dyn FnMut(usize) -> usize) -> Scaled {
        let w = self.width;
        let mut rows = vec![0.0; take * w];
        for (i, row) in rows.chunks_exact_mut(w).enumerate() {
            self.row(place(i), row);
        }
        let mut mean = vec![0.0; w];
        let mut scale = vec![0.0; w];
        for row in rows.chunks_exact(w) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += x / take as f64);
        }
        for row in rows.chunks_exact(w) {
            scale
                .iter_mut()
                .zip(row)
                .zip(&mean)
                .for_each(|((s, x), m)| *s += (x - m) * (x - m) / take as f64);
        }
        // A number that never varies tells nothing apart.
        scale.iter_mut().for_each(|s| *s = if *s > 0.0 { s.sqrt().recip() } else { 0.0 });
        rows.chunks_exact_mut(w).for_each(|row| row.iter_mut().zip(&scale).for_each(|(x, s)| *x *= s));
        Scaled { rows, scale }
    }

    /// k-means++ and a few rounds of k-means on a sample, every number over its standard deviation; then the
    /// nearest centre of every row.
    pub fn cluster(&self, k: usize, random: &mut Random) -> Vec<u32> {
        let w = self.width;
        let take = self.rows.min(SAMPLE);
        let all = take == self.rows;
        let Scaled { rows: sample, scale } =
            self.scaled(take, &mut |i| if all { i } else { random.below(self.rows) });
        let mut centres = seeds(&sample, w, k, random);
        rounds(&sample, w, &mut centres);
        let mut row = vec![0.0; w];
        (0..self.rows)
            .map(|place| {
                self.row(place, &mut row);
                row.iter_mut().zip(&scale).for_each(|(x, s)| *x *= s);
                nearest(&row, &centres, w).0 as u32
            })
            .collect()
    }

    /// All rows, each number over its standard deviation, with their width; nothing where there are none, or too
    /// many.
    pub fn all(&self) -> Option<(Vec<f64>, usize)> {
        let fits = self.width > 0 && self.rows.saturating_mul(self.width) <= MOST_WORK;
        fits.then(|| (self.scaled(self.rows, &mut |i| i).rows, self.width))
    }

    /// Clusters with a full covariance each, of windows of so many rows; nothing where that is too much work.
    pub fn shapes(
        &self,
        k: usize,
        starts: Option<&[u32]>,
        window: usize,
        random: &mut Random,
    ) -> Option<Vec<u32>> {
        let windows = shapes::windows(self.rows, starts, window);
        // Steps beside the ones before: how they move is in the covariances of both.
        let w = if starts.is_some() { 2 * self.width } else { self.width };
        if w > MOST_COLUMNS || (self.rows * w).saturating_mul(w) > MOST_WORK {
            return None;
        }
        let rows = self.scaled(self.rows, &mut |i| i).rows;
        let (rows, w) = if starts.is_some() { shapes::lagged(&rows, self.width, starts) } else { (rows, w) };
        let labels = shapes::cluster(&rows, w, &windows, k, random);
        let each = windows.iter().zip(labels);
        Some(each.flat_map(|(window, l)| std::iter::repeat_n(l, window.len())).collect())
    }
}

/// Rows, each number over its standard deviation.
struct Scaled {
    rows: Vec<f64>,
    /// One over each.
    scale: Vec<f64>,
}

/// Each number less that of the row before.
fn differences(values: &Dense, w: usize, rows: usize) -> Dense {
    let mut all = vec![0.0; rows * w];
    all.chunks_exact_mut(w).enumerate().for_each(|(place, row)| values.write_values(place, row));
    let data = (0..all.len()).map(|i| if i < w { 0.0 } else { all[i] - all[i - w] }).collect();
    Dense::Plain { data, width: w }
}

/// Rows of `w` numbers with their column's mean where a cell is missing.
fn filled(values: &[f64], known: &[bool], w: usize) -> Dense {
    let mean = |c: usize| {
        let there = || (c..values.len()).step_by(w).filter(|&i| known[i]);
        there().map(|i| values[i]).sum::<f64>() / there().count().max(1) as f64
    };
    let means: Vec<f64> = (0..w).map(mean).collect();
    let data = (0..values.len()).map(|i| if known[i] { values[i] } else { means[i % w] }).collect();
    Dense::Plain { data, width: w }
}
