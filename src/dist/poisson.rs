//! Poisson(x | rate λ), whole numbers from 0.
//!
//! Density: x ln λ − λ − ln x!. Statistic: x; −ln x! is the base measure.
//! Source: Gelman et al., Bayesian Data Analysis (3rd ed., 2013), App. A p. 584 and p. 43 eq. 2.14.

use crate::expfam::{
    form::{Term, part, term},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{COUNT, GAMMA},
};
use crate::num::special::ln_gamma;

const X: usize = 0;
const RATE: usize = 1;

static TERMS: &[Term] =
    &[term(|_| 1.0, &[part(X, 0, ""), part(RATE, 1, "")]), term(|_| -1.0, &[part(RATE, 0, "")])];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Poisson",
    summary: "a number of events",
    source: "Gelman et al. (2013), App. A",
    density: "x ln rate − rate − ln x!",
    stat: &COUNT,
    params: &[Param {
        name: "rate",
        stat: &GAMMA,
        random: true,
        gated: true,
        spellings: &[],
        doc: "the expected number: a positive number, a Gamma or an Exponential, or one of these times a known exposure",
    }],
    terms: TERMS,
    log_base: Some(|values, _| -ln_gamma(values[X][0] + 1.0)),
    family: None,
    mean_given: Some(|values, _| values[RATE].to_vec()),
    predictive: Some(Predictive::Moments(|e, _| {
        // Of a Gamma, the negative binomial.
        let mean = e.number(RATE, 1);
        Outlook { mean: vec![mean], variance: vec![mean + (e.variance)(RATE)[0]], ..Outlook::default() }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0]] },
        Point { d: 1, params: &[&[20.5]] },
        Point { d: 1, params: &[&[1e-6]] },
        Point { d: 1, params: &[&[1e6]] },
    ],
    location: false,
    links: &[&super::site::poisson::SPEC],
    ..PLAIN
};
