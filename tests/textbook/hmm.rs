//! The variational hidden Markov model: Beal, Variational Algorithms for Approximate Bayesian Inference
//! (2003), chapter 3. Start and transitions are Dirichlet; q(z) is a chain for each sequence.

use super::special::{digamma, dirichlet_mean_log, dirichlet_term, gamma_term, ln_gamma};
use std::f64::consts::TAU;

/// What is seen at each step, given the state.
pub trait Emission {
    /// Updates q of the parameters from the state probabilities: gamma[s][t][k].
    fn update(&mut self, gamma: &[Vec<Vec<f64>>]);
    /// E[ln p(x_t | z_t = k)].
    fn expected_log(&self, s: usize, t: usize, k: usize) -> f64;
    /// E_q[ln p − ln q] of the parameters.
    fn parameter_term(&self) -> f64;
}

/// Symbols, with a Dirichlet for each state.
#[derive(Clone, Debug)]
pub struct Symbols {
    pub data: Vec<Vec<usize>>,
    pub prior: f64,
    /// q(emit[k]).
    pub emit: Vec<Vec<f64>>,
}

impl Symbols {
    pub fn new(data: Vec<Vec<usize>>, states: usize, symbols: usize, prior: f64) -> Self {
        Self { data, prior, emit: vec![vec![prior; symbols]; states] }
    }
}

impl Emission for Symbols {
    fn update(&mut self, gamma: &[Vec<Vec<f64>>]) {
        for (k, emit) in self.emit.iter_mut().enumerate() {
            emit.fill(self.prior);
            for (s, sequence) in self.data.iter().enumerate() {
                for (t, &symbol) in sequence.iter().enumerate() {
                    emit[symbol] += gamma[s][t][k];
                }
            }
        }
    }
    fn expected_log(&self, s: usize, t: usize, k: usize) -> f64 {
        dirichlet_mean_log(&self.emit[k])[self.data[s][t]]
    }
    fn parameter_term(&self) -> f64 {
        self.emit.iter().map(|a| dirichlet_term(&vec![self.prior; a.len()], a)).sum()
    }
}

/// Counts, with a Gamma rate for each state.
#[derive(Clone, Debug)]
pub struct Counts {
    pub data: Vec<Vec<f64>>,
    /// Shape and rate of the prior.
    pub prior: (f64, f64),
    /// q(rate[k]): shape and rate.
    pub rate: Vec<(f64, f64)>,
}

impl Counts {
    pub fn new(data: Vec<Vec<f64>>, states: usize, prior: (f64, f64)) -> Self {
        Self { data, prior, rate: vec![prior; states] }
    }
}

impl Emission for Counts {
    fn update(&mut self, gamma: &[Vec<Vec<f64>>]) {
        for (k, rate) in self.rate.iter_mut().enumerate() {
            *rate = self.prior;
            for (s, sequence) in self.data.iter().enumerate() {
                for (t, &x) in sequence.iter().enumerate() {
                    rate.0 += gamma[s][t][k] * x;
                    rate.1 += gamma[s][t][k];
                }
            }
        }
    }
    fn expected_log(&self, s: usize, t: usize, k: usize) -> f64 {
        let (x, (shape, rate)) = (self.data[s][t], self.rate[k]);
        x * (digamma(shape) - rate.ln()) - shape / rate - ln_gamma(x + 1.0)
    }
    fn parameter_term(&self) -> f64 {
        self.rate.iter().map(|&q| gamma_term(self.prior, q)).sum()
    }
}

/// Points around known centres, with a known precision, the same in each direction.
#[derive(Clone, Debug)]
pub struct KnownGaussians {
    pub data: Vec<Vec<Vec<f64>>>,
    pub centres: Vec<Vec<f64>>,
    pub precision: f64,
}

impl Emission for KnownGaussians {
    fn update(&mut self, _: &[Vec<Vec<f64>>]) {}
    fn expected_log(&self, s: usize, t: usize, k: usize) -> f64 {
        let mut sum = 0.0;
        for (x, c) in self.data[s][t].iter().zip(&self.centres[k]) {
            sum += 0.5 * (self.precision / TAU).ln() - 0.5 * self.precision * (x - c) * (x - c);
        }
        sum
    }
    fn parameter_term(&self) -> f64 {
        0.0
    }
}

/// The state of coordinate ascent.
#[derive(Clone, Debug)]
pub struct Hmm<E> {
    /// Prior concentrations of start and transitions.
    pub start_prior: f64,
    pub trans_prior: f64,
    pub emission: E,
    /// q(start).
    pub start: Vec<f64>,
    /// q(trans[i]).
    pub trans: Vec<Vec<f64>>,
    /// q(z_t = k): gamma[s][t][k].
    pub gamma: Vec<Vec<Vec<f64>>>,
    /// q(z_{t-1} = i, z_t = j): xi[s][t-1][i][j].
    pub xi: Vec<Vec<Vec<Vec<f64>>>>,
    /// Σ ln of the scales of the last forward pass.
    pub log_normaliser: f64,
}

impl<E: Emission> Hmm<E> {
    /// Starts from hard labels: one list for each sequence.
    pub fn new(
        states: usize,
        start_prior: f64,
        trans_prior: f64,
        emission: E,
        labels: &[Vec<usize>],
    ) -> Self {
        let one = |a: bool| f64::from(u8::from(a));
        let gamma = labels
            .iter()
            .map(|s| s.iter().map(|&l| (0..states).map(|k| one(k == l)).collect()).collect())
            .collect();
        let pair = |a: usize, b: usize| {
            (0..states).map(|i| (0..states).map(|j| one(i == a && j == b)).collect()).collect()
        };
        let xi = labels.iter().map(|s| s.windows(2).map(|w| pair(w[0], w[1])).collect()).collect();
        Self {
            start_prior,
            trans_prior,
            emission,
            start: vec![start_prior; states],
            trans: vec![vec![trans_prior; states]; states],
            gamma,
            xi,
            log_normaliser: 0.0,
        }
    }

    /// Shared posteriors, then the chains; the bound of that state.
    pub fn iterate(&mut self) -> f64 {
        self.update_shared();
        self.update_local();
        self.elbo()
    }

    fn update_shared(&mut self) {
        let k = self.start.len();
        self.start.fill(self.start_prior);
        for row in &mut self.trans {
            row.fill(self.trans_prior);
        }
        for s in 0..self.gamma.len() {
            for i in 0..k {
                self.start[i] += self.gamma[s][0][i];
            }
            for pair in &self.xi[s] {
                for i in 0..k {
                    for j in 0..k {
                        self.trans[i][j] += pair[i][j];
                    }
                }
            }
        }
        self.emission.update(&self.gamma);
    }

    /// Forward–backward with the sub-normalised tables exp E[ln ·] (Beal, eqs. 3.63–3.70), scaled at each
    /// step.
    fn update_local(&mut self) {
        let k = self.start.len();
        let start: Vec<f64> = dirichlet_mean_log(&self.start).iter().map(|x| x.exp()).collect();
        let trans: Vec<Vec<f64>> =
            self.trans.iter().map(|a| dirichlet_mean_log(a).iter().map(|x| x.exp()).collect()).collect();
        self.log_normaliser = 0.0;
        for s in 0..self.gamma.len() {
            let steps = self.gamma[s].len();
            let mut b = vec![vec![0.0; k]; steps];
            for (t, row) in b.iter_mut().enumerate() {
                let logs: Vec<f64> = (0..k).map(|j| self.emission.expected_log(s, t, j)).collect();
                let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                for j in 0..k {
                    row[j] = (logs[j] - top).exp();
                }
                self.log_normaliser += top;
            }
            let mut alpha = vec![vec![0.0; k]; steps];
            let mut scale = vec![0.0; steps];
            for t in 0..steps {
                for j in 0..k {
                    let before =
                        if t == 0 { start[j] } else { (0..k).map(|i| alpha[t - 1][i] * trans[i][j]).sum() };
                    alpha[t][j] = before * b[t][j];
                }
                scale[t] = alpha[t].iter().sum();
                for v in &mut alpha[t] {
                    *v /= scale[t];
                }
                self.log_normaliser += scale[t].ln();
            }
            let mut beta = vec![vec![1.0; k]; steps];
            for t in (0..steps.saturating_sub(1)).rev() {
                for i in 0..k {
                    beta[t][i] = (0..k).map(|j| trans[i][j] * b[t + 1][j] * beta[t + 1][j]).sum::<f64>()
                        / scale[t + 1];
                }
            }
            for t in 0..steps {
                for j in 0..k {
                    self.gamma[s][t][j] = alpha[t][j] * beta[t][j];
                }
            }
            for t in 1..steps {
                for i in 0..k {
                    for j in 0..k {
                        self.xi[s][t - 1][i][j] =
                            alpha[t - 1][i] * trans[i][j] * b[t][j] * beta[t][j] / scale[t];
                    }
                }
            }
        }
    }

    /// The bound, term by term, with the entropy of the chains from their own single and pair probabilities.
    pub fn elbo(&self) -> f64 {
        let k = self.start.len();
        let start = dirichlet_mean_log(&self.start);
        let trans: Vec<Vec<f64>> = self.trans.iter().map(|a| dirichlet_mean_log(a)).collect();
        let mut sum = self.parameter_term();
        for s in 0..self.gamma.len() {
            for j in 0..k {
                let first = self.gamma[s][0][j];
                if first > 0.0 {
                    sum += first * (start[j] - first.ln());
                }
            }
            for (t, pair) in self.xi[s].iter().enumerate() {
                for i in 0..k {
                    for j in 0..k {
                        if pair[i][j] > 0.0 {
                            // −ln q(z_t | z_{t-1})
                            sum += pair[i][j] * (trans[i][j] - (pair[i][j] / self.gamma[s][t][i]).ln());
                        }
                    }
                }
            }
            for t in 0..self.gamma[s].len() {
                for j in 0..k {
                    sum += self.gamma[s][t][j] * self.emission.expected_log(s, t, j);
                }
            }
        }
        sum
    }

    /// E_q[ln p − ln q] of start, transitions and emissions.
    pub fn parameter_term(&self) -> f64 {
        let k = self.start.len();
        let mut sum =
            dirichlet_term(&vec![self.start_prior; k], &self.start) + self.emission.parameter_term();
        for row in &self.trans {
            sum += dirichlet_term(&vec![self.trans_prior; k], row);
        }
        sum
    }
}
