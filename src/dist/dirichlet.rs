//! Dirichlet(x | concentration α), on probability vectors of length d.
//!
//! Density: Σ (α_k − 1) ln x_k − ln B(α), ln B(α) = Σ ln Γ(α_k) − ln Γ(Σ α_k). Statistic: ln x. q is
//! taken against Π dx_k/x_k, so that η = α: in α − 1 a small concentration is lost.
//! A(η) = ln B(α). Moments: ψ(α_k) − ψ(Σ α). Each x_k alone is Beta(α_k, Σ α − α_k).
//! Source: Bishop (2006), p. 76 eq. 2.38 and App. B p. 687.

use super::rise::{digamma_rise, ln_gamma_rise};
use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Measure, Term, part, term, term_against},
    line::{self, LINE},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{Arithmetic, DIRICHLET, Domain, Part, PartRole, PartShape, StatKind},
};
use crate::num::{
    reduce,
    special::{self, digamma, ln_gamma},
    stream::Stream,
};

const X: usize = 0;
const CONCENTRATION: usize = 1;

/// Known concentrations: (α − 1, ln B(α), α).
static CONCENTRATIONS: StatKind = StatKind {
    name: "concentration",
    parts: &[
        Part { symbol: "x − 1", shape: PartShape::Vector, role: PartRole::Other },
        Part { symbol: "ln B(x)", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "x", shape: PartShape::Vector, role: PartRole::Value },
    ],
    value: PartShape::Vector,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "known positive numbers",
    of_value: |x, d, out| {
        if x.iter().any(|v| !v.is_finite()) {
            return Err("is not finite");
        }
        if x.iter().any(|&v| v <= 0.0) {
            return Err("is not positive");
        }
        for (o, v) in out.iter_mut().zip(x) {
            *o = v - 1.0;
        }
        out[d] = ln_beta(x);
        out[d + 1..].copy_from_slice(x);
        Ok(())
    },
};

/// From this total on, ln Γ of it is so large beside ln B that its digits count.
pub(super) const LARGE: f64 = 1e8;

/// ln B of many, one after the other: no part is larger than the sum has to be.
fn ln_beta_by_two(alpha: &[f64]) -> f64 {
    let mut so_far = 0.0;
    let each = alpha.iter().map(|&a| {
        let two = if so_far > 0.0 { special::ln_beta(a, so_far) } else { 0.0 };
        so_far += a;
        two
    });
    each.sum()
}

/// What cancels in ln B and beside it, of one concentration out of a total: ln Γ of it, or, where this is summed by
/// two, what is left of it.
pub(super) fn cancelled(alpha: f64, total: f64) -> f64 {
    if total < LARGE { ln_gamma(alpha).abs() } else { alpha * (total / alpha).ln() + alpha.ln().abs() }
}

fn ln_beta(alpha: &[f64]) -> f64 {
    if reduce::sum(alpha) >= LARGE {
        return ln_beta_by_two(alpha);
    }
    // The largest goes into the rise, where it costs no digits.
    let largest = largest(alpha);
    let (mut rest, mut sum) = (0.0, 0.0);
    for (_, &a) in alpha.iter().enumerate().filter(|(k, _)| *k != largest) {
        rest += a;
        sum += ln_gamma(a);
    }
    // One category alone is certain.
    if rest == 0.0 { 0.0 } else { sum - ln_gamma_rise(alpha[largest], rest) }
}

/// The first of the largest.
fn largest(alpha: &[f64]) -> usize {
    let top = reduce::max(alpha);
    alpha.iter().position(|a| *a == top).unwrap_or(0)
}

static TERMS: &[Term] = &[
    term_against(Measure::Plain, |_| 1.0, &[part(CONCENTRATION, 0, "i"), part(X, 0, "i")]),
    term_against(Measure::Family, |_| 1.0, &[part(CONCENTRATION, 2, "i"), part(X, 0, "i")]),
    term(|_| -1.0, &[part(CONCENTRATION, 1, "")]),
];

/// The same with one random concentration for all, on the line: ln B is d ln Γ(c) − ln Γ(dc).
static RANDOM_CONCENTRATION: DistSpec = DistSpec {
    params: &[Param {
        name: "concentration",
        stat: &LINE,
        random: true,
        gated: true,
        spellings: &[],
        doc: "a positive number for all, or a node that is one",
    }],
    terms: &[
        term(|_| 1.0, &[part(CONCENTRATION, line::X, ""), part(X, 0, "i")]),
        term_against(Measure::Plain, |_| -1.0, &[part(X, 0, "i")]),
        term(|d| -(d as f64), &[part(CONCENTRATION, line::LN_GAMMA, "")]),
        term(|_| 1.0, &[part(CONCENTRATION, line::LN_GAMMA_TIMES, "")]),
        term(|d| d as f64, &[part(CONCENTRATION, line::TIMES, "")]),
    ],
    cases: &[],
    predictive: None,
    mean_given: Some(|_, d| vec![1.0 / d as f64; d]),
    points: &[
        Point { d: 3, params: &[&[1.0]] },
        Point { d: 2, params: &[&[0.3]] },
        Point { d: 5, params: &[&[40.0]] },
    ],
    ..SPEC
};

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Dirichlet",
    summary: "a probability vector",
    source: "Bishop (2006), eq. 2.38",
    density: "Σ (concentration_k − 1) ln x_k − ln B(concentration)",
    stat: &DIRICHLET,
    params: &[Param {
        name: "concentration",
        stat: &CONCENTRATIONS,
        random: false,
        gated: true,
        spellings: &[],
        doc: "a positive number or a node that is one, for all, or a known vector of them",
    }],
    terms: TERMS,
    measure: &[0],
    log_base: None,
    family: Some(&Dirichlet),
    mean_given: None,
    predictive: Some(Predictive::Moments(|e, _| {
        let alpha = (e.power)(CONCENTRATION, 1);
        let total: f64 = alpha.iter().sum();
        // What the others have, summed from both sides: a total less one of them may have no digit left.
        let mut after: Vec<f64> =
            alpha.iter().rev().scan(0.0, |sum, a| Some(std::mem::replace(sum, *sum + a))).collect();
        after.reverse();
        let before = alpha.iter().scan(0.0, |sum, a| Some(std::mem::replace(sum, *sum + a)));
        let others = before.zip(after).map(|(b, a)| b + a);
        let variance =
            alpha.iter().zip(others).map(|(a, o)| a / total * (o / total) / (total + 1.0)).collect();
        Outlook { mean: alpha.iter().map(|a| a / total).collect(), variance, ..Outlook::default() }
    })),
    points: &[
        Point { d: 3, params: &[&[1.0, 1.0, 1.0]] },
        Point { d: 2, params: &[&[0.5, 3.0]] },
        Point { d: 4, params: &[&[2.0, 0.7, 9.0, 40.0]] },
        Point { d: 3, params: &[&[1e-3, 1e-3, 1e-3]] },
        Point { d: 3, params: &[&[1e8, 1e8, 2e8]] },
        Point { d: 3, params: &[&[1e-3, 1.0, 1e8]] },
        Point { d: 1, params: &[&[2.0]] },
        Point { d: 3, params: &[&[1e-30, 1.0, 1e-20]] },
    ],
    location: false,
    cases: &[&RANDOM_CONCENTRATION],
    ..PLAIN
};

/// q(x) = Dirichlet.
#[derive(Debug)]
pub struct Dirichlet;

fn concentration(eta: &[f64]) -> Vec<f64> {
    eta.to_vec()
}

impl Family for Dirichlet {
    fn name(&self) -> &'static str {
        "Dirichlet"
    }
    fn evaluate(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        for (element, ((e, m), a)) in
            eta.chunks_exact(d).zip(moments.chunks_exact_mut(d)).zip(log_norm).enumerate()
        {
            m.copy_from_slice(e);
            if !reduce::all_positive(m) {
                m.iter().try_for_each(|m| super::bounds::positive(element, "concentration", *m))?;
            }
            let top = largest(m);
            let alpha = m[top];
            let total = reduce::sum(m);
            // Σ of the others: the difference from the total would lose a small one beside a large one.
            let rest = reduce::sum(&m[..top]) + reduce::sum(&m[top + 1..]);
            let ln_gammas = special::gamma_sums(m, top);
            *a = match total {
                _ if rest == 0.0 => 0.0,
                LARGE.. => ln_beta_by_two(e),
                _ => ln_gammas - ln_gamma_rise(alpha, rest),
            };
            let shift = digamma(total);
            m.iter_mut().for_each(|m| *m -= shift);
            // One that is nearly all of the total needs its digits; at most one other comes near.
            m[top] = -digamma_rise(alpha, rest);
            super::bounds::in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn cancelled(&self, _: usize, eta: &[f64]) -> f64 {
        let total = reduce::sum(eta);
        let whole = if total < LARGE { ln_gamma(total).abs() } else { 0.0 };
        2.0 * (eta.iter().map(|a| cancelled(*a, total)).sum::<f64>() + whole)
    }
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter> {
        vec![Parameter {
            name: "concentration",
            domain: Domain::Positive,
            dims: vec![d],
            values: concentration(eta),
        }]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        p[0].values.clone()
    }
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        let alpha = concentration(eta);
        let total: f64 = alpha.iter().sum();
        // Σ of the others, not total − α: the difference would lose a small one beside a large one.
        let rest = others(&alpha);
        let sd = alpha.iter().zip(&rest).map(|(a, r)| share_sd(*a, *r)).collect();
        Summary { mean: alpha.iter().map(|a| a / total).collect(), sd }
    }
    /// Each element's own marginal, a Beta.
    fn quantile(&self, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let alpha = concentration(eta);
        let rest = others(&alpha);
        alpha
            .iter()
            .zip(rest)
            .map(|(&a, r)| if r > 0.0 { super::quantile::beta(a, r, p) } else { 1.0 })
            .collect()
    }
    /// Elements below the smallest number there is come out as 0.
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        let mut x = vec![0.0; eta.len()];
        stream.dirichlet(&concentration(eta), &mut x);
        x
    }
}

/// The deviation of a share of α against β; its square may be below the smallest number.
pub(super) fn share_sd(alpha: f64, beta: f64) -> f64 {
    let total = alpha + beta;
    (alpha / total).sqrt() * (beta / total).sqrt() / (total + 1.0).sqrt()
}

/// Σ of the other entries, for each entry.
fn others(alpha: &[f64]) -> Vec<f64> {
    let mut rest = vec![0.0; alpha.len()];
    let mut sum = 0.0;
    for (r, a) in rest.iter_mut().zip(alpha) {
        *r = sum;
        sum += a;
    }
    sum = 0.0;
    for (r, a) in rest.iter_mut().zip(alpha).rev() {
        *r += sum;
        sum += a;
    }
    rest
}
