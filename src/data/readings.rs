//! What a column is taken as: numbers, categories, an index, truth values, counts, weights, each checked. Not
//! which use asks: that is the model's.

use super::{
    category::{Category, MISSING},
    column::{Cells, Column},
    errors,
    spelling::{Look, means_missing},
    strided::Strided,
    table::Table,
};
use crate::diag::Diagnostic;
use std::borrow::Cow;

impl Column {
    /// The cells as numbers; NaN is missing. The others that follow build on this one.
    ///
    /// # Errors
    /// A word among the numbers, with the first one's place and how many there are; a column of text; an
    /// infinite cell.
    pub fn as_numbers(&self, table: &Table) -> Result<Strided, Diagnostic> {
        if self.found.words > 0 {
            return Err(not_numbers(self, table));
        }
        if let Some(row) = self.found.first_infinite {
            return Err(infinite(self, table, row));
        }
        Ok(match &self.cells {
            Cells::Numeric(values) => values.clone(),
            Cells::Text(category) => {
                // Integers too long for an f64: rounded, as any number is that has too many digits.
                let values: Vec<f64> =
                    category.levels.iter().map(|l| l.trim().parse().unwrap_or(f64::NAN)).collect();
                let numbers: Vec<f64> = category
                    .codes
                    .iter()
                    .map(|&c| values.get(c as usize).copied().unwrap_or(f64::NAN))
                    .collect();
                numbers.into()
            }
        })
    }

    /// The cells as numbers of which none is missing. `role` names the use (`a covariate`).
    ///
    /// # Errors
    /// As [`as_numbers`](Self::as_numbers), and a missing cell.
    pub fn as_known(&self, table: &Table, role: &str) -> Result<Strided, Diagnostic> {
        let values = self.as_numbers(table)?;
        self.complete(table, role)?;
        Ok(values)
    }

    /// The cells as weights of rows: numbers above zero, none missing. Fractions are allowed.
    ///
    /// # Errors
    /// As [`as_known`](Self::as_known), and a weight that is not above zero.
    pub fn as_weights(&self, table: &Table) -> Result<Strided, Diagnostic> {
        let values = self.as_known(table, "a weight")?;
        let bad = values.iter().position(|x| x <= 0.0);
        bad.map_or(Ok(values), |row| Err(weight(self, table, row)))
    }

    /// The cells as categories. Whole numbers are levels sorted by number; missing cells are [`MISSING`].
    ///
    /// # Errors
    /// A number with a fraction in a numeric column, or an infinite one.
    pub fn as_category(&self, table: &Table) -> Result<Cow<'_, Category>, Diagnostic> {
        let values = match &self.cells {
            Cells::Text(category) => {
                // Numbers kept as they are written: those with a fraction measure something.
                let fraction =
                    |l: &String| l.trim().parse().is_ok_and(|x: f64| x.is_finite() && x.fract() != 0.0);
                let bad = category.levels.iter().position(fraction).filter(|_| self.found.words == 0);
                let row = bad.and_then(|k| category.codes.iter().position(|&c| c as usize == k));
                return row.map_or(Ok(Cow::Borrowed(category)), |row| Err(not_whole(self, table, row)));
            }
            Cells::Numeric(values) => values,
        };
        if let Some(row) = self.found.first_infinite {
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
    pub fn as_bool01(&self, table: &Table) -> Result<Strided, Diagnostic> {
        match &self.cells {
            Cells::Numeric(values) => match values.iter().position(|x| !(x == 0.0 || x == 1.0 || x.is_nan()))
            {
                Some(row) => Err(not_boolean(self, table, row)),
                None => Ok(values.clone()),
            },
            Cells::Text(category) => {
                let values: Vec<Option<f64>> = category.levels.iter().map(|l| truth(l)).collect();
                let bad = |&c: &u32| c != MISSING && values[c as usize].is_none();
                match category.codes.iter().position(bad) {
                    Some(row) => Err(not_boolean(self, table, row)),
                    None => {
                        let value = |&c: &u32| values.get(c as usize).copied().flatten().unwrap_or(f64::NAN);
                        Ok(category.codes.iter().map(value).collect::<Vec<f64>>().into())
                    }
                }
            }
        }
    }

    /// The cells as counts: whole numbers from 0 on; NaN is missing.
    ///
    /// # Errors
    /// As [`as_numbers`](Self::as_numbers), and a negative number or a fraction.
    pub fn as_counts(&self, table: &Table) -> Result<Strided, Diagnostic> {
        let values = self.as_numbers(table)?;
        let bad = values.iter().position(|x| x < 0.0 || (x.fract() != 0.0 && !x.is_nan()));
        bad.map_or(Ok(values), |row| Err(not_count(self, table, row)))
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
fn whole_levels(values: &Strided) -> Category {
    // 0.0 + x: one level for both zeros.
    let known = || values.iter().filter(|x| !x.is_nan()).map(|x| 0.0 + x);
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
        let codes = values.iter().map(|x| if x.is_nan() { MISSING } else { level[at(0.0 + x)] }).collect();
        return Category { levels, codes };
    }
    let mut distinct: Vec<f64> = known().collect();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    let code = |x: f64| if x.is_nan() { MISSING } else { distinct.partition_point(|&d| d < x) as u32 };
    Category {
        codes: values.iter().map(code).collect(),
        levels: distinct.iter().map(f64::to_string).collect(),
    }
}

fn not_numbers(column: &Column, table: &Table) -> Diagnostic {
    let (name, row) = (&column.name, column.found.first_word);
    let known = column.len() - column.missing();
    let cell = column.cell(row);
    if column.found.words == known {
        let d = Diagnostic::error(
            errors::TEXT,
            format!("column `{name}` of `{}` holds text, not numbers", table.name),
        );
        let d = table.blame(d, row, name);
        if let Some((look, cell)) = looks(column) {
            return d
                .note(format!(
                    "none of its {known} cells is a number, but they look like numbers {}: `{}`",
                    look.words(),
                    cell.trim()
                ))
                .help(look.help());
        }
        let d = d.note(format!("none of its {known} cells is a number"));
        return match means_missing(&cell) {
            true => with_spelling(d, &cell),
            false => d.help(
                "words are observed by a Categorical, and name the elements of a plate through `Groups`",
            ),
        };
    }
    let mut d = Diagnostic::error(
        errors::WORD,
        format!("`{cell}` in column `{name}` of `{}` is not a number", table.name),
    );
    d = table.blame(d, row, name);
    d = match (column.found.words, known - column.found.words) {
        (1, numbers) => d.note(format!("the other {numbers} cells of the column are numbers")),
        (words, numbers) => d.note(format!(
            "{words} cells of the column are words and {numbers} are numbers; this is the first word"
        )),
    };
    with_spelling(d, &cell)
}

/// What the cells of a column of text look like, and one of them, if all look like numbers; some may stand for
/// nothing.
fn looks(column: &Column) -> Option<(Look, &str)> {
    let Cells::Text(category) = &column.cells else { return None };
    let meant = category.levels.iter().filter(|level| !level.trim().is_empty() && !means_missing(level));
    let mut all = meant.map(|level| (Look::of(level), level.as_str()));
    let (first, cell) = all.next()?;
    // One unit behind all of them; house numbers such as `12a` and `7b` are words.
    let unit = |cell: &str| cell.trim_start_matches(|c: char| !c.is_alphabetic()).trim_end().to_owned();
    let alike = |(look, other): (Option<Look>, &str)| match look {
        Some(Look::Unit) => unit(other) == unit(cell),
        other => other.is_some() && first != Some(Look::Unit),
    };
    all.all(alike).then_some((first?, cell))
}

/// What to write instead of a word that was meant as a number, or as nothing.
fn with_spelling(d: Diagnostic, cell: &str) -> Diagnostic {
    if means_missing(cell) {
        return d.help("a missing cell is empty, `NA` or `NaN`, spelled like this");
    }
    match Look::of(cell) {
        Some(look) => d.help(look.help()),
        None => d.help("correct the cell, or leave it empty where the value is missing"),
    }
}

fn infinite(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(
        errors::INFINITE,
        format!("a cell in column `{}` of `{}` is infinite", column.name, table.name),
    );
    table
        .blame(d, row, &column.name)
        .note(format!("numbers end at {:e}", f64::MAX))
        .help("leave the cell empty if its value is not known")
}

fn not_whole(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(
        errors::NOT_WHOLE,
        format!("`{}` in column `{}` is no category", column.cell(row), column.name),
    );
    table
        .blame(d, row, &column.name)
        .note(format!(
            "column `{}` of `{}` is used as a category or an index: words or whole numbers",
            column.name, table.name
        ))
        .help("bind the column to a Normal if it measures something; otherwise give its levels names")
}

fn not_boolean(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(
        errors::NOT_BOOLEAN,
        format!("`{}` in column `{}` is neither 0 nor 1", column.cell(row), column.name),
    );
    table
        .blame(d, row, &column.name)
        .note("the cells of a Bernoulli are 0 or 1, or true or false")
        .help("say Categorical where there are other levels")
}

fn not_count(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(
        errors::NOT_COUNT,
        format!("`{}` in column `{}` is not a count", column.cell(row), column.name),
    );
    table
        .blame(d, row, &column.name)
        .note("a count is a whole number from 0 on")
        .help("correct the cell, or leave it empty where the value is missing")
}

fn missing_cell(column: &Column, table: &Table, row: usize, role: &str) -> Diagnostic {
    let d = Diagnostic::error(
        errors::MISSING_CELL,
        format!("column `{}` has no value in {}", column.name, table.row_name(row)),
    );
    table
        .blame(d, row, &column.name)
        .note(format!("it is used as {role}, which may not be missing"))
        .help("fill the cell in, or leave the row out")
}

fn weight(column: &Column, table: &Table, row: usize) -> Diagnostic {
    let d = Diagnostic::error(
        errors::WEIGHT,
        format!("the weight `{}` in column `{}` is not above zero", column.cell(row), column.name),
    );
    table
        .blame(d, row, &column.name)
        .note("a row stands for as many equal rows as its weight says")
        .help("leave out rows that stand for none")
}
