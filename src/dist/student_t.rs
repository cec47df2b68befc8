//! StudentT(x | mean m, precision τ, dof ν), on the real line: a Normal whose precision is scaled by a Gamma
//! of its own.
//!
//! Density: ln Γ(½(ν + 1)) − ln Γ(½ν) + ½ ln(τ/(νπ)) − ½(ν + 1) ln(1 + τ(x − m)²/ν). No product of statistics
//! is that, but it is ∫ Normal(x | m, τs) Gamma(s | ½ν, ½ν) ds, and both of these are conjugate: the
//! auxiliary s becomes a variable of q. The bound is then one on ln p(data) with s in q. Source: Bishop
//! (2006), p. 102–103 eq. 2.158–2.159.

use super::{gamma, normal};
use crate::expfam::{
    form::{Measure, part, term, term_against},
    line::{self, LINE},
    outlook::Predictive,
    spec::{Augment, DistSpec, PLAIN, Param, Point, Spelling, Taken},
    stat::{self, Arithmetic, Domain, GAMMA, GAUSSIAN, Part, PartRole, PartShape, StatKind},
};

const MEAN: usize = 1;
const PRECISION: usize = 2;
const DOF: usize = 3;

/// Known degrees of freedom.
static FREEDOM: StatKind = StatKind {
    name: "dof",
    parts: &[Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known positive number",
    of_value: |x, _, out| {
        stat::positive(x[0])?;
        out[0] = x[0];
        Ok(())
    },
};

static MIXTURE: Augment = Augment {
    name: "scale",
    auxiliary: &gamma::SPEC,
    auxiliary_args: &[Taken::Share(0.5, DOF), Taken::Share(0.5, DOF)],
    given: &normal::SPEC,
    given_args: &[Taken::As(MEAN), Taken::Scaled(PRECISION)],
};

/// p(s) where ν is random: Gamma(s | ½ν, ½ν), all of whose functions of ν the line has.
static SCALE: DistSpec = DistSpec {
    name: "Gamma",
    summary: "the scale of a StudentT, of mean 1",
    source: "Bishop (2006), p. 103 eq. 2.161",
    density: "½ dof ln ½ dof − ln Γ(½ dof) + (½ dof − 1) ln x − ½ dof x",
    stat: &GAMMA,
    params: &[Param {
        name: "dof",
        stat: &LINE,
        random: true,
        gated: true,
        spellings: &[],
        doc: "degrees of freedom: a positive number, or a node that is one",
    }],
    terms: &[
        term(|_| 0.5, &[part(1, line::X, ""), part(0, 1, "")]),
        term_against(Measure::Plain, |_| -1.0, &[part(0, 1, "")]),
        term(|_| -0.5, &[part(1, line::X, ""), part(0, 0, "")]),
        term(|_| 1.0, &[part(1, line::FREEDOM, "")]),
    ],
    measure: &[1],
    family: Some(&gamma::Gamma),
    mean_given: Some(|_, _| vec![1.0]),
    sd_given: Some(|values, _| vec![(2.0 / values[1][0]).sqrt()]),
    ..PLAIN
};

static RANDOM_MIXTURE: Augment = Augment {
    name: "scale",
    auxiliary: &SCALE,
    auxiliary_args: &[Taken::As(DOF)],
    given: &normal::SPEC,
    given_args: &[Taken::As(MEAN), Taken::Scaled(PRECISION)],
};

static RANDOM_DOF: DistSpec = DistSpec {
    params: &[
        SPEC.params[0],
        SPEC.params[1],
        Param {
            name: "dof",
            stat: &LINE,
            random: true,
            gated: true,
            spellings: &[],
            doc: "degrees of freedom: a positive number, or a node that is one",
        },
    ],
    augment: Some(&RANDOM_MIXTURE),
    cases: &[],
    ..SPEC
};

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "StudentT",
    summary: "a real number around a mean, with heavy tails",
    source: "Bishop (2006), eq. 2.159",
    density: "ln Γ(½(dof + 1)) − ln Γ(½ dof) + ½ ln(precision/(π dof)) − ½ (dof + 1) ln(1 + precision (x − mean)²/dof)",
    stat: &GAUSSIAN,
    params: &[
        Param {
            name: "mean",
            stat: &GAUSSIAN,
            random: true,
            gated: true,
            spellings: &[],
            doc: "the centre: a number, a Normal, or a sum and product of them",
        },
        Param {
            name: "precision",
            stat: &GAMMA,
            random: true,
            gated: true,
            spellings: &[Spelling { name: "scale", convert: normal::reciprocal_square, power: Some(-2) }],
            doc: "1/scale²: a positive number, a Gamma or an Exponential, or a product of them",
        },
        Param {
            name: "dof",
            stat: &FREEDOM,
            random: false,
            gated: true,
            spellings: &[],
            doc: "degrees of freedom, a positive number or a node that is one: the smaller, the heavier the tails",
        },
    ],
    mean_given: Some(|values, _| vec![values[MEAN][0]]),
    sd_given: Some(|values, _| {
        let (precision, dof) = (values[PRECISION][0], values[DOF][0]);
        vec![if dof > 2.0 { (dof / (dof - 2.0) / precision).sqrt() } else { f64::INFINITY }]
    }),
    augment: Some(&MIXTURE),
    predictive: Some(Predictive::Around(|e, _| {
        let dof = e.number(DOF, 1);
        vec![if dof > 2.0 { dof / (dof - 2.0) * e.number(PRECISION, -1) } else { f64::INFINITY }]
    })),
    points: &[
        Point { d: 1, params: &[&[0.0], &[1.0], &[3.0]] },
        Point { d: 1, params: &[&[-3.5], &[0.25], &[1.0]] },
        Point { d: 1, params: &[&[2.0], &[1e4], &[30.0]] },
        Point { d: 1, params: &[&[1e3], &[1e-3], &[0.5]] },
    ],
    location: true,
    cases: &[&RANDOM_DOF],
    ..PLAIN
};
