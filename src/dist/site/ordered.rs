//! Ordered(x | logit or probit ψ, cuts c), one of the levels 1 to d + 1: P(x ≤ k) = F(c_k − ψ).
//!
//! Logit: σ(b) − σ(a) = σ(b) σ(−a) (1 − exp(a − b)), so that ln p is a sum of two logarithms of the logistic
//! function and what is known. Probit: ln(Φ(b) − Φ(a)). Source: McCullagh, J. R. Statist. Soc. B 42 (1980),
//! p. 109.

use super::{BEND, SLOPE, logit::softplus, predictor};
use crate::{
    expfam::{
        form::{Term, part, term},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, PLAIN, Param},
        stat::{Arithmetic, Domain, LN_ZERO, Part, PartRole, PartShape, StatKind},
    },
    num::{gaussian_mean::gaussian_mean, normal::ln_between},
};

const X: usize = 0;
const PREDICTOR: usize = 1;
const CUTS: usize = 2;
/// How far from the real line ln(Φ(b) − Φ(a)) is analytic, about: for cuts some four apart; for others
/// farther.
const STRIP: f64 = 1.0;

static LEVEL: StatKind = StatKind {
    name: "ordered site",
    parts: &[SLOPE, BEND, Part { symbol: "c(x)", shape: PartShape::Vector, role: PartRole::Other }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Count,
    support: "a whole number from 1",
    of_value: |x, _, out| {
        out.fill(0.0);
        if x[0] >= 1.0 && x[0].fract() == 0.0 && x[0].is_finite() {
            Ok(())
        } else {
            Err("is not a whole number from 1")
        }
    },
};

static INCREASING: StatKind = StatKind {
    name: "cuts",
    parts: &[Part { symbol: "x", shape: PartShape::Vector, role: PartRole::Value }],
    value: PartShape::Vector,
    arithmetic: Arithmetic::None,
    domain: Domain::Real,
    support: "known numbers, each larger than the one before",
    of_value: |x, _, out| {
        if x.iter().any(|v| !v.is_finite()) {
            return Err("is not finite");
        }
        if x.windows(2).any(|w| w[0] >= w[1]) {
            return Err("is not increasing");
        }
        out[..x.len()].copy_from_slice(x);
        Ok(())
    },
};

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(PREDICTOR, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(PREDICTOR, 1, "")]),
    term(|_| 1.0, &[part(X, 2, "a"), part(CUTS, 0, "a")]),
];

const KNOWN_CUTS: Param = Param {
    name: "cuts",
    stat: &INCREASING,
    random: false,
    gated: true,
    spellings: &[],
    doc: "where one level ends and the next begins: one number less than there are levels",
};

/// The registry's entry.
pub static SPEC: DistSpec = DistSpec {
    name: "Ordered",
    summary: "one of the levels 1, 2, …, in their order",
    source: "McCullagh (1980)",
    density: "ln(σ(cuts_k − logit) − σ(cuts_(k−1) − logit)) at level k",
    stat: &LEVEL,
    params: &[predictor("logit", "what moves the levels up: what the mean of a Normal may be"), KNOWN_CUTS],
    terms: TERMS,
    log_base: Some(|values, d| if values[X][0] > d as f64 + 1.0 { LN_ZERO } else { 0.0 }),
    site: Some(&Ordered { probit: false }),
    links: &[&PROBIT],
    ..PLAIN
};

static PROBIT: DistSpec = DistSpec {
    name: "Ordered",
    summary: "one of the levels 1, 2, …, in their order, by a probit",
    source: "McCullagh (1980)",
    density: "ln(Φ(cuts_k − probit) − Φ(cuts_(k−1) − probit)) at level k",
    stat: &LEVEL,
    params: &[predictor("probit", "what moves the levels up: what the mean of a Normal may be"), KNOWN_CUTS],
    terms: TERMS,
    log_base: Some(|values, d| if values[X][0] > d as f64 + 1.0 { LN_ZERO } else { 0.0 }),
    site: Some(&Ordered { probit: true }),
    ..PLAIN
};

/// The site. η: ⟨ψ⟩, ⟨ψ²⟩, the cuts.
#[derive(Debug)]
pub struct Ordered {
    probit: bool,
}

/// The cut below and the cut above a level.
fn ends(level: f64, cuts: &[f64]) -> (f64, f64) {
    let k = level as usize;
    let below = if k >= 2 { cuts.get(k - 2).copied() } else { None };
    (below.unwrap_or(f64::NEG_INFINITY), cuts.get(k - 1).copied().unwrap_or(f64::INFINITY))
}

impl Site for Ordered {
    fn name(&self) -> &'static str {
        if self.probit { "ordered probit" } else { "ordered logit" }
    }
    fn rule(&self) -> &'static str {
        "its mean of a Gaussian ψ by quadrature, right to 1e-9"
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let (m, v) = mean_and_variance(eta);
        if !(m.is_finite() && v.is_finite()) {
            return Err("the predictor is not finite");
        }
        let (below, above) = ends(value[0], &eta[2..]);
        let k = value[0] as usize;
        if self.probit {
            // Slopes in the cuts are for nobody: these are known.
            let mean = gaussian_mean(m, v, STRIP, |x| {
                let [value, first, second] = ln_between(below - x, above - x);
                [value, -first, second]
            });
            slopes_of(m, mean.by_mean, mean.by_variance, slopes);
            return Ok(mean.value);
        }
        let (mut value, mut by_mean, mut by_variance) = (0.0, 0.0, 0.0);
        if above.is_finite() {
            // ln σ(c − ψ) = −ln(1 + exp(ψ − c)).
            let s = softplus(m - above, v);
            value -= s.value;
            by_mean -= s.by_mean;
            by_variance -= s.by_variance;
            slopes[1 + k] += s.by_mean;
        }
        if below.is_finite() {
            let s = softplus(below - m, v);
            value -= s.value;
            by_mean += s.by_mean;
            by_variance -= s.by_variance;
            slopes[k] -= s.by_mean;
        }
        if above.is_finite() && below.is_finite() {
            value += (-(below - above).exp_m1()).ln();
            let by_gap = 1.0 / (above - below).exp_m1();
            slopes[1 + k] += by_gap;
            slopes[k] -= by_gap;
        }
        slopes_of(m, by_mean, by_variance, slopes);
        Ok(value)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        let (below, above) = ends(value[0], &eta[2..]);
        let middle = match (below.is_finite(), above.is_finite()) {
            (true, true) => 0.5 * (below + above),
            (true, false) => below + 1.0,
            (false, true) => above - 1.0,
            (false, false) => 0.0,
        };
        moments_of(middle, 0.0, eta);
    }
    fn points(&self) -> &'static [SitePoint] {
        match self.probit {
            true => &[],
            false => &[
                SitePoint { d: 3, value: &[1.0], eta: &[0.3, 1.2, -1.0, 0.5, 2.5] },
                SitePoint { d: 3, value: &[3.0], eta: &[4.3, 19.0, -1.0, 0.5, 2.5] },
                SitePoint { d: 3, value: &[4.0], eta: &[-2.0, 4.1, 0.7, 3.9, 5.3] },
            ],
        }
    }
}
