//! Answers that other programs or a closed form give for these models, with every constant counted.

use crate::common::{all_near, fit, is_evidence, near, sorted};

const LONG: &[&str] = &["--tolerance", "1e-14", "--max-iterations", "5000"];

fn with<'a>(options: &[&'a str]) -> Vec<&'a str> {
    LONG.iter().chain(options).copied().collect()
}

#[test]
fn quickstart_as_published() {
    let q = fit("tests/models/quickstart.ron", LONG);
    // BayesPy stops after four iterations, at −58.202875200203 with a rate of 787.8310780; these are the
    // values at rest (`tests/textbook` passes both).
    near("elbo", q.elbo(), -58.202_874_977_928_36, 1e-9);
    near("elbo, as published", q.elbo(), -58.202_875_200_203, 1e-6);
    all_near("E mu", &q.mean("mu"), &[4.028_527_6], 1e-6);
    all_near("shape of tau", &q.parameter("tau", "shape"), &[5.000_001], 1e-12);
    all_near("rate of tau", &q.parameter("tau", "rate"), &[787.909_352_543_486], 1e-4);
}

#[test]
fn one_gaussian_is_exact() {
    let q = fit("tests/models/one_gaussian.ron", LONG);
    is_evidence(&q, -561.674_795_159_188_5, 1e-9);
}

#[test]
fn two_gaussians() {
    let q = fit("tests/models/two_gaussians.ron", &with(&["--restarts", "5"]));
    near("elbo", q.elbo(), -436.047_326_649_036_17, 1e-7);
    all_near(
        "concentration",
        &sorted(q.parameter("weights", "concentration")),
        &[98.139_368_94, 175.860_631_06],
        1e-4,
    );
    all_near("centres", &sorted(q.mean("centre")), &[-1.258_03, -1.194_68, 0.666_69, 0.702_05], 1e-4);
}

#[test]
fn six_gaussians_of_which_two_are_needed() {
    let q = fit("tests/models/six_gaussians.ron", &with(&["--restarts", "20"]));
    near("elbo", q.elbo(), -443.297_873_451_1, 1e-6);
    let concentration = sorted(q.parameter("weights", "concentration"));
    all_near("concentration", &concentration, &[0.001, 0.001, 0.001, 0.001, 97.139_153, 174.862_847], 1e-4);
}

#[test]
fn hmm_with_known_emissions() {
    let q = fit("graphs/hmm_gauss.ron", &with(&["--restarts", "10"]));
    // BayesPy stops at −923.5052629. The textbook's loops (`tests/textbook`), run until they rest, come to
    // this:
    near("elbo", q.elbo(), -923.500_171_651_844, 1e-6);
    // The places are known, so the order is the file's. The counts are those of BayesPy where it stopped.
    let trans = q.parameter("trans", "concentration");
    let want = [48.351, 2.199, 1.852, 1.584, 76.146, 2.345, 2.468, 2.728, 61.335];
    all_near("trans", &trans, &want, 0.2);
}

#[test]
fn beta_bernoulli_is_exact() {
    let q = fit("tests/models/beta.ron", &[]);
    is_evidence(&q, -13.795_948_461_738_172, 1e-9);
    all_near("E p", &q.mean("p"), &[9.0 / 25.0], 1e-12);
    near("the coin of graphs/", fit("graphs/coin.ron", &[]).elbo(), q.elbo(), 1e-12);
}

#[test]
fn dirichlet_categorical_is_exact() {
    let q = fit("tests/models/dirichlet.ron", &[]);
    is_evidence(&q, -13.775_932_234_209_275, 1e-9);
    all_near("p", &q.parameter("p", "concentration"), &[3.5, 0.5, 5.5, 2.5], 1e-12);
}

#[test]
fn gamma_poisson_is_exact() {
    let q = fit("tests/models/gamma.ron", &[]);
    is_evidence(&q, -9.661_766_264_998_722, 1e-9);
    all_near("shape", &q.parameter("rate", "shape"), &[12.0], 1e-12);
    all_near("rate", &q.parameter("rate", "rate"), &[6.0], 1e-12);
}

#[test]
fn regression_with_weights_apart_from_the_precision() {
    let q = fit("tests/models/regression.ron", LONG);
    near("elbo", q.elbo(), -60.638_545_962_573_04, 1e-8);
    all_near("E w", &q.mean("w"), &[0.916_244_2, -1.966_203_02, 0.438_517_77], 1e-6);
    all_near("shape of tau", &q.parameter("tau", "shape"), &[26.0], 1e-12);
    all_near("rate of tau", &q.parameter("tau", "rate"), &[12.204_876_82], 1e-6);
}

/// The precision of the weights is that of the noise: all of it is one Normal–Gamma, and the bound is the log
/// evidence.
#[test]
fn regression_with_weights_scaled_by_the_precision_is_exact() {
    let q = fit("tests/models/regression_scaled.ron", &[]);
    is_evidence(&q, -62.011_656_158_729_274, 1e-8);
    assert!(q.trace().len() <= 2, "exact at once: {:?}", q.trace());
    // Gamma(1 + ½·50, …); the coefficients' centres are (XᵀX + I)⁻¹Xᵀy.
    all_near("shape of tau", &q.parameter("tau", "shape"), &[26.0], 1e-12);
    let table = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/regression.csv"))
        .expect("the table");
    let rows: Vec<Vec<f64>> =
        table.lines().skip(1).map(|l| l.split(',').map(|c| c.parse().expect("a number")).collect()).collect();
    let x = nalgebra::DMatrix::from_fn(rows.len(), 3, |r, c| rows[r][c]);
    let y = nalgebra::DVector::from_fn(rows.len(), |r, _| rows[r][3]);
    let precision = x.transpose() * &x + nalgebra::DMatrix::identity(3, 3);
    let covariance = precision.try_inverse().expect("positive definite");
    let mean = &covariance * (x.transpose() * &y);
    let rate = 1.0 + 0.5 * (y.dot(&y) - mean.dot(&(x.transpose() * &y)));
    all_near("E w", &q.mean("w"), mean.as_slice(), 1e-10);
    all_near("rate of tau", &q.parameter("tau", "rate"), &[rate], 1e-9);
    let sd: Vec<f64> = q.0["nodes"]["w"]["sd"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|v| v.as_f64().expect("a number"))
        .collect();
    all_near("sd of w", &sd, covariance.diagonal().map(|v| (v * rate / 25.0).sqrt()).as_slice(), 1e-10);
}

/// A Gaussian chain is exact: the bound is the Kalman filter's log likelihood, the marginals are the
/// smoother's.
#[test]
fn local_level_of_the_nile_is_exact() {
    let q = fit("tests/models/local_level.ron", &with(&["--nodes", "level"]));
    is_evidence(&q, -641.585_578_459_415_3, 1e-8);
    let (mean, precision) = (q.mean("level"), q.parameter("level", "precision"));
    let ends = |all: &[f64]| [all[0], all[all.len() - 1]];
    assert_eq!(mean.len(), 100);
    all_near("mean of the first and last level", &ends(&mean), &[1_111.220_257_57, 798.370_292_61], 1e-6);
    all_near(
        "their variance",
        &ends(&precision).map(|p| 1.0 / p),
        &[4_030.532_767_34, 4_032.157_941_81],
        1e-6,
    );
}
