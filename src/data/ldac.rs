//! Word counts as Blei's lda-c has them (`.ldac`): a line for each document, `3 0:1 5:2 17:1`, with the
//! number of its different words. Not the words' spellings, which stand in a file of their own.
//!
//! A table of columns `doc` (the line's number among the documents, from 1), `word` (as in the file, from 0
//! mostly) and `count`: a row for each pair. A document without words has no row.

use super::{
    Table, TableFile,
    assembly::Assembly,
    errors,
    lines::{EXACT, Lines, number, shown, too_long, whole, words},
    row_places::{LineNumbers, RowOrigin},
};
use crate::diag::Diagnostic;

/// Reads the counts.
///
/// # Errors
/// A line with more or fewer pairs than it says, and pairs that are none; with the line.
pub fn read(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    let mut input = Lines::open(source)?;
    let mut assembly =
        Assembly::new(["doc", "word", "count"].map(str::to_string).to_vec(), source.wanted, &[]);
    let mut lines = LineNumbers::default();
    let (mut rows, mut doc) = (0, 0);
    loop {
        let at = input.line + 1;
        let Some(line) = input.next()? else { break };
        let mut rest = words(line);
        let Some(first) = rest.next() else { continue };
        doc += 1;
        let fault = |d: String| Err(Diagnostic::error(errors::BAD_FILE, d));
        let mut pairs = 0;
        let read = || {
            let Some(announced) = whole(first) else {
                return fault(format!("`{}` does not say how many words follow", shown(first)));
            };
            for pair in rest {
                let colon = pair.iter().position(|&b| b == b':').unwrap_or(pair.len());
                let Some((word, count)) = whole(&pair[..colon]).zip(pair.get(colon + 1..).and_then(number))
                else {
                    return fault(format!("`{}` is not a word's number, a colon and a count", shown(pair)));
                };
                if rows >= u32::MAX as usize - 1 {
                    return fault(format!("`{}` has too many rows", source.path));
                }
                if word > EXACT {
                    return fault(too_long(word));
                }
                lines.push(rows, at);
                assembly.begin(rows);
                [doc as f64, word as f64, count]
                    .into_iter()
                    .enumerate()
                    .for_each(|(c, x)| assembly.number_at(c, rows, x));
                rows += 1;
                pairs += 1;
            }
            if pairs != announced {
                fault(format!("document {doc} announces {announced} words and has {pairs}"))
            } else {
                Ok(())
            }
        };
        let read = read();
        read.map_err(|d| d.in_data(input.place()))?;
    }
    if rows == 0 {
        let d = if input.line == 1 {
            errors::empty(source)
        } else {
            Diagnostic::error(errors::NO_ROWS, format!("`{}` has no words", source.path))
        };
        return Err(d);
    }
    Ok(assembly.finish(source.name, source.path, rows, RowOrigin::Lines(lines)))
}
