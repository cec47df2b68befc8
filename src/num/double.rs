//! Numbers of two `f64`s, some 32 digits: for the few places where what is left of a difference of large numbers
//! is what counts. Source: Dekker, "A floating-point technique for extending the available precision" (1971);
//! Shewchuk, "Adaptive precision floating-point arithmetic" (1997), theorems 6 and 7. Not here: whole arrays in it.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// The unevaluated sum of two numbers, the second below half a unit in the last place of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Double {
    /// The sum, rounded.
    pub high: f64,
    /// What rounding has left.
    pub low: f64,
}

/// a + b and what rounding has left. What is not finite has no low part.
fn two_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    if !high.is_finite() {
        return Double { high, low: 0.0 };
    }
    let back = high - a;
    Double { high, low: (a - (high - back)) + (b - back) }
}

/// The same where |a| ≥ |b|. What is not finite has no low part.
fn quick(a: f64, b: f64) -> Double {
    let high = a + b;
    if high.is_finite() { Double { high, low: b - (high - a) } } else { Double { high, low: 0.0 } }
}

impl From<f64> for Double {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Double {
    /// a · b without any rounding.
    pub fn product(a: f64, b: f64) -> Self {
        let high = a * b;
        if high.is_finite() { quick(high, a.mul_add(b, -high)) } else { Self { high, low: 0.0 } }
    }

    /// The nearest `f64`.
    pub fn rounded(self) -> f64 {
        self.high + self.low
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        let (high, low) = (two_sum(self.high, b.high), two_sum(self.low, b.low));
        let sum = quick(high.high, high.low + low.high);
        quick(sum.high, sum.low + low.low)
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        let p = Self::product(self.high, b.high);
        quick(p.high, p.low + (self.high * b.low + self.low * b.high))
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let first = self.high / b.high;
        let rest = self - b * Self::from(first);
        let second = rest.high / b.high;
        let rest = rest - b * Self::from(second);
        quick(first, second) + Self::from(rest.high / b.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cancels_leaves_what_is_left() {
        let (a, b) = (Double::from(1e16), Double::from(1.0));
        assert_eq!((a + b - a).rounded(), 1.0);
        // (1 + ε)² − 1 − 2ε = ε².
        let e = f64::EPSILON;
        let x = Double::from(1.0 + e);
        assert_eq!((x * x - b - Double::from(2.0 * e)).rounded(), e * e);
        let third = b / Double::from(3.0);
        assert!((third * Double::from(3.0) - b).rounded().abs() < 1e-31);
        let tenth = Double::product(0.1, 0.1) - Double::from(0.1 * 0.1);
        assert_eq!(tenth.rounded(), 0.1f64.mul_add(0.1, -(0.1 * 0.1)));
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        let inf = Double::from(f64::INFINITY);
        assert_eq!((inf + Double::from(1.0)).rounded(), f64::INFINITY);
        assert_eq!((Double::from(1e300) * Double::from(1e300)).rounded(), f64::INFINITY);
        assert!((Double::from(f64::NAN) + Double::from(1.0)).rounded().is_nan());
    }
}
