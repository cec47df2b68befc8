//! ZeroInflated(x | zero p, of: Poisson(rate λ)): 0 with probability p, else the Poisson's, which may be 0
//! too.
//!
//! Which of the two a 0 is of is a category of its own, summed out: ln(exp⟨ln p⟩ + exp(⟨ln(1 − p)⟩ + E ln
//! Poisson(0))) is the best that q of the category can do, so the bound is that of q with it. Source:
//! Lambert, Technometrics 34 (1992), p. 3 eq. 1.

use super::{BEND, OF_KNOWN, SLOPE, WHOLE, carried, predictor, slope};
use crate::{
    expfam::{
        form::{Term, part, term},
        outlook::{Outlook, Predictive},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, LogBase, PLAIN, Param},
        stat::{BETA, GAMMA, StatKind},
    },
    num::special::{ln_gamma, log_sum_exp},
};

const X: usize = 0;
const ZERO: usize = 1;
const RATE: usize = 2;

static BY_RATE: StatKind =
    carried("zero-inflated count site", &[SLOPE, BEND, OF_KNOWN, slope("d(x)")], WHOLE);

static BY_LOG_RATE: StatKind =
    carried("zero-inflated log-rate site", &[SLOPE, BEND, OF_KNOWN, slope("d(x)")], WHOLE);

const ZERO_WITH: Param = Param {
    name: "zero",
    stat: &BETA,
    random: true,
    gated: true,
    spellings: &[],
    doc: "the probability of a 0 that is not the other distribution's: a number from 0 to 1, or a Beta",
};

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(ZERO, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(ZERO, 1, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(RATE, 0, "")]),
    term(|_| 1.0, &[part(X, 3, ""), part(RATE, 1, "")]),
];

static LOG_TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(RATE, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(RATE, 1, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(ZERO, 0, "")]),
    term(|_| 1.0, &[part(X, 3, ""), part(ZERO, 1, "")]),
];

const BASE: LogBase = |values, _| -ln_gamma(values[X][0] + 1.0);

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "ZeroInflated",
    summary: "a number of events, or none for another reason",
    source: "Lambert (1992), eq. 1",
    density: "ln(zero [x = 0] + (1 − zero) rateˣ exp(−rate)/x!)",
    stat: &BY_RATE,
    params: &[
        ZERO_WITH,
        Param {
            name: "rate",
            stat: &GAMMA,
            random: true,
            gated: true,
            spellings: &[],
            doc: "of the Poisson, written `of: Poisson(rate: …)`: a positive number, a Gamma or an Exponential, or a product of them",
        },
    ],
    terms: TERMS,
    log_base: Some(BASE),
    predictive: Some(Predictive::Moments(|e, _| {
        let (p, rate) = (e.number(ZERO, 1), e.number(RATE, 1));
        let (rest, second) = (1.0 - p, e.number(RATE, 2));
        let variance = rest * (second + rate) - rest * rest * rate * rate;
        Outlook { mean: vec![rest * rate], variance: vec![variance], ..Outlook::default() }
    })),
    of: Some("Poisson"),
    site: Some(&Inflated { log_rate: false }),
    links: &[&LOG_RATE],
    ..PLAIN
};

static LOG_RATE: DistSpec = DistSpec {
    name: "ZeroInflated",
    summary: "a number of events, by the logarithm of their rate, or none for another reason",
    source: "Lambert (1992), eq. 1",
    density: "ln(zero [x = 0] + (1 − zero) exp(x log_rate − exp(log_rate))/x!)",
    stat: &BY_LOG_RATE,
    params: &[
        ZERO_WITH,
        predictor(
            "log_rate",
            "of the Poisson, written `of: Poisson(log_rate: …)`: what the mean of a Normal may be",
        ),
    ],
    terms: LOG_TERMS,
    log_base: Some(BASE),
    predictive: Some(Predictive::Moments(|e, _| {
        let ([m, v], rest) = ((e.real)(RATE), 1.0 - e.number(ZERO, 1));
        let rate = (m + 0.5 * v).exp();
        let variance = rest * (rate * rate * v.exp() + rate) - rest * rest * rate * rate;
        Outlook { mean: vec![rest * rate], variance: vec![variance], ..Outlook::default() }
    })),
    site: Some(&Inflated { log_rate: true }),
    ..PLAIN
};

/// The site. η: ⟨ln p⟩, ⟨ln(1 − p)⟩, ⟨λ⟩, ⟨ln λ⟩; by a log rate: ⟨ψ⟩, ⟨ψ²⟩, ⟨ln p⟩, ⟨ln(1 − p)⟩.
#[derive(Debug)]
pub struct Inflated {
    log_rate: bool,
}

impl Site for Inflated {
    fn name(&self) -> &'static str {
        "zero inflation"
    }
    fn rule(&self) -> &'static str {
        match self.log_rate {
            true => "its two categories summed out, and E exp ψ of a Gaussian ψ in closed form",
            false => "its two categories summed out",
        }
    }
    fn convex(&self) -> bool {
        !self.log_rate
    }
    fn predictor(&self) -> bool {
        // Of two categories, it is below E ln p.
        false
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let x = value[0];
        let (zero, rest) = if self.log_rate { (eta[2], eta[3]) } else { (eta[0], eta[1]) };
        let (mut rate, mut ln) = (eta[2], eta[3]);
        let (m, v) = mean_and_variance(eta);
        if self.log_rate {
            (rate, ln) = ((m + 0.5 * v).exp(), m);
        }
        let counted = rest - rate + if x > 0.0 { x * ln } else { 0.0 };
        let (a, share) = if x > 0.0 {
            (counted, 1.0)
        } else {
            let a = log_sum_exp(&[zero, counted]);
            (a, (counted - a).exp())
        };
        match self.log_rate {
            true => {
                slopes_of(m, share * (x - rate), -0.5 * share * rate, slopes);
                (slopes[2], slopes[3]) = (1.0 - share, share);
            }
            false => slopes.copy_from_slice(&[1.0 - share, share, -share, share * x]),
        }
        Ok(a)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        if self.log_rate {
            moments_of((value[0] + 0.5).ln(), 0.0, eta);
            (eta[2], eta[3]) = (-std::f64::consts::LN_2, -std::f64::consts::LN_2);
        } else if value[0] == 0.0 {
            eta.copy_from_slice(&[0.0, 0.0, 0.0, 0.0]);
        }
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[0.0], eta: &[-1.2, 1.6, -0.4, -1.3] },
            SitePoint { d: 1, value: &[0.0], eta: &[-0.8, 0.7, 1.4, 0.1] },
            SitePoint { d: 1, value: &[3.0], eta: &[-0.7, 0.75, 2.4, 0.7] },
        ]
    }
}
