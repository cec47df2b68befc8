//! Rust text as words and signs: comments are gone, a string is one token with its quotes. Not a parser: what
//! tokens mean is for `modules`.

/// The tokens of a file, in order; `::` is one.
pub fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = vec![];
    let mut i = 0;
    while i < chars.len() {
        let end = match chars[i] {
            c if c.is_whitespace() => i + 1,
            '/' if chars.get(i + 1) == Some(&'/') => line_end(&chars, i),
            '/' if chars.get(i + 1) == Some(&'*') => comment_end(&chars, i),
            '"' => string_end(&chars, i),
            '\'' => quote_end(&chars, i),
            ':' if chars.get(i + 1) == Some(&':') => i + 2,
            c if is_word(c) => match raw_string_end(&chars, i) {
                Some(end) => end,
                None => (i..chars.len()).find(|&k| !is_word(chars[k])).unwrap_or(chars.len()),
            },
            _ => i + 1,
        };
        let comment = chars[i] == '/' && end > i + 1;
        if !comment && !chars[i].is_whitespace() {
            out.push(chars[i..end].iter().collect());
        }
        i = end;
    }
    out
}

/// Whether a token is a name (or a number).
pub fn is_name(token: &str) -> bool {
    token.starts_with(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_end(chars: &[char], start: usize) -> usize {
    (start..chars.len()).find(|&k| chars[k] == '\n').unwrap_or(chars.len())
}

fn comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut i = start;
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) if depth == 1 => return i + 2,
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
    }
    i
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    i
}

/// Of `r"…"` and `r#"…"#`, with or without a `b` before.
fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    let after = (start..chars.len()).find(|&k| !is_word(chars[k]))?;
    let prefix: String = chars[start..after].iter().collect();
    if !["r", "br"].contains(&prefix.as_str()) {
        return None;
    }
    let marks = chars[after..].iter().take_while(|c| **c == '#').count();
    let open = after + marks;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes =
        |k: usize| chars[k] == '"' && chars[k + 1..].iter().take_while(|c| **c == '#').count() >= marks;
    (open + 1..chars.len()).find(|&k| closes(k)).map(|k| k + 1 + marks)
}

/// Of a character in quotes, or of the quote before a lifetime.
fn quote_end(chars: &[char], start: usize) -> usize {
    match chars.get(start + 1) {
        Some('\\') => (start + 3..chars.len()).find(|&k| chars[k] == '\'').map_or(chars.len(), |k| k + 1),
        Some(_) if chars.get(start + 2) == Some(&'\'') => start + 3,
        _ => start + 1,
    }
}

#[test]
fn what_is_in_comments_and_strings_names_nothing() {
    let text = "a::b /* c /* d */ */ // e\n\"f \\\" // g\" 'h' '\\'' '\"' r#\"i \" j\"# &'k l";
    let expected =
        ["a", "::", "b", "\"f \\\" // g\"", "'h'", "'\\''", "'\"'", "r", "k", "l"].map(String::from);
    let mut found = tokens(text);
    let raw = found.iter().position(|t| t.starts_with("r#")).expect("the raw string");
    assert_eq!(found[raw], "r#\"i \" j\"#");
    found[raw] = "r".into();
    found.retain(|t| t != "&" && t != "'");
    assert_eq!(found, expected);
}
