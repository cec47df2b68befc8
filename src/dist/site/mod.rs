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
    form::{Term, part, term},
    spec::Param,
    stat::{self, Arithmetic, Domain, GAUSSIAN, OfValue, Part, PartRole, PartShape, StatKind},
};

/// Values that a line may have, which its site reads as they are.
pub(crate) struct Values {
    domain: Domain,
    support: &'static str,
    of_value: OfValue,
}

/// 0 or 1.
pub(crate) const BINARY: Values = Values {
    domain: Domain::Binary,
    support: "0 or 1",
    of_value: |x, _, out| {
        out.fill(0.0);
        stat::binary(x[0])
    },
};
/// Whole numbers from 0.
pub(crate) const WHOLE: Values = Values {
    domain: Domain::Count,
    support: "a whole number from 0",
    of_value: |x, _, out| {
        out.fill(0.0);
        stat::whole(x[0])
    },
};
/// Positive numbers.
pub(crate) const POSITIVE: Values = Values {
    domain: Domain::Positive,
    support: "a positive number",
    of_value: |x, _, out| {
        out.fill(0.0);
        stat::positive(x[0])
    },
};
/// Real numbers.
pub(crate) const REAL: Values = Values {
    domain: Domain::Real,
    support: "a real number",
    of_value: |x, _, out| {
        out.fill(0.0);
        if x[0].is_finite() { Ok(()) } else { Err("is not finite") }
    },
};

/// What a line with a site carries: the slopes, which are 0 of a value alone.
pub(crate) const fn carried(name: &'static str, parts: &'static [Part], of: Values) -> StatKind {
    let Values { domain, support, of_value } = of;
    StatKind {
        name,
        parts,
        value: PartShape::Scalar,
        arithmetic: Arithmetic::None,
        domain,
        support,
        of_value,
    }
}

/// The products of a site whose one predictor is the first parameter: its slopes times ψ and ψ².
pub(crate) static OF_PREDICTOR: &[Term] =
    &[term(|_| 1.0, &[part(0, 0, ""), part(1, 0, "")]), term(|_| 1.0, &[part(0, 1, ""), part(1, 1, "")])];

/// The slope of a site in its predictor.
pub(crate) const SLOPE: Part = slope("a(x)");
/// The slope in the predictor's square.
pub(crate) const BEND: Part = slope("b(x)");
/// The slope in a known number.
pub(crate) const OF_KNOWN: Part = slope("c(x)");

/// A slope in any number that the site is given.
pub(crate) const fn slope(symbol: &'static str) -> Part {
    Part { symbol, shape: PartShape::Scalar, role: PartRole::Other }
}

/// A predictor: what the mean of a Normal may be.
pub(crate) const fn predictor(name: &'static str, doc: &'static str) -> Param {
    Param { name, stat: &GAUSSIAN, random: true, gated: true, spellings: &[], doc }
}
