//! Who stands where in an energy: for each source of moments, the factors, products and operands that name
//! it. Not here: what anybody makes of it (`factorize`, `plan`).
//!
//! All reading of products goes through the energy's own functions, which count the products that they give
//! out: so a test can say that the work of a stage grows with the model, and not with its square.

use super::terms::{EnergyTerm, FactorEnergy, Known, Op, Source};
use crate::shape::{BlockId, NodeId};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::atomic::{AtomicU64, Ordering},
};

/// All factors of a graph, in its order, and where each source of moments stands in them.
#[derive(Clone, Debug)]
pub struct Energy {
    factors: Vec<FactorEnergy>,
    /// Known arrays that the terms name.
    pub knowns: Vec<Known>,
    index: Index,
}

/// Factors with other products than an energy has, by their places.
pub type Rewritten = BTreeMap<usize, FactorEnergy>;

/// One operand of an energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The factor.
    pub factor: usize,
    /// Its product.
    pub term: usize,
    /// The product's operand.
    pub op: usize,
}

/// Operands by source, and factors by child.
#[derive(Clone, Debug, Default)]
struct Index {
    /// Products and operands by factor, ascending. Known arrays are left out: nobody asks who reads them.
    at: HashMap<Source, BTreeMap<usize, Vec<(u32, u32)>>>,
    children: HashMap<NodeId, Vec<usize>>,
    seen: Seen,
}

/// How many products were given out.
#[derive(Debug, Default)]
struct Seen(AtomicU64);

impl Clone for Seen {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

impl Index {
    fn see(&self, products: usize) {
        self.seen.0.fetch_add(products as u64, Ordering::Relaxed);
    }

    fn add(&mut self, factor: usize, terms: &[EnergyTerm]) {
        for (t, term) in terms.iter().enumerate() {
            for (o, op) in term.ops.iter().enumerate() {
                if !matches!(op.source, Source::Known(_)) {
                    let of = self.at.entry(op.source).or_default();
                    of.entry(factor).or_default().push((t as u32, o as u32));
                }
            }
        }
    }

    fn remove(&mut self, factor: usize, terms: &[EnergyTerm]) {
        for op in terms.iter().flat_map(|t| &t.ops) {
            if let Some(of) = self.at.get_mut(&op.source) {
                of.remove(&factor);
            }
        }
    }
}

impl Energy {
    /// An energy of these factors, indexed. Known arrays stand in the order of the factors that name them.
    pub fn new(factors: Vec<FactorEnergy>, knowns: Vec<Known>) -> Self {
        let mut index = Index::default();
        for (i, f) in factors.iter().enumerate() {
            index.add(i, &f.terms);
            index.children.entry(f.node).or_default().push(i);
        }
        Self { factors, knowns, index }
    }

    /// All factors, one for each of the graph, in its order. Whoever looks for something in particular asks
    /// for that.
    pub fn factors(&self) -> &[FactorEnergy] {
        self.index.see(self.factors.iter().map(|f| f.terms.len()).sum());
        &self.factors
    }

    /// One factor.
    pub fn factor(&self, i: usize) -> &FactorEnergy {
        self.index.see(self.factors[i].terms.len());
        &self.factors[i]
    }

    /// The factors that hold a source, ascending.
    pub fn holding(&self, source: Source) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.index.at.get(&source).into_iter().flat_map(|of| of.keys().copied())
    }

    /// The factors that hold one of two sources, ascending.
    pub fn holding_either(&self, a: Source, b: Source) -> impl Iterator<Item = usize> + '_ {
        let (mut a, mut b) = (self.holding(a).peekable(), self.holding(b).peekable());
        std::iter::from_fn(move || {
            let next = [a.peek(), b.peek()].into_iter().flatten().min().copied()?;
            a.next_if_eq(&next);
            b.next_if_eq(&next);
            Some(next)
        })
    }

    /// The factors that hold any of these sources, ascending.
    pub fn holding_any(&self, sources: impl IntoIterator<Item = Source>) -> BTreeSet<usize> {
        sources.into_iter().flat_map(|s| self.holding(s).collect::<Vec<_>>()).collect()
    }

    /// Where a source stands, in the order of the factors.
    pub fn places(&self, source: Source) -> impl Iterator<Item = Place> + '_ {
        self.index.at.get(&source).into_iter().flatten().flat_map(|(&factor, list)| {
            self.index.see(list.len());
            list.iter().map(move |&(term, op)| Place { factor, term: term as usize, op: op as usize })
        })
    }

    /// An operand, and the factor that it stands in.
    pub fn operand(&self, at: Place) -> (&FactorEnergy, &Op) {
        let f = &self.factors[at.factor];
        (f, &f.terms[at.term].ops[at.op])
    }

    /// How many factors hold a source.
    pub fn count(&self, source: Source) -> usize {
        self.index.at.get(&source).map_or(0, BTreeMap::len)
    }

    /// The product that an operand stands in.
    pub fn term(&self, at: Place) -> &EnergyTerm {
        &self.factors[at.factor].terms[at.term]
    }

    /// The factors whose child is this node: its lines, in file order.
    pub fn lines(&self, child: NodeId) -> &[usize] {
        self.index.children.get(&child).map_or(&[], Vec::as_slice)
    }

    /// Known arrays that a factor names.
    pub fn knowns_of(&self, factor: usize) -> &[Known] {
        let from = self.knowns.partition_point(|k| k.place.0 < factor);
        let to = self.knowns.partition_point(|k| k.place.0 <= factor);
        &self.knowns[from..to]
    }

    /// Writes places for the labels of elements, which data have told.
    pub fn settle(&mut self, labelled: &[usize]) {
        if labelled.is_empty() {
            return;
        }
        for op in self.factors.iter_mut().flat_map(|f| &mut f.terms).flat_map(|t| &mut t.ops) {
            op.elements.iter_mut().for_each(|e| *e = e.settled(labelled));
        }
    }

    /// Puts other products in the place of those of some factors, of the same children.
    pub fn rewrite(&mut self, changes: Rewritten) {
        changes.into_iter().for_each(|(i, factor)| self.replace(i, factor));
    }

    fn replace(&mut self, i: usize, factor: FactorEnergy) {
        debug_assert_eq!(self.factors[i].node, factor.node);
        self.index.see(factor.terms.len());
        self.index.remove(i, &self.factors[i].terms);
        self.index.add(i, &factor.terms);
        self.factors[i] = factor;
    }

    /// Gives blocks other numbers.
    pub fn renumber(&mut self, to: &[BlockId]) {
        for op in self.factors.iter_mut().flat_map(|f| &mut f.terms).flat_map(|t| &mut t.ops) {
            if let Source::Block(b) = &mut op.source {
                *b = to[b.0];
            }
        }
        let new = |source| match source {
            Source::Block(b) => Source::Block(to[b.0]),
            other => other,
        };
        self.index.at = std::mem::take(&mut self.index.at).into_iter().map(|(s, of)| (new(s), of)).collect();
    }

    /// How many products have been looked at since the energy was made: a measure of work that is the same on
    /// every machine.
    pub fn work(&self) -> u64 {
        self.index.seen.0.load(Ordering::Relaxed)
    }
}
