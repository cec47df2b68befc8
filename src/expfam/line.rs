//! The statistic of a positive number whose q is kept on the line: the functions of x that densities ask of a
//! scale, a shape or a concentration. Not here: the family, which integrates them (`dist::line`), nor which
//! variables are kept so (`graph::on_line`).
//!
//! A Gamma carries (x, ln x), which is what a precision or a rate is asked for. A standard deviation σ is asked
//! for σ⁻² and ln σ, the shape of a Gamma for ln Γ(x), and so on. No textbook family has these together, but one
//! number has any q that one likes: q(x) ∝ h(x) exp Σ η_i t_i(x), integrated by quadrature.

use super::stat::{Arithmetic, Domain, GAMMA, Part, PartRole, PartShape, StatKind, positive};
use crate::num::special::ln_gamma;

/// x
pub const X: usize = 0;
/// ln x
pub const LN: usize = 1;
/// (ln x)²
pub const LN_SQUARE: usize = 2;
/// 1/x
pub const INVERSE: usize = 3;
/// x²
pub const SQUARE: usize = 4;
/// 1/x²
pub const INVERSE_SQUARE: usize = 5;
/// ln Γ(x)
pub const LN_GAMMA: usize = 6;
/// ½x ln ½x − ln Γ(½x): of the degrees of freedom of a Student-t.
pub const FREEDOM: usize = 7;
/// ln Γ(kx), where k is what [`TIMES`] has for each that this has: of the concentration of a Dirichlet over k.
pub const LN_GAMMA_TIMES: usize = 8;
/// k of [`LN_GAMMA_TIMES`], summed as that is.
pub const TIMES: usize = 9;
/// w of the base measure (1 + κx²)⁻ʷ: of a half-Cauchy, or a half Student-t.
pub const BEND: usize = 10;
/// κ of it.
pub const BEND_AT: usize = 11;
/// The smallest x there is.
pub const LOWER: usize = 12;
/// 1 over the largest.
pub const UPPER_INVERSE: usize = 13;
/// How many parts there are.
pub const PARTS: usize = 14;

const fn part(symbol: &'static str, role: PartRole) -> Part {
    Part { symbol, shape: PartShape::Scalar, role }
}

/// Positive numbers on the line.
pub static LINE: StatKind = StatKind {
    name: "line",
    parts: &[
        part("x", PartRole::Value),
        part("ln x", PartRole::Log),
        part("(ln x)²", PartRole::LogSquare),
        part("1/x", PartRole::Other),
        part("x²", PartRole::Other),
        part("1/x²", PartRole::Other),
        part("ln Γ(x)", PartRole::Other),
        part("ν(x)", PartRole::Other),
        part("ln Γ(kx)", PartRole::Other),
        part("k", PartRole::Base),
        part("bend", PartRole::Base),
        part("κ", PartRole::Base),
        part("lower", PartRole::Base),
        part("1/upper", PartRole::Base),
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a positive number",
    of_value: |x, d, out| {
        let x = x[0];
        positive(x)?;
        out.fill(0.0);
        // A concentration of a Dirichlet is read in its dimension.
        write(x, x.ln(), d as f64, out);
        Ok(())
    },
};

/// Writes the functions of x; those of the base measure are left.
pub fn write(x: f64, ln: f64, times: f64, out: &mut [f64]) {
    out[X] = x;
    out[LN] = ln;
    out[LN_SQUARE] = ln * ln;
    out[INVERSE] = 1.0 / x;
    out[SQUARE] = x * x;
    out[INVERSE_SQUARE] = 1.0 / (x * x);
    out[LN_GAMMA] = ln_gamma(x);
    out[FREEDOM] = 0.5 * x * (0.5 * x).ln() - ln_gamma(0.5 * x);
    out[LN_GAMMA_TIMES] = ln_gamma(times * x);
}

/// Part `part` of what a Gamma carries, (y, ln y), of y = xᵖ: a number and the part of x that it multiplies.
/// `None`: x carries no such part.
pub fn power(part: usize, p: i32) -> Option<(f64, usize)> {
    let of = match (GAMMA.parts[part].role, p) {
        (PartRole::Log, _) => (f64::from(p), LN),
        (PartRole::Value, 1) => (1.0, X),
        (PartRole::Value, 2) => (1.0, SQUARE),
        (PartRole::Value, -1) => (1.0, INVERSE),
        (PartRole::Value, -2) => (1.0, INVERSE_SQUARE),
        _ => return None,
    };
    Some(of)
}

/// May a variable that carries `stat` stand where `needed` is asked for?
pub fn stands_for(stat: &StatKind, needed: &StatKind) -> bool {
    stat == needed || *stat == LINE && *needed == GAMMA
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_what_a_gamma_carries() {
        let x: f64 = 2.5;
        let (mut t, mut y) = ([0.0; PARTS], [0.0; 2]);
        (LINE.of_value)(&[x], 1, &mut t).unwrap();
        for p in [1, 2, -1, -2] {
            (GAMMA.of_value)(&[x.powi(p)], 1, &mut y).unwrap();
            for (part, want) in y.iter().enumerate() {
                let (number, of) = power(part, p).unwrap();
                assert!((number * t[of] - want).abs() < 1e-14, "part {part} of x^{p}");
            }
        }
        assert!(power(0, 3).is_none());
    }

    #[test]
    fn what_is_no_positive_number_says_so() {
        let refused = |value: f64| (LINE.of_value)(&[value], 1, &mut [0.0; PARTS]).unwrap_err();
        assert_eq!(refused(0.0), "is not positive");
        assert_eq!(refused(f64::NAN), "is not finite");
    }
}
