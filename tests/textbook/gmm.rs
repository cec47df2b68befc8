//! The variational mixture of Gaussians: Bishop, Pattern Recognition and Machine Learning (2006), section
//! 10.2. Weights: Dirichlet. Components: Normal–Wishart, centre given spread with precision beta · spread.

use super::special::{
    digamma, dirichlet_mean_log, dirichlet_term, inverse, ln_gamma, log_sum_exp, quadratic,
};
use std::f64::consts::{LN_2, PI, TAU};

/// A Normal–Wishart: eq. 10.40.
#[derive(Clone, Debug)]
pub struct NormalWishart {
    pub mean: Vec<f64>,
    pub beta: f64,
    pub dof: f64,
    /// W: the mean precision is dof · W.
    pub scale: Vec<Vec<f64>>,
}

impl NormalWishart {
    fn d(&self) -> usize {
        self.mean.len()
    }

    /// E[ln |Λ|], eq. 10.65.
    fn mean_log_det(&self) -> f64 {
        let d = self.d();
        let psi: f64 = (0..d).map(|i| digamma((self.dof - i as f64) / 2.0)).sum();
        psi + d as f64 * LN_2 + inverse(&self.scale).0.ln()
    }

    /// E[(x − μ)ᵀ Λ (x − μ)], eq. 10.64.
    fn mean_quadratic(&self, x: &[f64]) -> f64 {
        let gap: Vec<f64> = x.iter().zip(&self.mean).map(|(a, b)| a - b).collect();
        self.d() as f64 / self.beta + self.dof * quadratic(&self.scale, &gap)
    }

    /// ln B(W, ν), eq. B.79.
    fn ln_b(&self) -> f64 {
        let d = self.d() as f64;
        let gammas: f64 = (0..self.d()).map(|i| ln_gamma((self.dof - i as f64) / 2.0)).sum();
        -0.5 * self.dof * inverse(&self.scale).0.ln()
            - 0.5 * self.dof * d * LN_2
            - d * (d - 1.0) / 4.0 * PI.ln()
            - gammas
    }
}

/// The state of coordinate ascent.
#[derive(Clone, Debug)]
pub struct Mixture {
    pub data: Vec<Vec<f64>>,
    /// Concentration of the prior of the weights, the same for all.
    pub alpha0: f64,
    pub prior: NormalWishart,
    /// q(weights).
    pub alpha: Vec<f64>,
    /// q(centre, spread).
    pub components: Vec<NormalWishart>,
    /// r[n][k].
    pub responsibilities: Vec<Vec<f64>>,
}

impl Mixture {
    /// Starts from hard labels, one for each row.
    pub fn new(data: Vec<Vec<f64>>, k: usize, alpha0: f64, prior: NormalWishart, labels: &[usize]) -> Self {
        assert_eq!(data.len(), labels.len(), "one label for each row");
        let responsibilities =
            labels.iter().map(|&l| (0..k).map(|j| f64::from(u8::from(j == l))).collect()).collect();
        Self {
            data,
            alpha0,
            alpha: vec![alpha0; k],
            components: vec![prior.clone(); k],
            prior,
            responsibilities,
        }
    }

    /// Shared posteriors, then responsibilities; the bound of that state.
    pub fn iterate(&mut self) -> f64 {
        self.update_shared();
        self.update_local();
        self.elbo()
    }

    /// Eqs. 10.51–10.53 and 10.58–10.63.
    fn update_shared(&mut self) {
        let d = self.prior.d();
        for k in 0..self.alpha.len() {
            let mut count = 0.0;
            let mut sum = vec![0.0; d];
            for (x, r) in self.data.iter().zip(&self.responsibilities) {
                count += r[k];
                for i in 0..d {
                    sum[i] += r[k] * x[i];
                }
            }
            // An empty component has no mean; any value serves, as its weight is 0.
            let mean: Vec<f64> = sum.iter().map(|s| if count > 0.0 { s / count } else { 0.0 }).collect();
            let mut scatter = vec![vec![0.0; d]; d];
            for (x, r) in self.data.iter().zip(&self.responsibilities) {
                for i in 0..d {
                    for j in 0..d {
                        scatter[i][j] += r[k] * (x[i] - mean[i]) * (x[j] - mean[j]);
                    }
                }
            }
            let p = &self.prior;
            let beta = p.beta + count;
            let mut inverse_scale = inverse(&p.scale).1;
            for i in 0..d {
                for j in 0..d {
                    let gaps = (mean[i] - p.mean[i]) * (mean[j] - p.mean[j]);
                    inverse_scale[i][j] += scatter[i][j] + p.beta * count / beta * gaps;
                }
            }
            self.alpha[k] = self.alpha0 + count;
            self.components[k] = NormalWishart {
                mean: (0..d).map(|i| (p.beta * p.mean[i] + sum[i]) / beta).collect(),
                beta,
                dof: p.dof + count,
                scale: inverse(&inverse_scale).1,
            };
        }
    }

    /// E[ln N(x | μ_k, Λ_k)].
    fn expected_log(&self, x: &[f64], k: usize) -> f64 {
        let c = &self.components[k];
        0.5 * c.mean_log_det() - 0.5 * c.d() as f64 * TAU.ln() - 0.5 * c.mean_quadratic(x)
    }

    /// Eqs. 10.46 and 10.49.
    fn update_local(&mut self) {
        let mean_log_weight = dirichlet_mean_log(&self.alpha);
        for n in 0..self.data.len() {
            let rho: Vec<f64> = (0..self.alpha.len())
                .map(|k| mean_log_weight[k] + self.expected_log(&self.data[n], k))
                .collect();
            let norm = log_sum_exp(&rho);
            self.responsibilities[n] = rho.iter().map(|v| (v - norm).exp()).collect();
        }
    }

    /// The bound, eqs. 10.70–10.77, each expectation by itself.
    pub fn elbo(&self) -> f64 {
        let d = self.prior.d() as f64;
        let k = self.alpha.len();
        let mean_log_weight = dirichlet_mean_log(&self.alpha);
        let (mut data_term, mut z_term, mut z_entropy) = (0.0, 0.0, 0.0);
        for (x, r) in self.data.iter().zip(&self.responsibilities) {
            for j in 0..k {
                data_term += r[j] * self.expected_log(x, j); // 10.71
                z_term += r[j] * mean_log_weight[j]; // 10.72
                if r[j] > 0.0 {
                    z_entropy -= r[j] * r[j].ln(); // 10.75
                }
            }
        }
        let weights_term = dirichlet_term(&vec![self.alpha0; k], &self.alpha); // 10.73 and 10.76
        let (mut prior_term, mut posterior_term) = (0.0, 0.0);
        let p = &self.prior;
        let prior_inverse_scale = inverse(&p.scale).1;
        for c in &self.components {
            let log_det = c.mean_log_det();
            let gap: Vec<f64> = c.mean.iter().zip(&p.mean).map(|(a, b)| a - b).collect();
            let mut trace = 0.0;
            for i in 0..p.mean.len() {
                for j in 0..p.mean.len() {
                    trace += prior_inverse_scale[i][j] * c.scale[j][i];
                }
            }
            // 10.74
            prior_term += 0.5
                * (d * (p.beta / TAU).ln() + log_det
                    - d * p.beta / c.beta
                    - p.beta * c.dof * quadratic(&c.scale, &gap));
            prior_term += p.ln_b() + 0.5 * (p.dof - d - 1.0) * log_det - 0.5 * c.dof * trace;
            // 10.77, with the entropy of the Wishart from eq. B.82
            let wishart_entropy = -c.ln_b() - 0.5 * (c.dof - d - 1.0) * log_det + 0.5 * c.dof * d;
            posterior_term += 0.5 * log_det + 0.5 * d * (c.beta / TAU).ln() - 0.5 * d - wishart_entropy;
        }
        data_term + z_term + z_entropy + weights_term + prior_term - posterior_term
    }
}
