//! Quantiles against numbers of 60 digits, in order in p, and in how many evaluations.

use super::*;
use crate::num::special::ln_gamma;
use statrs::distribution::{Beta, ContinuousCDF, Gamma};

/// What one quantile may take.
const MOST_EVALUATIONS: usize = 15;

/// Every shape that a number can be, in steps of a factor of about 30.
fn shapes() -> impl Iterator<Item = f64> + Clone {
    (-200..=200).map(|k| 10_f64.powf(f64::from(k) * 1.5)).chain([0.5, 1.0, 2.0, 2e4])
}

/// The rows of a table that `tests/data/quantiles/make.py` wrote: numbers after one line of names.
fn rows(table: &str) -> Vec<Vec<f64>> {
    table.lines().skip(1).map(|l| l.split(',').map(|n| n.parse().unwrap()).collect()).collect()
}

/// As many relative digits as `want` can have; under the smallest numbers there is only 0.
fn close(found: f64, want: f64) -> bool {
    (found - want).abs() <= 1e-9 * want.abs() + 1e-300
}

#[test]
fn gamma_quantiles_are_those_of_60_digits() {
    let rows = rows(include_str!("../../../tests/data/quantiles/gamma.csv"));
    assert_eq!(rows.len(), 70);
    let wrong: Vec<_> = rows.iter().filter(|r| !close(gamma(r[0], r[1]), r[2])).collect();
    let found: Vec<_> = wrong.iter().map(|r| gamma(r[0], r[1])).collect();
    assert!(wrong.is_empty(), "shape, p, quantile: {wrong:?}, found {found:?}");
}

#[test]
fn beta_quantiles_are_those_of_60_digits() {
    let rows = rows(include_str!("../../../tests/data/quantiles/beta.csv"));
    assert_eq!(rows.len(), 95);
    let wrong: Vec<_> = rows.iter().filter(|r| !close(beta(r[0], r[1], r[2]), r[3])).collect();
    let found: Vec<_> = wrong.iter().map(|r| beta(r[0], r[1], r[2])).collect();
    assert!(wrong.is_empty(), "a, b, p, quantile: {wrong:?}, found {found:?}");
}

const P: [f64; 13] =
    [1e-300, 1e-20, 1e-6, 0.01, 0.05, 0.3, 0.5, 0.500_001, 0.8, 0.95, 0.999, 0.999_999, 1.0 - 1e-15];

#[test]
fn gamma_quantiles_rise_with_p_and_with_the_shape_in_few_evaluations() {
    for a in shapes() {
        let mut before = 0.0;
        for p in P {
            let found = gamma::quantile(a, p, 1.0 - p);
            assert!(
                found.at >= before * (1.0 - 1e-13) && found.at.is_finite(),
                "Gamma({a}) at {p}: {found:?}, {before}"
            );
            assert!(found.evaluations <= MOST_EVALUATIONS, "Gamma({a}) at {p}: {found:?}");
            before = found.at;
        }
    }
}

#[test]
fn beta_quantiles_rise_with_p_in_few_evaluations() {
    for a in shapes() {
        for b in shapes() {
            let mut before = 0.0;
            for p in P {
                let found = beta_counted(a, b, p);
                assert!(
                    found.at >= before * (1.0 - 1e-13) && found.at <= 1.0,
                    "Beta({a}, {b}) at {p}: {found:?}, {before}"
                );
                assert!(found.evaluations <= MOST_EVALUATIONS, "Beta({a}, {b}) at {p}: {found:?}");
                before = found.at;
            }
        }
    }
}

#[test]
fn quantiles_agree_where_one_method_gives_way_to_the_next() {
    let next = |x: f64, f: &dyn Fn(f64) -> f64, scale: f64| {
        let (below, above) = (f(x * (1.0 - 1e-12)), f(x));
        assert!((above - below).abs() <= 1e-9 * scale * above, "at {x}: {below} and {above}");
    };
    for p in P.into_iter().filter(|p| *p > 1e-100) {
        next(1.0, &|a| gamma(a, p), 1.0);
        next(2e4, &|a| gamma(a, p), 1.0);
        next(2e4, &|a| beta(a, 3e4, p), 1.0);
        next(2e4, &|a| beta(a, 1e9, p), 1.0);
        next(1e7, &|b| beta(0.3, b, p), 1.0);
        next(1e7, &|b| beta(60.0, b, p), 1.0);
        next(1e9, &|b| beta(1e4, b, p), 1.0);
        next(1.0, &|a| beta(a, 4.0, p), 1.0);
    }
}

#[test]
fn quantiles_invert_a_library_where_it_is_accurate() {
    for p in [0.01, 0.3, 0.7, 0.99] {
        for a in [0.3, 1.0, 2.5, 40.0] {
            let back = Gamma::new(a, 1.0).unwrap().cdf(gamma(a, p));
            assert!((back - p).abs() < 1e-11, "Gamma({a}) at {p}: {back}");
            for b in [1.0, 3.5, 7.0] {
                let back = Beta::new(a, b).unwrap().cdf(beta(a, b, p));
                assert!((back - p).abs() < 1e-11, "Beta({a}, {b}) at {p}: {back}");
            }
        }
    }
}

#[test]
fn tiny_shapes_have_the_logarithm_of_their_power() {
    // P(X ≤ x) = x^a/Γ(a + 1) as x goes to 0; below the smallest number there is 0.
    let want = (0.5_f64.ln() + ln_gamma(1.01)) / 0.01;
    assert!((gamma(0.01, 0.5).ln() - want).abs() < 1e-9);
    assert_eq!([1e-300, 1e-20, 1e-6].map(|a| gamma(a, 0.95)), [0.0; 3]);
    let want = (0.5_f64.ln() + ln_gamma(1.01) + ln_gamma(5.0) - ln_gamma(5.01)) / 0.01;
    assert!((beta(0.01, 5.0, 0.5).ln() - want).abs() < 1e-9);
    assert_eq!([0.3, 0.7].map(|p| beta(1e-300, 1e-300, p)), [0.0, 1.0]);
    assert!((beta(1e-300, 1e-300, 0.5) - 0.5).abs() < 1e-9);
}

#[test]
fn student_t_has_its_table_values() {
    // Dof 1: tan(π(p − ½)). Dof 2: closed form. Many: the Normal's.
    assert!((student_t(1.0, 0.9) - (0.4 * std::f64::consts::PI).tan()).abs() < 1e-9);
    assert!((student_t(2.0, 0.95) - 0.9 / (2.0_f64 * 0.95 * 0.05).sqrt()).abs() < 1e-9);
    assert!((student_t(10.0, 0.025) + 2.228_138_85).abs() < 1e-7);
    assert!((student_t(1e9, 0.95) - 1.644_853_6).abs() < 1e-6);
}
