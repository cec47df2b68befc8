//! Axes: from numbers to places, and the ticks between. Not here: what is drawn along them.

use super::number;

/// A linear axis.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    from: (f64, f64),
    to: (f64, f64),
}

impl Scale {
    /// Numbers `low` to `high` at places `start` to `end`.
    pub fn new((low, high): (f64, f64), (start, end): (f64, f64)) -> Self {
        let wide = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        Self { from: wide, to: (start, end) }
    }
    /// The place of a number.
    pub fn at(&self, x: f64) -> f64 {
        self.to.0 + (x - self.from.0) / (self.from.1 - self.from.0) * (self.to.1 - self.to.0)
    }
    /// The same, not past the ends.
    pub fn inside(&self, x: f64) -> f64 {
        let (a, b) = (self.to.0.min(self.to.1), self.to.0.max(self.to.1));
        self.at(x).clamp(a, b)
    }
    /// The numbers at its ends.
    pub fn domain(&self) -> (f64, f64) {
        self.from
    }
    /// Round numbers inside, about so many.
    pub fn ticks(&self, count: usize) -> Ticks {
        ticks(self.from.0, self.from.1, count)
    }
}

/// Round numbers and the decimals they need.
#[derive(Clone, Debug)]
pub struct Ticks {
    /// The numbers.
    pub at: Vec<f64>,
    /// Their decimals.
    pub decimals: usize,
}

impl Ticks {
    /// Each with its text.
    pub fn labels(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        self.at.iter().map(|&x| (x, number::fixed(x, self.decimals)))
    }
}

/// The step of about `count` round steps over a span.
pub fn step(span: f64, count: usize) -> f64 {
    let raw = span / count.max(1) as f64;
    let unit = 10f64.powf(raw.log10().floor());
    let of = raw / unit;
    unit * if of <= 1.0 {
        1.0
    } else if of <= 2.0 {
        2.0
    } else if of <= 2.5 {
        2.5
    } else if of <= 5.0 {
        5.0
    } else {
        10.0
    }
}

fn ticks(low: f64, high: f64, count: usize) -> Ticks {
    let step = step(high - low, count);
    if !step.is_finite() || step <= 0.0 {
        return Ticks { at: vec![], decimals: 0 };
    }
    let mut decimals = (-step.log10().floor()).max(0.0) as usize;
    if (step * 10f64.powi(decimals as i32)).fract().abs() > 1e-6 {
        decimals += 1;
    }
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let at = (first..=last.min(first + 60)).map(|i| i as f64 * step).collect();
    Ticks { at, decimals: decimals.min(10) }
}

/// The smallest and the largest finite number; 0 to 1 of none.
pub fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let finite = values.into_iter().filter(|x| x.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

/// A range with this share of it added at both ends.
pub fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let by = if high > low { share * (high - low) } else { 0.5 };
    (low - by, high + by)
}

/// A range whose ends are round.
pub fn rounded((low, high): (f64, f64), count: usize) -> (f64, f64) {
    let step = step((high - low).max(f64::MIN_POSITIVE), count);
    if !step.is_finite() || step <= 0.0 {
        return (low, high);
    }
    ((low / step).floor() * step, (high / step).ceil() * step)
}

/// The `p` quantile of numbers; NaN of none.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let at = p * (sorted.len() - 1) as f64;
    let (below, part) = (at.floor() as usize, at.fract());
    let above = sorted[(below + 1).min(sorted.len() - 1)];
    sorted[below] + part * (above - sorted[below])
}

/// Finite numbers in order.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut out: Vec<f64> = values.into_iter().filter(|x| x.is_finite()).collect();
    out.sort_by(f64::total_cmp);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let of = |low, high, n| ticks(low, high, n).labels().map(|l| l.1).collect::<Vec<_>>().join(" ");
        assert_eq!(of(0.0, 1.0, 5), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(of(1.5, 5.2, 4), "2 3 4 5");
        assert_eq!(of(-1177.3, -1176.0, 5), "−1,177.0 −1,176.5 −1,176.0");
        assert_eq!(of(3.0, 3.0, 4), "");
    }

    #[test]
    fn quantiles_are_between_their_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
