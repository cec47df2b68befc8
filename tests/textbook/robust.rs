//! A line with Student-t noise: Lange, Little and Taylor, Robust statistical modeling using the t
//! distribution (JASA 84, 1989), with priors and coordinate ascent in place of EM. Each row's noise has the
//! precision τ s_n, with s_n ~ Gamma(ν/2, ν/2).

use super::special::{digamma, gamma_term};
use std::f64::consts::TAU;

/// The state of coordinate ascent: q(a, b) = Normal, q(τ) and q(s_n) = Gamma(shape, rate).
#[derive(Clone, Debug)]
pub struct Line {
    /// Covariate and value of each row.
    pub rows: Vec<(f64, f64)>,
    pub dof: f64,
    /// Precision of both coefficients' priors, whose means are 0.
    pub weight_prior: f64,
    pub tau_prior: (f64, f64),
    pub mean: [f64; 2],
    pub covariance: [[f64; 2]; 2],
    pub tau: (f64, f64),
    pub scales: Vec<(f64, f64)>,
}

impl Line {
    /// Starts from the priors.
    pub fn new(rows: Vec<(f64, f64)>, dof: f64, weight_prior: f64, tau_prior: (f64, f64)) -> Self {
        let v = 1.0 / weight_prior;
        let scales = vec![(dof / 2.0, dof / 2.0); rows.len()];
        Self {
            rows,
            dof,
            weight_prior,
            tau_prior,
            mean: [0.0; 2],
            covariance: [[v, 0.0], [0.0, v]],
            tau: tau_prior,
            scales,
        }
    }

    /// E[(y − a − b x)²] of a row.
    fn square(&self, n: usize) -> f64 {
        let ((x, y), c) = (self.rows[n], self.covariance);
        (y - self.mean[0] - self.mean[1] * x).powi(2) + c[0][0] + 2.0 * x * c[0][1] + x * x * c[1][1]
    }

    /// The coefficients, τ, then the scales; the bound of that state.
    pub fn iterate(&mut self) -> f64 {
        let tau = self.tau.0 / self.tau.1;
        let (mut p, mut h) = ([[self.weight_prior, 0.0], [0.0, self.weight_prior]], [0.0; 2]);
        for (n, &(x, y)) in self.rows.iter().enumerate() {
            let w = tau * self.scales[n].0 / self.scales[n].1;
            for (i, u) in [1.0, x].into_iter().enumerate() {
                h[i] += w * u * y;
                for (j, v) in [1.0, x].into_iter().enumerate() {
                    p[i][j] += w * u * v;
                }
            }
        }
        let det = p[0][0] * p[1][1] - p[0][1] * p[1][0];
        self.covariance = [[p[1][1] / det, -p[0][1] / det], [-p[1][0] / det, p[0][0] / det]];
        let c = self.covariance;
        self.mean = [c[0][0] * h[0] + c[0][1] * h[1], c[1][0] * h[0] + c[1][1] * h[1]];
        let all = 0..self.rows.len();
        let rate: f64 = all.clone().map(|n| self.scales[n].0 / self.scales[n].1 * self.square(n)).sum();
        self.tau = (self.tau_prior.0 + 0.5 * self.rows.len() as f64, self.tau_prior.1 + 0.5 * rate);
        let tau = self.tau.0 / self.tau.1;
        self.scales =
            all.map(|n| (0.5 * (self.dof + 1.0), 0.5 * (self.dof + tau * self.square(n)))).collect();
        self.elbo()
    }

    /// The bound, term by term.
    pub fn elbo(&self) -> f64 {
        let (tau, log_tau) = (self.tau.0 / self.tau.1, digamma(self.tau.0) - self.tau.1.ln());
        let mut sum = gamma_term(self.tau_prior, self.tau);
        for (n, &s) in self.scales.iter().enumerate() {
            let log_s = digamma(s.0) - s.1.ln();
            sum += 0.5 * (log_tau + log_s - TAU.ln()) - 0.5 * tau * s.0 / s.1 * self.square(n);
            sum += gamma_term((self.dof / 2.0, self.dof / 2.0), s);
        }
        let c = self.covariance;
        for i in 0..2 {
            sum += 0.5 * (self.weight_prior / TAU).ln()
                - 0.5 * self.weight_prior * (self.mean[i].powi(2) + c[i][i]);
        }
        sum + 1.0 + TAU.ln() + 0.5 * (c[0][0] * c[1][1] - c[0][1] * c[1][0]).ln()
    }
}
