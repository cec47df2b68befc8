//! "Did you mean …?": the known word nearest to an unknown one. Does not word the message.

/// The known word that differs from `word` by the fewest letters (inserted, left out, changed, or two
/// swapped), if it is near enough to be meant: a third of the letters at most.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<_>>();
    let wanted = fold(word);
    known
        .into_iter()
        .map(|k| (distance(&wanted, &fold(k)), k))
        .filter(|&(d, k)| d <= k.chars().count().max(wanted.len()) / 3)
        .min_by_key(|&(d, _)| d)
        .map(|(_, k)| k)
}

/// Optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    // Long words are never misspelt names, and the table is their product.
    if a.len().max(b.len()) > 64 {
        return usize::MAX;
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["name", "data", "plates", "nodes", "observe"];
        for (word, want) in [
            ("node", Some("nodes")),
            ("palte", Some("plates")),
            ("palets", Some("plates")),
            ("Plates", Some("plates")),
            ("observed", Some("observe")),
            ("xyzzy", None),
        ] {
            assert_eq!(nearest(word, known), want, "{word}");
        }
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"n".repeat(100_000), known), None);
    }
}
