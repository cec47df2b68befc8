//! Matrices of the Matrix Market (`.mtx`): a row for each entry, with columns `row`, `column` and `value`.
//! Not the matrix itself.
//!
//! Indices count from 1, as in the file. A pattern has the value 1 everywhere. Of a symmetric matrix the file
//! holds one triangle; the table has both, of a skew-symmetric one with the sign turned.

use super::{
    Table, TableFile,
    assembly::Assembly,
    errors,
    lines::{EXACT, Lines, number, shown, too_long, whole, words},
    row_places::{LineNumbers, RowOrigin},
};
use crate::diag::Diagnostic;

/// Reads the entries.
///
/// # Errors
/// A header that is none, complex numbers, entries beyond the matrix, more or fewer than announced; with the
/// line.
pub fn read(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    let mut input = Lines::open(source)?;
    let Some(first) = input.next()? else { return Err(errors::empty(source)) };
    let banner = String::from_utf8_lossy(first).to_ascii_lowercase();
    let banner: Vec<&str> = banner.split_whitespace().collect();
    let ["%%matrixmarket", "matrix", format, field, symmetry] = banner[..] else {
        let d = input.fault(format!("`{}` does not begin as a file of the Matrix Market", source.path));
        return Err(d.note(
            "its first line is `%%MatrixMarket matrix coordinate real general`, or another with five words",
        ));
    };
    let coordinate = match format {
        "coordinate" => true,
        "array" => false,
        other => {
            return Err(input
                .fault(format!("a matrix in the form `{other}` is not read"))
                .help("`coordinate` and `array` are"));
        }
    };
    let pattern = match field {
        "real" | "integer" | "double" => false,
        "pattern" if coordinate => true,
        other => {
            return Err(input
                .fault(format!("a matrix of `{other}` entries is not read"))
                .help("`real`, `integer` and `pattern` ones are"));
        }
    };
    // The sign of the other triangle's entry.
    let mirror = match symmetry {
        "general" => None,
        "symmetric" => Some(1.0),
        "skew-symmetric" => Some(-1.0),
        other => {
            return Err(input
                .fault(format!("a matrix that is `{other}` is not read"))
                .help("`general`, `symmetric` and `skew-symmetric` ones are"));
        }
    };
    let sizes: Vec<usize> = loop {
        match input.next()? {
            None => return Err(input.fault(format!("`{}` ends before the line of its sizes", source.path))),
            Some(line) if line.is_empty() || line.starts_with(b"%") => {}
            Some(line) => {
                let sizes: Option<Vec<usize>> = words(line).map(whole).collect();
                match sizes.filter(|s| s.len() == if coordinate { 3 } else { 2 }) {
                    Some(sizes) => break sizes,
                    None => {
                        let text = shown(line);
                        let want = if coordinate { "rows, columns and entries" } else { "rows and columns" };
                        return Err(input.fault(format!("`{text}` does not say how many {want} there are")));
                    }
                }
            }
        }
    };
    let (height, width) = (sizes[0], sizes[1]);
    if mirror.is_some() && height != width {
        return Err(input.fault(format!(
            "a symmetric matrix has as many rows as columns, this one {height} and {width}"
        )));
    }
    let names = ["row", "column", "value"].map(str::to_string).to_vec();
    let mut assembly = Assembly::new(names, source.wanted, &[]);
    let mut lines = LineNumbers::default();
    let (mut rows, mut found) = (0, 0);
    // Where the next entry of an array stands: down the columns, a triangle from its diagonal on.
    let below = usize::from(mirror == Some(-1.0));
    let mut next = (1 + below, 1);
    let announced = match (coordinate, mirror) {
        (true, _) => sizes[2],
        (false, None) => height.saturating_mul(width),
        (false, Some(sign)) => {
            if sign > 0.0 {
                height.saturating_mul(height.saturating_add(1)) / 2
            } else {
                height.saturating_mul(height.saturating_sub(1)) / 2
            }
        }
    };
    while let Some(line) = input.next()? {
        if line.is_empty() || line.starts_with(b"%") {
            continue;
        }
        if found == announced {
            return Err(input.fault(format!(
                "`{}` has more than the {announced} entries that its head announces",
                source.path
            )));
        }
        found += 1;
        let mut rest = words(line);
        let mut index = || rest.next().and_then(whole);
        let entry = if coordinate {
            let (i, j) = (index(), index());
            let x = if pattern { Some(1.0) } else { rest.next().and_then(number) };
            i.zip(j).zip(x)
        } else {
            let at = next;
            next = if at.0 < height {
                (at.0 + 1, at.1)
            } else {
                (if mirror.is_some() { at.1 + 1 + below } else { 1 }, at.1 + 1)
            };
            rest.next().and_then(number).map(|x| (at, x))
        };
        let entry = entry.filter(|_| rest.next().is_none());
        drop(rest);
        let Some(((i, j), x)) = entry else {
            let text = shown(line);
            let want = if !coordinate {
                "a number"
            } else if pattern {
                "two indices"
            } else {
                "two indices and a number"
            };
            return Err(input.fault(format!("`{text}` is not {want}")));
        };
        if i == 0 || j == 0 || i > height || j > width {
            let d = input.fault(format!("there is no row {i}, column {j} in a matrix of {height} × {width}"));
            return Err(d.note("indices count from 1"));
        }
        if let Some(long) = [i, j].into_iter().find(|n| *n > EXACT) {
            return Err(input.fault(too_long(long)));
        }
        let other = mirror.filter(|_| i != j).map(|sign| (j, i, sign * x));
        for (i, j, x) in [Some((i, j, x)), other].into_iter().flatten() {
            if rows >= u32::MAX as usize - 1 {
                return Err(input.fault(format!("`{}` has more than {rows} entries", source.path)));
            }
            lines.push(rows, input.line);
            assembly.begin(rows);
            [i as f64, j as f64, x].into_iter().enumerate().for_each(|(c, x)| assembly.number_at(c, rows, x));
            rows += 1;
        }
    }
    if found < announced {
        let d = input.fault(format!(
            "`{}` ends after {found} of the {announced} entries that its head announces",
            source.path
        ));
        return Err(d.help("check that the file was written to its end"));
    }
    if rows == 0 {
        return Err(Diagnostic::error(
            errors::NO_ROWS,
            format!("`{}` is a matrix without entries", source.path),
        ));
    }
    Ok(assembly.finish(source.name, source.path, rows, RowOrigin::Lines(lines)))
}
