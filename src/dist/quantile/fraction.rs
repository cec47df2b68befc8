//! What continued fractions of tails share. Not here: the fractions (`beta`, `gamma`).

/// Lentz's guard: a zero denominator of a continued fraction is stepped over.
pub(super) fn away_from_zero(v: f64) -> f64 {
    if v.abs() < 1e-300 { 1e-300 } else { v }
}
