//! The variables of a plan: one for each block of q, with its statistic, its elements, and where its moments
//! live.

use super::layout::StreamId;
use crate::{
    block::shape::BlockShape,
    shape::{NodeId, PlateId},
};
use std::sync::Arc;

/// One block over its plates.
#[derive(Debug)]
pub struct Var {
    /// Its nodes' names, joined: for messages and the printed plan.
    pub name: String,
    /// Its nodes; of a joint, in member order.
    pub nodes: Vec<NodeId>,
    /// How η turns into moments, and all else that depends on the kind of block.
    pub shape: Box<dyn BlockShape>,
    /// Event dimension.
    pub d: usize,
    /// Numbers in one element's statistic.
    pub width: usize,
    /// Its plates in storage order (a streamed plate first), with their sizes.
    pub plates: Vec<(PlateId, usize)>,
    /// Of each node: plates whose elements are inside one element of the block, in the node's order.
    pub inside: Vec<Vec<(PlateId, usize)>>,
    /// Where its moments live.
    pub storage: Storage,
    /// Elements that meet in some product, coloured so that those of one colour never do: they are updated
    /// colour by colour. One class, empty, stands for all elements at once.
    pub colours: Vec<Vec<u32>>,
    /// How many rows each element stands for, where its first plate has weights.
    pub weight: Option<Arc<[f64]>>,
}

/// Where a block's moments live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// All elements, all the time.
    Stored,
    /// In a chunk of this stream's rows, for as long as the pass is there. `kept`: the moments are stored
    /// between passes, since another block of the same rows needs them before they are updated again.
    Streamed {
        /// Index of the stream.
        stream: StreamId,
        /// Whether its moments outlive the pass.
        kept: bool,
    },
}

impl Var {
    /// How many elements.
    pub fn elements(&self) -> usize {
        self.plates.iter().map(|p| p.1).product()
    }
    /// The plates of one of its nodes in storage order.
    pub fn plates_of(&self, member: usize) -> Vec<(PlateId, usize)> {
        self.plates.iter().chain(&self.inside[member]).copied().collect()
    }
    /// Elements for each row of the streamed plate (the first).
    pub fn inner(&self) -> usize {
        self.plates.iter().skip(1).map(|p| p.1).product()
    }
    /// The stream, if its moments live in one.
    pub fn stream(&self) -> Option<StreamId> {
        match self.storage {
            Storage::Streamed { stream, .. } => Some(stream),
            Storage::Stored => None,
        }
    }
}
