//! The rows of a table in parts, each left out in turn. Not here: what is fitted to the others (`sweep`).

use super::{args, model::Opened, stop::Stop};
use crate::{
    data::{self, MemoryFiles, Table},
    disk::Disk,
    graph::{self, Bound, FactorGraph, GivenAxes, factor_graph::PlateKind},
    num::stream::Stream,
    pipeline::{self, Cells},
    shape::PlateId,
    syntax::Model,
};
use std::{collections::HashMap, path::PathBuf};

/// A table's rows in parts.
pub(super) struct Folds {
    /// The plate of the rows.
    pub plate: PlateId,
    /// Its table, by its place and name.
    table: (usize, String),
    whole: Table,
    /// The part of each row.
    of_row: Vec<usize>,
    /// Files of the other tables.
    paths: Vec<(String, PathBuf)>,
}

impl Folds {
    /// Shares out the rows of the model's one table of rows, seeded: row by row, or all that have the same value in a
    /// column.
    ///
    /// # Errors
    /// The model goes over the rows of several tables, or of none; the table has no such column, or fewer rows than
    /// parts.
    pub fn new(
        opened: &Opened<'_>,
        model: &Model,
        graph: &FactorGraph,
        (count, by, seed): (usize, Option<&str>, u64),
        args: &args::Model,
    ) -> Result<Self, Stop> {
        let terminal = opened.terminal();
        let observed =
            |p: usize| graph.nodes.iter().any(|n| n.observed.is_some() && n.plates.contains(&PlateId(p)));
        let plates: Vec<usize> = (0..graph.plates.len())
            .filter(|&p| graph.plates[p].kind.rows_of().is_some() && observed(p))
            .collect();
        let [plate] = plates.as_slice() else {
            return Err(terminal.fault(
                "`--folds` leaves out rows of one table, and the model observes rows of several, or of none",
                "compare the sizes by their bounds",
            ));
        };
        let kind = &graph.plates[*plate].kind;
        let table = kind.rows_of().map_or(0, |t| t.0);
        let name = graph.tables[table].name.clone();
        let paths = opened.paths(graph, &args.data)?;
        let read = match paths.iter().find(|(n, _)| *n == name) {
            Some((_, path)) => data::read(&Disk, &name, path, None),
            None => match graph::written_table(&model.data[table]) {
                Some(written) => written,
                None => return Err(terminal.fault(format!("table `{name}` cannot be read"), "")),
            },
        };
        let whole = read.map_err(|d| opened.shown(d))?;
        let sequence = match kind {
            PlateKind::Steps { sequence, .. } => sequence.map(|c| graph.columns[c.0].name.clone()),
            _ => None,
        };
        let by = by.map(str::to_string).or(sequence);
        let units: Vec<usize> = match &by {
            None if matches!(kind, PlateKind::Steps { .. } | PlateKind::Tree { .. }) => {
                return Err(terminal.fault(
                    format!(
                        "the rows of `{name}` are one sequence or stand in trees: no part can be left out"
                    ),
                    "`--by COLUMN` names a column whose values may be left out together",
                ));
            }
            None => (0..whole.rows).collect(),
            Some(column) => {
                let Some(cells) = whole.column(column) else {
                    let known: Vec<&str> = whole.columns.iter().map(|c| c.name.as_str()).collect();
                    return Err(terminal.usage(
                        format!("`--by {column}`: table `{name}` has no such column"),
                        format!("it has {}", known.join(", ")),
                    ));
                };
                let mut places: HashMap<String, usize> = HashMap::new();
                (0..whole.rows)
                    .map(|row| {
                        let next = places.len();
                        *places.entry(cells.cell(row)).or_insert(next)
                    })
                    .collect()
            }
        };
        let all = units.iter().max().map_or(0, |m| m + 1);
        if all < count {
            return Err(terminal
                .usage(format!("`--folds {count}`: there are {all} parts to share out"), "ask for fewer"));
        }
        let mut order: Vec<usize> = (0..all).collect();
        let mut random = Stream::new(seed, "folds", 0);
        for i in (1..all).rev() {
            order.swap(i, random.below(i + 1));
        }
        let mut fold = vec![0; all];
        order.iter().enumerate().for_each(|(i, &unit)| fold[unit] = i % count);
        let of_row = units.iter().map(|u| fold[*u]).collect();
        Ok(Self { plate: PlateId(*plate), table: (table, name), whole, of_row, paths })
    }

    /// The data without a part; or that part, on the axes that the others have.
    ///
    /// # Errors
    /// Mistakes in the data, rendered.
    pub fn bind(
        &self,
        opened: &mut Opened<'_>,
        model: &Model,
        graph: &FactorGraph,
        fold: usize,
        axes: Option<&GivenAxes>,
    ) -> Result<Bound, Stop> {
        let held_out = axes.is_some();
        let rows: Vec<usize> =
            (0..self.whole.rows).filter(|&r| (self.of_row[r] == fold) == held_out).collect();
        let (place, name) = &self.table;
        let part = part(&self.whole, &rows);
        let needs = graph::TableNeeds::new(graph, crate::shape::DataTableId(*place));
        let files = MemoryFiles::new().with("part.csv", part);
        let table = data::read(&files, name, std::path::Path::new("part.csv"), Some(&needs))
            .map_err(|d| opened.shown(d))?;
        let cells = |t: &graph::factor_graph::DataTable| match self.paths.iter().find(|(n, _)| *n == t.name) {
            _ if t.name == *name => Cells::Here(&table),
            Some((_, path)) => Cells::File(path.clone()),
            None => Cells::Model,
        };
        let source = opened.source.clone();
        let bound = pipeline::bind_again(model, graph, &Disk, &cells, &source, axes, &mut opened.diags);
        opened.passed(bound)
    }
}

/// Some rows of a table, as a file.
fn part(whole: &Table, rows: &[usize]) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(vec![]);
    let mut write = |cells: Vec<String>| csv.write_record(cells).is_ok();
    write(whole.columns.iter().map(|c| c.name.clone()).collect());
    for &row in rows {
        // An empty cell by itself would be a blank line.
        let cell = |c: &data::Column| {
            let cell = c.cell(row);
            if cell.is_empty() { "NA".to_string() } else { cell }
        };
        write(whole.columns.iter().map(cell).collect());
    }
    csv.into_inner().unwrap_or_default()
}
