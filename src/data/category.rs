//! Categories: sorted levels and a code for each row. Not what the levels mean to a plate.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

/// The code of a missing cell.
pub const MISSING: u32 = u32::MAX;

/// A column of categories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Category {
    /// The distinct levels, sorted: by number where all are whole, else by code point.
    pub levels: Vec<String>,
    /// For each row the index of its level, or [`MISSING`].
    pub codes: Vec<u32>,
}

impl Category {
    /// The first row without a value.
    pub fn first_missing(&self) -> Option<usize> {
        self.codes.iter().position(|&c| c == MISSING)
    }
}

/// Joins the levels of several columns. Gives the joined levels, sorted by number where all are whole and by
/// code point else, and the codes of each column in them; missing cells stay missing.
pub fn join_levels(parts: &[&Category]) -> (Vec<String>, Vec<Vec<u32>>) {
    let distinct: HashSet<&str> = parts.iter().flat_map(|c| &c.levels).map(String::as_str).collect();
    let mut levels: Vec<String> = distinct.into_iter().map(str::to_owned).collect();
    sort_levels(&mut levels, String::as_str);
    let index: HashMap<&str, u32> = levels.iter().zip(0..).map(|(l, i)| (l.as_str(), i)).collect();
    let codes = parts
        .iter()
        .map(|part| {
            let new: Vec<u32> = part.levels.iter().map(|l| index[l.as_str()]).collect();
            let mut codes = part.codes.clone();
            recode(&mut codes, &new);
            codes
        })
        .collect();
    (levels, codes)
}

/// Puts `new[code]` in place of each code; missing stays missing.
pub(super) fn recode(codes: &mut [u32], new: &[u32]) {
    codes.iter_mut().filter(|c| **c != MISSING).for_each(|c| *c = new[*c as usize]);
}

/// Sorts levels by number where all are whole, else by code point. `text` reads a level.
pub(super) fn sort_levels<T>(levels: &mut [T], text: impl Fn(&T) -> &str) {
    if levels.iter().all(|l| whole(text(l)).is_some()) {
        levels.sort_unstable_by(|a, b| by_number(text(a), text(b)).then_with(|| text(a).cmp(text(b))));
    } else {
        // UTF-8 bytes sort as code points do.
        levels.sort_unstable_by(|a, b| text(a).cmp(text(b)));
    }
}

/// Sign and digits without leading zeros, where the whole text is an integer. Digits, not a number type:
/// identifiers of any length keep their order.
fn whole(text: &str) -> Option<(bool, &str)> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    // `7.0` is written so where a program made fractions of whole numbers.
    let digits = digits.split_once('.').map_or(digits, |(whole, zeros)| {
        if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') { whole } else { digits }
    });
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    Some((negative && !digits.is_empty(), digits))
}

fn by_number(a: &str, b: &str) -> Ordering {
    let (Some((a_neg, a)), Some((b_neg, b))) = (whole(a), whole(b)) else { return a.cmp(b) };
    let size = a.len().cmp(&b.len()).then_with(|| a.cmp(b));
    match (a_neg, b_neg) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(levels: &[&str]) -> Vec<String> {
        let mut levels: Vec<String> = levels.iter().map(|&l| l.to_owned()).collect();
        sort_levels(&mut levels, String::as_str);
        levels
    }

    #[test]
    fn levels_sort_by_number_only_where_all_are_whole() {
        for (given, want) in [
            (&["10", "9", "-1", "0", "-20"][..], &["-20", "-1", "0", "9", "10"][..]),
            (&["10", "9", "a"], &["10", "9", "a"]),
            (&["10", "9", "1.5"], &["1.5", "10", "9"]),
            (&["é", "z", "Z", "a"], &["Z", "a", "z", "é"]),
            (
                &["12345678901234567891", "12345678901234567890", "7"],
                &["7", "12345678901234567890", "12345678901234567891"],
            ),
            (&["1", "01", "+1", "-0"], &["-0", "+1", "01", "1"]),
            (&["2", "-", "10"], &["-", "10", "2"]),
            (&["10.0", "9.0", "7", "7.0"], &["7", "7.0", "9.0", "10.0"]),
            (&["10.0", "9.", "7"], &["10.0", "7", "9."]),
        ] {
            assert_eq!(sorted(given), want, "{given:?}");
        }
    }

    #[test]
    fn joined_levels_keep_each_columns_values() {
        let a = Category { levels: vec!["2".into(), "10".into()], codes: vec![1, 0, MISSING] };
        let b = Category { levels: vec!["3".into(), "10".into()], codes: vec![0, 1] };
        let (levels, codes) = join_levels(&[&a, &b]);
        assert_eq!(levels, ["2", "3", "10"]);
        assert_eq!(codes, [vec![2, 0, MISSING], vec![1, 2]]);
        let c = Category { levels: vec!["x".into()], codes: vec![0] };
        assert_eq!(join_levels(&[&a, &c]).0, ["10", "2", "x"], "one word sorts all by code point");
        assert_eq!(join_levels(&[]), (vec![], vec![]));
    }
}
