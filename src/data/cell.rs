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
    if matches!(text, b"" | b"NA" | b"NaN") {
        return Scan::Missing;
    }
    let (read, length) = number(text);
    if length < text.len() {
        let body = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
        return if is_infinity(body) { Scan::Infinite } else { Scan::Word };
    }
    match read {
        // Printed without the spaces around it.
        Scan::Number { value, .. } if text.len() < cell.len() => Scan::Number { value, faithful: false },
        read => read,
    }
}

/// Reads the number that a text begins with, `[sign][digits][.digits][e[sign]digits]` with at least one digit
/// before the exponent, and its length; a word of no length where there is none.
#[inline]
pub(super) fn number(text: &[u8]) -> (Scan, usize) {
    const NONE: (Scan, usize) = (Scan::Word, 0);
    let (signed, negative) = match text.first() {
        Some(b'-') => (true, true),
        Some(b'+') => (true, false),
        Some(_) => (false, false),
        None => return NONE,
    };
    // The digits of an ordinary cell fit a u64, and then one exact division gives the nearest f64 (Clinger
    // 1990); a library takes the others.
    let first = usize::from(signed);
    let mut mantissa = 0_u64;
    let mut at = digits(text, first, &mut mantissa);
    let whole = at - first;
    let mut fraction = 0;
    let point = text.get(at) == Some(&b'.');
    if point {
        let end = digits(text, at + 1, &mut mantissa);
        fraction = end - at - 1;
        at = end;
    }
    let count = whole + fraction;
    if count == 0 {
        return NONE;
    }
    // At most 19 digits never wrap a u64.
    let small = count <= 19 && mantissa <= EXACT;
    let exponent = matches!(text.get(at), Some(b'e' | b'E'));
    if exponent {
        at += if matches!(text.get(at + 1), Some(b'+' | b'-')) { 2 } else { 1 };
        let end = digits(text, at, &mut 0);
        if end == at {
            return NONE;
        }
        at = end;
    } else if !point && !small && !holds(&text[first..at]) {
        return (Scan::LongWhole, at);
    }
    let value = if small && !exponent && fraction < TEN.len() {
        let size = mantissa as f64 / TEN[fraction];
        if negative { -size } else { size }
    } else {
        match fast_float2::parse::<f64, _>(&text[..at]) {
            Ok(v) if v.is_finite() => v,
            Ok(_) => return (Scan::Infinite, at),
            Err(_) => return NONE,
        }
    };
    // A decimal of up to 15 digits survives the way through f64, so it prints as it stood but for these
    // spellings.
    let faithful = !exponent
        && count <= 15
        && (!signed || (negative && mantissa != 0))
        && whole > 0
        && (whole == 1 || text[first] != b'0')
        && (!point || (fraction > 0 && text[at - 1] != b'0'));
    (Scan::Number { value, faithful }, at)
}

/// Reads digits from `at` on into `mantissa`, and gives where they end.
#[inline]
fn digits(text: &[u8], mut at: usize, mantissa: &mut u64) -> usize {
    // Eight at a time: pairs, then pairs of pairs, in the bytes of one word.
    while let Some(eight) = text.get(at..at + 8).and_then(|e| <[u8; 8]>::try_from(e).ok()) {
        let v = u64::from_le_bytes(eight);
        let high = 0xf0f0_f0f0_f0f0_f0f0;
        if (v & high) | ((v.wrapping_add(0x0606_0606_0606_0606) & high) >> 4) != 0x3333_3333_3333_3333 {
            break;
        }
        let v = v & 0x0f0f_0f0f_0f0f_0f0f;
        let v = (v.wrapping_mul(10).wrapping_add(v >> 8)) & 0x00ff_00ff_00ff_00ff;
        let v = (v.wrapping_mul(100).wrapping_add(v >> 16)) & 0x0000_ffff_0000_ffff;
        let v = (v.wrapping_mul(10_000).wrapping_add(v >> 32)) & 0xffff_ffff;
        *mantissa = mantissa.wrapping_mul(100_000_000).wrapping_add(v);
        at += 8;
    }
    while let Some(b) = text.get(at).filter(|b| b.is_ascii_digit()) {
        *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(b - b'0'));
        at += 1;
    }
    at
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
        for (text, want) in [
            ("12,5", (exact(12.0), 2)),
            ("1.5\n", (exact(1.5), 3)),
            ("123456789;", (exact(123_456_789.0), 9)),
            ("x", (Word, 0)),
            ("1e,", (Word, 0)),
        ] {
            assert_eq!(number(text.as_bytes()), want, "`{text}`");
        }
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
