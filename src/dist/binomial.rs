//! Binomial(x | trials n, probability p), whole numbers from 0 to n.
//!
//! Density: x ln p + (n − x) ln(1 − p) + ln C(n, x). Statistic: x; the binomial coefficient is the base
//! measure, and with it n. A known p of exactly 1 and x = n cancel ln 0 against itself: exact, but digits of
//! what is added in between may go. Source: Bishop (2006), p. 70 eq. 2.9.

use crate::expfam::{
    form::{Term, part, term},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{BETA, COUNT, LN_ZERO},
};
use crate::num::special::ln_choose;

const X: usize = 0;
const TRIALS: usize = 1;
const P: usize = 2;

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(P, 0, "")]),
    term(|_| 1.0, &[part(TRIALS, 0, ""), part(P, 1, "")]),
    term(|_| -1.0, &[part(X, 0, ""), part(P, 1, "")]),
];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Binomial",
    summary: "a number of successes",
    source: "Bishop (2006), eq. 2.9",
    density: "x ln p + (trials − x) ln(1 − p) + ln C(trials, x)",
    stat: &COUNT,
    params: &[
        Param {
            name: "trials",
            stat: &COUNT,
            random: false,
            gated: false,
            spellings: &[],
            doc: "a known whole number from 0",
        },
        Param {
            name: "p",
            stat: &BETA,
            random: true,
            gated: true,
            spellings: &[],
            doc: "the probability of success: a number from 0 to 1, or a Beta",
        },
    ],
    terms: TERMS,
    log_base: Some(|values, _| {
        let (x, n) = (values[X][0], values[TRIALS][0]);
        if x > n { LN_ZERO } else { ln_choose(n, x) }
    }),
    family: None,
    mean_given: Some(|values, _| vec![values[TRIALS][0] * values[P][0]]),
    predictive: Some(Predictive::Moments(|e, _| {
        // Of a Beta, the Beta–binomial.
        let (n, p) = (e.number(TRIALS, 1), e.number(P, 1));
        let variance = n * p * (1.0 - p) + n * (n - 1.0) * (e.variance)(P)[0];
        Outlook { mean: vec![n * p], variance: vec![variance], ..Outlook::default() }
    })),
    points: &[
        Point { d: 1, params: &[&[10.0], &[0.3]] },
        Point { d: 1, params: &[&[1.0], &[0.9]] },
        Point { d: 1, params: &[&[1e6], &[1e-6]] },
        Point { d: 1, params: &[&[0.0], &[0.5]] },
    ],
    location: false,
    links: &[&super::site::logit::BINOMIAL_LOGIT],
    ..PLAIN
};
