//! Statistic kinds: what flows along an edge. A kind names the parts of t(x), their shapes, and which values
//! have them. Not here: the densities that use them (`dist`), nor where moments are stored (`plan`).

use crate::num::cholesky;
use std::fmt;

/// Stands for ln 0 in moments and messages.
///
/// A known probability may be zero. Its logarithm must survive products with responsibilities that are
/// exactly zero, so it is this finite number: `0.0 * LN_ZERO == 0.0`, `exp(LN_ZERO) == 0.0`, and sums of it
/// stay finite. A bound below [`IMPOSSIBLE`] means that some row can't have happened.
pub const LN_ZERO: f64 = -1e200;

/// A bound or a normaliser below this has met [`LN_ZERO`] with weight.
pub const IMPOSSIBLE: f64 = -1e150;

/// Shape of a value or of one part of a statistic, for the one dimension `d` of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartShape {
    /// One number.
    Scalar,
    /// `d` numbers.
    Vector,
    /// `d × d` numbers, row-major; both triangles are kept.
    Matrix,
}

impl PartShape {
    /// How many numbers.
    pub fn width(self, d: usize) -> usize {
        match self {
            PartShape::Scalar => 1,
            PartShape::Vector => d,
            PartShape::Matrix => d * d,
        }
    }
    /// How many axes.
    pub fn rank(self) -> usize {
        match self {
            PartShape::Scalar => 0,
            PartShape::Vector => 1,
            PartShape::Matrix => 2,
        }
    }
    /// The event dims: `[]`, `[d]` or `[d, d]`.
    pub fn dims(self, d: usize) -> Vec<usize> {
        vec![d; self.rank()]
    }
}

/// What a part is of the value x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartRole {
    /// x itself.
    Value,
    /// x², or xxᵀ of a vector.
    Square,
    /// ln x, or ln|x| of a matrix.
    Log,
    /// (ln x)².
    LogSquare,
    /// 1 − x.
    Complement,
    /// ln(1 − x).
    LogComplement,
    /// \[x = k\] for each category.
    Indicator,
    /// 0, whatever x.
    Zero,
    /// A number that the base measure of q has, sent by the variable's own line: no function of x.
    Base,
    /// Another function of x, or of several variables.
    Other,
}

/// One component of a statistic, such as `x²`.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// As shown to people, with `x` standing for the variable: `x`, `ln x`, `xxᵀ`. Nothing else reads it.
    pub symbol: &'static str,
    /// Its shape.
    pub shape: PartShape,
    /// What it is of the value.
    pub role: PartRole,
}

impl Part {
    /// Is it this of the value, in this shape?
    pub fn is(&self, role: PartRole, shape: PartShape) -> bool {
        self.role == role && self.shape == shape
    }
}

/// What can be done with values so that the result has a statistic of the same kind, linear in theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// They add, and scale by known numbers.
    Sum,
    /// They multiply by positive numbers.
    Product,
    /// Nothing.
    None,
}

/// Which values a variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// Real numbers, or vectors of them.
    Real,
    /// Positive numbers, or vectors of them.
    Positive,
    /// Symmetric positive definite matrices.
    PositiveDefinite,
    /// Numbers from 0 to 1.
    Unit,
    /// Vectors of numbers from 0 that sum to 1.
    Simplex,
    /// One of `d` categories.
    Category,
    /// 0 or 1.
    Binary,
    /// Whole numbers from 0, or vectors of them.
    Count,
}

/// Writes t(x) of a value into `out`, or says in words why x has none.
pub type OfValue = fn(value: &[f64], d: usize, out: &mut [f64]) -> Result<(), &'static str>;

/// A sufficient-statistic space. Two are the same if they are the same `static`.
pub struct StatKind {
    /// As shown to people.
    pub name: &'static str,
    /// The parts of t(x), in storage order.
    pub parts: &'static [Part],
    /// Shape of a value x. A category's value is a [`PartShape::Scalar`] (its level, from 0), whatever `d`.
    pub value: PartShape,
    /// What can be done with values.
    pub arithmetic: Arithmetic,
    /// Which values have the statistic.
    pub domain: Domain,
    /// The same in words that follow "needs": `a positive number`.
    pub support: &'static str,
    /// Writes t(x), all parts one after the other. `Err` says in words why x has none: `is not positive`.
    pub of_value: OfValue,
}

impl StatKind {
    /// Numbers in t(x).
    pub fn width(&self, d: usize) -> usize {
        self.parts.iter().map(|p| p.shape.width(d)).sum()
    }
    /// Where part `p` starts in t(x).
    pub fn offset(&self, p: usize, d: usize) -> usize {
        self.parts[..p].iter().map(|p| p.shape.width(d)).sum()
    }
    /// Is t(x) an indicator, 1 at one of `d` categories and 0 elsewhere? Such a value picks elements.
    pub fn one_hot(&self) -> bool {
        self.domain == Domain::Category
    }
    /// Does it belong to values of this shape that can do this?
    pub fn is(&self, arithmetic: Arithmetic, value: PartShape) -> bool {
        self.arithmetic == arithmetic && self.value == value
    }
    /// Is q of a value Gaussian, alone and beside others?
    pub fn gaussian(&self) -> bool {
        *self == GAUSSIAN || *self == GAUSSIAN_VECTOR
    }
    /// Where only some entries of a value are known, have the others a q of the same kind given these?
    pub fn conditions(&self) -> bool {
        self.is(Arithmetic::Sum, PartShape::Vector)
    }
    /// Is a value a vector of values that carry `entry`, which are added like it?
    pub fn is_vector_of(&self, entry: &StatKind) -> bool {
        self.is(Arithmetic::Sum, PartShape::Vector) && entry.is(Arithmetic::Sum, PartShape::Scalar)
    }
    /// The shape in which a mean of values is reported: of categories, their probabilities.
    pub fn mean_shape(&self) -> PartShape {
        if self.one_hot() { self.parts[0].shape } else { self.value }
    }
    /// `(x, ln x)`.
    pub fn symbols(&self) -> String {
        let list: Vec<_> = self.parts.iter().map(|p| p.symbol).collect();
        // Of many, the first say enough.
        if list.len() > 6 {
            return format!("({}, {}, …)", list[0], list[1]);
        }
        if list.len() == 1 { list[0].to_string() } else { format!("({})", list.join(", ")) }
    }
}

impl PartialEq for StatKind {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for StatKind {}
impl fmt::Debug for StatKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.symbols())
    }
}

fn scalar(x: &[f64], out: &mut [f64]) -> Result<f64, &'static str> {
    out[0] = x[0];
    if x[0].is_finite() { Ok(x[0]) } else { Err("is not finite") }
}

/// Real numbers: (x, x²).
pub static GAUSSIAN: StatKind = StatKind {
    name: "Gaussian",
    parts: &[
        Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value },
        Part { symbol: "x²", shape: PartShape::Scalar, role: PartRole::Square },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::Sum,
    domain: Domain::Real,
    support: "a real number",
    of_value: |x, _, out| {
        let v = scalar(x, out)?;
        out[1] = v * v;
        Ok(())
    },
};

/// Real vectors: (x, xxᵀ).
pub static GAUSSIAN_VECTOR: StatKind = StatKind {
    name: "vector Gaussian",
    parts: &[
        Part { symbol: "x", shape: PartShape::Vector, role: PartRole::Value },
        Part { symbol: "xxᵀ", shape: PartShape::Matrix, role: PartRole::Square },
    ],
    value: PartShape::Vector,
    arithmetic: Arithmetic::Sum,
    domain: Domain::Real,
    support: "a real vector",
    of_value: |x, d, out| {
        if !x.iter().all(|v| v.is_finite()) {
            return Err("is not finite");
        }
        out[..d].copy_from_slice(x);
        for i in 0..d {
            for j in 0..d {
                out[d + i * d + j] = x[i] * x[j];
            }
        }
        Ok(())
    },
};

/// Positive numbers: (x, ln x).
pub static GAMMA: StatKind = StatKind {
    name: "Gamma",
    parts: &[
        Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value },
        Part { symbol: "ln x", shape: PartShape::Scalar, role: PartRole::Log },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::Product,
    domain: Domain::Positive,
    support: "a positive number",
    of_value: |x, _, out| {
        let v = scalar(x, out)?;
        if v <= 0.0 {
            return Err("is not positive");
        }
        out[1] = v.ln();
        Ok(())
    },
};

/// Positive numbers by their logarithm: (ln x, (ln x)²).
pub static LOG_GAUSSIAN: StatKind = StatKind {
    name: "log-Gaussian",
    parts: &[
        Part { symbol: "ln x", shape: PartShape::Scalar, role: PartRole::Log },
        Part { symbol: "(ln x)²", shape: PartShape::Scalar, role: PartRole::LogSquare },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a positive number",
    of_value: |x, _, out| {
        let v = scalar(x, out)?;
        if v <= 0.0 {
            return Err("is not positive");
        }
        out[0] = v.ln();
        out[1] = out[0] * out[0];
        Ok(())
    },
};

/// Symmetric positive definite matrices: (X, ln|X|).
pub static WISHART: StatKind = StatKind {
    name: "Wishart",
    parts: &[
        Part { symbol: "x", shape: PartShape::Matrix, role: PartRole::Value },
        Part { symbol: "ln|x|", shape: PartShape::Scalar, role: PartRole::Log },
    ],
    value: PartShape::Matrix,
    arithmetic: Arithmetic::Product,
    domain: Domain::PositiveDefinite,
    support: "a symmetric positive definite matrix",
    of_value: |x, d, out| {
        out[..d * d].copy_from_slice(x);
        out[d * d] = ln_det_spd(x, d)?;
        Ok(())
    },
};

/// Probabilities of one event: (ln x, ln(1−x)).
pub static BETA: StatKind = StatKind {
    name: "Beta",
    parts: &[
        Part { symbol: "ln x", shape: PartShape::Scalar, role: PartRole::Log },
        Part { symbol: "ln(1−x)", shape: PartShape::Scalar, role: PartRole::LogComplement },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Unit,
    support: "a probability",
    of_value: |x, _, out| {
        if !(0.0..=1.0).contains(&x[0]) {
            return Err("is not between 0 and 1");
        }
        out[0] = ln_or_zero(x[0]);
        out[1] = if x[0] == 1.0 { LN_ZERO } else { (-x[0]).ln_1p() };
        Ok(())
    },
};

/// Probability vectors: ln x.
pub static DIRICHLET: StatKind = StatKind {
    name: "Dirichlet",
    parts: &[Part { symbol: "ln x", shape: PartShape::Vector, role: PartRole::Log }],
    value: PartShape::Vector,
    arithmetic: Arithmetic::None,
    domain: Domain::Simplex,
    support: "a probability vector",
    of_value: |x, d, out| {
        if x.iter().any(|p| !p.is_finite()) {
            return Err("is not finite");
        }
        if x.iter().any(|&p| p < 0.0) {
            return Err("has a negative entry");
        }
        let total: f64 = x.iter().sum();
        if (total - 1.0).abs() > 1e-6 {
            return Err("does not sum to 1");
        }
        for i in 0..d {
            out[i] = ln_or_zero(x[i]);
        }
        Ok(())
    },
};

/// One of `d` categories: the indicator vector [x = k].
pub static CATEGORY: StatKind = StatKind {
    name: "category",
    parts: &[Part { symbol: "[x]", shape: PartShape::Vector, role: PartRole::Indicator }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Category,
    support: "a category",
    of_value: |x, d, out| {
        let k = x[0] as usize;
        if x[0] < 0.0 || x[0].fract() != 0.0 || k >= d {
            return Err("is not one of the categories");
        }
        out[..d].fill(0.0);
        out[k] = 1.0;
        Ok(())
    },
};

/// 0 or 1: (x, 1−x).
///
/// Both, although one would do: ln p(x) is then a sum of x ln p and (1−x) ln(1−p), and a known p of 0 or 1
/// ([`LN_ZERO`]) meets a zero. With x alone, ln(1−p) − x ln(1−p) would be the difference of two huge numbers.
pub static BINARY: StatKind = StatKind {
    name: "binary",
    parts: &[
        Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value },
        Part { symbol: "1−x", shape: PartShape::Scalar, role: PartRole::Complement },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Binary,
    support: "0 or 1",
    of_value: |x, _, out| {
        out[0] = x[0];
        out[1] = 1.0 - x[0];
        binary(x[0])
    },
};

/// Whole numbers from 0: x.
pub static COUNT: StatKind = StatKind {
    name: "count",
    parts: &[Part { symbol: "x", shape: PartShape::Scalar, role: PartRole::Value }],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Count,
    support: "a whole number from 0",
    of_value: |x, _, out| {
        out[0] = x[0];
        whole(x[0])
    },
};

/// Vectors of whole numbers from 0: x.
pub static COUNTS: StatKind = StatKind {
    name: "counts",
    parts: &[Part { symbol: "x", shape: PartShape::Vector, role: PartRole::Value }],
    value: PartShape::Vector,
    arithmetic: Arithmetic::None,
    domain: Domain::Count,
    support: "a vector of whole numbers from 0",
    of_value: |x, _, out| {
        out[..x.len()].copy_from_slice(x);
        if x.iter().all(|v| *v >= 0.0 && v.fract() == 0.0 && v.is_finite()) {
            Ok(())
        } else {
            Err("is not a vector of whole numbers from 0")
        }
    },
};

/// Is it a positive number? `Err` says in words why not.
pub fn positive(x: f64) -> Result<(), &'static str> {
    match x {
        _ if !x.is_finite() => Err("is not finite"),
        _ if x <= 0.0 => Err("is not positive"),
        _ => Ok(()),
    }
}

/// Is it a whole number from 0? `Err` says in words that it is not.
pub fn whole(x: f64) -> Result<(), &'static str> {
    if x >= 0.0 && x.fract() == 0.0 && x.is_finite() { Ok(()) } else { Err("is not a whole number from 0") }
}

/// Is it 0 or 1? `Err` says in words that it is not.
pub fn binary(x: f64) -> Result<(), &'static str> {
    if x == 0.0 || x == 1.0 { Ok(()) } else { Err("is neither 0 nor 1") }
}

fn ln_or_zero(p: f64) -> f64 {
    if p == 0.0 { LN_ZERO } else { p.ln() }
}

/// ln|X| of a symmetric positive definite matrix; `Err` says why it is not one.
pub fn ln_det_spd(x: &[f64], d: usize) -> Result<f64, &'static str> {
    if x.iter().any(|v| !v.is_finite()) {
        return Err("is not finite");
    }
    let scale = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for i in 0..d {
        for j in 0..i {
            if (x[i * d + j] - x[j * d + i]).abs() > 1e-9 * scale {
                return Err("is not symmetric");
            }
        }
    }
    let mut l = x.to_vec();
    cholesky::factor(d, &mut l).map_err(|_| "is not positive definite")?;
    Ok(cholesky::log_det(d, &l))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a part says it is of the value is what `of_value` writes.
    #[test]
    fn parts_are_what_their_roles_say() {
        type Case = (&'static StatKind, &'static [f64], usize);
        let cases: &[Case] = &[
            (&GAUSSIAN, &[-1.5], 1),
            (&GAUSSIAN_VECTOR, &[1.5, -0.2], 2),
            (&GAMMA, &[2.5], 1),
            (&LOG_GAUSSIAN, &[2.5], 1),
            (&WISHART, &[2.0, 0.3, 0.3, 1.0], 2),
            (&BETA, &[0.3], 1),
            (&DIRICHLET, &[0.3, 0.7], 2),
            (&CATEGORY, &[1.0], 3),
            (&BINARY, &[1.0], 1),
            (&COUNT, &[4.0], 1),
            (&COUNTS, &[4.0, 0.0], 2),
        ];
        for &(kind, x, d) in cases {
            let mut t = vec![f64::NAN; kind.width(d)];
            (kind.of_value)(x, d, &mut t).unwrap();
            for (p, part) in kind.parts.iter().enumerate() {
                let got = &t[kind.offset(p, d)..][..part.shape.width(d)];
                let each = |f: fn(f64) -> f64| x.iter().map(|&v| f(v)).collect::<Vec<f64>>();
                let want = match (part.role, part.shape) {
                    (PartRole::Value, _) => x.to_vec(),
                    (PartRole::Square, _) => x.iter().flat_map(|a| x.iter().map(move |b| a * b)).collect(),
                    (PartRole::Log, PartShape::Scalar) if kind.value == PartShape::Matrix => {
                        vec![(x[0] * x[3] - x[1] * x[2]).ln()]
                    }
                    (PartRole::Log, _) => each(f64::ln),
                    (PartRole::LogSquare, _) => each(|v| v.ln() * v.ln()),
                    (PartRole::Complement, _) => each(|v| 1.0 - v),
                    (PartRole::LogComplement, _) => each(|v| (1.0 - v).ln()),
                    (PartRole::Indicator, _) => {
                        (0..d).map(|k| f64::from(u8::from(k as f64 == x[0]))).collect()
                    }
                    (PartRole::Zero | PartRole::Base, _) => vec![0.0],
                    (PartRole::Other, _) => panic!("{kind:?} has a part without a role"),
                };
                assert!(
                    got.iter().zip(&want).all(|(g, w)| (g - w).abs() < 1e-14),
                    "{kind:?}, part {p}: {got:?}"
                );
                assert_eq!(got.len(), want.len());
            }
            assert_eq!(kind.one_hot(), kind.parts.iter().any(|p| p.role == PartRole::Indicator));
        }
    }
}
