//! The closed set of codes, each with its page of the book. The mistakes themselves are worded beside the checks that
//! find them.

use super::Code;

/// A code, what it says in a few words, and its page.
#[derive(Clone, Copy, Debug)]
pub struct CodeDoc {
    /// The code.
    pub code: Code,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// The page, in Markdown: what it means, a wrong example, the mended one, why.
    pub page: &'static str,
}

/// A table of codes from lines `E0101 "title",`; the page is `book/src/errors/E0101.md`.
macro_rules! codes {
    ($($code:ident $title:literal,)*) => {
        &[$(CodeDoc {
            code: Code(stringify!($code)),
            title: $title,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/book/src/errors/", stringify!($code), ".md")),
        },)*]
    };
}

/// Every code, in order. A new one is a line here, its page, and a model under `graphs/bad/`.
pub static CODES: &[CodeDoc] = codes! {
    E0101 "the file is not RON",
    E0102 "an expression cannot be read",
    E0103 "an unknown field of the model",
    E0104 "a key or an argument stands twice",
    E0105 "a value of the wrong kind",
    E0106 "nested too deep",
    E0107 "a key that is no name",
    E0108 "a number that is not finite",
    E0109 "a model without nodes",
    E0601 "a data file cannot be read",
    E0602 "a data file of an unknown format",
    E0603 "a data file without bytes",
    E0604 "a header without rows",
    E0605 "two columns of one name",
    E0606 "a column without a name",
    E0607 "a row with too many or too few cells",
    E0608 "text that is not UTF-8",
    E0609 "a quote that is not closed, or closed too early",
    E0610 "columns of different lengths",
    E0611 "a word in a column of numbers",
    E0612 "a column of text where numbers are needed",
    E0613 "a fraction where a category is needed",
    E0614 "an infinite cell",
    E0615 "a cell that is neither 0 nor 1",
    E0616 "a cell that is not a count",
    E0617 "a missing cell where none may be",
    E0618 "a weight that is not above zero",
};

/// The entry of a code such as `E0101`, in any case of letters.
pub fn find(code: &str) -> Option<&'static CodeDoc> {
    CODES.iter().find(|doc| doc.code.0.eq_ignore_ascii_case(code.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_their_pages_name_them() {
        for pair in CODES.windows(2) {
            assert!(pair[0].code < pair[1].code, "{:?} stands before {:?}", pair[0].code, pair[1].code);
        }
        for doc in CODES {
            assert!(doc.page.starts_with(&format!("# {}: ", doc.code.0)), "the page of {:?} must open with its code", doc.code);
            assert!(doc.page.contains("```ron"), "the page of {:?} needs an example", doc.code);
        }
    }

    #[test]
    fn finds_in_any_case() {
        assert_eq!(find("e0104").map(|doc| doc.code), Some(Code("E0104")));
        assert!(find("E9999").is_none());
    }
}
