//! One column: how its cells are kept. Not here: what they are taken as (`readings`).

use super::{
    category::{Category, MISSING},
    strided::Strided,
};

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Numbers only; NaN is missing. Infinite ones are kept until somebody asks for numbers.
    Numeric(Strided),
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
    pub(super) found: Oddities,
}

/// What was met while a column was taken in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Oddities {
    /// How many cells are words, and the row of the first.
    pub words: usize,
    pub first_word: usize,
    pub first_infinite: Option<usize>,
    /// Of a column of numbers: looking for it later would run through all columns of the array for each.
    pub first_missing: Option<usize>,
}

impl Oddities {
    /// Looks at the number in `row`, which is not before any other that was looked at.
    #[inline]
    pub(super) fn look(&mut self, row: usize, x: f64) {
        if !x.is_finite() {
            let first = if x.is_nan() { &mut self.first_missing } else { &mut self.first_infinite };
            first.get_or_insert(row);
        }
    }
}

impl Column {
    pub(super) fn new(name: &str, cells: Cells, found: Oddities) -> Self {
        Self { name: name.into(), cells, found }
    }
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
        self.found.words == 0
    }
    /// The first row without a value.
    pub fn first_missing(&self) -> Option<usize> {
        match &self.cells {
            Cells::Numeric(_) => self.found.first_missing,
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
            Cells::Numeric(values) if values.at(row).is_nan() => String::new(),
            Cells::Numeric(values) => values.at(row).to_string(),
            Cells::Text(category) => {
                category.levels.get(category.codes[row] as usize).cloned().unwrap_or_default()
            }
        }
    }
}
