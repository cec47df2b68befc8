//! The closed set of codes, each with its page of the book. The mistakes themselves are worded beside the
//! checks that find them.

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
    E0201 "a name that nothing has",
    E0202 "a name that is taken",
    E0203 "an unknown distribution",
    E0204 "an unknown kind of plate",
    E0205 "an unknown parameter",
    E0206 "a parameter is left out",
    E0207 "a parameter in two spellings",
    E0208 "a plate that the key does not have",
    E0209 "a key whose plates make no sense",
    E0210 "a step before the first one",
    E0211 "a gate that is not a category",
    E0212 "more indices than plates",
    E0213 "an index that cannot stand there",
    E0214 "an unknown table",
    E0215 "a column of which table",
    E0216 "a node that columns cannot hold",
    E0217 "nodes that depend on each other in a circle",
    E0218 "lines of one node that disagree",
    E0219 "a function that is not in the language",
    E0220 "a value of the wrong kind",
    E0221 "a node in two blocks",
    E0222 "an input that its plates do not fit",
    E0223 "a derived quantity of what is known",
    E0301 "a value of the wrong rank",
    E0302 "axes that differ",
    E0303 "a length that nothing fixes",
    E0304 "rows of a list that differ in length",
    E0305 "a category that picks from another plate",
    E0306 "operands that do not fit together",
    E0307 "an `over` that names nothing to run over",
    E0308 "a plate of no or too many elements",
    E0309 "an array that does not fit its plates",
    E0310 "more or fewer columns than numbers",
    E0401 "a node that does not carry what the slot needs",
    E0402 "a random variable where only a known value fits",
    E0403 "a parameter that may not depend on a category",
    E0404 "a scaled or shifted variable that its slot does not know",
    E0405 "a variable multiplied by itself",
    E0406 "a latent variable without a q",
    E0407 "an expression that no update fits",
    E0408 "a known value out of range",
    E0409 "no closed form for this use",
    E0410 "the vector of a stick, used in another way",
    E0411 "an expression of too many products",
    E0501 "a block that cannot be exact",
    E0502 "a block with a node that has no q",
    E0503 "a predictor that is not Gaussian",
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
    E0619 "a file that is not what its name says",
    E0630 "a column that the file does not have",
    E0631 "a value that the distribution cannot give",
    E0632 "more or fewer levels than elements",
    E0633 "a level that is not among the elements",
    E0634 "axes that must be equally long",
    E0635 "a parent that is no row",
    E0636 "a row above itself",
    E0637 "two rows of one name",
    E0638 "a vector of which some cells are missing",
    E0639 "a plate without columns",
    E0641 "a row that joins an element with itself",
    E0642 "a value of a column that its parameter does not accept",
    E0643 "rows without names, named by a column",
    E0644 "more memory than there is",
    W0201 "a table that nothing uses",
    W0202 "a plate that nothing uses",
    W0203 "an input that nothing uses",
    W0601 "weights that are not whole",
    W0602 "blank lines at the end of a table of one column",
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
            assert!(
                doc.page.starts_with(&format!("# {}: ", doc.code.0)),
                "the page of {:?} must open with its code",
                doc.code
            );
            assert!(doc.page.contains("```ron"), "the page of {:?} needs an example", doc.code);
        }
    }

    #[test]
    fn finds_in_any_case() {
        assert_eq!(find("e0104").map(|doc| doc.code), Some(Code("E0104")));
        assert!(find("E9999").is_none());
    }
}
