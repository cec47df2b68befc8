//! Bernoulli(x | probability p), 0 or 1.
//!
//! Density: x ln p + (1 − x) ln(1 − p). Statistic: (x, 1 − x). η = (ln p, ln(1 − p)), up to a constant.
//! A(η) = ln(exp η₁ + exp η₂). Moments: (p, 1 − p).
//! Source: Bishop (2006), p. 69 eq. 2.2 and App. B p. 685.

use super::categorical::{softmax, softmax_all};
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Term, part, term},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{BETA, BINARY, Domain, LN_ZERO},
};
use crate::num::{special, stream::Stream};

const X: usize = 0;
const P: usize = 1;

static TERMS: &[Term] =
    &[term(|_| 1.0, &[part(X, 0, ""), part(P, 0, "")]), term(|_| 1.0, &[part(X, 1, ""), part(P, 1, "")])];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Bernoulli",
    summary: "yes or no",
    source: "Bishop (2006), eq. 2.2",
    density: "x ln p + (1 − x) ln(1 − p)",
    stat: &BINARY,
    params: &[Param {
        name: "p",
        stat: &BETA,
        random: true,
        gated: true,
        spellings: &[],
        doc: "the probability of 1: a number from 0 to 1, or a Beta",
    }],
    terms: TERMS,
    log_base: None,
    family: Some(&Bernoulli),
    mean_given: None,
    predictive: Some(Predictive::Moments(|e, _| {
        let p = e.number(P, 1);
        Outlook { mean: vec![p], variance: vec![p * (1.0 - p)], ..Outlook::default() }
    })),
    points: &[
        Point { d: 1, params: &[&[0.5]] },
        Point { d: 1, params: &[&[0.9]] },
        Point { d: 1, params: &[&[1e-12]] },
        Point { d: 1, params: &[&[0.0]] },
        Point { d: 1, params: &[&[1.0]] },
    ],
    location: false,
    links: &[&super::site::logit::BERNOULLI_LOGIT, &super::site::probit::SPEC],
    ..PLAIN
};

/// q(x) = Bernoulli.
#[derive(Debug)]
pub struct Bernoulli;

/// (p, 1 − p) of one element.
fn standard(eta: &[f64]) -> [f64; 2] {
    let mut p = [0.0; 2];
    if softmax(0, eta, &mut p).is_err() {
        p.fill(f64::NAN);
    }
    p
}

impl Family for Bernoulli {
    fn name(&self) -> &'static str {
        "Bernoulli"
    }
    fn evaluate(
        &self,
        _: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        softmax_all(special::softmax_rows, 2, eta, moments, log_norm)
    }
    fn parameters(&self, _: usize, eta: &[f64]) -> Vec<Parameter> {
        vec![Parameter { name: "p", domain: Domain::Unit, dims: vec![], values: vec![standard(eta)[0]] }]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        let p = p[0].values[0];
        vec![if p == 0.0 { LN_ZERO } else { p.ln() }, if p == 1.0 { LN_ZERO } else { (-p).ln_1p() }]
    }
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        let [p, rest] = standard(eta);
        Summary { mean: vec![p], sd: vec![(p * rest).sqrt()] }
    }
    fn quantile(&self, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        vec![if p <= standard(eta)[1] { 0.0 } else { 1.0 }]
    }
    fn is_softmax(&self) -> bool {
        true
    }
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        vec![if stream.uniform() < standard(eta)[0] { 1.0 } else { 0.0 }]
    }
}
