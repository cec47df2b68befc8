//! Linear Gaussian models by a dense solve: evidence, means and deviations.

use super::{all_near, fit_text, is_evidence};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// Σ coefficients · x = value + an error of this precision.
pub struct Row(pub Vec<(usize, f64)>, pub f64, pub f64);

/// What a dense solve says.
pub struct Dense {
    pub evidence: f64,
    pub mean: Vec<f64>,
    pub sd: Vec<f64>,
}

/// The prior has one row for each entry of x, in an order in which each leans on those before; `seen` are the
/// observations.
pub fn dense(prior: &[Row], seen: &[Row]) -> Dense {
    let d = prior.len();
    let matrix = |rows: &[Row]| {
        DMatrix::<f64>::from_fn(rows.len(), d, |r, c| {
            rows[r].0.iter().filter(|x| x.0 == c).map(|x| x.1).sum()
        })
    };
    let values = |rows: &[Row]| DVector::from_iterator(rows.len(), rows.iter().map(|r| r.1));
    let variances = |rows: &[Row]| {
        DMatrix::from_diagonal(&DVector::from_iterator(rows.len(), rows.iter().map(|r| 1.0 / r.2)))
    };
    let back = matrix(prior).try_inverse().expect("prior rows are independent");
    let (mean, covariance) = (&back * values(prior), &back * variances(prior) * back.transpose());
    let h = matrix(seen);
    let spread: DMatrix<f64> = &h * &covariance * h.transpose() + variances(seen);
    let error = values(seen) - &h * &mean;
    let solved: Cholesky<f64, Dyn> = spread.cholesky().expect("a covariance");
    let log_det: f64 = solved.l().diagonal().iter().map(|x| 2.0 * x.ln()).sum();
    let evidence =
        -0.5 * (error.dot(&solved.solve(&error)) + log_det + seen.len() as f64 * std::f64::consts::TAU.ln());
    let gain = &covariance * h.transpose() * solved.inverse();
    let after = &mean + &gain * error;
    let left = &covariance - &gain * h * &covariance;
    Dense {
        evidence,
        mean: after.iter().copied().collect(),
        sd: left.diagonal().iter().map(|v| v.sqrt()).collect(),
    }
}

/// The bound is the log evidence, and the nodes' entries, one node after the other, are those of the dense
/// solve.
#[track_caller]
pub fn exact(model: &str, table: &str, nodes: &[&str], dense: &Dense) {
    let q = fit_text(model, &[("d.csv", table)], &["--nodes", &nodes.join(","), "--tolerance", "1e-12"]);
    is_evidence(&q, dense.evidence, 1e-9 * dense.evidence.abs().max(1.0));
    let flat = |field: &str| -> Vec<f64> {
        fn numbers(v: &serde_json::Value) -> Vec<f64> {
            v.as_array()
                .map_or_else(|| vec![v.as_f64().expect("a number")], |a| a.iter().flat_map(numbers).collect())
        }
        nodes.iter().flat_map(|n| numbers(&q.0["nodes"][n][field])).collect()
    };
    all_near("mean", &flat("mean"), &dense.mean, 1e-9);
    all_near("sd", &flat("sd"), &dense.sd, 1e-9);
}
