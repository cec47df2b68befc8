//! What the starts of a fit have come to: those that were gone on with to their ends, as groups that reached the same
//! bound. Not here: which are tried (`engine::portfolio`), nor how they are told (`report`, `page`).

use super::posterior::Posterior;

/// Bounds closer than this share of them count as one.
const SAME: f64 = 1e-7;

/// Is a bound that of the best?
pub fn same(best: f64, bound: f64) -> bool {
    best - bound <= SAME * best.abs() || best == bound
}

/// The bounds of the starts that were not left before their ends, and have not broken down; the best first.
pub fn ended(p: &Posterior) -> Vec<f64> {
    let each = p.restarts.iter().enumerate().filter(|(i, x)| x.is_finite() && !p.left.contains(i));
    let mut ended: Vec<f64> = each.map(|(_, &x)| x).collect();
    ended.sort_by(|a, b| b.total_cmp(a));
    ended
}

/// Bounds, the best first, that came to the same: the best of each group, and how many they are.
pub fn groups(ended: &[f64]) -> Vec<(f64, usize)> {
    let mut groups: Vec<(f64, usize)> = vec![];
    for &x in ended {
        match groups.last_mut() {
            Some((best, count)) if same(*best, x) => *count += 1,
            _ => groups.push((x, 1)),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_that_end_together_are_one_answer() {
        assert_eq!(groups(&[-10.0, -10.0 - 5e-7, -12.0, -12.0]), [(-10.0, 2), (-12.0, 2)]);
        assert_eq!(groups(&[-200_000.2, -200_000.21]), [(-200_000.2, 2)]);
        assert_eq!(groups(&[0.0, 0.0, -1e-9]), [(0.0, 2), (-1e-9, 1)]);
    }
}
