//! Arrays of numbers as NumPy writes them (`.npy`, NEP 1). Not archives of several (`.npz`), nor arrays of
//! objects.
//!
//! One axis is a table of one column `1`; two are rows and columns `1` to `D`; three are sequences, steps and
//! columns: a row for each step of each sequence, with a first column `sequence` that numbers them from 1.
//! NaN is missing.

mod header;
mod number_type;

use super::{Table, TableFile, assembly::Assembly, errors, limits::MOST_COLUMNS, row_places::RowOrigin};
use crate::diag::Diagnostic;
use header::NpyHeader;
use std::io::{Cursor, Error, ErrorKind, Read};

/// Reads the array.
///
/// # Errors
/// A file that is cut short or no such array, and a type of elements that holds no real numbers.
pub fn read(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    let mut input = (source.open)().map_err(|e| errors::unopened(source, &e))?;
    let mut fixed = [0; 10];
    let got = fill(&mut input, &mut fixed).map_err(|e| unread(source, 0, &e))?;
    if got == 0 {
        return Err(errors::empty(source));
    }
    if got < 10 || !fixed.starts_with(b"\x93NUMPY") {
        return Err(fault(source, "does not begin as a NumPy array")
            .help("`numpy.save` writes such files; `.npz` archives are not read"));
    }
    let (mut at, mut length) = (10, usize::from(u16::from_le_bytes([fixed[8], fixed[9]])));
    if fixed[6] > 1 {
        let mut more = [0; 2];
        at += fill(&mut input, &mut more).map_err(|e| unread(source, at, &e))?;
        length |= usize::from(u16::from_le_bytes(more)) << 16;
    }
    if length > LONGEST {
        return Err(fault(source, "has a header that is too long"));
    }
    let mut header = vec![0; length];
    if fill(&mut input, &mut header).map_err(|e| unread(source, at, &e))? < length {
        return Err(cut(source, at + length, "its header"));
    }
    at += length;
    let header = String::from_utf8_lossy(&header);
    let NpyHeader { element, big, fortran, shape } =
        NpyHeader::parse(&header).map_err(|why| fault(source, &why))?;

    let (sequences, rows, columns) = match shape[..] {
        [n] => (None, n, 1),
        [n, d] => (None, n, d),
        [s, n, d] => (Some(s), s.saturating_mul(n), d),
        _ => {
            return Err(fault(source, &format!("has {} axes", shape.len()))
                .note("a table is read from arrays of one, two or three axes"));
        }
    };
    if rows == 0 || columns == 0 {
        let d = Diagnostic::error(errors::NO_ROWS, format!("`{}` is an array without elements", source.path));
        return Err(d.note(format!("its shape is {}", show(&shape))));
    }
    let count = rows.checked_mul(columns).filter(|_| rows < u32::MAX as usize);
    let bytes = count.and_then(|c| c.checked_mul(element.size()));
    let Some((count, bytes)) = count.zip(bytes).filter(|_| columns < MOST_COLUMNS) else {
        return Err(fault(
            source,
            &format!("has more rows or columns than can be counted: its shape is {}", show(&shape)),
        ));
    };
    if bytes > TAKEN_ON_TRUST {
        // What the header announces is asked of the file before memory is taken for it.
        let there = match (source.length)() {
            Some(length) => length.saturating_sub(at as u64),
            None => {
                let mut rest = vec![];
                input.read_to_end(&mut rest).map_err(|e| unread(source, at, &e))?;
                let there = rest.len() as u64;
                input = Box::new(Cursor::new(rest));
                there
            }
        };
        if there < bytes as u64 {
            let whole = there / element.size() as u64;
            return Err(cut(source, at + there as usize, &format!("element {whole} of {count}")));
        }
    }
    let names = sequences
        .map(|_| "sequence".to_string())
        .into_iter()
        .chain((1..=columns).map(|c| c.to_string()))
        .collect();
    let mut assembly = Assembly::new(names, source.wanted, &[]);
    let steps = rows / sequences.unwrap_or(1);

    // Elements in the order of the file: blocks of whole rows, or in Fortran's order whole columns.
    let size = element.size();
    let per_block = if fortran { BLOCK } else { BLOCK.div_ceil(columns) * columns };
    let (mut bytes, mut numbers, mut wide) =
        (vec![0; per_block * size], Vec::with_capacity(per_block), vec![]);
    if fortran {
        assembly.begin_all(rows);
    }
    for first in (0..count).step_by(per_block) {
        let here = per_block.min(count - first);
        let bytes = &mut bytes[..here * size];
        let got = fill(&mut input, bytes).map_err(|e| unread(source, at, &e))?;
        if got < bytes.len() {
            let whole = first + got / size;
            return Err(cut(source, at + got, &format!("element {whole} of {count}")));
        }
        at += got;
        numbers.clear();
        if let Some(i) = element.read(bytes, big, &mut numbers) {
            let title =
                format!("`{}` holds an integer that a number of 64 bits does not hold exactly", source.path);
            let d = Diagnostic::error(errors::BAD_FILE, title)
                .note(format!("it is element {} of the file", first + i + 1));
            return Err(d
                .note("whole numbers are held exactly up to 2⁵³")
                .help("number the values anew, or keep them as text in a `.csv`"));
        }
        if !fortran {
            if sequences.is_some() {
                wide.clear();
                for (row, cells) in (first / columns..).zip(numbers.chunks_exact(columns)) {
                    wide.push((row / steps + 1) as f64);
                    wide.extend_from_slice(cells);
                }
            }
            assembly.rows_of_numbers(first / columns, if sequences.is_some() { &wide } else { &numbers });
            continue;
        }
        // The first axis runs fastest.
        for (e, &x) in (first..).zip(&numbers) {
            let (row, column) = match sequences {
                None => (e % rows, e / rows),
                Some(s) => (e % s * steps + e / s % steps, e / rows + 1),
            };
            assembly.number_at(column, row, x);
        }
    }
    if fortran && sequences.is_some() {
        (0..rows).for_each(|row| assembly.number_at(0, row, (row / steps + 1) as f64));
    }
    if input.read(&mut [0]).map_err(|e| unread(source, at, &e))? > 0 {
        return Err(fault(source, "goes on after its last element")
            .note(format!("its shape is {}, which ends at byte {at}", show(&shape))));
    }
    Ok(assembly.finish(source.name, source.path, rows, RowOrigin::Numbered))
}

/// Elements read at a time, about.
const BLOCK: usize = 1 << 13;
/// Arrays up to so many bytes are made room for before it is known that the file holds them.
const TAKEN_ON_TRUST: usize = 1 << 22;
/// No header of a plain array is longer.
const LONGEST: usize = 1 << 16;

/// Reads until `out` is full or the input ends: how much was read.
fn fill(input: &mut dyn Read, out: &mut [u8]) -> Result<usize, Error> {
    let mut got = 0;
    while got < out.len() {
        match input.read(&mut out[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

fn show(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}

fn fault(source: &TableFile<'_>, what: &str) -> Diagnostic {
    Diagnostic::error(errors::BAD_FILE, format!("`{}` {what}", source.path))
        .note("its name ends in `.npy`, so it is read as a NumPy array")
}

fn cut(source: &TableFile<'_>, at: usize, within: &str) -> Diagnostic {
    fault(source, &format!("ends within {within}, at byte {at}"))
        .help("check that the file was written to its end")
}

fn unread(source: &TableFile<'_>, at: usize, e: &Error) -> Diagnostic {
    errors::unread(source.path, e).note(format!("{at} bytes were read before"))
}

#[cfg(test)]
mod tests {
    use crate::data::{MemoryFiles, read as read_any, tests::shown};

    fn file(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend((header.len() as u16).to_le_bytes());
        out.extend(header.as_bytes());
        out.extend(data);
        out
    }

    fn read_bytes(bytes: &[u8]) -> Result<Vec<String>, String> {
        let files = MemoryFiles::new().with("a.npy", bytes);
        read_any(&files, "t", "a.npy", None)
            .map(|t| shown(&t))
            .map_err(|d| format!("{} {} {}", d.code.0, d.title, d.notes.join(" ")))
    }

    #[test]
    fn every_type_and_order() {
        let small: &[u8] = &[0, 1, 0, 2, 255, 253];
        let doubles = |to: fn(f64) -> [u8; 8]| {
            [1.5, f64::NAN, -2.0, 1e300, 0.0, 7.0].into_iter().flat_map(to).collect::<Vec<u8>>()
        };
        for (descr, fortran, shape, data, want) in [
            (
                "<f8",
                "False",
                "(3, 2)",
                doubles(f64::to_le_bytes),
                vec![
                    "1: 1.5 -2 0".to_string(),
                    format!("2: _ {:?} 7", 1e300).replace("1e300", &1e300.to_string()),
                ],
            ),
            (
                ">f8",
                "True",
                "(2, 3)",
                doubles(f64::to_be_bytes),
                vec!["1: 1.5 _".into(), format!("2: -2 {}", 1e300), "3: 0 7".into()],
            ),
            ("|b1", "False", "(6,)", small.into(), vec!["1: 0 1 0 1 1 1".into()]),
            ("|u1", "False", "(3, 2)", small.into(), vec!["1: 0 0 255".into(), "2: 1 2 253".into()]),
            ("|i1", "True", "(3, 2)", small.into(), vec!["1: 0 1 0".into(), "2: 2 -1 -3".into()]),
            (">i2", "False", "(3,)", small.into(), vec!["1: 1 2 -3".into()]),
            ("<u2", "False", "(3,)", small.into(), vec!["1: 256 512 65023".into()]),
            ("<f4", "False", "(1,)", 0.5_f32.to_le_bytes().into(), vec!["1: 0.5".into()]),
            (">i4", "False", "(1,)", (-7_i32).to_be_bytes().into(), vec!["1: -7".into()]),
            ("<u4", "False", "(1,)", u32::MAX.to_le_bytes().into(), vec!["1: 4294967295".into()]),
            (
                "<i8",
                "False",
                "(1,)",
                (-(1_i64 << 53)).to_le_bytes().into(),
                vec!["1: -9007199254740992".into()],
            ),
            (">u8", "False", "(1,)", 3_u64.to_be_bytes().into(), vec!["1: 3".into()]),
            (
                "|u1",
                "False",
                "(2, 3, 1)",
                small.into(),
                vec!["sequence: 1 1 1 2 2 2".into(), "1: 0 1 0 2 255 253".into()],
            ),
            (
                "|u1",
                "True",
                "(2, 3, 1)",
                small.into(),
                vec!["sequence: 1 1 1 2 2 2".into(), "1: 0 0 255 1 2 253".into()],
            ),
            (
                "|u1",
                "True",
                "(1, 3, 2)",
                small.into(),
                vec!["sequence: 1 1 1".into(), "1: 0 1 0".into(), "2: 2 255 253".into()],
            ),
        ] {
            assert_eq!(
                read_bytes(&file(descr, fortran, shape, &data)),
                Ok(want),
                "{descr} {fortran} {shape}"
            );
        }
    }

    #[test]
    fn faults_say_where() {
        let whole = file("<f8", "False", "(2, 2)", &[0; 32]);
        let beyond = ((1_i64 << 53) + 1).to_le_bytes();
        for (what, bytes, words) in [
            ("empty", vec![], &["E0603"][..]),
            ("wrong magic", b"PK\x03\x04 and so on".to_vec(), &["E0619", "NumPy"]),
            ("three bytes", b"\x93NU".to_vec(), &["E0619", "NumPy"]),
            ("cut in its header", whole[..40].to_vec(), &["E0619", "header"]),
            (
                "cut in an element",
                whole[..whole.len() - 3].to_vec(),
                &["E0619", "element 3 of 4", &format!("byte {}", whole.len() - 3)],
            ),
            ("too long", [&whole[..], b"x"].concat(), &["E0619", "2 × 2"]),
            ("objects", file("|O", "False", "(2,)", &[]), &["E0619", "`|O`"]),
            ("complex", file("<c16", "False", "(2,)", &[0; 32]), &["E0619", "`<c16`"]),
            (
                "records",
                b"\x93NUMPY\x01\x00\x31\x00{'descr': [('a', '<f8')], 'fortran_order': False}".to_vec(),
                &["E0619", "fields"],
            ),
            ("a number", file("<f8", "False", "()", &[0; 8]), &["E0619", "0 axes"]),
            ("four axes", file("<f8", "False", "(1, 1, 1, 1)", &[0; 8]), &["E0619", "4 axes"]),
            ("no rows", file("<f8", "False", "(0, 3)", &[]), &["E0604", "0 × 3"]),
            ("too many rows", file("<f8", "False", "(9999999999, 2)", &[]), &["E0619"]),
            (
                "a wide one of a few bytes",
                file("<f8", "False", "(1, 4000000)", &[0; 8]),
                &["E0619", "element 1 of"],
            ),
            (
                "a wide one of no order",
                file("<f8", "True", "(9000000, 3)", &[0; 24]),
                &["E0619", "element 3 of"],
            ),
            ("too many columns", file("<f8", "False", "(1, 1000000000)", &[0; 8]), &["E0619", "1000000000"]),
            ("a size that wraps", file("<f8", "False", "(2, 9223372036854775807)", &[]), &["E0619"]),
            ("a size whose bytes wrap", file("<f8", "True", "(4000000000, 2305843009)", &[]), &["E0619"]),
            ("three axes that wrap", file("|u1", "True", "(9223372036854775807, 3, 1)", &[]), &["E0619"]),
            ("a shape of words", file("<f8", "False", "(a, 2)", &[]), &["E0619", "(a, 2)"]),
            ("a long integer", file("<i8", "False", "(1,)", &beyond), &["E0619", "element 1"]),
        ] {
            let e = read_bytes(&bytes).expect_err(what);
            assert!(words.iter().all(|w| e.contains(w)), "{what}: {e}");
        }
    }

    #[test]
    fn a_table_of_its_columns_is_one_array() {
        struct All;
        impl crate::data::Needs for All {
            fn keeps(&self, _: &str) -> bool {
                true
            }
            fn together(&self, header: &[String]) -> Vec<Vec<usize>> {
                vec![(0..header.len()).collect()]
            }
        }
        let data: Vec<u8> = (0..30_000).flat_map(|i| f64::from(i).to_le_bytes()).collect();
        let files = MemoryFiles::new().with("a.npy", file("<f8", "False", "(10000, 3)", &data));
        let t = read_any(&files, "t", "a.npy", Some(&All)).unwrap();
        let columns: Vec<_> = t.columns.iter().map(|c| c.as_numbers(&t).unwrap()).collect();
        let all = crate::data::Strided::beside(&columns);
        assert!(all.same(&crate::data::Strided::beside(&columns)), "no copy was made");
        assert!(all.iter().copied().eq((0..30_000).map(f64::from)));
    }
}
