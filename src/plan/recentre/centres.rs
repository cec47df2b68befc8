//! Where a model is written about. Not here: how.

use crate::{graph::FactorGraph, shape::NodeId};
use std::{borrow::Cow, sync::Arc};

/// The centres of a model, and blocks written about each other's entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Centres {
    /// Of each node, plates first in the order of the key, then the value's axes; empty for 0.
    pub nodes: Vec<Vec<f64>>,
    /// Whether what a selector picks among has a centre each, and not one for all.
    pub split: bool,
    /// Blocks in other coordinates.
    pub turns: Vec<Turn>,
}

/// A Gaussian block in other coordinates: the vector of its entries, less their centres, is L times what inference
/// sees. Of vectors that are kept with their precision matrices (`shear`) each element has an L of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The block, by its place in the list.
    pub block: usize,
    /// Its locations, in order.
    pub members: Vec<TurnMember>,
    /// Entries of all of them.
    pub d: usize,
    /// L, row-major: one for all elements, or one for each in the order of the key.
    pub matrix: Arc<[f64]>,
}

impl Turn {
    /// Is it of vectors beside their precision matrices (`shear`)?
    pub fn is_shear(&self, graph: &FactorGraph) -> bool {
        self.members.iter().all(|m| graph.nodes[m.node.0].event.is_some())
    }
}

/// A node of such a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnMember {
    /// The node.
    pub node: NodeId,
    /// Its first entry.
    pub first: usize,
    /// Its entries: elements over its inner plates, which come last in its key.
    pub count: usize,
    /// Its outer plates: one vector for each of their elements.
    pub outer: usize,
}

impl Turn {
    /// The place of a node among the members.
    pub fn member(&self, node: NodeId) -> Option<&TurnMember> {
        self.members.iter().find(|m| m.node == node)
    }

    /// Row `i` of L.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.matrix[i * self.d..(i + 1) * self.d]
    }

    /// L of an element.
    pub fn of(&self, element: usize) -> &[f64] {
        let square = self.d * self.d;
        &self.matrix[element * square % self.matrix.len().max(1)..][..square]
    }

    /// The matrices of the elements with these places in the order of the key; one where it is for all.
    pub fn in_order(&self, places: impl FnOnce() -> Vec<usize>) -> Cow<'_, [f64]> {
        if self.matrix.len() == self.d * self.d {
            return Cow::Borrowed(&self.matrix);
        }
        Cow::Owned(places().into_iter().flat_map(|e| self.of(e)).copied().collect())
    }
}
