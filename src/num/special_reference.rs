//! exp, ln and ψ with about 30 digits, of sums of two `f64`: the reference that the slice versions are
//! measured against. For tests; slow, and no range is looked after but what these need. Not here: their
//! arithmetic (`double`).

pub use crate::num::double::Double;

impl Double {
    /// e^x for |x| under 700.
    pub fn exp(self) -> Self {
        const LN_2: Double = Double { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };
        let n = (self.high / LN_2.high).round();
        let r = self - LN_2 * n.into();
        // Taylor's series: |r| ≤ 0.35, and 0.35²⁸ / 28! is under 1e−42.
        let sum = (1..28).rev().fold(Self::from(1.0), |s, i| Self::from(1.0) + s * r / f64::from(i).into());
        let scale = 2f64.powi(n as i32);
        Self { high: sum.high * scale, low: sum.low * scale }
    }

    /// ln x for x > 0, between e^−600 and e^600: one step of Newton's from the platform's.
    pub fn ln(self) -> Self {
        let y = Self::from(self.high.ln());
        let t = self * (-y).exp() - 1.0.into();
        y + t - t * t / 2.0.into()
    }

    /// ψ(x) for x > 0 (Abramowitz and Stegun 6.3.5 and 6.3.18).
    pub fn digamma(self) -> Self {
        let (mut y, mut shift) = (self, Self::from(0.0));
        while y.high < 40.0 {
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
