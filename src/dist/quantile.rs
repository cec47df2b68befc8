//! Quantiles of the Gamma, Beta and Student-t distributions, at any parameters, in a bounded number of
//! evaluations of their distribution functions. Not here: families.
//!
//! Two large shapes (or the one of a Gamma) have a closed form, `uniform`; below it Newton's method goes from a
//! start near by.

mod beta;
mod fraction;
mod gamma;
mod newton;
mod uniform;

/// The p quantile of a Gaussian of mean 0 and variance 1.
pub(crate) fn gaussian(p: f64) -> f64 {
    use statrs::distribution::ContinuousCDF;
    statrs::distribution::Normal::standard().inverse_cdf(p)
}

/// The p quantile of Gamma(shape, 1).
pub(crate) fn gamma(shape: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    gamma::quantile(shape, p, 1.0 - p).at
}

/// The p quantile of Beta(a, b).
pub(crate) fn beta(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    beta_counted(a, b, p).at
}

fn beta_counted(a: f64, b: f64, p: f64) -> newton::Found {
    if a <= b {
        let s = beta::quantile(a, b, p, 1.0 - p);
        newton::Found { at: s.x, evaluations: s.evaluations }
    } else {
        let s = beta::quantile(b, a, 1.0 - p, p);
        newton::Found { at: s.y, evaluations: s.evaluations }
    }
}

/// The p quantile of the Student-t with `dof` degrees of freedom, centre 0 and scale 1.
///
/// t²/(dof + t²) is Beta(½, ½dof), and dof/(dof + t²) is Beta(½dof, ½): the one that is below ½ has all its
/// digits. Source: Press et al. (2007), sec. 6.14.3.
pub(crate) fn student_t(dof: f64, p: f64) -> f64 {
    if p > 0.5 {
        return -student_t(dof, 1.0 - p);
    }
    if p == 0.5 {
        return 0.0;
    }
    let near = beta(0.5, 0.5 * dof, 1.0 - 2.0 * p);
    if near < 0.5 {
        return -(dof * near / (1.0 - near)).sqrt();
    }
    let far = beta(0.5 * dof, 0.5, 2.0 * p);
    -(dof * (1.0 - far) / far).sqrt()
}

#[cfg(test)]
mod tests;
