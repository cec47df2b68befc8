//! One file per distribution, and the registry of them all. Not here: gates, links, blocks.

pub mod bernoulli;
pub mod beta;
pub mod binomial;
pub mod categorical;
pub mod dirichlet;
pub mod exponential;
pub mod gamma;
pub mod log_normal;
pub mod multinomial;
pub mod mv_normal;
pub mod normal;
pub mod poisson;
pub(crate) mod quantile;
pub(crate) mod rise;
pub(crate) mod spd;
pub mod student_t;
pub mod wishart;

use crate::expfam::{family::Improper, spec::DistSpec};
use crate::num::reduce;

/// Every distribution, in the order in which `elbow list` shows them.
pub static REGISTRY: &[&DistSpec] = &[
    &normal::SPEC,
    &mv_normal::SPEC,
    &student_t::SPEC,
    &log_normal::SPEC,
    &gamma::SPEC,
    &exponential::SPEC,
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
    REGISTRY.iter().flat_map(|s| std::iter::once(*s).chain(s.cases.iter().copied()))
}

/// The distribution a model file calls `name`.
pub fn find(name: &str) -> Option<&'static DistSpec> {
    REGISTRY.iter().copied().find(|s| s.name == name)
}

/// `Err` where a standard parameter is not a positive finite number, NaN included.
pub(crate) fn positive(element: usize, what: &str, value: f64) -> Result<(), Improper> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Improper { element, why: format!("the {what} {value} is not a positive number") })
}

/// `Err` where parameters are so extreme that a moment or the normaliser is no finite number.
pub(crate) fn in_range(element: usize, moments: &[f64], log_norm: f64) -> Result<(), Improper> {
    if log_norm.is_finite() && reduce::all_finite(moments) {
        return Ok(());
    }
    Err(Improper { element, why: "its moments are beyond the range of floating-point numbers".into() })
}
