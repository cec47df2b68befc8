//! Posteriors side by side, as a table for people and as JSON. Not here: what is compared (`ask::compare`).

use super::{
    number::{Style, short},
    table::Sheet,
};
use crate::ask::compare::Compared;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io;

/// What is compared, and what is said of it.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The posteriors.
    pub all: Vec<Compared>,
    /// Whether the orders of components are counted.
    pub orders: bool,
    /// What is to be known of the numbers, in sentences.
    pub remarks: Vec<String>,
    /// What the first column is called.
    pub what: String,
}

/// How a comparison is written.
pub type WriteComparison = fn(&Comparison, usize, &mut dyn io::Write) -> io::Result<()>;

/// Every format; the first is the default.
pub static FORMATS: &[(&str, &str, WriteComparison)] =
    &[("text", "a table for a person", text), ("json", "one object with every digit, for programs", json)];

fn text(c: &Comparison, width: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut sheet = Sheet::new();
    let predictive = c.all.iter().any(|x| x.log_predictive.is_some());
    sheet.text(c.what.clone()).number("ELBO");
    if c.orders {
        sheet.number("+ ln K!");
    }
    sheet.number("log factor").number("weight");
    if predictive {
        sheet.number("held out");
    }
    sheet.text("starts").text("");
    let weights = Style::of_probabilities(c.all.iter().map(|x| x.weight));
    for x in &c.all {
        let mut cells = vec![x.name.clone(), fixed(x.elbo)];
        if c.orders {
            cells.push(if x.orders > 0.0 { format!("{:.4}", x.orders) } else { String::new() });
        }
        let best = x.log_bayes_factor == 0.0;
        cells.push(if best { "0".into() } else { format!("{:.4}", x.log_bayes_factor) });
        cells.push(weights.show(x.weight));
        if predictive {
            cells.push(x.log_predictive.map_or_else(String::new, fixed));
        }
        cells.push(match x.starts.len() {
            0 | 1 => "1".to_string(),
            n if x.spread() == 0.0 => format!("{} of {n}", x.reached()),
            n => format!("{} of {n}, to {} below", x.reached(), short(x.spread(), 2)),
        });
        cells.push(match (best, x.converged) {
            (true, true) => "best".into(),
            (true, false) => "best, not converged".into(),
            (false, true) => String::new(),
            (false, false) => "not converged".into(),
        });
        sheet.row(cells);
    }
    writeln!(out, "{}", sheet.render(width))?;
    c.remarks.iter().try_for_each(|r| writeln!(out, "{}", wrapped(r, width)))
}

fn fixed(x: f64) -> String {
    if x.abs() < 1e9 { format!("{x:.4}") } else { short(x, 12) }
}

/// A sentence in lines of at most `width`, the later ones set in.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].trim().is_empty() && lines[last].chars().count() + 1 + word.chars().count() > width {
            lines.push(format!("  {word}"));
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines.join("\n")
}

struct ComparisonJson<'a>(&'a Comparison);

impl Serialize for ComparisonJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(3))?;
        let all: Vec<ComparedJson<'_>> = self.0.all.iter().map(ComparedJson).collect();
        map.serialize_entry("posteriors", &all)?;
        map.serialize_entry("orders", &self.0.orders)?;
        map.serialize_entry("remarks", &self.0.remarks)?;
        map.end()
    }
}

struct ComparedJson<'a>(&'a Compared);

impl Serialize for ComparedJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let c = self.0;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("name", &c.name)?;
        map.serialize_entry("model", &c.model)?;
        map.serialize_entry("elbo", &c.elbo)?;
        map.serialize_entry("digits", &c.digits)?;
        map.serialize_entry("log_bayes_factor", &c.log_bayes_factor)?;
        map.serialize_entry("weight", &c.weight)?;
        map.serialize_entry("log_orders", &c.orders)?;
        map.serialize_entry("converged", &c.converged)?;
        map.serialize_entry("iterations", &c.iterations)?;
        map.serialize_entry("starts", &c.starts)?;
        map.serialize_entry("reached", &c.reached())?;
        map.serialize_entry("spread", &c.spread())?;
        if let Some(x) = c.log_predictive {
            map.serialize_entry("log_predictive", &x)?;
        }
        map.end()
    }
}

fn json(c: &Comparison, _: usize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &ComparisonJson(c)).map_err(io::Error::from)?;
    writeln!(out)
}
