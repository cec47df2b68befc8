//! One file per distribution, and the registry of them all. Not here: gates, links, blocks.

pub mod bernoulli;
pub mod beta;
pub mod binomial;
pub(crate) mod bounds;
pub mod categorical;
pub mod dirichlet;
pub mod exponential;
pub mod gamma;
pub mod half_cauchy;
pub mod half_normal;
mod half_scale;
pub mod half_student_t;
pub mod inverse_gamma;
pub mod line;
pub mod log_normal;
pub mod multinomial;
pub mod mv_normal;
pub mod normal;
pub mod poisson;
pub(crate) mod quantile;
pub(crate) mod rise;
pub(crate) mod spd;
pub mod student_t;
pub mod uniform;
pub mod wishart;

pub(crate) use bounds::{in_range, positive};

use crate::expfam::spec::DistSpec;

/// Every distribution, in the order in which `elbow list` shows them.
pub static REGISTRY: &[&DistSpec] = &[
    &normal::SPEC,
    &mv_normal::SPEC,
    &student_t::SPEC,
    &log_normal::SPEC,
    &gamma::SPEC,
    &exponential::SPEC,
    &inverse_gamma::SPEC,
    &half_normal::SPEC,
    &half_cauchy::SPEC,
    &half_student_t::SPEC,
    &uniform::SPEC,
    &wishart::SPEC,
    &beta::SPEC,
    &dirichlet::SPEC,
    &bernoulli::SPEC,
    &categorical::SPEC,
    &binomial::SPEC,
    &multinomial::SPEC,
    &poisson::SPEC,
];

/// Every entry and every other form of one: what the laws are run over.
pub fn forms() -> impl Iterator<Item = &'static DistSpec> {
    REGISTRY.iter().flat_map(|s| std::iter::once(*s).chain(s.cases.iter().copied()).chain(s.on_line))
}

/// The distribution a model file calls `name`.
pub fn find(name: &str) -> Option<&'static DistSpec> {
    REGISTRY.iter().copied().find(|s| s.name == name)
}
