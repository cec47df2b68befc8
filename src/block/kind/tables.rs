//! Tables of categories as they lie in a statistic, and what can be read from them: of a network, of a chain
//! or tree over all its members' states. Not here: which variables are one (`factorize`), nor the algorithms.

use crate::{
    block::{
        element::Which,
        marginal::{Law, Marginal},
    },
    expfam::stat::LN_ZERO,
};

/// A statistic of categories: one table for each scope, one after the other.
#[derive(Clone, Debug)]
pub struct Tables {
    /// States of each member.
    pub sizes: Vec<usize>,
    /// Each scope: where its table starts, and its members, ascending; the table is row-major over them.
    pub scopes: Vec<(usize, Vec<usize>)>,
    /// For each member, if some of its cells are known: the category of each element in storage order,
    /// `u32::MAX` for none.
    pub known: Vec<Option<Vec<u32>>>,
}

impl Tables {
    /// Lays out tables over members of these sizes.
    pub fn new(sizes: Vec<usize>, scopes: &[Vec<usize>]) -> Self {
        let mut at = 0;
        let mut list = vec![];
        for s in scopes {
            list.push((at, s.clone()));
            at += s.iter().map(|&m| sizes[m]).product::<usize>();
        }
        let known = vec![None; sizes.len()];
        Self { sizes, scopes: list, known }
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

    /// Probabilities of a member's categories, from moments of elements.
    pub fn marginal(&self, member: usize, moments: &[f64]) -> Marginal {
        let k = self.sizes[member];
        let (at, scope, place) = self.home(member);
        let mut numbers = vec![0.0; moments.len() / self.width().max(1) * k];
        for (m, out) in moments.chunks_exact(self.width()).zip(numbers.chunks_exact_mut(k)) {
            self.states(scope, place, |i, state| out[state] += m[at + i]);
        }
        Marginal { law: Law::Categories, width: k, numbers }
    }

    /// Writes moments as if members were independent, from responsibilities of each; a known cell is what it
    /// is.
    pub fn independent(&self, which: Which<'_>, members: &[Vec<f64>], moments: &mut [f64]) {
        for (e, row) in moments.chunks_exact_mut(self.width()).enumerate() {
            for (at, scope) in &self.scopes {
                let given = |m: usize| (self.sizes[m], self.known(m, which.at(e)));
                if let [m] = scope[..] {
                    let (k, known) = given(m);
                    let table = &mut row[*at..at + k];
                    match known {
                        None => table.copy_from_slice(&members[m][e * k..(e + 1) * k]),
                        Some(c) => table.iter_mut().enumerate().for_each(|(i, x)| *x = f64::from(c == i)),
                    }
                    continue;
                }
                let size = self.len(scope);
                row[*at..at + size].fill(1.0);
                for (place, &m) in scope.iter().enumerate() {
                    let (k, known) = given(m);
                    let p = &members[m][e * k..(e + 1) * k];
                    let of = |state| known.map_or(p[state], |c| f64::from(c == state));
                    self.states(scope, place, |i, state| row[at + i] *= of(state));
                }
            }
        }
    }

    /// The known category of a member at an element of the storage.
    pub fn known(&self, member: usize, element: usize) -> Option<usize> {
        let k = self.known[member].as_ref()?[element];
        (k != u32::MAX).then_some(k as usize)
    }

    /// Whether anything is known of a member, or of any.
    pub fn has_known(&self, member: Option<usize>) -> bool {
        let any = |k: &Option<Vec<u32>>| k.iter().flatten().any(|k| *k != u32::MAX);
        member.map_or_else(|| self.known.iter().any(any), |m| any(&self.known[m]))
    }

    /// The joint probabilities of some members, row-major in their order, from one element's moments; `None`
    /// where no scope holds them all.
    pub fn joint(&self, members: &[usize], moments: &[f64]) -> Option<Vec<f64>> {
        let (at, scope) = self.scopes.iter().find(|(_, s)| members.iter().all(|m| s.contains(m)))?;
        let mut out = vec![0.0; self.len(members)];
        for i in 0..self.len(scope) {
            let state = |m: usize| {
                let place = scope.iter().position(|x| *x == m).unwrap_or(0);
                i / self.len(&scope[place + 1..]) % self.sizes[m]
            };
            out[members.iter().fold(0, |n, &m| n * self.sizes[m] + state(m))] += moments[at + i];
        }
        Some(out)
    }

    /// Makes all but the known categories impossible, in natural parameters.
    pub fn clamp(&self, which: Which<'_>, eta: &mut [f64]) {
        for m in (0..self.sizes.len()).filter(|&m| self.known[m].is_some()) {
            let (at, scope, place) = self.home(m);
            for (e, row) in eta.chunks_exact_mut(self.width()).enumerate() {
                if let Some(k) = self.known(m, which.at(e)) {
                    self.states(scope, place, |i, state| {
                        row[at + i] += if state == k { 0.0 } else { LN_ZERO }
                    });
                }
            }
        }
    }

    /// Writes the statistic of one element at known categories.
    pub fn statistic(&self, values: &[&[f64]], out: &mut [f64]) {
        out.fill(0.0);
        for (at, scope) in &self.scopes {
            let entry = scope.iter().fold(0, |i, &m| i * self.sizes[m] + values[m][0] as usize);
            out[at + entry] = 1.0;
        }
    }

    /// The members' categories of an entry of the one table over all of them.
    pub fn split(&self, mut entry: usize, out: &mut [Vec<f64>]) {
        for (&k, out) in self.sizes.iter().zip(out).rev() {
            out.push((entry % k) as f64);
            entry /= k;
        }
    }
}
