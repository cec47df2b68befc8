//! Multinomial(x | trials n, probabilities p), vectors of d whole numbers that sum to n.
//!
//! Density: Σ x_k ln p_k + ln n! − Σ ln x_k!. Statistic: x; the multinomial coefficient is the base measure,
//! and with it n. Source: Bishop (2006), p. 76 eq. 2.34–2.35.

use crate::expfam::{
    form::{Term, part, term},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{COUNT, COUNTS, DIRICHLET, LN_ZERO},
};
use crate::num::special::ln_choose;

const X: usize = 0;
const TRIALS: usize = 1;
const P: usize = 2;

static TERMS: &[Term] = &[term(|_| 1.0, &[part(X, 0, "i"), part(P, 0, "i")])];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Multinomial",
    summary: "how often each category came up",
    source: "Bishop (2006), eq. 2.34",
    density: "Σ x_k ln p_k + ln trials! − Σ ln x_k!",
    stat: &COUNTS,
    params: &[
        Param {
            name: "trials",
            stat: &COUNT,
            random: false,
            gated: false,
            spellings: &[],
            doc: "a known whole number: the sum of the counts",
        },
        Param {
            name: "p",
            stat: &DIRICHLET,
            random: true,
            gated: true,
            spellings: &[],
            doc: "the probabilities: a vector that sums to 1, or a Dirichlet",
        },
    ],
    terms: TERMS,
    log_base: Some(|values, _| {
        let (x, n) = (values[X], values[TRIALS][0]);
        if x.iter().sum::<f64>() != n {
            return LN_ZERO;
        }
        // One category after the other, each chosen out of what it and those before it have: the plain sum of
        // ln x! would cancel to this with n ln n.
        let mut so_far = 0.0;
        let each = x.iter().map(|&x| {
            so_far += x;
            ln_choose(so_far, x)
        });
        each.sum()
    }),
    family: None,
    mean_given: Some(|values, _| values[P].iter().map(|p| values[TRIALS][0] * p).collect()),
    predictive: Some(Predictive::Moments(|e, _| {
        // Of a Dirichlet, the Dirichlet–multinomial.
        let (n, p, v) = (e.number(TRIALS, 1), (e.power)(P, 1), (e.variance)(P));
        let variance = p.iter().zip(&v).map(|(p, v)| n * p * (1.0 - p) + n * (n - 1.0) * v).collect();
        Outlook { mean: p.iter().map(|p| n * p).collect(), variance, ..Outlook::default() }
    })),
    points: &[
        Point { d: 3, params: &[&[10.0], &[0.3, 0.6, 0.1]] },
        Point { d: 2, params: &[&[1.0], &[0.9, 0.1]] },
        Point { d: 4, params: &[&[1e6], &[1e-6, 0.25, 0.25, 0.499_999]] },
        Point { d: 3, params: &[&[5.0], &[0.5, 0.5, 0.0]] },
    ],
    location: false,
    ..PLAIN
};
