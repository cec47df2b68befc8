//! q of a positive number on the line: q(x) ∝ h(x) exp Σ η_i t_i(x), with the functions of [`crate::expfam::line`],
//! against dx/x. A(η) and the moments by quadrature over z = ln x, right to some 12 digits. Not here: which priors are
//! kept so; each has a file.
//!
//! h is that of the variable's own line: (1 + κx²)⁻ʷ of a half-Cauchy, the two ends of a uniform. Its numbers are sent
//! like messages, so they stand in η; they are known, and their "moments" are 0.

use crate::expfam::{
    family::{Family, Improper, Parameter, Summary},
    line::{
        self, BEND, BEND_AT, FREEDOM, INVERSE, INVERSE_SQUARE, LN, LN_GAMMA, LN_GAMMA_TIMES, LN_SQUARE,
        LOWER, PARTS, SQUARE, TIMES, UPPER_INVERSE, X,
    },
    stat::Domain,
};
use crate::num::{
    bump::Bump,
    special::{digamma, ln_gamma},
    stream::Stream,
};

/// q on the line. Shared by every distribution whose q is kept so.
#[derive(Debug)]
pub struct Line;

/// As reports name the coefficients, in the order of the parts.
const NAMES: [&str; PARTS] = [
    "x",
    "log",
    "log_squared",
    "inverse",
    "squared",
    "inverse_squared",
    "log_gamma",
    "freedom",
    "log_gamma_times",
    "times",
    "bend",
    "bend_at",
    "lower",
    "upper_inverse",
];

/// ln x lies between these: no number is smaller, or larger.
const ENDS: [f64; 2] = [-700.0, 700.0];

/// ln of the density of z = ln x, without its constant.
struct Density<'a>(&'a [f64]);

impl Density<'_> {
    /// k of ln Γ(kx).
    fn times(&self) -> f64 {
        if self.0[LN_GAMMA_TIMES] == 0.0 { 1.0 } else { self.0[TIMES] / self.0[LN_GAMMA_TIMES] }
    }

    fn ends(&self) -> [f64; 2] {
        let (lower, upper) = (self.0[LOWER], self.0[UPPER_INVERSE]);
        [if lower > 0.0 { lower.ln() } else { ENDS[0] }, if upper > 0.0 { -upper.ln() } else { ENDS[1] }]
    }

    /// Σ over the parts of coefficient times function; a function without a coefficient is not asked for.
    fn sum(&self, f: &dyn Fn(usize) -> f64) -> f64 {
        (0..TIMES).filter(|&p| self.0[p] != 0.0).map(|p| self.0[p] * f(p)).sum()
    }

    fn at(&self, z: f64) -> f64 {
        let x = z.exp();
        let sum = self.sum(&|p| match p {
            X => x,
            LN => z,
            LN_SQUARE => z * z,
            INVERSE => (-z).exp(),
            SQUARE => x * x,
            INVERSE_SQUARE => (-2.0 * z).exp(),
            LN_GAMMA => ln_gamma(x),
            FREEDOM => 0.5 * x * (0.5 * x).ln() - ln_gamma(0.5 * x),
            _ => ln_gamma(self.times() * x),
        });
        match self.0[BEND] {
            0.0 => sum,
            w => sum - w * soft_plus(2.0 * z + self.0[BEND_AT].ln()),
        }
    }

    /// Its derivative.
    fn slope(&self, z: f64) -> f64 {
        let x = z.exp();
        let sum = self.sum(&|p| match p {
            X => x,
            LN => 1.0,
            LN_SQUARE => 2.0 * z,
            INVERSE => -(-z).exp(),
            SQUARE => 2.0 * x * x,
            INVERSE_SQUARE => -2.0 * (-2.0 * z).exp(),
            LN_GAMMA => x * digamma(x),
            FREEDOM => 0.5 * x * ((0.5 * x).ln() + 1.0 - digamma(0.5 * x)),
            _ => self.times() * x * digamma(self.times() * x),
        });
        match self.0[BEND] {
            0.0 => sum,
            w => sum - 2.0 * w / (1.0 + (-2.0 * z - self.0[BEND_AT].ln()).exp()),
        }
    }

    /// Is E xᵖ finite, p > 0?
    fn has_power(&self, p: f64) -> bool {
        let eta = self.0;
        let cut = eta[UPPER_INVERSE] > 0.0;
        let falls = [X, SQUARE, LN_SQUARE].iter().any(|&i| eta[i] < 0.0);
        let bends = [LN_GAMMA, FREEDOM, LN_GAMMA_TIMES].iter().any(|&i| eta[i] != 0.0);
        cut || falls || bends || eta[LN] - 2.0 * eta[BEND] + p < 0.0
    }

    fn bump(&self, element: usize) -> Result<Bump, Improper> {
        let improper = |why: &str| Improper { element, impossible: false, why: why.into() };
        let eta = self.0;
        if !eta.iter().all(|e| e.is_finite()) {
            return Err(improper("a coefficient is no finite number"));
        }
        let bend = eta[BEND] >= 0.0 && (eta[BEND] == 0.0 || eta[BEND_AT] > 0.0);
        let ends = self.ends();
        if !bend || eta[LOWER] < 0.0 || eta[UPPER_INVERSE] < 0.0 || ends[0] >= ends[1] || self.times() <= 0.0
        {
            return Err(improper("its own line's numbers are out of range"));
        }
        let none =
            || improper("its density has no finite integral: nothing keeps it from 0, or from growing");
        let bump = Bump::find(&|z| self.at(z), &|z| self.slope(z), ends, 0.0).ok_or_else(none)?;
        // A top at the end of all numbers is none.
        let open = |end: usize| bump.top == ENDS[end] && ends[end] == ENDS[end];
        if open(0) || open(1) { Err(none()) } else { Ok(bump) }
    }
}

fn soft_plus(u: f64) -> f64 {
    u.max(0.0) + (-u.abs()).exp().ln_1p()
}

/// ln Z and the moments of one element.
fn moments(element: usize, eta: &[f64], out: &mut [f64]) -> Result<f64, Improper> {
    let density = Density(eta);
    let bump = density.bump(element)?;
    let (mut mass, mut t) = (0.0, [0.0; PARTS]);
    out.fill(0.0);
    let times = density.times();
    bump.each(&|z| density.at(z), &mut |z, w| {
        line::write(z.exp(), z, times, &mut t);
        mass += w;
        out[..TIMES].iter_mut().zip(&t).for_each(|(o, t)| *o += w * t);
    });
    out.iter_mut().for_each(|o| *o /= mass);
    Ok(bump.height + mass.ln())
}

impl Family for Line {
    fn name(&self) -> &'static str {
        "Line"
    }
    fn evaluate(&self, _: usize, eta: &[f64], m: &mut [f64], log_norm: &mut [f64]) -> Result<(), Improper> {
        for (element, ((e, m), a)) in
            eta.chunks_exact(PARTS).zip(m.chunks_exact_mut(PARTS)).zip(log_norm).enumerate()
        {
            *a = moments(element, e, m)?;
            super::bounds::in_range(element, m, *a)?;
        }
        Ok(())
    }
    fn cancelled(&self, _: usize, eta: &[f64]) -> f64 {
        let mut m = [0.0; PARTS];
        let norm = moments(0, eta, &mut m).map_or(0.0, f64::abs);
        norm + eta.iter().zip(&m).map(|(e, m)| (e * m).abs()).sum::<f64>()
    }
    fn parameters(&self, _: usize, eta: &[f64]) -> Vec<Parameter> {
        let one = |(name, e): (&&'static str, &f64)| Parameter {
            name,
            domain: Domain::Real,
            dims: vec![],
            values: vec![*e],
        };
        NAMES.iter().zip(eta).map(one).collect()
    }
    fn natural(&self, _: usize, p: &[Parameter]) -> Vec<f64> {
        p.iter().map(|p| p.values[0]).collect()
    }
    fn summary(&self, _: usize, eta: &[f64]) -> Summary {
        let density = Density(eta);
        let Ok(bump) = density.bump(0) else {
            return Summary { mean: vec![f64::NAN], sd: vec![f64::NAN] };
        };
        let h = |z: f64| density.at(z);
        let (mut mass, mut mean, mut square) = (0.0, 0.0, 0.0);
        bump.each(&h, &mut |z, w| {
            mass += w;
            mean += w * z.exp();
        });
        mean /= mass;
        bump.each(&h, &mut |z, w| square += w * (z.exp() - mean).powi(2));
        let or_infinite = |x: f64, p| if density.has_power(p) { x } else { f64::INFINITY };
        Summary { mean: vec![or_infinite(mean, 1.0)], sd: vec![or_infinite((square / mass).sqrt(), 2.0)] }
    }
    fn has_sd(&self, _: usize, eta: &[f64]) -> bool {
        Density(eta).has_power(2.0)
    }
    fn inverse(&self, _: usize, eta: &[f64], p: i32) -> Vec<f64> {
        let mut m = [0.0; PARTS];
        if moments(0, eta, &mut m).is_err() {
            return vec![f64::NAN];
        }
        vec![if p == 1 { m[INVERSE] } else { m[INVERSE_SQUARE] }]
    }
    fn quantile(&self, _: usize, eta: &[f64], p: f64) -> Vec<f64> {
        let density = Density(eta);
        let Ok(bump) = density.bump(0) else { return vec![f64::NAN] };
        let h = |z: f64| density.at(z);
        let mass = |from: f64, to: f64| {
            let mut sum = 0.0;
            bump.panel(from, to, &h, &mut |_, w| sum += w);
            sum
        };
        let each: Vec<f64> = bump.edges.windows(2).map(|e| mass(e[0], e[1])).collect();
        let mut left = p * each.iter().sum::<f64>();
        let mut panel = 0;
        while panel + 1 < each.len() && each[panel] < left {
            left -= each[panel];
            panel += 1;
        }
        // Newton's steps, kept between what is known to be below and above.
        let from = bump.edges[panel];
        let (mut low, mut high) = (from, bump.edges[panel + 1]);
        let mut z = low + (high - low) * (left / each[panel]).clamp(0.0, 1.0);
        for _ in 0..60 {
            let over = mass(from, z) - left;
            if over > 0.0 {
                high = z
            } else {
                low = z
            }
            let next = z - over / (h(z) - bump.height).exp();
            let next = if next > low && next < high { next } else { 0.5 * (low + high) };
            let done = (next - z).abs() <= 1e-14 * (1.0 + z.abs());
            z = next;
            if done {
                break;
            }
        }
        vec![z.exp()]
    }
    /// Those of the median.
    fn first(&self, d: usize, eta: &[f64], moments: &mut [f64]) -> bool {
        let median = self.quantile(d, eta, 0.5)[0];
        if !median.is_finite() {
            return false;
        }
        line::write(median, median.ln(), Density(eta).times(), moments);
        moments[TIMES..].fill(0.0);
        true
    }
    fn sample(&self, d: usize, eta: &[f64], stream: &mut Stream) -> Vec<f64> {
        self.quantile(d, eta, stream.uniform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expfam::laws;

    fn with(parts: &[(usize, f64)]) -> Vec<f64> {
        let mut eta = vec![0.0; PARTS];
        parts.iter().for_each(|&(p, e)| eta[p] = e);
        eta
    }

    /// Gamma, inverse Gamma, and log-normal are on the line too: their A in closed form.
    #[test]
    fn closed_forms() {
        let (a, b) = (2.5_f64, 0.7_f64);
        let gamma = ln_gamma(a) - a * b.ln();
        for (eta, want) in [
            (with(&[(LN, a), (X, -b)]), gamma),
            (with(&[(LN, -a), (INVERSE, -b)]), gamma),
            (with(&[(LN, 2.0 * a), (SQUARE, -b)]), gamma - 2.0_f64.ln()),
            (with(&[(LN, -2.0 * a), (INVERSE_SQUARE, -b)]), gamma - 2.0_f64.ln()),
            (with(&[(LN, 3.0), (LN_SQUARE, -b)]), 9.0 / (4.0 * b) + 0.5 * (std::f64::consts::PI / b).ln()),
            // ∫₀^∞ dx/(1 + κx²) = ½π/√κ.
            (with(&[(LN, 1.0), (BEND, 1.0), (BEND_AT, 4.0)]), (0.25 * std::f64::consts::PI).ln()),
            (with(&[(LN, 1.0), (LOWER, 0.5), (UPPER_INVERSE, 0.25)]), 3.5_f64.ln()),
        ] {
            let mut m = [0.0; PARTS];
            let got = moments(0, &eta, &mut m).unwrap();
            assert!((got - want).abs() < 1e-11, "{eta:?}: {got} is not {want}");
        }
    }

    /// ∇A = μ where every function has a coefficient.
    #[test]
    fn moments_are_slopes() {
        let all = [
            (X, -1.3),
            (LN, 2.0),
            (LN_SQUARE, -0.4),
            (INVERSE, -0.6),
            (SQUARE, -0.2),
            (INVERSE_SQUARE, -0.3),
        ];
        for more in [
            vec![],
            vec![(LN_GAMMA, -2.0)],
            vec![(FREEDOM, 3.0), (X, -5.0)],
            vec![(BEND, 1.0), (BEND_AT, 0.3)],
            vec![(LOWER, 0.2), (UPPER_INVERSE, 0.5)],
        ] {
            let eta = with(&[&all[..], &more].concat());
            let linear: Vec<usize> = (0..LN_GAMMA_TIMES).filter(|&i| eta[i] != 0.0).collect();
            laws::gradient_along(&|e, m| moments(0, e, m), &eta, &linear).unwrap();
        }
    }

    #[test]
    fn concentrations_have_their_number() {
        // Two vectors of three: 2 ln Γ(3c) − 6 ln Γ(c) − 8c, against dc/c.
        let eta = with(&[(LN, 1.0), (X, -8.0), (LN_GAMMA, -6.0), (LN_GAMMA_TIMES, 2.0), (TIMES, 6.0)]);
        let mut m = [0.0; PARTS];
        let a = moments(0, &eta, &mut m).unwrap();
        let (mut sum, mut part) = (0.0, 0.0);
        for i in 0..200_000 {
            let z = -25.0 + 30.0 * (f64::from(i) + 0.5) / 200_000.0;
            let c: f64 = z.exp();
            let w = (z - 8.0 * c - 6.0 * ln_gamma(c) + 2.0 * ln_gamma(3.0 * c)).exp() * 30.0 / 200_000.0;
            sum += w;
            part += w * ln_gamma(3.0 * c);
        }
        assert!((a - sum.ln()).abs() < 1e-8, "{a} is not {}", sum.ln());
        assert!((m[LN_GAMMA_TIMES] - part / sum).abs() < 1e-7);
    }

    #[test]
    fn quantiles_turn_shares_back() {
        let eta = with(&[(LN, 2.5), (X, -0.7)]);
        for p in [1e-6, 0.05, 0.5, 0.95, 1.0 - 1e-6] {
            let want = super::super::quantile::gamma(2.5, p) / 0.7;
            let got = Line.quantile(1, &eta, p)[0];
            assert!((got - want).abs() < 1e-9 * want, "{p}: {got} is not {want}");
        }
    }

    #[test]
    fn moments_that_there_are_not_are_infinite() {
        let cauchy = Line.summary(1, &with(&[(LN, 1.0), (BEND, 1.0), (BEND_AT, 1.0)]));
        assert!(cauchy.mean[0].is_infinite() && cauchy.sd[0].is_infinite());
        let t = Line.summary(1, &with(&[(LN, 1.0), (BEND, 1.5), (BEND_AT, 0.5)]));
        assert!(t.mean[0].is_finite() && t.sd[0].is_infinite());
        let none = moments(3, &with(&[(LN, 1.0)]), &mut [0.0; PARTS]).unwrap_err();
        assert_eq!(none.element, 3);
    }
}
