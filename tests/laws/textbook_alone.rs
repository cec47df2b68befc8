//! The textbook programs are right by themselves: their bound rises, and reaches values known from elsewhere.

use crate::textbook::{
    gmm::{Mixture, NormalWishart},
    hmm::{Counts, Hmm, KnownGaussians, Symbols},
    lda::{Row, Schedule, Topics},
    normal::MeanAndPrecision,
    special::ln_gamma,
    table::read,
};

/// Runs until the bound stands still; fails if it ever falls.
fn climb(name: &str, most: usize, mut iterate: impl FnMut() -> f64) -> f64 {
    let mut last = f64::NEG_INFINITY;
    for i in 0..most {
        let now = iterate();
        assert!(now.is_finite(), "{name}: the bound is {now} after iteration {i}");
        assert!(
            now >= last - 1e-9 * last.abs().max(1.0),
            "{name}: the bound fell from {last} to {now} in iteration {i}"
        );
        if (now - last).abs() < 1e-13 * now.abs() {
            return now;
        }
        last = now;
    }
    last
}

fn near(name: &str, got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within, "{name}: got {got}, expected {want} within {within}");
}

fn unit_prior() -> NormalWishart {
    NormalWishart { mean: vec![0.0, 0.0], beta: 1.0, dof: 2.0, scale: vec![vec![1.0, 0.0], vec![0.0, 1.0]] }
}

#[test]
fn quickstart_reaches_reference_1() {
    let data = read("tests/data/quickstart.csv").iter().map(|row| row[0]).collect();
    let mut model = MeanAndPrecision::new(data, (0.0, 1e-6), (1e-6, 1e-6));
    // The published value is that of the fourth iteration, after which BayesPy stops.
    let fourth = (0..4).map(|_| model.iterate()).last().unwrap_or_default();
    near("reference 1 as published", fourth, -58.202_875_200_203, 1e-12);
    near("its rate of tau", model.tau.1, 787.831_078_0, 1e-6);
    near("reference 1 at rest", climb("reference 1", 100, || model.iterate()), -58.202_874_977_928_36, 1e-11);
}

#[test]
fn one_gaussian_gives_the_log_evidence() {
    let data = read("tests/data/faithful_standardised.csv");
    let labels = vec![0; data.len()];
    let mut model = Mixture::new(data, 1, 1.0, unit_prior(), &labels);
    near("reference 2a", climb("2a", 5, || model.iterate()), -561.674_795_159_188_5, 1e-9);
}

#[test]
fn two_gaussians_reach_reference_2b() {
    let data = read("tests/data/faithful_standardised.csv");
    let labels: Vec<usize> = data.iter().map(|x| usize::from(x[0] > 0.0)).collect();
    let mut model = Mixture::new(data, 2, 1.0, unit_prior(), &labels);
    near("reference 2b", climb("2b", 2000, || model.iterate()), -436.047_326_649_036_17, 1e-8);
    near("the smaller weight", model.alpha[0], 98.139_368_94, 1e-5);
    near("a centre", model.components[1].mean[0], 0.702_05, 1e-5);
}

#[test]
fn six_gaussians_reach_reference_2c() {
    let data = read("tests/data/faithful_standardised.csv");
    let labels: Vec<usize> = data.iter().map(|x| usize::from(x[0] > 0.0)).collect();
    let mut model = Mixture::new(data, 6, 0.001, unit_prior(), &labels);
    near("reference 2c", climb("2c", 2000, || model.iterate()), -443.297_873_451_1, 1e-8);
    near("the larger weight", model.alpha[1], 174.862_847, 1e-5);
}

#[test]
fn known_gaussians_reach_reference_4() {
    let data = read("tests/data/hmm_gauss.csv");
    let centres = vec![vec![0.0, 0.0], vec![3.0, 4.0], vec![6.0, 0.0]];
    let distance = |x: &[f64], c: &[f64]| (x[0] - c[0]).powi(2) + (x[1] - c[1]).powi(2);
    let nearest = |x: &Vec<f64>| {
        (0..3).min_by(|&a, &b| distance(x, &centres[a]).total_cmp(&distance(x, &centres[b]))).unwrap_or(0)
    };
    let labels: Vec<usize> = data.iter().map(nearest).collect();
    let emission = KnownGaussians { data: vec![data], centres, precision: 0.25 };
    let mut model = Hmm::new(3, 0.001, 0.001, emission, &[labels]);
    let bound = climb("reference 4", 3000, || model.iterate());
    // BayesPy stops a little before the top, at −923.5052629.
    near("reference 4", bound, -923.505, 1e-2);
    near("reference 4, at rest", bound, -923.500_171_651_844, 1e-8);
    near("reference 4: stays in the first place", model.trans[0][0] - 0.001, 48.351, 0.05);
}

/// Two sequences of unequal length from few states, by a rule.
fn sequences() -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let symbols = vec![vec![0, 0, 1, 0, 2, 2, 3, 2, 3, 0, 0, 1, 1, 0, 3], vec![2, 3, 3, 2, 0, 1], vec![1]];
    let labels = symbols.iter().map(|s| s.iter().map(|&x| usize::from(x > 1)).collect()).collect();
    (symbols, labels)
}

#[test]
fn hmm_bound_rises_and_equals_normaliser_plus_parameter_terms() {
    let (symbols, labels) = sequences();
    let mut model = Hmm::new(2, 1.0, 0.7, Symbols::new(symbols, 2, 4, 0.5), &labels);
    climb("symbols", 200, || model.iterate());
    near(
        "symbols: two ways to the bound",
        model.elbo(),
        model.log_normaliser + model.parameter_term(),
        1e-10,
    );

    let counts = vec![vec![3.0, 1.0, 0.0, 12.0, 9.0, 2.0, 3.0], vec![8.0, 11.0, 1.0]];
    let labels: Vec<Vec<usize>> =
        counts.iter().map(|s| s.iter().map(|&x| usize::from(x > 5.0)).collect()).collect();
    let mut model = Hmm::new(2, 1.0, 1.0, Counts::new(counts, 2, (2.0, 0.5)), &labels);
    climb("counts", 200, || model.iterate());
    near("counts: two ways to the bound", model.elbo(), model.log_normaliser + model.parameter_term(), 1e-10);
}

#[test]
fn one_state_gives_the_log_evidence() {
    // ln p = ln B(prior + counts) − ln B(prior).
    let (symbols, _) = sequences();
    let labels: Vec<Vec<usize>> = symbols.iter().map(|s| vec![0; s.len()]).collect();
    let mut counts = vec![0.5; 4];
    for &x in symbols.iter().flatten() {
        counts[x] += 1.0;
    }
    let evidence = crate::textbook::special::ln_beta(&counts) - crate::textbook::special::ln_beta(&[0.5; 4]);
    let mut model = Hmm::new(1, 1.0, 1.0, Symbols::new(symbols, 1, 4, 0.5), &labels);
    near("symbols", model.iterate(), evidence, 1e-10);

    // ln p of reference 8: Gamma(2, rate 1), counts 2, 0, 3, 1, 4.
    let mut model =
        Hmm::new(1, 1.0, 1.0, Counts::new(vec![vec![2.0, 0.0, 3.0, 1.0, 4.0]], 1, (2.0, 1.0)), &[vec![0; 5]]);
    near("reference 8", model.iterate(), -9.661_766_264_998_722, 1e-11);
}

/// Six documents on two themes of three words each.
fn corpus() -> (Vec<Row>, Vec<Vec<f64>>) {
    let mut rows = Vec::new();
    for doc in 0..6 {
        for word in 0..6 {
            let count = if (word < 3) == (doc < 3) { 4 + (doc + word) % 3 } else { (doc * word) % 2 };
            if count > 0 {
                rows.push(Row { doc, word, count: count as f64 });
            }
        }
    }
    let start = rows.iter().map(|r| if r.word < 3 { vec![0.7, 0.3] } else { vec![0.4, 0.6] }).collect();
    (rows, start)
}

#[test]
fn lda_bound_rises_and_both_schedules_rest_in_the_same_place() {
    let (rows, start) = corpus();
    let mut local = Topics::new(rows.clone(), 0.1, 0.05, start.clone(), Schedule::Local(5));
    climb("local", 5000, || local.iterate());
    let mut shared = Topics::new(rows.clone(), 0.1, 0.05, start, Schedule::Shared);
    let bound = climb("shared", 5000, || shared.iterate());
    let mut local = Topics::new(rows, 0.1, 0.05, shared.responsibilities, Schedule::Local(5));
    near("from where the other came to rest", climb("local again", 5000, || local.iterate()), bound, 1e-8);
}

#[test]
fn one_topic_gives_the_log_evidence() {
    let (rows, _) = corpus();
    let mut counts = vec![0.05; 6];
    for row in &rows {
        counts[row.word] += row.count;
    }
    let evidence = crate::textbook::special::ln_beta(&counts) - crate::textbook::special::ln_beta(&[0.05; 6]);
    let start = vec![vec![1.0]; rows.len()];
    let mut model = Topics::new(rows, 0.1, 0.05, start, Schedule::Shared);
    near("one topic", model.iterate(), evidence, 1e-10);
}

#[test]
fn special_functions() {
    near("ln Γ(1/2)", ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), 1e-13);
    near("ln Γ(0.001)", ln_gamma(0.001), 6.907_178_885_383_853, 1e-12);
}
