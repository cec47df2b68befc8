//! Numbers for people: a column of them with about five significant digits, its decimal points in line. Not
//! here: files meant for programs, which get every digit.

/// Significant digits of a column's largest number.
const DIGITS: i32 = 5;
/// Significant digits that its smaller numbers should keep.
const SMALL_DIGITS: i32 = 3;
/// Numbers this many orders of magnitude below the largest get no further decimals.
const SPREAD: i32 = 3;
/// The most digits behind the point.
const DECIMALS: i32 = 8;

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
}

/// Smaller than this share of a column's largest number is its rounding.
const ROUNDING: f64 = 1e-13;

/// The power of ten of a number's first digit.
fn magnitude(x: f64) -> i32 {
    x.abs().log10().floor() as i32
}

impl Style {
    /// The style that suits all of `values`; those that are not finite do not count.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Style {
        let (mut top, mut low, mut whole, mut largest) = (i32::MIN, i32::MAX, true, 0.0f64);
        let sizes: Vec<i32> = values
            .into_iter()
            .filter(|x| x.is_finite() && *x != 0.0)
            .map(|x| {
                whole &= x.fract() == 0.0;
                largest = largest.max(x.abs());
                magnitude(x)
            })
            .collect();
        let fixed = |decimals| Style::Fixed { decimals, noise: largest * ROUNDING };
        for &m in &sizes {
            top = top.max(m);
        }
        for &m in sizes.iter().filter(|m| **m >= top - SPREAD) {
            low = low.min(m);
        }
        if sizes.is_empty() || whole && top < 9 {
            return fixed(0);
        }
        if !(-4..=8).contains(&top) {
            return Style::Scientific;
        }
        fixed((DIGITS - 1 - top).max(SMALL_DIGITS - 1 - low).clamp(0, DECIMALS) as usize)
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
        assert_eq!(column(&[123456.789, 1.5]), "123457 2");
        assert_eq!(column(&[1.5, 0.00123]), "1.50000 0.00123");
    }

    #[test]
    fn no_number_is_shown_as_a_zero_that_it_is_not() {
        assert_eq!(column(&[0.9999, 1.2e-7, 0.0]), "0.99990 1.2e-7 0.00000");
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
    fn a_number_by_itself() {
        assert_eq!(short(0.00012345678, 4), "0.0001235");
        assert_eq!(short(-443.2978734511, 10), "-443.2978735");
        assert_eq!(short(1.5e-9, 3), "1.50e-9");
        assert_eq!(short(12345.6, 4), "12346");
    }
}
