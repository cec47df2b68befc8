//! The shared variables as rows read them: where a number of a node stands in its block, and what is known of
//! Gaussian entries. Not here: what rows make of it (`linear`, `line`).

use crate::{
    graph::{Bound, FactorGraph},
    keep::{Kept, blocks::KeptBlock},
    plan::{element_order, of_element, recentre::Turn},
    shape::{NodeId, PlateId},
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// An element of a kept block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Element {
    pub block: usize,
    pub element: usize,
}

/// Where an element of a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a block: which element of it, which member, and which of the member's elements inside of it.
    Kept(Element, usize, usize),
    /// It is new: nothing is known of it but its parents.
    Fresh,
}

/// Columns of covariances by element and entry.
type Spreads = RefCell<HashMap<(Element, usize), Rc<Vec<f64>>>>;

/// All of them.
pub(super) struct Shared<'a> {
    pub graph: &'a FactorGraph,
    pub bound: &'a Bound,
    pub blocks: &'a [KeptBlock],
    kept: &'a Kept,
    /// The block and the member of each node, and the storage place of each of its elements then.
    homes: Vec<Option<(usize, usize, Vec<usize>)>>,
    /// Sizes of plates then.
    sizes: Vec<usize>,
    /// Of each block its coordinates, where they are others than its nodes' values.
    turns: Vec<Option<Turn>>,
    spreads: Spreads,
    /// For each shared node the place of each of its numbers, to be read in the place of the number.
    pub places: Vec<Option<Vec<f64>>>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(
        graph: &'a FactorGraph,
        bound: &'a Bound,
        kept: &'a Kept,
        blocks: &'a [KeptBlock],
    ) -> Self {
        let home = |n: NodeId| {
            let at = blocks.iter().position(|b| b.nodes.contains(&n))?;
            let member = blocks[at].nodes.iter().position(|m| *m == n)?;
            let order = element_order(&graph.nodes[n.0].plates, &blocks[at].plates_of(member), None);
            let mut places = vec![0; order.len()];
            order.iter().enumerate().for_each(|(place, &e)| places[e] = place);
            Some((at, member, places))
        };
        let homes: Vec<_> = (0..graph.nodes.len()).map(|n| home(NodeId(n))).collect();
        let places = graph.nodes.iter().zip(&homes).map(|(node, home)| {
            let count: usize = node.plates.iter().map(|p| bound.plate(*p).size).product();
            let width = node.spec.stat.value.width(node.event.map_or(1, |e| bound.size(e)));
            home.is_some().then(|| (0..count * width).map(|i| i as f64).collect())
        });
        Self {
            graph,
            bound,
            blocks,
            kept,
            places: places.collect(),
            homes,
            sizes: kept.document.plates.iter().map(|p| p.size).collect(),
            turns: blocks.iter().map(|b| kept.turn(b.place)).collect(),
            spreads: Spreads::default(),
        }
    }

    /// Is the node a shared one?
    pub(super) fn holds(&self, n: NodeId) -> bool {
        self.homes[n.0].is_some()
    }

    /// What was taken off the values of a node's element before inference, by its place in the file then; 0 where
    /// nothing was.
    pub(super) fn centre(&self, n: NodeId, element: usize, width: usize, component: usize) -> f64 {
        let all = self.kept.centre(&self.graph.nodes[n.0].name);
        let old = self.then(n, element).unwrap_or(0);
        of_element(all, old, width).get(component).copied().unwrap_or(0.0)
    }

    /// The coordinates of a block, where they are others than its nodes' values.
    pub(super) fn turn(&self, e: Element) -> Option<&Turn> {
        self.turns[e.block].as_ref()
    }

    /// An element of a node as the data of the fit counted it; `None` where it is new.
    fn then(&self, n: NodeId, element: usize) -> Option<usize> {
        let mut old = 0;
        for (p, at) in self.indices(n, element) {
            if at >= self.sizes[p.0] {
                return None;
            }
            old = old * self.sizes[p.0] + at;
        }
        Some(old)
    }

    /// The index along each plate of an element of a node, as the new data count them.
    pub(super) fn indices(&self, n: NodeId, element: usize) -> Vec<(PlateId, usize)> {
        let mut rest = element;
        let mut out: Vec<(PlateId, usize)> = vec![];
        for &p in self.graph.nodes[n.0].plates.iter().rev() {
            let size = self.bound.plate(p).size.max(1);
            out.push((p, rest % size));
            rest /= size;
        }
        out.reverse();
        out
    }

    /// Where an element of a shared node is.
    pub(super) fn place(&self, n: NodeId, element: usize) -> Option<Place> {
        let (block, member, places) = self.homes[n.0].as_ref()?;
        let Some(old) = self.then(n, element) else { return Some(Place::Fresh) };
        let inside: usize = self.blocks[*block].inside[*member].iter().map(|p| p.1).product();
        let place = places[old];
        let element = Element { block: *block, element: place / inside };
        Some(Place::Kept(element, *member, place % inside))
    }

    /// Natural parameters of an element.
    pub(super) fn eta(&self, e: Element) -> &[f64] {
        let b = &self.blocks[e.block];
        &b.eta[e.element * b.shape.width()..][..b.shape.width()]
    }

    /// Moments of an element.
    pub(super) fn moments(&self, e: Element) -> &[f64] {
        let b = &self.blocks[e.block];
        &b.moments[e.element * b.shape.width()..][..b.shape.width()]
    }

    /// The mean of a Gaussian entry, as inference has it.
    pub(super) fn mean(&self, e: Element, entry: usize) -> f64 {
        self.blocks[e.block].shape.middle(self.moments(e), entry)
    }

    /// How a Gaussian entry varies with all entries of its element; of one scaled by a precision, at
    /// precision 1.
    pub(super) fn spread(&self, e: Element, entry: usize) -> Rc<Vec<f64>> {
        if let Some(known) = self.spreads.borrow().get(&(e, entry)) {
            return known.clone();
        }
        let made = Rc::new(self.blocks[e.block].shape.spread(self.eta(e), self.moments(e), entry));
        self.spreads.borrow_mut().insert((e, entry), made.clone());
        made
    }
}
