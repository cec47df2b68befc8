//! The variables of a plan: one for each block of q, with its statistic, its elements, and where its moments
//! live.

use super::{layout::StreamId, network::NetworkShape, sparse::SparseShape};
use crate::{
    expfam::{family::Family, joint::JointFamily},
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
    /// How η turns into moments.
    pub algorithm: Algorithm,
    /// Event dimension.
    pub d: usize,
    /// Numbers in one element's statistic.
    pub width: usize,
    /// Its plates in storage order (a streamed plate first), with their sizes.
    pub plates: Vec<(PlateId, usize)>,
    /// Where its moments live.
    pub storage: Storage,
    /// Known cells of a partly observed node.
    pub clamp: Option<Clamp>,
    /// Of a network of categories: its tables.
    pub network: Option<NetworkShape>,
    /// Of a sparse Gaussian: which products its statistic holds.
    pub sparse: Option<SparseShape>,
    /// Elements that meet in some product, coloured so that those of one colour never do: they are updated
    /// colour by colour. One class, empty, stands for all elements at once.
    pub classes: Vec<Vec<u32>>,
    /// How many rows each element stands for, where its first plate has weights.
    pub weight: Option<Arc<[f64]>>,
}

/// How a block's η turns into moments.
#[derive(Clone, Copy, Debug)]
pub enum Algorithm {
    /// Element by element.
    Family(&'static dyn Family),
    /// Element by element, a joint statistic.
    Joint(&'static dyn JointFamily),
    /// Element by element, one Gaussian vector of the members' entries.
    Gaussian,
    /// One Gaussian over all entries, of which few pairs are kept.
    SparseGaussian,
    /// A Kalman smoother over sequences of Gaussian vectors.
    GaussianChain,
    /// A Kalman smoother over sequences of Gaussian vectors whose couplings reach over several steps, or are
    /// each step's own.
    GaussianSteps {
        /// How many steps they reach over.
        lags: usize,
    },
    /// Forward–backward over sequences of `d` categories.
    Chain,
    /// A junction tree, element by element.
    Network,
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

/// Known cells among latent ones.
#[derive(Clone, Debug)]
pub struct Clamp {
    /// Whether each element is known, in storage order.
    pub known: Vec<bool>,
    /// t(x) of the known ones is made from these values (`value_width` numbers each; categories as numbers).
    pub values: Vec<f64>,
    /// Numbers in one value.
    pub value_width: usize,
    /// The statistic.
    pub kind: &'static crate::expfam::stat::StatKind,
    /// Of Gaussian vectors: which of their cells are known.
    pub cells: Option<Cells>,
}

/// Known cells of vectors.
#[derive(Clone, Debug)]
pub struct Cells {
    /// `value_width` for each element, in storage order.
    pub known: Vec<bool>,
    /// Whether each element is missing as a whole and nothing depends on it: it weighs nothing.
    pub absent: Vec<bool>,
}

impl Algorithm {
    /// Is it one over the steps of sequences?
    pub fn is_chain(self) -> bool {
        matches!(self, Algorithm::Chain | Algorithm::GaussianChain | Algorithm::GaussianSteps { .. })
    }
}

impl Algorithm {
    /// Is it one of a jointly Gaussian block?
    pub fn is_gaussian(self) -> bool {
        matches!(self, Algorithm::Gaussian | Algorithm::SparseGaussian | Algorithm::GaussianChain)
    }
}

impl Var {
    /// How many elements.
    pub fn elements(&self) -> usize {
        self.plates.iter().map(|p| p.1).product()
    }
    /// States of a member that is a category.
    pub fn states(&self, member: usize) -> usize {
        self.network.as_ref().map_or(self.d, |n| n.sizes[member])
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
