//! One file per distribution, and the registry of them all. Not here: gates, links, blocks.

pub mod normal;

use crate::expfam::spec::DistSpec;

/// Every distribution, in the order in which `elbow list` shows them.
pub static REGISTRY: &[&DistSpec] = &[&normal::SPEC];

/// The distribution a model file calls `name`.
pub fn find(name: &str) -> Option<&'static DistSpec> {
    REGISTRY.iter().copied().find(|s| s.name == name)
}
