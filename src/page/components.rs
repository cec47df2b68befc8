//! The components of a mixture as a page shows them: how much each holds, in which order, in which colour.
//! Not here: their distributions (`ask::components`).

use super::{roles::Emission, subject::Subject};
use crate::answer::frame::EMPTY;

/// The components of a mixture.
#[derive(Clone, Debug)]
pub struct Components {
    /// Names by k.
    pub labels: Vec<String>,
    /// Of all rows, by k.
    pub share: Vec<f64>,
    /// Those in use, in the order in which they are shown.
    pub order: Vec<usize>,
    /// The probability of each component, row by row.
    pub rows: Vec<f64>,
}

impl Components {
    /// Those of a selector; by how much they hold, or by `level` where it is given.
    pub fn new(subject: &Subject<'_>, e: &Emission, level: Option<&[f64]>) -> Option<Self> {
        let node = subject.node(e.selector)?;
        let labels = subject.extent_labels(e.over);
        let k = labels.len();
        if k == 0 || node.mean.len() < k {
            return None;
        }
        let weights = subject.weights(e.rows);
        let (mut share, mut total) = (vec![0.0; k], 0.0);
        for (row, p) in node.mean.chunks_exact(k).enumerate() {
            let w = weights.map_or(1.0, |w| w[row]);
            total += w;
            share.iter_mut().zip(p).for_each(|(s, p)| *s += w * p);
        }
        share.iter_mut().for_each(|s| *s /= total);
        let mut order: Vec<usize> = (0..k).filter(|&i| share[i] >= EMPTY).collect();
        match level {
            Some(level) => order.sort_by(|&a, &b| level[a].total_cmp(&level[b])),
            None => order.sort_by(|&a, &b| share[b].total_cmp(&share[a])),
        }
        Some(Self { labels, share, order, rows: node.mean.clone() })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// The colour of a component: three that have an order are blue, green and vermillion.
    pub fn colour(&self, k: usize, ordered: bool) -> usize {
        let used = self.order.len();
        let Some(rank) = self.order.iter().position(|o| *o == k).filter(|_| used <= 6) else { return 1 };
        match (ordered, used) {
            (true, 3) => [1, 3, 2][rank],
            (true, 4) => [1, 6, 3, 2][rank],
            (true, 5) => [1, 6, 3, 5, 2][rank],
            _ => rank + 1,
        }
    }

    /// The likeliest component of a row, and its probability.
    pub fn of_row(&self, row: usize) -> (usize, f64) {
        let k = self.count();
        let p = self.rows.get(row * k..(row + 1) * k).unwrap_or(&[]);
        p.iter().copied().enumerate().fold(
            (0, f64::NEG_INFINITY),
            |best, (i, p)| {
                if p > best.1 { (i, p) } else { best }
            },
        )
    }
}
