//! exp, ln and ψ with about 30 digits, from sums of two `f64`: the reference that the slice versions are
//! measured against. For tests; slow, and no range is looked after but what these need. Source: Dekker,
//! Numer. Math. 18 (1971), p. 224.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// hi + lo, with |lo| at most half a unit of hi's last digit.
#[derive(Clone, Copy, Debug)]
pub struct Double {
    pub hi: f64,
    pub lo: f64,
}

impl From<f64> for Double {
    fn from(hi: f64) -> Self {
        Self { hi, lo: 0.0 }
    }
}

fn two_sum(a: f64, b: f64) -> Double {
    let hi = a + b;
    let part = hi - a;
    Double { hi, lo: (a - (hi - part)) + (b - part) }
}

impl Add for Double {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        let (s, t) = (two_sum(self.hi, b.hi), two_sum(self.lo, b.lo));
        let s = two_sum(s.hi, s.lo + t.hi);
        two_sum(s.hi, s.lo + t.lo)
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
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
        let hi = self.hi * b.hi;
        let lo = self.hi.mul_add(b.hi, -hi) + (self.hi * b.lo + self.lo * b.hi);
        two_sum(hi, lo)
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let q = self.hi / b.hi;
        let r = self - b * q.into();
        let q2 = r.hi / b.hi;
        let r = r - b * q2.into();
        two_sum(q, q2) + (r.hi / b.hi).into()
    }
}

impl Double {
    /// e^x for |x| under 700.
    pub fn exp(self) -> Self {
        const LN_2: Double = Double { hi: std::f64::consts::LN_2, lo: 2.319_046_813_846_299_6e-17 };
        let n = (self.hi / LN_2.hi).round();
        let r = self - LN_2 * n.into();
        // Taylor's series: |r| ≤ 0.35, and 0.35²⁸ / 28! is under 1e−42.
        let sum = (1..28).rev().fold(Self::from(1.0), |s, i| Self::from(1.0) + s * r / f64::from(i).into());
        let scale = 2f64.powi(n as i32);
        Self { hi: sum.hi * scale, lo: sum.lo * scale }
    }

    /// ln x for x > 0, between e^−600 and e^600: one step of Newton's from the platform's.
    pub fn ln(self) -> Self {
        let y = Self::from(self.hi.ln());
        let t = self * (-y).exp() - 1.0.into();
        y + t - t * t / 2.0.into()
    }

    /// ψ(x) for x > 0 (Abramowitz and Stegun 6.3.5 and 6.3.18).
    pub fn digamma(self) -> Self {
        let (mut y, mut shift) = (self, Self::from(0.0));
        while y.hi < 40.0 {
            shift = shift + Self::from(1.0) / y;
            y = y + 1.0.into();
        }
        // B₂ₖ / 2k as fractions.
        const SERIES: [(f64, f64); 11] = [
            (1.0, 12.0),
            (-1.0, 120.0),
            (1.0, 252.0),
            (-1.0, 240.0),
            (1.0, 132.0),
            (-691.0, 32_760.0),
            (1.0, 12.0),
            (-3617.0, 8160.0),
            (43_867.0, 14_364.0),
            (-174_611.0, 6600.0),
            (77_683.0, 276.0),
        ];
        let z = Self::from(1.0) / (y * y);
        let sum = SERIES.iter().rev().fold(Self::from(0.0), |s, &(a, b)| z * (s + Self::from(a) / b.into()));
        y.ln() - Self::from(0.5) / y - sum - shift
    }
}
