//! Categories of one element that meet in tables: a junction tree.

use super::tables::Tables;
use crate::{
    block::{
        element::{Failure, Which},
        junction_tree::{JunctionTree, NetworkError},
        marginal::Marginal,
        shape::BlockShape,
    },
    num::stream::Stream,
};

/// A network of categories, one for each element.
#[derive(Debug)]
pub struct Network {
    tables: Tables,
    tree: JunctionTree,
}

impl Network {
    /// With these tables, in the order of the tree's factors.
    pub fn new(tables: Tables, tree: JunctionTree) -> Self {
        Self { tables, tree }
    }
}

fn failure(e: usize, why: NetworkError) -> Failure {
    match why {
        NetworkError::Impossible { .. } => {
            Failure { impossible: true, ..Failure::of_element(e, "no combination of categories is possible") }
        }
        NetworkError::NotFinite { .. } => Failure::of_element(e, "a log-odds is not finite"),
    }
}

impl BlockShape for Network {
    fn width(&self) -> usize {
        self.tables.width()
    }

    fn describe(&self) -> String {
        "junction tree".into()
    }

    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        let mut scratch = vec![0.0; self.tree.scratch_len()];
        moments.copy_from_slice(eta);
        log_norm.fill(0.0);
        self.tree.run(moments, &mut [], log_norm, &mut scratch).map_err(|why| {
            let (NetworkError::Impossible { row } | NetworkError::NotFinite { row, .. }) = why;
            failure(which.at(row), why)
        })
    }

    fn clamp(&self, which: Which<'_>, eta: &mut [f64]) {
        self.tables.clamp(which, eta);
    }

    fn known_category(&self, member: usize, element: usize) -> Option<usize> {
        self.tables.known(member, element)
    }

    fn has_known(&self, member: Option<usize>) -> bool {
        self.tables.has_known(member)
    }

    fn members(&self) -> usize {
        self.tables.sizes.len()
    }

    fn states(&self, member: usize) -> usize {
        self.tables.sizes[member]
    }

    fn tables(&self) -> Option<&Tables> {
        Some(&self.tables)
    }

    fn marginal(&self, member: usize, _: Which<'_>, _: &[f64], moments: &[f64]) -> Marginal {
        self.tables.marginal(member, moments)
    }

    fn independent(&self, which: Which<'_>, members: &[Vec<f64>], moments: &mut [f64]) {
        self.tables.independent(which, members, moments);
    }

    fn draw(
        &self,
        which: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        for (i, e) in eta.chunks_exact(self.width()).enumerate() {
            let states = self.tree.draw(e, random).map_err(|why| failure(which.at(i), why))?;
            out.iter_mut().zip(states).for_each(|(out, s)| out.push(s as f64));
        }
        Ok(())
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        self.tables.statistic(values, out);
    }
}
