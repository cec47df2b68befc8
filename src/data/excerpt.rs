//! Finds the text of a line again for a message: tables do not keep their files' text. Not the drawing of it.

use std::io::{BufRead, BufReader, Read};

/// No more bytes of a line than this are shown.
const LONGEST: usize = 4096;

/// The text of line `line`, from 1, its end taken off; `None` where the input has no such line or cannot be
/// read. Lines end as in [`records`](super::records): in a line feed, a carriage return, or both.
pub(super) fn line_of(input: impl Read, line: usize) -> Option<String> {
    let mut input = BufReader::new(input);
    let mut at = 1;
    let mut after_return = false;
    let mut text = vec![];
    'file: loop {
        let chunk = input.fill_buf().ok()?;
        if chunk.is_empty() {
            break;
        }
        for &b in chunk {
            let second_half = after_return && b == b'\n';
            after_return = b == b'\r';
            if second_half {
                continue;
            }
            if matches!(b, b'\n' | b'\r') {
                if at == line {
                    break 'file;
                }
                at += 1;
            } else if at == line {
                text.push(b);
                if text.len() == LONGEST {
                    break 'file;
                }
            }
        }
        let used = chunk.len();
        input.consume(used);
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").filter(|_| line == 1).unwrap_or(&text);
    (at == line && !text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_whatever_ends_them() {
        for (text, want) in [
            ("a\nb\nc", [Some("a"), Some("b"), Some("c"), None]),
            ("a\r\n\r\nc\r\n", [Some("a"), None, Some("c"), None]),
            ("\u{feff}a\rb\r\rd", [Some("a"), Some("b"), None, Some("d")]),
            ("", [None; 4]),
        ] {
            let found: Vec<_> = (1..=4).map(|line| line_of(text.as_bytes(), line)).collect();
            assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), want, "{text:?}");
        }
        assert_eq!(line_of("x".repeat(10_000).as_bytes(), 1).map(|t| t.len()), Some(LONGEST));
    }
}
