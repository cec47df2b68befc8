//! How people write numbers that are none here: decimal commas, percents, currencies, units; and what to write
//! instead. Not here: which cells are read, nor whose fault a cell is.

/// Why a cell that looks like a number is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// `1,5`, `1.234,5`, `1 234`: a decimal comma, or separators of thousands.
    Separators,
    /// `10%`, `3‰`.
    Percent,
    /// `$10`, `10 €`, `EUR 10`.
    Currency,
    /// `−5` with the minus of typesetting, `(5)` with the brackets of accounting.
    Minus,
    /// `5 kg`, `12ms`: a word behind the number.
    Unit,
}

/// Codes of currencies that stand beside amounts; others are taken for units, which are written the same way.
const CURRENCIES: [&str; 14] =
    ["usd", "eur", "gbp", "chf", "jpy", "cny", "inr", "aud", "cad", "sek", "nok", "dkk", "pln", "brl"];
/// Blanks and apostrophes between groups of three digits.
const BETWEEN: [char; 7] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’', '_'];

impl Look {
    /// What a cell looks like, if like a number at all. `None` also for what is a number.
    pub(super) fn of(cell: &str) -> Option<Self> {
        let cell = cell.trim();
        let (inner, bracketed) = match cell.strip_prefix('(').and_then(|c| c.strip_suffix(')')) {
            Some(inner) => (inner.trim(), true),
            None => (cell, false),
        };
        let (bare, minus) = unsigned(inner);
        if let Some(digits) = bare.strip_suffix(['%', '‰', '％']) {
            return amount(unsigned(digits.trim_end()).0).then_some(Self::Percent);
        }
        if let Some(rest) = without_currency(bare) {
            return amount(unsigned(rest).0).then_some(Self::Currency);
        }
        if amount(bare) {
            let separated = bare.contains(',') || bare.contains(BETWEEN) || bare.matches('.').count() > 1;
            return match () {
                () if separated => Some(Self::Separators),
                () if minus || bracketed => Some(Self::Minus),
                () => None,
            };
        }
        let (number, unit) = bare.split_at(bare.find(char::is_alphabetic)?);
        let word = unit.chars().all(|c| c.is_alphabetic() || matches!(c, '/' | '²' | '³'));
        (word && amount(number.trim_end())).then_some(Self::Unit)
    }

    /// What such cells look like: `numbers with a decimal comma`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Separators => "with a decimal comma or separators of thousands",
            Self::Percent => "with a sign of percent",
            Self::Currency => "with a sign of currency",
            Self::Minus => "below zero, without the minus of the keyboard",
            Self::Unit => "with a unit behind",
        }
    }

    /// What to write instead.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Separators => {
                "write numbers with a decimal point and without separators of thousands: `1234.5`"
            }
            Self::Percent => "write numbers without a sign: `10%` is `10`, or `0.1` where a share is meant",
            Self::Currency => "write numbers without a sign, with a decimal point: `$1,234.50` is `1234.5`",
            Self::Minus => "write numbers below zero with a plain minus: `-5`",
            Self::Unit => "write numbers without their unit, all in one unit; the column's name may hold it",
        }
    }
}

/// Spellings of a missing cell that are not read as one.
pub(super) fn means_missing(cell: &str) -> bool {
    matches!(
        cell.trim().to_ascii_lowercase().as_str(),
        "na" | "n/a" | "nan" | "null" | "none" | "nil" | "missing" | "." | "-" | "?" | "#n/a"
    )
}

/// Without a sign before it, and whether that was one that is not read.
fn unsigned(text: &str) -> (&str, bool) {
    match text.strip_prefix(['−', '–']) {
        Some(rest) => (rest.trim_start(), true),
        None => (text.strip_prefix(['-', '+']).unwrap_or(text).trim_start(), false),
    }
}

/// What is left when the sign or the code of a currency is taken off either end.
fn without_currency(text: &str) -> Option<&str> {
    let sign = |c: char| matches!(c, '$' | '¢'..='¥' | '\u{20a0}'..='\u{20cf}' | '฿');
    if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
        return Some(rest.trim());
    }
    let code =
        |part: Option<&str>| part.is_some_and(|p| CURRENCIES.contains(&p.to_ascii_lowercase().as_str()));
    if code(text.get(..3)) {
        return Some(text[3..].trim());
    }
    let cut = text.len().checked_sub(3)?;
    code(text.get(cut..)).then(|| text[..cut].trim())
}

/// Digits with points, commas and blanks between them.
fn amount(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.' || c == ',');
    text.contains(|c: char| c.is_ascii_digit())
        && ends(text.chars().next())
        && ends(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',' || BETWEEN.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_number() {
        for (cell, want) in [
            ("1,5", Some(Look::Separators)),
            ("-1.234,5", Some(Look::Separators)),
            ("1 234", Some(Look::Separators)),
            ("1'234'567", Some(Look::Separators)),
            ("1.234.567", Some(Look::Separators)),
            ("10%", Some(Look::Percent)),
            ("-2,5 %", Some(Look::Percent)),
            ("$10", Some(Look::Currency)),
            ("-$1,234.50", Some(Look::Currency)),
            ("$-3", Some(Look::Currency)),
            ("($5.00)", Some(Look::Currency)),
            ("10 €", Some(Look::Currency)),
            ("£3", Some(Look::Currency)),
            ("EUR 10", Some(Look::Currency)),
            ("10 usd", Some(Look::Currency)),
            ("−5", Some(Look::Minus)),
            ("(5)", Some(Look::Minus)),
            ("5 kg", Some(Look::Unit)),
            ("12ms", Some(Look::Unit)),
            ("3 m/s", Some(Look::Unit)),
            ("12", None),
            ("-1.5", None),
            ("a", None),
            ("eur", None),
            ("%", None),
            (",", None),
            ("", None),
            ("a1", None),
            ("1a2", None),
            ("é€", None),
            ("2021-03-04", None),
        ] {
            assert_eq!(Look::of(cell), want, "{cell}");
        }
    }
}
