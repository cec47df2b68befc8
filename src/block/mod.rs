//! Kinds of block of q: the contract (`shape`, `sequence`), one file for each kind (`kind`), and their
//! algorithms, which know no graph.

pub mod conditioned_gaussian;
pub mod element;
pub mod example;
pub mod forward_backward;
pub mod gaussian_chain;
pub mod gaussian_dense;
pub mod gaussian_rows;
pub mod held;
pub mod junction_tree;
pub mod kind;
pub mod lagged_gaussian_chain;
pub mod laws;
pub mod marginal;
pub mod normal_gamma;
pub mod normal_gamma_vector;
pub mod normal_wishart;
pub mod portable;
pub mod sequence;
pub mod shape;
pub mod sparse_gaussian;
pub mod steps;
pub mod tree;

use crate::expfam::joint::JointSpec;

/// Every kind of small joint block.
pub static JOINTS: &[&JointSpec] = &[&normal_gamma::SPEC, &normal_wishart::SPEC, &normal_gamma_vector::SPEC];
