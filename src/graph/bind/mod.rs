//! Binds a factor graph to its tables: sizes, labels, codes and numbers, each checked against its use. Not
//! here: how files are read (`data`), nor whether a value has weight under the model (`plan`, `engine`).

// A diagnostic is made once, where a run ends: its size costs nothing.
#![allow(clippy::result_large_err)]

mod codes;
mod elements;
pub mod given;
mod inputs;
mod labels;
mod needs;
mod observed;
mod plates;
mod tree;
mod uses;
mod written;

pub use given::GivenAxes;
pub use needs::TableNeeds;
pub use written::written_table;

use super::{
    bound::{Bound, BoundColumn, BoundPlate},
    codes::UNKNOWN_TABLE,
    factor_graph::FactorGraph,
};
use crate::{
    data::Table,
    diag::{Code, Diagnostic, Diagnostics, Reported, suggest::nearest},
    shape::{ColumnId, Extent},
    source::{Source, Span},
};
use uses::Uses;

/// A column that the table does not have.
pub const NO_COLUMN: Code = Code("E0630");
/// An observed value that the distribution cannot give.
pub const OUTSIDE_SUPPORT: Code = Code("E0631");
/// More or fewer levels than elements.
pub const LEVEL_COUNT: Code = Code("E0632");
/// A level that is not among the elements.
pub const UNKNOWN_LEVEL: Code = Code("E0633");
/// Axes that must be equally long and are not.
pub const LENGTHS_DIFFER: Code = Code("E0634");
/// A parent that is no row of the tree.
pub const NO_PARENT: Code = Code("E0635");
/// A row of a tree above itself.
pub const TREE_CYCLE: Code = Code("E0636");
/// Two rows of one name.
pub const REPEATED_ID: Code = Code("E0637");
/// A vector of which some cells are missing.
pub const PARTLY_MISSING: Code = Code("E0638");
/// A `Columns` plate that no column is left for.
pub const NO_COLUMNS_LEFT: Code = Code("E0639");
/// Blank lines at the end of a table of one column.
pub const BLANK_END: Code = Code("W0602");
/// Rows that have no names, named by a column.
pub const ROWS_WITHOUT_NAMES: Code = Code("E0643");
/// Names of more columns are not compared with one that was meant.
const MANY_COLUMNS: usize = 100_000;
/// Weights that are not whole.
pub const FRACTIONAL_WEIGHT: Code = Code("W0601");

/// Finds the data of every plate, column, input and observed node. `tables` may come in any order; they are
/// found by name.
///
/// # Errors
/// Every mistake in the data that the graph shows up is reported (E06), with the file's line where there is
/// one.
pub fn bind(
    graph: &FactorGraph,
    tables: &[Table],
    source: &Source,
    diags: &mut Diagnostics,
) -> Result<Bound, Reported> {
    bind_as(graph, tables, source, None, diags)
}

/// The same, of a model that was fitted before: what its axes were then is settled.
///
/// # Errors
/// As for [`bind`].
pub fn bind_as(
    graph: &FactorGraph,
    tables: &[Table],
    _source: &Source,
    axes: Option<&GivenAxes>,
    diags: &mut Diagnostics,
) -> Result<Bound, Reported> {
    let uses = Uses::of(graph);
    let mut found = vec![];
    for t in &graph.tables {
        match tables.iter().find(|d| d.name == t.name) {
            Some(table) => found.push(table),
            None => {
                return Err(diags.error(
                    Diagnostic::error(UNKNOWN_TABLE, format!("table `{}` was not read", t.name))
                        .at(t.span, ""),
                ));
            }
        }
    }
    for (table, declared) in found.iter().zip(&graph.tables) {
        let Some(line) = table.blank_end else { continue };
        let d = Diagnostic::warning(BLANK_END, format!("table `{}` ends in blank lines", table.name))
            .at(declared.span, "each of them is a row whose cell is missing")
            .note("in a table of one column a blank line is a missing cell, wherever it stands")
            .help("take the lines out, or write `NA` where a cell is missing");
        diags.warn(match table.line(line) {
            Some(place) => d.in_data(place),
            None => d,
        });
    }
    let mut b = Binder {
        graph,
        axes,
        diags,
        failed: None,
        bound: Bound {
            plates: vec![
                BoundPlate { size: 0, labels: None, weight: None, sequences: None, parents: None };
                graph.plates.len()
            ],
            columns: vec![BoundColumn::default(); graph.columns.len()],
            inputs: vec![],
            observed: vec![None; graph.nodes.len()],
            event_labels: labels::event_labels(graph),
            labelled: vec![],
            positions: vec![],
            places: found.iter().map(|t| t.row_places()).collect(),
        },
        tables: found,
    };
    b.columns_exist()?;
    b.plates();
    b.stop()?;
    b.axes(&uses);
    b.stop()?;
    b.lengths();
    b.stop()?;
    b.labelled();
    b.named_rows();
    b.stop()?;
    b.indices(&uses);
    b.covariates(&uses);
    b.inputs();
    b.observed();
    b.stop()?;
    Ok(b.bound)
}

struct Binder<'a> {
    graph: &'a FactorGraph,
    /// What is settled before the data are read.
    axes: Option<&'a GivenAxes>,
    tables: Vec<&'a Table>,
    diags: &'a mut Diagnostics,
    failed: Option<Reported>,
    bound: Bound,
}

impl<'a> Binder<'a> {
    fn fail(&mut self, d: Diagnostic) {
        self.failed = Some(self.diags.error(d));
    }
    fn stop(&self) -> Result<(), Reported> {
        self.failed.map_or(Ok(()), Err)
    }
    /// The value, or a report that says where in the model the data were asked for.
    fn ok<T>(&mut self, result: Result<T, Diagnostic>, span: Span) -> Option<T> {
        result
            .map_err(|d| {
                let d = if d.labels.iter().any(|l| l.primary) {
                    d.with(span, "asked for here")
                } else {
                    d.at(span, "asked for here")
                };
                self.fail(d);
            })
            .ok()
    }
    /// A column of the model, with its table. Existence was checked (`columns_exist`).
    fn data(&self, c: ColumnId) -> Option<(&'a Table, &'a crate::data::Column)> {
        let column = &self.graph.columns[c.0];
        let table = self.tables[column.table.0];
        Some((table, table.column(&column.name)?))
    }

    fn columns_exist(&mut self) -> Result<(), Reported> {
        for c in &self.graph.columns {
            let table = self.tables[c.table.0];
            if c.joined.is_some() || table.column(&c.name).is_some() {
                continue;
            }
            let d = self.no_column(table, &c.name, c.span);
            self.fail(d);
        }
        self.stop()
    }

    fn no_column(&self, table: &Table, name: &str, span: Span) -> Diagnostic {
        let d = Diagnostic::error(NO_COLUMN, format!("table `{}` has no column `{name}`", table.name))
            .at(span, "no such column");
        let d = match &table.path {
            Some(path) => d.note(format!("it was read from `{path}`")),
            None => d,
        };
        let own = self
            .graph
            .nodes
            .iter()
            .map(|n| n.name.as_str())
            .chain(self.graph.inputs.iter().map(|i| i.name.as_str()));
        // Of millions of columns that are numbers none is more likely than another.
        let header: Vec<_> = table.header.iter().take(MANY_COLUMNS).collect();
        let known = header.iter().map(|h| &**h).filter(|_| table.header.len() < MANY_COLUMNS);
        match nearest(name, known.chain(own.filter(|o| *o != name))) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None if table.header.len() <= 20 => {
                let all: Vec<_> = header.iter().map(|h| format!("`{h}`")).collect();
                d.note(format!("its columns are {}", all.join(", ")))
            }
            None => d.note(format!("it has {} columns", table.header.len())),
        }
    }

    /// Lengths that the model asks to be equal.
    fn lengths(&mut self) {
        for same in &self.graph.same {
            let (a, b) = (self.bound.size(same.left), self.bound.size(same.right));
            if a != b {
                let (left, right) = (self.graph.extent_name(same.left), self.graph.extent_name(same.right));
                let d = Diagnostic::error(
                    LENGTHS_DIFFER,
                    format!("`{left}` has {a} elements and `{right}` has {b}"),
                )
                .at(same.span, "must be equally many")
                .help("change a plate's size, or the data");
                self.fail(d);
            }
        }
        // Levels that stand for the elements of a `Size` plate name them.
        for same in &self.graph.same {
            for (p, c) in [(same.left, same.right), (same.right, same.left)] {
                if let (Extent::Plate(p), Extent::Levels(c)) = (p, c)
                    && self.bound.plates[p.0].labels.is_none()
                {
                    self.bound.plates[p.0].labels = self.bound.columns[c.0].levels.clone();
                }
            }
        }
    }

    /// Columns as numbers, one for each row.
    fn covariates(&mut self, uses: &Uses) {
        for &c in &uses.covariates {
            let Some((table, column)) = self.data(c) else { continue };
            let numbers = column.as_known(table, "a covariate").map(|v| v.array());
            let numbers = self.ok(numbers, self.graph.columns[c.0].span);
            self.bound.columns[c.0].numbers = match &self.bound.columns[c.0].rows {
                Some(rows) => {
                    numbers.map(|n| rows.iter().map(|&r| n[r as usize]).collect::<Vec<f64>>().into())
                }
                None => numbers,
            };
        }
    }
}
