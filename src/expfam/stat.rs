//! Statistic kinds: what flows along an edge. A kind names the parts of t(x), their shapes, and which values
//! have them. Not here: the densities that use them (`dist`), nor where moments are stored (`plan`).

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

/// One component of a statistic, such as `x²`.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// As shown to people, with `x` standing for the variable: `x`, `ln x`, `xxᵀ`.
    pub symbol: &'static str,
    /// Its shape.
    pub shape: PartShape,
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
    /// Which values have the statistic, in words that follow "needs": `a positive number`.
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
    /// `(x, ln x)`.
    pub fn symbols(&self) -> String {
        let list: Vec<_> = self.parts.iter().map(|p| p.symbol).collect();
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
    parts: &[Part { symbol: "x", shape: PartShape::Scalar }, Part { symbol: "x²", shape: PartShape::Scalar }],
    value: PartShape::Scalar,
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
        Part { symbol: "x", shape: PartShape::Vector },
        Part { symbol: "xxᵀ", shape: PartShape::Matrix },
    ],
    value: PartShape::Vector,
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
        Part { symbol: "x", shape: PartShape::Scalar },
        Part { symbol: "ln x", shape: PartShape::Scalar },
    ],
    value: PartShape::Scalar,
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
        Part { symbol: "ln x", shape: PartShape::Scalar },
        Part { symbol: "(ln x)²", shape: PartShape::Scalar },
    ],
    value: PartShape::Scalar,
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
        Part { symbol: "x", shape: PartShape::Matrix },
        Part { symbol: "ln|x|", shape: PartShape::Scalar },
    ],
    value: PartShape::Matrix,
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
        Part { symbol: "ln x", shape: PartShape::Scalar },
        Part { symbol: "ln(1−x)", shape: PartShape::Scalar },
    ],
    value: PartShape::Scalar,
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
    parts: &[Part { symbol: "ln x", shape: PartShape::Vector }],
    value: PartShape::Vector,
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
    parts: &[Part { symbol: "[x]", shape: PartShape::Vector }],
    value: PartShape::Scalar,
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
        Part { symbol: "x", shape: PartShape::Scalar },
        Part { symbol: "1−x", shape: PartShape::Scalar },
    ],
    value: PartShape::Scalar,
    support: "0 or 1",
    of_value: |x, _, out| {
        out[0] = x[0];
        out[1] = 1.0 - x[0];
        if x[0] == 0.0 || x[0] == 1.0 { Ok(()) } else { Err("is neither 0 nor 1") }
    },
};

/// Whole numbers from 0: x.
pub static COUNT: StatKind = StatKind {
    name: "count",
    parts: &[Part { symbol: "x", shape: PartShape::Scalar }],
    value: PartShape::Scalar,
    support: "a whole number from 0",
    of_value: |x, _, out| {
        out[0] = x[0];
        if x[0] >= 0.0 && x[0].fract() == 0.0 && x[0].is_finite() {
            Ok(())
        } else {
            Err("is not a whole number from 0")
        }
    },
};

/// Vectors of whole numbers from 0: x.
pub static COUNTS: StatKind = StatKind {
    name: "counts",
    parts: &[Part { symbol: "x", shape: PartShape::Vector }],
    value: PartShape::Vector,
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
    let chol = nalgebra::DMatrix::from_row_slice(d, d, x).cholesky().ok_or("is not positive definite")?;
    Ok(2.0 * chol.l_dirty().diagonal().iter().map(|v| v.ln()).sum::<f64>())
}
