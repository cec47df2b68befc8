//! Files as people have them, read through the registry.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::diag::Code;

fn read_bytes(path: &str, bytes: &[u8]) -> Result<Table, Diagnostic> {
    read(&MemoryFiles::new().with(path, bytes), "t", path, None)
}

fn read_str(text: &str) -> Table {
    read_bytes("t.csv", text.as_bytes()).unwrap_or_else(|d| panic!("{text:?}: {d:?}"))
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// The cells of each column; a missing one is `_`.
pub(super) fn shown(t: &Table) -> Vec<String> {
    let cell = |c: &Column, row| Some(c.cell(row)).filter(|s| !s.is_empty()).unwrap_or_else(|| "_".into());
    let cells = |c: &Column| (0..t.rows).map(|r| cell(c, r)).collect::<Vec<_>>().join(" ");
    t.columns.iter().map(|c| format!("{}: {}", c.name, cells(c))).collect()
}

fn line_of(t: &Table, row: usize) -> usize {
    t.place(row, None).expect("from a file").line
}

#[test]
fn files_as_people_have_them() {
    for (what, text, want) in [
        ("plain", "a,b\n1,x\n2,y\n", &["a: 1 2", "b: x y"][..]),
        ("no last line end", "a,b\n1,x\n2,y", &["a: 1 2", "b: x y"]),
        ("CRLF", "a,b\r\n1,x\r\n2,y\r\n", &["a: 1 2", "b: x y"]),
        ("lone CR", "a,b\r1,x\r2,y\r", &["a: 1 2", "b: x y"]),
        ("mixed line ends", "a,b\r\n1,x\r2,y\n", &["a: 1 2", "b: x y"]),
        ("byte-order mark", "\u{feff}a,b\n1,x\n", &["a: 1", "b: x"]),
        ("mark and quote", "\u{feff}\"a\",b\n1,x\n", &["a: 1", "b: x"]),
        ("blank last lines", "a,b\n1,x\n\n\r\n  \n\n", &["a: 1", "b: x"]),
        ("blank last lines of one column", "a\n1\n2\n\n\n", &["a: 1 2 _ _"]),
        ("a blank last line without an end", "a\n1\n ", &["a: 1 _"]),
        ("the end of the last line", "a\n1\n2\n", &["a: 1 2"]),
        ("semicolons", "a;b\n1;x,y\n", &["a: 1", "b: x,y"]),
        ("semicolons in a quoted name", "\"a;;\",b\n1,2\n", &["a;;: 1", "b: 2"]),
        ("more semicolons than commas", "a;b;c,d\n1;2;3\n", &["a: 1", "b: 2", "c,d: 3"]),
        ("quotes", "a,\"b c\"\n\"1\",\"x, \"\"y\"\"\"\n", &["a: 1", "b c: x, \"y\""]),
        ("line end in quotes", "a,b\n1,\"x\ny\"\n2,z\n", &["a: 1 2", "b: x\ny z"]),
        ("space after a closing quote", "a,b\n\"x\" ,1\n", &["a: x", "b: 1"]),
        ("a quote inside a cell", "a,b\n5\" 6,x\n", &["a: 5\" 6", "b: x"]),
        ("spaces", " a , b\n 1 , x y\n", &["a: 1", "b:  x y"]),
        ("missing", "a,b\n1,x\n,\n NA ,NA\nNaN,\"NaN\"\n5,\"\"\n", &["a: 1 _ _ _ 5", "b: x _ _ _ _"]),
        ("no missing in small letters", "a\nnan\nna\n", &["a: nan na"]),
        ("one column", "a\n1\n\n3\n\n", &["a: 1 _ 3 _"]),
        ("one column, quoted empty at the end", "a\n1\n\"\"\n", &["a: 1 _"]),
        ("all missing", "a,b\n,1\n,2\n", &["a: _ _", "b: 1 2"]),
        (
            "identifiers keep their digits",
            "a\n9007199254740993\n9007199254740992\n5\n",
            &["a: 9007199254740993 9007199254740992 5"],
        ),
        ("spelling before a word", "a,b\n007,1.50\n1.0,2\nbond,x\n", &["a: 007 1.0 bond", "b: 1.50 2 x"]),
        ("numbers before a word", "a\n7\n1.5\n\"\"\nx\n", &["a: 7 1.5 _ x"]),
        ("inf is a word among words", "a\nInf\n1e999\nx\n", &["a: Inf 1e999 x"]),
    ] {
        assert_eq!(shown(&read_str(text)), want, "{what}");
    }
}

#[test]
fn every_extension_and_gzip() {
    let (comma, tab) = ("a,b\n1,x\n", "a\tb\n1\tx\n");
    for (path, bytes) in [
        ("t.csv", comma.into()),
        ("T.CSV", comma.into()),
        ("t.tsv", tab.into()),
        ("t.csv.gz", gz(comma.as_bytes())),
        ("t.tsv.GZ", gz(tab.as_bytes())),
        ("t.csv.gz", [gz(b"a,b\n"), gz(b"1,x\n")].concat()),
    ] {
        let t = read_bytes(path, &bytes).unwrap_or_else(|d| panic!("{path}: {d:?}"));
        assert_eq!(shown(&t), ["a: 1", "b: x"], "{path}");
        assert_eq!((t.path.as_deref(), t.rows), (Some(path), 1));
    }
}

/// code, line, words that the message must hold
type Fault = (Code, Option<usize>, &'static [&'static str]);

fn assert_fault(what: &str, d: &Diagnostic, (code, line, words): Fault) {
    assert_eq!(d.code, code, "{what}: {d:?}");
    assert_eq!(d.data.as_ref().map(|p| p.line), line, "{what}: {d:?}");
    let all = format!("{} {} {}", d.title, d.notes.join(" "), d.helps.join(" "));
    for word in words {
        assert!(all.contains(word), "{what}: no {word:?} in {all:?}");
    }
}

#[test]
fn faults_of_files_are_named() {
    use errors::*;
    let cut = {
        let whole = gz("a,b\n1,2\n".repeat(500).as_bytes());
        whole[..whole.len() - 9].to_vec()
    };
    let cases: &[(&str, &str, &[u8], Fault)] = &[
        ("empty", "t.csv", b"", (EMPTY, None, &["t.csv"])),
        ("only a mark", "t.csv", b"\xef\xbb\xbf", (EMPTY, None, &[])),
        ("header only", "t.csv", b"a,b\n", (NO_ROWS, Some(1), &[])),
        ("header and blanks", "t.csv", b"a\n\n\n", (NO_ROWS, Some(1), &[])),
        ("repeated", "t.csv", b"a,b, a\n1,2,3\n", (REPEATED_COLUMN, Some(1), &["`a`", "1 and 3"])),
        ("unnamed", "t.csv", b"a,,c\n1,2,3\n", (UNNAMED_COLUMN, Some(1), &["column 2"])),
        ("blank header", "t.csv", b"\na,b\n", (UNNAMED_COLUMN, Some(1), &[])),
        ("too few", "t.csv", b"a,b\n1,2\n3\n4,5\n", (RAGGED, Some(3), &["1 cell,", "header has 2"])),
        (
            "too many after a quoted line end",
            "t.csv",
            b"a,b\n1,\"x\ny\"\n3,4,5\n",
            (RAGGED, Some(4), &["3 cells"]),
        ),
        ("too many, lone CR", "t.csv", b"a,b\r1,2\r3,4,5\r", (RAGGED, Some(3), &[])),
        ("a line of one separator too many", "t.tsv", b"a\tb\n\t\t\n", (RAGGED, Some(2), &["3 cells"])),
        ("blank in the middle", "t.csv", b"a,b\n1,2\n\n3,4\n", (RAGGED, Some(3), &["line 4"])),
        ("latin-1 cell", "t.csv", b"a,b\n1,x\n2,caf\xe9\n", (NOT_UTF8, Some(3), &["line 3"])),
        ("latin-1 header", "t.csv", b"caf\xe9,b\n1,x\n", (NOT_UTF8, Some(1), &[])),
        ("open quote", "t.csv", b"a,b\n1,2\n3,\"4\n5,6\n", (QUOTE, Some(3), &["not closed"])),
        ("text after a quote", "t.csv", b"a,b\n1,\"x\"y\n", (QUOTE, Some(2), &["closing quote"])),
        ("cut gzip", "t.csv.gz", &cut, (UNREADABLE, Some(1001), &["gz"])),
        ("no gzip", "t.csv.gz", b"a,b\n1,2\n", (UNREADABLE, Some(1), &["decompressed"])),
        ("format", "t.xlsx", b"", (FORMAT, None, &["`.csv`", "`.tsv`", "`.gz`"])),
        ("no extension", "csv", b"", (FORMAT, None, &["`csv`"])),
    ];
    for (what, path, bytes, fault) in cases {
        match read_bytes(path, bytes) {
            Ok(t) => panic!("{what} was read as {:?}", shown(&t)),
            Err(d) => assert_fault(what, &d, *fault),
        }
    }
    let d = read(&MemoryFiles::new(), "t", "gone.csv", None).expect_err("no such file");
    assert_fault("gone", &d, (UNREADABLE, None, &["gone.csv", "no such file", "--data"]));
}

#[test]
fn use_decides_what_a_column_is() {
    use errors::*;
    let t = read_str(
        "id,x,word,text,half,inf,flag,truth,neg,weight,gap\n\
         10,1.5,1,a,1,1,1,TRUE,2,1.5,1\n\
         9,2.5,\"1,5\",b,0.5,-inf,0,false,-1,0,\n\
         ,,n/a,,,,,,,3,2\n",
    );
    let column = |name: &str| t.column(name).unwrap_or_else(|| panic!("no column {name}"));
    let some = |v: &Strided| v.iter().map(|x| Some(x).filter(|x| !x.is_nan())).collect::<Vec<_>>();

    assert_eq!(some(&column("x").as_numbers(&t).unwrap()), [Some(1.5), Some(2.5), None]);
    let id = column("id").as_category(&t).unwrap();
    assert_eq!((&id.levels[..], &id.codes[..]), (&["9".to_owned(), "10".into()][..], &[1, 0, MISSING][..]));
    let text = column("text").as_category(&t).unwrap();
    assert_eq!(
        (&text.levels[..], &text.codes[..]),
        (&["a".to_owned(), "b".into()][..], &[0, 1, MISSING][..])
    );
    assert_eq!(some(&column("flag").as_bool01(&t).unwrap()), [Some(1.0), Some(0.0), None]);
    assert_eq!(some(&column("truth").as_bool01(&t).unwrap()), [Some(1.0), Some(0.0), None]);
    assert_eq!(some(&column("id").as_counts(&t).unwrap()), [Some(10.0), Some(9.0), None]);

    let faults: Vec<(&str, Diagnostic, Fault)> = vec![
        (
            "word",
            column("word").as_numbers(&t).unwrap_err(),
            (WORD, Some(3), &["`1,5`", "2 cells", "1 are numbers", "1234.5"]),
        ),
        ("text", column("text").as_numbers(&t).unwrap_err(), (TEXT, Some(2), &["none of its 2"])),
        ("infinite number", column("inf").as_numbers(&t).unwrap_err(), (INFINITE, Some(3), &["`inf`"])),
        ("infinite level", column("inf").as_category(&t).unwrap_err(), (INFINITE, Some(3), &[])),
        ("half a category", column("half").as_category(&t).unwrap_err(), (NOT_WHOLE, Some(3), &["`0.5`"])),
        ("half a truth", column("half").as_bool01(&t).unwrap_err(), (NOT_BOOLEAN, Some(3), &["`0.5`"])),
        ("a word is no truth", column("text").as_bool01(&t).unwrap_err(), (NOT_BOOLEAN, Some(2), &["`a`"])),
        ("negative count", column("neg").as_counts(&t).unwrap_err(), (NOT_COUNT, Some(3), &["`-1`"])),
        ("half a count", column("half").as_counts(&t).unwrap_err(), (NOT_COUNT, Some(3), &[])),
        ("no weight", column("weight").as_weights(&t).unwrap_err(), (WEIGHT, Some(3), &["`0`"])),
        (
            "missing weight",
            column("gap").as_weights(&t).unwrap_err(),
            (MISSING_CELL, Some(3), &["`gap`", "line 3", "a weight"]),
        ),
        (
            "missing key",
            column("id").as_index(&t, "a sequence").unwrap_err(),
            (MISSING_CELL, Some(4), &["a sequence"]),
        ),
    ];
    for (what, d, fault) in &faults {
        assert_fault(what, d, *fault);
    }
    let place = faults[0].1.data.clone().unwrap();
    assert_eq!(
        (place.path.as_str(), place.column.as_deref(), place.cell.as_deref()),
        ("t.csv", Some("word"), Some("1,5"))
    );
}

#[test]
fn a_column_of_numbers_written_otherwise_says_how_to_write_them() {
    let fault = |cells: &str| {
        let t = read_str(&format!("y;x\n{cells}"));
        t.column("y").unwrap().as_numbers(&t).unwrap_err()
    };
    for (cells, note, help) in [
        ("1,5;a\n2,5;b\nn/a;c\n", "decimal comma", "decimal point"),
        ("1.234,5;a\n2.000,0;b\n", "decimal comma", "decimal point"),
        ("10%;a\n20 %;b\n", "percent", "without a sign"),
        ("$10;a\n$1,234.50;b\n", "currency", "without a sign"),
        ("10 €;a\nEUR 20;b\n", "currency", "without a sign"),
        ("5 kg;a\n6 kg;b\n", "unit", "without their unit"),
        ("12a;a\n7b;b\n", "none of its 2 cells is a number", "Categorical"),
        ("a;a\n1,5;b\n", "none of its 2 cells is a number", "Categorical"),
    ] {
        let d = fault(cells);
        assert_eq!(d.code, errors::TEXT, "{cells}");
        assert!(d.notes.concat().contains(note) && d.helps.concat().contains(help), "{cells}: {d:?}");
    }
    for (cells, help) in [("1;a\n20%;b\n", "without a sign"), ("1;a\n£3;b\n", "without a sign")] {
        let d = fault(cells);
        assert_eq!(d.code, errors::WORD, "{cells}");
        assert!(d.helps.concat().contains(help), "{cells}: {d:?}");
    }
}

#[test]
fn long_identifiers_are_levels_and_rounded_numbers() {
    let t = read_str("a\n9007199254740993\n-3\n\"\"\n9007199254740992\n");
    let c = t.column("a").unwrap();
    assert!(c.is_numeric());
    assert_eq!(c.as_category(&t).unwrap().codes, [2, 0, MISSING, 1]);
    let numbers = c.as_numbers(&t).unwrap();
    assert_eq!((numbers.at(0), numbers.at(1), numbers.at(2).is_nan()), (9_007_199_254_740_992.0, -3.0, true));
}

#[test]
fn whole_numbers_become_levels_however_far_apart() {
    for (text, levels, codes) in [
        ("a\n3\n-1\n3\n\n0\n7\n", &["-1", "0", "3", "7"][..], &[2, 0, 2, MISSING, 1, 3][..]),
        ("a\n3000000\n-1\n1e15\n-1\n", &["-1", "3000000", "1000000000000000"], &[1, 0, 2, 0]),
        ("a\n0\n-0\n0.0\n", &["0"], &[0, 0, 0]),
        ("a,b\n,1\n,1\n", &[], &[MISSING, MISSING]),
    ] {
        let t = read_str(text);
        let c = t.columns[0].as_category(&t).unwrap();
        assert_eq!(
            (&c.levels[..], &c.codes[..]),
            (&levels.iter().map(|s| s.to_string()).collect::<Vec<_>>()[..], codes),
            "{text:?}"
        );
    }
}

#[test]
fn rows_know_their_lines() {
    let t = read_str("a,b\r\n1,\"x\r\ny\r\nz\"\r\n2,y\r\n3,\"\n\"\r\n4,z\r\n\r\n");
    assert_eq!((0..t.rows).map(|r| line_of(&t, r)).collect::<Vec<_>>(), [2, 5, 6, 8]);
    let t = read_str("a\r1\r\r3\r");
    assert_eq!((0..t.rows).map(|r| line_of(&t, r)).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(t.places_kept(), 1, "lines that go on by one are not stored row by row");
}

impl Table {
    fn places_kept(&self) -> usize {
        match &self.origin {
            row_places::RowOrigin::Lines(lines) => lines.jumps(),
            _ => 0,
        }
    }
}

#[test]
fn unwanted_columns_are_counted_and_not_kept() {
    let files =
        MemoryFiles::new().with("t.csv", b"a,b,c\n1,caf\xe9,3\n2,y,4\n").with("bad.csv", "a,b,c\n1,2\n");
    let wanted = |name: &str| name != "b";
    let t =
        read(&files, "t", "t.csv", Some(&wanted)).expect("the bad bytes stand in a column that nobody wants");
    assert_eq!(
        (shown(&t), t.header.iter().collect::<Vec<_>>()),
        (vec!["a: 1 2".into(), "c: 3 4".into()], vec!["a", "b", "c"].into_iter().map(Into::into).collect())
    );
    assert!(t.column("b").is_none());
    let d = read(&files, "t", "bad.csv", Some(&wanted)).expect_err("its cells are counted");
    assert_eq!(d.code, errors::RAGGED);
}

/// A reader that gives one byte at a time, and is interrupted now and then.
struct Drip(Vec<u8>, usize, bool);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.2 = !self.2;
        if self.2 {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let Some((&b, first)) = self.0.get(self.1).zip(out.first_mut()) else { return Ok(0) };
        (*first, self.1) = (b, self.1 + 1);
        Ok(1)
    }
}

struct Dripping<'a>(&'a [u8]);

impl Files for Dripping<'_> {
    fn open(&self, _: &std::path::Path) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(Drip(self.0.to_vec(), 0, false)))
    }
}

#[test]
fn a_file_may_come_byte_by_byte() {
    let text = "\u{feff}a,b\r\n1,\"x\r\n\"\"y\"\"\"\r\n2,é\r\n\r\n";
    let slow = read(&Dripping(text.as_bytes()), "t", "t.csv", None).unwrap();
    assert_eq!(shown(&slow), shown(&read_str(text)));
    assert_eq!((line_of(&slow, 0), line_of(&slow, 1)), (2, 4));
}

#[test]
fn records_longer_than_the_buffer_are_read() {
    let long = "x".repeat(200_000);
    let t = read_str(&format!("a,b\n1,{long}\n2,\"{long}\"\n"));
    assert_eq!(t.column("b").unwrap().as_category(&t).unwrap().levels, [long]);
}

#[test]
fn inline_tables_are_typed_alike() {
    use CellRef::*;
    let mut b = TableBuilder::new("t");
    b.push_column("x", [Number(1.5), Missing, Number(-2.0)]);
    b.push_column("level", [Text("10"), Text("9"), Text("NA")]);
    b.push_column("mixed", [Number(1.5), Text("x"), Number(2.0)]);
    b.push_column("flag", [Bool(true), Bool(false), Missing]);
    let t = b.finish().unwrap();
    assert_eq!(shown(&t), ["x: 1.5 _ -2", "level: 10 9 _", "mixed: 1.5 x 2", "flag: true false _"]);
    assert_eq!(
        t.column("level").unwrap().as_category(&t).unwrap().codes,
        [1, 0, MISSING],
        "sorted by number"
    );
    assert_eq!(t.column("level").unwrap().as_numbers(&t).unwrap_err().code, errors::TEXT);
    assert_eq!(t.column("mixed").unwrap().as_numbers(&t).unwrap_err().code, errors::WORD);
    assert_eq!(
        t.column("flag").unwrap().as_bool01(&t).unwrap().iter().take(2).collect::<Vec<_>>(),
        [1.0, 0.0]
    );
}

#[test]
fn faults_of_inline_tables_point_into_the_model() {
    use crate::source::Span;
    use CellRef::*;
    let cell = |c, at| (c, Span::new(at, at + 1));
    let mut b = TableBuilder::new("t");
    b.push_spanned("x", Span::new(1, 2), [cell(Number(1.0), 10), cell(Text("x"), 12)]);
    let t = b.clone().finish().unwrap();
    let d = t.column("x").unwrap().as_numbers(&t).unwrap_err();
    assert_eq!((d.code, d.data.clone(), d.labels[0].span), (errors::WORD, None, Span::new(12, 13)), "{d:?}");

    let fault = |name: &str, cells: Vec<(CellRef<'static>, Span)>| {
        let mut b = b.clone();
        b.push_spanned(name, Span::new(30, 31), cells);
        let d = b.finish().expect_err(name);
        (d.code, d.labels[0].span)
    };
    let at = Span::new(30, 31);
    assert_eq!(fault("y", vec![cell(Number(1.0), 40)]), (errors::UNEQUAL_LENGTHS, at));
    assert_eq!(fault("x", vec![cell(Number(1.0), 40), cell(Missing, 42)]), (errors::REPEATED_COLUMN, at));
    assert_eq!(fault("", vec![cell(Number(1.0), 40), cell(Missing, 42)]), (errors::UNNAMED_COLUMN, at));
    assert_eq!(TableBuilder::new("t").finish().unwrap_err().code, errors::EMPTY);
    let mut empty = TableBuilder::new("t");
    empty.push_column("x", []);
    assert_eq!(empty.finish().unwrap_err().code, errors::NO_ROWS);
}

/// The repository, as the working folder of a command would be.
struct Repository;

impl Files for Repository {
    fn open(&self, path: &std::path::Path) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(std::fs::File::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?))
    }
}

/// The files beside the bad models give the codes in their names, and read well.
#[test]
fn bad_files_give_the_codes_in_their_names() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/bad/data")).unwrap();
    let mut names: Vec<String> = folder
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n.as_str() >= "E06" && n.as_str() < "E063")
        .collect();
    names.sort();
    let mut rendered = vec![];
    let mut codes = vec![];
    for name in &names {
        let code = name.split('_').next().unwrap_or_default();
        let found = read(&Repository, "t", format!("graphs/bad/data/{name}"), None).and_then(|t| {
            let column = |name| t.column(name).unwrap_or_else(|| panic!("{code}: no column {name}"));
            match code {
                "E0611" | "E0612" | "E0614" => column("height").as_numbers(&t).map(drop),
                "E0613" => column("answer").as_category(&t).map(drop),
                "E0615" => column("heads").as_bool01(&t).map(drop),
                "E0616" => column("calls").as_counts(&t).map(drop),
                "E0617" => column("office").as_index(&t, "an index").map(drop),
                "E0618" => column("times").as_weights(&t).map(drop),
                _ => Ok(()),
            }
        });
        let Err(d) = found.map_err(|d| show_line(&Repository, d)) else {
            panic!("{name} was read without a complaint")
        };
        assert_eq!(d.code.0, code, "{name}");
        rendered.push(crate::diag::render::render(&d, &crate::source::Source::new("model.ron", ""), false));
        codes.push(code);
    }
    let files =
        ["03", "04", "05", "06", "07", "08", "09", "11", "12", "13", "14", "15", "16", "17", "18", "19"];
    assert_eq!(codes, files.map(|n| format!("E06{n}")));
    insta::assert_snapshot!("bad_files", rendered.join("\n\n"));
}

#[test]
fn every_code_has_its_page() {
    use errors::*;
    let codes = [
        UNREADABLE,
        FORMAT,
        EMPTY,
        NO_ROWS,
        REPEATED_COLUMN,
        UNNAMED_COLUMN,
        RAGGED,
        NOT_UTF8,
        QUOTE,
        UNEQUAL_LENGTHS,
        WORD,
        TEXT,
        NOT_WHOLE,
        INFINITE,
        NOT_BOOLEAN,
        NOT_COUNT,
        MISSING_CELL,
        WEIGHT,
        BAD_FILE,
    ];
    for code in codes {
        assert!(crate::diag::codes::find(code.0).is_some(), "{} has no page", code.0);
    }
}

#[test]
fn tables_of_a_model_file_are_read() {
    use crate::{diag::Diagnostics, graph::written_table, source::Source, syntax};
    let inline = |text: &str| {
        let source = Source::new("m.ron", text);
        let mut diags = Diagnostics::default();
        let model = syntax::parse(&source, &mut diags).unwrap_or_else(|_| panic!("{:?}", diags.list()));
        written_table(&model.data[0])
            .unwrap_or_else(|| panic!("{text} holds its table"))
            .map_err(|d| (d.code, text[d.labels[0].span.start..d.labels[0].span.end].to_owned()))
    };
    let model = |data: &str| {
        format!("Model(data: {{ \"t\": {data} }}, nodes: {{ \"x\": Normal(mean: 0, precision: 1) }})")
    };
    let t = inline(&model(r#"{ "y": [28, "NA", -3.5], "who": ["b", "a", ""], "won": [true, false, true] }"#))
        .unwrap();
    assert_eq!(shown(&t), ["y: 28 _ -3.5", "who: b a _", "won: true false true"]);
    let (code, at) = inline(&model(r#"{ "y": [28, 1], "who": ["b"] }"#)).unwrap_err();
    assert_eq!((code, at.trim_matches('"')), (errors::UNEQUAL_LENGTHS, "who"));
    let bad = include_str!("../../graphs/bad/E0610_unequal.ron");
    assert_eq!(inline(bad).unwrap_err().0, errors::UNEQUAL_LENGTHS);
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z ;,\t\"\r\n\u{e9}\u{1f600}]{0,6}",
        2 => "-?[0-9]{1,4}(\\.[0-9]{1,3})?",
        1 => prop_oneof![Just("NA".to_owned()), Just(String::new()), Just("1e999".to_owned())],
    ]
}

/// Cells that need no quotes.
fn plain_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[a-z é]{0,4}",
        4 => "[-+]?[0-9]{1,3}(\\.[0-9]{0,3})?",
        1 => "[0-9]{15,22}(\\.[0-9]{1,9})?",
        1 => "0{0,2}[0-9]e-?[0-9]{1,3}",
        1 => prop_oneof![Just("NA"), Just("NaN"), Just(""), Just("inf"), Just("NAN"), Just(" 7 ")].prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn tables_written_by_the_csv_crate_read_back(
        (width, cells) in (1..5_usize).prop_flat_map(|w| (Just(w), prop::collection::vec(cell(), w..w * 8))),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        line_end in prop_oneof![Just(::csv::Terminator::CRLF), Just(::csv::Terminator::Any(b'\n')), Just(::csv::Terminator::Any(b'\r'))],
        always in any::<bool>(),
        compress in any::<bool>(),
        mark in any::<bool>(),
    ) {
        let rows = cells.len() / width;
        let style = if always { ::csv::QuoteStyle::Always } else { ::csv::QuoteStyle::Necessary };
        let mut out = ::csv::WriterBuilder::new().delimiter(delimiter).terminator(line_end).quote_style(style)
            .from_writer(if mark { b"\xef\xbb\xbf".to_vec() } else { vec![] });
        out.write_record((0..width).map(|i| format!("c{i}"))).unwrap();
        for row in cells.chunks_exact(width) {
            out.write_record(row).unwrap();
        }
        let mut bytes = out.into_inner().unwrap();
        let mut path = if delimiter == b'\t' { "t.tsv".to_owned() } else { "t.csv".to_owned() };
        if compress {
            bytes = gz(&bytes);
            path.push_str(".gz");
        }
        // A lone semicolon column shows no separator in its header; nothing in the cells of this one needs
        // it.
        prop_assume!(!(delimiter == b';' && width == 1));
        // Cells of spaces only: an unquoted line of them is blank, and blank last lines are no rows.
        prop_assume!(width > 1 || cells.iter().all(|c| always || !c.trim().is_empty()));
        let t = read_bytes(&path, &bytes).map_err(|d| TestCaseError::fail(format!("{d:?}")))?;
        prop_assert_eq!(t.rows, rows);
        for (i, column) in t.columns.iter().enumerate() {
            for row in 0..rows {
                let given = &cells[row * width + i];
                let want = match given.trim_ascii() { "" | "NA" => "", _ => given };
                let read = column.cell(row);
                // A numeric column prints its numbers anew.
                let same = read == want || (column.is_numeric() && read.parse::<f64>().ok() == want.parse::<f64>().ok());
                prop_assert!(same, "row {} column {}: {:?} became {:?}", row, i, given, read);
            }
        }
    }

    /// Quotes send every record past the reader of plain ones.
    #[test]
    fn plain_records_read_as_quoted_ones(
        (width, cells) in (1..5_usize).prop_flat_map(|w| (Just(w), prop::collection::vec(plain_cell(), w..w * 12))),
        line_end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
        only in 0..16_u32,
    ) {
        prop_assume!(width > 1 || cells.iter().all(|c| !c.trim().is_empty()));
        let text = |quote: &str| {
            let mut text = (0..width).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",") + line_end;
            for row in cells.chunks_exact(width) {
                text += &(row.iter().map(|c| format!("{quote}{c}{quote}")).collect::<Vec<_>>().join(",") + line_end);
            }
            text
        };
        let wanted = |name: &str| only >> name[1..].parse::<u32>().unwrap() & 1 == 0;
        let read = |text: String| read(&MemoryFiles::new().with("t.csv", text), "t", "t.csv", Some(&wanted));
        let (plain, quoted) = (read(text("")).unwrap(), read(text("\"")).unwrap());
        prop_assert_eq!(plain.rows, cells.len() / width);
        for (a, b) in plain.columns.iter().zip(&quoted.columns) {
            // Debug prints what was met on the way, too.
            prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
        }
        for row in 0..plain.rows {
            prop_assert_eq!(line_of(&plain, row), row + 2);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'1'), any::<u8>()], 0..60)) {
        if let Ok(t) = read_bytes("t.csv", &bytes) {
            for c in &t.columns {
                prop_assert_eq!(c.len(), t.rows);
                let _ = (c.as_numbers(&t), c.as_category(&t), c.as_bool01(&t), c.as_counts(&t), c.as_weights(&t));
            }
        }
    }
}
