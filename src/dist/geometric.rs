//! Geometric(x | p), whole numbers from 0: the failures before the first success.
//!
//! Density: ln p + x ln(1 − p). Statistic: x; no base measure. The parameter carries (ln p, ln(1 − p)), so that
//! its prior is a Beta. Mean: (1 − p)/p. Source: Gelman et al., Bayesian Data Analysis (3rd ed., 2013), App. A:
//! the negative binomial of shape 1.

use crate::expfam::{
    form::{Term, part, term},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{BETA, COUNT},
};

const X: usize = 0;
const P: usize = 1;

static TERMS: &[Term] = &[term(|_| 1.0, &[part(P, 0, "")]), term(|_| 1.0, &[part(X, 0, ""), part(P, 1, "")])];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Geometric",
    summary: "a number of failures before the first success",
    source: "Gelman et al. (2013), App. A",
    density: "ln p + x ln(1 − p)",
    stat: &COUNT,
    params: &[Param {
        name: "p",
        stat: &BETA,
        random: true,
        gated: true,
        spellings: &[],
        doc: "the probability of a success: a number above 0, at most 1, or a Beta",
    }],
    terms: TERMS,
    log_base: None,
    family: None,
    mean_given: Some(|values, _| vec![(1.0 - values[P][0]) / values[P][0]]),
    points: &[
        Point { d: 1, params: &[&[0.5]] },
        Point { d: 1, params: &[&[0.05]] },
        Point { d: 1, params: &[&[1e-6]] },
        Point { d: 1, params: &[&[1.0]] },
    ],
    location: false,
    ..PLAIN
};
