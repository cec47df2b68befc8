//! How many digits are left of each line's share of the bound: what its products sum to before they cancel,
//! against what is left of them. Not here: the bound's own rounding (`rounding`), nor what is done where few are left
//! (`recentre`).

use super::work::Work;
use crate::{
    graph::energy::Role,
    num::contract::Letter,
    plan::{layout::TableId, table::Table},
};

impl Work<'_> {
    /// By how much what cancels in a line's share of the bound is larger than what is left of it, or than one nat
    /// for each of its `count` cells: in all, or for one element of what its tables have an axis for (a group, a
    /// component, a column). Tables and statistics are those of the last bound.
    pub(super) fn cancellation(&self, tables: &[TableId], count: f64) -> f64 {
        let mut all = Share::default();
        let mut by_letter: Vec<(Letter, Vec<Share>)> = vec![];
        for &t in tables {
            let table = &self.plan.tables[t];
            let products = self.tables.of(t).iter().zip(self.statistics.packed(self.plan, t));
            let axes = self.axes(table);
            for &(letter, _, size) in &axes {
                if !by_letter.iter().any(|l| l.0 == letter) {
                    by_letter.push((letter, vec![Share::default(); size]));
                }
            }
            for (i, (a, b)) in products.enumerate() {
                let product = a * b;
                all.add(product);
                for &(letter, stride, size) in &axes {
                    let of = by_letter.iter_mut().find(|l| l.0 == letter);
                    if let Some(share) = of.and_then(|l| l.1.get_mut(i / stride % size)) {
                        share.add(product);
                    }
                }
            }
        }
        let one = |l: &(Letter, Vec<Share>)| {
            let each = count / l.1.len().max(1) as f64;
            l.1.iter().map(|s| s.ratio(each)).fold(0.0, f64::max)
        };
        by_letter.iter().map(one).fold(all.ratio(count), f64::max)
    }

    /// The axes of what rows see of a table along which elements differ: letter, stride, size.
    fn axes(&self, table: &Table) -> Vec<(Letter, usize, usize)> {
        let labels = &self.plan.blocks.energy.factor(table.factor).labels;
        let packed = table.packed.as_ref().map(|_| table.sizes.len() - 1);
        let element = |l: usize| Some(l) != packed && labels.get(l).is_none_or(|x| x.role != Role::Event);
        let axes = table.seen.0.iter().filter(|a| element(usize::from(a.0)) && a.1 > 0);
        axes.map(|a| (a.0, a.1, table.sizes[usize::from(a.0)])).filter(|a| a.2 > 1).collect()
    }
}

/// A sum of products, and what they come to before they cancel.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    net: f64,
    all: f64,
}

impl Share {
    fn add(&mut self, product: f64) {
        self.net += product;
        self.all += product.abs();
    }
    fn ratio(self, count: f64) -> f64 {
        self.all / self.net.abs().max(count).max(1.0)
    }
}
