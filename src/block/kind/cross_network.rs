//! One network over all elements of all its members, which stand on different plates: each element's own table,
//! then arrays of tables of a few elements each, as the factors read them. Not here: which elements meet
//! (`factorize::kinds::cross`), nor the algorithm (`junction_tree`).
//!
//! Several tables may be of the same elements: each gets messages of its own; the log potential is their sum,
//! and all of them have its probabilities.

use crate::{
    block::{
        element::{Failure, Which},
        example::{self, BlockKind, Example},
        junction_tree::{JunctionTree, NetworkError, TreeError},
        marginal::{Law, Marginal},
        shape::BlockShape,
    },
    expfam::stat::LN_ZERO,
    num::stream::Stream,
};
use std::sync::Arc;

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "cross network",
    doc: "categories of different plates that meet in tables with zeros: one junction tree over all elements",
    examples: || {
        // Two groups with three rows each, rows that follow one another, and a row whose category is known.
        let places = ElementPlaces { states: vec![2, 3], counts: vec![2, 6] };
        let mut shape = CrossNetwork::new(
            places,
            vec![None, Some([u32::MAX, 2, u32::MAX, 0, u32::MAX, u32::MAX].into())],
        );
        shape.push(&[0, 1], vec![0, 2, 0, 3, 0, 4, 1, 5, 1, 6, 1, 7]);
        shape.push(&[1, 1], vec![NONE, NONE, 2, 3, 3, 4, NONE, NONE, 5, 6, 6, 7]);
        // The same elements again, the other way round.
        shape.push(&[1, 0], vec![2, 0]);
        let shape = shape.finished(1000).expect("a small network");
        let eta = (0..shape.width()).map(|i| 2.0 * example::number(i)).collect();
        vec![Example { shape: Box::new(shape), eta, along: None }]
    },
    restore: None,
};

/// No element.
pub const NONE: u32 = u32::MAX;

/// Where each member's elements stand: one member after the other, row-major over its plates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementPlaces {
    /// States of each member.
    pub states: Vec<usize>,
    /// Elements of each.
    pub counts: Vec<usize>,
}

impl ElementPlaces {
    /// The number of a member's first element among all; of the member past the last, how many there are.
    pub fn first(&self, member: usize) -> usize {
        self.counts[..member].iter().sum()
    }

    /// Where the tables of a member's own elements start in the statistic; of the member past the last, their
    /// end.
    pub fn single(&self, member: usize) -> usize {
        self.counts.iter().zip(&self.states).take(member).map(|(n, k)| n * k).sum()
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        self.first(self.counts.len())
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which member an element is of, and its place there.
    pub fn of(&self, element: usize) -> (usize, usize) {
        let member = (0..self.counts.len()).rev().find(|&m| self.first(m) <= element).unwrap_or(0);
        (member, element - self.first(member))
    }

    /// States of every element.
    pub fn sizes(&self) -> Vec<usize> {
        let each = self.counts.iter().zip(&self.states);
        each.flat_map(|(&n, &k)| std::iter::repeat_n(k, n)).collect()
    }

    /// The tables of every element by itself, then those of these arrays, as a junction tree takes them: without those of
    /// which an element is missing.
    pub fn factors<'a>(&self, arrays: impl IntoIterator<Item = (usize, &'a [u32])>) -> Vec<Vec<usize>> {
        let mut out: Vec<Vec<usize>> = (0..self.len()).map(|e| vec![e]).collect();
        for (arity, elements) in arrays {
            let tables = elements.chunks_exact(arity).filter(|t| !t.contains(&NONE));
            out.extend(tables.map(|t| t.iter().map(|&e| e as usize).collect::<Vec<_>>()));
        }
        out
    }
}

/// An array of tables of the statistic.
#[derive(Clone, Debug)]
struct TableArray {
    /// Where it starts.
    at: usize,
    /// Elements in one table.
    arity: usize,
    /// Numbers in one table.
    len: usize,
    /// The elements of each table; [`NONE`] where there is no such element.
    elements: Vec<u32>,
}

/// A network over the elements of several members.
#[derive(Clone, Debug)]
pub struct CrossNetwork {
    places: ElementPlaces,
    /// For each member, if some of its cells are known: the category of each element, `u32::MAX` for none.
    known: Vec<Option<Arc<[u32]>>>,
    arrays: Vec<TableArray>,
    /// Made when all arrays are there.
    tree: Option<Arc<JunctionTree>>,
    width: usize,
}

impl CrossNetwork {
    /// Every element by itself.
    pub fn new(places: ElementPlaces, known: Vec<Option<Arc<[u32]>>>) -> Self {
        let width = places.single(places.counts.len());
        Self { places, known, arrays: vec![], tree: None, width }
    }

    /// Where its elements stand.
    pub fn places(&self) -> &ElementPlaces {
        &self.places
    }

    /// Adds an array of tables, each of an element of each of these members, and says where it starts.
    pub fn push(&mut self, members: &[usize], elements: Vec<u32>) -> usize {
        let (at, arity) = (self.width, members.len());
        let len = members.iter().map(|m| self.places.states[*m]).product();
        self.width += elements.len() / arity * len;
        self.arrays.push(TableArray { at, arity, len, elements });
        self.tree = None;
        at
    }

    /// With its junction tree.
    ///
    /// # Errors
    /// A table of the tree would have more entries than are allowed; two elements of one table are one.
    pub fn finished(mut self, largest: usize) -> Result<Self, TreeError> {
        let arrays = self.arrays.iter().map(|a| (a.arity, &a.elements[..]));
        let tree = JunctionTree::new(&self.places.sizes(), &self.places.factors(arrays), largest)?;
        self.tree = Some(Arc::new(tree));
        Ok(self)
    }

    /// Calls `f` with where each table that is there stands in the statistic, and its length, in the tree's order.
    fn each(&self, mut f: impl FnMut(usize, usize)) {
        let end = self.places.single(self.places.counts.len());
        f(0, end);
        for a in &self.arrays {
            for (i, table) in a.elements.chunks_exact(a.arity).enumerate() {
                if !table.contains(&NONE) {
                    f(a.at + i * a.len, a.len);
                }
            }
        }
    }

    /// Log potentials as the tree takes them.
    fn potentials(&self, eta: &[f64]) -> Vec<f64> {
        let mut out = Vec::with_capacity(eta.len());
        self.each(|at, len| out.extend_from_slice(&eta[at..at + len]));
        out
    }

    fn tree(&self) -> Result<&JunctionTree, Failure> {
        let why =
            || Failure { element: 0, impossible: false, why: "the network has no junction tree".into() };
        self.tree.as_deref().ok_or_else(why)
    }

    /// The last element of the first table that leaves nothing possible, of tables one after the other.
    fn culprit(&self, tree: &JunctionTree, potentials: &[f64]) -> usize {
        let mut tables: Vec<(usize, usize)> = vec![];
        let sizes = self.places.sizes();
        let mut at = 0;
        for (e, k) in sizes.iter().enumerate() {
            tables.push((at + k, e));
            at += k;
        }
        for a in &self.arrays {
            for table in a.elements.chunks_exact(a.arity).filter(|t| !t.contains(&NONE)) {
                at += a.len;
                tables.push((at, table.iter().copied().max().unwrap_or(0) as usize));
            }
        }
        let possible = |count: usize| {
            let mut some = potentials.to_vec();
            some[tables[count - 1].0..].fill(0.0);
            let mut scratch = vec![0.0; tree.scratch_of(1)];
            tree.run(&mut some, &mut [], &mut [0.0], &mut scratch).is_ok()
        };
        // Fewer tables leave more possible.
        let (mut fine, mut broken) = (0, tables.len());
        while broken - fine > 1 {
            let middle = fine + (broken - fine) / 2;
            if possible(middle) { fine = middle } else { broken = middle }
        }
        tables[broken - 1].1
    }

    fn failure(&self, tree: &JunctionTree, potentials: &[f64], why: NetworkError) -> Failure {
        match why {
            NetworkError::Impossible { .. } => {
                let element = self.culprit(tree, potentials);
                Failure {
                    impossible: true,
                    ..Failure::of_element(element, "no combination of categories is possible")
                }
            }
            NetworkError::NotFinite { .. } => Failure::of_element(0, "a log-odds is not finite"),
        }
    }

    /// Writes each array's tables as products of the elements' own.
    fn multiply(&self, moments: &mut [f64]) {
        let (single, sizes) = (self.starts(), self.places.sizes());
        for a in &self.arrays {
            for (i, table) in a.elements.chunks_exact(a.arity).enumerate() {
                let out = a.at + i * a.len..a.at + (i + 1) * a.len;
                if table.contains(&NONE) {
                    moments[out].fill(0.0);
                    continue;
                }
                let product = table.iter().fold(vec![1.0], |all, &e| {
                    let e = e as usize;
                    let own = &moments[single[e]..single[e] + sizes[e]];
                    all.iter().flat_map(|x| own.iter().map(move |p| x * p)).collect()
                });
                moments[out].copy_from_slice(&product);
            }
        }
    }

    /// Where each element's own table starts.
    fn starts(&self) -> Vec<usize> {
        let mut at = 0;
        let mut next = |k: usize| {
            at += k;
            at - k
        };
        self.places.sizes().into_iter().map(&mut next).collect()
    }

    /// The known elements with their categories.
    fn known(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let members = self.known.iter().enumerate().filter_map(|(m, codes)| Some((m, codes.as_ref()?)));
        members.flat_map(|(m, codes)| {
            let (at, k) = (self.places.single(m), self.places.states[m]);
            let held = codes.iter().enumerate().filter(|(_, c)| **c != u32::MAX);
            held.map(move |(e, &c)| (at + e * k, k, c as usize))
        })
    }
}

impl BlockShape for CrossNetwork {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.width
    }

    fn describe(&self) -> String {
        let entries = self.tree.as_ref().map_or(0, |t| t.table_len());
        let tables: usize = self.arrays.iter().map(|a| a.elements.len() / a.arity).sum();
        format!(
            "junction tree over {} elements, {tables} tables, {entries} entries of cliques",
            self.places.len()
        )
    }

    fn evaluate(
        &self,
        _: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        let tree = self.tree()?;
        let mut tables = self.potentials(eta);
        let mut scratch = vec![0.0; tree.scratch_of(1)];
        log_norm[..1].fill(0.0);
        if let Err(why) = tree.run(&mut tables, &mut [], &mut log_norm[..1], &mut scratch) {
            return Err(self.failure(tree, &self.potentials(eta), why));
        }
        moments.fill(0.0);
        let mut from = 0;
        self.each(|at, len| {
            moments[at..at + len].copy_from_slice(&tables[from..from + len]);
            from += len;
        });
        Ok(())
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn of_categories(&self) -> bool {
        true
    }

    fn clamp(&self, _: Which<'_>, eta: &mut [f64]) {
        for (at, k, category) in self.known() {
            (0..k).filter(|s| *s != category).for_each(|s| eta[at + s] += LN_ZERO);
        }
    }

    fn hold(&self, _: Which<'_>, moments: &mut [f64]) {
        for (at, k, category) in self.known() {
            (0..k).for_each(|s| moments[at + s] = f64::from(s == category));
        }
        self.multiply(moments);
    }

    fn has_known(&self, member: Option<usize>) -> bool {
        let any = |k: &Option<Arc<[u32]>>| k.iter().flat_map(|k| k.iter()).any(|k| *k != u32::MAX);
        member.map_or_else(|| self.known.iter().any(any), |m| any(&self.known[m]))
    }

    fn members(&self) -> usize {
        self.places.states.len()
    }

    fn states(&self, member: usize) -> usize {
        self.places.states[member]
    }

    fn marginal(&self, member: usize, _: Which<'_>, _: &[f64], moments: &[f64]) -> Marginal {
        let numbers = moments[self.places.single(member)..self.places.single(member + 1)].to_vec();
        Marginal { law: Law::Categories, width: self.places.states[member], numbers }
    }

    fn joint(&self, sites: &[(usize, usize)], moments: &[f64]) -> Option<Vec<f64>> {
        let wanted: Vec<u32> = sites.iter().map(|&(m, e)| (self.places.first(m) + e) as u32).collect();
        let size = |m: usize| self.places.states[sites[m].0];
        let found = self.arrays.iter().find_map(|a| {
            let tables = &mut a.elements.chunks_exact(a.arity);
            let i = tables.position(|t| wanted.iter().all(|w| t.contains(w)))?;
            Some((a, i, &a.elements[i * a.arity..(i + 1) * a.arity]))
        });
        let (array, i, table) = found?;
        let mut out = vec![0.0; (0..sites.len()).map(size).product()];
        let sizes: Vec<usize> =
            table.iter().map(|e| self.places.states[self.places.of(*e as usize).0]).collect();
        for entry in 0..array.len {
            let state = |w: &u32| {
                let at = table.iter().position(|e| e == w).unwrap_or(0);
                entry / sizes[at + 1..].iter().product::<usize>() % sizes[at]
            };
            let to = wanted.iter().enumerate().fold(0, |n, (m, w)| n * size(m) + state(w));
            out[to] += moments[array.at + i * array.len + entry];
        }
        Some(out)
    }

    fn independent(&self, _: Which<'_>, members: &[Vec<f64>], moments: &mut [f64]) {
        for (m, given) in members.iter().enumerate() {
            moments[self.places.single(m)..self.places.single(m + 1)].copy_from_slice(given);
        }
        self.multiply(moments);
    }

    fn place_of(&self, element: usize) -> Option<(usize, usize)> {
        Some(self.places.of(element))
    }

    fn draw(
        &self,
        _: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        let (tree, potentials) = (self.tree()?, self.potentials(eta));
        let states = tree.draw(&potentials, random).map_err(|why| self.failure(tree, &potentials, why))?;
        for (m, out) in out.iter_mut().enumerate() {
            let first = self.places.first(m);
            out.extend(states[first..first + self.places.counts[m]].iter().map(|s| *s as f64));
        }
        Ok(())
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        out.fill(0.0);
        for (m, values) in values.iter().enumerate() {
            let (at, k) = (self.places.single(m), self.places.states[m]);
            values.iter().enumerate().for_each(|(e, x)| out[at + e * k + *x as usize] = 1.0);
        }
        self.multiply(out);
    }
}
