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
pub(crate) mod scale;
pub mod site;
pub(crate) mod spd;
pub mod student_t;
pub mod uniform;
pub mod wishart;

pub(crate) use bounds::{in_range, positive};

use crate::expfam::{site::Site, spec::DistSpec};

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
    &site::negative_binomial::SPEC,
    &site::zero_inflated::SPEC,
    &site::laplace::SPEC,
    &site::ordered::SPEC,
];

/// Every entry and every other form of one that is a sum of products: what the laws of forms are run over. Sites
/// have their own.
pub fn forms() -> impl Iterator<Item = &'static DistSpec> {
    let all = REGISTRY.iter();
    let all = all.flat_map(|s| std::iter::once(*s).chain(s.cases.iter().copied()).chain(s.on_line));
    all.filter(|s| s.site.is_none())
}

/// Every site, with the entry whose lines it stands for.
pub fn sites() -> impl Iterator<Item = (&'static DistSpec, &'static dyn Site)> {
    let all = REGISTRY.iter().flat_map(|s| std::iter::once(*s).chain(s.links.iter().copied()));
    let all = all.flat_map(|s| std::iter::once(s).chain(s.tangent).chain(s.intervals.iter().copied()));
    all.filter_map(|s| Some((s, s.site?)))
}

/// The entry that a call of `name` with these names of arguments is of.
pub fn called(name: &str, has: &dyn Fn(&str) -> bool) -> Option<&'static DistSpec> {
    find(name).map(|s| s.called(has))
}

/// The distribution a model file calls `name`.
pub fn find(name: &str) -> Option<&'static DistSpec> {
    REGISTRY.iter().copied().find(|s| s.name == name)
}
