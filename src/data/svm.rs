//! Rows of a label and the features that are not zero, as libsvm and SVMlight write them (`.svm`):
//! `1 3:0.5 17:2 # comment`. Not queries (`qid`) nor several labels in a row.
//!
//! A table of columns `label`, `1`, `2`, … up to the largest feature (from `0` on where the file has one);
//! features that a row leaves out are 0. The file is read twice: its width is known at its end only. Columns
//! that nobody asks for cost nothing, not even their names: a file of a few bytes may have millions.

use super::{
    Table, TableFile,
    assembly::Assembly,
    errors,
    header::Header,
    lines::{Lines, number, shown, whole, words},
    row_places::{LineNumbers, RowOrigin},
};
use crate::diag::Diagnostic;
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

/// Reads the rows.
///
/// # Errors
/// A label or a feature that is no number, features out of order; with the line.
pub fn read(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    let (mut first, mut last) = (1, 0);
    each(source, |_, _, feature| {
        if let Some((f, _)) = feature {
            (first, last) = (first.min(f), last.max(f));
        }
    })?;
    let header = Header::Counted { first: "label", from: first, numbered: (last + 1).saturating_sub(first) };
    let kept: Vec<usize> = match source.wanted.and_then(|w| w.names()) {
        Some(names) => names.iter().filter_map(|n| header.position(n)).collect::<BTreeSet<_>>(),
        None => (0..header.len()).filter(|&c| keeps(source, &header, c)).collect(),
    }
    .into_iter()
    .collect();
    // Where in the assembly a feature stands, if it is kept.
    let place: HashMap<usize, usize> = kept.iter().copied().zip(0..).collect();
    let names = kept.iter().filter_map(|&c| header.name(c)).map(Cow::into_owned).collect();
    let mut assembly = Assembly::new(names, source.wanted, &[]);
    let mut lines = LineNumbers::default();
    let mut rows = 0;
    each(source, |line, label, feature| match feature {
        None => {
            lines.push(rows, line);
            assembly.begin(rows);
            assembly.zeros(rows);
            if let Some(&at) = place.get(&0) {
                assembly.number_at(at, rows, label);
            }
            rows += 1;
        }
        Some((f, x)) => {
            if let Some(&at) = place.get(&(f - first + 1)) {
                assembly.number_at(at, rows - 1, x);
            }
        }
    })?;
    if rows == 0 {
        return Err(Diagnostic::error(errors::NO_ROWS, format!("`{}` has no rows", source.path)));
    }
    let mut table = assembly.finish(source.name, source.path, rows, RowOrigin::Lines(lines));
    table.header = header;
    Ok(table)
}

fn keeps(source: &TableFile<'_>, header: &Header, column: usize) -> bool {
    source.wanted.is_none_or(|w| header.name(column).is_some_and(|n| w.keeps(&n)))
}

/// Columns of a table are counted up to here.
const LAST: usize = 1 << 24;

/// Every row: the line and the label, first without and then with each of its features.
fn each(
    source: &TableFile<'_>,
    mut take: impl FnMut(usize, f64, Option<(usize, f64)>),
) -> Result<(), Diagnostic> {
    let mut input = Lines::open(source)?;
    let mut rows = 0;
    let mut any = false;
    loop {
        let at = input.line + 1;
        let Some(line) = input.next()? else { break };
        any = true;
        let line = line.split(|&b| b == b'#').next().unwrap_or_default();
        let mut rest = words(line);
        let Some(label) = rest.next() else { continue };
        let fault = |d: String| Diagnostic::error(errors::BAD_FILE, d);
        let read = || -> Result<(), Diagnostic> {
            let y = number(label).ok_or_else(|| {
                fault(format!("`{}` is no label: a row begins with a number", shown(label)))
            })?;
            rows += 1;
            if rows >= u32::MAX as usize {
                return Err(fault(format!("`{}` has too many rows", source.path)));
            }
            take(at, y, None);
            let mut before = None;
            for word in rest {
                let colon = word.iter().position(|&b| b == b':').unwrap_or(word.len());
                let (f, x) =
                    (whole(&word[..colon]), word.get(colon + 1..).filter(|x| !x.is_empty()).and_then(number));
                let Some((f, x)) = f.zip(x).filter(|(f, _)| *f < LAST) else {
                    let d = fault(format!("`{}` is no feature", shown(word)));
                    return Err(d.note("a feature is written as its number, a colon and its value: `3:0.5`"));
                };
                if before.is_some_and(|b| b >= f) {
                    return Err(fault(format!("feature {f} comes after feature {}", before.unwrap_or(0)))
                        .note("the features of a row are in ascending order, each once"));
                }
                before = Some(f);
                take(at, y, Some((f, x)));
            }
            Ok(())
        };
        let read = read();
        read.map_err(|d| d.in_data(input.place()))?;
    }
    if any { Ok(()) } else { Err(errors::empty(source)) }
}
