//! Standard parameters and moments that no distribution has. Not here: what each distribution asks of its own.

use crate::{expfam::family::Improper, num::reduce};

/// `Err` where a standard parameter is not a positive finite number, NaN included.
pub(crate) fn positive(element: usize, what: &str, value: f64) -> Result<(), Improper> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Improper { element, impossible: false, why: format!("the {what} {value} is not a positive number") })
}

/// `Err` where parameters are so extreme that a moment or the normaliser is no finite number.
pub(crate) fn in_range(element: usize, moments: &[f64], log_norm: f64) -> Result<(), Improper> {
    if log_norm.is_finite() && reduce::all_finite(moments) {
        return Ok(());
    }
    Err(Improper {
        element,
        impossible: false,
        why: "its moments are beyond the range of floating-point numbers".into(),
    })
}
