//! Beta(x | alpha α, beta β), on [0, 1].
//!
//! Density: (α − 1) ln x + (β − 1) ln(1 − x) − ln B(α, β). Statistic: (ln x, ln(1 − x)). q is taken
//! against dx/(x(1 − x)), so that η = (α, β): in α − 1 a small α is lost.
//! A(η) = ln B(α, β) = ln Γ(α) + ln Γ(β) − ln Γ(α + β). Moments: (ψ(α) − ψ(α + β), ψ(β) − ψ(α + β)). ln B(α,
//! β) is no sum of products of a function of each, so it stands in the base measure and not in the form.
//! Where α is 1 it is, −ln B(1, β) = ln β, and β may be random, carried as (x, ln x); and the other way
//! round. Source: Bishop (2006), p. 71 eq. 2.13 and App. B p. 686.

use super::dirichlet::{LARGE, cancelled};
use super::rise::{digamma_rise, ln_gamma_rise};
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Measure, Term, part, term, term_against},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{self, Arithmetic, BETA, Domain, GAMMA, Part, PartRole, PartShape, StatKind},
};
use crate::num::special::{self, ln_gamma};
use crate::num::stream::Stream;

const X: usize = 0;
const ALPHA: usize = 1;
const BETA_: usize = 2;

/// Known exponents: (α − 1, α).
static EXPONENT: StatKind = StatKind {
    name: "Beta exponent",
    parts: &[
        Part { symbol: "x − 1", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known positive number",
    of_value: |x, _, out| {
        stat::positive(x[0])?;
        out[0] = x[0] - 1.0;
        out[1] = x[0];
        Ok(())
    },
};

static TERMS: &[Term] = &[
    term_against(Measure::Plain, |_| 1.0, &[part(ALPHA, 0, ""), part(X, 0, "")]),
    term_against(Measure::Plain, |_| 1.0, &[part(BETA_, 0, ""), part(X, 1, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(ALPHA, 1, ""), part(X, 0, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(BETA_, 1, ""), part(X, 1, "")]),
];

/// An exponent of 1, where the other one is random: the only part, α − 1, is 0. It stands in the form so that
/// values are checked.
static ONE: StatKind = StatKind {
    name: "one",
    parts: &[Part { symbol: "0", shape: PartShape::Scalar, role: PartRole::Zero }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "exactly 1: only then is a Beta conjugate to its other parameter",
    of_value: |x, _, out| {
        out[0] = 0.0;
        if x[0] == 1.0 { Ok(()) } else { Err("is not 1, and the other parameter is random") }
    },
};

/// ln β + (β − 1) ln(1 − x) with β random; `ALPHA` is 1.
static BETA_RANDOM_TERMS: &[Term] = &[
    term(|_| 1.0, &[part(ALPHA, 0, ""), part(X, 0, "")]),
    term(|_| 1.0, &[part(BETA_, 1, "")]),
    term(|_| 1.0, &[part(BETA_, 0, ""), part(X, 1, "")]),
    term_against(Measure::Plain, |_| -1.0, &[part(X, 1, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(X, 0, "")]),
];

/// ln α + (α − 1) ln x with α random; `BETA_` is 1.
static ALPHA_RANDOM_TERMS: &[Term] = &[
    term(|_| 1.0, &[part(BETA_, 0, ""), part(X, 1, "")]),
    term(|_| 1.0, &[part(ALPHA, 1, "")]),
    term(|_| 1.0, &[part(ALPHA, 0, ""), part(X, 0, "")]),
    term_against(Measure::Plain, |_| -1.0, &[part(X, 0, "")]),
    term_against(Measure::Family, |_| 1.0, &[part(X, 1, "")]),
];

const fn one(name: &'static str) -> Param {
    Param { name, stat: &ONE, random: false, gated: true, spellings: &[], doc: "1" }
}

const fn random(name: &'static str) -> Param {
    Param {
        name,
        stat: &GAMMA,
        random: true,
        gated: true,
        spellings: &[],
        doc: "a positive number, a Gamma or an Exponential",
    }
}

static BETA_RANDOM: DistSpec = DistSpec {
    density: "ln beta + (beta − 1) ln(1 − x)",
    params: &[one("alpha"), random("beta")],
    terms: BETA_RANDOM_TERMS,
    points: &[
        Point { d: 1, params: &[&[1.0], &[2.5]] },
        Point { d: 1, params: &[&[1.0], &[0.5]] },
        Point { d: 1, params: &[&[1.0], &[1e4]] },
    ],
    ..CASE
};

static ALPHA_RANDOM: DistSpec = DistSpec {
    density: "ln alpha + (alpha − 1) ln x",
    params: &[random("alpha"), one("beta")],
    terms: ALPHA_RANDOM_TERMS,
    points: &[
        Point { d: 1, params: &[&[2.5], &[1.0]] },
        Point { d: 1, params: &[&[0.01], &[1.0]] },
        Point { d: 1, params: &[&[1e4], &[1.0]] },
    ],
    ..CASE
};

/// What both have.
const CASE: DistSpec = DistSpec {
    name: "Beta",
    summary: "a probability",
    source: "Bishop (2006), eq. 2.13",
    stat: &BETA,
    measure: &[0, 1],
    family: Some(&Beta),
    // Of a random parameter there is no closed form: at its mean, without a spread.
    predictive: Some(Predictive::Moments(|e, _| {
        let (a, b) = (e.number(ALPHA, 1), e.number(BETA_, 1));
        let variance = mean_variance(e.known(ALPHA), e.known(BETA_))[1];
        Outlook { mean: vec![mean_variance(a, b)[0]], variance: vec![variance], ..Outlook::default() }
    })),
    ..PLAIN
};

/// Of a Beta of these parameters.
fn mean_variance(a: f64, b: f64) -> [f64; 2] {
    let mean = a / (a + b);
    [mean, mean * (b / (a + b)) / (a + b + 1.0)]
}

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Beta",
    summary: "a probability",
    source: "Bishop (2006), eq. 2.13",
    density: "(alpha − 1) ln x + (beta − 1) ln(1 − x) − ln B(alpha, beta)",
    stat: &BETA,
    params: &[
        Param {
            name: "alpha",
            stat: &EXPONENT,
            random: false,
            gated: false,
            spellings: &[],
            doc: "one more than the prior successes: a known positive number; a Gamma where beta is 1",
        },
        Param {
            name: "beta",
            stat: &EXPONENT,
            random: false,
            gated: false,
            spellings: &[],
            doc: "one more than the prior failures: a known positive number; a Gamma where alpha is 1",
        },
    ],
    terms: TERMS,
    log_base: Some(|values, _| -ln_beta(values[ALPHA][0], values[BETA_][0])),
    measure: &[0, 1],
    family: Some(&Beta),
    mean_given: None,
    predictive: Some(Predictive::Moments(|e, _| {
        let [mean, variance] = mean_variance(e.number(ALPHA, 1), e.number(BETA_, 1));
        Outlook { mean: vec![mean], variance: vec![variance], ..Outlook::default() }
    })),
    points: &[
        Point { d: 1, params: &[&[1.0], &[1.0]] },
        Point { d: 1, params: &[&[2.5], &[7.0]] },
        Point { d: 1, params: &[&[0.01], &[5.0]] },
        Point { d: 1, params: &[&[5.0], &[0.01]] },
        Point { d: 1, params: &[&[1e-3], &[1e-3]] },
        Point { d: 1, params: &[&[1e8], &[3e7]] },
        Point { d: 1, params: &[&[1e-30], &[0.5]] },
    ],
    cases: &[&BETA_RANDOM, &ALPHA_RANDOM],
    ..PLAIN
};

fn ln_beta(a: f64, b: f64) -> f64 {
    if a + b >= LARGE {
        return special::ln_beta(a, b);
    }
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    ln_gamma(low) - ln_gamma_rise(high, low)
}

/// q(x) = Beta.
#[derive(Debug)]
pub struct Beta;

/// (α, β) of one element.
fn standard(eta: &[f64]) -> (f64, f64) {
    (eta[0], eta[1])
}

impl Family for Beta {
    fn name(&self) -> &'static str {
        "Beta"
    }
    fn evaluate(
        &self,
        _: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        for (element, ((e, m), a)) in
            eta.chunks_exact(2).zip(moments.chunks_exact_mut(2)).zip(log_norm).enumerate()
        {
            let (alpha, beta) = standard(e);
            super::bounds::positive(element, "alpha", alpha)?;
            super::bounds::positive(element, "beta", beta)?;
            m[0] = -digamma_rise(alpha, beta);
            m[1] = -digamma_rise(beta, alpha);
            *a = ln_beta(alpha, beta);
            super::bounds::in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn cancelled(&self, _: usize, eta: &[f64]) -> f64 {
        let (a, b) = standard(eta);
        let whole = if a + b < LARGE { ln_gamma(a + b).abs() } else { 0.0 };
        2.0 * (cancelled(a, a + b) + cancelled(b, a + b) + whole)
    }
    fn parameters(&self, _: usize, eta: &[f64]) -> Vec<Parameter> {
        let (alpha, beta) = standard(eta);
        vec![
            Parameter { name: "alpha", domain: Domain::Positive, dims: vec![], values: vec![alpha] },
            Parameter { name: "beta", domain: Domain::Positive, dims: vec![], values: vec![beta] },
        ]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        vec![p[0].values[0], p[1].values[0]]
    }
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        let (a, b) = standard(eta);
        let total = a + b;
        Summary { mean: vec![a / total], sd: vec![super::dirichlet::share_sd(a, b)] }
    }
    fn quantile(&self, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let (alpha, beta) = standard(eta);
        vec![super::quantile::beta(alpha, beta, p)]
    }
    /// A draw nearer to 0 or 1 than floating-point numbers go comes out as 0 or 1.
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        let (alpha, beta) = standard(eta);
        vec![stream.beta(alpha, beta)]
    }
}
