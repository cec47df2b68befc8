//! Numbers for people: a column of them with about five significant digits, its decimal points in line. Not
//! here: files meant for programs, which get every digit.

/// Significant digits of a column's largest number.
const DIGITS: i32 = 5;
/// Significant digits that each of its numbers has at least.
const SMALL_DIGITS: i32 = 3;
/// The most digits behind the point, and in all.
const DECIMALS: (i32, i32) = (8, 11);
/// A probability below this is shown as a point.
pub const NEARLY_NONE: f64 = 0.0005;

/// How one column of numbers is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    /// With so many digits behind the point.
    Fixed {
        /// How many.
        decimals: usize,
        /// Below this a number is rounding beside the column's largest, and shown as zero.
        noise: f64,
    },
    /// As `1.2346e-7`.
    Scientific,
    /// A probability, with so many digits behind the point; a point where it is next to none.
    Probability {
        /// How many.
        decimals: usize,
    },
}

/// Smaller than this share of a column's largest number is its rounding.
const ROUNDING: f64 = 1e-13;

/// The power of ten of a number's first digit.
fn magnitude(x: f64) -> i32 {
    x.abs().log10().floor() as i32
}

impl Style {
    /// The style that suits all of `values`; those that are not finite do not count, nor what is rounding beside the
    /// largest.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Style {
        let values: Vec<f64> = values.into_iter().filter(|x| x.is_finite() && *x != 0.0).collect();
        let largest = values.iter().fold(0.0f64, |top, x| top.max(x.abs()));
        let noise = largest * ROUNDING;
        let sizes = || values.iter().filter(|x| x.abs() > noise).map(|x| magnitude(*x));
        let fixed = |decimals| Style::Fixed { decimals, noise };
        let (Some(top), Some(low)) = (sizes().max(), sizes().min()) else { return fixed(0) };
        if values.iter().all(|x| x.fract() == 0.0) && top < 9 {
            return fixed(0);
        }
        let decimals = (DIGITS - 1 - top).max(SMALL_DIGITS - 1 - low).max(0);
        if !(-4..=8).contains(&top) || decimals > DECIMALS.0 || top + decimals > DECIMALS.1 {
            return Style::Scientific;
        }
        fixed(decimals as usize)
    }

    /// The style of probabilities, of which those next to none are not told.
    pub fn of_probabilities(values: impl IntoIterator<Item = f64>) -> Style {
        let seen = values.into_iter().filter(|x| *x >= NEARLY_NONE);
        let low = seen.map(magnitude).min().unwrap_or(0);
        Style::Probability { decimals: (SMALL_DIGITS - 1 - low).max(3) as usize }
    }

    /// One number. NaN, where there is no such number, is a dash; a number that the decimals would show as
    /// zero keeps two digits.
    pub fn show(self, x: f64) -> String {
        match self {
            _ if x.is_nan() => "-".to_string(),
            _ if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.to_string(),
            Style::Fixed { decimals, noise } => {
                if x.abs() > noise && x.abs() < 0.5 * 10f64.powi(-(decimals as i32)) {
                    return format!("{x:.1e}");
                }
                let text = format!("{x:.decimals$}");
                // A rounded −0.0 is a zero to a reader.
                if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') {
                    text.replace('-', "")
                } else {
                    text
                }
            }
            Style::Probability { .. } if x < NEARLY_NONE => "·".to_string(),
            Style::Probability { decimals } => format!("{x:.decimals$}"),
            Style::Scientific => format!("{x:.prec$e}", prec = DIGITS as usize - 1),
        }
    }
}

/// One number by itself, with `digits` significant digits.
pub fn short(x: f64, digits: usize) -> String {
    if !x.is_finite() || x == 0.0 {
        return Style::Fixed { decimals: 0, noise: 0.0 }.show(x);
    }
    let m = magnitude(x);
    if (-5..digits as i32 + 2).contains(&m) {
        format!("{x:.prec$}", prec = (digits as i32 - 1 - m).max(0) as usize)
    } else {
        format!("{x:.prec$e}", prec = digits.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> String {
        let style = Style::of(values.iter().copied());
        values.iter().map(|&x| style.show(x)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_column_keeps_its_points_in_line() {
        assert_eq!(column(&[3.5, 70.25]), "3.500 70.250");
        assert_eq!(column(&[0.35612345, 0.64387655]), "0.35612 0.64388");
        assert_eq!(column(&[1.0, 20.0, 300.0]), "1 20 300");
        assert_eq!(column(&[123456.789, 1.5]), "123456.79 1.50");
        assert_eq!(column(&[1.5, 0.00123]), "1.50000 0.00123");
    }

    #[test]
    fn no_number_is_shown_as_a_zero_that_it_is_not() {
        assert_eq!(column(&[0.9999, 1.2e-7, 0.0]), "9.9990e-1 1.2000e-7 0.0000e0");
        assert_eq!(column(&[17.0, -1.5e-16, 0.25]), "17.000 0.000 0.250", "but for rounding");
        assert_eq!(Style::Fixed { decimals: 2, noise: 0.0 }.show(-0.0), "0.00");
    }

    #[test]
    fn extremes_are_scientific() {
        assert_eq!(column(&[1.2345678e-7, 2e-9]), "1.2346e-7 2.0000e-9");
        assert_eq!(column(&[1e12]), "1.0000e12");
    }

    #[test]
    fn what_is_no_number_does_not_spoil_the_column() {
        assert_eq!(column(&[f64::NAN, f64::INFINITY, 0.5]), "- inf 0.50000");
        assert_eq!(column(&[f64::NAN]), "-");
    }

    #[test]
    fn three_digits_of_every_number_whatever_stands_beside_it() {
        for spread in 0..30 {
            let small = 1.234_567 / 10f64.powi(spread);
            let text = column(&[821_138.25, small]);
            let shown: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
            assert!(small < 1e-7 && shown == 0.0 || (shown / small - 1.0).abs() < 0.005, "{text}");
        }
    }

    #[test]
    fn probabilities_next_to_none_are_points() {
        let values = [0.9123, 0.0123456, 0.000499, 0.0];
        let style = Style::of_probabilities(values);
        assert_eq!(values.map(|x| style.show(x)), ["0.9123", "0.0123", "·", "·"]);
    }

    #[test]
    fn a_number_by_itself() {
        assert_eq!(short(0.00012345678, 4), "0.0001235");
        assert_eq!(short(-443.2978734511, 10), "-443.2978735");
        assert_eq!(short(1.5e-9, 3), "1.50e-9");
        assert_eq!(short(12345.6, 4), "12346");
    }
}
