//! Texts to codes in order of appearance, one copy of each distinct text, nothing allocated for a cell whose
//! text is known. Not the order of levels.

use super::{
    category::{Category, MISSING, recode, sort_levels},
    cell::{Scan, scan},
    column::Oddities,
    flip::Flip,
};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// A column of text that is being read.
#[derive(Debug, Default)]
pub(super) struct Interner {
    levels: HashMap<Box<[u8]>, u32, FixedState>,
    /// For each code, whether the text is a word: neither a number nor an infinity.
    word: Vec<bool>,
    codes: Vec<u32>,
    first_word: Option<usize>,
}

impl Interner {
    /// Takes in a cell as it stands in a file; the last row may come again.
    pub(super) fn cell(&mut self, row: usize, cell: &[u8], about: &mut Oddities) -> Result<(), Flip> {
        // A text is looked at once: what it says is kept with its code.
        if let Some(&code) = self.levels.get(cell) {
            self.put(row, code);
            return Ok(());
        }
        let found = scan(cell);
        if found == Scan::Missing {
            self.missing(row);
            return Ok(());
        }
        std::str::from_utf8(cell).map_err(|_| Flip::NotUtf8)?;
        match found {
            Scan::Infinite => _ = about.first_infinite.get_or_insert(row),
            Scan::Word => _ = self.first_word.get_or_insert(row),
            _ => {}
        }
        let code = self.insert(cell, found == Scan::Word);
        self.put(row, code);
        Ok(())
    }

    /// Takes in a number, spelled as it prints.
    pub(super) fn number(&mut self, row: usize, x: f64) {
        self.known(row, &x.to_string());
    }

    /// Takes in a text of which nothing has to be found out.
    pub(super) fn known(&mut self, row: usize, text: &str) {
        let found = self.levels.get(text.as_bytes()).copied();
        let code = found.unwrap_or_else(|| self.insert(text.as_bytes(), false));
        self.put(row, code);
    }

    /// Takes in a text that is a word.
    #[cfg(feature = "parquet")]
    pub(super) fn word(&mut self, row: usize, text: &str) {
        self.first_word.get_or_insert(row);
        let found = self.levels.get(text.as_bytes()).copied();
        let code = found.unwrap_or_else(|| self.insert(text.as_bytes(), true));
        self.put(row, code);
    }

    /// Takes in a missing cell.
    pub(super) fn missing(&mut self, row: usize) {
        self.put(row, MISSING);
    }

    #[inline]
    fn put(&mut self, row: usize, code: u32) {
        match self.codes.get_mut(row) {
            Some(old) => *old = code,
            None => {
                debug_assert_eq!(self.codes.len(), row);
                self.codes.push(code);
            }
        }
    }

    fn insert(&mut self, cell: &[u8], word: bool) -> u32 {
        let code = self.word.len() as u32;
        self.levels.insert(cell.into(), code);
        self.word.push(word);
        code
    }

    /// The column, how many of its cells are words, and the row of the first.
    pub(super) fn finish(self) -> (Category, usize, usize) {
        let words = self.codes.iter().filter(|&&c| c != MISSING && self.word[c as usize]).count();
        // Every level was found to be UTF-8 when it came in; taken over without a copy.
        let mut seen: Vec<(String, u32)> = self
            .levels
            .into_iter()
            .map(|(text, code)| (String::from_utf8(text.into_vec()).unwrap_or_default(), code))
            .collect();
        sort_levels(&mut seen, |(text, _)| text);
        let mut new = vec![0; seen.len()];
        for ((_, old), i) in seen.iter().zip(0..) {
            new[*old as usize] = i;
        }
        let mut codes = self.codes;
        codes.shrink_to_fit();
        recode(&mut codes, &new);
        (
            Category { levels: seen.into_iter().map(|(text, _)| text).collect(), codes },
            words,
            self.first_word.unwrap_or(0),
        )
    }
}
