//! How many digits of the bound hold. Not here: what is added up in it (`bound`), nor what follows (`run`,
//! `answer`).

/// Half a unit in the last place of a number.
const UNIT: f64 = f64::EPSILON / 2.0;
/// A sum of many numbers rounds more than once, and what cancels inside of A or of moments is not all counted.
const GROWTH: f64 = 8.0;
/// No bound is said to have more digits than that.
const MOST: u32 = 15;

/// What rounding may have done to a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounding {
    /// About how far the bound may be off, in nats.
    pub nats: f64,
    /// What was added up in it, without signs, in nats.
    pub magnitude: f64,
    /// The node with the largest share of that.
    pub node: usize,
}

impl Rounding {
    /// From each node's share of what was added up, without signs.
    pub(super) fn of(by_node: &[f64]) -> Self {
        let magnitude = by_node.iter().sum::<f64>();
        let node = (0..by_node.len()).max_by(|&a, &b| by_node[a].total_cmp(&by_node[b])).unwrap_or(0);
        Self { nats: GROWTH * UNIT * magnitude, magnitude, node }
    }

    /// Decimal digits that hold of a bound, or of 1 nat where it is smaller.
    pub fn digits(&self, elbo: f64) -> u32 {
        let share = self.nats / elbo.abs().max(1.0);
        if share.is_nan() { 0 } else { (-share.log10()).clamp(0.0, f64::from(MOST)) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_what_cancelling_leaves() {
        let of =
            |magnitude: f64, elbo: f64| Rounding::of(&[magnitude / 4.0, magnitude / 4.0 * 3.0]).digits(elbo);
        assert_eq!(of(100.0, -100.0), 15);
        assert_eq!(of(1e9, -100.0), 8);
        assert_eq!(of(1e9, 0.0), 6);
        assert_eq!(of(1e20, -100.0), 0);
        assert_eq!((of(f64::INFINITY, -1.0), of(f64::NAN, -1.0)), (0, 0));
        assert_eq!(Rounding::of(&[1.0, 3.0, 2.0]).node, 1);
    }
}
