//! Normal(x | mean m, log precision g): the precision is exp g.
//!
//! Density: ½ g − ½ (x − m)² exp g − ½ ln 2π. Where m and g are independent under q and g ~ N(μ, v), its mean
//! is ½ μ − ½ E(x − m)² exp(μ + v/2) − ½ ln 2π, in closed form. Source: Smyth, J. R. Statist. Soc. B 51
//! (1989), p. 47.

use super::{BEND, OF_KNOWN, REAL, SLOPE, carried, predictor, slope};
use crate::expfam::{
    form::{Term, part, term},
    outlook::Predictive,
    site::{Site, SitePoint, mean_and_variance, slopes_of},
    spec::{DistSpec, PLAIN},
    stat::StatKind,
};

const X: usize = 0;
const MEAN: usize = 1;
const LOG_PRECISION: usize = 2;
const LN_2PI: f64 = 1.837_877_066_409_345_3;

static VALUE: StatKind = carried("log-precision site", &[SLOPE, BEND, OF_KNOWN, slope("d(x)")], REAL);

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, ""), part(LOG_PRECISION, 0, "")]),
    term(|_| 1.0, &[part(X, 1, ""), part(LOG_PRECISION, 1, "")]),
    term(|_| 1.0, &[part(X, 2, ""), part(MEAN, 0, "")]),
    term(|_| 1.0, &[part(X, 3, ""), part(MEAN, 1, "")]),
];

/// The registry's entry, of `Normal`.
pub static SPEC: DistSpec = DistSpec {
    name: "Normal",
    summary: "a real number around a mean, by the logarithm of its precision",
    source: "Smyth (1989)",
    density: "½ log_precision − ½ exp(log_precision) (x − mean)² − ½ ln 2π",
    stat: &VALUE,
    params: &[
        predictor("mean", "the centre: a number, a Normal, or a sum and product of them"),
        predictor("log_precision", "ln of the precision: what the mean of a Normal may be"),
    ],
    terms: TERMS,
    predictive: Some(Predictive::Around(|e, _| {
        let [m, v] = (e.real)(LOG_PRECISION);
        vec![(0.5 * v - m).exp()]
    })),
    site: Some(&LogPrecision),
    ..PLAIN
};

/// The site. η: ⟨g⟩, ⟨g²⟩, ⟨m⟩, ⟨m²⟩.
#[derive(Debug)]
pub struct LogPrecision;

impl Site for LogPrecision {
    fn name(&self) -> &'static str {
        "log precision"
    }
    fn rule(&self) -> &'static str {
        "E exp g of a Gaussian g, in closed form"
    }
    fn apart(&self) -> Option<[usize; 2]> {
        Some([MEAN, LOG_PRECISION])
    }
    fn evaluate(
        &self,
        _: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        let ((g, v), x) = (mean_and_variance(eta), value[0]);
        // About the datum.
        let (off, spread) = (eta[2] - x, (eta[3] - eta[2] * eta[2]).max(0.0));
        let (square, precision) = (off * off + spread, (g + 0.5 * v).exp());
        slopes_of(g, 0.5 - 0.5 * square * precision, -0.25 * square * precision, slopes);
        (slopes[2], slopes[3]) = (x * precision, -0.5 * precision);
        Ok(0.5 * (g - square * precision - LN_2PI))
    }
    fn begin(&self, _: usize, value: &[f64], eta: &mut [f64]) {
        eta.copy_from_slice(&[0.0, 0.0, value[0], value[0] * value[0] + 1.0]);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 1, value: &[0.4], eta: &[0.3, 1.2, 0.1, 0.5] },
            SitePoint { d: 1, value: &[-2.0], eta: &[-1.0, 1.3, 0.6, 1.0] },
        ]
    }
}
