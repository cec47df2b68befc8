//! Sums in a fixed order.
/// Σ xᵢ·yᵢ.
pub fn dot(xs: &[f64], ys: &[f64]) -> f64 {
    xs.iter().zip(ys).map(|(x, y)| x * y).sum()
}
