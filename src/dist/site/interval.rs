//! A Normal, a LogNormal or an Exponential of which only two ends are known: x lies between them. One site
//! where what the ends are compared with is a Gaussian mean at a known precision, another where the precision
//! is random.
//!
//! Known precision τ: E ln(Φ((b − ψ)√τ) − Φ((a − ψ)√τ)) of a Gaussian ψ. Random: x is summed out under q, ln
//! ∫ exp(E ln p(x | m, τ)) dx over the interval, the best that q of x between the ends can do, and convex in
//! its messages. Equal ends are the density. Source: Tobin, Econometrica 26 (1958), p. 24; Klein &
//! Moeschberger, Survival Analysis (2nd ed., 2003), p. 74 eq. 3.5.1.

use super::{BEND, OF_KNOWN, SLOPE, predictor, slope};
use crate::{
    expfam::{
        form::{Term, part, term},
        site::{Site, SitePoint, mean_and_variance, moments_of, slopes_of},
        spec::{DistSpec, PLAIN, Param, Spelling},
        stat::{Arithmetic, Domain, GAMMA, Part, PartShape, StatKind},
    },
    num::{gaussian_mean::gaussian_mean, normal::ln_between},
};

const X: usize = 0;
const MEAN: usize = 1;
const PRECISION: usize = 2;
const LN_2PI: f64 = 1.837_877_066_409_345_3;
/// How far from the real line ln(Φ(b) − Φ(a)) is analytic, about, where the ends are some four deviations
/// apart.
const STRIP: f64 = 1.0;

const fn ends(name: &'static str, parts: &'static [Part], domain: Domain) -> StatKind {
    StatKind {
        name,
        parts,
        value: PartShape::Scalar,
        arithmetic: Arithmetic::None,
        domain,
        support: "two ends, the lower one first",
        of_value: |x, _, out| {
            out.fill(0.0);
            if x.iter().any(|x| x.is_nan()) || x.first() > x.last() {
                return Err("has its ends the wrong way round");
            }
            Ok(())
        },
    }
}

static KNOWN: StatKind = ends("interval site", &[SLOPE, BEND, OF_KNOWN], Domain::Real);
static RANDOM: StatKind = ends("interval site", &[SLOPE, BEND, OF_KNOWN, slope("d(x)")], Domain::Real);
static RATED: StatKind = ends("interval site", &[SLOPE, BEND], Domain::Positive);

const MEAN_OF: Param = predictor("mean", "the centre");

const fn precision(random: bool) -> Param {
    Param {
        name: "precision",
        stat: &GAMMA,
        random,
        gated: true,
        spellings: &[
            Spelling { name: "variance", convert: super::super::scale::reciprocal, power: Some(-1) },
            Spelling { name: "sd", convert: super::super::scale::reciprocal_square, power: Some(-2) },
        ],
        doc: "1/variance",
    }
}

static KNOWN_TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(MEAN, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(MEAN, 1, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(PRECISION, 0, "")]),
];

static RANDOM_TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(PRECISION, 0, ""), part(MEAN, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(PRECISION, 0, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(PRECISION, 0, ""), part(MEAN, 1, "")]),
    term(|_| 1.0, &[part(X, 3, ""), part(PRECISION, 1, "")]),
];

const NORMAL: DistSpec = DistSpec {
    name: "Normal",
    summary: "a real number around a mean, between two ends",
    source: "Tobin (1958)",
    density: "ln ∫ Normal(mean, precision) over x",
    ..PLAIN
};

const LOG_NORMAL: DistSpec = DistSpec {
    name: "LogNormal",
    summary: "a positive number whose logarithm is Normal, between two ends",
    source: "Tobin (1958)",
    density: "ln ∫ LogNormal(mean, precision) over x",
    ..PLAIN
};

static OF_NORMAL: Between = Between { random: false, log: false };
static OF_NORMAL_RANDOM: Between = Between { random: true, log: false };
static OF_LOG_NORMAL: Between = Between { random: false, log: true };
static OF_LOG_NORMAL_RANDOM: Between = Between { random: true, log: true };

static BY_KNOWN: &[Param] = &[MEAN_OF, precision(false)];
static BY_RANDOM: &[Param] = &[MEAN_OF, precision(true)];

static NORMAL_KNOWN: DistSpec =
    DistSpec { stat: &KNOWN, params: BY_KNOWN, terms: KNOWN_TERMS, site: Some(&OF_NORMAL), ..NORMAL };
static NORMAL_RANDOM: DistSpec = DistSpec {
    stat: &RANDOM,
    params: BY_RANDOM,
    terms: RANDOM_TERMS,
    site: Some(&OF_NORMAL_RANDOM),
    ..NORMAL
};
static LOG_NORMAL_KNOWN: DistSpec =
    DistSpec { stat: &KNOWN, params: BY_KNOWN, terms: KNOWN_TERMS, site: Some(&OF_LOG_NORMAL), ..LOG_NORMAL };
static LOG_NORMAL_RANDOM: DistSpec = DistSpec {
    stat: &RANDOM,
    params: BY_RANDOM,
    terms: RANDOM_TERMS,
    site: Some(&OF_LOG_NORMAL_RANDOM),
    ..LOG_NORMAL
};

/// Of a Normal whose mean is Gaussian.
pub static NORMALS: &[&DistSpec] = &[&NORMAL_KNOWN, &NORMAL_RANDOM];
/// Of a LogNormal.
pub static LOG_NORMALS: &[&DistSpec] = &[&LOG_NORMAL_KNOWN, &LOG_NORMAL_RANDOM];
/// Of an Exponential.
pub static EXPONENTIALS: &[&DistSpec] = &[&EXPONENTIAL];

static EXPONENTIAL: DistSpec = DistSpec {
    name: "Exponential",
    summary: "a waiting time, between two ends",
    source: "Klein & Moeschberger (2003), eq. 3.5.1",
    density: "ln ∫ Exponential(rate) over x",
    stat: &RATED,
    params: &[Param {
        name: "rate",
        stat: &GAMMA,
        random: true,
        gated: true,
        spellings: &[],
        doc: "1/mean: a positive number, a Gamma or an Exponential",
    }],
    terms: &[
        term(|_| 1.0, &[part(X, 0, ""), part(1, 0, "")]),
        term(|_| 1.0, &[part(X, 1, ""), part(1, 1, "")]),
    ],
    site: Some(&Waited),
    ..PLAIN
};

/// A Normal between two ends. η: ⟨ψ⟩, ⟨ψ²⟩, τ; of a random precision ⟨τψ⟩, ⟨τ⟩, ⟨τψ²⟩, ⟨ln τ⟩.
#[derive(Debug)]
pub struct Between {
    random: bool,
    log: bool,
}

impl Between {
    /// The ends, of the logarithm where that is Normal.
    fn ends(&self, value: &[f64]) -> (f64, f64) {
        let of = |x: f64| match self.log {
            true if x <= 0.0 => f64::NEG_INFINITY,
            true => x.ln(),
            false => x,
        };
        (of(value[0]), of(value[1]))
    }

    fn known(&self, (a, b): (f64, f64), eta: &[f64], slopes: &mut [f64]) -> Result<f64, &'static str> {
        let ((m, v), precision) = (mean_and_variance(eta), eta[2]);
        if !(m.is_finite() && v.is_finite() && precision > 0.0) {
            return Err("the predictor is not finite, or the precision not positive");
        }
        if a == b {
            let off = m - a;
            slopes_of(m, -precision * off, -0.5 * precision, slopes);
            return Ok(0.5 * (precision.ln() - LN_2PI - precision * (off * off + v)));
        }
        let root = precision.sqrt();
        let mean = gaussian_mean(m * root, v * precision, STRIP, |z| {
            let [value, first, second] = ln_between(a * root - z, b * root - z);
            [value, -first, second]
        });
        slopes_of(m, mean.by_mean * root, mean.by_variance * precision, slopes);
        Ok(mean.value)
    }

    fn random(&self, (a, b): (f64, f64), eta: &[f64], slopes: &mut [f64]) -> Result<f64, &'static str> {
        let precision = eta[1];
        if !(precision > 0.0 && eta.iter().all(|e| e.is_finite())) {
            return Err("the precision is not positive, or a message not finite");
        }
        let rest = 0.5 * (eta[3] - eta[2] - LN_2PI);
        (slopes[2], slopes[3]) = (-0.5, 0.5);
        if a == b {
            (slopes[0], slopes[1]) = (a, -0.5 * a * a);
            return Ok(a * eta[0] - 0.5 * a * a * precision + rest);
        }
        let (centre, root) = (eta[0] / precision, precision.sqrt());
        let [ln, first, second] = ln_between((a - centre) * root, (b - centre) * root);
        // Of z = (x − centre)√τ between the ends.
        let (z, zz) = (-first, 1.0 + second + first * first);
        slopes[0] = centre + z / root;
        slopes[1] = -0.5 * (centre * centre + 2.0 * centre * z / root + zz / precision);
        Ok(0.5 * eta[0] * centre + 0.5 * (LN_2PI - precision.ln()) + ln + rest)
    }
}

impl Site for Between {
    fn name(&self) -> &'static str {
        "interval"
    }
    fn rule(&self) -> &'static str {
        match self.random {
            true => "q of x between the ends, summed out",
            false => "E ln(Φ(b − ψ) − Φ(a − ψ)) of a Gaussian ψ by quadrature, right to 1e-9",
        }
    }
    fn convex(&self) -> bool {
        self.random
    }
    fn predictor(&self) -> bool {
        !self.random
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let (a, b) = self.ends(value);
        if a > b {
            return Err("the lower end is above the upper one");
        }
        if a == f64::NEG_INFINITY && b == f64::INFINITY {
            return Ok(0.0);
        }
        let jacobian = if self.log && a == b { -a } else { 0.0 };
        let of = if self.random { self.random((a, b), eta, slopes) } else { self.known((a, b), eta, slopes) };
        Ok(of? + jacobian)
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        let (a, b) = self.ends(value);
        let x = match (a.is_finite(), b.is_finite()) {
            (true, true) => 0.5 * (a + b),
            (true, false) => a,
            (false, true) => b,
            (false, false) => 0.0,
        };
        if self.random {
            eta.copy_from_slice(&[x, 1.0, x * x, 0.0]);
        } else {
            moments_of(x, 0.0, eta);
        }
    }
    fn points(&self) -> &'static [SitePoint] {
        const LOWER: &[f64] = &[0.5, f64::INFINITY];
        const UPPER: &[f64] = &[f64::NEG_INFINITY, 1.5];
        match (self.random, self.log) {
            (false, false) => &[
                SitePoint { d: 1, value: LOWER, eta: &[0.3, 1.2, 2.0] },
                SitePoint { d: 1, value: UPPER, eta: &[2.5, 7.0, 1.0] },
                SitePoint { d: 1, value: &[-1.0, 0.4], eta: &[0.2, 0.6, 4.0] },
                SitePoint { d: 1, value: &[0.7, 0.7], eta: &[-1.0, 1.3, 0.5] },
            ],
            (false, true) => &[SitePoint { d: 1, value: &[0.5, 2.0], eta: &[0.2, 0.6, 4.0] }],
            (true, false) => &[
                SitePoint { d: 1, value: LOWER, eta: &[0.6, 2.0, 1.2, 0.5] },
                SitePoint { d: 1, value: UPPER, eta: &[2.5, 1.0, 7.0, -0.2] },
                SitePoint { d: 1, value: &[-1.0, 0.4], eta: &[0.8, 4.0, 2.4, 1.1] },
                SitePoint { d: 1, value: &[0.7, 0.7], eta: &[-0.5, 0.5, 0.9, -0.9] },
            ],
            (true, true) => &[SitePoint { d: 1, value: &[0.5, 2.0], eta: &[0.8, 4.0, 2.4, 1.1] }],
        }
    }
}

/// An Exponential between two ends. η: ⟨λ⟩, ⟨ln λ⟩.
#[derive(Debug)]
pub struct Waited;

impl Site for Waited {
    fn name(&self) -> &'static str {
        "interval"
    }
    fn rule(&self) -> &'static str {
        "−λ a of a time that is at least a, exactly; of two ends, q of x between them, summed out"
    }
    fn convex(&self) -> bool {
        true
    }
    fn predictor(&self) -> bool {
        false
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let (a, b, rate) = (value[0].max(0.0), value[1], eta[0]);
        if a > b {
            return Err("the lower end is above the upper one");
        }
        if !(rate > 0.0 && rate.is_finite()) {
            return Err("the rate is not positive");
        }
        if b == f64::INFINITY {
            slopes.copy_from_slice(&[-a, 0.0]);
            return Ok(-a * rate);
        }
        if a == b {
            slopes.copy_from_slice(&[-a, 1.0]);
            return Ok(eta[1] - a * rate);
        }
        let width = b - a;
        slopes.copy_from_slice(&[-a + width / (rate * width).exp_m1() - 1.0 / rate, 1.0]);
        Ok(eta[1] - a * rate + (-(-rate * width).exp_m1()).ln() - rate.ln())
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        let (a, b) = (value[0].max(0.0), value[1]);
        let x = if b.is_finite() { 0.5 * (a + b) } else { a };
        let x = if x > 0.0 { x } else { 1.0 };
        eta.copy_from_slice(&[1.0 / x, -x.ln()]);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[0.5, f64::INFINITY], eta: &[0.6, -0.7] },
            SitePoint { d: 1, value: &[0.5, 2.5], eta: &[1.6, 0.3] },
            SitePoint { d: 1, value: &[0.0, 2.5], eta: &[0.2, -1.9] },
            SitePoint { d: 1, value: &[3.0, 3.0], eta: &[0.2, -1.9] },
        ]
    }
}
