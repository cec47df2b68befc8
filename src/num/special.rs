//! Gamma-related functions, log-sum-exp and row softmax, and exp, ln and digamma over slices. Everything in
//! natural logarithms; knows no distribution.
//!
//! The slice versions are branch-free polynomials that the compiler vectorises, with the same bits on every
//! machine that has fused products (`wide`). `ln_gamma` is the crate `special`'s (FreeBSD's `lgamma`).
//! `digamma` is ours: those of `statrs` and `special` lose their relative digits near the zero at 1.4616.

#![expect(clippy::excessive_precision, reason = "constants stand as published")]

use crate::num::{
    reduce,
    wide::{Apart, MulAdd, fused},
};
use std::f64::consts::PI;

const LN_2PI: f64 = 1.837_877_066_409_345_5;

/// ln Γ(x) for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    special::Gamma::ln_gamma(x).0
}

/// ψ(x) = d/dx ln Γ(x) for x > 0; −∞ at 0 and NaN below.
///
/// On [1, 2] the rational of Boost.Math (`detail/digamma.hpp`, 53 bits) about the zero; above 10 the
/// asymptotic series (Abramowitz and Stegun 6.3.18); between them the recurrence 6.3.5.
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x >= 10.0 {
        return if x.is_infinite() { x } else { digamma_tail::<Apart>(x, x.ln()) };
    }
    let (mut x, mut shift) = (x, 0.0);
    while x > 2.0 {
        x -= 1.0;
        shift += 1.0 / x;
    }
    if x < 1.0 {
        shift -= 1.0 / x;
        x += 1.0;
    }
    const Y: f64 = 0.995_581_626_892_089_84;
    const ROOT: [f64; 3] = [
        1_569_415_565.0 / 1_073_741_824.0,
        381_566_830.0 / 1_073_741_824.0 / 1_073_741_824.0,
        0.901_631_209_325_869_6e-19,
    ];
    const P: [f64; 6] = [
        0.254_798_510_611_315_51,
        -0.325_550_311_868_044_91,
        -0.650_318_537_708_965_07,
        -0.289_191_264_447_747_84,
        -0.045_251_321_448_739_056,
        -0.002_071_332_116_774_595_2,
    ];
    const Q: [f64; 7] = [
        1.0,
        2.076_711_702_373_046_9,
        1.460_624_290_976_351_5,
        0.435_935_296_926_659_69,
        0.054_151_797_245_674_225,
        0.002_128_498_701_782_114_4,
        -0.557_898_413_216_755_13e-6,
    ];
    let g = x - ROOT[0] - ROOT[1] - ROOT[2];
    let poly = |c: &[f64]| c.iter().rev().fold(0.0, |s, &c| s * (x - 1.0) + c);
    shift + (g * Y + g * (poly(&P) / poly(&Q)))
}

/// ψ(y) for y ≥ 8, given ln y.
#[inline(always)]
fn digamma_tail<A: MulAdd>(y: f64, ln_y: f64) -> f64 {
    let r = 1.0 / y;
    let z = r * r;
    let s = alternating::<A>(
        z,
        [
            1.0 / 12.0,
            1.0 / 120.0,
            1.0 / 252.0,
            1.0 / 240.0,
            1.0 / 132.0,
            691.0 / 32760.0,
            1.0 / 12.0,
            3617.0 / 8160.0,
        ],
    );
    ln_y - 0.5 * r - z * s
}

/// c₀ − c₁z + c₂z² − … − c₇z⁷, in pairs and fours of terms (Estrin's scheme), which need not wait for each
/// other.
#[inline(always)]
fn alternating<A: MulAdd>(z: f64, c: [f64; 8]) -> f64 {
    let z2 = z * z;
    let two = |a: f64, b: f64| A::mul_add(-z, b, a);
    let four = |a: f64, b: f64| A::mul_add(z2, b, a);
    let [c0, c1, c2, c3, c4, c5, c6, c7] = c;
    A::mul_add(z2 * z2, four(two(c4, c5), two(c6, c7)), four(two(c0, c1), two(c2, c3)))
}

/// ln B(a, b) for a, b > 0. Keeps its digits where one is far larger than the other.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (a, b) = (a.min(b), a.max(b));
    if b < 10.0 {
        return ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    }
    // ln Γ(b) − ln Γ(a + b) by Stirling's series, the large parts cancelled on paper.
    let tail = |x: f64| {
        let z = 1.0 / (x * x);
        (1.0 / 12.0
            - z * (1.0 / 360.0
                - z * (1.0 / 1260.0 - z * (1.0 / 1680.0 - z * (1.0 / 1188.0 - z * 691.0 / 360_360.0)))))
            / x
    };
    let step = tail(b) - tail(a + b) + a - (b - 0.5) * (a / b).ln_1p();
    if a < 10.0 {
        return ln_gamma(a) - a * (a + b).ln() + step;
    }
    // Both large: ln Γ(a) − a ln(a + b) leaves −a ln(1 + b/a) and small terms.
    tail(a) + 0.5 * LN_2PI - 0.5 * a.ln() - a - a * (b / a).ln_1p() + step
}

/// ln Γ_D(a) = D(D−1)/4 ln π + Σ_{j<D} ln Γ(a − j/2), for a > (D−1)/2.
pub fn ln_multigamma(d: usize, a: f64) -> f64 {
    (d * d.saturating_sub(1)) as f64 * 0.25 * PI.ln()
        + (0..d).map(|j| ln_gamma(a - 0.5 * j as f64)).sum::<f64>()
}

/// ψ_D(a) = Σ_{j<D} ψ(a − j/2), for a > (D−1)/2.
pub fn multidigamma(d: usize, a: f64) -> f64 {
    (0..d).map(|j| digamma(a - 0.5 * j as f64)).sum()
}

/// ln n! for n ≥ 0, real n allowed.
pub fn ln_factorial(n: f64) -> f64 {
    ln_gamma(n + 1.0)
}

/// ln of n over k, for 0 ≤ k ≤ n.
pub fn ln_choose(n: f64, k: f64) -> f64 {
    if k == 0.0 || k == n { 0.0 } else { -(n + 1.0).ln() - ln_beta(k + 1.0, n - k + 1.0) }
}

/// ln Σ exp(xs); −∞ for none or where all are −∞.
pub fn log_sum_exp(xs: &[f64]) -> f64 {
    let m = reduce::max(xs);
    if m.is_infinite() {
        return if xs.iter().any(|x| x.is_nan()) { f64::NAN } else { m };
    }
    m + xs.iter().map(|x| (x - m).exp()).sum::<f64>().ln()
}

/// Overwrites log weights with the probabilities proportional to their exponentials, and returns ln of the
/// sum of those. A row without finite weight is left as NaN, with log norm −∞ or NaN.
pub fn softmax_in_place(row: &mut [f64]) -> f64 {
    let mut log_norm = [f64::NEG_INFINITY];
    let k = row.len();
    softmax_rows(row, k, &mut log_norm);
    log_norm[0]
}

/// [`softmax_in_place`] on each row of k numbers; writes one log norm a row.
#[expect(clippy::redundant_closure, reason = "a function given by name may not be inlined")]
pub fn softmax_rows(xs: &mut [f64], k: usize, log_norm: &mut [f64]) {
    fused!(A => softmax_rows_plain::<A>(xs, k, log_norm, #[inline(always)] |xs| exp_slice_plain::<A>(xs)));
}

/// The same, but probabilities under 2⁻¹⁰⁰ of the row's largest, which change no digit of a sum over the row,
/// are exactly 0.
#[expect(clippy::redundant_closure, reason = "a function given by name may not be inlined")]
pub fn softmax_rows_of_what_counts(xs: &mut [f64], k: usize, log_norm: &mut [f64]) {
    fused!(A => softmax_rows_plain::<A>(xs, k, log_norm, #[inline(always)] |xs| exp_of_what_counts::<A>(xs)));
}

/// About so many numbers are taken at a time: they stay in the first-level cache.
const BLOCK: usize = 1024;

#[inline(always)]
fn softmax_rows_plain<A: MulAdd>(xs: &mut [f64], k: usize, log_norm: &mut [f64], exp: impl Fn(&mut [f64])) {
    if k == 0 {
        log_norm.fill(f64::NEG_INFINITY);
        return;
    }
    let rows = (BLOCK / k).max(1);
    for (xs, log_norm) in xs.chunks_mut(rows * k).zip(log_norm.chunks_mut(rows)) {
        for (row, top) in xs.chunks_exact_mut(k).zip(&mut *log_norm) {
            *top = reduce::max_plain(row);
            row.iter_mut().for_each(|x| *x -= *top);
        }
        for xs in xs.chunks_mut(BLOCK) {
            exp(xs);
        }
        for (row, top) in xs.chunks_exact_mut(k).zip(log_norm) {
            let s = reduce::sum_plain(row);
            let r = 1.0 / s;
            row.iter_mut().for_each(|x| *x *= r);
            *top += ln::<A>(s);
        }
    }
}

/// A probability of less than 2⁻¹⁰⁰ of the row's largest changes no digit of any sum over the row: it is made
/// an exact 0, so that sums over rows can pass it over.
const NEGLIGIBLE: f64 = -69.314_718_055_994_53;

/// e^x for numbers up to 0, at most [`BLOCK`]; exactly 0 for those under [`NEGLIGIBLE`], which cost next to
/// nothing where they are most.
#[inline(always)]
fn exp_of_what_counts<A: MulAdd>(xs: &mut [f64]) {
    let (mut at, mut count) = ([0_u16; BLOCK], 0);
    for (i, x) in xs.iter().enumerate() {
        at[count % BLOCK] = i as u16;
        // NaN counts.
        count += usize::from(!negligible(*x));
    }
    if 2 * count > xs.len() {
        for x in xs {
            *x = if negligible(*x) { 0.0 } else { exp::<A>(*x) };
        }
        return;
    }
    let mut some = [0.0; BLOCK];
    let (at, some) = (&at[..count], &mut some[..count]);
    some.iter_mut().zip(at).for_each(|(s, i)| *s = xs[usize::from(*i)]);
    weights_plain::<A>(some);
    xs.fill(0.0);
    some.iter().zip(at).for_each(|(s, i)| xs[usize::from(*i)] = *s);
}

#[inline(always)]
fn negligible(x: f64) -> bool {
    x < NEGLIGIBLE
}

/// Adding and subtracting 1.5·2⁵² rounds to a whole number and leaves it in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

// Error bounds of the slice versions, u = 2⁻⁵³, worst cases of the roundings added up; `special_tests`
// measures them against about 30 digits.
//
// exp: n·ln 2 is taken off in two parts, the first product exact, so r is off by at most u·|r| + 2⁻¹⁰⁵·|n|,
// under 0.4 u. With |r| ≤ 0.3466, q under 0.58 is off by 4 u of itself at most, r² by u, so r²q by 0.4 u;
// adding r rounds by 0.5 u, and adding 1 by u at most: under 2.3 u of a sum that is at least 0.7; the series
// leaves out under 0.1 u. The power of two is exact. In all under 5 u = 5.6e−16 of the result.
//
// ln: fdlibm's analysis, under 1 ulp, so 2.3e−16 of the result.
//
// digamma: ln y (y ≥ 8) is off by 2 u of at most 2.78 where y < 16, 1/y and the series add u/2, and 0.11 u is
// left out of the series. The sum of eight reciprocals is a quotient of sums and products of positive
// numbers: v is off by 2 u, a and b by 7 u, their product by 15 u, the slope by 20 u, so the quotient by 36 u
// of itself at the very most. Far from the zero at 1.4616, where |ψ| is no smaller than a hundredth of
// either, that is under 1e−13; nearer than `NEAR_ROOT` the scalar version is taken, which has the zero as a
// factor.

/// e^x as p · 2ⁿ with p near 1; n is in the low bits of the first number.
#[inline(always)]
fn mantissa<A: MulAdd>(x: f64) -> (f64, f64) {
    let t = A::mul_add(x, std::f64::consts::LOG2_E, ROUND);
    let n = t - ROUND;
    let r = A::mul_add(-n, 1.908_214_929_270_587_7e-10, A::mul_add(-n, 0.693_147_180_369_123_816_49, x));
    // Taylor's series to r¹³: |r| ≤ ½ ln 2, so what is left out is under 1e−17. In pairs, fours and eights of
    // terms (Estrin's scheme), which need not wait for each other.
    let r2 = r * r;
    let r4 = r2 * r2;
    let pair = |a: f64, b: f64| A::mul_add(r, b, a);
    let four = |a: f64, b: f64| A::mul_add(r2, b, a);
    let from2 = four(pair(0.5, 1.0 / 6.0), pair(1.0 / 24.0, 1.0 / 120.0));
    let from6 = four(pair(1.0 / 720.0, 1.0 / 5_040.0), pair(1.0 / 40_320.0, 1.0 / 362_880.0));
    let from10 =
        four(pair(1.0 / 3_628_800.0, 1.0 / 39_916_800.0), pair(1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0));
    let q = A::mul_add(r4 * r4, from10, A::mul_add(r4, from6, from2));
    (t, 1.0 + A::mul_add(r2, q, r))
}

/// e^x within 2 ulp; 0 under e^−708, ∞ over 709.78, NaN for NaN.
#[inline(always)]
fn exp<A: MulAdd>(x: f64) -> f64 {
    let (t, p) = mantissa::<A>(x);
    // 2ⁿ as 2ⁿ⁻¹ · 2, since n reaches 1024.
    let y = p * f64::from_bits(t.to_bits().wrapping_add(1022) << 52) * 2.0;
    let y = if x > 709.782_712_893_384 { f64::INFINITY } else { y };
    if x < -708.0 { 0.0 } else { y }
}

/// ln x within 1 ulp (fdlibm's `e_log.c`, without branches); −∞ at 0, NaN below.
#[inline(always)]
fn ln<A: MulAdd>(x: f64) -> f64 {
    let tiny = x < f64::MIN_POSITIVE;
    let bits = (if tiny { x * 18_014_398_509_481_984.0 } else { x }).to_bits();
    // The exponent that leaves a mantissa in [√½, √2).
    let e = bits.wrapping_sub(0x3fe6_a09e_667f_3bcd).wrapping_add(1023 << 52) >> 52;
    let k = f64::from_bits(e | 0x4330_0000_0000_0000)
        - (4_503_599_627_370_496.0 + 1023.0)
        - if tiny { 54.0 } else { 0.0 };
    let f = f64::from_bits(bits.wrapping_sub(e.wrapping_sub(1023) << 52)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * A::mul_add(
        w,
        A::mul_add(w, 0.153_138_376_992_093_733_2, 0.222_221_984_321_497_839_6),
        0.399_999_999_994_094_190_8,
    );
    let t2 = A::mul_add(w, 0.147_981_986_051_165_859_1, 0.181_835_721_616_180_501_2);
    let t2 = z * A::mul_add(w, A::mul_add(w, t2, 0.285_714_287_436_623_914_9), 0.666_666_666_666_673_513);
    let half = 0.5 * f * f;
    let y = k * 0.693_147_180_369_123_816_49
        - ((half - (s * (half + (t1 + t2)) + k * 1.908_214_929_270_587_7e-10)) - f);
    let y = if x == f64::INFINITY { x } else { y };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    // One test for negative numbers and NaN.
    if x >= 0.0 { y } else { f64::NAN }
}

/// Overwrites each x with e^x, within 2 ulp; results under 3e−308 are 0.
pub fn exp_slice(xs: &mut [f64]) {
    fused!(A => exp_slice_plain::<A>(xs));
}

/// Smaller weights are 0.
pub(crate) const LEAST_WEIGHT: f64 = 1e-290;

/// e^x for numbers up to 0 that are weights: exactly 0 where it is under [`LEAST_WEIGHT`], NaN for NaN. The
/// bits of [`exp`], sooner.
#[inline(always)]
fn weight<A: MulAdd>(x: f64) -> f64 {
    /// ln of the least.
    const LEAST: f64 = -667.749_676_968_273_3;
    let (t, p) = mantissa::<A>(x);
    let y = p * f64::from_bits(t.to_bits().wrapping_add(1023) << 52);
    if x < LEAST { 0.0 } else { y }
}

/// Overwrites each x with its [`weight`], in a loop that is compiled wide already.
#[inline(always)]
pub(crate) fn weights_plain<A: MulAdd>(xs: &mut [f64]) {
    for x in xs {
        *x = weight::<A>(*x);
    }
}

/// [`exp_slice`] for a loop that is compiled wide already, with its way to add a product.
#[inline(always)]
pub(crate) fn exp_slice_plain<A: MulAdd>(xs: &mut [f64]) {
    for x in xs {
        *x = exp::<A>(*x);
    }
}

/// Overwrites each x with ln x, within 1 ulp; −∞ at 0, NaN below.
pub fn ln_slice(xs: &mut [f64]) {
    fused!(A => ln_slice_plain::<A>(xs));
}

/// [`ln_slice`] for a loop that is compiled wide already, with its way to add a product.
#[inline(always)]
pub(crate) fn ln_slice_plain<A: MulAdd>(xs: &mut [f64]) {
    for x in xs {
        *x = ln::<A>(*x);
    }
}

/// Overwrites each x with ψ(x), within 1e−13 of itself, and 2e−15 of max(1, |ψ|); NaN at 0 and below.
pub fn digamma_slice(xs: &mut [f64]) {
    fused!(A => digamma_slice_plain::<A>(xs));
}

/// Where ψ is zero.
const ROOT: f64 = 1.461_632_144_968_362_2;
/// Nearer to the zero than this, ψ is a difference of what is fifty times as large.
const NEAR_ROOT: f64 = 0.05;
/// Numbers that are looked at together.
const SOME: usize = 64;

#[inline(always)]
fn digamma_slice_plain<A: MulAdd>(xs: &mut [f64]) {
    for xs in xs.chunks_mut(SOME) {
        if xs.iter().fold(false, |near, x| near | ((x - ROOT).abs() < NEAR_ROOT)) {
            let mut given = [0.0; SOME];
            given[..xs.len()].copy_from_slice(xs);
            digamma_far::<A>(xs);
            for (x, given) in xs.iter_mut().zip(given).filter(|(_, given)| (given - ROOT).abs() < NEAR_ROOT) {
                *x = digamma(given);
            }
        } else {
            digamma_far::<A>(xs);
        }
    }
}

#[inline(always)]
fn digamma_far<A: MulAdd>(xs: &mut [f64]) {
    for x in xs {
        *x = Shifted::new::<A>(*x).digamma::<A>();
    }
}

/// A number moved to where the asymptotic series hold: up by 8 if it is under 8.
struct Shifted {
    x: f64,
    /// 1 if it was moved, and 0: a factor, so that no branch is in the way of vectors.
    shift: f64,
    /// At least 8, and its logarithm.
    y: f64,
    ln_y: f64,
    /// Π (x + i) and its derivative Σ 1/(x + i) times itself, i < 8.
    product: f64,
    slope: f64,
}

impl Shifted {
    #[inline(always)]
    fn new<A: MulAdd>(x: f64) -> Self {
        let small = x < 8.0;
        let y = if small { x + 8.0 } else { x };
        let u = if small { x } else { 1.0 };
        // With v = u(u + 7) the eight factors are v(v + 6)(v + 10)(v + 12), and dv/du = 2u + 7.
        let v = u * (u + 7.0);
        let (a, b) = (v * (v + 6.0), (v + 10.0) * (v + 12.0));
        let product = a * b;
        let slope =
            A::mul_add(2.0, u, 7.0) * A::mul_add(A::mul_add(2.0, v, 6.0), b, a * A::mul_add(2.0, v, 22.0));
        Self { x, shift: if small { 1.0 } else { 0.0 }, y, ln_y: ln::<A>(y), product, slope }
    }

    #[inline(always)]
    fn digamma<A: MulAdd>(&self) -> f64 {
        let t = digamma_tail::<A>(self.y, self.ln_y) - self.shift * (self.slope / self.product);
        if self.x > 0.0 { t } else { f64::NAN }
    }

    /// ln Γ of the number, moved as it is.
    #[inline(always)]
    fn stirling<A: MulAdd>(&self) -> f64 {
        let r = 1.0 / self.y;
        let z = r * r;
        // Stirling's series (Abramowitz and Stegun 6.1.41).
        let s = alternating::<A>(
            z,
            [
                1.0 / 12.0,
                1.0 / 360.0,
                1.0 / 1260.0,
                1.0 / 1680.0,
                1.0 / 1188.0,
                691.0 / 360_360.0,
                1.0 / 156.0,
                3617.0 / 122_400.0,
            ],
        );
        let t = (self.y - 0.5) * (self.ln_y - 1.0) + (0.5 * LN_2PI - 0.5) + r * s;
        if self.x > 0.0 { t } else { f64::NAN }
    }

    /// Γ(x) = Γ(x + 8) / Π (x + i), i < 8.
    #[inline(always)]
    fn ln_gamma<A: MulAdd>(&self) -> f64 {
        self.stirling::<A>() - self.shift * ln::<A>(self.product)
    }
}

/// [`digamma_slice`], bit for bit; and Σ ln Γ(x) over all but the `but`-th of the numbers as they were. Takes
/// a logarithm of many products at once, so it is much less work than one after the other.
pub fn gamma_sums(xs: &mut [f64], but: usize) -> f64 {
    fused!(A => gamma_sums_plain::<A>(xs, but))
}

#[inline(always)]
fn gamma_sums_plain<A: MulAdd>(xs: &mut [f64], but: usize) -> f64 {
    /// A product of eight times eight numbers from here to 15! stays far from the ends of the range.
    const TINY: f64 = 1e-30;
    let mut total = 0.0;
    for (c, xs) in xs.chunks_mut(SOME).enumerate() {
        let (mut given, mut product, mut stirling) = ([0.0; SOME], [1.0; SOME], [0.0; SOME]);
        given[..xs.len()].copy_from_slice(xs);
        let (mut near, mut tiny) = (false, false);
        for x in &*xs {
            near |= (x - ROOT).abs() < NEAR_ROOT;
            tiny |= *x < TINY;
        }
        for ((x, product), stirling) in xs.iter_mut().zip(&mut product).zip(&mut stirling) {
            let shifted = Shifted::new::<A>(*x);
            *x = shifted.digamma::<A>();
            *stirling = shifted.stirling::<A>();
            *product = if shifted.shift > 0.0 { shifted.product } else { 1.0 };
        }
        for (x, given) in
            xs.iter_mut().zip(given).filter(|(_, given)| near && (given - ROOT).abs() < NEAR_ROOT)
        {
            *x = digamma(given);
        }
        if let Some(at) = but.checked_sub(c * SOME).filter(|at| *at < SOME) {
            (product[at], stirling[at]) = (1.0, 0.0);
        }
        let (eights, _) = product.as_chunks_mut::<8>();
        if !tiny && let [first, others @ ..] = eights {
            for other in others {
                for i in 0..8 {
                    first[i] *= other[i];
                    other[i] = 1.0;
                }
            }
            ln_slice_plain::<A>(first);
            total -= reduce::fold(*first);
        } else {
            ln_slice_plain::<A>(&mut product);
            total -= reduce::sum_plain(&product);
        }
        total += reduce::sum_plain(&stirling);
    }
    total
}

/// Overwrites each x with ln Γ(x), within 1e−14 of max(1, |ln Γ|); NaN at 0 and below. [`ln_gamma`] has full
/// relative accuracy near 1 and 2 as well.
pub fn ln_gamma_slice(xs: &mut [f64]) {
    fused!(A => ln_gamma_slice_plain::<A>(xs));
}

#[inline(always)]
fn ln_gamma_slice_plain<A: MulAdd>(xs: &mut [f64]) {
    for x in xs {
        *x = Shifted::new::<A>(*x).ln_gamma::<A>();
    }
}

#[cfg(test)]
#[path = "special_reference.rs"]
mod reference;

#[cfg(test)]
#[path = "special_tests.rs"]
mod tests;
