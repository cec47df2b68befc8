//! Categorical(x | probabilities p), over d categories.
//!
//! Density: Σ [x = k] ln p_k. Statistic: the indicator vector \[x\]. η = ln p, up to a constant.
//! A(η) = ln Σ exp η_k. Moments: softmax η.
//! Source: Bishop (2006), p. 75 eq. 2.26 and p. 114 eq. 2.207–2.213.

use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    form::{Term, part, term},
    outlook::{Outlook, Predictive},
    spec::{DistSpec, PLAIN, Param, Point},
    stat::{CATEGORY, DIRICHLET, Domain, IMPOSSIBLE, LN_ZERO},
};
use crate::num::{reduce, special, stream::Stream};

const X: usize = 0;
const P: usize = 1;

static TERMS: &[Term] = &[term(|_| 1.0, &[part(X, 0, "i"), part(P, 0, "i")])];

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Categorical",
    summary: "one of several categories",
    source: "Bishop (2006), eq. 2.26",
    density: "Σ [x = k] ln p_k",
    stat: &CATEGORY,
    params: &[Param {
        name: "p",
        stat: &DIRICHLET,
        random: true,
        gated: true,
        spellings: &[],
        doc: "the probabilities: a vector that sums to 1, or a Dirichlet",
    }],
    terms: TERMS,
    log_base: None,
    family: Some(&Categorical),
    mean_given: None,
    predictive: Some(Predictive::Moments(|e, _| Outlook { mean: (e.power)(P, 1), ..Outlook::default() })),
    points: &[
        Point { d: 2, params: &[&[0.5, 0.5]] },
        Point { d: 3, params: &[&[0.2, 0.5, 0.3]] },
        Point { d: 4, params: &[&[0.25, 0.0, 0.75, 0.0]] },
        Point { d: 3, params: &[&[1e-300, 0.4, 0.6]] },
        Point { d: 1, params: &[&[1.0]] },
    ],
    location: false,
    links: &[&super::site::softmax::SPEC],
    ..PLAIN
};

/// q(x) = Categorical. Terms that stand for ln 0 ([`LN_ZERO`]) give a moment of exactly 0.
#[derive(Debug)]
pub struct Categorical;

/// Softmax of one element into `moments`; returns ln Σ exp η.
pub(super) fn softmax(element: usize, eta: &[f64], moments: &mut [f64]) -> Result<f64, Improper> {
    if let Some(k) = eta.iter().position(|e| !e.is_finite()) {
        return Err(Improper {
            element,
            impossible: false,
            why: format!("the log-odds of category {k} (from 0) are {}, not finite", eta[k]),
        });
    }
    let top = eta.iter().fold(f64::NEG_INFINITY, |t, &e| t.max(e));
    // Also so for an empty vector.
    if top <= IMPOSSIBLE {
        return Err(Improper { element, impossible: true, why: "no category is possible".into() });
    }
    let mut sum = 0.0;
    for (m, e) in moments.iter_mut().zip(eta) {
        *m = (e - top).exp();
        sum += *m;
    }
    moments.iter_mut().for_each(|m| *m /= sum);
    Ok(top + sum.ln())
}

/// How the probabilities of rows are made: [`special::softmax_rows`], or
/// [`special::softmax_rows_of_what_counts`].
pub(super) type Softmax = fn(&mut [f64], usize, &mut [f64]);

/// The same for a batch of elements of `d` categories.
pub(super) fn softmax_all(
    rows: Softmax,
    d: usize,
    eta: &[f64],
    moments: &mut [f64],
    log_norm: &mut [f64],
) -> Result<(), Improper> {
    moments.copy_from_slice(eta);
    rows(moments, d, log_norm);
    // The normaliser is within ln d of the largest.
    let all_fine = reduce::all_finite(eta) && log_norm.iter().all(|a| *a > IMPOSSIBLE);
    if !all_fine {
        for (element, (e, m)) in eta.chunks_exact(d).zip(moments.chunks_exact_mut(d)).enumerate() {
            softmax(element, e, m)?;
        }
    }
    Ok(())
}

impl Categorical {
    fn probabilities(eta: &[f64]) -> Vec<f64> {
        let mut p = vec![0.0; eta.len()];
        if softmax(0, eta, &mut p).is_err() {
            p.fill(f64::NAN);
        }
        p
    }
}

impl Family for Categorical {
    fn name(&self) -> &'static str {
        "Categorical"
    }
    fn evaluate(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        softmax_all(special::softmax_rows, d, eta, moments, log_norm)
    }
    fn evaluate_rows(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper> {
        softmax_all(special::softmax_rows_of_what_counts, d, eta, moments, log_norm)
    }
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter> {
        vec![Parameter { name: "p", domain: Domain::Unit, dims: vec![d], values: Self::probabilities(eta) }]
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        p[0].values.iter().map(|&p| if p == 0.0 { LN_ZERO } else { p.ln() }).collect()
    }
    /// The mean is the probability vector.
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        Summary { mean: Self::probabilities(eta), sd: vec![] }
    }
    fn quantile(&self, _: usize, _: &[f64], _: f64) -> Vec<f64> {
        vec![]
    }
    fn is_softmax(&self) -> bool {
        true
    }
    fn sample(&self, _: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        vec![stream.categorical(&Self::probabilities(eta)) as f64]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_ln_zero_are_exactly_impossible() {
        let (mut m, mut a) = ([0.0; 3], [0.0]);
        Categorical.evaluate(3, &[3.0 * LN_ZERO, 1.0, LN_ZERO - 5.0], &mut m, &mut a).unwrap();
        assert_eq!((m, a), ([0.0, 1.0, 0.0], [1.0]));
        let e =
            Categorical.evaluate(3, &[2.0 * LN_ZERO, LN_ZERO, LN_ZERO - 5.0], &mut m, &mut a).unwrap_err();
        assert_eq!(e, Improper { element: 0, impossible: true, why: "no category is possible".into() });
    }
}
