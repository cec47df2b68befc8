//! A series as one line of bars.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// At most `width` bars for `values`, the lowest bar for the smallest. A longer series shows the last value
/// of each stretch. Values that are not finite are blanks.
pub fn sparkline(values: &[f64], width: usize) -> String {
    let n = values.len().min(width);
    let picked: Vec<f64> = (0..n).map(|i| values[(i + 1) * values.len() / n - 1]).collect();
    let finite = || picked.iter().copied().filter(|x| x.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let bar = |x: f64| {
        if !x.is_finite() {
            return ' ';
        }
        // A flat line has no low end: it stands at the top, where a bound that has converged stands.
        let share = if high > low { (x - low) / (high - low) } else { 1.0 };
        BARS[((share * BARS.len() as f64) as usize).min(BARS.len() - 1)]
    };
    picked.into_iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn rises_from_lowest_to_highest() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 40), "▁▂▃▄▅▆▇█");
    }

    #[test]
    fn long_series_keep_their_last_value() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let line = sparkline(&values, 20);
        assert_eq!(line.chars().count(), 20);
        assert!(line.ends_with('█'));
    }

    #[test]
    fn odd_series() {
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&[2.0, 2.0], 10), "██");
        assert_eq!(sparkline(&[f64::NAN, 1.0, 2.0], 10), " ▁█");
    }
}
