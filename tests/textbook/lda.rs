//! Latent Dirichlet allocation with Dirichlet topics: Blei, Ng and Jordan (2003), sections 5.2 and 5.4 (the
//! smoothed model).

use super::special::{dirichlet_mean_log, dirichlet_term, log_sum_exp};

/// A word of a document and how often it stands there.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub doc: usize,
    pub word: usize,
    pub count: f64,
}

/// How one iteration goes through a document.
#[derive(Clone, Copy, Debug)]
pub enum Schedule {
    /// theta is updated with phi from the responsibilities; then one update of z.
    Shared,
    /// phi is updated from the responsibilities; then, for each document, this many times z and after it
    /// theta.
    Local(usize),
    /// theta and phi are updated from the responsibilities; then, for each document, z and theta in turns, z
    /// last: at most so many of z, and no more where theta would move by less than this on average.
    Turns(usize, f64),
}

/// The state of coordinate ascent.
#[derive(Clone, Debug)]
pub struct Topics {
    pub rows: Vec<Row>,
    /// Prior concentrations.
    pub alpha: f64,
    pub beta: f64,
    pub schedule: Schedule,
    /// q(theta[d]).
    pub theta: Vec<Vec<f64>>,
    /// q(phi[k]).
    pub phi: Vec<Vec<f64>>,
    /// r[row][k].
    pub responsibilities: Vec<Vec<f64>>,
}

impl Topics {
    /// Starts from the responsibilities of each row over the topics.
    pub fn new(
        rows: Vec<Row>,
        alpha: f64,
        beta: f64,
        responsibilities: Vec<Vec<f64>>,
        schedule: Schedule,
    ) -> Self {
        assert_eq!(rows.len(), responsibilities.len(), "responsibilities for each row");
        let k = responsibilities.first().map_or(0, Vec::len);
        let docs = rows.iter().map(|r| r.doc + 1).max().unwrap_or(0);
        let words = rows.iter().map(|r| r.word + 1).max().unwrap_or(0);
        let mut new = Self {
            rows,
            alpha,
            beta,
            schedule,
            theta: vec![vec![alpha; k]; docs],
            phi: vec![vec![beta; words]; k],
            responsibilities,
        };
        new.update_theta();
        new
    }

    /// Shared posteriors, then local ones; the bound of that state.
    pub fn iterate(&mut self) -> f64 {
        self.update_phi();
        match self.schedule {
            Schedule::Shared => {
                self.update_theta();
                self.update_z();
            }
            Schedule::Turns(most, tolerance) => {
                self.update_theta();
                self.turns(most, tolerance);
            }
            Schedule::Local(times) => {
                for _ in 0..times {
                    self.update_z();
                    self.update_theta();
                }
            }
        }
        self.elbo()
    }

    fn turns(&mut self, most: usize, tolerance: f64) {
        let phi: Vec<Vec<f64>> = self.phi.iter().map(|a| dirichlet_mean_log(a)).collect();
        for (doc, theta) in self.theta.iter_mut().enumerate() {
            for turn in 1.. {
                let mean = dirichlet_mean_log(theta);
                let mut next = vec![self.alpha; theta.len()];
                for (row, r) in self.rows.iter().zip(&mut self.responsibilities).filter(|x| x.0.doc == doc) {
                    let score: Vec<f64> = (0..phi.len()).map(|k| mean[k] + phi[k][row.word]).collect();
                    let norm = log_sum_exp(&score);
                    for ((r, s), next) in r.iter_mut().zip(&score).zip(&mut next) {
                        *r = (s - norm).exp();
                        *next += row.count * *r;
                    }
                }
                let change: f64 = theta.iter().zip(&next).map(|(a, b)| (a - b).abs()).sum();
                if turn == most || change <= tolerance * theta.len() as f64 {
                    break;
                }
                *theta = next;
            }
        }
    }

    fn update_phi(&mut self) {
        for (k, phi) in self.phi.iter_mut().enumerate() {
            phi.fill(self.beta);
            for (row, r) in self.rows.iter().zip(&self.responsibilities) {
                phi[row.word] += row.count * r[k];
            }
        }
    }

    fn update_theta(&mut self) {
        for theta in &mut self.theta {
            theta.fill(self.alpha);
        }
        for (row, r) in self.rows.iter().zip(&self.responsibilities) {
            for (k, r) in r.iter().enumerate() {
                self.theta[row.doc][k] += row.count * r;
            }
        }
    }

    fn update_z(&mut self) {
        let theta: Vec<Vec<f64>> = self.theta.iter().map(|a| dirichlet_mean_log(a)).collect();
        let phi: Vec<Vec<f64>> = self.phi.iter().map(|a| dirichlet_mean_log(a)).collect();
        for (row, r) in self.rows.iter().zip(&mut self.responsibilities) {
            let score: Vec<f64> = (0..phi.len()).map(|k| theta[row.doc][k] + phi[k][row.word]).collect();
            let norm = log_sum_exp(&score);
            for (r, s) in r.iter_mut().zip(&score) {
                *r = (s - norm).exp();
            }
        }
    }

    /// The bound, term by term. A row of count c is c words with the same q.
    pub fn elbo(&self) -> f64 {
        let mut sum = 0.0;
        let theta: Vec<Vec<f64>> = self.theta.iter().map(|a| dirichlet_mean_log(a)).collect();
        let phi: Vec<Vec<f64>> = self.phi.iter().map(|a| dirichlet_mean_log(a)).collect();
        for a in &self.theta {
            sum += dirichlet_term(&vec![self.alpha; a.len()], a);
        }
        for a in &self.phi {
            sum += dirichlet_term(&vec![self.beta; a.len()], a);
        }
        for (row, r) in self.rows.iter().zip(&self.responsibilities) {
            for (k, &r) in r.iter().enumerate() {
                let entropy = if r > 0.0 { -r * r.ln() } else { 0.0 };
                sum += row.count * (r * (theta[row.doc][k] + phi[k][row.word]) + entropy);
            }
        }
        sum
    }
}
