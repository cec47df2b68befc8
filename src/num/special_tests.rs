//! Special functions against values computed with mpmath at 40 digits, and slice versions against std.

use super::reference::Double;
use super::*;
use crate::num::wide::{Fused, Vectors};
use proptest::prelude::*;

/// (x, ln Γ(x), ψ(x)), the last two rounded from 40 digits.
const GAMMA: &[(f64, f64, f64)] = &[
    (1e-08, 18.4206807381802089, -100000000.577215646),
    (1e-05, 11.5129196928958256, -100000.577199215673),
    (0.001, 6.90717888538385366, -1000.57557193181028),
    (0.1, 2.2527126517342059, -10.4237549404110762),
    (0.5, 0.572364942924700087, -1.96351002602142348),
    (0.9, 0.0663762397347429544, -0.754926949947051349),
    (1.1, -0.0498724412598397618, -0.423754940411076668),
    (1.25, -0.0982718364218131615, -0.227453533376265408),
    (1.46, -0.121485001004007429, -0.00158056198708345211),
    (1.4616, -0.121486290035897328, -0.0000311062512303416497),
    (1.461632144968362, -0.121486290535849608, -3.07279056654629284e-16),
    (1.4617, -0.121486288308166484, 0.0000656593922936764955),
    (1.47, -0.12145249800765601, 0.00806648901136486844),
    (1.9, -0.0389842759230833617, 0.356184161164059658),
    (2.2, 0.0969474667906388732, 0.54429343674114514),
    (3.7, 1.42807232666538813, 1.16715353936151144),
    (7.99, 8.50501160608848111, 2.0143092220462238),
    (8.01, 8.54532442974773293, 2.01697196390651929),
    (9.999, 12.7995757800774137, 2.25164741720573531),
    (10.5, 13.9406252194037636, 2.30300103429768638),
    (33.3, 82.603723581654943, 3.49046723852024278),
    (1000.0, 5905.22042320918121, 6.90725519564881205),
    (100000.0, 1051287.70897365689, 11.5129204649618951),
    (100000000.0, 1742068066.10383471, 18.4206807389523655),
    (10000000000.0, 220258509288.810581, 23.0258509298904568),
];

/// (a, b, ln B(a, b)).
const BETA: &[(f64, f64, f64)] = &[
    (1e-08, 1e-08, 19.1138279245123106),
    (0.001, 5.0, 6.90567265706207472),
    (0.5, 0.5, 1.14472988584940017),
    (2.5, 3.5, -3.30183526996205261),
    (3.0, 100000000.0, -54.5688950812971509),
    (0.01, 10000000000.0, 4.36922136874311213),
    (12.0, 15.0, -18.5681727323894346),
    (10000.0, 10000000.0, -79086.2368475568127),
    (50.0, 0.3, -0.0757061363895517921),
    (1000000.0, 1000000.0, -1386300.00336292112),
];

fn near(got: f64, want: f64, relative: f64, of: &str) {
    assert!(
        (got - want).abs() <= relative * want.abs(),
        "{of}: {got:e} for {want:e}, off by {:e}",
        (got / want - 1.0).abs()
    );
}

#[test]
fn gamma_functions_agree_with_mpmath() {
    for &(x, g, d) in GAMMA {
        near(ln_gamma(x), g, 1e-14, &format!("ln_gamma({x})"));
        near(digamma(x), d, 1e-14, &format!("digamma({x})"));
        let mut s = [x];
        digamma_slice(&mut s);
        assert!((s[0] - d).abs() <= 2e-15 * d.abs().max(1.0), "digamma_slice({x}): {} for {d}", s[0]);
    }
    for &(a, b, v) in BETA {
        near(ln_beta(a, b), v, 1e-14, &format!("ln_beta({a}, {b})"));
        near(ln_beta(b, a), v, 1e-14, &format!("ln_beta({b}, {a})"));
    }
}

#[test]
fn multivariate_gamma_by_its_recurrence() {
    // Γ_D(a) = π^((D−1)/2) Γ(a) Γ_{D−1}(a − ½).
    for d in 1..6 {
        let a = 4.3;
        near(
            ln_multigamma(d + 1, a),
            0.5 * d as f64 * PI.ln() + ln_gamma(a) + ln_multigamma(d, a - 0.5),
            1e-14,
            "ln_multigamma",
        );
        let h = 1e-6;
        near(
            multidigamma(d, a),
            (ln_multigamma(d, a + h) - ln_multigamma(d, a - h)) / (2.0 * h),
            1e-8,
            "multidigamma",
        );
    }
    near(ln_choose(10.0, 3.0), 120f64.ln(), 1e-14, "ln_choose");
    near(ln_factorial(5.0), 120f64.ln(), 1e-14, "ln_factorial");
    assert_eq!(ln_choose(7.0, 7.0), 0.0);
}

#[test]
fn exp_and_ln_over_a_dense_grid() {
    let mut xs: Vec<f64> = (-70_800..=70_978).map(|i| f64::from(i) * 0.01).collect();
    let grid = xs.clone();
    exp_slice(&mut xs);
    grid.iter().zip(&xs).for_each(|(&x, &y)| near(y, x.exp(), 5e-16, &format!("exp({x})")));
    ln_slice(&mut xs);
    for (&x, &y) in grid.iter().zip(&xs) {
        assert!((y - x.exp().ln()).abs() <= 1e-15 * x.abs().max(1.0), "ln exp {x}: {y}");
    }
    let mut ends = [-1e200, f64::NEG_INFINITY, -800.0, 0.0, 709.78, 710.0, 1e200, f64::INFINITY];
    exp_slice(&mut ends);
    assert_eq!(ends, [0.0, 0.0, 0.0, 1.0, ends[4], f64::INFINITY, f64::INFINITY, f64::INFINITY]);
    near(ends[4], 709.78f64.exp(), 5e-16, "exp(709.78)");
    let mut ends = [0.0, 1.0, 5e-324, 1e-310, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY];
    let std = ends.map(f64::ln);
    ln_slice(&mut ends);
    assert_eq!(ends, std);
    let mut bad = [f64::NAN, -1.0, -0.0, f64::NEG_INFINITY];
    ln_slice(&mut bad);
    assert!(bad[0].is_nan() && bad[1].is_nan() && bad[2] == f64::NEG_INFINITY && bad[3].is_nan(), "{bad:?}");
    let mut nan = [f64::NAN];
    exp_slice(&mut nan);
    assert!(nan[0].is_nan());
    let mut ends = [0.0, -1.0, f64::NAN, f64::INFINITY];
    digamma_slice(&mut ends);
    assert!(ends[..3].iter().all(|x| x.is_nan()) && ends[3] == f64::INFINITY, "{ends:?}");
}

#[test]
fn ln_gamma_slice_agrees_with_the_scalar_one() {
    let mut xs: Vec<f64> = (1..4000).map(|i| f64::from(i) * 0.01).collect();
    xs.extend((-300..=300).map(|e| 10f64.powi(e)));
    xs.extend([f64::MIN_POSITIVE, 5e-324, 1.0, 2.0, 8.0, 7.999_999_999]);
    xs.extend(GAMMA.iter().map(|g| g.0));
    let mut got = xs.clone();
    ln_gamma_slice(&mut got);
    for (x, g) in xs.iter().zip(&got) {
        let want = ln_gamma(*x);
        assert!((g - want).abs() <= 1e-14 * want.abs().max(1.0), "ln_gamma_slice({x:e}): {g} for {want}");
    }
    let mut ends = [0.0, -1.0, f64::NAN];
    ln_gamma_slice(&mut ends);
    assert!(ends.iter().all(|x| x.is_nan()), "{ends:?}");
}

/// The loops compiled for any machine are the twins of those compiled for this one.
#[test]
fn the_widest_vectors_give_the_same_bits() {
    if Vectors::new().is_some() { the_same_bits::<Fused>() } else { the_same_bits::<Apart>() }
}

/// What a machine without fused products computes is within the same bounds.
#[test]
fn products_that_are_rounded_apart_give_the_same_values() {
    let xs: Vec<f64> = geometric(1e-290, 1e290, 1.07)
        .flat_map(|x| [x, -x.ln()])
        .chain((1..4000).map(|i| f64::from(i) * 0.02))
        .collect();
    type Plain = fn(&mut [f64]);
    let all: [(&str, Plain, Plain, f64); 5] = [
        ("exp", exp_slice_plain::<Apart>, exp_slice_plain::<Fused>, 6e-16),
        (
            "weights",
            |xs| of_weights(xs, weights_plain::<Apart>),
            |xs| of_weights(xs, weights_plain::<Fused>),
            6e-16,
        ),
        ("ln", ln_slice_plain::<Apart>, ln_slice_plain::<Fused>, 5e-16),
        ("digamma", digamma_slice_plain::<Apart>, digamma_slice_plain::<Fused>, 1e-13),
        ("ln_gamma", ln_gamma_slice_plain::<Apart>, ln_gamma_slice_plain::<Fused>, 2e-14),
    ];
    for (name, apart, fused, bound) in all {
        let (mut a, mut b) = (xs.clone(), xs.clone());
        apart(&mut a);
        fused(&mut b);
        for ((x, a), b) in xs.iter().zip(&a).zip(&b) {
            let off = (a - b).abs() <= bound * b.abs().max(if name == "ln_gamma" { 1.0 } else { 0.0 });
            assert!(off || a.is_nan() && b.is_nan() || a == b, "{name}({x:e}): {a:e} and {b:e}");
        }
    }
}

/// A function of numbers up to 0, of their negative sizes.
fn of_weights(xs: &mut [f64], weights: fn(&mut [f64])) {
    xs.iter_mut().for_each(|x| *x = -x.abs());
    weights(xs);
}

/// Weights are exponentials, bit for bit, but that those under 1e−290 are 0.
#[test]
fn weights_are_exponentials_that_end() {
    let xs: Vec<f64> = (0..=80_000)
        .map(|i| f64::from(i) * -0.01)
        .chain([-1e-300, -1e200, f64::NEG_INFINITY, -667.75, -667.749])
        .collect();
    let (mut got, mut want) = (xs.clone(), xs.clone());
    fused!(A => weights_plain::<A>(&mut got));
    exp_slice(&mut want);
    for ((x, got), want) in xs.iter().zip(got).zip(want) {
        assert_eq!(got, if want < 1e-290 { 0.0 } else { want }, "weight({x})");
    }
    let mut nan = [f64::NAN];
    fused!(A => weights_plain::<A>(&mut nan));
    assert!(nan[0].is_nan());
}

fn the_same_bits<A: MulAdd>() {
    let mut xs: Vec<f64> = (-7200..=7200).map(|i| f64::from(i) * 0.1).collect();
    xs.extend((-323..=308).map(|e| 10f64.powi(e)));
    xs.extend([0.0, -0.0, 5e-324, 1e-310, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -1e200]);
    let same = |name: &str, wide: &dyn Fn(&mut [f64]), plain: &dyn Fn(&mut [f64])| {
        // All alignments to a vector, and all lengths of a tail.
        for cut in 0..9 {
            let (mut a, mut b) = (xs[cut..].to_vec(), xs[cut..].to_vec());
            wide(&mut a);
            plain(&mut b);
            for ((x, a), b) in xs[cut..].iter().zip(&a).zip(&b) {
                assert!(
                    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
                    "{name}({x:e}): {a:e} and {b:e}"
                );
            }
        }
    };
    same("exp", &exp_slice, &exp_slice_plain::<A>);
    same("weights", &|xs| fused!(A => weights_plain::<A>(xs)), &weights_plain::<A>);
    same("ln", &ln_slice, &ln_slice_plain::<A>);
    same("digamma", &digamma_slice, &digamma_slice_plain::<A>);
    same("ln_gamma", &ln_gamma_slice, &ln_gamma_slice_plain::<A>);
    for cut in 0..70 {
        let (mut wide, mut plain, mut psi) = (xs[cut..].to_vec(), xs[cut..].to_vec(), xs[cut..].to_vec());
        let sums = (gamma_sums(&mut wide, 30), gamma_sums_plain::<A>(&mut plain, 30));
        assert!(sums.0.to_bits() == sums.1.to_bits() || sums.0.is_nan() && sums.1.is_nan());
        digamma_slice_plain::<A>(&mut psi);
        for (a, b) in wide.iter().zip(&psi).chain(plain.iter().zip(&psi)) {
            assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(), "ψ with sums: {a:e} and {b:e}");
        }
    }
    for k in [1, 2, 3, 7, 8, 16, 33] {
        let rows = xs.len() / k;
        let (mut a, mut b) = (xs[..rows * k].to_vec(), xs[..rows * k].to_vec());
        let (mut za, mut zb) = (vec![0.0; rows], vec![0.0; rows]);
        softmax_rows(&mut a, k, &mut za);
        softmax_rows_plain::<A>(&mut b, k, &mut zb, exp_slice_plain::<A>);
        for (a, b) in a.iter().chain(&za).zip(b.iter().chain(&zb)) {
            assert!(
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
                "softmax of {k}: {a:e} and {b:e}"
            );
        }
    }
    let finite: Vec<f64> = xs.iter().copied().filter(|x| x.abs() < 1e150).collect();
    for cut in 0..20 {
        let (a, b) = (&finite[cut..], &finite[20 - cut..]);
        assert_eq!(reduce::sum(a).to_bits(), reduce::sum_plain(a).to_bits());
        assert_eq!(reduce::dot(a, b).to_bits(), reduce::dot_plain(a, b).to_bits());
        assert_eq!(reduce::max(a).to_bits(), reduce::max_plain(a).to_bits());
    }
}

#[test]
fn a_row_of_a_softmax_does_not_depend_on_the_rows_beside_it() {
    // Few that count beside many, so that a block takes one way or the other.
    let row = |step: f64| (0..33).map(|i| -f64::from(i) * step).collect::<Vec<f64>>();
    for step in [0.5, 2.0, 2.2, 30.0] {
        let (mut all, mut alone, mut norm) = (row(step), row(step), [0.0]);
        let exact = softmax_in_place(&mut all);
        softmax_rows_of_what_counts(&mut alone, 33, &mut norm);
        let norm = norm[0];
        assert_eq!(norm, exact);
        all.iter_mut().filter(|p| **p < 2f64.powi(-100) * alone[0]).for_each(|p| *p = 0.0);
        assert_eq!(all, alone);
        for other in [0.0, 1.0, 40.0] {
            let mut all: Vec<f64> = (0..100).flat_map(|i| row(if i == 50 { step } else { other })).collect();
            let mut norms = [0.0; 100];
            softmax_rows_of_what_counts(&mut all, 33, &mut norms);
            assert_eq!((&all[50 * 33..51 * 33], norms[50]), (alone.as_slice(), norm));
        }
        let smallest = alone.iter().copied().filter(|p| *p > 0.0).fold(1.0, f64::min);
        assert!(smallest / alone[0] >= 2f64.powi(-101), "{smallest}");
    }
}

#[test]
fn softmax_survives_what_logs_hold() {
    let mut row = [-1e200, 3.0, 3.0];
    assert!((softmax_in_place(&mut row) - (3.0 + 2f64.ln())).abs() < 1e-15);
    assert_eq!(row, [0.0, 0.5, 0.5]);
    let mut rows = [1000.0, 1000.0, -1e200, -1000.0];
    let mut z = [0.0; 2];
    softmax_rows(&mut rows, 2, &mut z);
    assert_eq!(rows, [0.5, 0.5, 0.0, 1.0]);
    assert!((z[0] - (1000.0 + 2f64.ln())).abs() < 1e-12 && z[1] == -1000.0);
    assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    assert_eq!(log_sum_exp(&[f64::NEG_INFINITY; 3]), f64::NEG_INFINITY);
    assert!((log_sum_exp(&[-1e4, -1e4]) - (-1e4 + 2f64.ln())).abs() < 1e-12);
}

/// The largest relative error of a slice version, against about 30 digits.
fn worst(xs: impl Iterator<Item = f64>, of: fn(&mut [f64]), exact: fn(Double) -> Double) -> (f64, f64) {
    let xs: Vec<f64> = xs.collect();
    let mut got = xs.clone();
    of(&mut got);
    xs.iter().zip(&got).fold((0.0, 0.0), |worst, (&x, &y)| {
        let want = exact(x.into());
        let error = if want.high == 0.0 { y.abs() } else { (((y - want.high) - want.low) / want.high).abs() };
        if error > worst.0 { (error, x) } else { worst }
    })
}

/// From `lo` to `hi`, each so many times the one before.
fn geometric(lo: f64, hi: f64, by: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(lo), move |x| Some(x * by)).take_while(move |x| *x <= hi)
}

#[test]
fn the_reference_has_the_digits_of_mpmath() {
    for &(x, _, d) in GAMMA {
        near(Double::from(x).digamma().high, d, 2.3e-16, &format!("ψ({x})"));
    }
    // e, ln 10 and −γ, to 32 digits.
    let known = [
        (Double::from(1.0).exp(), std::f64::consts::E, 1.445_646_891_729_250_2e-16),
        (Double::from(10.0).ln(), std::f64::consts::LN_10, -2.170_756_223_382_249_4e-16),
        (Double::from(1.0).digamma(), -0.577_215_664_901_532_9, 4.942_915_152_430_645_6e-18),
    ];
    for (got, hi, lo) in known {
        assert!(got.high == hi && (got.low - lo).abs() < 1e-30, "{got:?} for {hi:e} + {lo:e}");
    }
}

/// The bounds that `special` proves.
#[test]
fn errors_are_within_their_bounds_over_the_whole_range() {
    let exps = (-69_000..=69_000).map(|i| f64::from(i) * 0.010_007);
    let (error, at) =
        worst(exps.chain(geometric(1e-300, 1.0, 1.37).flat_map(|x| [x, -x])), exp_slice, Double::exp);
    assert!(error < 5.6e-16, "exp is off by {error:e} at {at:e}");
    let lns =
        geometric(1e-250, 1e250, 1.013).chain((1..40_000).map(|i| f64::from(i) * 5e-5)).filter(|x| *x != 1.0);
    let (error, at) = worst(lns, ln_slice, Double::ln);
    assert!(error < 2.3e-16, "ln is off by {error:e} at {at:e}");
    let near_one = (1..=52).flat_map(|i| [1.0 + 2f64.powi(-i), 1.0 - 2f64.powi(-i - 1)]);
    let (error, at) = worst(near_one, ln_slice, Double::ln);
    assert!(error < 2.3e-16, "ln is off by {error:e} at {at:e}");
    let all = || geometric(1e-250, 1e150, 1.011).chain((1..60_000).map(|i| f64::from(i) * 2.5e-4));
    let (error, at) = worst(all(), digamma_slice, Double::digamma);
    assert!(error < 1e-13, "digamma is off by {error:e} at {at:e}");
    let far = all().filter(|x| (x - ROOT).abs() > 0.5);
    let (error, at) = worst(far, digamma_slice, Double::digamma);
    assert!(error < 6e-15, "digamma is off by {error:e} at {at:e}, far from its zero");
    let zero = (1..=50).flat_map(|i| [ROOT + 2f64.powi(-i), ROOT - 2f64.powi(-i)]).chain([
        ROOT - NEAR_ROOT,
        ROOT + NEAR_ROOT,
        ROOT,
    ]);
    let (error, at) = worst(zero, digamma_slice, Double::digamma);
    assert!(error < 1e-13, "digamma is off by {error:e} at {at:e}, near its zero");
}

/// Σ ln Γ against one after the other, for sums of any length, with small numbers and without.
#[test]
fn sums_of_ln_gamma_leave_one_out() {
    for smallest in [1e-300, 1e-29, 1e-3, 9.0] {
        let all: Vec<f64> = geometric(smallest, 1e9, 1.21).chain([1.0, 2.0, 1.5]).collect();
        for n in [1, 7, 8, 63, 64, 65, 128, all.len()] {
            for but in [0, n / 2, n - 1] {
                let n = n.min(all.len());
                let each: Vec<f64> = all[..n]
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| *i != but)
                    .map(|(_, x)| ln_gamma(*x))
                    .collect();
                let got = gamma_sums(&mut all[..n].to_vec(), but);
                let size = 1.0 + each.iter().map(|x| x.abs()).sum::<f64>();
                assert!(
                    (got - each.iter().sum::<f64>()).abs() < 1e-14 * size,
                    "from {smallest:e}, {n} numbers, without {but}: {got}"
                );
            }
        }
    }
}

/// Where the libraries keep their digits: away from the zero.
#[test]
fn digamma_agrees_with_statrs_and_special() {
    let xs: Vec<f64> = geometric(1e-6, 1e12, 1.003).filter(|x| (x - ROOT).abs() > 0.5).collect();
    let mut got = xs.clone();
    digamma_slice(&mut got);
    for (&x, &y) in xs.iter().zip(&got) {
        near(y, statrs::function::gamma::digamma(x), 1e-12, &format!("statrs digamma({x:e})"));
        near(y, special_crate(x), 1e-12, &format!("special digamma({x:e})"));
    }
    let mut got: Vec<f64> = xs.clone();
    ln_gamma_slice(&mut got);
    for (&x, &y) in xs.iter().zip(&got) {
        let want = statrs::function::gamma::ln_gamma(x);
        assert!(
            (y - want).abs() <= 1e-12 * want.abs().max(1.0),
            "statrs ln_gamma({x:e}): {want:e}, not {y:e}"
        );
    }
}

fn special_crate(x: f64) -> f64 {
    special::Gamma::digamma(x)
}

/// `cargo test --release --lib -- --ignored throughput --nocapture`
#[test]
#[ignore = "a measurement"]
fn throughput() {
    let given: Vec<f64> = (0..4096).map(|i| 0.1 + f64::from(i) * 1e-3).collect();
    type Slices = fn(&mut [f64]);
    let all: [(&str, Slices); 4] =
        [("exp", exp_slice), ("ln", ln_slice), ("digamma", digamma_slice), ("ln_gamma", ln_gamma_slice)];
    for (name, of) in all {
        let mut xs = given.clone();
        let best = (0..200).map(|_| {
            let start = std::time::Instant::now();
            for _ in 0..10 {
                xs.copy_from_slice(&given);
                of(std::hint::black_box(&mut xs));
            }
            start.elapsed().as_secs_f64() / 10.0
        });
        let best = best.fold(f64::INFINITY, f64::min);
        println!("{name}: {:.2} G/s", given.len() as f64 / best * 1e-9);
    }
}

proptest! {
    #[test]
    fn slices_agree_with_scalars(x in -708.0..709.0f64, e in -300.0..300.0f64) {
        let mut s = [x];
        exp_slice(&mut s);
        prop_assert!((s[0] / x.exp() - 1.0).abs() < 5e-16);
        let p = 10f64.powf(e);
        let mut s = [p];
        ln_slice(&mut s);
        prop_assert!((s[0] - p.ln()).abs() <= 3e-16 * p.ln().abs());
        let mut s = [p];
        digamma_slice(&mut s);
        prop_assert!((s[0] - digamma(p)).abs() <= 2e-15 * digamma(p).abs().max(1.0), "{} {}", s[0], digamma(p));
    }
}
