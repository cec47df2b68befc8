//! Other spellings of a precision: from a variance or a standard deviation. Not here: random ones (`graph::on_line`).

/// 1/x, of a variance or a scale.
pub(crate) fn reciprocal(value: &mut [f64], _: usize) -> Result<(), &'static str> {
    if value[0] <= 0.0 {
        return Err("is not positive");
    }
    value[0] = 1.0 / value[0];
    Ok(())
}

/// 1/x², of a standard deviation.
pub(crate) fn reciprocal_square(value: &mut [f64], _: usize) -> Result<(), &'static str> {
    if value[0] <= 0.0 {
        return Err("is not positive");
    }
    value[0] = 1.0 / (value[0] * value[0]);
    Ok(())
}
