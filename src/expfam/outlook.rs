//! What a value is expected to be where its parameters are not known but for their expectations: moments of
//! the posterior predictive, in closed form. A distribution's file declares it. Not here: the expectations
//! (`answer`).

/// What is expected of the parameters of one line, by slot from 1.
#[allow(missing_debug_implementations)]
pub struct Expected<'a> {
    /// E x^p of each number of a slot, p from −2 to 2 without 0; of a matrix, E x or E x⁻¹. Infinite where
    /// the integral is; NaN where there is no closed form.
    pub power: &'a dyn Fn(usize, i32) -> Vec<f64>,
    /// The variance of each number of a slot.
    pub variance: &'a dyn Fn(usize) -> Vec<f64>,
    /// Mean and variance of a slot of one real number.
    pub real: &'a dyn Fn(usize) -> [f64; 2],
}

impl Expected<'_> {
    /// E x^p of a slot of one number.
    pub fn number(&self, slot: usize, p: i32) -> f64 {
        (self.power)(slot, p).first().copied().unwrap_or(f64::NAN)
    }

    /// The value of a slot of one number, if it is known; else NaN.
    pub fn known(&self, slot: usize) -> f64 {
        if (self.variance)(slot) == [0.0] { self.number(slot, 1) } else { f64::NAN }
    }
}

/// Moments of a predictive distribution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// E x, of a category its probabilities.
    pub mean: Vec<f64>,
    /// The variance of each number; empty where nobody reports a spread.
    pub variance: Vec<f64>,
    /// E 1/x and E 1/x² of a positive number, E x⁻¹ of a matrix; empty of others.
    pub inverse: Vec<f64>,
}

/// How a distribution says it.
#[derive(Clone, Copy, Debug)]
pub enum Predictive {
    /// The value lies about its first parameter; this is the covariance of what is added to it, d × d.
    Around(fn(&Expected<'_>, usize) -> Vec<f64>),
    /// All of it.
    Moments(fn(&Expected<'_>, usize) -> Outlook),
}
