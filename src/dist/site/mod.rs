//! Lines whose density is no product of statistics, by a link: one file for each function, with the
//! distributions that it belongs to. Not here: the contract (`expfam::site`).

pub mod exponential;
pub mod heteroscedastic;
pub mod interval;
pub mod laplace;
pub mod logit;
pub mod negative_binomial;
pub mod ordered;
pub mod poisson;
pub mod probit;
pub mod softmax;
pub mod zero_inflated;

use crate::expfam::{
    spec::Param,
    stat::{GAUSSIAN, Part, PartRole, PartShape},
};

/// The slope of a site in its predictor.
pub(crate) const SLOPE: Part = Part { symbol: "a(x)", shape: PartShape::Scalar, role: PartRole::Other };
/// The slope in the predictor's square.
pub(crate) const BEND: Part = Part { symbol: "b(x)", shape: PartShape::Scalar, role: PartRole::Other };
/// The slope in a known number.
pub(crate) const OF_KNOWN: Part = Part { symbol: "c(x)", shape: PartShape::Scalar, role: PartRole::Other };

/// A predictor: what the mean of a Normal may be.
pub(crate) const fn predictor(name: &'static str, doc: &'static str) -> Param {
    Param { name, stat: &GAUSSIAN, random: true, gated: true, spellings: &[], doc }
}
