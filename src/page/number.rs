//! Numbers as a page writes them: a true minus, commas in thousands, no break before a unit. Not here: ticks
//! (`scale`).

/// A space that does not break.
pub const THIN: char = '\u{a0}';

/// With so many decimals, a minus of its own width and commas in thousands.
pub fn fixed(x: f64, decimals: usize) -> String {
    if x.is_nan() {
        return "–".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.into();
    }
    let text = format!("{:.decimals$}", x.abs());
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(w, r)| (w, format!(".{r}")));
    let mut out = String::new();
    if x < 0.0 && !zero {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + &rest
}

/// A whole number.
pub fn whole(n: usize) -> String {
    fixed(n as f64, 0)
}

/// So many significant digits, as far as they stand behind the point; very small and very large ones with a
/// power of ten.
pub fn significant(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return fixed(x, 0);
    }
    let magnitude = x.abs().log10().floor() as i32;
    if (-5..=8).contains(&magnitude) {
        return fixed(x, (digits as i32 - 1 - magnitude).max(0) as usize);
    }
    let text = format!("{x:.prec$e}", prec = digits.saturating_sub(1));
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{} × 10{}", mantissa.replace('-', "−"), raised(power))
}

/// Digits as they stand in a power.
fn raised(power: &str) -> String {
    let of = |c: char| match c {
        '-' => '⁻',
        c => c.to_digit(10).and_then(|d| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(d as usize)).unwrap_or(c),
    };
    power.chars().map(of).collect()
}

/// Decimals that tell numbers of this spread apart by three digits or so.
pub fn decimals(spread: f64) -> usize {
    if spread <= 0.0 || !spread.is_finite() {
        return 3;
    }
    (2 - spread.log10().floor() as i32).clamp(0, 8) as usize
}

/// Decimals for a column, by its largest number.
pub fn column(values: impl IntoIterator<Item = f64>) -> usize {
    let largest = values.into_iter().filter(|x| x.is_finite()).fold(0.0f64, |m, x| m.max(x.abs()));
    if largest == 0.0 { 0 } else { decimals(largest) }
}

/// Nats: two decimals, none from 100,000 on.
pub fn nats(x: f64) -> String {
    fixed(x, if x.abs() >= 1e5 { 0 } else { 2 })
}

/// A share as a percentage.
pub fn percent(p: f64) -> String {
    let x = 100.0 * p;
    let text = match x {
        x if x > 0.0 && x < 0.1 => "<0.1".into(),
        x if x.abs() < 9.95 && (x - x.round()).abs() >= 0.05 => fixed(x, 1),
        x if x > 99.5 && p < 1.0 => format!("{:.1}", (x * 10.0).floor() / 10.0),
        _ => fixed(x, 0),
    };
    format!("{text}{THIN}%")
}

/// A whole number in words up to twelve.
pub fn words(n: usize) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    WORDS.get(n).map_or_else(|| whole(n), |w| (*w).into())
}

/// With a capital first letter.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().collect::<String>() + chars.as_str())
}

/// A noun with its number: `1 row`, `272 rows`.
pub fn counted(n: usize, noun: &str) -> String {
    format!("{}{THIN}{noun}{}", whole(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_minus_and_its_commas() {
        assert_eq!(fixed(-1176.166, 2), "−1,176.17");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(1_079_361.4, 0), "1,079,361");
        assert_eq!(fixed(f64::NAN, 1), "–");
        assert_eq!(significant(0.000_012_34, 3), "0.0000123");
        assert_eq!(significant(-1.5e-9, 2), "−1.5 × 10⁻⁹");
    }

    #[test]
    fn a_share_does_not_round_to_all() {
        assert_eq!(percent(0.644), "64\u{a0}%");
        assert_eq!(percent(0.023), "2.3\u{a0}%");
        assert_eq!(percent(0.9999), "99.9\u{a0}%");
        assert_eq!(percent(1.0), "100\u{a0}%");
        assert_eq!(percent(0.0001), "<0.1\u{a0}%");
    }
}
