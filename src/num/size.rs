//! Sizes of memory and files as a person reads and writes them. Not here: what is measured.

/// In units of a thousand: `1.5 kB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// `800MB`, `1.5 G`, `64KiB`, `1000000`: bytes, in units of a thousand or, with an `i`, of 1024.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(lower.len());
    let (number, unit) = lower.split_at(digits);
    let unit = unit.trim();
    let unit = unit.strip_suffix('b').unwrap_or(unit);
    let (unit, base) = unit.strip_suffix('i').map_or((unit, 1e3), |u| (u, 1024.0));
    let power = ["", "k", "m", "g", "t"].iter().position(|u| *u == unit)?;
    if base > 1e3 && power == 0 {
        return None;
    }
    let size = number.parse::<f64>().ok()? * f64::powi(base, power as i32);
    (size >= 1.0 && size < u64::MAX as f64).then_some(size as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, want) in [
            ("1000000", 1_000_000),
            ("1.5GB", 1_500_000_000),
            ("1.5 g", 1_500_000_000),
            ("64KiB", 65_536),
            ("2MiB", 2 << 20),
            ("800 B", 800),
            ("3t", 3_000_000_000_000),
        ] {
            assert_eq!(parse_bytes(text), Some(want), "{text}");
        }
        for text in ["", "GB", "-1", "1.2.3", "5 dogs", "0", "1iB", "1e9", "NaN", "99999999999999999999"] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
        for n in [1, 999, 1_000, 2_500_000, 7_100_000_000] {
            assert_eq!(parse_bytes(&bytes(n)), Some(n), "{}", bytes(n));
        }
    }
}
