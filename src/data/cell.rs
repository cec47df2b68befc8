//! What one cell says: a number, an infinity, nothing, or a word. Knows no columns.

/// The reading of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scan {
    /// Empty, `NA` or `NaN`, spaces around it or not, in quotes or not.
    Missing,
    /// A finite number.
    Number {
        /// Its value.
        value: f64,
        /// Whether printing the value gives the cell's text back.
        faithful: bool,
    },
    /// An integer too long for an f64 to tell it from its neighbours: an identifier, most likely.
    LongWhole,
    /// `inf` in any of its spellings, or a number beyond f64 such as `1e999`.
    Infinite,
    /// Anything else.
    Word,
}

/// Powers of ten that f64 holds exactly.
#[rustfmt::skip]
const TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
/// Up to here every integer is an f64.
const EXACT: u64 = 1 << 53;

/// Reads one cell.
pub fn scan(cell: &[u8]) -> Scan {
    let text = cell.trim_ascii();
    match text {
        b"" | b"NA" | b"NaN" => return Scan::Missing,
        _ => {}
    }
    let (signed, negative, body) = match text[0] {
        b'-' => (true, true, &text[1..]),
        b'+' => (true, false, &text[1..]),
        _ => (false, false, text),
    };

    // [digits][.digits][e[sign]digits], with at least one digit before the exponent. The digits of an ordinary cell fit
    // a u64, and then one exact division gives the nearest f64 (Clinger 1990); std takes the others.
    let mut mantissa = 0_u64;
    let mut digit = |b: u8| mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(b - b'0'));
    let whole = body.iter().take_while(|b| b.is_ascii_digit()).inspect(|b| digit(**b)).count();
    let mut rest = &body[whole..];
    let mut fraction = 0;
    let point = rest.first() == Some(&b'.');
    if point {
        fraction = rest[1..].iter().take_while(|b| b.is_ascii_digit()).inspect(|b| digit(**b)).count();
        rest = &rest[1 + fraction..];
    }
    let digits = whole + fraction;
    if digits == 0 {
        return if is_infinity(body) { Scan::Infinite } else { Scan::Word };
    }
    let exponent = matches!(rest.first(), Some(b'e' | b'E'));
    if exponent {
        let tail = match rest.get(1) {
            Some(b'+' | b'-') => &rest[2..],
            _ => &rest[1..],
        };
        if tail.is_empty() || !tail.iter().all(u8::is_ascii_digit) {
            return Scan::Word;
        }
    } else if !rest.is_empty() {
        return Scan::Word;
    }

    // At most 19 digits never wrap a u64.
    let small = digits <= 19 && mantissa <= EXACT;
    if !point && !exponent && !small && !holds(body) {
        return Scan::LongWhole;
    }
    let value = if small && !exponent && fraction < TEN.len() {
        let size = mantissa as f64 / TEN[fraction];
        if negative { -size } else { size }
    } else {
        // Digits, signs and a point only: valid UTF-8, and std's grammar holds all of ours.
        match std::str::from_utf8(text).ok().and_then(|t| t.parse::<f64>().ok()) {
            Some(v) if v.is_finite() => v,
            Some(_) => return Scan::Infinite,
            None => return Scan::Word,
        }
    };
    // A decimal of up to 15 digits survives the way through f64, so it prints as it stood but for these spellings.
    let faithful = text.len() == cell.len()
        && !exponent
        && digits <= 15
        && (if signed { negative && mantissa != 0 } else { true })
        && (body[0] != b'0' || whole == 1)
        && whole > 0
        && (!point || (fraction > 0 && body.last() != Some(&b'0')));
    Scan::Number { value, faithful }
}

/// Whether a run of digits is an integer that f64 holds exactly.
fn holds(digits: &[u8]) -> bool {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    match (text.parse::<u128>(), text.parse::<f64>()) {
        (Ok(whole), Ok(float)) => float as u128 == whole,
        _ => false,
    }
}

fn is_infinity(body: &[u8]) -> bool {
    body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_read_as_people_write_them() {
        use Scan::{Infinite, LongWhole, Missing, Word};
        let exact = |value| Scan::Number { value, faithful: true };
        let loose = |value| Scan::Number { value, faithful: false };
        for (cell, want) in [
            ("", Missing),
            ("  ", Missing),
            ("NA", Missing),
            (" NaN ", Missing),
            ("na", Word),
            ("nan", Word),
            ("N/A", Word),
            ("-", Word),
            (".", Word),
            ("+", Word),
            ("1", exact(1.0)),
            ("-3.25", exact(-3.25)),
            ("0.1", exact(0.1)),
            ("0", exact(0.0)),
            (" 7", loose(7.0)),
            ("+7", loose(7.0)),
            ("-0", loose(-0.0)),
            ("007", loose(7.0)),
            ("1.50", loose(1.5)),
            ("1.", loose(1.0)),
            (".5", loose(0.5)),
            ("1e-3", loose(1e-3)),
            ("2E+05", loose(2e5)),
            ("0.1234567890123456789", loose(0.123_456_789_012_345_68)),
            ("1e", Word),
            ("1e+", Word),
            ("1e5x", Word),
            ("1,5", Word),
            ("1_000", Word),
            ("0x10", Word),
            ("1 2", Word),
            ("--1", Word),
            ("inf", Infinite),
            ("-Inf", Infinite),
            ("+Infinity", Infinite),
            ("1e999", Infinite),
            ("-1e999", Infinite),
            ("1e-999", loose(0.0)),
            ("9007199254740992", loose(9_007_199_254_740_992.0)),
            ("9007199254740993", LongWhole),
            ("-12345678901234567891", LongWhole),
            ("1000000000000000000000", loose(1e21)),
            ("12345678901234567891.0", loose(12_345_678_901_234_567_891.0)),
        ] {
            assert_eq!(scan(cell.as_bytes()), want, "`{cell}`");
        }
        assert_eq!(scan(b"\xff"), Word);
    }

    proptest! {
        #[test]
        fn numbers_equal_those_of_std(text in r"[+-]?[0-9]{0,22}(\.[0-9]{0,25})?([eE][+-]?[0-9]{1,3})?") {
            let std = text.parse::<f64>().ok();
            match scan(text.as_bytes()) {
                Scan::Number { value, faithful } => {
                    prop_assert_eq!(Some(value.to_bits()), std.map(f64::to_bits));
                    if faithful {
                        prop_assert_eq!(value.to_string(), text);
                    }
                }
                Scan::Infinite => prop_assert!(std.is_some_and(f64::is_infinite)),
                Scan::LongWhole => prop_assert!(std.is_some_and(|v| v.abs() > EXACT as f64)),
                Scan::Missing => prop_assert_eq!(text, ""),
                Scan::Word => prop_assert_eq!(std, None),
            }
        }

        #[test]
        fn short_decimals_are_faithful(whole in 0..1_000_000_u32, fraction in 1..9_u32) {
            let text = format!("-{whole}.{fraction}");
            let same = matches!(scan(text.as_bytes()), Scan::Number { faithful: true, .. });
            prop_assert!(same, "{}", text);
        }
    }
}
