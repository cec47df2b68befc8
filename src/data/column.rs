//! One column: how its cells are kept, and what they are taken as. What a use needs is asked for here: numbers, categories,
//! an index, truth values, counts, weights. Not which use asks: that is the model's.

use std::{borrow::Cow, collections::HashMap};

use super::{
    Table,
    category::{Category, MISSING, recode, sort_levels},
    cell::{Scan, scan},
    errors,
};
use crate::diag::Diagnostic;

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Numbers only; NaN is missing. Infinite ones are kept until somebody asks for numbers.
    Numeric(Vec<f64>),
    /// At least one cell is a word, or an integer too long for an f64.
    Text(Category),
}

/// A named column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// Its cells.
    pub cells: Cells,
    words: usize,
    first_word: usize,
    first_infinite: Option<usize>,
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Numeric(values) => values.len(),
            Cells::Text(category) => category.codes.len(),
        }
    }
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Whether the column is numeric for [`as_numbers`](Self::as_numbers).
    pub fn is_numeric(&self) -> bool {
        self.words == 0
    }
    /// The first row without a value.
    pub fn first_missing(&self) -> Option<usize> {
        match &self.cells {
            Cells::Numeric(values) => values.iter().position(|x| x.is_nan()),
            Cells::Text(category) => category.first_missing(),
        }
    }
    /// Number of rows without a value.
    pub fn missing(&self) -> usize {
        match &self.cells {
            Cells::Numeric(values) => values.iter().filter(|x| x.is_nan()).count(),
            Cells::Text(category) => category.codes.iter().filter(|&&c| c == MISSING).count(),
        }
    }
    /// The text of a cell, empty where it is missing. Numbers are printed anew.
    pub fn cell(&self, row: usize) -> String {
        match &self.cells {
            Cells::Numeric(values) if values[row].is_nan() => String::new(),
            Cells::Numeric(values) => values[row].to_string(),
            Cells::Text(category) => category.levels.get(category.codes[row] as usize).cloned().unwrap_or_default(),
        }
    }

    /// The cells as numbers; NaN is missing. The others that follow build on this one.
    ///
    /// # Errors
    /// A word among the numbers, with the first one's place and how many there are; a column of text; an infinite cell.
    pub fn as_numbers(&self, table: &Table) -> Result<Cow<'_, [f64]>, Diagnostic> {
        if self.words > 0 {
            return Err(not_numbers(self, table));
        }
        if let Some(row) = self.first_infinite {
            return Err(infinite(self, table, row));
        }
        Ok(match &self.cells {
            Cells::Numeric(values) => Cow::Borrowed(values),
            Cells::Text(category) => {
                // Integers too long for an f64: rounded, as any number is that has too many digits.
                let values: Vec<f64> = category.levels.iter().map(|l| l.trim().parse().unwrap_or(f64::NAN)).collect();
                Cow::Owned(category.codes.iter().map(|&c| values.get(c as usize).copied().unwrap_or(f64::NAN)).collect())
            }
        })
    }

    /// The cells as numbers of which none is missing. `role` names the use (`a covariate`).
    ///
    /// # Errors
    /// As [`as_numbers`](Self::as_numbers), and a missing cell.
    pub fn as_known(&self, table: &Table, role: &str) -> Result<Cow<'_, [f64]>, Diagnostic> {
        let values = self.as_numbers(table)?;
        self.complete(table, role)?;
        Ok(values)
    }

    /// The cells as weights of rows: numbers above zero, none missing. Fractions are allowed.
    ///
    /// # Errors
    /// As [`as_known`](Self::as_known), and a weight that is not above zero.
    pub fn as_weights(&self, table: &Table) -> Result<Cow<'_, [f64]>, Diagnostic> {
        let values = self.as_known(table, "a weight")?;
        match values.iter().position(|&x| x <= 0.0) {
            Some(row) => Err(weight(self, table, row)),
            None => Ok(values),
        }
    }

    /// The cells as categories. Whole numbers are levels sorted by number; missing cells are [`MISSING`].
    ///
    /// # Errors
    /// A number with a fraction in a numeric column, or an infinite one.
    pub fn as_category(&self, table: &Table) -> Result<Cow<'_, Category>, Diagnostic> {
        let values = match &self.cells {
            Cells::Text(category) => return Ok(Cow::Borrowed(category)),
            Cells::Numeric(values) => values,
        };
        if let Some(row) = self.first_infinite {
            return Err(infinite(self, table, row));
        }
        match values.iter().position(|x| x.fract() != 0.0 && !x.is_nan()) {
            Some(row) => Err(not_whole(self, table, row)),
            None => Ok(Cow::Owned(whole_levels(values))),
        }
    }

    /// The cells as categories of which none is missing. `role` names the use (`an index`, `a sequence`).
    ///
    /// # Errors
    /// As [`as_category`](Self::as_category), and a missing cell.
    pub fn as_index(&self, table: &Table, role: &str) -> Result<Cow<'_, Category>, Diagnostic> {
        let category = self.as_category(table)?;
        self.complete(table, role)?;
        Ok(category)
    }

    /// The cells as 0 or 1, from `0`, `1`, `true` and `false` in any case; NaN is missing.
    ///
    /// # Errors
    /// Any other cell.
    pub fn as_bool01(&self, table: &Table) -> Result<Cow<'_, [f64]>, Diagnostic> {
        match &self.cells {
            Cells::Numeric(values) => match values.iter().position(|&x| !(x == 0.0 || x == 1.0 || x.is_nan())) {
                Some(row) => Err(not_boolean(self, table, row)),
                None => Ok(Cow::Borrowed(values)),
            },
            Cells::Text(category) => {
                let values: Vec<Option<f64>> = category.levels.iter().map(|l| truth(l)).collect();
                let bad = |&c: &u32| c != MISSING && values[c as usize].is_none();
                match category.codes.iter().position(bad) {
                    Some(row) => Err(not_boolean(self, table, row)),
                    None => {
                        let value = |&c: &u32| values.get(c as usize).copied().flatten().unwrap_or(f64::NAN);
                        Ok(Cow::Owned(category.codes.iter().map(value).collect()))
                    }
                }
            }
        }
    }

    /// The cells as counts: whole numbers from 0 on; NaN is missing.
    ///
    /// # Errors
    /// As [`as_numbers`](Self::as_numbers), and a negative number or a fraction.
    pub fn as_counts(&self, table: &Table) -> Result<Cow<'_, [f64]>, Diagnostic> {
        let values = self.as_numbers(table)?;
        match values.iter().position(|&x| x < 0.0 || (x.fract() != 0.0 && !x.is_nan())) {
            Some(row) => Err(not_count(self, table, row)),
            None => Ok(values),
        }
    }

    fn complete(&self, table: &Table, role: &str) -> Result<(), Diagnostic> {
        self.first_missing().map_or(Ok(()), |row| Err(missing_cell(self, table, row, role)))
    }
}

fn truth(level: &str) -> Option<f64> {
    let level = level.trim();
    match () {
        () if level.eq_ignore_ascii_case("true") => Some(1.0),
        () if level.eq_ignore_ascii_case("false") => Some(0.0),
        () => level.parse().ok().filter(|&x: &f64| x == 0.0 || x == 1.0),
    }
}

/// Categories from whole numbers and NaN.
fn whole_levels(values: &[f64]) -> Category {
    // 0.0 + x: one level for both zeros.
    let known = || values.iter().filter(|x| !x.is_nan()).map(|&x| 0.0 + x);
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    let span = high - low;
    if span < values.len() as f64 + 1024.0 {
        // Few numbers in a row, as categories mostly are: a table from number to level.
        let at = |x: f64| (x - low) as usize;
        let mut level = vec![MISSING; span.max(0.0) as usize + 1];
        known().for_each(|x| level[at(x)] = 0);
        let mut levels = vec![];
        for (i, code) in level.iter_mut().enumerate().filter(|(_, code)| **code == 0) {
            *code = levels.len() as u32;
            levels.push((low + i as f64).to_string());
        }
        let codes = values.iter().map(|&x| if x.is_nan() { MISSING } else { level[at(0.0 + x)] }).collect();
        return Category { levels, codes };
    }
    let mut distinct: Vec<f64> = known().collect();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    let code = |&x: &f64| if x.is_nan() { MISSING } else { distinct.partition_point(|&d| d < x) as u32 };
    Category { codes: values.iter().map(code).collect(), levels: distinct.iter().map(f64::to_string).collect() }
}

/// Why a cell could not be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flip {
    /// The column is text, and numbers before this cell have lost their spelling: read it as text from the start.
    SpellingLost,
    /// The cell is not UTF-8.
    NotUtf8,
}

/// Takes a column in, cell by cell: as numbers until a word comes.
#[derive(Debug)]
pub(super) struct Builder {
    state: State,
    words: usize,
    first_word: usize,
    first_infinite: Option<usize>,
}

#[derive(Debug)]
enum State {
    Numbers {
        values: Vec<f64>,
        /// Every number so far prints as it was written.
        faithful: bool,
    },
    Text(Interner),
    /// To be read again as text.
    Spoiled,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { state: State::Numbers { values: vec![], faithful: true }, words: 0, first_word: 0, first_infinite: None }
    }
    /// A column known to hold text.
    pub(super) fn text() -> Self {
        Self { state: State::Text(Interner::default()), ..Self::new() }
    }

    pub(super) fn push(&mut self, cell: &[u8]) -> Result<(), Flip> {
        match scan(cell) {
            Scan::Missing => {
                self.push_missing();
                Ok(())
            }
            Scan::Number { value, faithful: now } => match &mut self.state {
                State::Numbers { values, faithful } => {
                    values.push(value);
                    *faithful &= now;
                    Ok(())
                }
                _ => self.push_text(cell),
            },
            Scan::Infinite => {
                let row = self.len();
                self.first_infinite.get_or_insert(row);
                match &mut self.state {
                    State::Numbers { values, faithful } => {
                        values.push(if cell.trim_ascii().starts_with(b"-") { f64::NEG_INFINITY } else { f64::INFINITY });
                        *faithful = false;
                        Ok(())
                    }
                    _ => self.push_text(cell),
                }
            }
            Scan::LongWhole => self.push_text(cell),
            Scan::Word => {
                self.count_word();
                self.push_text(cell)
            }
        }
    }

    pub(super) fn push_missing(&mut self) {
        match &mut self.state {
            State::Numbers { values, .. } => values.push(f64::NAN),
            State::Text(text) => text.codes.push(MISSING),
            State::Spoiled => {}
        }
    }

    /// A number that never had another spelling.
    pub(super) fn push_number(&mut self, x: f64) {
        if x.is_infinite() {
            let row = self.len();
            self.first_infinite.get_or_insert(row);
        }
        match &mut self.state {
            State::Numbers { values, .. } => values.push(x),
            _ if x.is_nan() => self.push_missing(),
            State::Text(text) => text.push_str(&x.to_string()),
            State::Spoiled => {}
        }
    }

    /// A cell that is a word whatever it looks like.
    pub(super) fn push_word(&mut self, word: &str) {
        self.count_word();
        self.turn_to_text();
        if let State::Text(text) = &mut self.state {
            text.push_str(word);
        }
    }

    fn count_word(&mut self) {
        if self.words == 0 {
            self.first_word = self.len();
        }
        self.words += 1;
    }

    fn len(&self) -> usize {
        match &self.state {
            State::Numbers { values, .. } => values.len(),
            State::Text(text) => text.codes.len(),
            State::Spoiled => 0,
        }
    }

    fn push_text(&mut self, cell: &[u8]) -> Result<(), Flip> {
        if matches!(self.state, State::Numbers { faithful: false, .. }) {
            self.state = State::Spoiled;
            return Err(Flip::SpellingLost);
        }
        self.turn_to_text();
        match &mut self.state {
            State::Text(text) => text.push(cell),
            _ => Ok(()),
        }
    }

    fn turn_to_text(&mut self) {
        if let State::Numbers { values, .. } = &mut self.state {
            let mut text = Interner::default();
            for x in std::mem::take(values) {
                if x.is_nan() { text.codes.push(MISSING) } else { text.push_str(&x.to_string()) }
            }
            self.state = State::Text(text);
        }
    }

    pub(super) fn finish(self, name: &str) -> Column {
        let cells = match self.state {
            State::Numbers { mut values, .. } => {
                values.shrink_to_fit();
                Cells::Numeric(values)
            }
            State::Text(text) => Cells::Text(text.finish()),
            State::Spoiled => Cells::Text(Category::default()),
        };
        Column { name: name.into(), cells, words: self.words, first_word: self.first_word, first_infinite: self.first_infinite }
    }
}

/// Codes in order of appearance, one copy of each distinct text.
#[derive(Debug, Default)]
struct Interner {
    levels: HashMap<Box<[u8]>, u32>,
    codes: Vec<u32>,
}

impl Interner {
    fn push(&mut self, cell: &[u8]) -> Result<(), Flip> {
        let code = match self.levels.get(cell) {
            Some(&code) => code,
            None => {
                std::str::from_utf8(cell).map_err(|_| Flip::NotUtf8)?;
                self.insert(cell)
            }
        };
        self.codes.push(code);
        Ok(())
    }

    fn push_str(&mut self, text: &str) {
        let known = self.levels.get(text.as_bytes()).copied();
        let code = known.unwrap_or_else(|| self.insert(text.as_bytes()));
        self.codes.push(code);
    }

    fn insert(&mut self, cell: &[u8]) -> u32 {
        let code = self.levels.len() as u32;
        self.levels.insert(cell.into(), code);
        code
    }

    fn finish(self) -> Category {
        // Every level was found to be UTF-8 when it came in; taken over without a copy.
        let mut seen: Vec<(String, u32)> =
            self.levels.into_iter().map(|(text, code)| (String::from_utf8(text.into_vec()).unwrap_or_default(), code)).collect();
        sort_levels(&mut seen, |(text, _)| text);
        let mut new = vec![0; seen.len()];
        for ((_, old), i) in seen.iter().zip(0..) {
            new[*old as usize] = i;
        }
        let codes = recode(&self.codes, &new);
        Category { levels: seen.into_iter().map(|(text, _)| text).collect(), codes }
    }
}

fn not_numbers(column: &Column, table: &Table) -> Diagnostic {
    let (name, row) = (&column.name, column.first_word);
    let known = column.len() - column.missing();
    let cell = column.cell(row);
    if column.words == known {
        let d = Diagnostic::error(errors::TEXT, format!("column `{name}` of `{}` holds text, not numbers", table.name));
        return table
            .blame(d, row, name)
            .note(format!("none of its {known} cells is a number"))
            .help("words are observed by a Categorical, and name the elements of a plate through `Groups`");
    }
    let mut d = Diagnostic::error(errors::WORD, format!("`{cell}` in column `{name}` of `{}` is not a number", table.name));
    d = table.blame(d, row, name);
    d = match (column.words, known - column.words) {
        (1, numbers) => d.note(format!("the other {numbers} cells of the column are numbers")),
        (words, numbers) => d.note(format!("{words} cells of the column are words and {numbers} are numbers; this is the first word")),
    };
    with_spelling(d, &cell)
}

/// What to write instead of a word that was meant as a number, or as nothing.
fn with_spelling(d: Diagnostic, cell: &str) -> Diagnostic {
    let cell = cell.trim();
    let digits = |b: u8| b.is_ascii_digit();
    if cell.contains(',') && cell.bytes().any(digits) && cell.bytes().all(|b| digits(b) || matches!(b, b',' | b'.' | b'-' | b'+')) {
        return d.help("write numbers with a decimal point and without separators of thousands: `1234.5`");
    }
    match cell.to_ascii_lowercase().as_str() {
        "na" | "n/a" | "nan" | "null" | "none" | "nil" | "missing" | "." | "-" | "?" | "#n/a" => {
            d.help("a missing cell is empty, `NA` or `NaN`, spelled like this")
        }
        _ => d.help("correct the cell, or leave it empty where the value is missing"),
    }
}

fn infinite(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(errors::INFINITE, format!("a cell in column `{}` of `{}` is infinite", column.name, table.name));
    table.blame(d, row, &column.name).note(format!("numbers end at {:e}", f64::MAX)).help("leave the cell empty if its value is not known")
}

fn not_whole(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(errors::NOT_WHOLE, format!("`{}` in column `{}` is no category", column.cell(row), column.name));
    table
        .blame(d, row, &column.name)
        .note(format!("column `{}` of `{}` is used as a category or an index: words or whole numbers", column.name, table.name))
        .help("bind the column to a Normal if it measures something; otherwise give its levels names")
}

fn not_boolean(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(errors::NOT_BOOLEAN, format!("`{}` in column `{}` is neither 0 nor 1", column.cell(row), column.name));
    table
        .blame(d, row, &column.name)
        .note("the cells of a Bernoulli are 0 or 1, or true or false")
        .help("say Categorical where there are other levels")
}

fn not_count(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(errors::NOT_COUNT, format!("`{}` in column `{}` is not a count", column.cell(row), column.name));
    table
        .blame(d, row, &column.name)
        .note("a count is a whole number from 0 on")
        .help("correct the cell, or leave it empty where the value is missing")
}

fn missing_cell(column: &Column, table: &Table, row: usize, role: &str) -> Diagnostic {
    let d = Diagnostic::error(errors::MISSING_CELL, format!("column `{}` has no value in {}", column.name, table.row_name(row)));
    table
        .blame(d, row, &column.name)
        .note(format!("it is used as {role}, which may not be missing"))
        .help("fill the cell in, or leave the row out")
}

fn weight(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(errors::WEIGHT, format!("the weight `{}` in column `{}` is not above zero", column.cell(row), column.name));
    table
        .blame(d, row, &column.name)
        .note("a row stands for as many equal rows as its weight says")
        .help("leave out rows that stand for none")
}
