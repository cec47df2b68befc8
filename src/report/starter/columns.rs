//! What a starting model needs to know of a table: which columns measure, which name, and their scales. Not here: models.

use crate::data::Table;
use std::collections::BTreeSet;

/// A column of numbers.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Its name in the header.
    pub name: String,
    /// Mean of its cells.
    pub mean: f64,
    /// Their standard deviation, above 0.
    pub sd: f64,
    /// Whether all are whole and none is negative.
    pub counts: bool,
    /// Whether none is missing.
    pub complete: bool,
}

/// A column of names.
#[derive(Clone, Debug)]
pub struct Naming {
    /// Its name in the header.
    pub name: String,
    /// How many names.
    pub levels: usize,
    /// Whether none is missing.
    pub complete: bool,
}

/// The columns of a table, as a starting model takes them.
#[derive(Debug)]
pub struct Columns<'a> {
    /// The table's file, as the model names it.
    pub file: &'a str,
    /// How many rows.
    pub rows: usize,
    /// Columns of numbers that vary, but for numbers of rows.
    pub measures: Vec<Measure>,
    /// Columns of names, and of few whole numbers.
    pub namings: Vec<Naming>,
    /// The column to explain, if one was asked for.
    pub response: Option<String>,
    /// The column of groups, if one was asked for.
    pub group: Option<String>,
}

impl<'a> Columns<'a> {
    /// Looks at every column.
    ///
    /// # Errors
    /// A column that is asked for is not there.
    pub fn of(
        table: &Table,
        file: &'a str,
        response: Option<String>,
        group: Option<String>,
    ) -> Result<Self, String> {
        for wanted in response.iter().chain(&group) {
            if table.column(wanted).is_none() {
                let known: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
                return Err(format!("the table has no column `{wanted}`; it has {}", known.join(", ")));
            }
        }
        let (mut measures, mut namings) = (vec![], vec![]);
        for c in &table.columns {
            let complete = c.missing() == 0;
            let levels =
                || (0..table.rows).map(|r| c.cell(r)).filter(|x| !x.is_empty()).collect::<BTreeSet<_>>();
            let asked = group.as_deref() == Some(&c.name);
            if let Ok(values) = c.as_numbers(table)
                && !asked
            {
                let known: Vec<f64> = values.iter().filter(|x| !x.is_nan()).collect();
                let n = known.len().max(1) as f64;
                let mean = known.iter().sum::<f64>() / n;
                let variance = known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
                let whole = known.iter().all(|x| x.fract() == 0.0);
                // Numbers of rows, and years: they name a row.
                let named = whole && known.windows(2).all(|w| w[1] - w[0] == 1.0);
                if variance > 0.0 && !named {
                    let counts = whole && known.iter().all(|x| *x >= 0.0);
                    measures.push(Measure {
                        name: c.name.clone(),
                        mean,
                        sd: variance.sqrt(),
                        counts,
                        complete,
                    });
                }
                let all = levels().len();
                if whole && !named && all < table.rows / 2 && all > 1 {
                    namings.push(Naming { name: c.name.clone(), levels: all, complete });
                }
            } else {
                namings.push(Naming { name: c.name.clone(), levels: levels().len(), complete });
            }
        }
        Ok(Self { file, rows: table.rows, measures, namings, response, group })
    }

    /// The column to explain: the one that was asked for, else the last that measures.
    pub fn response(&self) -> Result<&Measure, String> {
        let found = match &self.response {
            Some(name) => self.measures.iter().find(|m| m.name == *name),
            None => self.measures.last(),
        };
        found.ok_or_else(|| "it needs a column of numbers that vary, to explain".to_string())
    }

    /// Columns that may explain it: complete ones, but not it.
    pub fn covariates(&self, response: &Measure) -> Vec<&Measure> {
        let group = self.group.as_deref();
        let fits = |m: &&Measure| m.complete && m.name != response.name && Some(m.name.as_str()) != group;
        self.measures.iter().filter(fits).collect()
    }

    /// The column of groups: the one that was asked for, else the first that names several rows each; of the words if
    /// there are such.
    pub fn group(&self) -> Option<&Naming> {
        match &self.group {
            Some(name) => self.namings.iter().find(|n| n.name == *name),
            None => {
                let fits = |n: &&Naming| n.complete && n.levels > 1 && n.levels * 2 <= self.rows;
                let words = |n: &&Naming| !self.measures.iter().any(|m| m.name == n.name);
                let all = || self.namings.iter().filter(fits);
                all().find(words).or_else(|| all().next())
            }
        }
    }
}

/// A name that expressions may have for a column: its own, where that is one, in small letters and without signs.
pub fn word(name: &str, taken: &[String]) -> String {
    let mut out: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if !out.starts_with(|c: char| c.is_ascii_alphabetic()) {
        out = format!("x{out}");
    }
    // Short names are those of plates, and functions have names of their own.
    let reserved =
        ["dot", "diag", "identity", "stick", "parent", "log", "exp", "sqrt", "abs", "level", "noise", "mean"];
    if out.len() < 2 || reserved.contains(&out.as_str()) {
        out += "_value";
    }
    while taken.contains(&out) {
        out.push('x');
    }
    out
}

/// A number with three significant digits, as a model holds it.
pub fn round(x: f64) -> String {
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    if rounded == 0.0 || (1e-4..1e7).contains(&rounded.abs()) {
        format!("{rounded}")
    } else {
        format!("{rounded:e}")
    }
}

/// Text in quotes, as a model writes it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A column as an expression names it.
///
/// # Errors
/// Its name is none that an expression may have.
pub fn in_expression(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        true => Ok(format!("t.{name}")),
        false => Err(format!(
            "`{name}` picks elements in an expression, and is no name there: call the column by a letter, then letters, digits and `_`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_those_of_the_language() {
        assert_eq!(word("Petal length", &[]), "petal_length");
        assert_eq!(word("2nd", &[]), "x2nd");
        assert_eq!(word("x", &[]), "x_value");
        assert_eq!(word("exp", &[]), "exp_value");
        assert_eq!(word("dose", &["dose".into()]), "dosex");
        assert_eq!([round(1234.5678), round(0.000_012_345), round(0.0)], ["1230", "1.23e-5", "0"]);
        assert_eq!(in_expression("school").as_deref(), Ok("t.school"));
        assert!(in_expression("the school").is_err());
    }
}
