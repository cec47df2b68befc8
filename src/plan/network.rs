//! A network's tables as they lie in its statistic, and what can be read from them. Not here: which variables
//! are one (`factorize`), nor the junction tree (`block`).

use crate::{
    block::junction_tree::{JunctionTree, NetworkError},
    expfam::stat::LN_ZERO,
};

/// The statistic of a network of categories: one table for each scope, one after the other.
#[derive(Clone, Debug)]
pub struct NetworkShape {
    /// States of each member.
    pub sizes: Vec<usize>,
    /// Each scope: where its table starts, and its members, ascending; the table is row-major over them.
    pub scopes: Vec<(usize, Vec<usize>)>,
    /// The algorithm, but for a chain's.
    pub tree: Option<JunctionTree>,
    /// For each member, if some of its cells are known: the category of each element in storage order,
    /// `u32::MAX` for none.
    pub known: Vec<Option<Vec<u32>>>,
}

impl NetworkShape {
    /// Lays out tables over members of these sizes.
    pub fn new(sizes: Vec<usize>, scopes: &[Vec<usize>], tree: Option<JunctionTree>) -> Self {
        let mut at = 0;
        let mut list = vec![];
        for s in scopes {
            list.push((at, s.clone()));
            at += s.iter().map(|&m| sizes[m]).product::<usize>();
        }
        let known = vec![None; sizes.len()];
        Self { sizes, scopes: list, tree, known }
    }

    /// Numbers in one element's statistic.
    pub fn width(&self) -> usize {
        self.scopes.iter().map(|s| self.len(&s.1)).sum()
    }

    fn len(&self, scope: &[usize]) -> usize {
        scope.iter().map(|&m| self.sizes[m]).product()
    }

    /// Calls `f` with each entry of a scope's table and the state of the member at `place` of the scope.
    fn states(&self, scope: &[usize], place: usize, mut f: impl FnMut(usize, usize)) {
        let (size, stride) = (self.sizes[scope[place]], self.len(&scope[place + 1..]));
        (0..self.len(scope)).for_each(|i| f(i, i / stride % size));
    }

    /// The first scope that holds a member, its place there, and where its table starts.
    fn home(&self, member: usize) -> (usize, &[usize], usize) {
        let found = self
            .scopes
            .iter()
            .find_map(|(at, s)| Some((*at, s.as_slice(), s.iter().position(|m| *m == member)?)));
        found.expect("every member stands in some scope")
    }

    /// Writes a member's marginal from one element's moments.
    pub fn marginal(&self, member: usize, moments: &[f64], out: &mut [f64]) {
        let (at, scope, place) = self.home(member);
        out.fill(0.0);
        self.states(scope, place, |i, state| out[state] += moments[at + i]);
    }

    /// Writes one element's moments as if its members were independent, with these marginals.
    pub fn product(&self, marginals: &[Vec<f64>], moments: &mut [f64]) {
        moments.fill(1.0);
        for (at, scope) in &self.scopes {
            for (place, &m) in scope.iter().enumerate() {
                self.states(scope, place, |i, state| moments[at + i] *= marginals[m][state]);
            }
        }
    }

    /// The known category of a member at an element of the storage.
    pub fn known(&self, member: usize, element: usize) -> Option<usize> {
        let k = self.known[member].as_ref()?[element];
        (k != u32::MAX).then_some(k as usize)
    }

    /// Makes all but the known categories impossible, in the natural parameters of elements from `first` on.
    pub fn clamp(&self, first: usize, eta: &mut [f64]) {
        for m in (0..self.sizes.len()).filter(|&m| self.known[m].is_some()) {
            let (at, scope, place) = self.home(m);
            for (e, row) in eta.chunks_exact_mut(self.width()).enumerate() {
                if let Some(k) = self.known(m, first + e) {
                    self.states(scope, place, |i, state| {
                        row[at + i] += if state == k { 0.0 } else { LN_ZERO }
                    });
                }
            }
        }
    }

    /// η → moments and log-normalisers (nats), element by element.
    ///
    /// # Errors
    /// The element, from 0, and what is wrong with it.
    pub fn evaluate(
        &self,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), (usize, NetworkError)> {
        let Some(tree) = &self.tree else { unreachable!("a chain is updated in its stream") };
        let mut scratch = vec![0.0; tree.scratch_len()];
        moments.copy_from_slice(eta);
        log_norm.fill(0.0);
        tree.run(moments, &mut [], log_norm, &mut scratch).map_err(|why| match why {
            NetworkError::Impossible { row } | NetworkError::NotFinite { row, .. } => (row, why),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expfam::family::entropy;

    fn shape() -> NetworkShape {
        let (sizes, scopes) = (vec![2, 3, 2], [vec![0], vec![0, 1], vec![1, 2], vec![2]]);
        let tree = JunctionTree::new(&sizes, &scopes, 100).unwrap();
        NetworkShape::new(sizes, &scopes, Some(tree))
    }

    fn eta(shape: &NetworkShape) -> Vec<f64> {
        (0..shape.width()).map(|i| ((i * 7 + 3) % 11) as f64 / 4.0 - 1.2).collect()
    }

    #[test]
    fn the_gradient_of_the_log_norm_is_the_moments() {
        let shape = shape();
        let eta = eta(&shape);
        let run = |eta: &[f64]| {
            let (mut m, mut z) = (vec![0.0; eta.len()], [0.0]);
            shape.evaluate(eta, &mut m, &mut z).unwrap();
            (m, z[0])
        };
        let (moments, _) = run(&eta);
        for i in 0..eta.len() {
            let step = |by: f64| {
                let mut x = eta.clone();
                x[i] += by;
                run(&x).1
            };
            let slope = (step(1e-5) - step(-1e-5)) / 2e-5;
            assert!((slope - moments[i]).abs() < 1e-9, "{i}: {slope} {}", moments[i]);
        }
    }

    #[test]
    fn known_cells_leave_the_entropy_of_the_rest() {
        let mut shape = shape();
        shape.known[1] = Some(vec![2]);
        let plain = eta(&shape);
        let mut eta = plain.clone();
        shape.clamp(0, &mut eta);
        let (mut m, mut z) = (vec![0.0; eta.len()], [0.0]);
        shape.evaluate(&eta, &mut m, &mut z).unwrap();
        // Given the middle one, the others are independent: their entropies add up.
        let mut h = 0.0;
        for member in [0, 2] {
            let mut p = [0.0; 2];
            shape.marginal(member, &m, &mut p);
            h -= p.iter().map(|x| x * x.ln()).sum::<f64>();
        }
        assert!((entropy(&eta, &m, z[0]) - h).abs() < 1e-12);
        assert!((entropy(&plain, &m, z[0]) - h).abs() < 1e-12);
        let mut p = [0.0; 3];
        shape.marginal(1, &m, &mut p);
        assert_eq!(p, [0.0, 0.0, 1.0]);
    }
}
