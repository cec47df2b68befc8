//! One file per kind of block of q.

pub mod conditioned_gaussian;
pub mod forward_backward;
pub mod gaussian_chain;
pub mod gaussian_dense;
pub mod junction_tree;
pub mod lagged_gaussian_chain;
pub mod normal_gamma;
pub mod normal_gamma_vector;
pub mod normal_wishart;
pub mod sparse_gaussian;
pub mod tree;

use crate::expfam::joint::JointSpec;

/// Every kind of small joint block.
pub static JOINTS: &[&JointSpec] = &[&normal_gamma::SPEC, &normal_wishart::SPEC, &normal_gamma_vector::SPEC];
