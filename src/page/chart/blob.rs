//! Components and rows as points and ellipses. Not here: how they are drawn (`plane`, `one_axis`).

/// A component in one or two dimensions: a Student-t, or a Gaussian.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its name.
    pub label: String,
    /// Its share of the rows.
    pub share: f64,
    /// Its colour.
    pub colour: usize,
    /// Degrees of freedom; infinite of a Gaussian.
    pub dof: f64,
    /// Where it is.
    pub centre: Vec<f64>,
    /// Squared scales, d × d.
    pub scale: Vec<f64>,
}

/// A row.
#[derive(Clone, Debug)]
pub struct Point {
    /// Where it is.
    pub at: (f64, f64),
    /// The component that it most likely is of, among those shown.
    pub blob: usize,
    /// Whether that has less than 95 %.
    pub open: bool,
    /// What a pointer shows.
    pub title: String,
}

/// The density of a Student-t at a number of standard scales from its centre.
fn density(dof: f64, z: f64) -> f64 {
    if dof.is_finite() { (1.0 + z * z / dof).powf(-0.5 * (dof + 1.0)) } else { (-0.5 * z * z).exp() }
}

/// Squared radius, in scales, of the ellipse that holds a share of a bivariate Student-t.
pub fn radius2(dof: f64, share: f64) -> f64 {
    if dof.is_finite() { dof * ((1.0 - share).powf(-2.0 / dof) - 1.0) } else { -2.0 * (1.0 - share).ln() }
}

impl Blob {
    /// Points around the ellipse that holds a share.
    pub fn ellipse(&self, share: f64) -> Vec<(f64, f64)> {
        let (a, b, c) = (self.scale[0], self.scale[1], self.scale[3]);
        let l = (a.sqrt(), b / a.sqrt());
        let low = (c - l.1 * l.1).max(0.0).sqrt();
        let r = radius2(self.dof, share).sqrt();
        (0..72)
            .map(|i| {
                let (sin, cos) = (f64::from(i) * std::f64::consts::TAU / 72.0).sin_cos();
                (self.centre[0] + r * l.0 * cos, self.centre[1] + r * (l.1 * cos + low * sin))
            })
            .collect()
    }

    /// Its density along one of its axes, times its share, at some numbers.
    pub fn along(&self, axis: usize, xs: &[f64]) -> Vec<(f64, f64)> {
        let d = self.centre.len();
        let s = self.scale[axis * d + axis].sqrt();
        let raw: Vec<f64> = xs.iter().map(|x| density(self.dof, (x - self.centre[axis]) / s)).collect();
        // The integral of the kernel over all numbers.
        let norm = if self.dof.is_finite() {
            use crate::num::special::ln_gamma;
            let v = self.dof;
            (ln_gamma(0.5 * v) - ln_gamma(0.5 * (v + 1.0))).exp() * (v * std::f64::consts::PI).sqrt()
        } else {
            std::f64::consts::TAU.sqrt()
        };
        xs.iter().zip(raw).map(|(x, y)| (*x, self.share * y / (norm * s))).collect()
    }
}

/// Do the ellipses that hold 90 % of two components overlap?
pub fn overlap(a: &Blob, b: &Blob) -> bool {
    let inside = |of: &Blob, p: (f64, f64)| {
        let (dx, dy) = (p.0 - of.centre[0], p.1 - of.centre[1]);
        let det = of.scale[0] * of.scale[3] - of.scale[1] * of.scale[2];
        let m = (of.scale[3] * dx * dx - 2.0 * of.scale[1] * dx * dy + of.scale[0] * dy * dy) / det;
        m <= radius2(of.dof, 0.9)
    };
    let around = |a: &Blob, b: &Blob| a.ellipse(0.9).into_iter().any(|p| inside(b, p));
    around(a, b) || around(b, a) || inside(a, (b.centre[0], b.centre[1]))
}

/// Bars of a histogram: left, right, share of the rows for each unit.
pub fn bars(values: &[f64], (low, high): (f64, f64), count: usize) -> Vec<(f64, f64, f64)> {
    let width = (high - low) / count as f64;
    let mut counts = vec![0usize; count];
    for v in values.iter().filter(|v| v.is_finite()) {
        let at = ((v - low) / width).floor().clamp(0.0, count as f64 - 1.0);
        counts[at as usize] += 1;
    }
    let all = values.len().max(1) as f64;
    (0..count)
        .map(|i| (low + width * i as f64, low + width * (i + 1) as f64, counts[i] as f64 / all / width))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipse_holds_its_share() {
        assert!((radius2(f64::INFINITY, 0.9) - 4.605_170_185_988_091).abs() < 1e-12);
        // Of a bivariate Student-t of 4 degrees of freedom, r²/2 is F(2, 4).
        let r2 = radius2(4.0, 0.9);
        assert!(((1.0 + r2 / 4.0f64).powf(-2.0) - 0.1).abs() < 1e-12, "{r2}");
        let round = |x: f64| Blob {
            label: String::new(),
            share: 1.0,
            colour: 1,
            dof: f64::INFINITY,
            centre: vec![x, 0.0],
            scale: vec![1.0, 0.0, 0.0, 1.0],
        };
        assert!(overlap(&round(0.0), &round(4.0)));
        assert!(!overlap(&round(0.0), &round(4.4)));
    }
}
