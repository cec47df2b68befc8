//! One Normal with mean and precision apart: Bishop (2006), section 10.1.3, with a prior of the mean that
//! does not depend on the precision.

use super::special::{digamma, gamma_term};
use std::f64::consts::TAU;

/// The state of coordinate ascent: q(mu) = Normal(mean, precision), q(tau) = Gamma(shape, rate).
#[derive(Clone, Debug)]
pub struct MeanAndPrecision {
    pub data: Vec<f64>,
    /// Prior of mu: mean and precision.
    pub mu_prior: (f64, f64),
    /// Prior of tau: shape and rate.
    pub tau_prior: (f64, f64),
    pub mu: (f64, f64),
    pub tau: (f64, f64),
}

impl MeanAndPrecision {
    /// Starts from the priors.
    pub fn new(data: Vec<f64>, mu_prior: (f64, f64), tau_prior: (f64, f64)) -> Self {
        Self { data, mu_prior, tau_prior, mu: mu_prior, tau: tau_prior }
    }

    /// Σ E[(x − mu)²].
    fn squares(&self) -> f64 {
        self.data.iter().map(|x| (x - self.mu.0).powi(2) + 1.0 / self.mu.1).sum()
    }

    /// mu, then tau; the bound of that state.
    pub fn iterate(&mut self) -> f64 {
        let n = self.data.len() as f64;
        let tau = self.tau.0 / self.tau.1;
        let precision = self.mu_prior.1 + n * tau;
        self.mu = (
            (self.mu_prior.0 * self.mu_prior.1 + tau * self.data.iter().sum::<f64>()) / precision,
            precision,
        );
        self.tau = (self.tau_prior.0 + n / 2.0, self.tau_prior.1 + self.squares() / 2.0);
        self.elbo()
    }

    /// The bound, term by term.
    pub fn elbo(&self) -> f64 {
        let n = self.data.len() as f64;
        let (tau, log_tau) = (self.tau.0 / self.tau.1, digamma(self.tau.0) - self.tau.1.ln());
        let data_term = n / 2.0 * (log_tau - TAU.ln()) - tau / 2.0 * self.squares();
        let (m0, p0) = self.mu_prior;
        let mu_prior_term = 0.5 * (p0 / TAU).ln() - p0 / 2.0 * ((self.mu.0 - m0).powi(2) + 1.0 / self.mu.1);
        let mu_entropy = 0.5 * (1.0 + TAU.ln() - self.mu.1.ln());
        data_term + mu_prior_term + mu_entropy + gamma_term(self.tau_prior, self.tau)
    }
}
