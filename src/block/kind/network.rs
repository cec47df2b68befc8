//! Categories of one element that meet in tables: a junction tree. Not here: the algorithm
//! (`junction_tree`), the tables (`tables`), nor which variables meet (`factorize::kinds`).

use super::tables::Tables;
use crate::{
    block::{
        element::{Failure, Which},
        example::{self, BlockKind, Example},
        junction_tree::{JunctionTree, NetworkError},
        marginal::Marginal,
        shape::BlockShape,
    },
    num::stream::Stream,
};

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "network",
    doc: "categories of a row that meet in products: exact by a junction tree",
    examples: || {
        let of =
            |sizes: &[usize], scopes: &[Vec<usize>], known: Option<(usize, Vec<u32>)>, elements: usize| {
                let tree = JunctionTree::new(sizes, scopes, 1000).expect("a small network");
                let mut tables = Tables::new(sizes.to_vec(), scopes);
                if let Some((member, codes)) = known {
                    tables.known[member] = Some(codes);
                }
                let shape = Network::new(tables, tree);
                let eta = (0..elements * shape.width()).map(|i| 2.0 * example::number(i)).collect();
                Example { shape: Box::new(shape), eta, along: None }
            };
        vec![
            of(&[2, 3, 2], &[vec![0], vec![0, 1], vec![1, 2], vec![2]], Some((1, vec![u32::MAX, 2])), 2),
            // A cycle, and a variable by itself.
            of(&[2, 2, 3, 2, 3], &[vec![0, 1], vec![1, 2], vec![2, 3], vec![0, 3], vec![4]], None, 3),
        ]
    },
    restore: None,
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
    fn kind(&self) -> &'static str {
        KIND.name
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expfam::family::entropy;

    #[test]
    fn known_cells_leave_the_entropy_of_the_rest() {
        // The second element of the first example knows its middle category.
        let example = (KIND.examples)().remove(0);
        let (shape, w) = (&example.shape, example.shape.width());
        assert_eq!([0, 1, 2].map(|m| shape.has_known(Some(m))), [false, true, false]);
        let plain = &example.eta[w..2 * w];
        let mut eta = plain.to_vec();
        shape.clamp(Which::From(1), &mut eta);
        let (mut m, mut z) = (vec![0.0; w], [0.0]);
        shape.evaluate(Which::From(1), &eta, &mut m, &mut z).unwrap();
        let p = |member: usize| shape.marginal(member, Which::From(1), &eta, &m).numbers;
        // Given the middle one, the others are independent: their entropies add up.
        let h: f64 = [0, 2].into_iter().flat_map(p).map(|x| -x * x.ln()).sum();
        assert!((entropy(&eta, &m, z[0]) - h).abs() < 1e-12);
        assert!((entropy(plain, &m, z[0]) - h).abs() < 1e-12);
        assert!(p(1)[..2] == [0.0; 2] && (p(1)[2] - 1.0).abs() < 1e-15, "{:?}", p(1));
    }
}
