//! The standard Normal's probabilities and their logarithms, far into the tails. Not here: quantiles.

use special::Error;
use std::f64::consts::{PI, SQRT_2};

/// Below this, Φ comes from its asymptotic series.
const FAR: f64 = -30.0;

/// φ(x).
pub fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// Φ(x).
pub fn probability(x: f64) -> f64 {
    0.5 * (-x / SQRT_2).compl_error()
}

/// ln Φ(x) with its first and second derivative: r = φ/Φ, and −r (x + r).
pub fn ln_probability(x: f64) -> [f64; 3] {
    if x < FAR {
        // Φ(x) = φ(x)/|x| · s, s = 1 − 1/x² + 3/x⁴ − 15/x⁶ + …; r = |x|/s.
        let u = 1.0 / (x * x);
        let s = 1.0 - u * (1.0 - u * (3.0 - u * (15.0 - 105.0 * u)));
        let value = -0.5 * x * x - (-x).ln() - 0.5 * (2.0 * PI).ln() + s.ln();
        // x + r = |x| (1 − s)/s.
        let r = -x / s;
        return [value, r, -r * (-x) * (1.0 - s) / s];
    }
    let p = probability(x);
    let r = density(x) / p;
    let value = if x > 1.0 { (-probability(-x)).ln_1p() } else { p.ln() };
    [value, r, -r * (x + r)]
}

/// ln(Φ(b) − Φ(a)), a < b, with its slopes in a common shift of both: first and second derivative.
pub fn ln_between(a: f64, b: f64) -> [f64; 3] {
    if a == f64::NEG_INFINITY {
        return ln_probability(b);
    }
    if b == f64::INFINITY {
        let [value, first, second] = ln_probability(-a);
        return [value, -first, second];
    }
    // On the side where both are small.
    if a + b > 0.0 {
        let [value, first, second] = ln_between(-b, -a);
        return [value, -first, second];
    }
    let ([of_b, rb, _], [of_a, ra, _]) = (ln_probability(b), ln_probability(a));
    // Φ(b) (1 − Φ(a)/Φ(b)).
    let share = (of_a - of_b).exp();
    let left = -(of_a - of_b).exp_m1();
    let value = of_b + left.ln();
    // (φ(b) − φ(a)) / (Φ(b) − Φ(a)); derivative of φ is −x φ.
    let first = (rb - share * ra) / left;
    let second = (share * ra * a - rb * b) / left - first * first;
    [value, first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from tables (Abramowitz & Stegun, table 26.2), and the two ways where they meet.
    #[test]
    fn probabilities_and_their_slopes() {
        assert!((probability(1.0) - 0.841_344_746_068_543).abs() < 1e-15, "{}", probability(1.0));
        assert!((ln_probability(-10.0)[0] - (7.619_853_024_160_527e-24_f64).ln()).abs() < 1e-13);
        for x in [FAR - 1e-9, FAR + 1e-9] {
            let want = -0.5 * x * x - 30.0_f64.ln() - 0.5 * (2.0 * PI).ln() - 1.0 / 900.0;
            assert!((ln_probability(x)[0] - want).abs() < 1e-5);
        }
        let (below, above) = (ln_probability(FAR - 1e-9), ln_probability(FAR + 1e-9));
        assert!(below.iter().zip(above).all(|(a, b)| (a - b).abs() < 1e-7), "{below:?} {above:?}");
        let h = 1e-4;
        for x in [-40.0, -3.0, 0.0, 2.0] {
            let (down, here, up) = (ln_probability(x - h), ln_probability(x), ln_probability(x + h));
            assert!(((up[0] - down[0]) / (2.0 * h) - here[1]).abs() < 1e-6 * here[1].max(1.0));
            assert!(((up[1] - down[1]) / (2.0 * h) - here[2]).abs() < 1e-6);
        }
        for (a, b) in [(-1.0, 0.5), (2.0, 2.1), (-9.0, -8.0), (-0.3, 6.0)] {
            let at = |t: f64| ln_between(a + t, b + t);
            // Of the tail that the interval lies in.
            let want =
                if a > 0.0 { probability(-a) - probability(-b) } else { probability(b) - probability(a) };
            assert!((at(0.0)[0] - want.ln()).abs() < 1e-9);
            assert!(((at(h)[0] - at(-h)[0]) / (2.0 * h) - at(0.0)[1]).abs() < 1e-6);
            assert!(((at(h)[1] - at(-h)[1]) / (2.0 * h) - at(0.0)[2]).abs() < 1e-6);
        }
    }
}
